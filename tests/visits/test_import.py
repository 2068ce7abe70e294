"""Bringing in an old guest book, file by file as offices have them. openpyxl writes the files, or csv."""

import csv
import io
import re
import time as clock_time
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from tests.conftest import local
from visits import imports, spreadsheets, uploads, written
from visits.models import AuditEvent, DailyNumber, Visit

pytestmark = pytest.mark.django_db

PAGE = "/staf/visits/visit/import/"
HEADER = ["Tanggal", "Datang", "Pulang", "Nama", "Nomor HP", "Asal tamu", "Instansi", "Kecamatan", "Keperluan"]
HEADER += ["Bertemu dengan", "Jumlah tamu", "Catatan tamu"]
PURPOSE = "Konsultasi hukum pemilu"
ROW = ["05/01/2026", "08.30", "09.15", "Siti Rahmawati", "0812 3456 7890", "Media", "Radio Gema", "", PURPOSE]
ROW += ["Sekretariat", "2", "Membawa surat"]


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


def row(**changed) -> list:
    """A good row, with some cells changed: row(Nama="Budi")."""
    return [changed.get(name.replace(" ", "_"), cell) for name, cell in zip(HEADER, ROW, strict=True)]


def xlsx(*rows, header=HEADER, sheets=None) -> bytes:
    book = openpyxl.Workbook()
    for name, lines in (sheets or {"Buku tamu": [header, *rows]}).items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    book.remove(book.worksheets[0])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_csv(*rows, delimiter=";", encoding="utf-8-sig", header=HEADER) -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows([header, *rows])
    return file.getvalue().encode(encoding)


def send(client, content: bytes, name="buku.xlsx"):
    return client.post(PAGE, {"file": SimpleUploadedFile(name, content), "csrfmiddlewaretoken": "x"})


def ticket(response) -> str:
    return re.search(r'name="ticket" value="([^"]+)"', response.content.decode())[1]


def bring_in(client, content: bytes, name="buku.xlsx"):
    """Both steps."""
    checked = send(client, content, name)
    assert checked.status_code == 200, _text(checked)
    return client.post(PAGE, {"ticket": ticket(checked)}, follow=True)


def _text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def mistakes(office, by, *rows, **kw) -> dict:
    """(column, sentence) -> places."""
    return imports.plan(office, spreadsheets.read(xlsx(*rows, **kw)), by=by).mistakes


# From file to visits.


def test_a_row_becomes_a_visit(client_of, dewi, office):
    assert "1 kunjungan dari buku tamu lama tersimpan." in _text(bring_in(client_of(dewi), xlsx(ROW)))
    visit = Visit.objects.get()
    assert (visit.office, visit.point, visit.entered_by) == (office, None, dewi)
    assert (visit.day, visit.number) == (date(2026, 1, 5), 1)
    assert (visit.arrived_at, visit.left_at) == (
        local(office, "2026-01-05", "08:30"),
        local(office, "2026-01-05", "09:15"),
    )
    assert visit.ended_by == Visit.EndedBy.STAFF
    said = [visit.name, visit.phone, visit.visitor_kind, visit.organization, visit.district, visit.purpose.name]
    assert said == ["Siti Rahmawati", "+6281234567890", "media", "Radio Gema", None, PURPOSE]
    assert (visit.meeting_with, visit.division.name, visit.party_size) == ("Sekretariat", "Sekretariat", 2)
    assert (visit.note, visit.notice_version, visit.consent_at) == ("Membawa surat", "", None)


def test_checking_stores_nothing(client_of, dewi):
    checked = send(client_of(dewi), xlsx(ROW, row(Nama="Budi", Tanggal="06/01/2026")))
    assert checked.status_code == 200
    assert "2 kunjungan baru , dari 5 Januari 2026 sampai 6 Januari 2026." in _text(checked)
    assert (Visit.objects.count(), DailyNumber.objects.count()) == (0, 0)
    assert not AuditEvent.objects.filter(action="visit.imported").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", as_csv(ROW)),
        ("b.csv", as_csv(ROW, delimiter=",", encoding="utf-8")),
        ("c.csv", as_csv(ROW, delimiter="\t", encoding="utf-16")),
        ("d.csv", as_csv(row(Nama="Siti “Ai” Rahmawati"), encoding="cp1252")),
        ("e.csv", b"sep=,\r\n" + as_csv(ROW, delimiter=",", encoding="utf-8")),
        ("f.xlsx", xlsx(["Buku tamu 2026"], [], HEADER, ROW, header=["KANTOR CONTOH"])),
        ("g.xlsx", xlsx(ROW[::-1], header=HEADER[::-1])),
        ("h.xlsx", xlsx(ROW, header=[f" {name.upper()} : " for name in HEADER])),
        ("i.xlsx", xlsx(ROW, header=["Tgl", "Jam datang", "Jam pulang", "Nama tamu", "No HP", *HEADER[5:]])),
        ("j", xlsx(ROW)),
    ],
)
def test_files_as_people_make_them(client_of, dewi, name, content):
    bring_in(client_of(dewi), content, name)
    visit = Visit.objects.get()
    assert (visit.day, visit.phone, visit.purpose.name) == (date(2026, 1, 5), "+6281234567890", PURPOSE)


def test_a_sheet_for_each_month(client_of, dewi):
    sheets = {
        "Januari": [HEADER, ROW],
        "Rekap": [["Bulan", "Jumlah"], ["Januari", 1]],
        "Februari": [HEADER, row(Tanggal="01/02/2026"), row(Tanggal="salah")],
    }
    response = send(client_of(dewi), xlsx(sheets=sheets))
    assert "Tulis tanggal seperti 5 Januari 2026 atau 05/01/2026. lembar Februari, baris 3" in _text(response)
    sheets["Februari"].pop()
    bring_in(client_of(dewi), xlsx(sheets=sheets))
    assert Visit.objects.count() == 2


@pytest.mark.parametrize(
    "value",
    [
        "5 Januari 2026",
        "Senin, 5 Januari 2026",
        "senin 5 jan 2026",
        "5 Pebruari 2026",
        "05/01/2026",
        "5/1/26",
        "05-01-2026",
        "5.1.2026",
        "2026-01-05",
        "2026-01-05 08:30:00",
        "05/01/2026 08.30",
        date(2026, 1, 5),
        datetime(2026, 1, 5, 8, 30),
    ],
)
def test_days_as_people_write_them(value):
    assert written.day(value) == (date(2026, 2, 5) if "Peb" in str(value) else date(2026, 1, 5))


@pytest.mark.parametrize(
    "value", ["", "kemarin", "31/02/2026", "2026-13-01", "5 Janibar 2026", 45000, "0/0/0", "1/2", True]
)
def test_days_that_are_none(value):
    with pytest.raises(ValueError, match="Tulis tanggal seperti"):
        written.day(value)


HOURS = ["08.30", "8.30", "08:30", "8:30:59", "pukul 08.30 WIB", "Jam 08.30", "2026-01-05 08:30:00", "05/01/2026 08.30"]
HOURS += [time(8, 30), datetime(2026, 1, 5, 8, 30, 20), timedelta(hours=8, minutes=30), 0.3541666667, 8.3]


@pytest.mark.parametrize("value", HOURS)
def test_hours_as_people_write_them(value):
    assert written.clock(value) == time(8, 30)


@pytest.mark.parametrize(
    "value", ["", "pagi", "25.00", "08.60", 24.5, -1, 8.75, "8", "inf", float("inf"), float("nan")]
)
def test_hours_that_are_none(value):
    with pytest.raises(ValueError, match="Tulis jam seperti"):
        written.clock(value)


def test_real_dates_and_numbers_of_excel(client_of, dewi, office):
    cells = row(Tanggal=date(2026, 1, 5), Datang=time(8, 30), Pulang=time(9), Nomor_HP=81234567890, Jumlah_tamu=3.0)
    bring_in(client_of(dewi), xlsx(cells))
    visit = Visit.objects.get()
    assert (visit.arrived_at, visit.left_at) == (
        local(office, "2026-01-05", "08:30"),
        local(office, "2026-01-05", "09:00"),
    )
    assert (visit.phone, visit.party_size) == ("+6281234567890", 3)


def test_what_may_be_left_empty(client_of, dewi, office):
    empty = dict.fromkeys(
        ["Pulang", "Nomor_HP", "Asal_tamu", "Instansi", "Bertemu_dengan", "Jumlah_tamu", "Catatan_tamu"]
    )
    bring_in(client_of(dewi), xlsx(row(**empty), row(**empty, Datang="17.05", Nama="Budi")))
    first, late = Visit.objects.order_by("arrived_at")
    assert (first.phone, first.visitor_kind, first.party_size, first.division) == ("", "perorangan", 1, None)
    assert (first.left_at, first.ended_by) == (local(office, "2026-01-05", "16:00"), Visit.EndedBy.AUTOMATIC)
    assert late.left_at == local(office, "2026-01-06", "00:00")


# Mistakes.


@pytest.mark.parametrize(
    ("changed", "column", "sentence"),
    [
        ({"Tanggal": ""}, "Tanggal", "Tanggal kosong."),
        ({"Tanggal": "31/02/2026"}, "Tanggal", written.WRONG_DAY),
        ({"Tanggal": "05/01/1926"}, "Tanggal", "Tanggal terlalu lama. Periksa tahunnya."),
        ({"Datang": None}, "Datang", "Jam datang kosong. Bila tidak tercatat, tulis perkiraannya."),
        ({"Datang": "pagi"}, "Datang", written.WRONG_CLOCK),
        ({"Pulang": "sore"}, "Pulang", written.WRONG_CLOCK),
        ({"Pulang": "08.29"}, "Pulang", "Jam pulang harus sesudah jam datang."),
        ({"Nama": ""}, "Nama", "Nama tamu kosong."),
        ({"Nama": "\u3164"}, "Nama", "Nama tamu kosong."),
        ({"Nama": "a" * 101}, "Nama", "Terlalu panjang. Paling banyak 100 huruf."),
        ({"Nama": "Dirahasiakan"}, "Nama", "Nama tamu tidak ada di berkas ini, jadi barisnya tidak dapat diimpor."),
        ({"Nomor_HP": "123"}, "Nomor HP", "Nomor kurang lengkap. Contoh: 0812-3456-7890"),
        ({"Asal_tamu": "Wartawan"}, "Asal tamu", "Asal tamu “Wartawan” tidak dikenal. Yang ada: Perorangan, Partai"),
        ({"Asal_tamu": "Parpol"}, "Asal tamu", "Asal tamu “Parpol” tidak dikenal."),
        ({"Keperluan": ""}, "Keperluan", "Keperluan kosong."),
        ({"Keperluan": "Konsultasi hukum"}, "Keperluan", f"tidak dikenal. Maksudnya “{PURPOSE}”?"),
        ({"Kecamatan": "Luar kabupaten"}, "Kecamatan", "tidak dikenal. Maksudnya “Luar kabupaten/kota”?"),
        ({"Jumlah_tamu": "banyak"}, "Jumlah tamu", "Tulis jumlah tamu dengan angka, 1 sampai 99."),
        ({"Jumlah_tamu": 100}, "Jumlah tamu", "Tulis jumlah tamu dengan angka, 1 sampai 99."),
        ({"Jumlah_tamu": "²"}, "Jumlah tamu", "Tulis jumlah tamu dengan angka, 1 sampai 99."),
        ({"Catatan_tamu": "a" * 501}, "Catatan tamu", "Terlalu panjang. Paling banyak 500 huruf."),
    ],
)
def test_every_mistake_has_a_sentence_and_a_place(office, dewi, changed, column, sentence):
    ((found_column, found), places), *others = mistakes(office, dewi, ROW, row(**changed)).items()
    assert (found_column, places, others) == (column, ["baris 3"], [])
    assert sentence in found


def test_today_is_recorded_at_the_desk(office, dewi):
    today, tomorrow = office.today(), office.today() + timedelta(days=1)
    found = mistakes(office, dewi, row(Tanggal=today), row(Tanggal=tomorrow))
    sentence = "Tanggal harus sebelum hari ini. Tamu hari ini dicatat lewat Catat tamu."
    assert found == {("Tanggal", sentence): ["baris 2", "baris 3"]}


def test_the_same_mistake_is_told_once(client_of, dewi):
    response = send(client_of(dewi), xlsx(ROW, *[row(Keperluan="Konsultasi") for _ in range(30)]))
    assert response.status_code == 422
    words = _text(response)
    assert words.count("Keperluan “Konsultasi” tidak dikenal.") == 1
    assert "baris 3, baris 4" in words
    assert ", dan 20 lainnya" in words
    assert "name=&quot;ticket" not in response.content.decode()
    assert list((settings.VAR_DIR / "uploads").glob("*")) == []
    assert Visit.objects.count() == 0


def test_words_in_any_case(office, dewi):
    cells = row(
        Keperluan=PURPOSE.upper(), Asal_tamu="  media ", Kecamatan="dalam  Kabupaten/Kota", Jumlah_tamu="2 orang"
    )
    assert mistakes(office, dewi, cells) == {}


def test_unknown_columns_are_named(client_of, dewi):
    response = send(client_of(dewi), xlsx([*ROW, "x", ""], header=[*HEADER, "NIK", None]))
    assert "Kolom yang tidak dipakai: nik." in _text(response)


# Who.


@pytest.mark.parametrize("person", ["alice", "bob", "charlie", "ratna"])
def test_no_import_without_the_permission(request, client_of, person):
    client = client_of(request.getfixturevalue(person))
    assert client.get(PAGE).status_code == 403
    assert send(client, xlsx(ROW)).status_code == 403
    assert client.post(PAGE, {"ticket": "x"}).status_code == 403
    assert Visit.objects.count() == 0


def test_a_kept_file_is_its_owners(client_of, dewi, root, office, other_office):
    kept = ticket(send(client_of(dewi), xlsx(ROW)))
    for query in ["", "?kantor=lain", "?kantor=contoh"]:
        response = client_of(root).post(f"{PAGE}{query}", {"ticket": kept}, follow=True)
        assert "Berkas sudah tidak ada di server." in _text(response)
    for forged in ["", "x", kept[:-1], "../../etc/passwd", kept + "x"]:
        client_of(dewi).post(PAGE, {"ticket": forged})
    assert Visit.objects.count() == 0
    client_of(dewi).post(PAGE, {"ticket": kept})
    assert Visit.objects.count() == 1


def test_it_goes_to_the_chosen_office_only(client_of, root, other_office, office):
    assert client_of(root).get(f"{PAGE}?kantor=tidak-ada").status_code == 404
    checked = client_of(root).post(f"{PAGE}?kantor=lain", {"file": SimpleUploadedFile("a.xlsx", xlsx(ROW)), "a": "b"})
    client_of(root).post(f"{PAGE}?kantor=lain", {"ticket": ticket(checked)})
    visit = Visit.objects.get()
    assert (visit.office, visit.arrived_at) == (other_office, local(other_office, "2026-01-05", "08:30:00"))


def test_it_leaves_a_trace(client_of, dewi, office):
    bring_in(client_of(dewi), xlsx(ROW, ROW, row(Nama="Budi")))
    event = AuditEvent.objects.get(action="visit.imported")
    assert (event.actor, event.office_id, event.details) == ("dewi", office.pk, {"rows": 2, "known": 1})
    page = client_of(dewi).get("/staf/visits/auditevent/").content.decode()
    assert "Mengimpor buku tamu lama" in page
    assert "2 kunjungan" in page


# Kept files.


def test_a_file_is_gone_when_it_has_been_used(client_of, dewi):
    folder = settings.VAR_DIR / "uploads"
    checked = send(client_of(dewi), xlsx(ROW))
    (path,) = folder.glob("*")
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    client_of(dewi).post(PAGE, {"ticket": ticket(checked)})
    assert list(folder.glob("*")) == []


def test_a_forgotten_file_is_gone_with_the_next_upkeep(monkeypatch):
    kept = uploads.keep(b"rahasia", of=[1, 1])
    call_command("upkeep")
    assert uploads.fetch(kept, of=[1, 1]) == b"rahasia"
    later = clock_time.time() + uploads.LIFETIME + 1
    monkeypatch.setattr("time.time", lambda: later)
    assert uploads.fetch(kept, of=[1, 1]) is None
    call_command("upkeep")
    assert list((settings.VAR_DIR / "uploads").glob("*")) == []
