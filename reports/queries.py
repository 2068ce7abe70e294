"""Figures out of rows: a queryset comes in, plain rows go out. Visits not arrived, or excluded, never count."""

from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from django.db import connection, transaction
from django.db.models import Avg, BooleanField, Count, ExpressionWrapper, F, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, TruncDate, TruncHour

from reports.period import Span
from reports.satisfaction import LABELS
from visits.models import CheckInPoint, District, Division, Purpose, Visit

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Figures:
    """One office, now."""

    today: int  # visits of today
    last_week: int  # of the same weekday last week, up to the same hour
    inside: int  # visits that are still open
    people_inside: int  # the sum of their party sizes
    oldest_inside: datetime | None  # when the first of them arrived
    announced: int  # announced online, not here yet, not lapsed
    oldest_announced: datetime | None


def figures_now(visits, now: datetime, today: date) -> Figures:
    """`today` is the office's calendar day at `now`; `visits` are the visits of that one office."""
    week_ago = Q(day=today - WEEK, arrived_at__lte=now - WEEK)
    days = visits.counted().filter(day__in=[today, today - WEEK])
    inside = {"inside": Count("pk"), "people_inside": Sum("party_size", default=0), "oldest_inside": Min("arrived_at")}
    announced = {"announced": Count("pk"), "oldest_announced": Min("created_at")}
    return Figures(
        **days.aggregate(today=Count("pk", filter=Q(day=today)), last_week=Count("pk", filter=week_ago)),
        **visits.open().aggregate(**inside),
        **visits.announced().aggregate(**announced),
    )


def visits_per_day(visits, first: date, end: date) -> list[tuple[date, int]]:
    """Every day of the half-open range [first, end), also those without a visit."""
    counted = visits.counted().filter(day__gte=first, day__lt=end).values_list("day").order_by()
    counts = dict(counted.annotate(Count("pk")))
    days = (first + timedelta(days=offset) for offset in range((end - first).days))
    return [(day, counts.get(day, 0)) for day in days]


def first_day(visits) -> date | None:
    """When the first visit arrived, by the office's calendar; read off the end of the index that lists visits."""
    return visits.arrived().order_by(F("arrived_at").asc(nulls_first=True)).values_list("day", flat=True).first()


# The monthly report. `visits` are those of one office in one half-open range of `arrived_at`: the index on office and
# time finds them, however long the history. One range at a time: an OR of ranges would read all visits of the office.

NAMED = {"purpose": Purpose, "district": District, "division": Division, "point": CheckInPoint}
DIMENSIONS = ["hour", "kind", *NAMED]
MISSING = 0  # stands for NULL among ids


@contextmanager
def one_moment():
    """What is read inside is read as of one moment: figures agree with one another while visitors keep arriving.

    Inside a transaction of the caller, that transaction's own isolation holds.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def measure(visits, zone: tzinfo) -> dict:
    """All that a report asks of these visits."""
    counted = visits.counted()
    return {
        "breakdowns": breakdowns(counted, zone),
        "outcomes": outcomes(counted),
        "visitors": visitors(counted),
        "organizations": organizations(counted),
        "excluded": visits.arrived().excluded().count(),
    }


def breakdowns(visits, zone: tzinfo) -> dict[str, list[tuple]]:
    """Dimension -> its (key, visits, people). Keys are ids (MISSING for none), kinds, or the hours of arrival on the
    office's own clock, as naive datetimes.

    One statement with GROUPING SETS, which the ORM does not know: it reads the rows once, and every dimension sums to
    the same total.
    """
    facts, params = _facts(visits, zone).query.sql_with_params()
    columns, sets = ", ".join(DIMENSIONS), ", ".join(f"({dimension})" for dimension in DIMENSIONS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns}, count(*), sum(party_size) FROM ({facts}) AS fact (party_size, {columns})"  # noqa: S608
            f" GROUP BY GROUPING SETS ({sets})",
            params,
        )
        rows = cursor.fetchall()
    return {
        dimension: [(row[place], *row[-2:]) for row in rows if row[place] is not None]
        for place, dimension in enumerate(DIMENSIONS)
    }


def _facts(visits, zone: tzinfo):
    """(party size, then DIMENSIONS) of each visit. No NULL: in the result of GROUPING SETS it means "another set"."""
    keys = {
        "by_hour": TruncHour("arrived_at", tzinfo=zone),
        "by_kind": F("visitor_kind"),
        **{f"by_{relation}": Coalesce(f"{relation}_id", MISSING) for relation in NAMED},
    }
    return visits.order_by().annotate(**keys).values_list("party_size", *keys)


def names(office) -> dict[tuple[str, int], str]:
    """(dimension, id) -> name, of everything of this office that visits refer to."""
    first, *others = [
        model.objects.filter(office=office).order_by().values_list(Value(dimension), "pk", "name")
        for dimension, model in NAMED.items()
    ]
    return {(dimension, pk): name for dimension, pk, name in first.union(*others, all=True)}


def outcomes(visits) -> dict:
    """How visits came in and ended. `stay` is the average length (a timedelta, or None) of the `timed` ones: those that
    the visitor or staff ended, since nobody knows how long the automatically closed ones really took."""
    timed = Q(ended_by__in=[Visit.EndedBy.VISITOR, Visit.EndedBy.STAFF])
    return visits.aggregate(
        timed=Count("pk", filter=timed),
        stay=Avg(F("left_at") - F("arrived_at"), filter=timed),
        auto_closed=Count("pk", filter=Q(ended_by=Visit.EndedBy.AUTOMATIC)),
        still_open=Count("pk", filter=Q(left_at__isnull=True)),
        entered_by_staff=Count("entered_by"),
        announced_online=Count("pk", filter=Q(point__kind=CheckInPoint.Kind.ONLINE)),
    )


def visitors(visits) -> dict[str, int]:
    """Different phone numbers, those among them that came more than once, and the visits of all of them."""
    by_phone = visits.exclude(phone="").order_by().values("phone").annotate(times=Count("pk"))
    return by_phone.aggregate(
        visitors=Count("phone"),
        returning=Count("phone", filter=Q(times__gt=1)),
        with_phone=Sum("times", default=0),
    )


def organizations(visits) -> list[tuple[str, int]]:
    """(as typed, visits). Those of confidential purposes and of restricted visits never leave the database."""
    named = visits.filter(purpose__is_confidential=False, restricted_at=None).exclude(organization="")
    return list(named.order_by().values_list("organization").annotate(Count("pk")))


def sheets(office, spans: Iterable[Span]) -> dict[Span, list[tuple]]:
    """Of each span, (purpose id or MISSING, the nine answers, how many say just this): every sheet, no trace of who or
    when."""
    columns = [Coalesce("purpose_id", MISSING), *LABELS]
    rows = _of_each(spans, columns, lambda span: office.survey_responses.given(span.first_day, span.last_day))
    return {span: [(purpose, tuple(answers), times) for purpose, *answers, times in rows[span]] for span in rows}


def threads(office, spans: Iterable[Span]) -> dict[Span, list[tuple]]:
    """Of each span, (category, day received, day of the first reply or None, is waiting, is closed, how many)."""
    columns = [
        "category",
        TruncDate("created_at", tzinfo=office.zone),
        TruncDate("first_replied_at", tzinfo=office.zone),
        ExpressionWrapper(Q(waiting_since__isnull=False), BooleanField()),
        ExpressionWrapper(Q(closed_at__isnull=False), BooleanField()),
    ]
    return _of_each(spans, columns, lambda span: office.feedback.received(*span.bounds(office.zone)))


def _of_each(spans: Iterable[Span], columns: list, rows_of: Callable[[Span], QuerySet]) -> dict[Span, list[tuple]]:
    """These columns and how many rows share them, of each span, in one statement."""
    spans = list(spans)
    first, *others = [
        rows_of(span).order_by().values_list(Value(place), *columns).annotate(Count("pk"))
        for place, span in enumerate(spans)
    ]
    found = {span: [] for span in spans}
    for place, *row in first.union(*others, all=True):
        found[spans[place]].append(tuple(row))
    return found


def service_hours(office) -> dict[int, tuple[time, time]]:
    """ISO weekday -> (opens, closes)."""
    rows = office.service_hours.values_list("weekday", "opens_at", "closes_at")
    return {weekday: (opens_at, closes_at) for weekday, opens_at, closes_at in rows}


def closed_days(office, first: date, last: date) -> dict[date, str]:
    """Day -> name, both ends included."""
    return dict(office.closed_days.filter(day__range=(first, last)).order_by("day").values_list("day", "name"))
