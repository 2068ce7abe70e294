"""A visitor has asked that nobody uses the own data: masked for everybody, wherever names are shown or used."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reports.monthly import build
from reports.period import Period
from tests.conftest import local
from tests.visits.test_affected import listed
from tests.visits.test_export import download
from tests.visits.test_export import rows as exported
from tests.visits.test_import import ROW, send, xlsx
from tests.visits.test_staff_visit import page, shown
from visits import actions, desk, rights, survey_actions
from visits.models import AuditEvent, SurveyResponse, Visit
from visits.models.survey import ELEMENTS

WORDS = ["Merpati", "Sarang", "0855-5000-1234", "85550001234", "Catatan burung"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def restricted(make_visit):
    return make_visit(
        name="Merpati",
        organization="Sarang",
        visitor_kind="media",
        phone="+6285550001234",
        note="Catatan burung",
        consent_at=timezone.now(),
        restricted_at=timezone.now(),
        party_size=2,
    )


def leaked(response) -> list[str]:
    return [word for word in WORDS if word in response.content.decode()]


@pytest.mark.parametrize("person", ["alice", "dewi", "ratna", "root"])
def test_nobody_reads_it_and_it_is_counted(request, restricted, client_of, person):
    client = client_of(request.getfixturevalue(person))
    change = page(restricted)
    addresses = ["/staf/", "/staf/visits/visit/", "/staf/di-dalam/", change, change.replace("change", "kecualikan")]
    answers = [client.get(address) for address in addresses]
    assert [(answer.status_code, leaked(answer)) for answer in answers] == [(200, [])] * len(addresses)
    assert ["Dirahasiakan" in answer.content.decode() for answer in answers] == [True] * len(addresses)
    assert "Tamu di dalam: 2 orang" in answers[2].content.decode()
    assert "wa.me" not in answers[3].content.decode()


@pytest.mark.parametrize("query", ["Merpati", "sarang", "1234", "085550001234", "1"])
def test_no_search_finds_it(restricted, client_of, root, query):
    response = client_of(root).get("/staf/visits/visit/", {"q": query})
    assert list(response.context["cl"].result_list) == []


def test_it_leaves_without_a_name(restricted, client_of, dewi):
    [row] = exported(download(client_of(dewi), "number", "name", "phone", "organization", "note"))
    assert row == {"Nomor": 1.0, "Nama": "Dirahasiakan", "Nomor HP": "", "Instansi": "", "Catatan tamu": ""}


def test_same_phone_is_no_hint(restricted, make_visit, client_of, ratna):
    other = make_visit(phone=restricted.phone)
    client = client_of(ratna)
    for visit in [restricted, other]:
        assert "Tidak ada kunjungan lain dengan nomor HP ini." in client.get(page(visit)).content.decode()
    assert {row.repeats for row in client.get("/staf/").context["rows"]} == {1}
    assert desk.same_phone_that_day(Visit.objects.as_seen_by(ratna).get(pk=other.pk), ratna) == []


def test_an_import_does_not_tell_that_it_is_known(client_of, dewi, office, make_visit):
    arrived_at = local(office, "2026-01-05", "08:30:00")
    visit = make_visit(arrived_at=arrived_at)
    assert "1 baris sudah tercatat" in send(client_of(dewi), xlsx(ROW)).content.decode()
    rights.restrict(visit, by=dewi)
    assert "sudah tercatat" not in send(client_of(dewi), xlsx(ROW)).content.decode()


def test_a_breach_is_told_to_this_visitor_too(restricted):
    assert [row[1] for row in listed()] == ["Merpati"]


def test_reports_count_it_and_do_not_rank_its_organisation(make_visit, office, dewi):
    arrived_at = local(office, "2026-06-16")
    visits = [
        make_visit(arrived_at=arrived_at + timedelta(hours=hour), visitor_kind="media", organization=name)
        for hour, name in enumerate(["Sarang", "Koran"])
    ]
    period = Period.parse("2026-06")
    before = build(office, period)
    rights.restrict(visits[0], by=dewi)
    after = build(office, period)
    assert [row.label for row in before.organizations] == ["Koran", "Sarang"]
    assert [row.label for row in after.organizations] == ["Koran"]
    assert (after.now, after.purposes, after.kinds) == (before.now, before.purposes, before.kinds)


def test_masked_fields_cannot_be_written(restricted, client_of, ratna):
    client = client_of(ratna)
    sent = shown(client, restricted)
    assert sorted(name for name in sent if not name.startswith("initial-")) == ["meeting_with", "party_size"]
    purpose = restricted.office.purposes.exclude(pk=restricted.purpose_id).first().pk
    assert client.post(page(restricted), sent | {"purpose": purpose, "staff_note": "Ia lagi"}).status_code == 302
    after = Visit.objects.get()
    assert (after.purpose_id, after.staff_note, after.name) == (restricted.purpose_id, "", "Merpati")


def test_the_page_says_since_when_and_offers_to_lift_it(restricted, client_of, alice, dewi):
    bodies = [client_of(person).get(page(restricted)).content.decode() for person in [alice, dewi]]
    assert ["atas permintaan tamu" in body for body in bodies] == [True, True]
    assert [body.count("Cabut pembatasan") for body in bodies] == [0, 1]
    assert [body.count('name="_step" value="close"') for body in bodies] == [1, 1]


def test_lifting_it_is_for_those_who_decide_and_leaves_a_line(restricted, client_of, alice, charlie, dewi):
    lift = f"/staf/visits/visit/{restricted.pk}/cabut-pembatasan/"
    refused = [client_of(person).post(lift).status_code for person in [alice, charlie]]
    assert (refused, client_of(dewi).get(lift).status_code) == ([403, 404], 405)
    assert Visit.objects.get().restricted_at is not None
    client = client_of(dewi)
    body = client.post(lift, {"next": page(restricted)}, follow=True).content.decode()
    assert "Kunjungan 001 tidak dibatasi lagi" in body and "Merpati" in body and "Pembatasan:" not in body
    assert "sudah berubah sementara itu" in client.post(lift, {"next": page(restricted)}, follow=True).content.decode()
    events = AuditEvent.objects.filter(action="visit.restriction_lifted").values_list("actor", "object_id")
    assert list(events) == [("dewi", restricted.pk)]


def test_the_button_on_the_page_lifts_it_too(restricted, client_of, dewi):
    client = client_of(dewi)
    assert client.post(page(restricted), shown(client, restricted) | {"_step": "lift"}).status_code == 302
    assert Visit.objects.get().restricted_at is None


def test_once_erased_nothing_is_left_to_lift(restricted, client_of, dewi):
    rights.erase_visit(restricted, by=dewi)
    body = client_of(dewi).get(page(restricted)).content.decode()
    assert "Cabut pembatasan" not in body and "atas permintaan tamu" not in body
    with pytest.raises(actions.AlreadyErasedError):
        rights.lift_restriction(restricted, by=dewi)


def test_once_erased_it_is_called_erased_and_no_longer_hidden(restricted, client_of, dewi):
    rights.erase_visit(restricted, by=dewi)
    client = client_of(dewi)
    bodies = [client.get(address).content.decode() for address in ["/staf/visits/visit/", page(restricted)]]
    assert ["Data sudah dihapus" in body for body in bodies] == [True, True]
    assert ["Dirahasiakan" in body for body in bodies] == [False, False]
    [row] = exported(download(client, "number", "name", "phone"))
    assert row == {"Nomor": 1.0, "Nama": "", "Nomor HP": ""}


def test_nobody_waits_for_an_erased_announcement(make_visit, online_point, dewi):
    visit = make_visit(point=online_point, arrived_at=None)
    assert list(Visit.objects.announced()) == [visit]
    rights.erase_visit(visit, by=dewi)
    assert list(Visit.objects.announced()) == []
    assert actions.arrive(visit, by=dewi).arrived_at is None


def test_an_erased_visit_takes_no_more_answers(make_visit, dewi):
    visit = actions.close(make_visit())
    rights.erase_visit(visit, by=dewi)
    with pytest.raises(actions.AlreadyErasedError):
        survey_actions.rate(visit, answers=dict.fromkeys(ELEMENTS, 4))
    assert not SurveyResponse.objects.exists()
