"""The filters of the visit list. Their parameters are Indonesian: staff keep such addresses as bookmarks."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.contrib.admin import SimpleListFilter
from django.db.models import Q
from django.utils import timezone

from visits.models import Office, Purpose, Visit


class SetFilter(SimpleListFilter):
    """By named sets of rows."""

    SETS: dict  # value in the address -> (words, rows -> those of the set)

    def lookups(self, request, model_admin):
        return [(name, words) for name, (words, _chosen) in self.SETS.items()]

    def queryset(self, request, rows):
        chosen = self.SETS.get(self.value())
        return chosen[1](rows) if chosen else rows


class StatusFilter(SetFilter):
    title = "status"
    parameter_name = "status"
    SETS = {
        "berkunjung": ("Sedang berkunjung", lambda visits: visits.open()),
        "selesai": ("Selesai", lambda visits: visits.left().exclude(ended_by=Visit.EndedBy.AUTOMATIC)),
        "otomatis": ("Ditutup otomatis", lambda visits: visits.left().filter(ended_by=Visit.EndedBy.AUTOMATIC)),
        "dikabarkan": ("Dikabarkan daring", lambda visits: visits.announced()),
        "diperiksa": ("Perlu diperiksa", lambda visits: visits.flagged()),
        "dikecualikan": ("Dikecualikan", lambda visits: visits.excluded()),
    }


class PeriodFilter(SimpleListFilter):
    """Half-open ranges of the office's own calendar days."""

    title = "waktu"
    parameter_name = "waktu"
    PERIODS = {
        "hari-ini": ("Hari ini", lambda today: today),
        "7-hari": ("7 hari terakhir", lambda today: today - timedelta(days=6)),
        "bulan-ini": ("Bulan ini", lambda today: today.replace(day=1)),
    }

    def lookups(self, request, model_admin):
        return [(name, words) for name, (words, _first) in self.PERIODS.items()]

    def queryset(self, request, visits):
        period = self.PERIODS.get(self.value())
        if period is None:
            return visits
        now = timezone.now()
        zones = Office.objects.for_staff(request.user).values_list("time_zone", flat=True).distinct().order_by()
        chosen = Q(pk__in=[])
        for zone in zones:
            today: date = now.astimezone(ZoneInfo(zone)).date()
            days = Q(day__gte=period[1](today), day__lt=today + timedelta(days=1))
            chosen |= days & Q(office__time_zone=zone) if len(zones) > 1 else days
        return visits.filter(chosen)


class PurposeFilter(SimpleListFilter):
    title = "keperluan"
    parameter_name = "keperluan"

    def lookups(self, request, model_admin):
        """By name: the same purpose of several offices is one choice."""
        names = Purpose.objects.for_staff(request.user).order_by("name").values_list("name", flat=True).distinct()
        return [(name, name) for name in names]

    def queryset(self, request, visits):
        return visits.filter(purpose__name=self.value()) if self.value() else visits


class KindFilter(SimpleListFilter):
    title = "asal tamu"
    parameter_name = "asal"

    def lookups(self, request, model_admin):
        return Visit.VisitorKind.choices

    def queryset(self, request, visits):
        return visits.filter(visitor_kind=self.value()) if self.value() else visits


class EntryFilter(SimpleListFilter):
    title = "cara mencatat"
    parameter_name = "cara"

    def lookups(self, request, model_admin):
        return [("petugas", "Dicatat petugas"), ("tamu", "Diisi tamu")]

    def queryset(self, request, visits):
        if self.value() not in {"petugas", "tamu"}:
            return visits
        return visits.filter(entered_by__isnull=self.value() == "tamu")


class OfficeFilter(SimpleListFilter):
    """Only for those who work for several offices."""

    title = "kantor"
    parameter_name = "kantor"

    def lookups(self, request, model_admin):
        offices = list(Office.objects.for_staff(request.user).values_list("slug", "name"))
        return offices if len(offices) > 1 else []

    def queryset(self, request, visits):
        return visits.filter(office__slug=self.value()) if self.value() else visits
