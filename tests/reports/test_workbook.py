"""The Excel report, opened by another library than the one that wrote it, and by looking into the file itself."""

import io
import re
import time
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from reports.letterhead import Letterhead
from reports.monthly import build
from reports.period import WEEKDAYS, Period
from reports.table import BREAKDOWNS, tidy_rows
from reports.workbook import xlsx
from tests.conftest import local
from visits.models import CheckInPoint, ClosedDay

pytestmark = pytest.mark.django_db

TODAY = date(2026, 7, 10)
PERIODS = ["2026-06", "2026-07", "2026-T2", "2026-S1", "2026", "2024-02"]
FORMULAS = ["=1+1", "==1", "+1", "-1", "@SUM(1)", "＝1+1", "=cmd|'/c calc'!A0", '=HYPERLINK("http://x")', "#N/A", "'=1"]
CHARTS = {
    *{"Per hari", "Hari dan jam", "Keperluan", "Asal", "Kecamatan", "Divisi", "Titik check-in", "Instansi"},
    *{"SKM", "Saran"},
}
NAMESPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


@pytest.fixture
def letterhead(office):
    return replace(Letterhead.of(office, report_number="045/HM/2026"), signatory_name="Dra. Siti", address="Jalan 1")


@pytest.fixture
def busy(office, make_visit, make_survey, make_feedback):
    """Of June and July 2026, of May and of June 2025: visits of several kinds, survey answers, suggestions."""
    online = CheckInPoint.objects.create(office=office, name="Instagram", kind=CheckInPoint.Kind.ONLINE)
    ClosedDay.objects.create(office=office, day="2026-06-01", name="Hari Lahir Pancasila")
    purposes, districts = list(office.purposes.all()), list(office.districts.all())
    for number in range(60):
        month = ["2026-06", "2026-05", "2025-06", "2026-07"][number % 7 % 4]
        arrived_at = local(office, f"{month}-{number % 9 + 1:02d}", f"{8 + number % 8:02d}:15:00")
        make_visit(
            arrived_at=arrived_at,
            left_at=arrived_at.replace(minute=55) if number % 3 else None,
            ended_by="tamu" if number % 3 else "",
            phone=f"+62812345678{number % 20:02d}",
            visitor_kind="media",
            organization=f"Radio {number % 12}",
            purpose=purposes[number % len(purposes)],
            district=districts[number % len(districts)],
            point=online if number % 5 == 0 else office.points.first(),
            party_size=number % 4 + 1,
        )
        make_survey(4 - number % 3, day=f"{month}-05", purpose=purposes[number % 9 % 4], speed=number % 4 + 1)
        replied_at = arrived_at + timedelta(days=number % 6) if number % 4 else None
        waiting_since = None if replied_at else arrived_at
        category = ["saran", "pertanyaan", "pengaduan"][number % 3]
        make_feedback(
            created_at=arrived_at, first_replied_at=replied_at, waiting_since=waiting_since, category=category
        )


def read(content: bytes) -> dict[str, list[list]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def figures(sheets: dict[str, list[list]], report) -> list[tuple]:
    """The workbook told as `tidy_rows` tells a report: (section, key, value)."""
    return [
        *_summary(sheets["Ringkasan"]),
        *_days(sheets, report),
        *_hours(sheets["Hari dan jam"]),
        *_breakdowns(sheets),
        *_lines(sheets["SKM"], "Kepuasan", 2),
        *_scores(sheets["SKM"]),
        *_lines(sheets["Saran"], "Saran", 2),
        *_categories(sheets["Saran"]),
    ]


def _summary(rows):
    lines = {row[0]: row[1:] for row in rows if row[0]}
    for key in ["Kantor", "Periode", "Sudah selesai"]:
        yield "Laporan", key, lines[key][0]
    first_column = [row[0] for row in rows]
    start = first_column.index("Ukuran") + 1
    names = first_column[start : first_column.index("", start)]
    for column, when in [(0, ""), (1, ", periode sebelumnya"), (4, ", tahun lalu")]:
        for key in names[:2]:
            yield f"Laporan{when}", key, lines[key][column]
        for key in names[2:-4]:
            yield f"Ringkasan{when}", key, lines[key][column]
            if when:
                yield f"Selisih{when}", key, lines[key][column + 1]
                yield f"Perubahan (%){when}", key, lines[key][column + 2]
        if lines["Hari tersibuk"][column]:
            day, hour = lines["Hari tersibuk"][column], lines["Jam tersibuk"][column]
            yield f"Hari tersibuk{when}", day.isoformat(), lines["Kunjungan pada hari tersibuk"][column]
            yield f"Jam tersibuk{when}", f"{hour:%H.%M}", lines["Kunjungan pada jam tersibuk"][column]


def _days(sheets, report):
    for row in sheets["Per hari"][4:-1]:
        yield "Kunjungan per hari", row[0].isoformat(), row[1]
        yield "Tamu per hari", row[0].isoformat(), row[2]
        if row[4]:
            yield "Hari libur", row[0].isoformat(), row[4]
    for row in sheets.get("Per bulan", [])[4:-1]:
        yield "Kunjungan per bulan", f"{row[0]:%Y-%m}", row[1]
        yield "Tamu per bulan", f"{row[0]:%Y-%m}", row[2]


def _hours(rows):
    header = rows[3]
    for row in rows[4:]:
        cells = list(zip(header[1:], row[1:], strict=True))
        if row[0] == "Jumlah":
            yield from (("Jumlah per jam", hour, value) for hour, value in cells[:-1])
        elif row[0] in WEEKDAYS:
            yield from (("Hari dan jam", f"{row[0]} {hour}", value) for hour, value in cells[:-1])
            yield "Jumlah per hari dalam minggu", row[0], cells[-1][1]


def _breakdowns(sheets):
    for _name, section in BREAKDOWNS:
        for row in sheets[{"Asal tamu": "Asal", "Instansi terbanyak": "Instansi"}.get(section, section)][4:]:
            if row[1] != "":
                endings = ["", ", persen", ", periode sebelumnya", ", tahun lalu"]
                yield from (
                    (f"{section}{ending}", row[0], value) for ending, value in zip(endings, row[1:], strict=True)
                )


def _block(rows, header: str) -> list[list]:
    """The lines below this header, up to an empty one."""
    names = [row[0] for row in rows]
    if header not in names:
        return []
    start = names.index(header) + 1
    end = names.index("", start) if "" in names[start:] else len(names)
    return rows[start:end]


def _lines(rows, section, compared):
    block = _block(rows, "Ukuran")
    yield from ((section, row[0], row[1]) for row in block)
    for label, _now, previous, *change, last_year, difference, percent in (row[:8] for row in block[:compared]):
        yield f"{section}, periode sebelumnya", label, previous
        yield "Selisih, periode sebelumnya", label, change[0]
        yield "Perubahan (%), periode sebelumnya", label, change[1]
        yield f"{section}, tahun lalu", label, last_year
        yield "Selisih, tahun lalu", label, difference
        yield "Perubahan (%), tahun lalu", label, percent


def _scores(rows):
    for label, mean, total, place, *_rest in _block(rows, "Unsur"):
        yield "Unsur kepuasan, rata-rata", label, mean
        yield "Unsur kepuasan, jumlah", label, total
        if place:
            yield "Unsur kepuasan, terendah ke-", label, place
    for label, n, index, *_rest in _block(rows, "Layanan"):
        yield "Penilaian per keperluan", label, n
        yield "Indeks per keperluan", label, index


def _categories(rows):
    for label, received, answered, waiting, *_rest in _block(rows, "Jenis"):
        yield "Saran per jenis", label, received
        yield "Saran per jenis, dibalas", label, answered
        yield "Saran per jenis, menunggu", label, waiting


def comparable(rows) -> dict[tuple, object]:
    def plain(value):
        if isinstance(value, date):
            return value.isoformat()
        return float(value) if isinstance(value, int | float | Decimal) else value or None

    told = {(section, key): plain(value) for section, key, value in rows}
    assert len(told) == len(rows)
    return told


@pytest.mark.parametrize("slug", PERIODS)
def test_every_figure_of_the_report_is_in_the_workbook(office, letterhead, busy, slug):
    report = build(office, Period.parse(slug), today=TODAY)
    read_back = figures(read(xlsx(report, letterhead)), report)
    assert comparable(read_back) == comparable(tidy_rows(report))


@pytest.mark.parametrize("slug", ["2026-06", "2026-07", "2026"])
def test_an_empty_period_makes_a_workbook_too(office, letterhead, slug):
    report = build(office, Period.parse(slug), today=TODAY)
    sheets = read(xlsx(report, letterhead))
    assert comparable(figures(sheets, report)) == comparable(tidy_rows(report))
    assert sheets["Keperluan"][4][0] == "Tidak ada."


def test_an_office_that_is_never_open(office, letterhead):
    office.service_hours.all().delete()
    report = build(office, Period.parse("2026-06"), today=TODAY)
    assert read(xlsx(report, letterhead))["Hari dan jam"][3] == ["Hari", "Jumlah"]


def test_sheets_and_heading(office, letterhead, busy):
    month, year = (build(office, Period.parse(slug), today=TODAY) for slug in ["2026-06", "2026"])
    months = [
        "Ringkasan",
        "Per hari",
        "Hari dan jam",
        "Keperluan",
        "Asal",
        "Kecamatan",
        "Divisi",
        "Titik check-in",
        "Instansi",
        "SKM",
        "Jawaban SKM",
        "Saran",
    ]
    sheets = read(xlsx(month, letterhead))
    assert list(sheets) == months
    assert list(read(xlsx(year, letterhead))) == ["Ringkasan", "Per bulan", *months[1:]]
    heading = [row[0] for row in sheets["Ringkasan"][:7]]
    assert heading == [office.institution.upper(), office.unit.upper(), "Jalan 1", *heading[3:]]
    assert heading[3:] == ["", "Laporan Kunjungan Tamu", "Bulan Juni 2026", "Nomor 045/HM/2026"]


def test_numbers_dates_and_times_are_real(office, letterhead, busy):
    sheets = read(xlsx(build(office, Period.parse("2026-06"), today=TODAY), letterhead))
    first = sheets["Per hari"][4]
    assert [type(cell) for cell in first[:3]] == [date, float, float]
    assert first[0] == date(2026, 6, 1)
    assert first[4] == "Hari Lahir Pancasila"


def test_no_name_of_a_visitor_is_in_it(office, letterhead, make_visit):
    make_visit(
        arrived_at=local(office, "2026-06-03"),
        name="Merpati Tertutup",
        organization="Sarang Merpati",
        visitor_kind="media",
        note="Catatan merpati",
        purpose=office.purposes.get(is_confidential=True),
    )
    content = xlsx(build(office, Period.parse("2026-06"), today=TODAY), letterhead)
    assert not re.search(r"merpati|6281234567890", _everything(content), re.I)


def _everything(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return "\n".join(parts.read(name).decode() for name in parts.namelist())


def _parts(content: bytes, pattern: str) -> list[ElementTree.Element]:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return [ElementTree.fromstring(parts.read(name)) for name in parts.namelist() if re.fullmatch(pattern, name)]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula(office, letterhead, make_visit, text):
    point, purpose = office.points.first(), office.purposes.filter(is_confidential=False).first()
    district, division = office.districts.first(), office.divisions.first()
    for row in [office, point, purpose, district, division]:
        row.name = text
        row.save()
    ClosedDay.objects.create(office=office, day="2026-06-02", name=text)
    make_visit(
        arrived_at=local(office, "2026-06-03"),
        point=point,
        purpose=purpose,
        district=district,
        division=division,
        organization=text,
        visitor_kind="media",
    )
    head = replace(letterhead, institution=text, unit=text, address=text, signatory_name=text, report_number=text)
    content = xlsx(build(office, Period.parse("2026-06"), today=TODAY), head)
    assert [
        cell
        for sheet in _parts(content, r"xl/worksheets/sheet\d+\.xml")
        for cell in sheet.iterfind(".//m:f", NAMESPACE)
    ] == []
    sheets = read(content)
    found = [sheets[name][4][0] for name in ["Keperluan", "Kecamatan", "Divisi", "Titik check-in", "Instansi"]]
    assert found == [text] * 5
    assert sheets["Per hari"][5][4] == text


def test_an_impossible_character_breaks_nothing(office, letterhead, make_visit):
    """The database refuses these in names that visits refer to; an older archive may hold them all the same."""
    make_visit(arrived_at=local(office, "2026-06-03"))
    report = build(office, Period.parse("2026-06"), today=TODAY)
    row = replace(report.purposes[0], label="Konsul\x0btasi\ufffe & <b>")
    sheets = read(xlsx(replace(report, office="Kantor & \x1fLain", purposes=(row,)), letterhead))
    assert sheets["Keperluan"][4][0] == "Konsultasi & <b>"


def test_print_set_up(office, letterhead, busy):
    """A4, as wide as the page, numbered, headers frozen and repeated; a chart wherever there is something to draw."""
    content = xlsx(build(office, Period.parse("2026-06"), today=TODAY), letterhead)
    sheets = _parts(content, r"xl/worksheets/sheet\d+\.xml")
    for sheet in sheets:
        assert (
            sheet.find("m:pageSetup", NAMESPACE).attrib.items()
            >= {"paperSize": "9", "fitToWidth": "1", "fitToHeight": "0"}.items()
        )
        assert sheet.find("m:sheetPr/m:pageSetUpPr", NAMESPACE).get("fitToPage") == "1"
        assert sheet.find("m:headerFooter/m:oddFooter", NAMESPACE).text.endswith("&RHalaman &P dari &N")
    panes = [sheet.find("m:sheetViews/m:sheetView/m:pane", NAMESPACE) for sheet in sheets]
    assert [pane is not None and pane.get("topLeftCell") for pane in panes] == [False, *["B5"] * 11]
    workbook = _parts(content, "xl/workbook.xml")[0]
    titles = {name.text for name in workbook.iterfind(".//m:definedName", NAMESPACE)}
    assert titles == {f"'{name}'!$1:$4" for name in [*CHARTS, "Jawaban SKM"]}
    assert len(_parts(content, r"xl/charts/chart\d+\.xml")) == len(CHARTS)
    assert "xl/externalLinks" not in _everything(content)
    assert 'TargetMode="External"' not in _everything(content)


def test_a_year_takes_less_than_a_second(office, letterhead, busy):
    report = build(office, Period.parse("2026"), today=date(2027, 1, 1))
    started = time.thread_time()
    xlsx(report, letterhead)
    assert time.thread_time() - started < 1


def test_properties(office, letterhead):
    report = build(office, Period.parse("2026-06"), today=TODAY)
    (core,) = _parts(xlsx(report, letterhead), "docProps/core.xml")
    told = {element.tag.rpartition("}")[2]: element.text for element in core}
    assert told["title"] == "Laporan Kunjungan Tamu, Juni 2026"
    assert told["creator"] == office.unit
    assert datetime.fromisoformat(told["created"])
