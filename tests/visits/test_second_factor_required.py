"""Who must have a second step, and sets it up before anything opens."""

import pytest
from django.test import Client

from tests.authenticator import set_up
from tests.visits.test_second_factor import PAGE, give_password, is_in, sign_in
from visits import passwords


@pytest.fixture(autouse=True)
def _quick_hashes(settings):
    """No test here is about slow hashes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def required(settings):
    """As over TLS."""
    settings.SECOND_FACTOR = "required"


@pytest.mark.parametrize("who", ["dewi", "root"])
def test_who_can_let_others_in_sets_it_up_before_anything_opens(request, required, client_of, office, who):
    user = request.getfixturevalue(who)
    client, response = give_password(user.username)
    assert response["Location"] == "/staf/"
    for address in [
        "/staf/",
        "/staf/visits/visit/",
        "/staf/rekan/",
        "/staf/akun/",
        "/staf/password_change/",
        "/staf/x/",
    ]:
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, PAGE)
    assert client.post("/staf/rekan/tambah/")["Location"] == PAGE
    body = client.get(PAGE).content.decode()
    assert "perlu kunci kedua" in body and "/staf/visits/visit/" not in body
    _key, codes = set_up(client)
    assert client.get("/staf/visits/visit/").status_code == 200
    assert client.get(f"{PAGE}matikan/").status_code == client.post(f"{PAGE}matikan/").status_code == 403
    assert "Matikan" not in client.get("/staf/akun/").content.decode()
    assert is_in(sign_in(codes[0], user.username)[0])


@pytest.mark.parametrize("who", ["alice", "bob", "ratna"])
def test_others_may_do_without(request, required, client_of, who):
    assert is_in(client_of(request.getfixturevalue(who)))


def test_without_tls_nobody_has_to(client_of, dewi, root):
    assert is_in(client_of(dewi)) and is_in(client_of(root))


def test_a_one_time_password_is_changed_first(required, dewi):
    client, password, new = Client(), passwords.set_one_time_password(dewi), "Sandi-Milik-Sendiri-7"
    client.post("/staf/login/", {"username": "dewi", "password": password})
    assert client.get("/staf/")["Location"] == "/staf/password_change/"
    client.post("/staf/password_change/", {"old_password": password, "new_password1": new, "new_password2": new})
    assert client.get("/staf/")["Location"] == PAGE


def test_an_admin_who_has_to_have_one_sets_up_a_new_one(required, dewi, client_of, make_user, office):
    set_up(client_of(dewi))
    eko = make_user("eko", office, "Admin kantor")
    admin = client_of(eko)
    set_up(admin)
    admin.post(f"/staf/rekan/{dewi.pk}/hapus-verifikasi/")
    client, _response = give_password("dewi")
    assert client.get("/staf/")["Location"] == PAGE
