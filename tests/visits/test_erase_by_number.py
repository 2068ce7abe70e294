"""Somebody who left no phone number asks for the own data: staff find them by the number of the visit or the thread."""

import pytest
from django.contrib.messages import get_messages

from tests.conftest import local
from tests.visits.test_erase_by_phone import PAGE, alert, audit, confirmed, found_by, is_erased
from tests.visits.threads import tree, words
from visits import rights
from visits.models import Message, Visit

DAY, ONE_WAY = "2026-07-14", "Isi salah satu: nomor HP, hari dan nomor kunjungan, atau nomor saran."
HALF, NO_DAY = "Tulis juga nomor kunjungannya.", "Isi juga hari kunjungannya."
NO_DATE, NO_NUMBER = "Tulis harinya lengkap, misalnya 14/07/2026.", "Tulis angka saja, misalnya 14."
NO_RANGE, NO_THREAD = "Nomor kunjungan 1 sampai 999999.", "Tulis nomor saran seperti S-0032."
NO_PHONE = "Nomor kurang lengkap. Contoh: 0812-3456-7890"
pytestmark = pytest.mark.django_db


@pytest.fixture
def guest(office, alice, make_visit):
    """Whom the desk wrote down without a phone number: 014 of that day."""
    return make_visit(phone="", entered_by=alice, point=None, arrived_at=local(office, DAY), number=14)


@pytest.fixture
def thread(make_feedback):
    return make_feedback(number=32, name="Siti")


def search(client, **fields):
    return client.post(PAGE, fields)


def sent(page, do, *ticked) -> dict[str, list[str]]:
    """What a browser sends from the form with this button: all that is hidden, and these boxes."""
    [form] = [form for form in tree(page).iter("form") if form.find(f".//button[@value='{do}']") is not None]
    fields = {"do": [do]}
    for field in form.iter("input"):
        if field.get("type") == "hidden" or field.get("name") in ticked:
            fields.setdefault(field.get("name"), []).append(field.get("value", "on"))
    return fields


def done(client, do, *ticked, **fields):
    """As staff do it: search, tick and press, and press again on the page that asks."""
    asked = client.post(PAGE, sent(search(client, **fields), do, *ticked, "identity"))
    return client.post(PAGE, sent(asked, do))


@pytest.mark.parametrize(("day", "number"), [(DAY, "014"), (DAY, " 14 "), ("14/07/2026", "14"), ("14-07-2026", "14")])
def test_a_guest_without_a_phone_number_is_found_by_day_and_number(
    office, guest, make_visit, client_of, dewi, day, number
):
    make_visit(arrived_at=local(office, DAY), number=15)
    make_visit(arrived_at=local(office, "2026-07-13"), number=14)
    make_visit(arrived_at=None)
    response = search(client_of(dewi), day=day, number=number)
    assert found_by(response) == ({guest.pk}, set())
    assert words(tree(response).find(f".//th[@id='visit-{guest.pk}']")) == "Kunjungan 014Siti Rahmawati"
    assert audit() == [("rights.searched", "dewi", "", None, {"rows": 1})]


@pytest.mark.parametrize("typed", ["S-0032", "s-32", "S32", "32", " s - 032 ", "0032"])
def test_a_thread_without_a_phone_number_is_found_by_its_own(thread, guest, make_feedback, client_of, dewi, typed):
    make_feedback(number=3)
    make_feedback(number=320)
    response = search(client_of(dewi), thread_number=typed)
    assert found_by(response) == (set(), {thread.pk})
    assert "Batasi" not in {words(button) for button in tree(response).iter("button")}
    assert audit() == [("rights.searched", "dewi", "", None, {"rows": 1})]


@pytest.mark.parametrize(
    "fields", [{"day": DAY, "number": "13"}, {"day": "2026-07-15", "number": "14"}, {"thread_number": "33"}]
)
def test_any_other_number_finds_nobody(guest, thread, client_of, dewi, fields):
    response = search(client_of(dewi), **fields)
    assert found_by(response) == (set(), set())
    assert "Tidak ada data yang cocok" in [words(title) for title in tree(response).iter("h2")]
    assert tree(response).find(".//input[@name='identity']") is None


def test_a_guest_is_erased(guest, client_of, dewi):
    response = done(client_of(dewi), "hapus", "visit", day=DAY, number="014")
    assert (response.status_code, response["Location"]) == (302, f"{PAGE}?kantor=contoh")
    assert [str(message) for message in get_messages(response.wsgi_request)] == ["1 data dihapus."]
    assert is_erased(guest) and (guest.day.isoformat(), guest.number) == (DAY, 14)
    assert audit() == [
        ("rights.searched", "dewi", "", None, {"rows": 1}),
        ("rights.searched", "dewi", "", None, {"rows": 1}),
        ("visit.erased", "dewi", "visit", guest.pk, {}),
    ]


def test_a_guest_is_restricted(guest, client_of, dewi):
    client = client_of(dewi)
    response = done(client, "batasi", "visit", day=DAY, number="14")
    assert [str(message) for message in get_messages(response.wsgi_request)] == ["1 data dibatasi."]
    guest.refresh_from_db()
    assert (guest.restricted_at is None, guest.name) == (False, "Siti Rahmawati")
    assert audit()[2:] == [("visit.restricted", "dewi", "visit", guest.pk, {})]
    again = search(client, day=DAY, number="14")
    assert words(tree(again).find(f".//th[@id='visit-{guest.pk}']")) == "Kunjungan 014Dibatasi atas permintaan tamu"


def test_a_thread_is_erased_with_its_letters(thread, client_of, dewi):
    response = done(client_of(dewi), "hapus", "thread", thread_number="s-32")
    assert [str(message) for message in get_messages(response.wsgi_request)] == ["1 data dihapus."]
    assert is_erased(thread) and list(Message.objects.values_list("body", flat=True)) == [""]
    assert audit()[2:] == [("feedback.erased", "dewi", "feedback", thread.pk, {})]
    assert "Siti" not in str(audit()) and "32" not in str([details for *_others, details in audit()])


def test_what_was_erased_is_not_found_again(guest, thread, client_of, dewi):
    for fields, tick in [({"day": DAY, "number": "14"}, "visit"), ({"thread_number": "32"}, "thread")]:
        done(client_of(dewi), "hapus", tick, **fields)
        assert found_by(search(client_of(dewi), **fields)) == (set(), set())


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, {"__all__": [ONE_WAY]}),
        ({"phone": " ", "day": "", "number": "", "thread_number": " "}, {"__all__": [ONE_WAY]}),
        ({"phone": "0812-3456-7890", "thread_number": "32"}, {"__all__": [ONE_WAY]}),
        ({"phone": "0812-3456-7890", "day": DAY, "number": "14"}, {"__all__": [ONE_WAY]}),
        ({"phone": "0812-3456-7890", "number": "14"}, {"__all__": [ONE_WAY]}),
        ({"day": DAY, "number": "14", "thread_number": "32"}, {"__all__": [ONE_WAY]}),
        ({"day": DAY}, {"number": [HALF]}),
        ({"number": "14"}, {"day": [NO_DAY]}),
        ({"day": "14 Juli", "number": "14"}, {"day": [NO_DATE]}),
        ({"day": "2026-02-30", "number": "14"}, {"day": [NO_DATE]}),
        ({"day": DAY, "number": "S-14"}, {"number": [NO_NUMBER]}),
        ({"day": DAY, "number": "0"}, {"number": [NO_RANGE]}),
        ({"day": DAY, "number": "-14"}, {"number": [NO_RANGE]}),
        ({"day": DAY, "number": "1000000"}, {"number": [NO_RANGE]}),
        ({"thread_number": "S-"}, {"thread_number": [NO_THREAD]}),
        ({"thread_number": "S-0000"}, {"thread_number": [NO_THREAD]}),
        ({"thread_number": "X-32"}, {"thread_number": [NO_THREAD]}),
        ({"thread_number": "1000000"}, {"thread_number": [NO_THREAD]}),
        ({"phone": "0812", "thread_number": "32"}, {"phone": [NO_PHONE]}),
    ],
)
def test_a_mistake_is_told_what_was_typed_stays_and_nothing_is_searched(guest, thread, client_of, dewi, fields, said):
    response = search(client_of(dewi), **fields)
    assert (response.status_code, response.context["form"].errors) == (422, said)
    assert alert(response) == next(iter(said.values()))[0]
    typed = {field.get("name"): field.get("value", "") for field in tree(response).iter("input")}
    assert {name: typed[name] for name in fields} == fields
    assert response.context["found"] is None and audit() == []


def test_what_is_typed_is_only_posted(guest, thread, client_of, dewi):
    client = client_of(dewi)
    for fields in [{"day": DAY, "number": "14"}, {"thread_number": "32"}]:
        response = client.get(PAGE, fields)
        assert (response.status_code, response.context["found"]) == (200, None)
    assert audit() == []


def test_what_is_confidential_looks_like_a_number_that_nobody_has(guest, office, client_of, dewi, root):
    Visit.objects.filter(pk=guest.pk).update(purpose=office.purposes.get(is_confidential=True))
    client = client_of(dewi)
    secret, nobody = search(client, day=DAY, number="14"), search(client, day=DAY, number="15")
    assert found_by(secret) == found_by(nobody) == (set(), set())
    assert words(tree(secret)) == words(tree(nobody))
    search(client, day=DAY, number="14", **confirmed(guest))
    assert not is_erased(guest)
    rights.restrict(guest, by=root)
    assert found_by(search(client, day=DAY, number="14")) == (set(), set())
    assert found_by(search(client_of(root), day=DAY, number="14")) == ({guest.pk}, set())


def test_the_same_numbers_of_another_office_are_neither_found_nor_erased(
    guest, thread, make_visit, make_feedback, other_office, client_of, dewi
):
    there = make_visit(office=other_office, arrived_at=local(other_office, DAY), number=14)
    letter = make_feedback(office=other_office, number=32)
    client, by_day, by_thread = client_of(dewi), {"day": DAY, "number": "14"}, {"thread_number": "32"}
    assert [found_by(search(client, **way)) for way in [by_day, by_thread]] == [
        ({guest.pk}, set()),
        (set(), {thread.pk}),
    ]
    assert [client.post(f"{PAGE}?kantor=lain", way).status_code for way in [by_day, by_thread]] == [404, 404]
    search(client, **by_day, **confirmed(guest, there))
    search(client, **by_thread, **confirmed(thread, letter))
    assert [is_erased(row) for row in [guest, there, thread, letter]] == [True, False, True, False]


def test_only_what_this_search_has_found_is_erased(guest, thread, make_visit, client_of, dewi):
    other, client = make_visit(), client_of(dewi)
    search(client, day=DAY, number="14", **confirmed(guest, other, thread))
    assert [is_erased(row) for row in [guest, other, thread]] == [True, False, False]


@pytest.mark.parametrize("person", ["alice", "bob", "ratna", "charlie"])
def test_nobody_else_searches_or_erases(request, guest, thread, client_of, person):
    client = client_of(request.getfixturevalue(person))
    for way, row in [({"day": DAY, "number": "14"}, guest), ({"thread_number": "32"}, thread)]:
        answers = [search(client, **way), search(client, **way, **confirmed(row))]
        assert [answer.status_code for answer in answers] == [403, 403]
        assert "Siti" not in answers[0].content.decode() and not is_erased(row)
    assert {action for action, *_others in audit()} == {"refused"}
