"""Every figure once, in one list; the list as a file that an Indonesian Excel opens."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest

from reports.monthly import build
from reports.period import Period
from reports.table import tidy_rows
from reports.tidy_csv import cell, safe, tidy_csv
from tests.conftest import local
from visits.models import ClosedDay

pytestmark = pytest.mark.django_db

JULY = date(2026, 7, 14)


@pytest.fixture
def report(office, make_visit, make_survey, make_feedback):
    for number in [4, 3, 4, 4, 4]:
        make_survey(number, day="2026-06-15", purpose=office.purposes.first(), facilities=2)
    make_survey(3, day="2026-05-15")
    make_feedback(created_at=local(office, "2026-06-15"), category="pengaduan")
    ClosedDay.objects.create(office=office, day="2026-06-16", name="Tahun Baru Islam; 1448 H")
    visitor = {"phone": "+6281111111111", "organization": "=HYPERLINK(1)", "party_size": 2, "ended_by": "tamu"}
    for day in ["2026-06-15", "2026-06-15", "2026-06-17", "2026-05-15", "2025-06-15"]:
        arrived_at = local(office, day, "09:30")
        make_visit(arrived_at=arrived_at, left_at=arrived_at + timedelta(minutes=30), **visitor)
    return build(office, Period.parse("2026-06"), today=JULY)


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.mark.parametrize("slug", ["2026-06", "2026-T2", "2026-07", "2026", "2001"])
def test_a_section_and_a_key_name_one_value(office, report, slug):
    rows = tidy_rows(build(office, Period.parse(slug), today=JULY))

    assert len({(section, key) for section, key, _value in rows}) == len(rows)


def test_the_figures(report):
    values = {(section, key): value for section, key, value in tidy_rows(report)}

    expected = {
        ("Laporan", "Periode"): "2026-06",
        ("Laporan", "Sudah selesai"): "ya",
        ("Laporan, periode sebelumnya", "Hari terakhir"): date(2026, 5, 31),
        ("Ringkasan", "Kunjungan"): 3,
        ("Ringkasan, periode sebelumnya", "Kunjungan"): 1,
        ("Ringkasan, tahun lalu", "Tamu (orang)"): 2,
        ("Ringkasan", "Hari kerja"): 21,
        ("Ringkasan", "Rata-rata per hari kerja"): Decimal("0.1"),
        ("Ringkasan", "Tamu yang datang lebih dari sekali"): 1,
        ("Selisih, periode sebelumnya", "Kunjungan"): 2,
        ("Perubahan (%), tahun lalu", "Kunjungan"): 200,
        ("Perubahan (%), tahun lalu", "Catatan yang dikecualikan"): None,
        ("Hari tersibuk", "2026-06-15"): 2,
        ("Jam tersibuk, tahun lalu", "09.00"): 1,
        ("Kunjungan per hari", "2026-06-15"): 2,
        ("Tamu per hari", "2026-06-16"): 0,
        ("Hari libur", "2026-06-16"): "Tahun Baru Islam; 1448 H",
        ("Hari dan jam", "Senin 09.00"): 2,
        ("Jumlah per jam", "09.00"): 3,
        ("Jumlah per hari dalam minggu", "Rabu"): 1,
        ("Keperluan", "Konsultasi hukum pemilu"): 3,
        ("Keperluan, persen", "Konsultasi hukum pemilu"): 100,
        ("Titik check-in, periode sebelumnya", "Pintu depan"): 1,
        ("Instansi terbanyak", "=HYPERLINK(1)"): 3,
        ("Kepuasan", "Indeks kepuasan"): Decimal("90.00"),
        ("Kepuasan", "Indeks, empat desimal"): Decimal("90.0000"),
        ("Kepuasan", "Mutu pelayanan"): "A",
        ("Kepuasan", "Penilaian"): 5,
        ("Kepuasan", "Responden yang disarankan"): 3,
        ("Kepuasan, periode sebelumnya", "Indeks kepuasan"): Decimal("75.00"),
        ("Selisih, periode sebelumnya", "Indeks kepuasan"): Decimal("15.00"),
        ("Kepuasan, tahun lalu", "Indeks kepuasan"): None,
        ("Unsur kepuasan, jumlah", "Sarana dan prasarana"): 10,
        ("Unsur kepuasan, rata-rata", "Persyaratan"): Decimal("3.80"),
        ("Unsur kepuasan, terendah ke-", "Sarana dan prasarana"): 1,
        ("Penilaian per keperluan", "Konsultasi hukum pemilu"): 5,
        ("Indeks per keperluan", "Konsultasi hukum pemilu"): Decimal("90.00"),
        ("Saran", "Saran diterima"): 1,
        ("Saran", "Tidak dibalas dalam 3 hari kerja"): 1,
        ("Saran", "Balasan pertama, median (hari kerja)"): None,
        ("Saran per jenis, menunggu", "Pengaduan"): 1,
    }
    assert {key: values[key] for key in expected} == expected
    assert [key for section, key in values if section == "Kunjungan per bulan"] == []


def test_months_of_a_longer_period(office, report):
    rows = tidy_rows(build(office, Period.parse("2026-T2"), today=JULY))

    months = [(key, value) for section, key, value in rows if section == "Kunjungan per bulan"]
    assert months == [("2026-04", 0), ("2026-05", 1), ("2026-06", 3)]


def test_the_file_holds_the_list(report):
    content = tidy_csv(report)

    assert content.startswith("\N{BYTE ORDER MARK}Bagian;Rincian;Nilai\r\n".encode())
    assert read(content)[1:] == [[safe(section), safe(key), cell(value)] for section, key, value in tidy_rows(report)]
    assert content.count(b"\r\n") == content.count(b"\n") == len(tidy_rows(report)) + 1


def test_no_cell_is_a_formula(report):
    cells = [text for row in read(tidy_csv(report)) for text in row]

    assert "'=HYPERLINK(1)" in cells
    assert [text for text in cells if text.startswith(("=", "+", "@", "-"))] == [
        text for text in cells if text[:1] == "-" and text[1:].replace(",", "").isdigit()
    ]


@pytest.mark.parametrize(
    "text", ["=1+1", "==1", "+62", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", " =1", "=cmd|' /C calc'!A0"]
)
def test_text_that_looks_like_a_formula_is_marked_as_text(text):
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Sekretariat", "1.234", "'kutip", "a=b", "Rp-"])
def test_other_text_stays_as_it_is(text):
    assert safe(text) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0, "0"),
        (-7, "-7"),
        (1234, "1234"),
        (Decimal("11.8"), "11,8"),
        (Decimal("-0.8"), "-0,8"),
        (date(2026, 6, 1), "2026-06-01"),
        ("=1", "'=1"),
    ],
)
def test_cells(value, text):
    assert cell(value) == text
