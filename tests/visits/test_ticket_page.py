"""The page of a ticket, from the door to the next day."""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests.conftest import local
from tests.visits.pages import every, feedback_form_of, only, ticket_of, tree, words
from visits import actions
from visits.models import CheckInPoint, Visit

pytestmark = pytest.mark.django_db

TUESDAY = "2026-07-14"


@pytest.mark.parametrize(
    ("time_zone", "indonesian", "english"),
    [
        ("Asia/Jakarta", "Selasa, 14 Juli 2026, pukul 23.42 WIB", "Tuesday, 14 July 2026, 23:42 WIB"),
        ("Asia/Makassar", "Rabu, 15 Juli 2026, pukul 00.42 WITA", "Wednesday, 15 July 2026, 00:42 WITA"),
        ("Asia/Jayapura", "Rabu, 15 Juli 2026, pukul 01.42 WIT", "Wednesday, 15 July 2026, 01:42 WIT"),
    ],
)
def test_the_ticket_tells_the_offices_time(client, office, make_visit, time_zone, indonesian, english):
    office.time_zone = time_zone
    office.save()
    visit = make_visit(arrived_at=datetime(2026, 7, 14, 16, 42, tzinfo=UTC))

    assert every(tree(client.get(ticket_of(visit))), "section[@id='ticket']/div/p")[2] == indonesian
    assert every(tree(client.get(ticket_of(visit), {"lang": "en"})), "section[@id='ticket']/div/p")[2] == english


def test_the_ticket_of_today(client, make_visit, at, office):
    at("09:42")
    visit = make_visit(arrived_at=local(office, TUESDAY, "09:42"), meeting_with="Sekretariat", party_size=2)
    root = tree(client.get(ticket_of(visit)))
    ticket = root.find(".//section[@id='ticket']")

    assert every(ticket, "div/p")[:2] == ["Nomor kunjungan hari ini", "001"]
    assert list(zip(every(ticket, "dt"), every(ticket, "dd"), strict=True)) == [
        ("Keperluan", visit.purpose.name),
        ("Bertemu", "Sekretariat"),
        ("Jumlah tamu", "2 orang"),
    ]
    key = actions.ticket_key(visit)
    groups = "-".join(re.findall(".{1,4}", key.upper()))
    assert only(root, "span[@class='url']") == f"{urlsplit(settings.SITE_URL).netloc}/t/{groups}"
    assert client.get(f"/t/{groups}/").status_code == 200
    midnight = local(office, "2026-07-15", "00:00")
    assert {name: value for name, value in ticket.attrib.items() if name.startswith("data-")} == {
        "data-link": f"/t/{key}/",
        "data-number": "001",
        "data-office": "contoh",
        "data-until": str(int(midnight.timestamp() * 1000)),
    }


def suggestions_from(client, visit) -> list[str]:
    """Where the ticket's "Sampaikan saran" leads."""
    root = tree(client.get(ticket_of(visit)))
    return [link.get("href") for link in root.iter("a") if words(link) == "Sampaikan saran"]


def test_the_ticket_leads_on_to_a_suggestion_as_long_as_a_poster_hangs(client, office, point, online_point, make_visit):
    visit = make_visit(point=point)
    office.points.create(kind="poster", name="Lobi dalam", code="ZZZZZ2")
    assert suggestions_from(client, visit) == [feedback_form_of(point)]

    CheckInPoint.objects.filter(pk=point.pk).update(is_active=False)
    assert suggestions_from(client, visit) == ["/k/ZZZZZ2/saran/"]

    CheckInPoint.objects.filter(code="ZZZZZ2").update(is_active=False)
    assert suggestions_from(client, visit) == [], "neither online nor at another office"


def test_whom_staff_entered_may_write_from_the_ticket_too(client, point, make_visit, alice):
    assert suggestions_from(client, make_visit(point=None, entered_by=alice)) == [feedback_form_of(point)]
    announced = make_visit(point=None, arrived_at=None)
    assert suggestions_from(client, announced) == [], "before they come there is nothing to tell"


def test_only_a_ticket_without_an_active_point_looks_for_a_poster(client, make_visit, alice, django_assert_num_queries):
    own, entered = ticket_of(make_visit()), ticket_of(make_visit(point=None, entered_by=alice))
    # The visit with its office, point, purpose and district; and then the poster.
    with django_assert_num_queries(1):
        client.get(own)
    with django_assert_num_queries(2):
        client.get(entered)


def test_an_anonymised_visit_has_no_ticket_any_more(client, make_visit):
    visit = make_visit()
    address = ticket_of(visit)
    Visit.objects.filter(pk=visit.pk).update(
        name="", phone="", submission_id=None, key_hash=None, content_digest="", anonymized_at=visit.arrived_at
    )
    response = client.get(address)

    assert (response.status_code, only(tree(response), "h1")) == (404, "Tiket tidak ditemukan")


def test_an_announced_ticket_waits_seven_days(client, make_visit, online_point, office, clock):
    clock.set(local(office, TUESDAY, "20:30"))
    visit = make_visit(point=online_point, arrived_at=None, created_at=local(office, TUESDAY, "20:00"))
    root = tree(client.get(ticket_of(visit)))

    assert only(root, "p[@class='lead']") == (
        "Kami tunggu kedatangan Anda sampai Selasa, 21 Juli 2026. Nomor kunjungan Anda dapatkan saat tiba di kantor."
    )
    assert root.find(".//p[@class='big']") is None
    assert root.find(".//section[@id='ticket']").get("data-announced") == "1"


def test_the_code_of_another_office_does_not_open_the_door(client, make_visit, online_point, other_office):
    visit = make_visit(point=online_point, arrived_at=None)
    code = other_office.points.get().code
    root = tree(client.post(f"{ticket_of(visit)}datang/", {"kode": code}))

    assert only(root, "div[@role='alert']//a") == (
        "Kode ini bukan dari poster kantor ini. Periksa enam huruf dan angka di poster."
    )
    assert root.find(".//input[@id='kode']").get("value") == code


def test_an_english_visitors_ticket_is_english_until_switched(client, make_visit):
    visit = make_visit(language="en")

    assert only(tree(client.get(ticket_of(visit))), "h1") == "Thank you, Siti Rahmawati"
    assert only(tree(client.get(ticket_of(visit), {"lang": "id"})), "h1") == "Terima kasih, Siti Rahmawati"
    assert client.post(f"{ticket_of(visit)}selesai/").headers["Location"] == f"{ticket_of(visit)}?lang=id"
