"""What visitors correct on the page of their own data: stored at once, and nothing else with it."""

import pytest

from tests.visits.own_data import (
    AS_IT_WAS,
    at_once,
    audit,
    confirmation,
    correct,
    held,
    mistakes_of,
    own_data_of,
    trail_of,
    typed,
    values_of,
)
from tests.visits.threads import tree, words
from visits import actions, phones, rights
from visits.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(make_visit):
    return make_visit(visitor_kind="akademisi", organization="Universitas Contoh")


def test_what_is_mended_is_stored_at_once_with_a_trace_of_what_not_to_what(client, visit):
    response = correct(client, visit, name="  Siti  Rahma ", phone="0813 1111 2222", note="Kursi roda\r\nTerima kasih")

    assert (response.status_code, confirmation(client, response)) == (303, "Data Anda sudah diperbaiki")
    assert held(visit) == ("Siti Rahma", "+6281311112222", "Universitas Contoh", "", "Kursi roda\nTerima kasih")
    assert audit() == [("visit.corrected", {"fields": ["name", "phone", "note"]})]
    assert trail_of(client, visit) == ["Anda memperbaiki data: nama, nomor HP, catatan"]
    assert response.cookies == {}


def test_the_form_sent_as_it_is_shown_changes_nothing(client, visit):
    fields = values_of(client.get(own_data_of(visit)))

    response = client.post(f"{own_data_of(visit)}perbaikan/", fields)

    assert confirmation(client, response) == "Tidak ada yang berubah"
    assert (held(visit), audit()) == (AS_IT_WAS, [])


def test_sent_twice_over_a_weak_signal_it_is_stored_once_and_confirmed_twice(client, visit):
    fields = values_of(client.get(own_data_of(visit))) | {"name": "Siti R.", "note": "Kursi roda\r\nTerima kasih"}

    answers = [client.post(f"{own_data_of(visit)}perbaikan/", fields) for _ in range(2)]

    assert [confirmation(client, answer) for answer in answers] == ["Data Anda sudah diperbaiki"] * 2
    assert audit() == [("visit.corrected", {"fields": ["name", "note"]})]


def test_what_staff_changed_meanwhile_is_not_overwritten_by_what_the_page_still_shows(client, visit, alice):
    fields = values_of(client.get(own_data_of(visit)))
    visit.meeting_with = "Sekretariat"
    actions.edit(visit, fields=["meeting_with"], by=alice)

    response = client.post(f"{own_data_of(visit)}perbaikan/", fields | {"name": "Siti R."})

    assert confirmation(client, response) == "Data Anda sudah diperbaiki"
    assert held(visit) == ("Siti R.", "+6281234567890", "Universitas Contoh", "Sekretariat", "")


@pytest.mark.parametrize(
    ("name", "stored", "as_told", "wanted"),
    [
        ("meeting_with", "Sekretariat", "Sekretariat", "Ibu Dewi"),
        ("phone", "+6281311112222", "0813-1111-2222", "0814-1111-3333"),
        ("organization", "", "(kosong)", "Universitas Lain"),
        ("note", "Kursi <b>roda</b>\nLift", "Kursi <b>roda</b> Lift", "Tongkat"),
    ],
)
def test_where_both_have_changed_the_same_both_are_shown_and_sending_again_decides(
    client, make_visit, alice, name, stored, as_told, wanted
):
    visit = make_visit(point=None, entered_by=alice, visitor_kind="media", organization="Universitas Contoh")
    page = f"{own_data_of(visit)}perbaikan/"
    fields = values_of(client.get(own_data_of(visit)))
    Visit.objects.filter(pk=visit.pk).update(**{"meeting_with": "Ketua", name: stored})

    response = client.post(page, fields | {name: wanted, "name": "Siti R."})

    assert (response.status_code, held(visit)[0], audit()) == (409, "Siti Rahmawati", [])
    assert mistakes_of(response) == [
        f"Sejak halaman ini Anda buka, isian ini sudah diubah menjadi: {as_told}."
        " Simpan lagi bila isian Anda yang benar."
    ]
    again = values_of(response)
    assert (again[name].strip(), again["name"]) == (wanted, "Siti R.")
    assert again["meeting_with"] == (wanted if name == "meeting_with" else "Ketua")

    assert client.post(page, again).status_code == 303
    visit.refresh_from_db()
    assert (phones.display(visit.phone) if name == "phone" else getattr(visit, name)) == wanted
    assert audit() == [("visit.corrected", {"fields": sorted(["name", name], key=rights.CORRECTABLE.index)})]


@pytest.mark.parametrize("phone", ["+6281234567890", "+62215550123", "+447700900187", "+12025550123", "+628991234567"])
def test_a_number_survives_being_shown_and_sent_again(client, make_visit, phone):
    visit = make_visit(phone=phone)

    client.post(f"{own_data_of(visit)}perbaikan/", values_of(client.get(own_data_of(visit))))

    assert (held(visit)[1], audit()) == (phone, [])


def test_whom_one_meets_finds_the_division(client, visit, office):
    division = office.divisions.first()

    correct(client, visit, meeting_with=division.name.upper())
    visit.refresh_from_db()
    assert visit.division == division

    correct(client, visit, meeting_with="Ibu Dewi")
    visit.refresh_from_db()
    assert visit.division is None


def test_what_cannot_be_read_is_asked_about_and_kept(client, visit):
    response = correct(client, visit, name="\u3164", phone="0812", organization=" ", note="a" * 501)

    assert response.status_code == 422
    assert mistakes_of(response) == [
        "Tulis nama lengkap Anda.",
        "Nomor HP kurang lengkap. Contoh: 0812 3456 7890",
        "Tulis nama instansi Anda.",
        "Terlalu panjang. Paling banyak 500 huruf.",
    ]
    values = values_of(response)
    assert (values["name"], values["phone"], values["note"]) == ("\u3164", "0812", "a" * 501)
    assert "open" in tree(response).find(".//details").attrib
    assert words(tree(response).find(".//title")).startswith("Perlu diperbaiki: Data Anda")
    assert (held(visit), audit()) == (AS_IT_WAS, [])


def test_an_english_correction_stays_english(client, visit):
    Visit.objects.filter(pk=visit.pk).update(language="en")

    wrong = client.post(f"{own_data_of(visit)}perbaikan/?lang=en", typed(name=""))
    right = client.post(f"{own_data_of(visit)}perbaikan/?lang=en", typed(name="Siti R."))

    assert words(tree(wrong).find(".//h1")) == "Your data"
    assert confirmation(client, right) == "Your data has been corrected"


def test_what_staff_recorded_without_may_stay_so(client, make_visit, alice):
    visit = make_visit(point=None, entered_by=alice, phone="", visitor_kind="media", organization="")

    response = correct(client, visit, name="Budi", phone="", organization="")

    assert (response.status_code, held(visit)[:3]) == (303, ("Budi", "", ""))


def test_an_individual_names_no_institution(client, make_visit):
    visit = make_visit()

    assert "organization" not in values_of(client.get(own_data_of(visit)))
    correct(client, visit, organization="Diselundupkan")

    assert (held(visit)[2], audit()) == ("", [])


@pytest.mark.django_db(transaction=True)
def test_of_eight_corrections_of_one_page_at_once_one_is_stored_whole(client, visit):
    shown = values_of(client.get(own_data_of(visit)))
    page = f"{own_data_of(visit)}perbaikan/"

    answers = at_once(8, lambda client, n: client.post(page, {**shown, "name": f"Siti {n}", "note": f"Catatan {n}"}))

    assert sorted(answers) == [303] + [409] * 7
    name, *_others, note = held(visit)
    assert name.removeprefix("Siti ") == note.removeprefix("Catatan ") == str(answers.index(303))
    assert audit() == [("visit.corrected", {"fields": ["name", "note"]})]
