"""Which report counts for a period: the archived one, or else the rows as they are now."""

import logging
from dataclasses import dataclass
from datetime import date

from reports import queries
from reports.letterhead import Letterhead
from reports.models import ArchivedReport
from reports.monthly import MonthlyReport, build
from reports.period import Kind, Period, Span
from visits.models import Visit

logger = logging.getLogger(__name__)


class DamagedArchiveError(Exception):
    """What is stored is not what was stored then."""


@dataclass(frozen=True)
class Issue:
    """A report with all that stands around it."""

    report: MonthlyReport
    letterhead: Letterhead
    archived: ArchivedReport | None  # None: live

    @property
    def is_locked(self) -> bool:
        return bool(self.archived and self.archived.is_locked)


def issue_of(office, period: Period) -> Issue:
    """Raises DamagedArchiveError; ValueError where the period has not begun."""
    archived = current(office, period)
    if archived is None:
        return Issue(build(office, period), Letterhead.of(office), None)
    report, letterhead = read(archived)
    return Issue(report, letterhead if archived.is_locked else Letterhead.of(office), archived)


def current(office, period: Period) -> ArchivedReport | None:
    reports = ArchivedReport.objects.current().select_related("stored_by")
    return reports.filter(office=office, period=str(period)).first()


def read(archived: ArchivedReport) -> tuple[MonthlyReport, Letterhead]:
    """What was stored, verified. Raises DamagedArchiveError."""
    if not archived.is_intact:
        logger.error("archived report %s does not match its checksum", archived.pk)
        raise DamagedArchiveError(archived)
    return MonthlyReport.from_json(archived.figures), Letterhead.from_json(archived.letterhead)


@dataclass(frozen=True)
class Ended:
    """A locked report that was opened again."""

    number: str
    locked: str  # "2 Juli 2026, dewi"
    unlocked: str
    reason: str


def history(office, period: Period) -> list[Ended]:
    ended = ArchivedReport.objects.filter(office=office, period=str(period), ended_at__isnull=False).exclude(number="")

    def when(moment, user):
        day = office.local(moment).date()
        return f"{Span(day, day).named()}, {user}"

    return [
        Ended(row.number, when(row.stored_at, row.stored_by), when(row.ended_at, row.ended_by), row.ended_reason)
        for row in ended.select_related("stored_by", "ended_by").order_by("-pk")
    ]


# What there is to open.


@dataclass(frozen=True)
class Entry:
    period: Period
    state: str  # "disahkan", "tersimpan", "belum selesai" or ""


@dataclass(frozen=True)
class Year:
    year: int
    groups: tuple[tuple[str, tuple[Entry, ...]], ...]  # months, quarters, semesters, the year


GROUPS = {Kind.MONTH: "Bulan", Kind.QUARTER: "Triwulan", Kind.SEMESTER: "Semester", Kind.YEAR: "Tahun"}


def years(office) -> list[Year]:
    """Every period from the first visit to today, the newest year first; the current year always."""
    today = office.today()
    first = queries.first_day(Visit.objects.filter(office=office)) or today
    numbers = dict(ArchivedReport.objects.current().filter(office=office).values_list("period", "number"))

    def entries(year: int, kind: Kind) -> tuple[Entry, ...]:
        periods = [Period(kind, year, number) for number in range(1, kind.value + 1)]
        return tuple(
            Entry(period, _state(period, today, numbers))
            for period in periods
            if period.has_begun(today) and period.last_day >= first
        )

    return [
        Year(year, tuple((title, entries(year, kind)) for kind, title in GROUPS.items()))
        for year in range(today.year, first.year - 1, -1)
    ]


def _state(period: Period, today: date, numbers: dict[str, str]) -> str:
    if str(period) in numbers:
        return "disahkan" if numbers[str(period)] else "tersimpan"
    return "" if period.is_over(today) else "belum selesai"
