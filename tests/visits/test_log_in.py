"""The door: wrong passwords, who is shut out and who is not, what is kept of it, and the ways back in."""

import logging
from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from tests.conftest import PASSWORD
from tests.visits.pages import only, tree
from visits import lockout, passwords
from visits.models import AuditEvent, Membership, OneTimePassword, StaffSession

OFFICE, HOME, ELSEWHERE = "203.0.113.5", "198.51.100.7", "192.0.2.9"


@pytest.fixture(autouse=True)
def _quick_hashes(settings):
    """No test here is about slow hashes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def try_with(username, password, address=OFFICE, *, next="/staf/", **headers):
    fields = {"username": username, "password": password, "next": next}
    return Client(REMOTE_ADDR=address).post("/staf/login/", fields, headers=headers)


def statuses(times, username="alice", password="salah sekali", address=OFFICE, **headers):
    return [try_with(username, password, address, **headers).status_code for _ in range(times)]


def guess_elsewhere(username, address, *, times):
    """What so many wrong passwords leave behind."""
    name = lockout.name_digest(username)
    AccessAttempt.objects.create(username=name, ip_address=address, failures_since_start=times)


def trail():
    lines = AuditEvent.objects.filter(action__startswith="log").order_by("pk")
    return [(line.action, line.actor, line.office_id, line.object_id, line.details) for line in lines]


def later(minutes):
    """As if the attempts so far had been that much earlier."""
    for attempt in AccessAttempt.objects.all():
        AccessAttempt.objects.filter(pk=attempt.pk).update(
            attempt_time=attempt.attempt_time - timedelta(minutes=minutes)
        )


def test_twenty_wrong_passwords_shut_one_account_at_one_address(alice, bob):
    assert statuses(20) == [422] * 4 + [429] * 16
    assert statuses(1, password=PASSWORD) == [429]
    assert statuses(1, username="bob", password=PASSWORD) == [302]
    assert statuses(1, password=PASSWORD, address=HOME) == [302]


def test_the_page_says_how_long_and_who_can_help(alice):
    statuses(4)
    response = try_with("alice", "salah sekali")
    text = response.content.decode()
    assert (response.status_code, response["Retry-After"]) == (429, "900")
    assert "no-store" in response["Cache-Control"]
    assert "Terlalu banyak percobaan masuk" in text
    assert "Tunggu 15 menit, atau minta Admin kantor membuka kunci akun Anda." in text
    assert "alice" not in text and "salah sekali" not in text


def test_the_lock_opens_after_fifteen_minutes_and_trying_on_does_not_lengthen_it(alice):
    statuses(5)
    later(minutes=10)
    assert statuses(3) == [429] * 3
    later(minutes=5)
    assert statuses(1, password=PASSWORD) == [302]


def test_who_gets_in_starts_anew(alice):
    for _ in range(3):
        assert statuses(4) == [422] * 4
        assert statuses(1, password=PASSWORD) == [302]
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "User-Agent"])
def test_what_the_client_says_of_itself_changes_nothing(alice, header):
    answers = [statuses(1, **{header: f"192.0.2.{number}"})[0] for number in range(6)]
    assert answers == [422] * 4 + [429] * 2


def test_one_household_has_many_addresses_of_the_new_kind(alice):
    answers = [statuses(1, address=f"2001:db8:1:2::{number}")[0] for number in range(6)]
    assert answers == [422] * 4 + [429] * 2
    assert statuses(1, password=PASSWORD, address="2001:db8:1:3::1") == [302]


def test_a_request_without_an_address_is_counted_too(alice):
    assert statuses(6, address="") == [422] * 4 + [429] * 2


def test_a_guesser_with_many_addresses_gets_thirty_tries(alice):
    statuses(1, password=PASSWORD, address=OFFICE)
    for number in range(7):
        guess_elsewhere("alice", f"192.0.2.{number}", times=4)
    assert statuses(3, address="192.0.2.99") == [422, 422, 429]
    assert statuses(1, password=PASSWORD, address=HOME) == [429]
    assert statuses(1, password=PASSWORD, address=OFFICE) == [302]


def test_a_guesser_with_many_names_gets_a_hundred_tries(alice, bob):
    statuses(1, password=PASSWORD)
    for number in range(25):
        guess_elsewhere(f"nama {number}", OFFICE, times=4)
    assert statuses(1, username="bob", password=PASSWORD) == [429]
    assert statuses(1, username="bob", password=PASSWORD, address=HOME) == [302]
    assert statuses(1, password=PASSWORD) == [302]
    later(minutes=15)
    assert statuses(1, username="bob", password=PASSWORD) == [302]


def test_a_log_in_of_last_season_makes_nobody_known(alice, clock):
    statuses(1, password=PASSWORD)
    guess_elsewhere("alice", HOME, times=lockout.ACCOUNT_BUDGET)
    AccessAttempt.objects.update(attempt_time=timezone.now() + timedelta(days=31))
    assert statuses(1, password=PASSWORD) == [302]
    clock.set(timezone.now() + timedelta(days=31))
    assert statuses(1, password=PASSWORD) == [429]


def test_nothing_that_was_typed_is_kept(alice, caplog):
    """People type their password where the name belongs."""
    with caplog.at_level(logging.DEBUG):
        try_with("Rahasia-Siti-77", "juga-rahasia", **{"User-Agent": "Peramban-Siti"}, next="/staf/?q=Kenari")
        statuses(6, username="Rahasia-Siti-77")
        statuses(6)
    kept = str([list(model.objects.values()) for model in [AccessAttempt, AccessLog, AccessFailureLog, AuditEvent]])
    kept += caplog.text + str([session.get_decoded() for session in StaffSession.objects.all()])
    for text in ["Rahasia", "rahasia", "salah", "Peramban", "Kenari", "alice", OFFICE + '"']:
        assert text not in kept.replace("'address': '203.0.113.5'", ""), text
    sent = "".join(attempt.get_data + attempt.post_data for attempt in AccessAttempt.objects.all())
    assert (AccessAttempt.objects.count(), sent.strip("-\n")) == (2, "")
    assert not AccessLog.objects.exists() and not AccessFailureLog.objects.exists()


def test_every_attempt_leaves_a_line_until_the_account_is_shut(alice, office):
    statuses(9)
    refused = ("login.refused", "", office.pk, alice.pk, {})
    assert trail() == [refused] * 5 + [("login.locked", "", office.pk, alice.pk, {})]
    statuses(1, password=PASSWORD, address=HOME)
    assert trail()[6:] == [("login", "alice", office.pk, alice.pk, {})]


def test_a_name_that_nobody_has_leaves_a_line_without_it(office):
    statuses(9, username="tidak.ada")
    assert trail() == [("login.refused", "", None, None, {})] * 5


def test_unknown_and_known_names_are_answered_alike(alice):
    assert statuses(7, username="tidak.ada") == statuses(7)
    pages = [try_with(name, "salah", HOME).content.decode() for name in ["alice", "tidak.ada"]]
    assert len({page.replace("alice", "tidak.ada").split("csrfmiddlewaretoken")[0] for page in pages}) == 1


def test_of_somebody_in_two_offices_both_are_told(alice, office, other_office):
    Membership.objects.create(user=alice, office=other_office)
    statuses(1)
    assert [line[2] for line in trail()] == sorted([office.pk, other_office.pk])


def test_an_empty_form_is_no_attempt(alice):
    response = try_with("", "")
    assert (response.status_code, set(response.context["form"].errors)) == (422, {"username", "password"})
    assert not AccessAttempt.objects.exists() and trail() == []


@pytest.mark.parametrize("kw", [{"is_active": False}, {"is_staff": False}])
def test_who_may_not_enter_does_not(alice, kw):
    User.objects.filter(pk=alice.pk).update(**kw)
    assert statuses(1, password=PASSWORD) == [422]
    assert [line[0] for line in trail()] == ["login.refused"]
    assert not StaffSession.objects.exists()


@pytest.mark.parametrize(
    "target", ["https://evil.test/", "//evil.test/", "/\\evil.test/", "javascript:alert(1)", "http:///evil.test"]
)
def test_nobody_is_sent_to_another_site(alice, target):
    assert try_with("alice", PASSWORD, next=target)["Location"] == "/staf/"


def test_who_asked_for_a_page_gets_there(alice):
    assert Client().get("/staf/di-dalam/")["Location"] == "/staf/login/?next=/staf/di-dalam/"
    assert try_with("alice", PASSWORD, next="/staf/di-dalam/")["Location"] == "/staf/di-dalam/"


def test_a_session_that_was_put_into_the_browser_beforehand_is_of_no_use(alice, settings):
    planted = Client()
    session = planted.session
    session["x"] = 1
    session.save()
    victim = Client()
    victim.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    victim.post("/staf/login/", {"username": "alice", "password": PASSWORD})
    assert victim.get("/staf/").status_code == 200
    assert planted.get("/staf/")["Location"].startswith("/staf/login/")
    assert victim.cookies[settings.SESSION_COOKIE_NAME].value != session.session_key


def test_who_has_forgotten_the_password_reads_whom_to_ask(client, office):
    said = only(tree(client.get("/staf/login/")), "p[@class='dk-after']")
    assert said == "Lupa sandi? Minta Admin kantor membuatkan yang baru."


def test_an_admin_opens_the_lock(alice, dewi, client_of, office):
    admin, page = client_of(dewi), f"/staf/rekan/{alice.pk}/"
    assert "Buka kunci" not in admin.get(page).content.decode()
    statuses(5)
    assert "Buka kunci" in admin.get(page).content.decode()
    response = admin.post(f"{page}buka-kunci/", follow=True)
    assert "Kunci akun rekan sudah dibuka." in response.content.decode()
    assert "Buka kunci" not in response.content.decode()
    assert statuses(1, password=PASSWORD) == [302]
    for number in range(8):
        guess_elsewhere("alice", f"192.0.2.{number}", times=4)
    assert "Buka kunci" in admin.get(page).content.decode()
    event = AuditEvent.objects.get(action="colleague.unlocked")
    assert (event.actor, event.office_id, event.object_id) == ("dewi", office.pk, alice.pk)


def test_a_one_time_password_works_for_seven_days(alice):
    password = passwords.set_one_time_password(alice)
    OneTimePassword.objects.update(issued_at=timezone.now() - timedelta(days=6, hours=23))
    assert statuses(1, password=password) == [302]
    OneTimePassword.objects.update(issued_at=timezone.now() - timedelta(days=7, minutes=1))
    response = try_with("alice", password)
    assert "Sandi sekali pakai ini sudah lewat tujuh hari." in response.content.decode()
    assert "lewat tujuh hari" not in try_with("alice", "salah").content.decode()


def test_an_admin_sees_that_the_one_time_password_is_too_old(alice, dewi, client_of):
    passwords.set_one_time_password(alice)
    OneTimePassword.objects.update(issued_at=timezone.now() - timedelta(days=8))
    assert "Sandi kedaluwarsa" in client_of(dewi).get("/staf/rekan/").content.decode()
    assert "buatkan yang baru" in client_of(dewi).get(f"/staf/rekan/{alice.pk}/").content.decode()


def test_leaving_leaves_a_line(alice, client_of, office):
    client = client_of(alice)
    assert client.post("/staf/logout/").status_code == 200
    assert client.get("/staf/")["Location"].startswith("/staf/login/")
    assert trail() == [("logout", "alice", office.pk, alice.pk, {})]
    assert not StaffSession.objects.exists()


def test_upkeep_forgets_attempts_that_count_no_longer(alice):
    statuses(1)
    later(minutes=14)
    call_command("upkeep")
    assert AccessAttempt.objects.count() == 1
    later(minutes=2)
    call_command("upkeep")
    assert not AccessAttempt.objects.exists()


def test_it_gets_back_in_from_the_server(root, capsys, client_of):
    session = client_of(root)
    statuses(5, username="root")
    call_command("reset_access", "root")
    password = capsys.readouterr().out.split()[3]
    assert session.get("/staf/")["Location"].startswith("/staf/login/")
    assert statuses(2, username="root", password=PASSWORD) == [422] * 2
    client = Client(REMOTE_ADDR=OFFICE)
    client.post("/staf/login/", {"username": "root", "password": password})
    assert client.get("/staf/")["Location"] == "/staf/password_change/"
    event = AuditEvent.objects.get(action="access.reset")
    assert (event.actor, event.object_type, event.object_id, event.details) == ("", "user", root.pk, {})
    with pytest.raises(CommandError, match="There is no account 'nobody'"):
        call_command("reset_access", "nobody")


def test_a_switched_off_account_stays_off(alice, capsys):
    User.objects.filter(pk=alice.pk).update(is_active=False)
    call_command("reset_access", "alice")
    assert "It is switched off and stays so" in capsys.readouterr().out
    alice.refresh_from_db()
    assert not alice.is_active


def test_a_password_that_it_has_chosen_is_to_be_changed(client_of, root, alice):
    client, new = client_of(root), {"password1": "Sandi-Baru-99x", "password2": "Sandi-Baru-99x"}
    client.post(
        "/staf/auth/user/add/", {"username": "eko", **new, "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    )
    client.post(f"/staf/auth/user/{alice.pk}/password/", new)
    assert list(OneTimePassword.objects.order_by("user__username").values_list("user__username", flat=True)) == [
        "alice",
        "eko",
    ]


def test_a_new_password_is_all_that_it_can_give(client_of, root, alice):
    client, page = client_of(root), f"/staf/auth/user/{alice.pk}/password/"
    form = tree(client.get(page)).find(".//form[@id='user_form']")
    assert [field.get("name") or field.get("value") for field in form.iter("input")] == [
        "csrfmiddlewaretoken",
        "username",
        "password1",
        "password2",
        "Ganti sandi",
    ]
    none = {"usable_password": "false", "unset-password": "1"}
    assert [client.post(page, fields).status_code for fields in [{}, none]] == [422, 422]
    alice.refresh_from_db()
    assert (alice.check_password(PASSWORD), OneTimePassword.objects.exists()) == (True, False)


def test_its_own_password_is_not_changed_without_the_old_one(client_of, root):
    client, new = client_of(root), {"password1": "Sandi-Baru-99x", "password2": "Sandi-Baru-99x"}
    for account in [root.pk, f"0{root.pk}"]:
        page = f"/staf/auth/user/{account}/password/"
        assert [client.get(page).url, client.post(page, new).url] == ["/staf/password_change/"] * 2
    root.refresh_from_db()
    assert (root.check_password(PASSWORD), OneTimePassword.objects.exists()) == (True, False)


def test_an_account_that_it_has_switched_off_has_no_password_left(client_of, root, alice):
    desk = client_of(alice)
    page = client_of(root).get(f"/staf/auth/user/{alice.pk}/change/")
    fields = {name: value for name, value in page.context["adminform"].form.initial.items() if isinstance(value, str)}
    inline = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    client_of(root).post(f"/staf/auth/user/{alice.pk}/change/", fields | inline)
    alice.refresh_from_db()
    assert (alice.is_active, alice.has_usable_password()) == (False, False)
    assert not StaffSession.objects.filter(user=alice).exists()
    assert desk.get("/staf/")["Location"].startswith("/staf/login/")
