"""Sheets of the satisfaction survey, stored so that nothing leads from one to a name: nor do they leave audit lines."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from visits.abuse import NOBODY, Sender, suspicion
from visits.actions import (
    AlreadyErasedError,
    ArchivedPeriodError,
    OtherContentError,
    StaleChoicesError,
    archived_periods_refuse,
)
from visits.codes import key_hash, private_key, private_keys
from visits.models import SurveyResponse, Visit
from visits.snapshot import PointSnapshot

OPEN_FOR = timedelta(days=14)  # after the day of the visit


def last_day(visit: Visit) -> date:
    """The last office day on which a visit that has arrived may be rated, or its rating changed."""
    return visit.day + OPEN_FOR


def why_closed(visit: Visit) -> str:
    """One word for what keeps a visit from being rated now; empty where nothing does.

    A visit that goes on may be rated: many forget to end theirs, and an early answer can be changed.
    """
    if visit.excluded_at and not visit.flagged_reason:
        return "excluded"
    if visit.arrived_at is None:
        return "not_arrived"
    return "late" if visit.office.today() > last_day(visit) else ""


def sheet_of(visit: Visit) -> SurveyResponse | None:
    """What the holder of the ticket has answered, under whichever secret that was."""
    hashes = [key_hash(key) for key in private_keys("survey", visit.submission_id)]
    return SurveyResponse.objects.filter(ticket_hash__in=hashes).first()


def locked_report(sheet: SurveyResponse | None) -> str:
    """ "Juni 2026" where the sheet is counted in a report that is locked: its answers stay. Empty anywhere else."""
    if sheet is None or sheet.flagged_reason:
        return ""
    try:
        with archived_periods_refuse(), transaction.atomic(), connection.cursor() as cursor:
            # The question that the trigger on the answers asks (reports, migration 0003).
            cursor.execute("SELECT reports_refuse_answers(%s, %s)", [sheet.office_id, sheet.day])
    except ArchivedPeriodError as locked:
        return locked.title
    return ""


@dataclass(frozen=True)
class Offer:
    """What the ticket of a visit that has ended says about the survey."""

    last_day: date
    is_answered: bool
    is_final: bool  # counted in a locked report


def offer(visit: Visit) -> Offer | None:
    if visit.left_at is None or why_closed(visit):
        return None
    sheet = sheet_of(visit)
    return Offer(last_day(visit), is_answered=sheet is not None, is_final=bool(locked_report(sheet)))


@archived_periods_refuse()
@transaction.atomic
def rate(visit: Visit, *, answers: dict) -> SurveyResponse:
    """One sheet a ticket. It keeps the day of the first answer, and so its place in a report. The sheet of a flagged
    visit is flagged too, and left out of the index until staff have looked.

    Raises ArchivedPeriodError once the report with that day is locked, AlreadyErasedError.
    """
    if not Visit.objects.select_for_update().filter(pk=visit.pk, anonymized_at=None).values("pk"):
        raise AlreadyErasedError
    earlier = sheet_of(visit)
    answers = {**answers, "purpose_id": visit.purpose_id}
    begun = {"office_id": visit.office_id, "day": visit.office.today(), "flagged_reason": visit.flagged_reason}
    sheet, _created = SurveyResponse.objects.update_or_create(
        ticket_hash=earlier.ticket_hash if earlier else key_hash(private_key("survey", visit.submission_id)),
        defaults=answers,
        create_defaults={**answers, **begun},
    )
    return sheet


def earlier_sheet(submission_id: UUID, answers: dict) -> SurveyResponse | None:
    """The sheet that this page made already. Raises OtherContentError when that held something else."""
    sheet = SurveyResponse.objects.filter(submission_id=submission_id).first()
    if sheet and any(getattr(sheet, name) != value for name, value in answers.items()):
        raise OtherContentError
    return sheet


def rate_without_ticket(
    point: PointSnapshot, *, submission_id: UUID, answers: dict, sender: Sender = NOBODY
) -> SurveyResponse:
    """One sheet a page, however often and however concurrently it arrives. What looks odd is kept, and left out of the
    index until staff have looked. Raises FloodError."""
    today = timezone.now().astimezone(point.office.zone).date()
    try:
        with transaction.atomic():
            return SurveyResponse.objects.create(
                office_id=point.office.id,
                day=today,
                submission_id=submission_id,
                flagged_reason=suspicion(point.code, sender),
                **answers,
            )
    except IntegrityError as error:
        earlier = earlier_sheet(submission_id, answers)
        if earlier is None:
            raise StaleChoicesError from error
        return earlier
