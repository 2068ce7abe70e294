"""The checklist of an office's first day: what a new office has to look at before visitors come."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from visits import starter
from visits.actions import record
from visits.models import AuditEvent, ClosedDay, District, Membership, Office


@dataclass(frozen=True)
class Task:
    key: str  # as in the addresses, and in "<key>.confirmed" of the audit trail
    label: str
    hint: str  # one line: why it matters
    url: Callable[[Office], str]  # the page that does it
    may_be_right: bool = False  # what a new office begins with may be right as it is: "Sudah sesuai" says so


def _settings(place: str = "") -> Callable[[Office], str]:
    return lambda office: reverse("admin:visits_office_change", args=[office.pk]) + place


def _page(name: str) -> Callable[[Office], str]:
    return lambda office: reverse(f"admin:{name}")


def _page_for(name: str) -> Callable[[Office], str]:
    return lambda office: f"{reverse(f'admin:{name}')}?{urlencode({'kantor': office.slug})}"


TASKS = [
    Task("letterhead", "Nama dan kop surat", "Tampil di halaman tamu, poster, dan laporan.", _settings()),
    Task("emblem", "Lambang", "Tanpa lambang, poster memakai lingkaran polos.", _settings("#id_new_emblem"), True),
    Task("hours", "Jam layanan", "Tamu melihat kapan kantor buka.", _settings("#service_hours-group"), True),
    Task("divisions", "Divisi", "Usulan pada isian “Ingin bertemu”.", _page("visits_division_changelist"), True),
    Task("services", "Layanan", "Keperluan tamu dan yang perlu dibawa.", _page("visits_purpose_changelist"), True),
    Task("districts", "Kecamatan", "Tempel daftar dari wilayah Anda.", _page_for("visits_district_paste")),
    Task("closed_days", "Hari tutup tahun ini", "Pilih dari libur nasional.", _page_for("visits_closedday_offer")),
    Task("colleagues", "Rekan kerja", "Buat akun petugas dan pimpinan.", _page_for("colleagues")),
    Task("poster", "Poster QR", "Unduh PDF-nya, cetak, dan tempel di pintu masuk.", _page("posters")),
]
CONFIRMABLE = [task.key for task in TASKS if task.may_be_right]


@dataclass(frozen=True)
class Item:
    """One line of the list, ready to print."""

    key: str
    label: str
    hint: str
    url: str
    is_done: bool
    may_confirm: bool


@dataclass(frozen=True)
class Checklist:
    items: list[Item]

    @property
    def done(self) -> int:
        return sum(item.is_done for item in self.items)

    @property
    def is_complete(self) -> bool:
        return self.done == len(self.items)


def shown(office: Office, user) -> Checklist | None:
    """For those who may change the office, until all is done or somebody has hidden it. At most one query."""
    if office.first_day_hidden_at or not user.has_perm("visits.change_office"):
        return None
    checklist = of(office)
    return None if checklist.is_complete else checklist


def of(office: Office) -> Checklist:
    """One query, whatever the office holds."""
    questions = _questions(office)
    answers = Office.objects.filter(pk=office.pk).values(**questions).get()
    return Checklist([_item(task, office, bool(answers[f"is_done_{task.key}"])) for task in TASKS])


def _questions(office: Office) -> dict:
    """`is_done_<key>` -> what the database is asked."""
    trail = AuditEvent.objects.filter(office_id=OuterRef("pk"))
    this_year = ClosedDay.objects.filter(office=OuterRef("pk"), day__year=office.today().year)
    own_districts = District.objects.filter(office=OuterRef("pk"), is_active=True).exclude(name__in=starter.DISTRICTS)
    people = Membership.objects.filter(office=OuterRef("pk"), user__is_active=True, user__is_superuser=False)
    at_least_two = people.values("office").annotate(number=Count("pk")).filter(number__gte=2)

    def seen(*actions: str) -> Exists:
        return Exists(trail.filter(action__in=actions))

    def changed(model: str) -> list[str]:
        return [f"{model}.{verb}" for verb in ["added", "changed", "deleted"]]

    hours_changed = trail.filter(action="office.changed", details__fields__icontains="servicehours.")
    done = {
        "letterhead": ~Q(name=starter.NAME) & ~Q(unit=starter.UNIT),
        "emblem": Q(emblem__isnull=False) | seen("emblem.confirmed"),
        "hours": Exists(hours_changed) | seen("hours.confirmed"),
        "divisions": seen("divisions.confirmed", *changed("division")),
        "services": seen("services.confirmed", *changed("purpose")),
        "districts": Exists(own_districts),
        "closed_days": Exists(this_year),
        "poster": seen("poster.downloaded"),
        "colleagues": Exists(at_least_two),
    }
    return {f"is_done_{key}": condition for key, condition in done.items()}


def _item(task: Task, office: Office, is_done: bool) -> Item:
    may_confirm = task.may_be_right and not is_done
    return Item(task.key, task.label, task.hint, task.url(office), is_done, may_confirm)


def confirm(office: Office, key: str, *, by, request=None) -> None:
    """What a new office begins with is right as it is; the audit line is the memory of it."""
    record(action=f"{key}.confirmed", by=by, request=request, office_id=office.pk, target=office)


@transaction.atomic
def hide(office: Office, *, by, request=None) -> None:
    """For everybody in the office."""
    if Office.objects.filter(pk=office.pk, first_day_hidden_at=None).update(first_day_hidden_at=timezone.now()):
        record(action="firstday.hidden", by=by, request=request, office_id=office.pk, target=office)


@transaction.atomic
def call_back(office: Office, *, by, request=None) -> None:
    if Office.objects.filter(pk=office.pk, first_day_hidden_at__isnull=False).update(first_day_hidden_at=None):
        record(action="firstday.shown", by=by, request=request, office_id=office.pk, target=office)
