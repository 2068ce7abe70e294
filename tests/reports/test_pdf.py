"""The report on paper, read and drawn by other libraries than the one that made it."""

import io
from dataclasses import replace
from datetime import date

import pypdfium2
import pytest
from PIL import Image
from pypdf import PdfReader

from reports.letterhead import Letterhead
from reports.monthly import MonthlyReport, Row, Weekday, build
from reports.numbers import written
from reports.pdf import pdf
from reports.period import Period
from tests.conftest import local
from visits import posters
from visits.emblem import as_png

pytestmark = pytest.mark.django_db

A4 = (595, 842)  # points
MARGINS = (24, 15, 20, 9)  # millimetres: left, top, right, below the page number
POINTS = 72 / 25.4  # a millimetre
STROKE = 3  # points that a rule's ends may stand out
TODAY = date(2026, 7, 14)
LETTERHEAD = Letterhead(
    institution="Badan Pengawas Pemilihan Umum",
    unit="Kabupaten Contoh",
    address="Jalan Demokrasi Nomor 1\nTelepon (0200) 000000",
    signatory_name="Dra. Ratna Kusumadewi, M.Si.",
    signatory_title="Kepala Sekretariat",
    signatory_number="19700101 199503 2 001",
    report_number="045/HM.02/K.CTH/07/2026",
    locked_text="Disahkan 2 Juli 2026",
)


@pytest.fixture
def report(office, make_visit, make_survey, make_feedback) -> MonthlyReport:
    for number in range(40):
        make_survey(number % 3 + 2, day="2026-06-10", purpose=office.purposes.all()[number % 7], cost=4)
        make_feedback(created_at=local(office, "2026-06-10"))
        make_visit(
            arrived_at=local(office, f"2026-06-{number % 30 + 1:02d}", f"{8 + number % 8:02d}:15:00"),
            purpose=office.purposes.all()[number % 9],
            visitor_kind="media",
            organization=f"Radio {number % 12}",
        )
    return build(office, Period.parse("2026-06"), today=TODAY)


def full(report: MonthlyReport) -> MonthlyReport:
    """All that two pages have to hold: 12 purposes, many districts, every day of the week, last year beside it."""

    def rows(name: str, count: int) -> tuple[Row, ...]:
        return tuple(Row(f"{name} {number:02d}", 500 - number, 10, 10, 8) for number in range(count))

    return replace(
        report,
        now=replace(report.now, visits=5934, people=8123, minutes=33, timed=5800, excluded=12),
        previous=replace(report.previous, visits=5123, people=7000, minutes=34),
        last_year=replace(report.last_year, visits=4321, people=6543, minutes=35),
        hours=tuple(range(7, 19)),
        weekdays=tuple(Weekday(day, tuple(hour * day for hour in range(7, 19))) for day in range(1, 8)),
        purposes=rows("Permintaan data dan informasi", 12),
        districts=rows("Kecamatan Sungai Selasih", 21),
        divisions=rows("Divisi Hukum dan Penyelesaian Sengketa", 8),
        organizations=rows("Dinas Kependudukan Contoh", 10),
        points=rows("Pintu depan", 4),
    )


def sheets(content: bytes) -> list[str]:
    return [" ".join(sheet.extract_text().split()) for sheet in PdfReader(io.BytesIO(content)).pages]


def test_two_pages_with_title_number_and_signature(report):
    content = pdf(report, LETTERHEAD)
    first, second = sheets(content)

    assert first.startswith("BADAN PENGAWAS PEMILIHAN UMUM KABUPATEN CONTOH Jalan Demokrasi Nomor 1 Telepon (0200)")
    assert "Laporan Kunjungan Tamu Bulan Juni 2026 Nomor 045/HM.02/K.CTH/07/2026. Disahkan 2 Juli 2026" in first
    assert first.endswith("Laporan kunjungan Juni 2026, Bawaslu Kabupaten Contoh Halaman 1 dari 2")
    assert ", 2 Juli 2026 Kepala Sekretariat, Dra. Ratna Kusumadewi, M.Si. NIP 19700101 199503 2 001" in second
    assert PdfReader(io.BytesIO(content)).metadata.title == "Laporan kunjungan Juni 2026, Bawaslu Kabupaten Contoh"


def test_what_visitors_think_of_it(report, office):
    first, second = sheets(pdf(report, LETTERHEAD))

    assert "Kepuasan (SKM) 40 dari 36 responden yang disarankan 77,22 Mutu B, Baik Persyaratan 2,98" in first
    assert "Nilai terendah ada pada persyaratan, prosedur, dan waktu pelayanan." in first
    told = [row for row in report.survey.purposes if row.index]
    assert len(told) == 7
    shown = second.partition("Kepuasan per layanan Layanan Penilaian Indeks ")[2].partition(" Saran 40 diterima")[0]
    assert shown == " ".join(f"{row.label} {row.n} {written(row.index)}" for row in told[:6])
    assert "Diterima Dibalas Menunggu Saran 40 0 40" in second


def test_without_survey_and_suggestions_there_is_no_empty_place(report, office):
    text = " ".join(sheets(pdf(replace(report, survey=None, survey_answers=(), feedback=None), LETTERHEAD)))

    assert [word for word in ["Kepuasan", "kepuasan", "Saran", "None"] if word in text] == []


def test_without_number_and_signatory_there_is_room_to_write(report, office):
    first, second = sheets(pdf(report, Letterhead.of(office)))

    assert "Belum disahkan, belum bernomor" in first
    assert "NIP" not in second
    assert "....................," in second


@pytest.mark.parametrize("fill", [replace, full], ids=["usual", "full"])
def test_two_a4_pages_and_nothing_outside_their_margins(report, fill):
    document = pypdfium2.PdfDocument(pdf(fill(report), LETTERHEAD))

    assert len(document) == 2
    left, top, right, bottom = (side * POINTS - STROKE for side in MARGINS)
    for sheet in document:
        assert tuple(map(round, sheet.get_size())) == A4
        boxes = [found.get_bounds() for found in sheet.get_objects()]
        assert min(box[0] for box in boxes) >= left
        assert min(box[1] for box in boxes) >= bottom
        assert max(box[2] for box in boxes) <= A4[0] - right
        assert max(box[3] for box in boxes) <= A4[1] - top


def test_a_long_report_flows_on(report):
    many = tuple(Row(f"Keperluan {number:02d}", 500 - number, 0, 0, 1) for number in range(80))
    pages = sheets(pdf(replace(report, purposes=many), LETTERHEAD))

    assert len(pages) > 2
    assert [row.label for row in many if row.label not in " ".join(pages)] == []
    assert "Kepala Sekretariat" in pages[-1]


def test_texts_are_never_markup(report):
    texts = ["#panic()", "*tebal*", "$x$", "<label>", "= Judul", "\\", "@kutipan", "`kode`"]
    rows = tuple(Row(text, 9, 0, 0, 9) for text in texts)
    _first, second = sheets(pdf(replace(report, purposes=rows), replace(LETTERHEAD, signatory_name="#sys.inputs *a*")))

    assert [text for text in [*texts, "#sys.inputs *a*"] if text not in second] == []


def test_the_emblem_takes_the_place_of_the_ring(report):
    file = io.BytesIO()
    Image.new("RGB", (40, 60), "#00A0FF").save(file, "PNG")
    content = pdf(report, LETTERHEAD, posters.emblem_svg(as_png(file.getvalue())))
    drawn = pypdfium2.PdfDocument(content)[0].render().to_pil()

    assert (0, 160, 255) in {colour for _count, colour in drawn.getcolors(1 << 20)}


def test_the_same_report_gives_the_same_bytes(report):
    assert pdf(report, LETTERHEAD) == pdf(report, LETTERHEAD)
