"""Several people on one thread at once: nothing is lost or sent twice, nobody answers what they have not read."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from tests.visits.test_feedback_reply import alert, audit, letters, opened, press, shown
from tests.visits.threads import letter, page_of, tree, waits, words
from visits import feedback_actions
from visits.models import Feedback, Message

pytestmark = pytest.mark.django_db


def write(feedback, body):
    """The visitor, meanwhile."""
    return feedback_actions.add_letter(feedback, data=letter(body), content={"body": body})


def new_ones(response) -> list[str]:
    """The letters that the page marks as new."""
    found = tree(response).findall(".//li[@class]")
    return [
        words(row.find("div")) for row in found if "dk-letter" in row.get("class") and "Baru" in words(row.find("p"))
    ]


def test_a_second_press_sends_nothing(make_feedback, client_of, alice):
    feedback, client = make_feedback(), client_of(alice)
    fields = opened(client, feedback)
    for _each in range(3):
        assert press(client, feedback, "reply-close", fields, reply="Sudah").status_code == 302
        assert press(client, feedback, "note", fields, internal_note="Beres").status_code == 302
    assert letters(feedback) == [("kantor", "alice", "Sudah"), ("catatan", "alice", "Beres")]
    assert [action for action, _by, _details in audit(feedback)] == [
        "feedback.replied",
        "feedback.closed",
        "feedback.noted",
    ]


@pytest.mark.parametrize(("button", "box"), [("reply", "reply"), ("reply-close", "reply"), ("note", "internal_note")])
def test_back_in_the_browser_and_another_text_is_asked_about_first(make_feedback, client_of, alice, button, box):
    feedback, client = make_feedback(), client_of(alice)
    fields = opened(client, feedback)
    press(client, feedback, button, fields, **{box: "Satu"})
    response = press(client, feedback, button, fields, **{box: "Dua"})
    assert (response.status_code, shown(response)[box], len(letters(feedback))) == (409, "Dua", 1)
    assert alert(response).startswith("Dari halaman ini sudah terkirim surat lain.")
    press(client, feedback, button, shown(response))
    assert [body for _author, _by, body in letters(feedback)] == ["Satu", "Dua"]


def test_who_answers_an_outdated_page_reads_first_and_keeps_the_text(make_feedback, client_of, alice, dewi):
    feedback, one, two = make_feedback(), client_of(alice), client_of(dewi)
    first, second = opened(one, feedback), opened(two, feedback)
    press(one, feedback, "reply", first, reply="Dari Alice")
    write(feedback, "Terima kasih, satu lagi")

    response = press(two, feedback, "reply-close", second, reply="Dari Dewi", internal_note="Cek")

    assert (response.status_code, new_ones(response)) == (409, ["Dari Alice", "Terima kasih, satu lagi"])
    assert alert(response).startswith("Ada surat baru sejak halaman ini Anda buka")
    assert (shown(response)["reply"], shown(response)["internal_note"]) == ("Dari Dewi", "Cek")
    assert (*waits(feedback), len(letters(feedback))) == (True, False, 2)
    assert press(two, feedback, "reply", shown(response), internal_note="").status_code == 302
    assert [body for _author, _by, body in letters(feedback)] == ["Dari Alice", "Terima kasih, satu lagi", "Dari Dewi"]


@pytest.mark.parametrize("button", ["reply", "reply-close", "close"])
def test_a_colleagues_note_is_read_first_too(make_feedback, client_of, alice, dewi, button):
    feedback, client = make_feedback(), client_of(alice)
    fields = opened(client, feedback)
    press(client_of(dewi), feedback, "note", internal_note="Jangan dibalas dulu")
    response = press(client, feedback, button, fields, reply="Halo")
    assert (response.status_code, new_ones(response)) == (409, ["Jangan dibalas dulu"])
    assert waits(feedback) == (True, False)


def test_closing_never_hides_a_letter_that_nobody_has_read(make_feedback, client_of, alice):
    feedback, client = make_feedback(), client_of(alice)
    fields = opened(client, feedback)
    write(feedback, "Tunggu")
    response = press(client, feedback, "close", fields)
    assert (response.status_code, new_ones(response), waits(feedback)) == (409, ["Tunggu"], (True, False))
    press(client, feedback, "close", shown(response))
    assert waits(feedback) == (False, True)
    write(feedback, "Belum selesai")
    assert waits(feedback) == (True, False)


def test_closed_or_opened_meanwhile_is_told(answered, client_of, alice, dewi):
    one, two = client_of(alice), client_of(dewi)
    fields = opened(one, answered)
    feedback_actions.close_by_visitor(answered)
    response = press(one, answered, "reply", fields, reply="Satu lagi")
    assert (response.status_code, shown(response)["reply"]) == (409, "Satu lagi")
    assert alert(response).startswith("Saran ini ditutup sejak halaman ini Anda buka.")
    press(two, answered, "reopen")
    response = press(one, answered, "reply", shown(response))
    assert alert(response).startswith("Saran ini dibuka lagi sejak halaman ini Anda buka.")
    assert press(one, answered, "reply", shown(response)).status_code == 302


def test_who_gives_it_to_another_division_learns_first_that_a_colleague_did(
    make_feedback, office, client_of, alice, dewi
):
    feedback, one, two = make_feedback(), client_of(alice), client_of(dewi)
    ours, theirs = (office.divisions.get(name=name) for name in ["Ketua", "Sekretariat"])
    first, second = opened(one, feedback), opened(two, feedback)
    press(one, feedback, "assign", first, division=ours.pk)

    response = press(two, feedback, "assign", second, division=theirs.pk, reply="Setengah jadi")

    assert alert(response).startswith("Saran ini dibagi ke Ketua sejak halaman ini Anda buka.")
    assert (response.status_code, shown(response)["division"], shown(response)["reply"]) == (
        409,
        str(theirs.pk),
        "Setengah jadi",
    )
    assert Feedback.objects.get().division == ours
    press(two, feedback, "assign", shown(response))
    assert Feedback.objects.get().division == theirs
    response = press(one, feedback, "assign", first, division="")
    press(two, feedback, "assign", division="")
    response = press(one, feedback, "assign", shown(response), division=ours.pk)
    assert alert(response).startswith("Pembagian ke divisi dibatalkan sejak halaman ini Anda buka.")
    assert [by for _action, by, _details in audit(feedback)] == ["alice", "dewi", "dewi"]


def test_another_buttons_page_shows_the_division_of_now_and_keeps_a_choice(make_feedback, office, client_of, alice):
    feedback, client = make_feedback(), client_of(alice)
    ours, theirs = (office.divisions.get(name=name) for name in ["Ketua", "Sekretariat"])
    fields = opened(client, feedback)
    Feedback.objects.update(division=theirs)
    for chosen, division in [("", theirs), (ours.pk, ours)]:
        response = press(client, feedback, "note", fields, division=chosen, reply="Setengah jadi", internal_note="Cek")
        assert shown(response)["division"] == str(division.pk)
    response = press(client, feedback, "assign", shown(response))
    assert alert(response).startswith("Saran ini dibagi ke Sekretariat sejak halaman ini Anda buka.")
    assert Feedback.objects.get().division == theirs
    press(client, feedback, "assign", shown(response), reply="Setengah jadi")
    assert Feedback.objects.get().division == ours


@pytest.mark.parametrize("seen", ["", "0", "-tutup", "abc", "9" * 40, "١"])
def test_a_page_that_does_not_say_what_it_showed_shows_it_again(make_feedback, client_of, alice, seen):
    feedback, client = make_feedback(), client_of(alice)
    response = press(client, feedback, "reply", seen=seen, reply="Halo")
    assert (response.status_code, shown(response)["reply"], letters(feedback)) == (409, "Halo", [])


def test_an_id_of_another_letter_is_not_taken_for_a_replay(make_feedback, client_of, alice):
    one, other, client = make_feedback(), make_feedback(), client_of(alice)
    fields = opened(client, one)
    press(client, one, "reply", fields, reply="Sama")
    for taken in [fields["submission_id"], str(other.submission_id)]:
        response = press(client, other, "reply", reply="Sama", submission_id=taken)
        assert (response.status_code, letters(other)) == (409, [])
    assert press(client, other, "reply", shown(response)).status_code == 302


def at_once(*jobs):
    """Each in a thread with a connection of its own."""

    def run(job):
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as people:
        return list(people.map(run, jobs))


@pytest.mark.django_db(transaction=True)
def test_ten_presses_at_once_are_one_reply(make_feedback, client_of, alice):
    feedback, client = make_feedback(), client_of(alice)
    fields = opened(client, feedback)
    cookies = client.cookies

    def send():
        person = Client()
        person.cookies = cookies
        return press(person, feedback, "reply-close", fields, reply="Sudah").status_code

    assert at_once(*[send] * 10) == [302] * 10
    assert letters(feedback) == [("kantor", "alice", "Sudah")]
    assert len(audit(feedback)) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_of_two_colleagues_at_once_one_is_asked_to_read(make_feedback, client_of, alice, dewi, _round):
    feedback = make_feedback()
    desks = {person.username: client_of(person) for person in [alice, dewi]}
    pages = {name: opened(client, feedback) for name, client in desks.items()}

    answers = at_once(*[partial(press, desks[name], feedback, "reply", pages[name], reply=name) for name in desks])

    statuses = dict(zip(desks, [answer.status_code for answer in answers], strict=True))
    assert sorted(statuses.values()) == [302, 409]
    winner = next(name for name, status in statuses.items() if status == 302)
    assert letters(feedback) == [("kantor", winner, winner)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_a_letter_and_a_closing_at_the_same_moment(make_feedback, client_of, alice, _round):
    """Either the letter came first, and the closing is refused; or it opens the thread again. It always waits."""
    feedback, desk = make_feedback(), client_of(alice)
    closing = partial(press, desk, feedback, "close", opened(desk, feedback))

    answers = at_once(closing, partial(Client().post, page_of(feedback), letter("Masih kurang")))

    assert [answer.status_code for answer in answers] in ([302, 303], [409, 303])
    assert waits(feedback) == (True, False)
    assert feedback.messages.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_id_in_two_threads_at_once_is_one_letter(make_feedback, alice):
    threads, submission_id = [make_feedback(), make_feedback()], uuid4()

    def send(feedback):
        seen = feedback_actions.standing(feedback)
        try:
            feedback_actions.reply(feedback, submission_id=submission_id, body="Halo", seen=seen, by=alice)
        except feedback_actions.OtherContentError:
            return "asked"
        return "sent"

    assert sorted(at_once(*[partial(send, feedback) for feedback in threads])) == ["asked", "sent"]
    assert Message.objects.filter(submission_id=submission_id).count() == 1
    assert Feedback.objects.waiting().count() == 1
