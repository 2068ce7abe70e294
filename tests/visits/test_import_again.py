"""The same guest book once more, or two at once, and what the database says to it."""

import threading

import pytest
from django.db import connection
from django.test import Client

from reports.actions import lock
from reports.period import Period
from tests.conftest import local
from tests.visits.test_import import PAGE, PURPOSE, ROW, _text, bring_in, row, send, ticket, xlsx
from visits import imports, spreadsheets
from visits.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


def test_the_same_file_makes_no_visit_twice(client_of, dewi):
    content = xlsx(ROW, row(Nama="Budi"))
    bring_in(client_of(dewi), content)
    again = send(client_of(dewi), content)
    assert "Tidak ada yang baru" in _text(again)
    assert "2 baris sudah tercatat dan dilewati." in _text(again)
    more = bring_in(client_of(dewi), xlsx(row(Nama="Citra"), row(Nama="Budi", Tanggal="Senin, 5 Januari 2026"), ROW))
    assert "1 kunjungan dari buku tamu lama tersimpan. 2 baris lain sudah tercatat." in _text(more)
    assert sorted(Visit.objects.values_list("name", "number")) == [("Budi", 2), ("Citra", 3), ("Siti Rahmawati", 1)]


def test_a_button_pressed_twice(client_of, dewi):
    client = client_of(dewi)
    first = ticket(send(client, xlsx(ROW)))
    client.post(PAGE, {"ticket": first})
    again = client.post(PAGE, {"ticket": first}, follow=True)
    assert "Berkas sudah tidak ada di server. Pilih berkasnya sekali lagi." in _text(again)
    assert Visit.objects.count() == 1


def test_the_same_row_twice_in_a_file(client_of, dewi):
    assert "1 baris sama persis dengan baris lain" in _text(send(client_of(dewi), xlsx(ROW, ROW)))


def test_what_the_form_has_recorded_is_known(client_of, dewi, office, make_visit):
    make_visit(name="SITI RAHMAWATI", arrived_at=local(office, "2026-01-05", "08:30:41"))
    assert "1 baris sudah tercatat" in _text(send(client_of(dewi), xlsx(ROW)))


def test_a_form_learns_nothing_of_a_row_whose_identity_it_names(client_of, dewi, point, visit_fields):
    """It would lead to the ticket, and to all that the row holds."""
    bring_in(client_of(dewi), xlsx(ROW))
    identity = str(Visit.objects.get().submission_id)
    for fields in [{"submission_id": identity}, visit_fields(point, submission_id=identity)]:
        response = Client().post(f"/k/{point.code}/kunjungan/", fields)
        assert (response.status_code, "Siti Rahmawati" in response.text) == (409, "name" in fields)
    assert Visit.objects.count() == 1


def test_no_identity_can_be_computed_without_the_secret(client_of, dewi, office, settings):
    """Under a new secret the earlier one still knows the row, though its name be hidden from who brings it in."""
    content = xlsx(row(Keperluan=office.purposes.get(is_confidential=True).name))
    bring_in(client_of(dewi), content)
    (before,) = Visit.objects.values_list("submission_id", flat=True)
    settings.LINK_SECRET, settings.LINK_SECRET_FALLBACKS = "s" * 40, [settings.LINK_SECRET]
    plan = imports.plan(office, spreadsheets.read(content), by=dewi)
    assert (plan.known, plan.new) == (1, [])
    settings.LINK_SECRET_FALLBACKS = []
    (visit,) = imports.plan(office, spreadsheets.read(content), by=dewi).new
    assert visit.submission_id != before


def test_a_hidden_name_is_not_told_by_a_guess(client_of, dewi, office, make_visit):
    make_visit(purpose=office.purposes.get(is_confidential=True), arrived_at=local(office, "2026-01-05", "08:30:00"))
    assert "sudah tercatat" not in _text(send(client_of(dewi), xlsx(ROW)))


def test_anonymised_rows_do_not_come_back(client_of, dewi, office):
    content = xlsx(ROW, row(Nama="Budi"), row(Nama="Citra", Jumlah_tamu=5))
    bring_in(client_of(dewi), content)
    Visit.objects.exclude(name="Citra").update(
        name="", phone="", submission_id=None, key_hash=None, anonymized_at=local(office, "2026-06-01")
    )
    assert "3 baris sudah tercatat" in _text(send(client_of(dewi), content))
    plan = imports.plan(office, spreadsheets.read(xlsx(ROW, row(Nama="Budi"), row(Nama="Dodi"))), by=dewi)
    assert (plan.known, [visit.name for visit in plan.new]) == (2, ["Dodi"])


def test_numbers_go_on_in_the_order_of_arrival(client_of, dewi, office, make_visit):
    make_visit(arrived_at=local(office, "2026-01-05", "07:40:00"), name="Pertama")
    rows = [
        row(Nama="Sore", Datang="14.00", Pulang=""),
        row(Nama="Pagi", Datang="08.00"),
        row(Nama="Lain", Tanggal="04/01/2026"),
    ]
    bring_in(client_of(dewi), xlsx(*rows))
    numbers = dict(Visit.objects.values_list("name", "number"))
    assert numbers == {"Pertama": 1, "Pagi": 2, "Sore": 3, "Lain": 1}
    assert make_visit(arrived_at=local(office, "2026-01-05", "15:00:00")).number == 4


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_make_each_visit_once(office, dewi):
    sheets = spreadsheets.read(xlsx(*[row(Nama=f"Tamu {number}") for number in range(200)]))
    stored = []

    def store():
        stored.append(len(imports.store(office, sheets, by=dewi).new))
        connection.close()

    threads = [threading.Thread(target=store) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(stored) == [0, 200]
    assert sorted(Visit.objects.values_list("number", flat=True)) == list(range(1, 201))


def test_an_export_is_understood(client_of, dewi, office, make_visit):
    """Read back into the same office everything is known; what the file does not hold is told."""
    make_visit(arrived_at=local(office, "2026-01-05"), visitor_kind="media", organization="Radio", note="baris\ndua")
    make_visit(arrived_at=local(office, "2026-01-06"), purpose=office.purposes.get(is_confidential=True))
    columns = [
        "number",
        "day",
        "arrived",
        "left",
        "name",
        "phone",
        "kind",
        "organization",
        "district",
        "purpose",
        "note",
    ]
    fields = {f"visitresource_{name}": "on" for name in columns}
    exported = client_of(dewi).post("/staf/visits/visit/export/", {"format": "0", "resource": "0", **fields})
    plan = imports.plan(office, spreadsheets.read(exported.getvalue()), by=dewi)
    assert (plan.new, plan.known, plan.ignored) == ([], 1, ["nomor"])
    assert plan.mistakes == {
        ("Nama", "Nama tamu tidak ada di berkas ini, jadi barisnya tidak dapat diimpor."): ["baris 2"]
    }


def test_an_export_moves_to_another_office(dewi, office, other_office, make_visit, alice, client_of):
    visit = make_visit(arrived_at=local(office, "2026-01-05"), phone="+12025550123", note="=1+1", district=None)
    fields = {f"visitresource_{name}": "on" for name in ["day", "arrived", "name", "phone", "purpose", "note"]}
    exported = client_of(dewi).post("/staf/visits/visit/export/", {"format": "0", "resource": "0", **fields})
    (moved,) = imports.plan(other_office, spreadsheets.read(exported.getvalue()), by=alice).new
    assert [moved.name, moved.phone, moved.note] == [visit.name, "+12025550123", "=1+1"]
    assert moved.arrived_at == local(other_office, "2026-01-05")


# What the database says.


def test_a_locked_report_refuses(client_of, dewi, office):
    lock(office=office, period=Period.parse("2026-01"), number="1/2026", by=dewi)
    response = send(client_of(dewi), xlsx(ROW))
    assert response.status_code == 422
    assert "Tidak ada yang disimpan: laporan Januari 2026 sudah dikunci" in _text(response)
    assert 'href="/staf/laporan/2026-01/?kantor=contoh"' in response.content.decode()
    bring_in(client_of(dewi), xlsx(row(Tanggal="05/02/2026")))


def test_a_report_locked_between_the_steps_refuses(client_of, dewi, office):
    client = client_of(dewi)
    kept = ticket(send(client, xlsx(ROW, row(Tanggal="05/02/2026"))))
    lock(office=office, period=Period.parse("2026-01"), number="1/2026", by=dewi)
    response = client.post(PAGE, {"ticket": kept}, follow=True)
    assert "laporan Januari 2026 sudah dikunci" in _text(response)
    assert Visit.objects.count() == 0


def test_a_purpose_removed_between_the_steps(client_of, dewi, office):
    client = client_of(dewi)
    kept = ticket(send(client, xlsx(ROW)))
    office.purposes.get(name=PURPOSE).delete()
    assert "Ada baris yang perlu diperbaiki." in _text(client.post(PAGE, {"ticket": kept}, follow=True))
    assert Visit.objects.count() == 0
