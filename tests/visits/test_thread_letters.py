"""The visitor reads the answer: it is enough, or there is more to write. Once, whatever the signal."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

from tests.visits.threads import letter, letters_of, page_of, reply, state_of, tree, waits, words
from visits import feedback_actions
from visits.models import AuditEvent, Feedback

pytestmark = pytest.mark.django_db


# --- enough --------------------------------------------------------------------------------------------------------


def test_the_visitor_says_that_it_is_enough_once(client, answered):
    first = client.post(f"{page_of(answered)}cukup/")
    answered.refresh_from_db()
    closed_at = answered.closed_at
    client.post(f"{page_of(answered)}cukup/")
    answered.refresh_from_db()

    assert (first.status_code, first.headers["Location"]) == (303, page_of(answered))
    assert (answered.closed_at, answered.closed_by, answered.waiting_since) == (closed_at, "tamu", None)
    assert AuditEvent.objects.exclude(action="feedback.replied").count() == 0
    root = tree(client.get(page_of(answered)))
    assert state_of(root) == ("Selesai", "Nomor saran S-0001", ["Kirim tulisan"])
    assert root.find(".//details").get("open") is None


@pytest.mark.parametrize(
    ("method", "headers"), [("get", {}), ("head", {}), ("post", {"sec-fetch-site": "cross-site"})], ids=str
)
def test_only_a_tap_on_our_own_button_closes(client, answered, method, headers):
    response = getattr(client, method)(f"{page_of(answered)}cukup/", headers=headers)

    assert response.headers["Location"] == page_of(answered)
    assert waits(answered) == (False, False)


def test_an_old_page_does_not_close_what_still_waits(client, answered, make_feedback):
    unanswered = make_feedback()
    client.post(page_of(answered), letter())

    for feedback in [answered, unanswered]:
        client.post(f"{page_of(feedback)}cukup/")
        assert waits(feedback) == (True, False)


# --- another letter ------------------------------------------------------------------------------------------------


def test_a_further_letter_waits_for_an_answer(client, answered):
    response = client.post(page_of(answered), letter())

    assert (response.status_code, response.headers["Location"]) == (303, page_of(answered))
    assert waits(answered) == (True, False)
    assert answered.messages.last().created_at == answered.waiting_since
    root = tree(client.get(page_of(answered)))
    assert state_of(root)[0] == "Menunggu balasan"
    assert letters_of(root)[-1] == ("Anda menulis", "Masih kurang dua kursi.")
    assert AuditEvent.objects.exclude(action="feedback.replied").count() == 0


def test_while_a_letter_waits_another_does_not_start_the_clock_anew(client, make_feedback):
    feedback = make_feedback()
    since = feedback.waiting_since

    client.post(page_of(feedback), letter())

    feedback.refresh_from_db()
    assert (feedback.waiting_since, feedback.messages.count()) == (since, 2)


def test_what_staff_have_to_look_at_first_waits_for_nobody_and_its_writer_is_not_told(client, make_feedback):
    feedback = make_feedback(waiting_since=None, flagged_reason="Banyak isian dari satu alamat")

    client.post(page_of(feedback), letter())
    client.post(f"{page_of(feedback)}cukup/")

    assert waits(feedback) == (False, False)
    page = client.get(page_of(feedback))
    assert state_of(tree(page))[0] == "Menunggu balasan"
    assert "satu alamat" not in page.content.decode()


@pytest.mark.parametrize("closed_by", ["tamu", "petugas"])
def test_a_letter_to_a_closed_thread_opens_it_again(client, answered, closed_by):
    Feedback.objects.update(closed_at=timezone.now(), closed_by=closed_by)

    client.post(page_of(answered), letter())

    assert waits(answered) == (True, False)
    assert answered.closed_by == ""


def test_the_same_letter_again_is_one_letter(client, answered):
    fields = letter("Masih kurang\r\ndua kursi. 🌸 \x07")

    places = {client.post(page_of(answered), fields).headers["Location"] for _ in range(3)}
    feedback_actions.close_by_visitor(answered)

    assert places == {page_of(answered)}
    assert [message.body for message in answered.messages.filter(author="tamu")][1:] == ["Masih kurang\ndua kursi. 🌸"]


def test_a_replay_does_not_open_a_closed_thread(client, answered, alice):
    fields = letter()
    client.post(page_of(answered), fields)
    reply(answered, by=alice)
    feedback_actions.close_by_visitor(answered)

    client.post(page_of(answered), fields)

    assert waits(answered) == (False, True)


@pytest.mark.parametrize("where", ["its own thread", "another thread"])
def test_other_content_under_a_known_id_is_kept_and_sent_as_a_new_letter(client, answered, make_feedback, where):
    fields = letter()
    client.post(page_of(answered), fields)
    if where == "another thread":
        answered = make_feedback()
    else:
        fields["body"] = "Lain sama sekali"

    response = client.post(page_of(answered), fields)

    root = tree(response)
    assert response.status_code == 409
    assert words(root.find(".//div[@role='alert']")).startswith("Halaman ini sudah mencatat isian lain")
    assert words(root.find(".//form[@class='stack']/button")) == "Kirim sebagai tulisan baru"
    again = letter(
        root.find(".//textarea").text, submission_id=root.find(".//input[@name='submission_id']").get("value")
    )
    assert again["body"] == fields["body"]
    assert client.post(page_of(answered), again).status_code == 303
    assert letters_of(tree(client.get(page_of(answered))))[-1] == ("Anda menulis", fields["body"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"body": " \n "}, "Tulis yang ingin Anda sampaikan."),
        ({"body": "x" * 2001}, "Terlalu panjang. Paling banyak 2.000 huruf, sekarang 2.001."),
    ],
    ids=["empty", "too long"],
)
def test_a_mistake_is_explained_and_the_text_kept(client, answered, wrong, said):
    fields = letter(**wrong)

    response = client.post(page_of(answered), fields)

    root = tree(response)
    assert response.status_code == 422
    assert words(root.find(".//title")).startswith("Perlu diperbaiki: ")
    assert words(root.find(".//div[@role='alert']")) == f"Ada 1 isian yang perlu diperbaiki {said}"
    assert root.find(".//textarea").text.strip() == fields["body"].strip()
    assert root.find(".//input[@name='submission_id']").get("value") == fields["submission_id"]
    assert "open" in root.find(".//details").attrib
    assert letters_of(root)[0] == ("Anda menulis", "Ruang tunggu kurang kursi."), "the letters stay in sight"
    assert answered.messages.count() == 2


def test_a_letter_takes_six_statements(client, answered, django_assert_num_queries):
    with django_assert_num_queries(8) as captured:
        client.post(page_of(answered), letter())

    # The thread, the same id; then count, lock, letter and thread between BEGIN and COMMIT (a savepoint in this test).
    assert [query["sql"].split()[0] for query in captured] == [
        "SELECT",
        "SELECT",
        "SAVEPOINT",
        "INSERT",
        "SELECT",
        "INSERT",
        "UPDATE",
        "RELEASE",
    ]


def test_a_letter_without_a_usable_id_is_kept(client, answered):
    response = client.post(page_of(answered), letter(submission_id="x"))

    assert response.status_code == 422
    assert tree(response).find(".//textarea").text == "Masih kurang dua kursi."
    assert answered.messages.count() == 2


def test_a_letter_from_another_site_is_shown_and_not_stored(client, answered):
    response = client.post(page_of(answered), letter(), headers={"sec-fetch-site": "cross-site"})

    assert response.status_code == 403
    assert tree(response).find(".//textarea").text == "Masih kurang dua kursi."
    assert answered.messages.count() == 2


def test_an_outage_keeps_the_letter_and_sends_it_again(answered):
    client, fields = Client(raise_request_exception=False), letter()

    def away(execute, sql, params, many, context):
        raise OperationalError("server closed the connection")

    with connection.execute_wrapper(away):
        response = client.post(page_of(answered), fields)

    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    form = tree(response).find(".//form")
    again = {field.get("name"): field.get("value") for field in form.iter("input")}
    assert (form.get("action"), again) == (page_of(answered), fields)
    assert client.post(form.get("action"), again).status_code == 303
    assert answered.messages.last().body == "Masih kurang dua kursi."


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_under_one_id_are_one_letter(answered):
    fields, page = letter(), page_of(answered)

    def send(_):
        try:
            response = Client().post(page, fields)
            return response.status_code, response.headers.get("Location")
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as people:
        answers = set(people.map(send, range(10)))

    assert answers == {(303, page)}
    assert answered.messages.filter(author="tamu").count() == 2


@pytest.mark.django_db(transaction=True)
def test_enough_at_the_same_moment_does_not_close_a_letter_that_waits(answered):
    with ThreadPoolExecutor(1) as other_phone:
        with transaction.atomic():
            write_again(answered)
            tap = other_phone.submit(send_from_elsewhere, f"{page_of(answered)}cukup/")
            wait_for_the_lock()
        assert tap.result() == 303

    assert waits(answered) == (True, False)


@pytest.mark.django_db(transaction=True)
def test_a_letter_at_the_same_moment_as_enough_opens_the_thread_again(answered):
    with ThreadPoolExecutor(1) as other_phone:
        with transaction.atomic():
            feedback_actions.close_by_visitor(answered)
            tap = other_phone.submit(send_from_elsewhere, page_of(answered), letter())
            wait_for_the_lock()
        assert tap.result() == 303

    assert waits(answered) == (True, False)


def write_again(feedback) -> None:
    fields = letter()
    feedback_actions.add_letter(feedback, data=fields, content=fields)


def send_from_elsewhere(address: str, fields: dict | None = None) -> int:
    try:
        return Client().post(address, fields).status_code
    finally:
        connection.close()


def wait_for_the_lock() -> None:
    """Until the other one stands in line for our row."""
    until = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
            )
            if cursor.fetchone():
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")
