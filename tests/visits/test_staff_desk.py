"""Staff write down a visitor without a phone; see who is inside; hang up posters."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from tests.conftest import PASSWORD
from visits.models import AuditEvent, Membership, Visit

ADD = "/staf/visits/visit/add/"


@pytest.fixture
def fields(office):
    def make(**kw):
        return {
            "submission_id": str(uuid4()),
            "name": "Budi Santoso",
            "visitor_kind": "perorangan",
            "organization": "",
            "purpose": office.purposes.first().pk,
            "meeting_with": "Ketua",
            "party_size": "2",
            "district": "",
            "phone": "",
            "note": "",
            **kw,
        }

    return make


def test_a_visitor_is_written_down_and_the_page_waits_for_the_next(client_of, alice, office, fields):
    client = client_of(alice)
    response = client.post(ADD, fields(phone="0812 3456 7890"))
    assert response["Location"] == ADD
    visit = Visit.objects.get()
    assert (visit.name, visit.phone, visit.number, visit.party_size) == ("Budi Santoso", "+6281234567890", 1, 2)
    assert (visit.office, visit.point, visit.entered_by, visit.division) == (
        office,
        None,
        alice,
        office.divisions.first(),
    )
    assert visit.is_open and visit.consent_at is None
    body = client.get(ADD).content.decode()
    assert "Tercatat: nomor 001." in body
    assert "Budi Santoso" not in body
    assert re.search(r'<input[^>]*name="name"[^>]* autofocus', body)
    event = AuditEvent.objects.get(action="visit.registered")
    assert (event.actor, event.object_id, event.details) == ("alice", visit.pk, {})


def test_the_same_form_twice_is_one_visit(client_of, alice, fields):
    client, typed = client_of(alice), fields()
    client.post(ADD, typed)
    client.post(ADD, typed)
    assert Visit.objects.count() == 1
    assert AuditEvent.objects.filter(action="visit.registered").count() == 1


def test_a_guest_typed_after_the_session_has_ended_is_not_lost(alice, fields):
    """The page shown instead still holds the form; a log-in elsewhere makes its token stale, and the next one works."""
    client, sent = Client(enforce_csrf_checks=True), fields(note="Catatan panjang")
    client.get("/staf/login/")
    sent["csrfmiddlewaretoken"] = client.cookies["csrftoken"].value
    response = client.post(ADD, sent)
    assert (response.status_code, "Anda sudah keluar" in response.content.decode()) == (403, True)
    client.post(
        "/staf/login/", {"username": "alice", "password": PASSWORD, "csrfmiddlewaretoken": _hidden(response)[-1][1]}
    )
    for status in [403, 302]:
        assert Visit.objects.count() == 0
        response = client.post(ADD, dict(_hidden(response)))
        assert response.status_code == status
    visit = Visit.objects.get()
    assert (visit.name, visit.note, visit.entered_by) == ("Budi Santoso", "Catatan panjang", alice)


def _hidden(response):
    inputs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.content.decode())
    return sorted(inputs, key=lambda field: field[0] == "csrfmiddlewaretoken")


def test_another_visitor_in_an_old_page_is_not_lost(client_of, alice, fields):
    client, typed = client_of(alice), fields()
    client.post(ADD, typed)
    response = client.post(ADD, typed | {"name": "Sri Wahyuni"})
    form = response.context["adminform"].form
    assert "sudah dipakai untuk mencatat tamu lain" in form.non_field_errors()[0]
    assert form["name"].value() == "Sri Wahyuni"
    client.post(ADD, typed | {"name": "Sri Wahyuni", "submission_id": form["submission_id"].value()})
    assert list(Visit.objects.order_by("pk").values_list("name", flat=True)) == ["Budi Santoso", "Sri Wahyuni"]


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", "Tulis nama tamu."),
        ("name", "\u200b\u200d", "Tulis nama tamu."),
        ("purpose", "", "Pilih keperluan tamu."),
        ("phone", "12", "Nomor kurang lengkap. Contoh: 0812-3456-7890"),
    ],
)
def test_mistakes_are_explained_and_nothing_typed_is_lost(client_of, alice, fields, field, value, error):
    response = client_of(alice).post(ADD, fields(**{field: value, "note": "Catatan panjang"}))
    form = response.context["adminform"].form
    assert (response.status_code, form.errors) == (422, {field: [error]})
    assert re.findall(r'<\w+ [^>]*name="(\w+)"[^>]* autofocus', response.content.decode()) == [field]
    assert "Catatan panjang" in response.content.decode()
    assert Visit.objects.count() == 0


@pytest.mark.parametrize(
    "kw",
    [{"purpose": "x"}, {"party_size": "9" * 30}, {"name": "a\0b" * 60}, {"submission_id": "x"}, {"district": "-1"}],
)
def test_impossible_input_is_a_mistake_not_a_fault(client_of, alice, fields, kw):
    response = client_of(alice).post(ADD, fields(**kw))
    assert (response.status_code, set(response.context["adminform"].form.errors)) == (422, set(kw))
    assert Visit.objects.count() == 0


def test_choices_are_those_of_the_chosen_office(client_of, alice, other_office, fields):
    client = client_of(alice)
    foreign = other_office.purposes.first()
    response = client.post(ADD, fields(purpose=foreign.pk))
    assert set(response.context["adminform"].form.errors) == {"purpose"}
    Membership.objects.create(user=alice, office=other_office)
    response = client.post(f"{ADD}?kantor=lain", fields(purpose=foreign.pk))
    assert response["Location"] == f"{ADD}?kantor=lain"
    assert Visit.objects.get().office == other_office


def test_inside_counts_people_and_keeps_masks(make_visit, office, client_of, alice, ratna):
    make_visit(name="Siti", party_size=3, meeting_with="Sekretariat")
    make_visit(name="Merpati", party_size=2, purpose=office.purposes.get(is_confidential=True))
    make_visit(name="Sudah Pulang", left_at=timezone.now() + timedelta(minutes=1), ended_by="petugas")
    make_visit(name="Belum Datang", arrived_at=None)
    make_visit(name="Tidak Dihitung", excluded_at=timezone.now(), excluded_reason="Uji coba")
    response = client_of(alice).get("/staf/di-dalam/")
    rows = [(row.label, row.name, row.party_size) for row in response.context["rows"]]
    assert rows == [("001", "Siti", 3), ("002", "Dirahasiakan", 2)]
    body = response.content.decode()
    assert "Tamu di dalam: 5 orang" in body and "Merpati" not in body
    assert "Merpati" in client_of(ratna).get("/staf/di-dalam/").content.decode()
    assert AuditEvent.objects.filter(action="inside.listed", actor="alice").get().details == {"rows": 2}


def test_posters_of_a_point(client_of, alice, point, settings):
    client = client_of(alice)
    kinds = {
        ".pdf": ("application/pdf", b"%PDF-"),
        ".png": ("image/png", b"\x89PNG"),
        ".svg": ("image/svg+xml", b"<svg"),
        "-sosial.png": ("image/png", b"\x89PNG"),
        "-lembar.png": ("image/png", b"\x89PNG"),
    }
    for ending, (kind, start) in kinds.items():
        for code in [point.code, point.code.lower()]:
            response = client.get(f"/staf/poster/{code}{ending}")
            assert (response["Content-Type"], response.content[: len(start)]) == (kind, start)
    settings.SITE_URL = "https://dilaku.contoh.go.id"
    body = client.get(f"/staf/poster/{point.code}/").content.decode()
    assert f"https://dilaku.contoh.go.id/k/{point.code}/" in body
    assert "SITE_URL" not in body


def test_a_poster_that_no_phone_can_open_says_what_to_do(client_of, alice, point, settings):
    settings.SITE_URL = "http://127.0.0.1:8000"
    for page in ["/staf/poster/", f"/staf/poster/{point.code}/"]:
        body = client_of(alice).get(page).content.decode()
        assert "Poster ini belum bisa dipakai." in body
        assert "make run HOST=0.0.0.0 SITE_URL=http://" in body


def test_a_revoked_code_is_said_to_be(client_of, alice, point):
    point.is_active = False
    point.save()
    assert "Kode ini tidak berlaku lagi." in client_of(alice).get(f"/staf/poster/{point.code}/").content.decode()
