"""When a visit may be rated, by whom, and where that is offered."""

from datetime import timedelta
from uuid import uuid4

import pytest

import reports.actions
from reports.period import Period
from tests.conftest import local
from tests.visits.pages import every, only
from tests.visits.sheets import chosen, stored, survey_of, tree
from visits import actions
from visits.models import SurveyResponse, Visit

pytestmark = pytest.mark.django_db


def closed_page(response) -> tuple[str, bool]:
    """What it says, and whether there is still a form."""
    root = tree(response)
    return only(root, "h1"), root.find(".//main//form") is not None


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Jayapura"])
def test_fourteen_days_of_the_offices_own_calendar(client, office, make_visit, survey_fields, clock, zone):
    office.time_zone = zone
    office.save()
    visit = actions.close(make_visit(arrived_at=local(office, "2026-07-14", "09:00")))
    clock.set(local(office, "2026-07-28", "23:59:59"))
    assert client.post(survey_of(visit), survey_fields(4)).status_code == 303

    clock.set(local(office, "2026-07-29", "00:00"))
    refused = client.post(survey_of(visit), survey_fields(1, comment="Masih sempat?"))
    assert (refused.status_code, closed_page(refused)) == (409, ("Masa penilaian sudah lewat", False))
    assert "sampai Selasa, 28 Juli." in refused.content.decode()
    assert "Masih sempat?" in refused.content.decode(), "what was typed is not lost"
    assert closed_page(client.get(survey_of(visit))) == ("Masa penilaian sudah lewat", False)
    assert [row["speed"] for row in stored()] == [4]


def test_what_a_locked_report_has_counted_stays(client, office, make_visit, survey_fields, clock, dewi):
    clock.set(local(office, "2026-06-28", "10:00"))
    rated, unrated = [actions.close(make_visit(arrived_at=local(office, "2026-06-28", "09:00"))) for _ in range(2)]
    client.post(survey_of(rated), survey_fields(4))
    clock.set(local(office, "2026-07-02", "10:00"))
    reports.actions.lock(office=office, period=Period.parse("2026-06"), number="045/HM.02/VII/2026", by=dewi)

    refused = client.post(survey_of(rated), survey_fields(1, comment="Saya ralat"))
    assert (refused.status_code, closed_page(refused)) == (409, ("Penilaian Anda sudah dihitung dalam laporan", False))
    assert "Laporan Juni 2026 sudah disahkan" in refused.content.decode()
    assert "Saya ralat" in refused.content.decode(), "what was typed is not lost"
    assert [row["speed"] for row in stored()] == [4]
    assert client.post(survey_of(rated), survey_fields(4)).status_code == 303, "the same answers change nothing"

    # Nobody is asked to write what can't be taken any more.
    assert closed_page(client.get(survey_of(rated))) == ("Penilaian Anda sudah dihitung dalam laporan", False)
    ticket = client.get(survey_of(rated).removesuffix("penilaian/")).text
    assert "Jawaban Anda sudah dihitung dalam laporan." in ticket
    assert "Ubah penilaian" not in ticket
    assert "Ubah penilaian" not in client.get(f"{survey_of(rated)}terima-kasih/").text
    assert "Beri penilaian" in client.get(survey_of(unrated).removesuffix("penilaian/")).text

    client.post(survey_of(unrated), survey_fields(2))
    assert sorted((str(row.day), row.speed) for row in SurveyResponse.objects.all()) == [
        ("2026-06-28", 4),
        ("2026-07-02", 2),
    ]


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("announced", "Penilaian dibuka setelah Anda datang"),
        ("lapsed", "Penilaian dibuka setelah Anda datang"),
        ("excluded", "Kunjungan ini tidak dapat dinilai"),
    ],
)
def test_what_did_not_take_place_is_not_rated(client, make_visit, online_point, alice, survey_fields, state, says):
    visit = make_visit(**({} if state == "excluded" else {"point": online_point, "arrived_at": None}))
    if state == "excluded":
        actions.exclude(visit, reason="Ganda", by=alice)
    if state == "lapsed":
        Visit.objects.filter(pk=visit.pk).update(lapsed_at=visit.created_at)

    shown, refused = client.get(survey_of(visit)), client.post(survey_of(visit), survey_fields())

    assert (shown.status_code, closed_page(shown)) == (200, (says, False))
    assert (refused.status_code, closed_page(refused)) == (409, (says, False))
    assert stored() == []


def test_who_forgot_to_end_the_visit_may_rate_it_all_the_same(client, make_visit, survey_fields):
    client.post(survey_of(make_visit()), survey_fields())

    assert len(stored()) == 1


def test_the_ticket_of_an_anonymised_visit_leads_nowhere(client, ended, survey_fields):
    address = survey_of(ended)
    Visit.objects.filter(pk=ended.pk).update(submission_id=None, key_hash=None)

    for response in [client.get(address), client.post(address, survey_fields())]:
        assert (response.status_code, "Tiket tidak ditemukan" in response.content.decode()) == (404, True)
    assert stored() == []


def test_thanks_come_after_the_sheet(client, ended, survey_fields):
    address = f"{survey_of(ended)}terima-kasih/"
    assert client.get(address).headers["Location"] == survey_of(ended)

    client.post(survey_of(ended), survey_fields())
    assert client.get(address).status_code == 200


# --- around it -------------------------------------------------------------------------------------------------------


def offered(client, visit) -> tuple[str, str] | None:
    """Words and link of the survey on the ticket."""
    section = tree(client.get(f"/t/{actions.ticket_key(visit)}/")).find(".//section[@aria-labelledby='survey']")
    return section and (only(section, "a"), section.find(".//a").get("href"))


def test_the_ticket_offers_it_once_the_visit_has_ended(client, make_visit, survey_fields, clock, office):
    clock.set(local(office, "2026-07-14", "10:00"))
    visit = make_visit(arrived_at=local(office, "2026-07-14", "09:00"))
    assert offered(client, visit) is None
    assert client.get(f"/t/{actions.ticket_key(visit)}/").context["survey"] is None, "and nothing is asked for"
    actions.close(visit)
    assert offered(client, visit) == ("Beri penilaian", survey_of(visit))
    client.post(survey_of(visit), survey_fields())
    assert offered(client, visit) == ("Ubah penilaian", survey_of(visit))
    clock.set(local(office, "2026-07-28", "10:00"))
    assert offered(client, visit) == ("Ubah penilaian", survey_of(visit))
    clock.set(local(office, "2026-07-29", "10:00"))
    assert offered(client, visit) is None


def test_a_visit_that_was_closed_by_itself_is_offered_too(client, make_visit, alice):
    visit = make_visit()
    Visit.objects.filter(pk=visit.pk).update(left_at=visit.arrived_at + timedelta(hours=1), ended_by="otomatis")
    assert offered(client, visit) == ("Beri penilaian", survey_of(visit))
    actions.exclude(visit, reason="Ganda", by=alice)
    assert offered(client, visit) is None


def test_it_is_a_private_page(client, ended, survey_fields):
    sent = client.post(survey_of(ended), survey_fields())
    for response in [client.get(survey_of(ended)), sent, client.get(sent.headers["Location"])]:
        assert response.headers["Cache-Control"] == "no-store, private"
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("key", ["a" * 26, "abc"])
def test_a_stranger_finds_nothing(client, ended, survey_fields, key):
    for response in [
        client.get(f"/t/{key}/penilaian/"),
        client.post(f"/t/{key}/penilaian/", survey_fields()),
        client.get(f"/t/{key}/penilaian/terima-kasih/"),
    ]:
        assert (response.status_code, "Tiket tidak ditemukan" in response.content.decode()) == (404, True)
    assert stored() == []


def test_the_key_of_another_visit_opens_that_ones_sheet_only(client, make_visit, survey_fields):
    mine, theirs = actions.close(make_visit()), actions.close(make_visit(submission_id=uuid4()))
    client.post(survey_of(mine), survey_fields(2))

    assert chosen(tree(client.get(survey_of(theirs)))) == {}


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(client, ended, method):
    assert getattr(client, method)(survey_of(ended)).status_code == 405
    assert getattr(client, method)(f"{survey_of(ended)}terima-kasih/").status_code == 405


def test_in_english_to_the_end(client, make_visit, survey_fields):
    visit = actions.close(make_visit(language="en"))
    root = tree(client.get(survey_of(visit)))
    assert (root.get("lang"), only(root, "h1")) == ("en", "Rate our service")
    assert every(root.find(".//fieldset"), "label") == ["Not suitable", "Less suitable", "Suitable", "Very suitable"]
    action = root.find(".//main//form").get("action")

    mistakes = tree(client.post(action, survey_fields(speed="")))
    assert every(mistakes, "div[@role='alert']//li") == ["Choose an answer to question 3."]
    sent = client.post(action, survey_fields())
    assert only(tree(client.get(sent.headers["Location"])), "h1") == "Thank you"

    indonesian = tree(client.get(f"{survey_of(visit)}?lang=id"))
    assert (indonesian.get("lang"), only(indonesian, "h1")) == ("id", "Penilaian layanan")
    assert offered(client, visit) == ("Change my rating", f"{survey_of(visit)}?lang=en")
