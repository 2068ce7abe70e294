"""What the front desk sees: who is here, who is announced, whose name may be read by whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Q, Value, When, Window
from django.db.models.functions import RowNumber
from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode

from visits import phones
from visits.models import Office, Visit

SHOWN_TODAY = 50
SHOWN_ANNOUNCED = 6
MASKED = "Dirahasiakan"
ERASED = "Data sudah dihapus"


@dataclass(frozen=True)
class DeskRow:
    """One visit in a list. Texts are ready to print; masked ones say so."""

    id: int
    label: str  # "014", empty for an announced visit
    name: str
    origin: str  # "Universitas Contoh, 2 orang"
    purpose: str
    time: str  # "09.42": arrival, or when it was announced
    stay: str  # "49 menit": how long ago that was
    party_size: int
    meeting_with: str
    is_open: bool
    ended: str  # "Selesai 10.21"
    repeats: int  # 2: the second visit with this phone today


def chosen_office(request) -> Office | None:
    """The office a staff member is working in: the only one, or the one that `?kantor=` names; None for no office."""
    offices = Office.objects.for_staff(request.user).defer("emblem")
    slug = request.GET.get("kantor")
    if not slug:
        return offices.first()
    office = offices.filter(slug=slug).first()
    if office is None:
        raise Http404
    return office


def office_for(request, *permissions: str) -> Office:
    """The same, for a page that needs an office and these permissions. Raises PermissionDenied."""
    office = chosen_office(request) if request.user.has_perms(permissions) else None
    if office is None:
        raise PermissionDenied
    return office


def office_query(request) -> str:
    """`?kantor=contoh` where the address has it: the chosen office stays chosen."""
    slug = request.GET.get("kantor")
    return f"?{urlencode({'kantor': slug})}" if slug else ""


def office_concerned(request) -> int | None:
    """For the trail: the own office that `?kantor=` names, or else the only one; None where it could be any."""
    own = Office.objects.for_staff(request.user).values_list("pk", flat=True)
    offices = list(own.filter(slug=request.GET.get("kantor", ""))) or list(own[:2])
    return offices[0] if len(offices) == 1 else None


def offices_to_choose(request) -> list[Office]:
    """For those who work in several; nobody else is asked."""
    offices = list(Office.objects.for_staff(request.user).only("name", "slug"))
    return offices if len(offices) > 1 else []


def shown_name(visit) -> str:
    """Of a visit that went through `as_seen_by`."""
    if visit.anonymized_at:
        return ERASED
    return MASKED if visit.is_masked else visit.seen_name


def shown_origin(visit) -> str:
    """Organisation, or else the kind of visitor; the kind hides nobody's name."""
    return visit.seen_organization or visit.get_visitor_kind_display()


def shown_phone(visit) -> str:
    return phones.display(visit.seen_phone)


def ending(visit) -> str:
    """`Selesai 10.21`, or how else the visit stands; empty while the visitor is here."""
    office = visit.office
    if visit.excluded_at:
        return "Perlu diperiksa" if visit.flagged_reason else "Dikecualikan"
    if visit.left_at:
        word = "Otomatis" if visit.ended_by == Visit.EndedBy.AUTOMATIC else "Selesai"
        return f"{word} {clock(office, visit.left_at)}"
    if visit.arrived_at:
        return ""
    return "Tidak datang" if visit.lapsed_at else "Dikabarkan daring"


def clock(office, moment: datetime) -> str:
    return date_format(office.local(moment), "H.i")


def day(office, moment: datetime) -> str:
    """`14 Jul`, with the year when it is not this one."""
    local = office.local(moment)
    return date_format(local, "j M" if local.year == office.today().year else "j M Y")


def duration_words(length: timedelta) -> str:
    """`49 menit`, `2 jam 5 menit`, `3 hari`."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} menit"
    hours, rest = divmod(minutes, 60)
    if hours >= 24:
        return f"{hours // 24} hari"
    return f"{hours} jam {rest} menit" if rest else f"{hours} jam"


def here_today(office, user) -> list[DeskRow]:
    """Today's visits and any still open from before: the open ones on top, the newest first."""
    here = Q(day=office.today()) | Q(arrived_at__isnull=False, left_at__isnull=True)
    open_first = Case(When(left_at__isnull=True, then=0), default=1, output_field=IntegerField())
    rows = _seen(office, user).counted().filter(here).annotate(repeats=_repeats_today())
    return [_row(visit, office) for visit in rows.order_by(open_first, "-arrived_at", "-pk")[:SHOWN_TODAY]]


def inside(office, user) -> list[DeskRow]:
    """Everybody who is in the building now, by number."""
    return [_row(visit, office) for visit in _seen(office, user).open().order_by("arrived_at", "pk")]


def announced(office, user) -> list[DeskRow]:
    rows = _seen(office, user).announced().order_by("-created_at", "-pk")
    return [_row(visit, office) for visit in rows[:SHOWN_ANNOUNCED]]


def same_phone_that_day(visit, user) -> list[DeskRow]:
    """Other visits of the same day and phone. Masked rows take no part: they would tell who has come with a report."""
    if visit.is_masked or not visit.seen_phone or not visit.day:
        return []
    others = _seen(visit.office, user).on(visit.day).filter(seen_phone=visit.seen_phone).exclude(pk=visit.pk)
    return [_row(other, visit.office) for other in others.order_by("number")]


def _seen(office, user):
    return Visit.objects.filter(office=office).as_seen_by(user).select_related("purpose")


def _repeats_today():
    """Counted among what this person may see: an empty phone, as masked rows have it, is nobody's."""
    place = Window(RowNumber(), partition_by=["day", "seen_phone"], order_by=["arrived_at", "pk"])
    return Case(When(seen_phone="", then=Value(1)), default=place, output_field=IntegerField())


def _row(visit, office) -> DeskRow:
    visit.office = office
    since = visit.arrived_at or visit.created_at
    people = f", {visit.party_size} orang" if visit.party_size > 1 else ""
    return DeskRow(
        id=visit.pk,
        label=visit.label,
        name=shown_name(visit),
        origin=shown_origin(visit) + people,
        purpose=visit.purpose.name,
        time=_time(office, since),
        stay=duration_words(timezone.now() - since),
        party_size=visit.party_size,
        meeting_with=visit.meeting_with,
        is_open=visit.is_open,
        ended=ending(visit),
        repeats=getattr(visit, "repeats", 1),
    )


def _time(office, since) -> str:
    """The hour, and the day unless it is today."""
    hour = clock(office, since)
    return hour if office.local(since).date() == office.today() else f"{day(office, since)} {hour}"
