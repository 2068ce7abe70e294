"""Erasing what leads to a person, once its time is over. Rows stay, and every count with them.

Each model with personal data says per field what happens; a test demands that no field is forgotten.
"""

import calendar
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from visits import erasures
from visits.actions import record
from visits.erasures import GONE
from visits.models import DataRequest, Feedback, Message, Office, SurveyResponse, Visit

BATCH = 500  # rows of one transaction


@dataclass(frozen=True)
class Rule:
    """`emptied` is what the fields hold afterwards; `kept` are the others. `due` are the rows of an office that were
    begun before a moment and still hold something."""

    model: type[models.Model]
    emptied: dict[str, object]
    kept: frozenset[str]
    due: Callable[[Office, datetime], models.QuerySet]


RULES = [
    Rule(
        Visit,
        {
            **dict.fromkeys(["name", "phone", "organization", "meeting_with", "note", "staff_note"], ""),
            "submission_id": None,
            "key_hash": None,
            "content_digest": "",
            "consent_at": None,
        },
        frozenset(
            [
                "id",
                "office",
                "point",
                "day",
                "number",
                "visitor_kind",
                "district",
                "purpose",
                "division",
                "party_size",
                "language",
                "created_at",
                "arrived_at",
                "left_at",
                "ended_by",
                "lapsed_at",
                "entered_by",
                "notice_version",
                "anonymized_at",
                "restricted_at",
                "excluded_at",
                "excluded_reason",
                "flagged_reason",
                "search",
            ]
        ),
        lambda office, moment: Visit.objects.filter(
            Q(arrived_at__lt=moment) | Q(arrived_at=None, created_at__lt=moment), office=office, anonymized_at=None
        ),
    ),
    Rule(
        Message,
        {"body": "", "submission_id": None},
        frozenset(["id", "feedback", "author", "written_by", "created_at"]),
        lambda office, moment: Message.objects.filter(
            ~Q(body=""), feedback__office=office, feedback__in=_old_threads(office, moment)
        ),
    ),
    Rule(
        Feedback,
        {
            **dict.fromkeys(["name", "phone", "content_digest"], ""),
            **dict.fromkeys(["submission_id", "key_hash", "waiting_since"]),
        },
        frozenset(
            [
                "id",
                "office",
                "point",
                "number",
                "category",
                "language",
                "division",
                "created_at",
                "first_replied_at",
                "closed_at",
                "closed_by",
                "flagged_reason",
                "notice_version",
                "anonymized_at",
            ]
        ),
        lambda office, moment: _old_threads(office, moment).filter(anonymized_at=None),
    ),
    Rule(
        SurveyResponse,
        {
            **dict.fromkeys(["comment", "sex", "education", "job"], ""),
            **dict.fromkeys(["ticket_hash", "submission_id", "age"]),
        },
        frozenset(
            [
                "id",
                "office",
                "day",
                "purpose",
                "requirements",
                "procedure",
                "speed",
                "cost",
                "product",
                "competence",
                "conduct",
                "facilities",
                "complaints",
                "flagged_reason",
                "anonymized_at",
            ]
        ),
        lambda office, moment: SurveyResponse.objects.filter(
            office=office, anonymized_at=None, day__lt=moment.astimezone(office.zone).date()
        ),
    ),
    Rule(
        DataRequest,
        {"words": "", "answer": GONE},
        frozenset(["id", "office", "visit", "kind", "created_at", "decided_at", "decided_by", "is_granted"]),
        lambda office, _moment: DataRequest.objects.filter(
            ~Q(words="", answer=GONE), office=office, visit__anonymized_at__isnull=False
        ),
    ),
]


def _old_threads(office: Office, moment: datetime) -> models.QuerySet:
    """Nobody has written since: what somebody still waits for is not erased under their hands."""
    written = Message.objects.filter(feedback=models.OuterRef("pk"), created_at__gte=moment)
    return Feedback.objects.filter(~models.Exists(written), office=office, created_at__lt=moment)


def over_since(office: Office, now: datetime | None = None) -> datetime:
    """What is older than this moment, an office's midnight, has been kept for the office's months."""
    day = months_before(office.local(now or timezone.now()).date(), office.retention_months)
    return datetime.combine(day, time.min, office.zone)


def erased_on(visit: Visit) -> date:
    """The office day on which its months are over: the first of which over_since is later than the visit."""
    day = visit.office.local(visit.arrived_at or visit.created_at).date() + timedelta(days=1)
    years, month = divmod(day.month - 1 + visit.office.retention_months, 12)
    year = day.year + years
    if day.day > calendar.monthrange(year, month + 1)[1]:  # 31 January and one month is 1 March
        return date(year, month + 1, 1) + timedelta(days=calendar.monthrange(year, month + 1)[1])
    return date(year, month + 1, day.day)


def months_before(day: date, months: int) -> date:
    """The same day of the month, or the month's last: 31 March less one month is 28 February."""
    month = day.year * 12 + day.month - 1 - months
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def first_due_day(office: Office, moment: datetime) -> date | None:
    """The earliest day of a visit that is to be erased; None where there is none that counts."""
    day = RULES[0].due(office, moment).filter(day__isnull=False).order_by("arrived_at").values_list("day", flat=True)
    return day.first()


def erase_due(office: Office, moment: datetime, *, batch: int = BATCH) -> int:
    """In batches of one transaction each, so that a kill loses one of them. Safe to run twice at once. How many rows.

    Letters go before their thread, which tells that they are due.
    """
    return sum(rows for rule in RULES for rows in _batches(rule, office, moment, batch))


def _batches(rule: Rule, office: Office, moment: datetime, batch: int) -> Iterator[int]:
    while rows := _erase_batch(rule, office, moment, batch):
        yield rows


@transaction.atomic
def _erase_batch(rule: Rule, office: Office, moment: datetime, batch: int) -> int:
    due = rule.due(office, moment).select_for_update(of=["self"], skip_locked=True)
    keys = list(due.values_list("pk", flat=True)[:batch])
    if keys:
        erase(rule, keys)
        name = rule.model._meta.model_name
        record(action="retention.erased", office_id=office.pk, rows=len(keys), model=name, before=f"{moment:%Y-%m-%d}")
    return len(keys)


def erase(rule: Rule, keys: list) -> None:
    """Of these rows, in the caller's transaction; also on a visitor's own request."""
    emptied = dict(rule.emptied)
    if "anonymized_at" in rule.kept:
        emptied["anonymized_at"] = timezone.now()
    rows = rule.model._base_manager.filter(pk__in=keys)
    if rule.model is Feedback:
        _close_what_waits(rows)
    if rule.model is DataRequest:
        _settle(rows.filter(decided_at__isnull=True))
    rows.update(**emptied)
    if rule.model is Visit:
        rows.filter(excluded_at__isnull=False).update(excluded_reason=GONE)
        emptied["excluded_reason"] = GONE  # noted of all: in a dump others may be excluded
    erasures.note(rule.model, keys, emptied=emptied)
    if rule.model is Visit:
        _settle(DataRequest.objects.waiting().filter(visit__in=keys))


def _empty(rows: models.QuerySet, emptied: dict[str, object]) -> None:
    keys = list(rows.values_list("pk", flat=True))
    rows.update(**emptied)
    erasures.note(rows.model, keys, emptied=emptied)


def _settle(asked: models.QuerySet) -> None:
    """What visitors have asked about data that are gone now."""
    _empty(asked, {"decided_at": timezone.now(), "is_granted": True})


def _close_what_waits(threads: models.QuerySet) -> None:
    """For a reply, or for staff to look at it: an erased thread holds nothing to answer, and nobody could read it."""
    waits = threads.filter(Q(waiting_since__isnull=False) | ~Q(flagged_reason=""), closed_at=None)
    closed_by = Feedback.ClosedBy.STAFF
    _empty(waits, {"closed_at": timezone.now(), "closed_by": closed_by, "waiting_since": None})
