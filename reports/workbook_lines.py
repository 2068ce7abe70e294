"""Figures of a report as lines of a sheet: one a line, with the earlier ones and the changes beside it."""

from collections.abc import Callable

from reports import workbook_style as style
from reports.compared import Change, Compared
from reports.monthly import Figures, MonthlyReport
from reports.period import Period
from reports.workbook_style import Column, Value

HEADER_ROW = 4  # of every sheet but Ringkasan
CHART_ROW = HEADER_ROW + 1  # below what is repeated on every page

Line = tuple[str, Value, Value, Change | None, Value, Change | None]


def columns_of_lines(report: MonthlyReport) -> list[Column]:
    def change(place: int, name: str) -> Callable[[Line], Value]:
        return lambda line: line[place] and getattr(line[place], name)

    before, last_year = report.period.previous, report.period.same_period_last_year
    return [
        Column("Ukuran", lambda line: line[0], width=36, at_left=True),
        Column(column_name(report, report.period, report.now), lambda line: line[1], width=13),
        Column(column_name(report, before, report.previous), lambda line: line[2], width=13),
        Column("Selisih", change(3, "difference"), width=9),
        Column("Perubahan", change(3, "percent"), width=11, number_format=style.SIGNED_PERCENT),
        Column(column_name(report, last_year, report.last_year), lambda line: line[4], width=13),
        Column("Selisih", change(5, "difference"), width=9),
        Column("Perubahan", change(5, "percent"), width=11, number_format=style.SIGNED_PERCENT),
    ]


def column_name(report: MonthlyReport, period: Period, figures: Figures) -> str:
    return figures.span.named() if report.is_partial else period.label


def compared_line(label: str, compared: Compared) -> Line:
    return (
        label,
        compared.value,
        compared.previous,
        compared.since_previous,
        compared.last_year,
        compared.since_last_year,
    )


def plain_line(label: str, now: Value, previous: Value = None, last_year: Value = None) -> Line:
    return label, now, previous, None, last_year, None
