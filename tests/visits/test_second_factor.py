"""The second step: an app on the phone, recovery codes on paper, and who must have them."""

import logging
import re
import threading
from datetime import timedelta

import pytest
from django.core.signing import dumps
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.authenticator import code_at, code_of, recovery_codes, set_up, typed_key, wrong_code
from tests.conftest import PASSWORD
from visits import second_factor
from visits.login_forms import LOCKED_OUT
from visits.models import AuditEvent, Authenticator, StaffSession

PAGE, CODE = "/staf/akun/verifikasi/", "/staf/login/kode/"


@pytest.fixture(autouse=True)
def _quick_hashes(settings):
    """No test here is about slow hashes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def desk(client_of, alice):
    return client_of(alice)


def give_password(username="alice", next="/staf/"):
    client = Client()
    response = client.post("/staf/login/", {"username": username, "password": PASSWORD, "next": next})
    return client, response


def give_code(client, code):
    return client.post(CODE, {"code": code})


def sign_in(code, username="alice"):
    client, _response = give_password(username)
    return client, give_code(client, code)


def is_in(client):
    return client.get("/staf/akun/").status_code == 200


def trail():
    lines = AuditEvent.objects.exclude(action="login").order_by("pk")
    return [(line.action, line.actor, line.object_id) for line in lines]


def test_setting_up_gives_ten_codes_that_nobody_sees_again(desk, alice):
    response = desk.get(PAGE)
    assert 'src="data:image/png;base64,' in response.content.decode()
    assert not TOTPDevice.objects.exists(), "looking at the page stores nothing"
    key = typed_key(response.content.decode())
    sent = {"key": response.context["form"].signed_key, "new_code": code_of(key), "password": PASSWORD}
    response = desk.post(PAGE, sent)
    codes = recovery_codes(response.content.decode())
    assert (len(set(codes)), "no-store" in response["Cache-Control"]) == (10, True)
    assert trail() == [("secondfactor.set_up", "alice", alice.pk)]
    for address in ["/staf/akun/", PAGE, f"{PAGE}kode/"]:
        body = desk.get(address).content.decode()
        assert not [text for text in [*codes, key] if text in body]
    assert "Kode cadangan tersisa: 10." in desk.get("/staf/akun/").content.decode()


def test_the_database_alone_makes_no_code(desk):
    key, codes = set_up(desk)
    rows = str(list(TOTPDevice.objects.values()) + list(StaticToken.objects.values()))
    device = TOTPDevice.objects.get()
    assert device.bin_key != Authenticator.objects.get().bin_key
    assert [
        text for text in [key.replace(" ", ""), *codes, *(code.replace("-", "") for code in codes)] if text in rows
    ] == []


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "12345", "١٢٣٤٥٦", "9" * 20])
def test_a_wrong_code_sets_nothing_up(desk, code):
    signed = desk.get(PAGE).context["form"].signed_key
    response = desk.post(PAGE, {"key": signed, "new_code": code, "password": PASSWORD})
    assert (response.status_code, set(response.context["form"].errors)) == (422, {"new_code"})
    assert typed_key(response.content.decode()) == second_factor.typed_key(response.context["form"].app)
    assert not TOTPDevice.objects.exists()


def test_a_key_that_the_page_did_not_show_this_person_sets_nothing_up(desk, bob):
    page = desk.get(PAGE)
    code, own = code_of(typed_key(page.content.decode())), page.context["form"]
    foreign = dumps([bob.pk, own.app.key], salt="visits.new_app")
    for key in ["", "x", foreign, own.signed_key[:-1] + "?"]:
        response = desk.post(PAGE, {"key": key, "new_code": code, "password": PASSWORD})
        assert "Halaman ini terbuka terlalu lama." in response.content.decode()
        assert typed_key(response.content.decode()) != second_factor.typed_key(own.app)
    assert not TOTPDevice.objects.exists()


def test_nobody_binds_the_own_phone_on_an_unlocked_computer(desk, alice):
    """Wrong passwords are counted, but only those of somebody who has an app."""
    page = desk.get(PAGE)
    sent = {"key": page.context["form"].signed_key, "new_code": code_of(typed_key(page.content.decode()))}
    desk.post(PAGE, {**sent, "new_code": "000000", "password": "salah"})
    guesses = [desk.post(PAGE, sent | password) for password in [{}, *[{"password": "salah"}] * 5]]
    guesses.append(desk.post(PAGE, {**sent, "password": PASSWORD}))
    said = [guess.context["form"].errors.get_json_data()["password"][0]["message"] for guess in guesses]
    assert said == ["Tulis sandi Anda.", *["Sandi tidak cocok."] * 4, LOCKED_OUT, LOCKED_OUT]
    assert {guess.status_code for guess in guesses} == {422} and not TOTPDevice.objects.exists()
    assert trail() == [("login.refused", "", alice.pk)] * 5 + [("login.locked", "", alice.pk)]


def test_after_the_password_nobody_is_signed_in_before_the_code(desk):
    key, _codes = set_up(desk)
    client, response = give_password(next="/staf/di-dalam/")
    assert response["Location"] == CODE
    assert not StaffSession.objects.exclude(pk=desk.session.session_key).filter(user__isnull=False).exists()
    for address in ["/staf/", "/staf/hari-ini/", "/staf/visits/visit/", PAGE, "/staf/password_change/"]:
        assert client.get(address)["Location"].startswith("/staf/login/")
    assert client.post("/staf/visits/visit/add/").status_code == 403
    assert "Verifikasi dua langkah" in client.get(CODE).content.decode()
    waiting = client.session.session_key
    assert give_code(client, code_of(key, 1))["Location"] == "/staf/di-dalam/"
    assert is_in(client)
    assert client.session.session_key != waiting
    assert not StaffSession.objects.filter(pk=waiting).exists()


def test_whoever_was_signed_in_is_out_when_the_next_person_gives_a_password(desk, client_of, bob):
    _key, codes = set_up(desk)
    shared = client_of(bob)
    shared.post("/staf/login/", {"username": "alice", "password": PASSWORD})
    assert not is_in(shared)
    give_code(shared, codes[0])
    assert shared.get("/staf/akun/").context["user"].username == "alice"


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test/"])
def test_nobody_is_sent_to_another_site_after_the_code(desk, target):
    key, _codes = set_up(desk)
    client, _response = give_password(next=target)
    assert give_code(client, code_of(key, 1))["Location"] == "/staf/"


def test_a_code_is_taken_once(desk):
    """The one that set the app up is used up too."""
    key, _codes = set_up(desk)
    client, response = sign_in(code_at(key, Authenticator.objects.get().last_t))
    assert (response.status_code, is_in(client)) == (422, False)
    Authenticator.objects.update(throttling_failure_count=0)
    code = code_of(key, 1)
    assert is_in(sign_in(code)[0])
    client, response = sign_in(code)
    assert "sudah pernah dipakai" in response.content.decode() and not is_in(client)


@pytest.mark.parametrize(("steps", "is_right"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_clocks_may_differ_by_half_a_minute(desk, steps, is_right):
    key, _codes = set_up(desk)
    Authenticator.objects.update(last_t=-1)
    client, _response = give_password()
    give_code(client, code_of(key, steps))
    assert is_in(client) == is_right


def test_each_wrong_code_makes_the_next_one_wait_longer(desk, clock):
    key, _codes = set_up(desk)
    client, _response = give_password()
    now = timezone.now()
    clock.set(now)
    assert "Kode tidak cocok" in give_code(client, wrong_code(key)).content.decode()
    assert "Tunggu 1 detik" in give_code(client, code_of(key, 1)).content.decode()
    clock.set(now + timedelta(seconds=2))
    assert "Kode tidak cocok" in give_code(client, wrong_code(key)).content.decode()
    assert "Tunggu 2 detik" in give_code(client, code_of(key, 1)).content.decode()
    assert Authenticator.objects.get().throttling_failure_count == 2
    clock.set(now + timedelta(seconds=5))
    assert give_code(client, code_of(key, 1)).status_code == 302
    refused = AuditEvent.objects.filter(action="login.code_refused")
    assert [(line.actor, line.details) for line in refused] == [("", {}), ("", {})]


def test_wrong_recovery_codes_do_not_shut_the_app_out(desk, clock):
    key, codes = set_up(desk)
    client, _response = give_password()
    clock.set(timezone.now())
    assert give_code(client, "aaaa-aaaa").status_code == 422
    assert "Tunggu 1 detik" in give_code(client, codes[0]).content.decode()
    assert give_code(client, code_of(key, 1)).status_code == 302


def test_a_recovery_code_is_taken_once_however_it_is_written(desk):
    _key, codes = set_up(desk)
    for code in [codes[0], codes[1].upper(), codes[2].replace("-", " "), f" {codes[3].replace('-', '')} "]:
        assert is_in(sign_in(code)[0])
    for code in codes[:4]:
        StaticDevice.objects.update(throttling_failure_count=0)
        assert not is_in(sign_in(code)[0])
    assert second_factor.codes_left(StaticDevice.objects.get().user) == 6


def test_a_recovery_code_is_nobody_elses(desk, client_of, bob):
    _key, codes = set_up(desk)
    set_up(client_of(bob))
    assert not is_in(sign_in(codes[0], "bob")[0])


@pytest.mark.django_db(transaction=True)
def test_the_same_code_sent_twice_at_once_is_taken_once(desk, alice):
    key, codes = set_up(desk)
    for code in [code_of(key, 1), codes[0]]:
        together, outcomes = threading.Barrier(2), []

        def give(code=code, together=together, outcomes=outcomes):
            together.wait(timeout=60)
            try:
                outcomes.append(second_factor.is_code(alice, code))
            except second_factor.TooSoonError:
                outcomes.append(False)
            finally:
                connection.close()

        threads = [threading.Thread(target=give) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert sorted(outcomes) == [False, True]


def test_the_code_is_waited_for_five_minutes(desk, clock):
    key, _codes = set_up(desk)
    client, _response = give_password()
    clock.set(timezone.now() + timedelta(minutes=5, seconds=1))
    assert client.get(CODE)["Location"] == "/staf/login/"
    response = client.post(CODE, {"code": code_of(key, 1)}, follow=True)
    assert "Waktu untuk mengisi kode sudah habis." in response.content.decode()
    assert not is_in(client)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}, {"password": "lain"}])
def test_an_account_that_changes_between_password_and_code_stays_out(desk, alice, change):
    key, _codes = set_up(desk)
    client, _response = give_password()
    type(alice).objects.filter(pk=alice.pk).update(**change)
    assert give_code(client, code_of(key, 1))["Location"] == "/staf/login/"
    assert not is_in(client)


def test_a_log_in_without_the_code_is_none_once_there_is_an_app(client_of, alice, desk):
    other = client_of(alice)
    assert is_in(other)
    set_up(desk)
    assert is_in(desk)
    assert not is_in(other)
    forced = client_of(alice)
    response = forced.post("/staf/visits/visit/add/", {"name": "Kenari Terbuka"})
    assert response.status_code == 403
    assert "Anda sudah keluar" in response.content.decode() and "Kenari Terbuka" in response.content.decode()
    assert not is_in(forced)


def test_turning_it_off_takes_password_and_code(desk, alice):
    _key, codes = set_up(desk)
    off = f"{PAGE}matikan/"
    for fields, error in [
        ({"password": "salah", "code": codes[0]}, "password"),
        ({"password": "", "code": codes[0]}, "password"),
        ({"password": PASSWORD, "code": "000000"}, "code"),
        ({"password": PASSWORD, "code": ""}, "code"),
    ]:
        response = desk.post(off, fields)
        assert (response.status_code, set(response.context["form"].errors)) == (422, {error})
    assert second_factor.codes_left(alice) == 10, "a code is not used up by a wrong password"
    response = desk.post(off, {"password": PASSWORD, "code": codes[0]}, follow=True)
    assert "Verifikasi dua langkah dimatikan." in response.content.decode()
    assert not TOTPDevice.objects.exists() and not StaticDevice.objects.exists()
    assert is_in(desk)
    assert give_password()[1]["Location"] == "/staf/"
    assert ("secondfactor.turned_off", "alice", alice.pk) in trail()


def test_nobody_guesses_the_password_on_an_unlocked_computer(desk):
    _key, codes = set_up(desk)
    for _ in range(5):
        desk.post(f"{PAGE}matikan/", {"password": "salah", "code": codes[0]})
    response = desk.post(f"{PAGE}matikan/", {"password": PASSWORD, "code": codes[0]})
    assert "Terlalu banyak sandi yang salah." in response.content.decode()
    assert TOTPDevice.objects.exists()


def test_a_new_phone_replaces_the_old_one_for_who_has_that(desk):
    old, codes = set_up(desk)
    assert set_up(desk)[1] == set_up(desk, code="000000")[1] == set_up(desk, password="", code=codes[0])[1] == []
    Authenticator.objects.update(throttling_failure_count=0)
    assert is_in(sign_in(code_of(old, 1))[0])
    assert set_up(desk, new_code="000000", code=codes[0])[1] == []  # which uses up no other code
    new, new_codes = set_up(desk, code=codes[0])
    assert len(new_codes) == 10 and is_in(desk)
    for code in [code_of(old, 1), codes[1]]:
        assert not is_in(sign_in(code)[0])
    assert Authenticator.objects.count() == 1
    Authenticator.objects.update(throttling_failure_count=0)
    assert is_in(sign_in(code_of(new, 1))[0])


def test_new_recovery_codes_end_the_old_ones(desk, alice):
    _key, codes = set_up(desk)
    response = desk.post(f"{PAGE}kode/", {"password": PASSWORD, "code": codes[0]})
    new = recovery_codes(response.content.decode())
    assert len(set(new) - set(codes)) == 10
    assert not is_in(sign_in(codes[1])[0])
    StaticDevice.objects.update(throttling_failure_count=0)
    assert is_in(sign_in(new[0])[0])
    assert ("secondfactor.codes_renewed", "alice", alice.pk) in trail()


def test_a_new_link_secret_shuts_nobody_out_while_the_old_one_is_named(desk, settings):
    key, codes = set_up(desk)
    old = settings.LINK_SECRET
    settings.LINK_SECRET, settings.LINK_SECRET_FALLBACKS = "y" * 60, ["z" * 60, old]
    assert is_in(sign_in(code_of(key, 1))[0]) and is_in(sign_in(codes[0])[0])
    settings.LINK_SECRET_FALLBACKS = []
    Authenticator.objects.update(last_t=-1)
    assert not is_in(sign_in(code_of(key, 1))[0]) and not is_in(sign_in(codes[1])[0])


def test_an_admin_removes_it_for_who_has_lost_phone_and_paper(desk, alice, client_of, dewi, office):
    set_up(desk)
    page = f"/staf/rekan/{alice.pk}/"
    admin = client_of(dewi)
    assert "Hapus verifikasi dua langkah" in admin.get(page).content.decode()
    response = admin.post(f"{page}hapus-verifikasi/", follow=True)
    assert "Verifikasi dua langkah rekan sudah dihapus." in response.content.decode()
    assert "Hapus verifikasi dua langkah" not in response.content.decode()
    assert not is_in(desk)
    assert give_password()[1]["Location"] == "/staf/"
    admin.post(f"{page}hapus-verifikasi/")
    assert [line for line in trail() if line[0].startswith("colleague")] == [
        ("colleague.second_factor_removed", "dewi", alice.pk)
    ]


def test_an_open_lock_lets_the_next_code_through_at_once(desk, alice, client_of, dewi):
    key, _codes = set_up(desk)
    Authenticator.objects.update(throttling_failure_count=12, throttling_failure_timestamp=timezone.now())
    assert not is_in(sign_in(code_of(key, 1))[0])
    admin, page = client_of(dewi), f"/staf/rekan/{alice.pk}/"
    assert "Buka kunci" in admin.get(page).content.decode()
    assert "Buka kunci" not in admin.post(f"{page}buka-kunci/", follow=True).content.decode()
    assert is_in(sign_in(code_of(key, 1))[0])


def test_neither_key_nor_code_stays_anywhere(desk, caplog):
    with caplog.at_level(logging.DEBUG):
        key, codes = set_up(desk)
        typed = code_of(key, 1)
        client, _response = sign_in(typed)
        give_code(client, "987654")
    kept = str(list(AuditEvent.objects.values())) + caplog.text
    kept += str([session.get_decoded() for session in StaffSession.objects.all()])
    # Digests and moments hold any six digits.
    kept = re.sub(r"\b[0-9a-f]{64}\b|\b\d{10}\b|datetime\.datetime\([^)]*\)", "", kept)
    assert [text for text in [key.replace(" ", ""), typed, "987654", *codes] if text in kept] == []


def test_the_pages_of_the_packages_are_not_there(client_of, root):
    for address in ["otp_totp/totpdevice/", "otp_static/staticdevice/", "axes/accessattempt/"]:
        assert client_of(root).get(f"/staf/{address}").status_code == 404
