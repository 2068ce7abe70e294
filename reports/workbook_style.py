"""How sheets of a workbook look, on screen and on A4: headings, tables, charts. Knows nothing of reports."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from math import ceil
from typing import Any

from openpyxl.chart import BarChart, Reference, Series
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from visits.safe_csv import FORMULA_STARTS

Value = int | Decimal | date | time | str | None

# Excel writes thousands and decimals as its user's country does: 1.234,5 in Indonesia.
NUMBER, PERCENT = "#,##0", '0"%"'
SIGNED_PERCENT = '+0"%";-0"%";0"%"'
# [$-421]: month and weekday names in Indonesian, whatever language Excel itself speaks.
DATE, LONG_DATE, MONTH = "[$-421]d mmm yyyy", "[$-421]dddd, d mmmm yyyy", "[$-421]mmmm yyyy"
CLOCK = r"hh\.mm"

INK, MUTED, ACCENT, RULE, HEADER, GRID = "221B1A", "5E5452", "7A1523", "867B76", "F2EEE9", "D9D2CB"
THIN, BOLD = Side(style="thin", color=RULE), Side(style="medium", color=INK)
A4 = 9
LINE = 15.0  # points, the height of a row of usual text
TALLEST = 60  # centimetres, of a chart
# What XML can't hold. Office and purpose names are staff's own words, without the constraint that visits have.
IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Column:
    header: str
    value: Callable[[Any], Value]  # of a row
    width: float = 12.0
    number_format: str = ""  # that of the value's own type, unless given
    at_left: bool = False  # and wrapped: what names the line, words


def font(size: int = 11, *, color: str = INK, **more) -> Font:
    """One family everywhere: a Font without a name is whatever the reader's program falls back to."""
    return Font(name="Calibri", size=size, color=color, **more)


def put(sheet: Worksheet, row: int, column: int, value: Value, number_format: str = "", **style):
    """One cell. Text stays text: neither this program nor a later hand in Excel makes a formula of it."""
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = text = IMPOSSIBLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
        cell.data_type = "s"
        cell.quotePrefix = text.lstrip().startswith(FORMULA_STARTS)
    else:
        cell.value = value
        cell.number_format = number_format or format_of(value)
    for name, setting in style.items():
        setattr(cell, name, setting)
    return cell


def format_of(value: Value) -> str:
    match value:
        case Decimal():
            decimals = "0" * -value.as_tuple().exponent  # as many as it carries
            return f"{NUMBER}.{decimals}".rstrip(".")
        case int():
            return NUMBER
        case date():
            return DATE
        case time():
            return CLOCK
    return "General"


HEADER_STYLE = {
    "font": font(bold=True),
    "fill": PatternFill("solid", fgColor=HEADER),
    "border": Border(bottom=THIN),
}
TOTAL_STYLE = {"font": font(bold=True), "border": Border(top=THIN)}


def heading(sheet: Worksheet, title: str, subtitle: str) -> None:
    """The first two rows of every sheet but the first."""
    put(sheet, 1, 1, title, font=font(14, bold=True))
    put(sheet, 2, 1, subtitle, font=font(color=MUTED))


def table(sheet: Worksheet, top: int, columns: list[Column], rows: Iterable) -> int:
    """A header in row `top`, then one line a row; the number of the last line."""
    for place, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = column.width
        put(sheet, top, place, column.header, alignment=_alignment(place, column, wraps=True), **HEADER_STYLE)
    sheet.row_dimensions[top].height = 2 * LINE + 2
    last = top
    for last, row in enumerate(rows, start=top + 1):
        line(sheet, last, columns, row)
    return last


def line(sheet: Worksheet, number: int, columns: list[Column], row: Any, **style) -> None:
    for place, column in enumerate(columns, start=1):
        alignment = _alignment(place, column, wraps=column.at_left)
        put(sheet, number, place, column.value(row), column.number_format, alignment=alignment, **style)


def _alignment(place: int, column: Column, *, wraps: bool) -> Alignment:
    """Words keep their distance from the figures on their left."""
    if not column.at_left:
        return Alignment(horizontal="right", vertical="center", wrap_text=wraps)
    return Alignment(horizontal="left", vertical="center", wrap_text=wraps, indent=1 if place > 1 else 0)


def paragraph(sheet: Worksheet, row: int, width: int, text: str, size: int, color: str = INK) -> None:
    """Text across the first `width` columns. Excel never fits the height of merged cells by itself."""
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=width)
    put(sheet, row, 1, text, font=font(size, color=color), alignment=Alignment(wrap_text=True, vertical="top"))
    letters = sum(sheet.column_dimensions[get_column_letter(place)].width for place in range(1, width + 1))
    lines = ceil(len(text) * size / 11 / letters)
    sheet.row_dimensions[row].height = lines * LINE * size / 11 + 3


def centred(sheet: Worksheet, row: int, width: int, text: str, face: Font) -> None:
    """In the middle of the first `width` columns, without merging them."""
    for place in range(1, width + 1):
        across = Alignment(horizontal="centerContinuous")
        put(sheet, row, place, text if place == 1 else None, alignment=across, font=face)
    sheet.row_dimensions[row].height = LINE * face.size / 11 + 2


def page(sheet: Worksheet, *, footer: str, landscape: bool = True, header_row: int | None = None) -> None:
    """A4, as wide as the page, its header on every page, numbered. `header_row` also stays on the screen."""
    sheet.page_setup.paperSize = A4
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    margins = sheet.page_margins
    margins.left = margins.right = margins.top = 0.6  # inches
    margins.bottom = 0.8
    # "&" begins a code there; Excel takes at most 255 characters.
    sheet.oddFooter.left.text = IMPOSSIBLE.sub("", footer)[:180].replace("&", "&&")
    sheet.oddFooter.right.text = "Halaman &P dari &N"
    sheet.sheet_view.showGridLines = False
    if header_row:
        sheet.freeze_panes = f"B{header_row + 1}"
        sheet.print_title_rows = f"1:{header_row}"


# Charts. They hold no figures of their own: they show cells of their sheet.


@dataclass(frozen=True)
class Plot:
    """A title, and where the labels and the figures stand."""

    title: str
    labels: Reference
    figures: Reference

    @classmethod
    def of_rows(cls, sheet: Worksheet, title: str, first: int, last: int) -> "Plot":
        """Labels in column A, figures in column B."""
        labels, figures = (Reference(sheet, min_col=column, min_row=first, max_row=last) for column in (1, 2))
        return cls(title, labels, figures)

    @classmethod
    def of_columns(cls, sheet: Worksheet, title: str, *, labels: int, figures: int, count: int) -> "Plot":
        """Two rows by their numbers, from column B on."""
        rows = (Reference(sheet, min_col=2, max_col=count + 1, min_row=row) for row in (labels, figures))
        return cls(title, *rows)


def column_chart(sheet: Worksheet, at: str, plot: Plot, *, width: float, label_format: str = "General") -> None:
    """Columns over days, months or hours."""
    chart = _bars(plot, width, 8.5)
    chart.type, chart.gapWidth = "col", 40
    chart.x_axis.number_format = label_format
    chart.y_axis.delete = False
    chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=GRID))
    chart.y_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    sheet.add_chart(chart, at)


def ranking_chart(
    sheet: Worksheet, at: str, plot: Plot, *, width: float, count: int, number_format: str = NUMBER
) -> None:
    """Bars with their figures instead of an axis, the first row on top."""
    chart = _bars(plot, width, min(2.2 + 0.72 * count, TALLEST))
    chart.type, chart.gapWidth = "bar", 35
    chart.x_axis.scaling.orientation = "maxMin"
    chart.y_axis.delete = True
    chart.y_axis.majorGridlines = None
    chart.dataLabels = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
    chart.dataLabels.numFmt = number_format
    sheet.add_chart(chart, at)


def _bars(plot: Plot, width: float, height: float) -> BarChart:
    """Sizes in centimetres."""
    chart = BarChart()
    chart.title, chart.legend = plot.title, None
    chart.title.overlay = False
    chart.width, chart.height = width, height
    series = Series(plot.figures)
    series.graphicalProperties = GraphicalProperties(solidFill=ACCENT)
    chart.series.append(series)
    chart.set_categories(plot.labels)
    chart.x_axis.delete = False
    chart.x_axis.majorTickMark = chart.y_axis.majorTickMark = "none"
    chart.y_axis.number_format, chart.y_axis.scaling.min = NUMBER, 0
    return chart
