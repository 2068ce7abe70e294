"""The report of one office over one period: computed once, then shown as page, xlsx, pdf, csv and archive.

What counts: a visit counts once it has arrived and as long as it is not excluded, on the day and in the hour of its
arrival by the office's own clock. Every breakdown sums to the visits of the period.

Who is a returning visitor: somebody whose phone number stands on more than one visit of the same period. So a report
rests on the rows of its own period alone, and no later anonymising of older rows can change it. Visits without a number
tell nothing about this and are counted apart.

A period that is not over is counted until today, and compared with as many first days of the earlier periods.
"""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from django.utils import translation

from reports import queries
from reports.compared import Compared
from reports.feedback import Feedback, Threads, feedback_of
from reports.measured import Calendar, Measured, ranked
from reports.numbers import percent, ratio
from reports.period import Period, Span
from reports.survey import UNNAMED, Sheet, Survey, sheets_of, survey_of
from visits import models

SCHEMA = 2  # of the stored JSON; goes up when a field comes, goes or changes its meaning
READABLE = {1, SCHEMA}  # what was locked stays; 1 knew neither survey nor feedback
TOP_ORGANIZATIONS = 10
MINUTE, MICROSECOND = timedelta(minutes=1), timedelta(microseconds=1)
# What a breakdown calls visits without the thing it breaks down by.
MISSING = {
    "purpose": "Tidak diketahui",
    "district": "Tidak diisi",
    "division": "Tanpa divisi",
    "point": "Dicatat petugas",
}


@dataclass(frozen=True)
class DayCount:
    day: date
    visits: int


@dataclass(frozen=True)
class HourCount:
    hour: int  # 9 is 09.00 to 09.59
    visits: int


@dataclass(frozen=True)
class Figures:
    """The figures of one run of days."""

    first_day: date
    last_day: date  # included
    visits: int  # arrived and not excluded
    people: int  # sum of their party sizes
    working_days: int  # weekdays with service hours, without the closed days
    closed_days: int  # closed days that would have been working days
    per_working_day: Decimal | None  # visits / working days, one decimal, half-up; None without a working day
    minutes: int | None  # average length of the timed visits, half-up; None without one
    timed: int  # visits that the visitor or staff ended
    auto_closed: int  # visits that ended by themselves; left out of the average length
    still_open: int
    visitors: int  # different phone numbers
    returning: int  # those of them on more than one visit
    without_phone: int  # visits without a phone number (entered by staff, or anonymised since)
    entered_by_staff: int
    announced_online: int  # announced through an online point, and arrived
    excluded: int  # arrived and excluded; in no other figure
    busiest_day: DayCount | None  # the earliest, where several are equal; None without visits
    busiest_hour: HourCount | None  # the same

    @property
    def span(self) -> Span:
        return Span(self.first_day, self.last_day)


@dataclass(frozen=True)
class Row:
    """One line of a breakdown, in visits."""

    label: str
    visits: int
    previous: int
    last_year: int
    percent: int  # of the visits of the period, half-up; 0 in an empty one

    @property
    def compared(self) -> Compared:
        return Compared(self.visits, self.previous, self.last_year)


@dataclass(frozen=True)
class Day:
    day: date
    visits: int
    people: int
    is_working_day: bool
    closed_name: str  # why the office was closed, when a closed day says so


@dataclass(frozen=True)
class Weekday:
    weekday: int  # 1 is Monday
    visits: tuple[int, ...]  # one for each of MonthlyReport.hours

    @property
    def total(self) -> int:
        return sum(self.visits)


@dataclass(frozen=True)
class Month:
    """One calendar month of a longer period, as far as it is counted."""

    period: Period
    visits: int
    people: int


@dataclass(frozen=True)
class MonthlyReport:
    """Serves every period, not only months."""

    schema: int  # SCHEMA when it was made, one of READABLE
    office: str  # name
    office_slug: str
    time_zone: str  # IANA name of the office's zone
    period: Period
    is_partial: bool  # the period was not over: `now` ends on the day the report was made
    now: Figures
    previous: Figures  # of the previous period; of as many first days where is_partial
    last_year: Figures  # of the same period last year; likewise
    days: tuple[Day, ...]  # every day of `now`
    hours: tuple[int, ...]  # without a gap; from the service hours, and every hour with visits
    weekdays: tuple[Weekday, ...]  # those with service hours or visits, Monday first
    # Breakdowns: the most visits first. A row stands where any of the three periods has visits; columns sum to them.
    purposes: tuple[Row, ...]
    kinds: tuple[Row, ...]
    districts: tuple[Row, ...]  # none given: "Tidak diisi"
    divisions: tuple[Row, ...]  # none met, or a person named in free text: "Tanpa divisi"
    points: tuple[Row, ...]  # no check-in point: "Dicatat petugas"; points of the same name are one place
    # The ten with the most visits of the period, without those of confidential purposes; they don't sum to the visits.
    organizations: tuple[Row, ...]
    survey: Survey | None  # None: made before the survey was in reports
    survey_answers: tuple[Sheet, ...]  # one for each of survey.now.n
    feedback: Feedback | None  # None: made before feedback was in reports

    def compared(self, name: str) -> Compared:
        """A figure of Figures by name, beside the earlier ones."""
        return Compared(*(getattr(figures, name) for figures in (self.now, self.previous, self.last_year)))

    @property
    def closed_days(self) -> tuple[Day, ...]:
        """Closed days with a name, weekends included."""
        return tuple(day for day in self.days if day.closed_name)

    @property
    def hour_totals(self) -> tuple[int, ...]:
        """One for each of `hours`."""
        return tuple(sum(column) for column in zip(*(row.visits for row in self.weekdays), strict=True))

    @cached_property
    def months(self) -> tuple[Month, ...]:
        return tuple(self._month(month) for month in self.period.months if month.has_begun(self.now.last_day))

    def _month(self, month: Period) -> Month:
        days = [day for day in self.days if day.day in month.whole]
        return Month(month, sum(day.visits for day in days), sum(day.people for day in days))

    def to_json(self) -> str:
        """Lossless, and always the same text for the same report: its checksum can be stored beside it."""
        data = {**asdict(self), "period": str(self.period)}
        return json.dumps(data, default=str, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "MonthlyReport":
        """ValueError where the text was made by a schema that isn't READABLE."""
        data = json.loads(text)
        if data["schema"] not in READABLE:
            raise ValueError(f"schema {data['schema']}, not one of {READABLE}")
        read = {
            "period": Period.parse(data["period"]),
            "hours": tuple(data["hours"]),
            "days": tuple(Day(**{**day, "day": date.fromisoformat(day["day"])}) for day in data["days"]),
            "weekdays": tuple(Weekday(row["weekday"], tuple(row["visits"])) for row in data["weekdays"]),
            **{name: _read_figures(data[name]) for name in ("now", "previous", "last_year")},
            **{name: tuple(Row(**row) for row in data[name]) for name in BREAKDOWNS},
            **_read_opinions(data),
        }
        return cls(**{**data, **read})


BREAKDOWNS = ["purposes", "kinds", "districts", "divisions", "points", "organizations"]


def _read_figures(data: dict) -> Figures:
    average, day, hour = data["per_working_day"], data["busiest_day"], data["busiest_hour"]
    read = {
        "first_day": date.fromisoformat(data["first_day"]),
        "last_day": date.fromisoformat(data["last_day"]),
        "per_working_day": None if average is None else Decimal(average),
        "busiest_day": day and DayCount(date.fromisoformat(day["day"]), day["visits"]),
        "busiest_hour": hour and HourCount(**hour),
    }
    return Figures(**{**data, **read})


def _read_opinions(data: dict) -> dict:
    survey, feedback = data.get("survey"), data.get("feedback")
    return {
        "survey": survey and Survey.from_data(survey),
        "survey_answers": tuple(Sheet(row["purpose"], tuple(row["answers"])) for row in data.get("survey_answers", [])),
        "feedback": feedback and Feedback.from_data(feedback),
    }


def build(office, period: Period, *, today: date | None = None) -> MonthlyReport:
    """`today` is the office's day; ValueError where the period has not begun by then. Always as many statements."""
    today = today or office.today()
    spans = compared_spans(period, today)
    with queries.one_moment():
        measured = _measure(office, spans)
        calendar = _calendar(office, measured.values(), today)
        names = queries.names(office)
    columns = [measured[span] for span in spans]
    now, previous, last_year = (_figures(column, calendar) for column in columns)
    hours = _hours(columns[0], calendar)
    return MonthlyReport(
        schema=SCHEMA,
        office=office.name,
        office_slug=office.slug,
        time_zone=office.time_zone,
        period=period,
        is_partial=not period.is_over(today),
        now=now,
        previous=previous,
        last_year=last_year,
        days=_days(columns[0], calendar),
        hours=hours,
        weekdays=_weekdays(columns[0], calendar, hours),
        purposes=_named_rows(columns, "purpose", names),
        kinds=_kind_rows(columns),
        districts=_named_rows(columns, "district", names),
        divisions=_named_rows(columns, "division", names),
        points=_named_rows(columns, "point", names),
        organizations=_organization_rows(columns),
        **_opinions(columns, calendar, names, today),
    )


def compared_spans(period: Period, today: date) -> list[Span]:
    """What is counted of the period, of the previous one and of the same one last year."""
    now, earlier = period.cut_at(today), [period.previous, period.same_period_last_year]
    if period.is_over(today):
        return [now, *(each.whole for each in earlier)]
    return [now, *(each.first_days(now.days) for each in earlier)]


def _measure(office, spans: list[Span]) -> dict[Span, Measured]:
    """Of a year, the previous one is also last year's: measured once."""
    spans = list(dict.fromkeys(spans))
    sheets, threads = queries.sheets(office, spans), queries.threads(office, spans)
    return {
        span: Measured(
            span,
            sheets=sheets[span],
            threads=[Threads(*row) for row in threads[span]],
            **queries.measure(office.visits.during(*span.bounds(office.zone)), office.zone),
        )
        for span in spans
    }


def _calendar(office, measured: Collection[Measured], today: date) -> Calendar:
    """Of the days that are counted, and of those until the last reply."""
    first = min(column.span.first_day for column in measured)
    last = max(today, *(column.last_reply for column in measured))
    return Calendar(queries.service_hours(office), queries.closed_days(office, first, last))


def _figures(measured: Measured, calendar: Calendar) -> Figures:
    days = list(measured.span.each_day())
    working_days = sum(map(calendar.is_working_day, days))
    outcomes, visitors = dict(measured.outcomes), dict(measured.visitors)
    stay, with_phone = outcomes.pop("stay"), visitors.pop("with_phone")
    return Figures(
        first_day=measured.span.first_day,
        last_day=measured.span.last_day,
        visits=measured.visits,
        people=measured.people,
        working_days=working_days,
        closed_days=sum(map(calendar.is_service_day, days)) - working_days,
        per_working_day=ratio(measured.visits, working_days, places=1),
        minutes=None if stay is None else int(ratio(stay // MICROSECOND, MINUTE // MICROSECOND)),
        without_phone=measured.visits - with_phone,
        excluded=measured.excluded,
        busiest_day=_busiest(DayCount, measured.by_day),
        busiest_hour=_busiest(HourCount, measured.by_hour),
        **outcomes,
        **visitors,
    )


def _busiest(count_of: type, counter: Counter):
    return count_of(*ranked(counter)[0]) if counter else None


def _days(measured: Measured, calendar: Calendar) -> tuple[Day, ...]:
    return tuple(
        Day(
            day=day,
            visits=measured.by_day[day],
            people=measured.people_by_day[day],
            is_working_day=calendar.is_working_day(day),
            closed_name=calendar.closed.get(day, ""),
        )
        for day in measured.span.each_day()
    )


def _hours(measured: Measured, calendar: Calendar) -> tuple[int, ...]:
    hours = calendar.hours() | set(measured.by_hour)
    return tuple(range(min(hours), max(hours) + 1)) if hours else ()


def _weekdays(measured: Measured, calendar: Calendar, hours: tuple[int, ...]) -> tuple[Weekday, ...]:
    visited = {weekday for weekday, _hour in measured.by_weekday_and_hour}
    return tuple(
        Weekday(weekday, tuple(measured.by_weekday_and_hour[weekday, hour] for hour in hours))
        for weekday in sorted(visited | set(calendar.week))
    )


def _named_rows(columns: list[Measured], dimension: str, names: dict[tuple[str, int], str]) -> tuple[Row, ...]:
    def label(pk: int) -> str:
        return names.get((dimension, pk), MISSING[dimension])

    return _rows([column.by_label(dimension, label) for column in columns], columns[0].visits)


def _kind_rows(columns: list[Measured]) -> tuple[Row, ...]:
    with translation.override("id"):
        labels = {kind.value: str(kind.label) for kind in models.Visit.VisitorKind}
    return _rows([column.by_label("kind", labels.__getitem__) for column in columns], columns[0].visits)


def _organization_rows(columns: list[Measured]) -> tuple[Row, ...]:
    now = columns[0]
    top = [key for key, _visits in ranked(now.by_organization)[:TOP_ORGANIZATIONS]]
    counts = [{now.spellings[key]: column.by_organization[key] for key in top} for column in columns]
    return _rows(counts, now.visits)


def _rows(columns: list[dict[str, int]], visits: int) -> tuple[Row, ...]:
    """The most visits first, then the most earlier ones."""
    counts = {label: tuple(column.get(label, 0) for column in columns) for column in columns for label in column}
    rows = [Row(label, *count, percent(count[0], visits) or 0) for label, count in counts.items()]
    return tuple(sorted(rows, key=lambda row: (-row.visits, -row.previous, -row.last_year, row.label.casefold())))


def _opinions(columns: list[Measured], calendar: Calendar, names: dict[tuple[str, int], str], today: date) -> dict:
    def name_of(purpose: int) -> str:
        return names.get(("purpose", purpose), UNNAMED)

    with translation.override("id"):
        categories = {category.value: str(category.label) for category in models.Feedback.Category}
    tallies, threads = [column.sheets for column in columns], [column.threads for column in columns]
    return {
        "survey": survey_of(tallies, columns[0].visits, name_of),
        "survey_answers": sheets_of(tallies[0], name_of),
        "feedback": feedback_of(threads, categories, today, calendar.working_days_between),
    }
