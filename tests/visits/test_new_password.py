"""Somebody changes their own password."""

import threading
import time

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client

from tests.conftest import PASSWORD
from tests.visits.pages import tree, words
from tests.visits.test_log_in import later
from visits import colleagues
from visits.login_forms import LOCKED_OUT
from visits.models import AuditEvent

PAGE, NEW = "/staf/password_change/", "kata-sandi-baru-2027"


@pytest.fixture(autouse=True)
def _quick_hashes(settings):
    """No test here is about slow hashes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def change(client, old: str):
    return client.post(PAGE, {"old_password": old, "new_password1": NEW, "new_password2": NEW})


def says(response, words: str) -> bool:
    return words in response.content.decode()


@pytest.fixture
def desk(alice):
    """A computer that Alice has left unlocked."""
    client = Client()
    client.post("/staf/login/", {"username": "alice", "password": PASSWORD})
    return client


def test_nobody_guesses_the_old_one_on_an_unlocked_computer(desk, alice, client_of, bob):
    for _ in range(4):
        assert says(change(desk, "tebakan"), "Sandi tidak cocok.")
    shut = [change(desk, "tebakan"), change(desk, PASSWORD)]
    assert [(response.status_code, says(response, LOCKED_OUT)) for response in shut] == [(422, True)] * 2
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    lines = AuditEvent.objects.filter(object_id=alice.pk, action__startswith="login.").order_by("pk")
    assert [line.action for line in lines] == ["login.refused"] * 5 + ["login.locked"]
    assert change(client_of(bob), PASSWORD).status_code == 302

    later(minutes=15)
    assert change(desk, PASSWORD).status_code == 302


def test_the_head_of_the_page_is_that_of_every_page(desk):
    assert [tools(desk.get(address)) for address in ["/staf/", PAGE, f"{PAGE}done/"]] == [["Akun saya", "Keluar"]] * 3


def tools(page) -> list[str]:
    """Links and buttons beside the name, without the one for light and dark."""
    shown = tree(page).find(".//*[@id='user-tools']")
    return [words(each) for each in shown.iter() if each.tag in {"a", "button"} and each.get("class") != "theme-toggle"]


@pytest.mark.django_db(transaction=True)
def test_who_is_switched_off_meanwhile_stays_off(alice, dewi, client_of):
    client, answers = client_of(alice), []

    def send():
        answers.append(change(client, PASSWORD).status_code)
        connection.close()

    sending = threading.Thread(target=send)
    with transaction.atomic():
        colleagues.deactivate(alice, by=dewi)
        sending.start()
        time.sleep(1)
        assert answers == []
    sending.join(60)
    assert answers == [422]
    alice = User.objects.get(pk=alice.pk)
    assert (alice.is_active, alice.has_usable_password(), alice.check_password(NEW)) == (False, False, False)
