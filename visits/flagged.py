"""What the machine takes for what it may not be (visits/abuse.py), until staff decide: it counts, or it does not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from django.db import transaction
from django.db.models import Aggregate, Count, F, Max, QuerySet, Value
from django.utils import timezone

from visits import actions
from visits.models import Feedback, Office, SurveyResponse, Visit

AT_ONCE = 1000  # some three seconds
NEWEST = Max("pk")


@dataclass(frozen=True)
class Kind:
    """One kind of row. `flagged` those of an office that wait for a decision; `count` and `dismiss` decide of a set of
    them. `mark` says how far the page that is shown goes, and `up_to` keeps a decision to that."""

    label: str
    flagged: Callable[[Office], QuerySet]
    count: Callable
    dismiss: Callable
    mark: Aggregate = NEWEST
    up_to: Callable[[QuerySet, int], QuerySet] = lambda rows, newest: rows.filter(pk__lte=newest)


@dataclass(frozen=True)
class Pile:
    name: str  # a key of KINDS
    label: str
    reasons: list[tuple[str, int]]
    mark: int  # of what comes later nobody has been told yet

    @property
    def size(self) -> int:
        return sum(rows for _reason, rows in self.reasons)


def piles(office: Office) -> list[Pile]:
    """Only those that hold something."""
    return [pile for name in KINDS if (pile := _pile(name, office))]


def _pile(name: str, office: Office) -> Pile | None:
    kind = KINDS[name]
    rows = kind.flagged(office).order_by()
    mark = rows.aggregate(mark=kind.mark)["mark"]
    return Pile(name, kind.label, _reasons(rows), mark) if mark else None


def _reasons(rows: QuerySet) -> list[tuple[str, int]]:
    counted = rows.values("flagged_reason").annotate(rows=Count("pk"))
    return list(counted.order_by("flagged_reason").values_list("flagged_reason", "rows"))


def size(office: Office) -> int:
    """All piles together, in one statement."""
    first, *others = (kind.flagged(office).order_by().values_list(Value(1)) for kind in KINDS.values())
    return first.union(*others, all=True).count()


@dataclass
class Decided:
    rows: int = 0
    # Stay flagged: of these months the report is locked, and nothing more may be counted in it.
    locked: list[str] = field(default_factory=list)  # "Juni 2026", once for each row


@transaction.atomic
def decide(name: str, office: Office, *, mark: int, counts: bool, by, request=None) -> Decided:
    """Of the pile as the page has shown it; where rows go one by one, of the first AT_ONCE: floods leave thousands.

    Raises ChangedError.
    """
    kind = KINDS[name]
    rows = kind.up_to(kind.flagged(office), mark).select_for_update()
    return (kind.count if counts else kind.dismiss)(office, rows, by, request)


class ChangedError(Exception):
    """The pile is not the one that was shown, and no telling what came since."""


def _if_as_many(sheets: QuerySet, shown: int) -> QuerySet:
    """A sheet doesn't tell when it came, lest it led to a visit. None at all: somebody else has decided."""
    keys = list(sheets.select_for_update().values_list("pk", flat=True))
    if len(keys) not in {0, shown}:
        raise ChangedError
    return sheets.filter(pk__in=keys)


def _one_by_one(act: Callable, rows: QuerySet) -> Decided:
    """`rows` with the newest first: what a locked month keeps from being counted is old, and holds up nothing."""
    decided = Decided()
    for row in rows[:AT_ONCE]:
        try:
            with actions.archived_periods_refuse(), transaction.atomic():
                act(row)
        except actions.ArchivedPeriodError as refusal:
            decided.locked.append(refusal.title)
        else:
            decided.rows += 1
    return decided


def _each_visit(act):
    def decided(_office, visits, by, request) -> Decided:
        return _one_by_one(partial(act, by=by, request=request), visits.order_by("-pk"))

    return decided


def _count_threads(office, threads, by, request) -> Decided:
    """From now on they wait for an answer, since the moment they came."""
    size = threads.update(flagged_reason="", waiting_since=F("created_at"))
    return _told("feedback.counted", Decided(size), office, by, request)


def _dismiss_threads(office, threads, by, request) -> Decided:
    """They stay out of the figures, and are closed."""
    closed_by = Feedback.ClosedBy.STAFF
    size = threads.update(closed_at=timezone.now(), closed_by=closed_by, waiting_since=None)
    return _told("feedback.dismissed", Decided(size), office, by, request)


def _count_sheets(office, sheets, by, request) -> Decided:
    return _told("surveyresponse.counted", _one_by_one(_count_sheet, sheets.order_by("-day")), office, by, request)


def _count_sheet(sheet: SurveyResponse) -> None:
    sheet.flagged_reason = ""
    sheet.save(update_fields=["flagged_reason"])


def _dismiss_sheets(office, sheets, by, request) -> Decided:
    """A sheet that nobody has filled in says nothing that is worth keeping."""
    size = SurveyResponse.objects.filter(pk__in=[sheet.pk for sheet in sheets]).delete()[0]
    return _told("surveyresponse.dismissed", Decided(size), office, by, request)


def _told(action: str, decided: Decided, office: Office, by, request) -> Decided:
    actions.record(action=action, by=by, request=request, office_id=office.pk, rows=decided.rows)
    return decided


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
        mark=Count("pk"),
        up_to=_if_as_many,
    ),
}
