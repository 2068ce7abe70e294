"""Admin kantor keeps the accounts of the own office: invites, gives new passwords, switches off."""

import logging
import re
import threading

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.messages import get_messages
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client

from tests.conftest import PASSWORD, local
from tests.visits.pages import every, tree
from visits import colleagues, roles
from visits.models import AuditEvent, Membership, OneTimePassword, StaffSession

LIST = "/staf/rekan/"
ADD = "/staf/rekan/tambah/"
NEW_PASSWORD = "Sandi-Milik-Sendiri-7"
RINA = {"name": "Rina Marlina", "username": "rina.m", "roles": [roles.STAFF]}
STEPS = ["sandi", "nonaktifkan", "aktifkan", "buka-kunci", "hapus-verifikasi"]


def page(user, step=""):
    return f"/staf/rekan/{user.pk}/" + (f"{step}/" if step else "")


def shown_password(response):
    return re.search(r'<code id="password">([^<]+)</code>', response.content.decode())[1]


def sign_in(username, password):
    client = Client()
    response = client.post("/staf/login/", {"username": username, "password": password, "next": "/staf/"})
    return client, response


def may_sign_in(username, password):
    return sign_in(username, password)[1].status_code == 302


def trail(**kw):
    lines = AuditEvent.objects.filter(action__startswith="colleague.", **kw).order_by("pk")
    return [(line.action, line.actor, line.office_id, line.object_id, line.details) for line in lines]


@pytest.fixture(autouse=True)
def _quick_hashes(settings):
    """No test here is about slow hashes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def admin(client_of, dewi):
    return client_of(dewi)


@pytest.fixture
def elsewhere(alice, other_office):
    """Alice also works in an office that is not Dewi's."""
    Membership.objects.create(user=alice, office=other_office)
    return alice


def test_a_colleague_is_invited_and_the_password_is_shown_once(admin, office, dewi):
    response = admin.post(ADD, RINA)
    password = shown_password(response)
    user = User.objects.get(username="rina.m")
    assert (user.get_full_name(), user.is_staff, user.is_superuser, user.is_active) == (
        "Rina Marlina",
        True,
        False,
        True,
    )
    assert [group.name for group in user.groups.all()] == [roles.STAFF]
    assert [membership.office for membership in user.memberships.all()] == [office]
    assert user.check_password(password)
    assert "no-store" in response["Cache-Control"]
    assert trail() == [("colleague.invited", "dewi", office.pk, user.pk, {"roles": ["Petugas"]})]
    for address in [LIST, page(user), ADD]:
        assert password not in admin.get(address).content.decode()


def test_nothing_opens_before_the_password_is_changed(admin, make_visit):
    make_visit(name="Kenari")
    password = shown_password(admin.post(ADD, RINA))
    client, response = sign_in("rina.m", password)
    assert response["Location"] == "/staf/"
    for address in [
        "/staf/",
        "/staf/hari-ini/",
        "/staf/visits/visit/",
        "/staf/di-dalam/",
        "/staf/laporan/",
        "/staf/x/",
    ]:
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, "/staf/password_change/")
    assert client.post("/staf/visits/visit/add/")["Location"] == "/staf/password_change/"
    body = client.get("/staf/password_change/").content.decode()
    assert "hanya untuk masuk pertama kali" in body
    assert "/staf/visits/visit/" not in body


def change_password(client, old, new, repeated=None):
    fields = {"old_password": old, "new_password1": new, "new_password2": repeated or new}
    return client.post("/staf/password_change/", fields, follow=True)


def test_the_one_time_password_works_once(admin):
    password = shown_password(admin.post(ADD, RINA))
    client, _response = sign_in("rina.m", password)
    body = change_password(client, password, NEW_PASSWORD).content.decode()
    assert "Sandi Anda sudah diganti." in body and "Catat tamu" in body
    assert not OneTimePassword.objects.exists()
    assert not may_sign_in("rina.m", password)
    again, _response = sign_in("rina.m", NEW_PASSWORD)
    assert again.get("/staf/visits/visit/").status_code == 200
    assert AuditEvent.objects.filter(action="password.changed", actor="rina.m").count() == 1


@pytest.mark.parametrize("new", ["", "pendek", "rina.m", "12345678901234"])
def test_a_poor_password_of_ones_own_opens_nothing(admin, new):
    password = shown_password(admin.post(ADD, RINA))
    client, _response = sign_in("rina.m", password)
    change_password(client, password, new)
    assert client.get("/staf/")["Location"] == "/staf/password_change/"


def test_a_one_time_password_can_not_be_kept(admin):
    password = shown_password(admin.post(ADD, RINA))
    client, _response = sign_in("rina.m", password)
    response = change_password(client, password, password)
    assert response.context["form"].errors == {"new_password2": ["Sandi baru harus berbeda dari sandi sekarang."]}
    assert OneTimePassword.objects.exists()


def test_who_changes_a_password_of_the_own_free_will_sees_the_usual_page(client_of, alice):
    client = client_of(alice)
    response = change_password(client, PASSWORD, NEW_PASSWORD)
    assert response.redirect_chain == [("/staf/password_change/done/", 302)]
    assert "hanya untuk masuk pertama kali" not in client.get("/staf/password_change/").content.decode()


def test_a_forgotten_password_is_made_anew_and_open_sessions_end(admin, client_of, alice, office):
    desk = client_of(alice)
    assert desk.get("/staf/").status_code == 200
    password = shown_password(admin.post(page(alice, "sandi")))
    assert desk.get("/staf/")["Location"].startswith("/staf/login/")
    assert not may_sign_in("alice", PASSWORD)
    client, _response = sign_in("alice", password)
    assert client.get("/staf/")["Location"] == "/staf/password_change/"
    assert trail() == [("colleague.password_renewed", "dewi", office.pk, alice.pk, {})]
    assert shown_password(admin.post(page(alice, "sandi"))) != password
    assert not may_sign_in("alice", password)


def test_who_is_switched_off_is_out_at_the_next_request(admin, client_of, alice, office):
    desk = client_of(alice)
    assert desk.get("/staf/visits/visit/").status_code == 200
    response = admin.post(page(alice, "nonaktifkan"), follow=True)
    assert "Akun rekan dinonaktifkan." in response.content.decode()
    assert desk.get("/staf/visits/visit/")["Location"].startswith("/staf/login/")
    assert not may_sign_in("alice", PASSWORD)
    password = shown_password(admin.post(page(alice, "aktifkan")))
    assert not may_sign_in("alice", PASSWORD)
    client, _response = sign_in("alice", password)
    assert client.get("/staf/")["Location"] == "/staf/password_change/"
    assert admin.post(page(alice, "aktifkan"))["Location"] == page(alice)
    assert may_sign_in("alice", password)
    assert trail() == [
        ("colleague.deactivated", "dewi", office.pk, alice.pk, {}),
        ("colleague.reactivated", "dewi", office.pk, alice.pk, {}),
    ]


def test_roles_are_changed_and_others_groups_stay(admin, client_of, alice, office):
    Group.objects.create(name="Arsip")
    alice.groups.add(Group.objects.get(name="Arsip"))
    admin.post(page(alice), {"roles": [roles.REPORT_RECEIVER, roles.STAFF]})
    assert set(alice.groups.values_list("name", flat=True)) == {"Arsip", "Petugas", "Penerima laporan"}
    admin.post(page(alice), {"roles": [roles.STAFF, roles.REPORT_RECEIVER]})
    admin.post(page(alice), {"roles": [roles.LEADERSHIP]})
    assert client_of(alice).get("/staf/visits/visit/").status_code == 403
    assert trail() == [
        ("colleague.roles_changed", "dewi", office.pk, alice.pk, {"roles": ["Petugas", "Penerima laporan"]}),
        ("colleague.roles_changed", "dewi", office.pk, alice.pk, {"roles": ["Pimpinan"]}),
    ]


@pytest.mark.parametrize(
    ("kw", "errors"),
    [
        ({"name": ""}, {"name": ["Tulis nama rekan."]}),
        ({"name": "\u3164\u200b"}, {"name": ["Tulis nama rekan."]}),
        ({"username": ""}, {"username": ["Tulis nama pengguna."]}),
        ({"roles": []}, {"roles": ["Pilih paling sedikit satu wewenang."]}),
        (
            {"roles": ["Penerima laporan"]},
            {"roles": ["Penerima laporan hanya tambahan. Pilih juga Petugas atau Admin kantor."]},
        ),
    ],
)
def test_mistakes_are_explained_and_what_was_typed_stays(admin, kw, errors):
    response = admin.post(ADD, RINA | kw)
    assert (response.status_code, response.context["form"].errors) == (422, errors)
    kept = {"Rina Marlina", "rina.m"} - (
        {"Rina Marlina"} if "name" in kw else {"rina.m"} if "username" in kw else set()
    )
    assert all(f'value="{text}"' in response.content.decode() for text in kept)
    assert not User.objects.filter(username="rina.m").exists()


@pytest.mark.parametrize(
    "kw", [{"username": "rina m"}, {"username": "x" * 151}, {"name": "x" * 101}, {"roles": ["IT"]}]
)
def test_impossible_input_is_a_mistake_not_a_fault(admin, kw):
    response = admin.post(ADD, RINA | kw)
    assert (response.status_code, set(response.context["form"].errors)) == (422, set(kw))


@pytest.mark.parametrize("taken", ["charlie", "Charlie", "CHARLIE"])
def test_a_user_name_is_nobody_elses(admin, charlie, taken):
    response = admin.post(ADD, RINA | {"username": taken})
    assert "sudah dipakai" in response.context["form"].errors["username"][0]
    assert "Bawaslu Kota Lain" not in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_user_name_make_one_account(office, dewi, client_of, monkeypatch):
    """The second passes the form, and then the database refuses."""
    client = client_of(dewi)
    monkeypatch.setattr("visits.office_forms.ColleagueForm.clean_username", lambda form: form.cleaned_data["username"])
    assert client.post(ADD, RINA).status_code == 200
    response = client.post(ADD, RINA)
    assert (response.status_code, set(response.context["form"].errors)) == (422, {"username"})
    assert User.objects.filter(username="rina.m").count() == 1
    assert len(trail()) == 1


@pytest.mark.parametrize("who", ["alice", "bob", "charlie"])
def test_only_an_admin_keeps_accounts(request, client_of, bob, who):
    client = client_of(request.getfixturevalue(who))
    before = User.objects.count()
    assert client.get(LIST).status_code == 403
    assert client.post(ADD, RINA).status_code == 403
    assert {client.post(page(bob, step)).status_code for step in ["", *STEPS]} == {403}
    assert (User.objects.count(), trail()) == (before, [])


def test_people_of_other_offices_do_not_exist(admin, charlie, root):
    response = admin.get(LIST)
    assert "charlie" not in response.text and "root" not in every(tree(response), "main")[0]
    for stranger in [charlie, root]:
        assert admin.get(page(stranger)).status_code == 404
        assert {admin.post(page(stranger, step)).status_code for step in STEPS} == {404}
        assert admin.post(page(stranger), {"roles": [roles.LEADERSHIP]}).status_code == 404
    assert admin.get(f"{LIST}?kantor=lain").status_code == 404
    assert admin.post(f"{ADD}?kantor=lain", RINA).status_code == 404
    assert trail() == []


@pytest.mark.parametrize("who", ["elsewhere", "dewi", "root"])
def test_out_of_reach_and_told_why(request, admin, office, who):
    """Somebody who also works elsewhere; oneself; IT."""
    user = request.getfixturevalue(who)
    Membership.objects.get_or_create(user=user, office=office)
    before = User.objects.filter(pk=user.pk).values("password", "is_active", "groups").get()
    body = admin.get(page(user)).content.decode()
    why = {"elsewhere": colleagues.ELSEWHERE, "dewi": colleagues.OWN, "root": colleagues.OF_IT}[who]
    assert why in body and "Nonaktifkan" not in body and "Simpan wewenang" not in body
    assert {admin.post(page(user, step)).status_code for step in STEPS} == {403}
    assert admin.post(page(user), {"roles": [roles.LEADERSHIP]}).status_code == 403
    assert User.objects.filter(pk=user.pk).values("password", "is_active", "groups").get() == before
    assert trail() == []
    assert AuditEvent.objects.filter(action="refused", actor="dewi").count() == len(STEPS) + 1


def test_an_admin_of_both_offices_reaches_people_of_both(admin, elsewhere, dewi, office, other_office):
    assert admin.post(page(elsewhere, "nonaktifkan")).status_code == 403
    Membership.objects.create(user=dewi, office=other_office)
    assert admin.post(page(elsewhere, "nonaktifkan")).status_code == 302
    offices = sorted([office.pk, other_office.pk])
    assert trail() == [("colleague.deactivated", "dewi", pk, elsewhere.pk, {}) for pk in offices]


def test_several_offices_are_chosen_by_address(admin, charlie, dewi, other_office):
    Membership.objects.create(user=dewi, office=other_office)
    names = [person.username for person in admin.get(f"{LIST}?kantor=lain").context["people"]]
    assert names == ["charlie", "dewi"]
    admin.post(f"{ADD}?kantor=lain", RINA)
    assert [row.office for row in Membership.objects.filter(user__username="rina.m")] == [other_office]
    assert f"{page(charlie)}?kantor=lain" in admin.get(f"{LIST}?kantor=lain").content.decode()


def test_an_office_keeps_its_last_admin(client_of, root, dewi, make_user, office):
    """Not even IT takes the last one away on these pages; a second one, switched off, does not count."""
    make_user("eko", office, roles.OFFICE_ADMIN, is_active=False)
    client = client_of(root)
    for address, fields in [(page(dewi, "nonaktifkan"), {}), (page(dewi), {"roles": [roles.STAFF]})]:
        body = client.post(address, fields, follow=True).content.decode()
        assert "Setiap kantor perlu paling sedikit satu Admin kantor yang aktif." in body
    dewi.refresh_from_db()
    assert (dewi.is_active, colleagues.roles_of(dewi)) == (True, [roles.OFFICE_ADMIN])
    assert trail() == []
    User.objects.filter(username="eko").update(is_active=True)
    assert client.post(page(dewi, "nonaktifkan")).status_code == 302
    assert [line[0] for line in trail()] == ["colleague.deactivated"]


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_switch_one_another_off_leave_one(make_user, office, dewi):
    eko = make_user("eko", office, roles.OFFICE_ADMIN)
    together, outcomes = threading.Barrier(2), []

    def act(by, user):
        together.wait(timeout=60)
        try:
            colleagues.deactivate(user, by=by)
            outcomes.append("done")
        except colleagues.LastAdminError:
            outcomes.append("last")
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=pair) for pair in [(dewi, eko), (eko, dewi)]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["done", "last"]
    assert User.objects.filter(is_active=True).count() == 1


def test_the_rules_hold_below_the_pages(dewi, charlie, elsewhere):
    for user in [dewi, elsewhere, charlie]:
        with pytest.raises(PermissionDenied):
            colleagues.renew_password(user, by=dewi)
    assert not OneTimePassword.objects.exists()


def test_the_list(admin, office, alice, bob, dewi, make_user):
    make_user("eko", office, roles.STAFF, is_active=False, first_name="Aco", last_name="Eko")
    admin.post(ADD, RINA)
    rows = admin.get(LIST).context["people"]
    assert [(row.name, row.roles, row.is_active, row.is_new, bool(row.last_login)) for row in rows] == [
        ("alice", ["Petugas"], True, False, False),
        ("bob", ["Pimpinan"], True, False, False),
        ("dewi", ["Admin kantor"], True, False, True),
        ("Rina Marlina", ["Petugas"], True, True, False),
        ("Aco Eko", ["Petugas"], False, False, False),
    ]


def test_the_last_log_in_is_told_by_the_offices_clock(charlie, other_office, make_user, client_of, clock):
    admin = client_of(make_user("eko", other_office, roles.OFFICE_ADMIN))
    charlie.last_login = local(other_office, "2026-07-14", "12:24:00")
    charlie.save()
    clock.set(charlie.last_login)
    [row] = [person for person in admin.get(LIST).context["people"] if person.username == "charlie"]
    assert row.last_login == "14 Jul 12.24"


def test_as_many_queries_for_five_people_as_for_two(admin, office, alice, make_user, django_assert_num_queries):
    with django_assert_num_queries(12):
        admin.get(LIST)
    for name in ["eko", "fitri", "gita"]:
        make_user(name, office, roles.STAFF, roles.REPORT_RECEIVER)
    with django_assert_num_queries(12):
        admin.get(LIST)


def test_neither_password_nor_name_stays_anywhere(admin, alice, caplog):
    with caplog.at_level(logging.DEBUG):
        made = [shown_password(admin.post(ADD, RINA)), shown_password(admin.post(page(alice, "sandi")))]
        admin.post(page(alice, "nonaktifkan"))
        response = admin.get(LIST)
    kept = str(list(AuditEvent.objects.values())) + caplog.text + str(list(get_messages(response.wsgi_request)))
    kept += str([session.get_decoded() for session in StaffSession.objects.all()])
    assert [text for text in [*made, "Rina", "Marlina"] if text in kept] == []


def test_the_trail_is_told_in_words(admin, alice):
    admin.post(page(alice), {"roles": [roles.STAFF, roles.REPORT_RECEIVER]})
    admin.post(page(alice, "sandi"))
    body = admin.get("/staf/visits/auditevent/").content.decode()
    for words in ["Mengubah wewenang rekan", "Petugas, Penerima laporan", "Membuat sandi sekali pakai"]:
        assert words in body
