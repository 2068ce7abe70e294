"""A letter that is sent twice, from elsewhere, during an outage: it is stored once, and nothing typed is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from tests.visits.test_odd_input import ODD_TEXT
from tests.visits.threads import alert_of, form_of, tree, values_of, words
from visits import feedback_actions, snapshot
from visits.models import CheckInPoint, Feedback, Message

pytestmark = pytest.mark.django_db


def numbers() -> list[int]:
    return list(Feedback.objects.order_by("pk").values_list("number", flat=True))


def bodies() -> list[str]:
    return list(Message.objects.values_list("body", flat=True))


def test_the_same_form_again_leads_to_the_same_thread(client, point, feedback_fields):
    for body in ["Sama saja", *(odd for odd in ODD_TEXT if isinstance(odd, str) and len(odd) < 2000)]:
        fields = feedback_fields(body=f"Halo {body}")
        threads = {client.post(form_of(point), fields).headers["Location"] for _ in range(3)}
        assert (body, len(threads)) == (body, 1)

    assert Message.objects.count() == Feedback.objects.count()


def test_a_replay_leads_to_the_thread_even_after_it_was_closed_and_the_secret_changed(
    client, point, feedback_fields, settings
):
    fields = feedback_fields()
    first = client.post(form_of(point), fields).headers["Location"]
    Feedback.objects.update(closed_at=datetime.now(UTC), closed_by="petugas", waiting_since=None)
    settings.LINK_SECRET_FALLBACKS = [settings.LINK_SECRET]
    settings.LINK_SECRET = "another-secret-of-at-least-32-characters"

    assert client.post(form_of(point), fields).headers["Location"] == first
    assert client.get(first).status_code == 200
    assert Feedback.objects.get().is_closed, "a replay is no new letter"


@pytest.mark.parametrize(
    "other", [{"body": "Lain"}, {"category": "apresiasi"}, {"name": "Budi"}, {"phone": "0812 9999 0000"}], ids=str
)
def test_other_content_under_a_known_id_is_kept_and_offered_as_a_new_letter(client, point, feedback_fields, other):
    fields = feedback_fields()
    client.post(form_of(point), fields)

    response = client.post(form_of(point), {**fields, **other})

    assert response.status_code == 409
    assert alert_of(response).startswith("Halaman ini sudah mencatat isian lain")
    assert words(tree(response).find(".//form//button")) == "Kirim sebagai saran baru"
    kept = values_of(response)
    assert kept == {**fields, **other, "submission_id": kept["submission_id"]}
    assert client.post(form_of(point), kept).status_code == 303
    assert numbers() == [1, 2]


def test_the_id_of_a_later_letter_begins_no_thread(client, point, make_feedback, feedback_fields):
    letter_id = uuid4()
    make_feedback().messages.create(submission_id=letter_id, author="tamu", body="Tambahan")

    response = client.post(form_of(point), feedback_fields(submission_id=str(letter_id), body="Tambahan"))

    assert response.status_code == 409
    assert numbers() == [1]


@pytest.mark.parametrize("sent", ["", "1", "saran", "x" * 500])
def test_a_page_without_a_usable_id_gets_one_and_keeps_what_was_typed(client, point, feedback_fields, sent):
    fields = feedback_fields(submission_id=sent)

    response = client.post(form_of(point), fields)

    assert response.status_code == 422
    kept = values_of(response)
    assert kept["body"] == fields["body"]
    assert client.post(form_of(point), kept).status_code == 303


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_under_one_id_are_one_thread_and_one_letter(point, feedback_fields):
    fields = feedback_fields()

    def send(_):
        try:
            response = Client().post(form_of(point), fields)
            return response.status_code, response.headers.get("Location")
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as people:
        answers = set(people.map(send, range(10)))

    feedback = Feedback.objects.get()
    assert answers == {(303, f"/s/{feedback_actions.thread_key(feedback)}/")}
    assert (feedback.number, bodies()) == (1, [fields["body"]])


@pytest.mark.django_db(transaction=True)
def test_ten_visitors_at_once_get_ten_numbers(point, feedback_fields):
    forms = [feedback_fields(body=f"Saran {number}") for number in range(10)]

    def send(fields):
        try:
            return Client().post(form_of(point), fields).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as people:
        assert set(people.map(send, forms)) == {303}

    assert numbers() == list(range(1, 11))


# --- when something is in the way ----------------------------------------------------------------------------------


def test_a_form_from_another_site_is_shown_and_not_stored(client, point, feedback_fields):
    fields = feedback_fields(name="Siti")

    response = client.post(form_of(point), fields, headers={"sec-fetch-site": "cross-site"})

    assert response.status_code == 403
    assert values_of(response) == fields
    assert numbers() == []


@pytest.mark.parametrize("outage", [OperationalError, InterfaceError])
def test_an_outage_keeps_everything_that_was_typed(client, point, feedback_fields, outage):
    fields = feedback_fields(name="Siti", phone="0812 3456 7890")
    client.get(form_of(point))

    def away(execute, sql, params, many, context):
        raise outage("server closed the connection")

    with connection.execute_wrapper(away):
        form = client.get(form_of(point))
        response = client.post(form_of(point), fields)
    assert (form.status_code, response.status_code, response.headers["Retry-After"]) == (200, 503, "5")
    assert values_of(response) == fields

    assert client.post(form_of(point), values_of(response)).status_code == 303
    assert bodies() == [fields["body"]]


def test_the_form_shows_while_the_settings_are_stale_and_the_database_is_away(client, point, monkeypatch):
    client.get(form_of(point))
    monkeypatch.setattr(snapshot, "FRESH_SECONDS", 0)

    def away(execute, sql, params, many, context):
        raise OperationalError("connection refused")

    with connection.execute_wrapper(away):
        assert client.get(form_of(point)).status_code == 200


def test_a_revoked_code_says_so_and_shows_what_was_typed(client, point, feedback_fields):
    client.get(form_of(point))
    CheckInPoint.objects.update(is_active=False)
    snapshot.forget()

    response = client.post(form_of(point), feedback_fields(category="pengaduan", name="Siti"))

    assert response.status_code == 410
    facts = tree(response).findall(".//dl/div")
    assert [tuple(map(words, fact)) for fact in facts] == [
        ("Apa yang ingin Anda sampaikan?", "Pengaduan"),
        ("Tulisan Anda", "Ruang tunggu kurang kursi. Mohon ditambah."),
        ("Nama lengkap", "Siti"),
    ]
    assert numbers() == []


def test_an_unknown_code_is_not_found(client, office, feedback_fields):
    assert client.get("/k/222222/saran/").status_code == 404
    assert client.post("/k/222222/saran/", feedback_fields()).status_code == 404
