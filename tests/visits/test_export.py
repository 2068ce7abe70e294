"""The raw export: who gets which rows, and that the file holds them unchanged. Opened by two other libraries."""

import io
import re
import zipfile
from datetime import date, datetime, timedelta

import openpyxl
import pytest
from django.contrib.auth.models import User
from python_calamine import CalamineWorkbook

from tests.conftest import local
from visits import exports, xlsx_stream
from visits.models import AuditEvent, Membership

pytestmark = pytest.mark.django_db

PAGE = "/staf/visits/visit/export/"
FORMULAS = [
    "=1+1",
    "==1",
    "=",
    "+62",
    "-1",
    "@SUM(A1)",
    "＝1+1",
    "=cmd|'/c calc'!A0",
    '=DDE("cmd";"/c calc";"x")',
    '=HYPERLINK("http://contoh.id")',
    "#REF!",
    "'=1",
    "_x0041_",
    "<b>&amp;]]>",
    "0012",
    " spasi ",
]
TEXT_COLUMNS = ["name", "organization", "meeting_with", "note", "staff_note"]


def fields(*names, **more) -> dict[str, str]:
    """The form as a browser sends it, with these columns ticked."""
    ticked = {f"visitresource_{name}": "on" for name in names or [column.name for column in exports.COLUMNS]}
    return {"format": "0", "resource": "0", **ticked, **more}


def download(client, *names, query="") -> bytes:
    response = client.post(f"{PAGE}{query}", fields(*names))
    assert response.status_code == 200, response.content[:2000]
    assert response.streaming
    return b"".join(response.streaming_content)


def rows(content: bytes) -> list[dict]:
    """Every row of every sheet, by header."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    found = []
    for name in book.sheet_names:
        header, *lines = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        found += [dict(zip(header, line, strict=True)) for line in lines]
    return found


# Who gets what.


@pytest.mark.parametrize("person", ["alice", "bob", "charlie", "ratna"])
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("query", ["", "?kantor=contoh", "?status=selesai", "?q=Siti", "?_export=1"])
def test_no_export_without_the_permission(request, client_of, make_visit, person, method, query):
    make_visit()
    client = client_of(request.getfixturevalue(person))
    response = getattr(client, method)(f"{PAGE}{query}", fields())
    assert response.status_code == 403
    assert "Siti" not in response.content.decode()
    assert AuditEvent.objects.latest("pk").action == "refused"


def test_no_action_of_the_list_exports(client_of, dewi, alice, make_visit):
    """import-export would add one for all staff."""
    visit = make_visit(name="Merpati")
    for person in [dewi, alice]:
        data = {"action": "export_admin_action", "_selected_action": str(visit.pk), "index": "0", **fields()}
        response = client_of(person).post("/staf/visits/visit/", data)
        assert (response.status_code, response.streaming) == (200, False)
        assert "spreadsheetml" not in response["Content-Type"]


def test_the_button_is_there_for_those_who_may(client_of, dewi, alice):
    assert f'href="{PAGE}?status=selesai"' in client_of(dewi).get("/staf/visits/visit/?status=selesai").content.decode()
    assert "visit/export" not in client_of(alice).get("/staf/visits/visit/").content.decode()


def test_only_rows_of_the_own_offices(client_of, dewi, root, make_visit, other_office):
    make_visit(name="Orang Sini")
    make_visit(name="Orang Sana", office=other_office)
    assert [row["Nama"] for row in rows(download(client_of(dewi)))] == ["Orang Sini"]
    assert [row["Nama"] for row in rows(download(client_of(dewi), query="?kantor=lain"))] == ["Orang Sini"]
    assert {(row["Nama"], row["Kantor"]) for row in rows(download(client_of(root)))} == {
        ("Orang Sini", "Bawaslu Kabupaten Contoh"),
        ("Orang Sana", "Bawaslu Kota Lain"),
    }


def test_confidential_rows_stay_masked(client_of, dewi, ratna, office, make_visit):
    secret = {
        "name": "Merpati Tertutup",
        "phone": "+6285550001234",
        "organization": "Sarang Merpati",
        "note": "Catatan merpati",
        "staff_note": "Petugas merpati",
    }
    make_visit(visitor_kind="media", purpose=office.purposes.get(is_confidential=True), **secret)
    content = download(client_of(dewi))
    (row,) = rows(content)
    columns = ["Nama", "Nomor HP", "Instansi", "Catatan tamu", "Catatan petugas", "Jumlah tamu"]
    assert [row[column] for column in columns] == ["Dirahasiakan", "", "", "", "", 1]
    assert not re.search(rb"(?i)merpati|5550001234", _unzipped(content))
    dewi.groups.add(*ratna.groups.all())
    (row,) = rows(download(client_of(User.objects.get(pk=dewi.pk))))
    assert [row[column] for column in columns[:5]] == [secret["name"], "085550001234", *list(secret.values())[2:]]


def _unzipped(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return b"\n".join(parts.read(name) for name in parts.namelist())


def test_a_search_never_finds_masked_rows(client_of, dewi, office, make_visit):
    make_visit(name="Merpati Tertutup", purpose=office.purposes.get(is_confidential=True))
    make_visit(name="Merpati Terbuka")
    assert [row["Nama"] for row in rows(download(client_of(dewi), query="?q=merpati"))] == ["Merpati Terbuka"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Dikecualikan", "Di sini", "Selesai kemarin"]),
        ("?status=berkunjung", ["Di sini"]),
        ("?status=dikecualikan", ["Dikecualikan"]),
        ("?waktu=hari-ini", ["Dikecualikan", "Di sini"]),
        ("?asal=media", ["Selesai kemarin"]),
        ("?q=kemarin", ["Selesai kemarin"]),
        ("?status=selesai&waktu=7-hari", ["Selesai kemarin"]),
    ],
)
def test_the_filtered_set(client_of, dewi, office, make_visit, query, expected):
    now = local(office, str(office.today()), "10:00:00")
    before = now - timedelta(days=1)
    make_visit(
        name="Selesai kemarin",
        arrived_at=before,
        left_at=before,
        ended_by="petugas",
        visitor_kind="media",
        organization="Radio",
    )
    make_visit(name="Di sini", arrived_at=now)
    make_visit(name="Dikecualikan", arrived_at=now + timedelta(minutes=1), excluded_at=now, excluded_reason="ganda")
    client = client_of(dewi)
    assert [row["Nama"] for row in rows(download(client, query=query))] == expected
    assert f"<strong>{len(expected)} kunjungan</strong>" in client.get(f"{PAGE}{query}").content.decode()


def test_it_leaves_a_trace_without_what_was_searched(client_of, dewi, office, make_visit):
    make_visit()
    download(client_of(dewi), query="?status=berkunjung&q=Siti&kantor=")
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.actor, event.office_id) == ("visit.exported", "dewi", office.pk)
    assert event.details == {"rows": 1, "filters": ["q", "status"]}
    page = client_of(dewi).get("/staf/visits/auditevent/").content.decode()
    assert "Mengunduh kunjungan sebagai Excel" in page
    assert "1 kunjungan; saringan: q, status" in page


def test_every_office_sees_that_its_rows_have_left(client_of, make_user, office, other_office, make_visit):
    user = make_user("eka", office, "Admin kantor")
    Membership.objects.create(user=user, office=other_office)
    make_visit()
    make_visit(office=other_office)
    make_visit(office=other_office)
    download(client_of(user))
    events = AuditEvent.objects.filter(action="visit.exported").values_list("office_id", "details__rows")
    assert dict(events) == {office.pk: 1, other_office.pk: 2}


def test_an_empty_export_has_a_header_and_a_trace(client_of, dewi, office):
    content = download(client_of(dewi), "name", "phone")
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.get_sheet_by_name("Kunjungan").to_python() == [["Nama", "Nomor HP"]]
    assert AuditEvent.objects.get(action="visit.exported").office_id == office.pk


# The form.


def test_columns_are_chosen(client_of, dewi, make_visit):
    make_visit()
    assert rows(download(client_of(dewi), "phone", "name")) == [{"Nama": "Siti Rahmawati", "Nomor HP": "081234567890"}]
    page = client_of(dewi).get(PAGE).content.decode()
    ticked = re.findall(r'name="visitresource_(\w+)"[^>]*checked', page)
    assert ticked == [column.name for column in exports.COLUMNS if column.is_usual]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"format": "0", "resource": "0"}, "Pilih sedikitnya satu kolom."),
        ({**fields(), "format": "7"}, "Berkas hanya tersedia sebagai Excel (.xlsx)."),
        ({**fields(), "format": "csv"}, "Berkas hanya tersedia sebagai Excel (.xlsx)."),
        ({**fields(), "resource": "1"}, "Berkas hanya tersedia sebagai Excel (.xlsx)."),
        ({**fields(), "resource": "x"}, "Berkas hanya tersedia sebagai Excel (.xlsx)."),
        ({"visitresource_password": "on", "format": "0"}, "Pilih sedikitnya satu kolom."),
    ],
)
def test_a_wrong_form_is_told_calmly(client_of, dewi, make_visit, data, words):
    make_visit()
    response = client_of(dewi).post(PAGE, data)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not AuditEvent.objects.filter(action="visit.exported").exists()


def test_the_name_of_the_file(client_of, dewi, root, office, other_office, make_visit):
    def name(person, query=""):
        return client_of(person).post(f"{PAGE}{query}", fields())["Content-Disposition"].split('"')[1]

    assert name(dewi) == f"kunjungan-contoh-{office.today()}.xlsx"
    assert name(root, "?kantor=lain") == f"kunjungan-lain-{other_office.today()}.xlsx"
    assert name(root).startswith("kunjungan-2")
    assert name(dewi, "?kantor=lain") == f"kunjungan-contoh-{office.today()}.xlsx"
    assert name(root, "?kantor=../x") == f"kunjungan-{office.today()}.xlsx"


# What the cells hold.


@pytest.mark.parametrize("text", FORMULAS)
def test_text_stays_text_and_unchanged(client_of, dewi, office, make_visit, text):
    """As two libraries read it; openpyxl does not undo Excel's _x005F_, which hides such letters from Excel."""
    purpose, district = office.purposes.filter(is_confidential=False).first(), office.districts.first()
    for row in [purpose, district, office]:
        row.name = text
        row.save()
    make_visit(purpose=purpose, district=district, visitor_kind="media", **dict.fromkeys(TEXT_COLUMNS, text))
    content = download(client_of(dewi))
    (row,) = rows(content)
    headers = [
        "Nama",
        "Instansi",
        "Bertemu dengan",
        "Catatan tamu",
        "Catatan petugas",
        "Keperluan",
        "Kecamatan",
        "Kantor",
    ]
    assert [row[header] for header in headers] == [text] * 8
    cells = [cell for line in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows() for cell in line]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert sum(cell.value == text.replace("_x", "_x005F_x") for cell in cells) == 8
    assert b"<f" not in _unzipped(content).replace(b"<fo", b"").replace(b"<fi", b"").replace(b"<fg", b"")


@pytest.mark.parametrize("character", ["\x01", "\x0b", "\x1f", "\ufffe", "\uffff", "\t", "\r"])
def test_no_character_breaks_the_file(character):
    """The database holds none of these in such a column, by its constraints; the file would bear them all the same."""
    layout = [xlsx_stream.Column("Keperluan", xlsx_stream.text, 20)]
    content = b"".join(xlsx_stream.stream("Kunjungan", layout, iter([(f"Konsul{character}tasi",)])))
    (row,) = rows(content)
    assert re.fullmatch(r"Konsul[\t\r\n ]?tasi", row["Keperluan"])


def test_any_script_and_several_lines(client_of, dewi, make_visit):
    make_visit(name="ꦱꦶꦠꦶ 李小龍 👩🏽‍💻 Ñandú", note="baris satu\nbaris dua\n\nbaris empat")
    (row,) = rows(download(client_of(dewi)))
    assert (row["Nama"], row["Catatan tamu"]) == ("ꦱꦶꦠꦶ 李小龍 👩🏽‍💻 Ñandú", "baris satu\nbaris dua\n\nbaris empat")


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("+6281234567890", "081234567890"),
        ("+62711356789", "0711356789"),
        ("+12025550123", "+12025550123"),
        ("+6561234567", "+6561234567"),
        ("", ""),
    ],
)
def test_phones_keep_what_they_begin_with(client_of, dewi, make_visit, alice, phone, shown):
    make_visit(phone=phone, entered_by=alice)
    assert [row["Nomor HP"] for row in rows(download(client_of(dewi)))] == [shown]


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
def test_days_and_hours_are_those_of_the_office(client_of, root, office, make_visit, zone):
    office.time_zone = zone
    office.save()
    at = local(office, "2026-06-30", "23:59:59").replace(microsecond=999_999)
    make_visit(name="malam", arrived_at=at, left_at=at + timedelta(seconds=1), ended_by="otomatis")
    make_visit(name="pagi", arrived_at=local(office, "2026-07-01", "00:01:00"))
    pagi, malam = rows(download(client_of(root)))
    assert (malam["Tanggal"], malam["Datang"]) == (date(2026, 6, 30), datetime(2026, 6, 30, 23, 59, 59))
    assert malam["Pulang"] == date(2026, 7, 1)  # how calamine reads a midnight
    assert (pagi["Tanggal"], pagi["Datang"], pagi["Pulang"]) == (date(2026, 7, 1), datetime(2026, 7, 1, 0, 1), "")


def test_offices_in_two_zones_in_one_file(client_of, root, office, other_office, make_visit):
    for where in [office, other_office]:
        make_visit(office=where, arrived_at=local(where, "2026-06-30", "08:00:00"))
    assert {row["Datang"] for row in rows(download(client_of(root)))} == {datetime(2026, 6, 30, 8, 0)}


def test_every_state_has_its_words(client_of, dewi, office, point, online_point, make_visit, alice):
    at = local(office, "2026-06-30")
    ended = {"arrived_at": at, "left_at": at, "point": point}
    make_visit(name="1", arrived_at=at, point=point)
    make_visit(name="2", ended_by="tamu", **ended)
    make_visit(name="3", ended_by="otomatis", **ended)
    make_visit(name="4", arrived_at=None, point=online_point)
    make_visit(name="5", arrived_at=None, point=online_point, lapsed_at=at)
    make_visit(name="6", arrived_at=at, excluded_at=at, excluded_reason="Uji coba", point=None, entered_by=alice)
    found = {row["Nama"]: row for row in rows(download(client_of(dewi)))}
    assert {name: (row["Status"], row["Cara mencatat"]) for name, row in found.items()} == {
        "1": ("Berkunjung", "Pindai QR"),
        "2": ("Selesai", "Pindai QR"),
        "3": ("Ditutup otomatis", "Pindai QR"),
        "4": ("Dikabarkan daring", "Daring"),
        "5": ("Tidak datang", "Daring"),
        "6": ("Dikecualikan", "Dicatat petugas"),
    }
    assert [found["4"][header] for header in ["Nomor", "Tanggal", "Datang", "Titik check-in"]] == [
        "",
        "",
        "",
        "Instagram",
    ]
    assert (found["6"]["Alasan dikecualikan"], found["6"]["Titik check-in"]) == ("Uji coba", "")
