"""What the machine takes for what it may not be (visits/abuse.py), until staff decide: it counts, or it does not."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, F, QuerySet, Value
from django.utils import timezone

from visits import actions
from visits.models import Feedback, Office, SurveyResponse, Visit


@dataclass(frozen=True)
class Kind:
    """One kind of row. `flagged` those of an office that wait for a decision; the other two decide of a set of them."""

    label: str
    flagged: Callable[[Office], QuerySet]
    count: Callable
    dismiss: Callable


@dataclass(frozen=True)
class Pile:
    name: str  # a key of KINDS
    label: str
    reasons: list[tuple[str, int]]

    @property
    def size(self) -> int:
        return sum(rows for _reason, rows in self.reasons)


def piles(office: Office) -> list[Pile]:
    """Only those that hold something."""
    found = [Pile(name, kind.label, _reasons(kind.flagged(office))) for name, kind in KINDS.items()]
    return [pile for pile in found if pile.reasons]


def _reasons(rows: QuerySet) -> list[tuple[str, int]]:
    counted = rows.order_by().values("flagged_reason").annotate(rows=Count("pk"))
    return list(counted.order_by("flagged_reason").values_list("flagged_reason", "rows"))


def size(office: Office) -> int:
    """All piles together, in one statement."""
    first, *others = (kind.flagged(office).order_by().values_list(Value(1)) for kind in KINDS.values())
    return first.union(*others, all=True).count()


@actions.archived_periods_refuse()
@transaction.atomic
def decide(kind: str, office: Office, *, counts: bool, by, request=None) -> int:
    """Of the whole pile; how many rows it was. Raises ArchivedPeriodError."""
    rows = KINDS[kind].flagged(office).select_for_update()
    return (KINDS[kind].count if counts else KINDS[kind].dismiss)(office, rows, by, request)


def _each_visit(act):
    def decided(_office, visits, by, request) -> int:
        return len([act(visit, by=by, request=request) for visit in visits])

    return decided


def _count_threads(office, threads, by, request) -> int:
    """From now on they wait for an answer, since the moment they came."""
    size = threads.update(flagged_reason="", waiting_since=F("created_at"))
    return _told("feedback.counted", size, office, by, request)


def _dismiss_threads(office, threads, by, request) -> int:
    """They stay out of the figures, and are closed."""
    closed_by = Feedback.ClosedBy.STAFF
    size = threads.update(closed_at=timezone.now(), closed_by=closed_by, waiting_since=None)
    return _told("feedback.dismissed", size, office, by, request)


def _count_sheets(office, sheets, by, request) -> int:
    return _told("surveyresponse.counted", sheets.update(flagged_reason=""), office, by, request)


def _dismiss_sheets(office, sheets, by, request) -> int:
    """A sheet that nobody has filled in says nothing that is worth keeping."""
    size = SurveyResponse.objects.filter(pk__in=[sheet.pk for sheet in sheets]).delete()[0]
    return _told("surveyresponse.dismissed", size, office, by, request)


def _told(action: str, rows: int, office: Office, by, request) -> int:
    actions.record(action=action, by=by, request=request, office_id=office.pk, rows=rows)
    return rows


KINDS = {
    "kunjungan": Kind(
        "Kunjungan",
        lambda office: Visit.objects.filter(office=office).flagged(),
        _each_visit(actions.include),
        _each_visit(actions.keep_excluded),
    ),
    "saran": Kind(
        "Saran",
        lambda office: Feedback.objects.filter(office=office, closed_at=None).flagged(),
        _count_threads,
        _dismiss_threads,
    ),
    "penilaian": Kind(
        "Penilaian",
        lambda office: SurveyResponse.objects.filter(office=office).flagged(),
        _count_sheets,
        _dismiss_sheets,
    ),
}
