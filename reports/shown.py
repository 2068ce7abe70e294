"""A report as it is read: texts, shares and shades, ready to print, on the page and on paper alike. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reports.charts import Column
from reports.compared import Compared
from reports.monthly import MonthlyReport
from reports.narrative import change_text, last_year_name, narrative, notes, previous_name
from reports.numbers import Number, percent, written
from reports.period import MONTHS, WEEKDAYS, Kind
from reports.table import SUMMARY, feedback_compared, survey_compared

UNKNOWN = "–"  # a figure that can't be told
DARKEST = 5  # shades of the heat map: 0 for nothing, 1 to 5
WIDE = 10  # hours
SHOWN_ROWS = 10  # of a long ranking; the others are summed up
SHOWN_CLOSED_DAYS = 3  # beside the chart; all of them stand in the notes
DAY_TICKS = {1, 5, 10, 15, 20, 25, 30}
UNITS = {"minutes": "menit"}
# (field of Figures, label, is its change told in percent?).
CARDS = [
    ("visits", "Kunjungan", True),
    ("people", "Tamu (orang)", True),
    ("per_working_day", "Rata-rata per hari kerja", False),
    ("minutes", "Rata-rata lama kunjungan", False),
    ("visitors", "Tamu berbeda", True),
]
# (field of MonthlyReport, title, what a row is, what the rows are that a long ranking sums up).
RANKINGS = [
    ("purposes", "Keperluan", "Layanan yang dituju", None),
    ("kinds", "Asal tamu", "Datang sebagai", None),
    ("districts", "Kecamatan asal", "Kecamatan", "kecamatan"),
    ("organizations", "Instansi terbanyak", "Instansi", None),
    ("divisions", "Divisi yang dituju", "Divisi", "divisi"),
    ("points", "Titik check-in", "Titik", "titik"),
]


@dataclass(frozen=True)
class Change:
    direction: str  # "up", "down" or ""
    text: str  # "naik 31% dari Mei (180)"


@dataclass(frozen=True)
class Card:
    label: str
    value: str
    unit: str
    changes: tuple[Change, ...]  # since the previous period, since last year


@dataclass(frozen=True)
class Bar:
    label: str
    number: str
    percent: str  # "34"
    share: float  # of the longest bar, 0 to 1

    @property
    def width(self) -> str:
        """For SVG, which reads no decimal comma."""
        return f"{self.share * 100:.2f}%"


@dataclass(frozen=True)
class Ranking:
    name: str  # field of MonthlyReport
    title: str
    column: str  # what a row is
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class HeatRow:
    name: str  # weekday
    cells: tuple[tuple[str, int], ...]  # (number, shade)
    total: str


@dataclass(frozen=True)
class HeatMap:
    hours: tuple[str, ...]  # "09"
    rows: tuple[HeatRow, ...]
    totals: tuple[str, ...]  # one for each hour
    total: str
    is_wide: bool  # too many hours for half a page


@dataclass(frozen=True)
class FigureRow:
    label: str
    now: str
    previous: str
    last_year: str


@dataclass(frozen=True)
class Shown:
    title: str  # "Laporan kunjungan Juni 2026"
    period: str  # "Juni 2026"
    office: str
    compared_with: str  # "Mei 2026 dan Juni 2025"
    previous_name: str  # "Mei"
    last_year_name: str  # "Juni 2025"
    is_by_month: bool  # the chart's bars are months
    lead: str
    facts: str
    cards: tuple[Card, ...]
    columns: tuple[Column, ...]  # the chart: days of a month, or months of a longer period
    closed_hint: str  # beside the chart; empty without closed days
    closed_days: tuple[str, ...]  # "1 Juni: Hari Lahir Pancasila"
    heat_map: HeatMap | None  # None where the office has no hours and no visits
    rankings: dict[str, Ranking]  # by field of MonthlyReport, without the empty ones
    figures: tuple[FigureRow, ...]
    notes: tuple[str, ...]


def shown(report: MonthlyReport) -> Shown:
    lead, *facts = narrative(report)
    rankings = [_ranking(report, *ranking) for ranking in RANKINGS]
    closed_days = tuple(f"{day.day.day} {MONTHS[day.day.month - 1]}: {day.closed_name}" for day in report.closed_days)
    return Shown(
        title=f"Laporan kunjungan {report.period.named()}",
        period=report.period.label,
        office=report.office,
        compared_with=_compared_with(report),
        previous_name=previous_name(report),
        last_year_name=last_year_name(report),
        is_by_month=report.period.kind != Kind.MONTH,
        lead=lead,
        facts=" ".join(facts),
        cards=_cards(report),
        columns=tuple(_day_columns(report) if report.period.kind == Kind.MONTH else _month_columns(report)),
        closed_hint=_closed_hint(closed_days),
        closed_days=closed_days,
        heat_map=_heat_map(report) if report.hours else None,
        rankings={ranking.name: ranking for ranking in rankings if ranking.bars},
        figures=tuple(_figure_row(label, compared) for label, compared in _figures(report)),
        notes=tuple(notes(report)),
    )


def _compared_with(report: MonthlyReport) -> str:
    earlier = [(report.period.previous, report.previous), (report.period.same_period_last_year, report.last_year)]
    names = [figures.span.named() if report.is_partial else period.named() for period, figures in earlier]
    return " dan ".join(dict.fromkeys(names))


# The figures.


def _cards(report: MonthlyReport) -> tuple[Card, ...]:
    """Five. The index takes the place of the last where there is one."""
    cards = [_card(report, *card) for card in CARDS]
    if report.survey and report.survey.now.n:
        index = report.survey.index
        cards[-1] = Card("Indeks kepuasan", written(index.value), "", changes(report, index))
    return tuple(cards)


def _card(report: MonthlyReport, name: str, label: str, in_percent: bool) -> Card:
    compared, unit = report.compared(name), UNITS.get(name, "")
    return Card(label, _number(compared.value), unit, changes(report, compared, unit, in_percent=in_percent))


def changes(
    report: MonthlyReport, compared: Compared, unit: str = "", *, in_percent: bool = False
) -> tuple[Change, ...]:
    """Since the previous period, and since last year where it can be told. Of a year, both are one: told once."""
    bases = {previous_name(report): compared.previous}
    if report.last_year.visits and compared.last_year is not None:
        bases |= {last_year_name(report): compared.last_year}
    return tuple(
        _change(Compared(compared.value, base, None), than, unit, in_percent=in_percent) for than, base in bases.items()
    )


def _change(compared: Compared, than: str, unit: str, *, in_percent: bool) -> Change:
    change, text = compared.since_previous, change_text(compared, than, unit=unit, in_percent=in_percent)
    if change is None or change.base == 0 or change.difference == 0:
        return Change("", text)
    return Change("up" if change.difference > 0 else "down", text)


def _figures(report: MonthlyReport) -> list[tuple[str, Compared]]:
    return [
        *((label, report.compared(name)) for name, label in SUMMARY),
        *(survey_compared(report.survey) if report.survey else []),
        *(feedback_compared(report.feedback) if report.feedback else []),
    ]


def _figure_row(label: str, compared: Compared) -> FigureRow:
    return FigureRow(label, *map(_number, (compared.value, compared.previous, compared.last_year)))


def _number(value: Number | None) -> str:
    return UNKNOWN if value is None else written(value)


# The chart. Days and months still to come keep their places.


def _day_columns(report: MonthlyReport) -> list[Column]:
    counts = {day.day: day.visits for day in report.days}

    def name(day):
        return f"{WEEKDAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"

    return [
        _column(name(day), str(day.day), counts.get(day, 0), is_ticked=day.day in DAY_TICKS)
        for day in report.period.whole.each_day()
    ]


def _month_columns(report: MonthlyReport) -> list[Column]:
    counts = {month.period: month.visits for month in report.months}
    return [_column(month.label, month.name[:3], counts.get(month, 0)) for month in report.period.months]


def _column(name: str, label: str, count: int, *, is_ticked: bool = True) -> Column:
    return Column(name, label, is_ticked, count, written(count))


def _closed_hint(closed_days: Sequence[str]) -> str:
    if len(closed_days) > SHOWN_CLOSED_DAYS:
        return f"{len(closed_days)} hari libur"
    return f"Libur: {'; '.join(closed_days)}" if closed_days else ""


# The hours.


def _heat_map(report: MonthlyReport) -> HeatMap:
    most = max(count for row in report.weekdays for count in row.visits)
    return HeatMap(
        hours=tuple(f"{hour:02d}" for hour in report.hours),
        rows=tuple(
            HeatRow(
                name=WEEKDAYS[row.weekday - 1],
                cells=tuple((written(count), shade(count, most)) for count in row.visits),
                total=written(row.total),
            )
            for row in report.weekdays
        ),
        totals=tuple(map(written, report.hour_totals)),
        total=written(report.now.visits),
        is_wide=len(report.hours) > WIDE,
    )


def shade(count: int, most: int) -> int:
    """0 for nothing, else 1 to DARKEST in equal steps up to `most`."""
    return -(-count * DARKEST // most) if count else 0


# The rankings.


def _ranking(report: MonthlyReport, name: str, title: str, column: str, others: str | None) -> Ranking:
    rows = [(row.label, row.visits) for row in getattr(report, name) if row.visits]
    if others and len(rows) > SHOWN_ROWS + 1:
        rows = _summed_up(rows, lambda count: f"{count} {others} lainnya")
    longest = max((visits for _label, visits in rows), default=0)
    return Ranking(name, title, column, tuple(_bar(*row, longest, report.now.visits) for row in rows))


def _summed_up(rows: list[tuple[str, int]], name: Callable[[int], str]) -> list[tuple[str, int]]:
    rest = rows[SHOWN_ROWS:]
    return [*rows[:SHOWN_ROWS], (name(len(rest)), sum(visits for _label, visits in rest))]


def _bar(label: str, visits: int, longest: int, total: int) -> Bar:
    return Bar(label, written(visits), str(percent(visits, total)), visits / longest)
