"""National holidays and collective leave of this year and the next, offered for confirmation."""

from datetime import date

import pytest

from tests.conftest import local
from visits import roles
from visits.holidays import national_closed_days
from visits.models import AuditEvent, ClosedDay, Membership

OFFER = "/staf/visits/closedday/libur-nasional/"


@pytest.fixture(autouse=True)
def _july(clock, office):
    clock.set(local(office, "2026-07-14"))


@pytest.fixture
def admin(client_of, dewi):
    return client_of(dewi)


def offers(response):
    return {offer.day: offer for days in response.context["years"].values() for offer in days}


def test_two_years_are_offered_and_the_unsure_ones_are_not_ticked(admin):
    response = admin.get(OFFER)
    expected = national_closed_days(2026) | national_closed_days(2027)
    assert {day: offer.name for day, offer in offers(response).items()} == expected
    unsure = {day for day, name in expected.items() if name.endswith("(perkiraan)")}
    assert unsure
    assert {date.fromisoformat(day) for day in response.context["form"].ticked} == set(expected) - unsure
    body = response.content.decode()
    assert body.count('name="days"') == len(expected)
    assert body.count(" checked") == len(expected) - len(unsure)
    assert body.count("Belum pasti") == len(unsure)
    assert "Kamis, 24 Desember" in body and "Cuti Bersama Hari Raya Natal" in body


def test_the_ticked_ones_are_added(admin, office):
    response = admin.post(OFFER, {"days": ["2026-12-24", "2026-12-25", "2027-01-01"]}, follow=True)
    assert "3 hari tutup ditambahkan." in response.content.decode()
    assert list(office.closed_days.order_by("day").values_list("day", "name")) == [
        (date(2026, 12, 24), "Cuti Bersama Hari Raya Natal"),
        (date(2026, 12, 25), "Hari Raya Natal"),
        (date(2027, 1, 1), "Tahun Baru Masehi"),
    ]
    event = AuditEvent.objects.get(action="closedday.confirmed")
    assert (event.actor, event.office_id, event.details) == ("dewi", office.pk, {"added": 3})
    trail = admin.get("/staf/visits/auditevent/").content.decode()
    assert "Menambah libur nasional" in trail and "3 ditambahkan" in trail


def test_those_that_are_there_are_marked_and_left_alone(admin, office):
    ClosedDay.objects.create(office=office, day="2026-12-25", name="Natal bersama")
    response = admin.get(OFFER)
    assert [day for day, offer in offers(response).items() if offer.is_present] == [date(2026, 12, 25)]
    body = response.content.decode()
    assert body.count("Sudah ada") == 1 and 'value="2026-12-25"' not in body
    response = admin.post(OFFER, {"days": ["2026-12-24", "2026-12-25"]})
    assert response.status_code == 422
    assert ClosedDay.objects.get().name == "Natal bersama"


@pytest.mark.parametrize("days", [["2026-07-14"], ["2025-12-25"], ["2028-01-01"], ["besok"], ["2026-12-25", "x"]])
def test_only_offered_days_are_added(admin, days):
    assert admin.post(OFFER, {"days": days}).status_code == 422
    assert not ClosedDay.objects.exists()


def test_a_mistake_keeps_the_ticks(admin):
    response = admin.post(OFFER, {"days": ["2026-12-25", "x"]})
    body = response.content.decode()
    assert 'value="2026-12-25" id="day-2026-12-25" checked' in body
    assert body.count(" checked") == 1


def test_nothing_ticked_is_a_mistake(admin):
    response = admin.post(OFFER, {"csrfmiddlewaretoken": "x"})
    assert "Pilih paling sedikit satu tanggal." in response.content.decode()
    assert not AuditEvent.objects.filter(action="closedday.confirmed").exists()


def test_the_year_is_the_offices_own(client_of, make_user, other_office, clock):
    """New Year in Jayapura is still December in Jakarta."""
    clock.set(local(other_office, "2027-01-01", "00:30:00"))
    response = client_of(make_user("eko", other_office, roles.OFFICE_ADMIN)).get(OFFER)
    assert list(response.context["years"]) == [2027, 2028]


@pytest.mark.parametrize("who", ["alice", "bob", "charlie"])
def test_it_is_for_admins(request, client_of, who):
    client = client_of(request.getfixturevalue(who))
    assert client.get(OFFER).status_code == 403
    assert client.post(OFFER, {"days": ["2026-12-25"]}).status_code == 403
    assert not ClosedDay.objects.exists()


def test_only_the_own_office_gets_them(admin, dewi, office, other_office):
    assert admin.post(f"{OFFER}?kantor=lain", {"days": ["2026-12-25"]}).status_code == 404
    Membership.objects.create(user=dewi, office=other_office)
    admin.post(f"{OFFER}?kantor=lain", {"days": ["2026-12-25"]})
    assert [day.office for day in ClosedDay.objects.all()] == [other_office]


def test_the_list_of_closed_days_leads_here(admin):
    assert f'href="{OFFER}"' in admin.get("/staf/visits/closedday/").content.decode()
