"""Writes that touch several rows or leave an audit line. Each is one transaction and says who did it (`by=`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from visits.abuse import NOBODY, Sender, suspicion
from visits.codes import content_digest, is_content, key_hash, private_key, private_keys
from visits.erasures import GONE
from visits.models import AuditEvent, DailyNumber, Office, Visit
from visits.models.office import offices_of
from visits.opening import automatic_end, closing_time
from visits.privacy import notice_version
from visits.snapshot import OfficeSnapshot, PointSnapshot


class OtherContentError(Exception):
    """The submission's id is known, with other content."""


class StaleChoicesError(Exception):
    """A purpose or district was removed between showing the form and storing the visit."""


class AlreadyErasedError(Exception):
    """There is nothing personal left in the row."""


class ArchivedPeriodError(Exception):
    """The report of the visit's period is locked or stored, so nothing may enter or leave its count."""

    def __init__(self, period: str, title: str):
        super().__init__(period)
        self.period = period  # "2026-06", as in the address of the report
        self.title = title  # "Juni 2026"


# What the triggers in the migrations of reports call their refusals.
ARCHIVED = {"visit_of_archived_report", "survey_of_archived_report"}


@contextmanager
def archived_periods_refuse() -> Iterator[None]:
    """Makes an exception with a name of the database's refusal."""
    try:
        yield
    except IntegrityError as error:
        refusal = getattr(error.__cause__, "diag", None)
        if refusal is None or refusal.constraint_name not in ARCHIVED:
            raise
        raise ArchivedPeriodError(refusal.message_detail, refusal.message_hint) from error


def record(
    *, action: str, by=None, request=None, office_id: int | None = None, target: models.Model | None = None, **details
) -> AuditEvent:
    """One line of the audit trail. `details` names fields and counts, never personal values."""
    return AuditEvent.objects.create(
        action=action,
        actor_id=getattr(by, "pk", None),
        actor=by.get_username() if by else "",
        office_id=office_id,
        object_type=target._meta.model_name if target else "",
        object_id=target.pk if target else None,
        details=details,
        address=request.META.get("REMOTE_ADDR") or None if request else None,
    )


def record_for_account(account: User, *, action: str, by=None, request=None, **details) -> None:
    """One line for each office of the person: every admin who answers for the account can read it."""
    for office_id in sorted(offices_of(account)) or [None]:
        record(action=action, by=by, request=request, office_id=office_id, target=account, **details)


def opened(visit: Visit, *, by, request=None) -> None:
    """For every page that shows a visitor's details, also one that comes back because of a mistake."""
    record(action="visit.opened", by=by, request=request, office_id=visit.office_id, target=visit)


def ticket_key(visit: Visit) -> str | None:
    """The visit's private key, under whichever secret made it; None once it is anonymised."""
    if visit.submission_id is None:
        return None
    return next((key for key in private_keys("visit", visit.submission_id) if key_hash(key) == visit.key_hash), None)


def earlier_visit(submission_id: UUID, content: dict[str, str]) -> Visit | None:
    """The visit that this form made already. Raises OtherContentError when it held something else, or made none: what
    came in a file."""
    visit = Visit.objects.of_submission(submission_id)
    if visit and not is_content(visit.content_digest, content):
        raise OtherContentError
    return visit


def check_in(
    *, point: PointSnapshot, data: dict, content: dict[str, str], language: str, sender: Sender = NOBODY
) -> Visit:
    """A visitor's form becomes one visit, however often and however concurrently it arrives.

    `data` is VisitForm.cleaned_data, `content` what was typed. From a poster it has arrived; from an online point it is
    announced. What looks odd is kept, and left out of the count until staff have looked. Raises FloodError.
    """
    now = timezone.now()
    visit = _new_visit(office=point.office, data=data, now=now)
    visit.point_id = point.id
    visit.content_digest = content_digest(content)
    visit.language = language
    visit.notice_version = notice_version(point.office)
    visit.consent_at = now if data["consent"] else None
    arrived_at = None if point.is_online else arrival(now, data["queued_seconds"], point.office)
    try:
        return _take(visit, point, sender, arrived_at)
    except IntegrityError as error:
        earlier = earlier_visit(data["submission_id"], content)
        if earlier is None:
            raise StaleChoicesError from error
        return earlier


@transaction.atomic
def _take(visit: Visit, point: PointSnapshot, sender: Sender, arrived_at: datetime | None) -> Visit:
    visit.flagged_reason = suspicion(point.code, sender)
    if visit.flagged_reason:
        visit.excluded_at, visit.excluded_reason = visit.created_at, f"Otomatis: {visit.flagged_reason}"
    return _store(visit, arrived_at=arrived_at, zone=point.office.zone)


def arrival(now: datetime, queued_seconds: int, office: OfficeSnapshot) -> datetime:
    """When "Kirim" was tapped, if the form waited on the phone; never before the office's own midnight."""
    tapped = now - timedelta(seconds=queued_seconds)
    midnight = now.astimezone(office.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(tapped, midnight)


def register(*, office: Office, data: dict, by, request=None) -> Visit:
    """Staff enter a visitor without a phone at hand. The same form twice is one visit.

    Raises OtherContentError when this `submission_id` holds another visitor: an earlier page was filled anew.
    """
    content = {name: str(value) for name, value in data.items() if name != "submission_id"}
    earlier = earlier_visit(data["submission_id"], content)
    if earlier:
        return earlier
    visit = _new_visit(office=office, data=data, now=timezone.now())
    visit.content_digest = content_digest(content)
    visit.entered_by = by
    visit.notice_version = notice_version(office)
    try:
        with transaction.atomic():  # foreign keys have their say at its end
            _store(visit, arrived_at=visit.created_at, zone=office.zone)
            record(action="visit.registered", by=by, request=request, office_id=office.pk, target=visit)
    except IntegrityError as error:
        earlier = earlier_visit(data["submission_id"], content)
        if earlier is None:
            raise StaleChoicesError from error
        return earlier
    return visit


def _new_visit(*, office: Office | OfficeSnapshot, data: dict, now: datetime) -> Visit:
    return Visit(
        office_id=office.id,
        submission_id=data["submission_id"],
        key_hash=key_hash(private_key("visit", data["submission_id"])),
        name=data["name"],
        phone=data["phone"],
        visitor_kind=data["visitor_kind"],
        organization=data["organization"],
        district_id=data["district"],
        purpose_id=data["purpose"],
        meeting_with=data["meeting_with"],
        division_id=_division_id(office, data["meeting_with"]),
        party_size=data["party_size"],
        note=data["note"],
        created_at=now,
    )


def _division_id(office: Office | OfficeSnapshot, meeting_with: str) -> int | None:
    """An exact match of the free text also sets the division."""
    divisions = office.divisions.filter(is_active=True) if isinstance(office, Office) else office.divisions
    return next((division.id for division in divisions if division.name.casefold() == meeting_with.casefold()), None)


def _store(visit: Visit, *, arrived_at: datetime | None, zone: tzinfo) -> Visit:
    """In the caller's transaction: a second one inside it would cost every visitor two round trips."""
    if arrived_at:
        _count(visit, arrived_at=arrived_at, zone=zone)
    visit.save(force_insert=True)
    return visit


def _count(visit: Visit, *, arrived_at: datetime, zone: tzinfo) -> None:
    """From here on the visit has a day and a number; the counter's row lock keeps both unique."""
    visit.arrived_at = arrived_at
    visit.day = arrived_at.astimezone(zone).date()
    visit.number = DailyNumber.objects.take(visit.office_id, visit.day)


@transaction.atomic
def arrive(visit: Visit, *, by=None, request=None) -> Visit:
    """An announced visitor is here: staff say so, or the visitor scanned the poster at the door. Twice does nothing."""
    visit = _locked(visit)
    if not visit.is_announced:
        return visit
    _count(visit, arrived_at=timezone.now(), zone=visit.office.zone)
    visit.save(update_fields=["arrived_at", "day", "number"])
    if by:
        record(action="visit.arrived", by=by, request=request, office_id=visit.office_id, target=visit)
    return visit


@transaction.atomic
def unarrive(visit: Visit, *, by, request=None) -> Visit:
    """Undo of "Sudah datang", on the same office day and while the visit is open. Its number stays unused."""
    visit = _locked(visit)
    if not (visit.is_open and visit.is_of_today and visit.was_announced):
        return visit
    visit.arrived_at = visit.day = visit.number = None
    visit.save(update_fields=["arrived_at", "day", "number"])
    record(action="visit.unarrived", by=by, request=request, office_id=visit.office_id, target=visit)
    return visit


@transaction.atomic
def close(visit: Visit, *, by=None, request=None) -> Visit:
    """The visit ends now; by staff when `by` is given, else by the visitor. A closed one stays as it is.

    Where the automatic end has passed and upkeep has not come by yet, that is the end: nobody stayed overnight.
    """
    visit = _locked(visit)
    if not visit.is_open:
        return visit
    now, end = timezone.now(), _automatic_end(visit, visit.office)
    visit.left_at = min(now, end)
    visit.ended_by = Visit.EndedBy.AUTOMATIC if end <= now else _ended_by(by)
    visit.save(update_fields=["left_at", "ended_by"])
    if by:
        record(action="visit.closed", by=by, request=request, office_id=visit.office_id, target=visit)
    return visit


def _ended_by(by) -> Visit.EndedBy:
    return Visit.EndedBy.STAFF if by else Visit.EndedBy.VISITOR


@transaction.atomic
def reopen(visit: Visit, *, by, request=None) -> Visit:
    """Undo of "Selesai", on the same office day: a later end would make a stay of days."""
    visit = _locked(visit)
    if visit.left_at is None or not visit.is_of_today:
        return visit
    visit.left_at, visit.ended_by = None, ""
    visit.save(update_fields=["left_at", "ended_by"])
    record(action="visit.reopened", by=by, request=request, office_id=visit.office_id, target=visit)
    return visit


@transaction.atomic
def edit(visit: Visit, *, fields: list[str], by=None, request=None, action: str = "visit.changed") -> None:
    """Stores what was changed, and nothing else: other columns may have moved on since they were read."""
    written = list(fields)
    if "meeting_with" in fields:
        visit.division_id = _division_id(visit.office, visit.meeting_with)
        written.append("division")
    visit.save(update_fields=written)
    record(action=action, by=by, request=request, office_id=visit.office_id, target=visit, fields=fields)


@archived_periods_refuse()
@transaction.atomic
def exclude(visit: Visit, *, reason: str, by, request=None) -> Visit:
    """A duplicate, a test, a prank: it stays, and no longer counts. Of a flagged one this is staff's decision."""
    visit = _locked(visit)
    if visit.excluded_at and not visit.flagged_reason:
        return visit
    visit.excluded_at, visit.excluded_reason, visit.flagged_reason = timezone.now(), reason, ""
    if visit.anonymized_at:
        visit.excluded_reason = GONE  # nothing would ever erase what is typed now
    visit.save(update_fields=["excluded_at", "excluded_reason", "flagged_reason"])
    record(action="visit.excluded", by=by, request=request, office_id=visit.office_id, target=visit)
    return visit


@transaction.atomic
def keep_excluded(visit: Visit, *, by, request=None) -> Visit:
    """Staff have looked at a flagged visit: it was none."""
    visit = _locked(visit)
    if not visit.flagged_reason:
        return visit
    visit.flagged_reason = ""
    visit.save(update_fields=["flagged_reason"])
    record(action="visit.excluded", by=by, request=request, office_id=visit.office_id, target=visit)
    return visit


@archived_periods_refuse()
@transaction.atomic
def include(visit: Visit, *, by, request=None) -> Visit:
    """Undo of exclude; of a flagged visit: it was a visitor after all."""
    visit = _locked(visit)
    if visit.excluded_at is None:
        return visit
    visit.excluded_at, visit.excluded_reason, visit.flagged_reason = None, "", ""
    visit.save(update_fields=["excluded_at", "excluded_reason", "flagged_reason"])
    record(action="visit.included", by=by, request=request, office_id=visit.office_id, target=visit)
    return visit


def _locked(visit: Visit) -> Visit:
    """The row as it is now, ours until the transaction ends: two people at once see one another's work."""
    visits = Visit.objects.select_for_update(of=["self"]).select_related("office").defer("office__emblem")
    return visits.get(pk=visit.pk)


def close_overdue(now: datetime | None = None) -> int:
    """Closes visits left open past closing time; arrivals after closing end at midnight. Safe to run twice at once."""
    now = now or timezone.now()
    closed = 0
    for office in Office.objects.prefetch_related("service_hours", "closed_days"):
        for visit in Visit.objects.filter(office=office).arrived().filter(left_at__isnull=True):
            closed += _close_if_overdue(visit, now, _automatic_end(visit, office))
    return closed


def _automatic_end(visit: Visit, office: Office) -> datetime:
    closes_at = closing_time(visit.day, office.weekly_hours(), office.closed_dates(), office.zone)
    return automatic_end(visit.arrived_at, closes_at, office.zone)


def _close_if_overdue(visit: Visit, now: datetime, end: datetime) -> int:
    if now < end:
        return 0
    # Staff may have taken the arrival back, or noted another, since the row was read.
    still_open = Visit.objects.filter(pk=visit.pk, arrived_at=visit.arrived_at, left_at__isnull=True)
    return still_open.update(left_at=end, ended_by=Visit.EndedBy.AUTOMATIC)


def lapse_announcements() -> int:
    """Announced visits that nobody came for within seven days. Safe to run twice at once."""
    return Visit.objects.lapsing().update(lapsed_at=timezone.now())
