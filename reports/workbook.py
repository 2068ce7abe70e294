"""A report as an Excel workbook: every figure of `reports.table` once, as a real number, date or time; no formulas."""

import io
from collections.abc import Callable, Iterator
from datetime import time
from operator import attrgetter

from openpyxl import Workbook
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.styles import Alignment, Border
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from reports import workbook_style as style
from reports.letterhead import Letterhead
from reports.monthly import Day, Month, MonthlyReport, Row, Weekday
from reports.narrative import narrative, notes
from reports.period import WEEKDAYS, Kind
from reports.table import BREAKDOWNS, SUMMARY, hour_name
from reports.workbook_lines import (
    CHART_ROW,
    HEADER_ROW,
    Line,
    column_name,
    columns_of_lines,
    compared_line,
    plain_line,
)
from reports.workbook_opinions import OPINIONS
from reports.workbook_style import (
    INK,
    MUTED,
    Column,
    Plot,
    centred,
    column_chart,
    font,
    line,
    paragraph,
    put,
    ranking_chart,
    table,
)

TITLE = "Laporan Kunjungan Tamu"
SUMMARY_COLUMNS = 8
# Excel allows 31 characters and no "/"; where a section's own name is shorter in leadership's words.
SHEET_NAMES = {"Asal tamu": "Asal", "Instansi terbanyak": "Instansi"}
HEAT = ("FFFFFF", "D98A92")  # black figures stay readable on both, and on grey paper


def xlsx(report: MonthlyReport, letterhead: Letterhead) -> bytes:
    workbook = Workbook()
    _describe(workbook, report, letterhead)
    _summary(workbook.active, report, letterhead)
    sheets: list[tuple[str, Callable]] = [("Per hari", _days), ("Hari dan jam", _hours)]
    if report.period.kind != Kind.MONTH:
        sheets.insert(0, ("Per bulan", _months))
    for title, fill in sheets:
        fill(_sheet(workbook, title, report), report)
    for name, section in BREAKDOWNS:
        _breakdown(_sheet(workbook, section, report), section, getattr(report, name), report)
    for title, fill in OPINIONS:
        fill(_sheet(workbook, title, report), report)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def _describe(workbook: Workbook, report: MonthlyReport, letterhead: Letterhead) -> None:
    """What the file's properties show."""
    properties = workbook.properties
    properties.title = f"{TITLE}, {report.period.label}"
    properties.subject = style.IMPOSSIBLE.sub("", report.office)
    properties.creator = style.IMPOSSIBLE.sub("", letterhead.unit or report.office)
    properties.description = "Dibuat oleh DILAKU. Tidak memuat nama, nomor HP, atau catatan tamu."
    properties.language = "id-ID"


def _sheet(workbook: Workbook, title: str, report: MonthlyReport) -> Worksheet:
    sheet = workbook.create_sheet(SHEET_NAMES.get(title, title))
    style.heading(sheet, title, f"{TITLE}, {_when(report)}. {report.office}")
    style.page(sheet, footer=_footer(report), header_row=HEADER_ROW)
    return sheet


def _footer(report: MonthlyReport) -> str:
    return f"Laporan kunjungan {report.period.named()}, {report.office}"


def _when(report: MonthlyReport) -> str:
    """ "Bulan Juni 2026", "Bulan Juli 2026 (1–14 Juli 2026)": the other periods' labels name their kind."""
    text = f"Bulan {report.period.label}" if report.period.kind == Kind.MONTH else report.period.label
    return f"{text} ({report.now.span.named()})" if report.is_partial else text


# Ringkasan.


def _summary(sheet: Worksheet, report: MonthlyReport, letterhead: Letterhead) -> None:
    sheet.title = "Ringkasan"
    style.page(sheet, footer=_footer(report), landscape=False)
    columns = columns_of_lines(report)
    for place, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    row = _head(sheet, report, letterhead)
    row = _sentences(sheet, row, narrative(report), size=11)
    row = table(sheet, row + 1, columns, _summary_lines(report))
    row = _facts(sheet, row + 2, report)
    row = _sentences(sheet, row + 1, notes(report), size=9, color=MUTED)
    _signature(sheet, row + 1, letterhead)


def _head(sheet: Worksheet, report: MonthlyReport, letterhead: Letterhead) -> int:
    """The letterhead over a rule, then what this is; the next free row."""
    small, usual = font(10, color=MUTED), font(12)
    lines = [
        (letterhead.institution.upper(), usual),
        (letterhead.unit.upper(), font(15, bold=True)),
        *((line, small) for line in letterhead.address.splitlines()),
    ]
    for row, (text, face) in enumerate(lines, start=1):
        centred(sheet, row, SUMMARY_COLUMNS, text, face)
    rule = len(lines) + 1
    for place in range(1, SUMMARY_COLUMNS + 1):
        sheet.cell(rule, place).border = Border(top=style.BOLD)
    titles = [
        (TITLE, font(14, bold=True)),
        (_when(report), usual),
        *((text, small) for text in [_number(letterhead), letterhead.locked_text] if text),
    ]
    for row, (text, face) in enumerate(titles, start=rule + 1):
        centred(sheet, row, SUMMARY_COLUMNS, text, face)
    return rule + len(titles) + 2


def _number(letterhead: Letterhead) -> str:
    return f"Nomor {letterhead.report_number}" if letterhead.report_number else ""


def _sentences(sheet: Worksheet, top: int, sentences: list[str], *, size: int, color: str = INK) -> int:
    for row, sentence in enumerate(sentences, start=top):
        paragraph(sheet, row, SUMMARY_COLUMNS, sentence, size, color)
    return top + len(sentences)


def _summary_lines(report: MonthlyReport) -> Iterator[Line]:
    three = [report.now, report.previous, report.last_year]
    yield plain_line("Hari pertama", *(figures.first_day for figures in three))
    yield plain_line("Hari terakhir", *(figures.last_day for figures in three))
    for name, label in SUMMARY:
        yield compared_line(label, report.compared(name))
    days, hours = [figures.busiest_day for figures in three], [figures.busiest_hour for figures in three]
    yield plain_line("Hari tersibuk", *(day and day.day for day in days))
    yield plain_line("Kunjungan pada hari tersibuk", *(day and day.visits for day in days))
    yield plain_line("Jam tersibuk", *(hour and time(hour.hour) for hour in hours))
    yield plain_line("Kunjungan pada jam tersibuk", *(hour and hour.visits for hour in hours))


def _facts(sheet: Worksheet, top: int, report: MonthlyReport) -> int:
    """What the report is of, in the words of the other files."""
    facts = [
        ("Kantor", report.office),
        ("Periode", str(report.period)),
        ("Sudah selesai", "belum" if report.is_partial else "ya"),
    ]
    for row, (name, value) in enumerate(facts, start=top):
        put(sheet, row, 1, name, font=font(color=MUTED))
        put(sheet, row, 2, value)
    return top + len(facts)


def _signature(sheet: Worksheet, row: int, letterhead: Letterhead) -> None:
    """At the right, with room to sign; nothing where the office has named nobody."""
    if not (letterhead.signatory_name or letterhead.signatory_title):
        return
    place = SUMMARY_COLUMNS - 3
    number = f"NIP {letterhead.signatory_number}" if letterhead.signatory_number else ""
    put(sheet, row, place, letterhead.signatory_title)
    put(sheet, row + 5, place, letterhead.signatory_name, font=font(bold=True, underline="single"))
    put(sheet, row + 6, place, number)


# When.


def _days(sheet: Worksheet, report: MonthlyReport) -> None:
    columns = [
        Column("Tanggal", attrgetter("day"), width=25, number_format=style.LONG_DATE, at_left=True),
        Column("Kunjungan", attrgetter("visits"), width=11),
        Column("Tamu (orang)", attrgetter("people"), width=9),
        Column("Hari kerja", lambda day: "ya" if day.is_working_day else "tidak", width=9, at_left=True),
        Column("Libur", attrgetter("closed_name"), width=24, at_left=True),
    ]
    last = _counted(sheet, columns, report.days)
    labels = "d" if report.period.kind == Kind.MONTH else "[$-421]d mmm"
    plot = Plot.of_rows(sheet, "Kunjungan per hari", HEADER_ROW + 1, last)
    column_chart(sheet, f"G{CHART_ROW}", plot, width=14, label_format=labels)


def _months(sheet: Worksheet, report: MonthlyReport) -> None:
    columns = [
        Column("Bulan", lambda month: month.period.first_day, width=25, number_format=style.MONTH, at_left=True),
        Column("Kunjungan", attrgetter("visits")),
        Column("Tamu (orang)", attrgetter("people")),
    ]
    last = _counted(sheet, columns, report.months)
    plot = Plot.of_rows(sheet, "Kunjungan per bulan", HEADER_ROW + 1, last)
    column_chart(sheet, f"E{CHART_ROW}", plot, width=14, label_format="[$-421]mmm")


def _counted(sheet: Worksheet, columns: list[Column], rows: tuple[Day, ...] | tuple[Month, ...]) -> int:
    """Lines with visits and people, below them their sums; the last line that is no sum."""
    last = table(sheet, HEADER_ROW, columns, rows)
    sums = ["Jumlah", sum(row.visits for row in rows), sum(row.people for row in rows)]
    for place, value in enumerate(sums, start=1):
        put(sheet, last + 1, place, value, **style.TOTAL_STYLE)
    return last


def _hours(sheet: Worksheet, report: MonthlyReport) -> None:
    """Weekdays down, hours across, their sums around; an office that is never open and had no visits has neither."""
    count = len(report.hours)
    columns = [
        Column("Hari", lambda row: WEEKDAYS[row.weekday - 1] if row.weekday else "Jumlah", width=14, at_left=True),
        *(Column(hour_name(hour), _visits_at(place), width=9) for place, hour in enumerate(report.hours)),
        Column("Jumlah", attrgetter("total"), width=10),
    ]
    last = table(sheet, HEADER_ROW, columns, report.weekdays)
    if not count:
        return
    line(sheet, last + 1, columns, Weekday(0, report.hour_totals), **style.TOTAL_STYLE)
    _heat(sheet, f"B{HEADER_ROW + 1}:{get_column_letter(count + 1)}{last}")
    plot = Plot.of_columns(sheet, "Kunjungan per jam", labels=HEADER_ROW, figures=last + 1, count=count)
    column_chart(sheet, f"A{last + 3}", plot, width=20)


def _visits_at(place: int) -> Callable[[Weekday], int]:
    return lambda row: row.visits[place]


def _heat(sheet: Worksheet, cells: str) -> None:
    scale = ColorScaleRule("num", 0, HEAT[0], end_type="max", end_color=HEAT[1])
    sheet.conditional_formatting.add(cells, scale)
    for row in sheet[cells]:
        sheet.row_dimensions[row[0].row].height = 24
        for cell in row:
            cell.alignment = Alignment(horizontal="center", vertical="center")


# What for, from where.


def _breakdown(sheet: Worksheet, section: str, rows: tuple[Row, ...], report: MonthlyReport) -> None:
    before, last_year = report.period.previous, report.period.same_period_last_year
    columns = [
        Column(section, attrgetter("label"), width=36, at_left=True),
        Column("Kunjungan", attrgetter("visits"), width=11),
        Column("Persen", attrgetter("percent"), width=9, number_format=style.PERCENT),
        Column(column_name(report, before, report.previous), attrgetter("previous"), width=12),
        Column(column_name(report, last_year, report.last_year), attrgetter("last_year"), width=12),
    ]
    last = table(sheet, HEADER_ROW, columns, rows)
    if rows:
        plot = Plot.of_rows(sheet, section, HEADER_ROW + 1, last)
        ranking_chart(sheet, f"G{CHART_ROW}", plot, width=13, count=len(rows))
    else:
        put(sheet, HEADER_ROW + 1, 1, "Tidak ada.", font=font(color=MUTED))
