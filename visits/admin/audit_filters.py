"""The filters of the audit trail. Their parameters are Indonesian: staff keep such addresses as bookmarks."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.contrib.admin import ListFilter, SimpleListFilter
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.text import capfirst

from visits.admin import filters
from visits.models import Office
from visits.models.office import offices_of

OBJECTS = ["visit", "feedback", "office", "checkinpoint", "purpose", "division", "district", "closedday", "user"]
SHOWN_PEOPLE = 100  # more are found by their name in the search box


def _ends(*verbs: str) -> Q:
    chosen = Q()
    for verb in verbs:
        chosen |= Q(action__endswith=verb)
    return chosen


def _begins(*nouns: str) -> Q:
    chosen = Q()
    for noun in nouns:
        chosen |= Q(action__startswith=noun)
    return chosen


# Every action falls into the first group that fits; the last one takes what is left.
KINDS = {
    "ditolak": ("Ditolak", _ends("refused") & ~_begins("datarequest.")),
    "masuk": ("Masuk, keluar, sandi", _begins("login", "logout", "password", "session", "secondfactor", "access")),
    "dibuka": ("Membuka dan mencari", _ends(".opened", ".searched", ".listed")),
    "diunduh": ("Mengunduh", _ends(".exported", ".downloaded")),
    "kunjungan": ("Mencatat dan mengubah kunjungan", _begins("visit.")),
    "hak": ("Permintaan data tamu", _begins("datarequest.")),
    "saran": ("Menangani saran", _begins("feedback.", "message.")),
    "laporan": ("Mengesahkan laporan", _begins("report.")),
    "akun": ("Akun dan wewenang", _begins("colleague.", "user.", "group.", "membership.")),
    "pengaturan": ("Pengaturan dan lainnya", Q()),
}


class KindFilter(SimpleListFilter):
    title = "tindakan"
    parameter_name = "tindakan"

    def lookups(self, request, model_admin):
        return [(name, words) for name, (words, _chosen) in KINDS.items()]

    def queryset(self, request, events):
        if self.value() not in KINDS:
            return events
        for name, (_words, chosen) in KINDS.items():
            if name == self.value():
                return events.filter(chosen)
            events = events.exclude(chosen)
        return events


class PersonFilter(SimpleListFilter):
    """The people of one's own offices. Whoever has left is found by the search box."""

    title = "pengguna"
    parameter_name = "pengguna"

    def lookups(self, request, model_admin):
        people = User.objects.filter(Q(memberships__office__in=offices_of(request.user)) | Q(is_superuser=True))
        names = people.order_by("username").values_list("username", "first_name").distinct()[:SHOWN_PEOPLE]
        return [(username, f"{name} ({username})" if name else username) for username, name in names]

    def queryset(self, request, events):
        return events.filter(actor=self.value()) if self.value() else events


class ObjectFilter(SimpleListFilter):
    title = "objek"
    parameter_name = "objek"

    def lookups(self, request, model_admin):
        return [(name, capfirst(_model(name)._meta.verbose_name)) for name in OBJECTS]

    def queryset(self, request, events):
        return events.filter(object_type=self.value()) if self.value() else events


def _model(name: str):
    return apps.get_model("auth" if name == "user" else "visits", name)


class OfficeFilter(filters.OfficeFilter):
    """An event has the number of its office, and no foreign key."""

    def queryset(self, request, events):
        if not self.value():
            return events
        return events.filter(
            office_id__in=Office.objects.for_staff(request.user).filter(slug=self.value()).values("pk")
        )


class PeriodFilter(ListFilter):
    """From one day to another, both included, by the calendar of each office."""

    title = "waktu"
    template = "admin/visits/auditevent/period_filter.html"
    PARAMETERS = ["dari", "sampai"]

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        self.used_parameters = {name: params.pop(name)[-1] for name in self.PARAMETERS if name in params}
        self.first, self.last = (_day(self.used_parameters.get(name, "")) for name in self.PARAMETERS)

    def has_output(self):
        return True

    def expected_parameters(self):
        return self.PARAMETERS

    def choices(self, changelist):
        """The other filters, which the form of this one has to keep."""
        return [pair for pair in changelist.params.items() if pair[0] not in self.PARAMETERS]

    def queryset(self, request, events):
        if not (self.first or self.last):
            return events
        offices = Office.objects.for_staff(request.user).values_list("time_zone", "pk")
        zones = {zone: [pk for other, pk in offices if other == zone] for zone, _pk in offices}
        if len(zones) == 1:
            return events.filter(self._bounds(next(iter(zones))))
        # What belongs to no office is told in the time of the installation.
        chosen = Q(office_id=None) & self._bounds(settings.TIME_ZONE)
        for zone, pks in zones.items():
            chosen |= Q(office_id__in=pks) & self._bounds(zone)
        return events.filter(chosen)

    def _bounds(self, zone: str) -> Q:
        bounds = Q()
        if self.first:
            bounds &= Q(at__gte=_midnight(self.first, zone))
        if self.last and self.last < date.max:
            bounds &= Q(at__lt=_midnight(self.last + timedelta(days=1), zone))
        return bounds


def _day(text: str) -> date | None:
    """What no calendar holds filters nothing."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone))
