"""A log-in's end: by the clock, by the person, by somebody else; and what is shown of one's log-ins."""

from datetime import timedelta

import pytest
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from tests.conftest import PASSWORD
from visits import sessions
from visits.models import AuditEvent, StaffSession

CHROME = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Mobile Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.fixture(autouse=True)
def _quick_hashes(settings):
    """No test here is about slow hashes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def start(clock):
    """Now, and from now on only when `clock` is set."""
    clock.set(now := timezone.now().replace(microsecond=0))
    return now


def sign_in(user, browser=CHROME, address="203.0.113.5"):
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": browser})
    response = client.post("/staf/login/", {"username": user.username, "password": PASSWORD})
    assert response.status_code == 302
    return client


def is_in(client, address="/staf/akun/"):
    return client.get(address).status_code == 200


def lines_of(client):
    return [(log_in["browser"], log_in["is_this"]) for log_in in client.get("/staf/akun/").context["log_ins"]]


def test_two_hours_without_a_sign_of_life_end_it(alice, clock, start):
    desk = sign_in(alice)
    clock.set(start + timedelta(hours=1, minutes=59))
    assert is_in(desk)
    clock.set(start + timedelta(hours=3, minutes=58))
    assert is_in(desk)
    clock.set(start + timedelta(hours=5, minutes=59))
    assert desk.get("/staf/")["Location"] == "/staf/login/?next=/staf/"


def test_an_open_dashboard_is_no_sign_of_life(alice, clock, start):
    desk = sign_in(alice)
    for minutes in range(10, 120, 10):
        clock.set(start + timedelta(minutes=minutes))
        assert is_in(desk, "/staf/hari-ini/")
    clock.set(start + timedelta(hours=2, seconds=1))
    assert desk.get("/staf/hari-ini/").status_code == 302


def test_twelve_hours_end_it_however_busy(alice, clock, start):
    desk = sign_in(alice)
    for minutes in range(0, 12 * 60, 45):
        clock.set(start + timedelta(minutes=minutes))
        assert is_in(desk)
    clock.set(start + timedelta(hours=12, seconds=1))
    assert not is_in(desk)


def test_the_cookie_ends_with_the_session(alice, clock, start, settings):
    desk = sign_in(alice)
    assert desk.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 2 * 60 * 60
    for hours in range(1, 12):
        clock.set(start + timedelta(hours=hours) - timedelta(minutes=1))
        desk.get("/staf/akun/")
    assert desk.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 61 * 60


def test_a_sign_of_life_is_written_down_once_a_minute(alice, clock, start):
    desk = sign_in(alice)
    for seconds in [1, 59, 60, 61, 119]:
        clock.set(start + timedelta(seconds=seconds))
        desk.get("/staf/akun/")
    assert desk.session[sessions.LOG_IN]["seen"] == int(start.timestamp()) + 60


def test_what_was_typed_outlives_the_session(alice, clock, start, visit_fields, point):
    desk = sign_in(alice)
    fields = visit_fields(point, name="Nur'aini Kenari")
    clock.set(start + timedelta(hours=2, minutes=1))
    response = desk.post("/staf/visits/visit/add/", fields)
    assert (response.status_code, "Anda sudah keluar" in response.content.decode()) == (403, True)
    kept = dict(response.context["kept"])
    assert {name: kept[name] for name in fields} == fields
    desk.post("/staf/login/", {"username": "alice", "password": PASSWORD})
    assert desk.post("/staf/visits/visit/add/", kept).status_code == 302


def test_ones_own_log_ins_are_listed_and_nobody_elses(alice, bob):
    phone, desk = sign_in(alice, CHROME, "2001:db8:1:2::3"), sign_in(alice, FIREFOX)
    sign_in(bob)
    assert lines_of(desk) == [("Firefox di Windows", True), ("Chrome di Android", False)]
    assert lines_of(phone) == [("Chrome di Android", True), ("Firefox di Windows", False)]
    networks = [log_in["network"] for log_in in desk.get("/staf/akun/").context["log_ins"]]
    assert networks == ["203.0.113.0/24", "2001:db8:1::/48"]


def test_too_little_is_kept_to_tell_a_person_by(alice):
    desk = sign_in(alice)
    kept = dict(desk.session)
    # A digest, a row's number and seconds since 1970 hold any digits.
    kept |= {HASH_SESSION_KEY: "", SESSION_KEY: "", sessions.LOG_IN: {**kept[sessions.LOG_IN], "started": 0, "seen": 0}}
    kept = str(kept)
    assert "Chrome di Android" in kept
    assert [text for text in ["Mozilla", "129", "203.0.113.5", "alice", PASSWORD] if text in kept] == []
    body = desk.get("/staf/akun/").content.decode()
    assert [key for key in StaffSession.objects.values_list("pk", flat=True) if key in body] == []


@pytest.mark.parametrize(
    ("user_agent", "kind"),
    [
        (CHROME, "Chrome di Android"),
        (FIREFOX, "Firefox di Windows"),
        (f"{CHROME} SamsungBrowser/26.0", "Samsung Internet di Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/129.0 Safari/537.36 Edg/129.0", "Edge di Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1", "Safari di iPhone"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) CriOS/129 Mobile Safari/604.1", "Chrome di iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15", "Safari di Mac"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox di Linux"),
        ("curl/8.0", "Peramban lain"),
        ("", "Peramban lain"),
    ],
)
def test_kinds_of_browsers(user_agent, kind):
    assert sessions.browser_kind(user_agent) == kind


def test_one_device_is_sent_away(alice, office):
    desk, phone, tablet = (sign_in(alice) for _ in range(3))
    name = sessions.name_of(phone.session.session_key)
    response = desk.post("/staf/akun/perangkat/", {"session": name}, follow=True)
    assert "Perangkat itu sudah dikeluarkan." in response.content.decode()
    assert [is_in(client) for client in [desk, phone, tablet]] == [True, False, True]
    events = AuditEvent.objects.filter(action="session.ended")
    assert [(event.actor, event.office_id, event.object_id, event.details) for event in events] == [
        ("alice", office.pk, alice.pk, {})
    ]


def test_all_other_devices_are_sent_away(alice):
    desk, phone, tablet = (sign_in(alice) for _ in range(3))
    assert "Keluarkan semua perangkat lain" in desk.get("/staf/akun/").content.decode()
    desk.post("/staf/akun/perangkat/")
    assert [is_in(client) for client in [desk, phone, tablet]] == [True, False, False]
    assert "Keluarkan semua" not in desk.get("/staf/akun/").content.decode()


def test_nobody_sends_others_away_and_nobody_oneself(alice, bob):
    desk, other = sign_in(alice), sign_in(bob)
    for client in [other, desk]:
        for name in [sessions.name_of(client.session.session_key), client.session.session_key, "x"]:
            desk.post("/staf/akun/perangkat/", {"session": name})
    assert is_in(desk) and is_in(other)
    assert not AuditEvent.objects.filter(action="session.ended").exists()


def test_a_new_password_ends_the_other_log_ins(alice):
    desk, phone = sign_in(alice), sign_in(alice)
    new = "Sandi-Milik-Sendiri-7"
    desk.post("/staf/password_change/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert (is_in(desk), is_in(phone)) == (True, False)
    assert StaffSession.objects.filter(user=alice).count() == 1


def test_a_cookie_from_before_the_log_out_is_of_no_use(alice, settings):
    desk = sign_in(alice)
    old = desk.cookies[settings.SESSION_COOKIE_NAME].value
    desk.post("/staf/logout/")
    desk.cookies[settings.SESSION_COOKIE_NAME] = old
    assert not is_in(desk)


@pytest.mark.parametrize("forged", ["", "x", "a" * 32, "0" * 500, "' OR 1=1 --", "%00"])
def test_a_forged_cookie_opens_nothing_and_is_not_taken_over(alice, settings, forged):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = forged
    assert client.get("/staf/")["Location"] == "/staf/login/?next=/staf/"
    client.post("/staf/login/", {"username": "alice", "password": PASSWORD})
    assert is_in(client)
    assert client.session.session_key != forged


def test_who_is_switched_off_while_typing_keeps_the_text(alice, dewi, client_of):
    desk = sign_in(alice)
    client_of(dewi).post(f"/staf/rekan/{alice.pk}/nonaktifkan/")
    response = desk.post("/staf/visits/visit/add/", {"name": "Kenari Terbuka"})
    assert (response.status_code, "Kenari Terbuka" in response.content.decode()) == (403, True)
    assert not is_in(desk)


def test_a_session_that_did_not_begin_at_the_door_is_never_lengthened(client_of, alice, clock, start):
    desk = client_of(alice)
    clock.set(start + timedelta(hours=1, minutes=59))
    assert is_in(desk)
    clock.set(start + timedelta(hours=2, minutes=1))
    assert not is_in(desk)


def test_upkeep_forgets_sessions_that_have_ended(alice, clock, start):
    sign_in(alice)
    clock.set(start + timedelta(hours=1))
    sign_in(alice)
    clock.set(start + timedelta(hours=2, minutes=1))
    call_command("upkeep")
    assert StaffSession.objects.count() == 1
