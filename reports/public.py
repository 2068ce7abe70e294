"""What everybody may read of an office's locked monthly reports. Pure.

No figure below FEWEST stands here, and none can be had by subtraction: purposes with fewer visits are shown together as
OTHERS, with the smallest of the rest where they would still be too few.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reports.monthly import MonthlyReport, Row
from reports.small_cells import FEWEST, OTHERS, hidden
from reports.table import Value

HEADER = ["Bulan", "Rincian", "Nilai"]


@dataclass(frozen=True)
class PurposeCount:
    label: str
    visits: int  # FEWEST or more
    width: str  # percent of the widest bar


@dataclass(frozen=True)
class PublicMonth:
    """One locked month. None stands for a figure below FEWEST, and for one that was not taken then."""

    first_day: date
    visits: int | None
    width: str  # percent of the widest bar of all months; "0" where the figure is not told
    purposes: tuple[PurposeCount, ...]  # the most visits first; none where the visits are not told
    respondents: int | None
    index: Decimal | None  # two decimals
    grade: str  # "A" to "D", empty without an index
    grade_words: str
    received: int | None  # suggestions, questions, complaints, praise
    answered: int | None  # of these


def public_months(reports: Iterable[MonthlyReport]) -> list[PublicMonth]:
    """In the order of the reports."""
    reports = list(reports)
    widest = max((report.now.visits for report in reports), default=0)
    return [_month(report, widest) for report in reports]


def _month(report: MonthlyReport, widest: int) -> PublicMonth:
    visits = _told(report.now.visits)
    survey = report.survey if report.survey and report.survey.now.n >= FEWEST else None
    feedback = report.feedback.now if report.feedback else None
    return PublicMonth(
        first_day=report.period.first_day,
        visits=visits,
        width=_share(visits or 0, widest),
        purposes=_purposes(report.purposes) if visits else (),
        respondents=survey.now.n if survey else None,
        index=survey.now.index if survey else None,
        grade=survey.now.grade if survey else "",
        grade_words=survey.grade_words if survey else "",
        received=_told(feedback.received) if feedback else None,
        answered=_answered(feedback.received, feedback.answered) if feedback else None,
    )


def _told(figure: int) -> int | None:
    return figure if figure >= FEWEST else None


def _answered(received: int, answered: int) -> int | None:
    """All of them tells nothing that the number received does not; otherwise both parts have to be large enough."""
    if received < FEWEST:
        return None
    return answered if answered == received else _told(answered) if received - answered >= FEWEST else None


def _purposes(rows: Iterable[Row]) -> tuple[PurposeCount, ...]:
    counts = {row.label: row.visits for row in rows if row.visits}
    few = hidden(counts)
    shown = [(label, visits) for label, visits in counts.items() if label not in few]
    if few:
        shown.append((OTHERS, sum(counts[label] for label in few)))
    shown.sort(key=lambda row: (row[0] == OTHERS, -row[1], row[0].casefold()))
    widest = max(visits for _label, visits in shown)
    return tuple(PurposeCount(label, visits, _share(visits, widest)) for label, visits in shown)


def _share(part: int, whole: int) -> str:
    """Percent, as a string: a template would print it with a decimal comma, which SVG drops."""
    return f"{100 * part / whole:.1f}" if whole else "0"


def rows_of(months: Iterable[PublicMonth]) -> list[tuple[date, str, Value]]:
    """Month, what, figure: all that the page tells, for the CSV file. What is not told is absent."""
    return [(month.first_day, what, value) for month in months for what, value in _rows(month) if value is not None]


def _rows(month: PublicMonth) -> list[tuple[str, Value]]:
    return [
        ("Kunjungan", month.visits),
        *((f"Kunjungan: {purpose.label}", purpose.visits) for purpose in month.purposes),
        ("Responden survei kepuasan", month.respondents),
        ("Indeks kepuasan masyarakat", month.index),
        ("Mutu pelayanan", month.grade or None),
        ("Saran diterima", month.received),
        ("Saran dibalas", month.answered),
    ]
