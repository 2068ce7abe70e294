"""Which code opens the form, and whose page may send it."""

import re

import pytest

from visits import actions
from visits.models import Visit

pytestmark = pytest.mark.django_db


def form_of(point) -> str:
    return f"/k/{point.code}/kunjungan/"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://testserver"},
        {"Referer": "http://testserver/k/lama/"},
    ],
)
def test_our_own_pages_and_old_browsers_may_send(client, point, visit_fields, headers):
    assert client.post(form_of(point), visit_fields(point), headers=headers).status_code == 303
    assert Visit.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": "http://testserver.evil.example/"},
    ],
)
def test_another_site_may_not_send_but_the_visitor_may_go_on(client, point, visit_fields, headers):
    fields = visit_fields(point)
    response = client.post(form_of(point), fields, headers=headers)

    assert response.status_code == 403
    assert 'value="Siti Rahmawati"' in response.content.decode()
    assert fields["submission_id"] in response.content.decode()
    assert Visit.objects.count() == 0


def test_another_site_may_not_check_a_visitor_out(client, make_visit):
    visit = make_visit()

    client.post(f"/t/{actions.ticket_key(visit)}/selesai/", headers={"Sec-Fetch-Site": "cross-site"})

    visit.refresh_from_db()
    assert visit.left_at is None


@pytest.mark.parametrize("path", ["/k/{}/", "/K/{}/", "/k/{}/kunjungan/", "/K/{}/kunjungan/", "/k/{}/syarat/"])
def test_a_code_opens_in_any_case(client, point, path):
    for code in [point.code, point.code.lower()]:
        response = client.get(path.format(code))
        assert response.status_code == 200
        links = set(re.findall(r'href="(/[kK]/\w+/)', response.content.decode()))
        assert links == {f"/k/{point.code}/"}, "pages link to one address"


@pytest.mark.parametrize("path", ["/k/{}/", "/k/{}/kunjungan/", "/k/{}/syarat/"])
def test_a_revoked_code_says_so(client, point, path):
    point.is_active = False
    point.save()

    response = client.get(path.format(point.code))

    assert response.status_code == 410
    assert "tidak berlaku" in response.content.decode()
    assert "<form" not in response.content.decode()


def test_a_code_revoked_while_the_visitor_types_shows_what_was_typed(client, point, visit_fields):
    point.is_active = False
    point.save()

    response = client.post(form_of(point), visit_fields(point, note="Perlu kursi roda"))

    assert response.status_code == 410
    for typed in ["Siti Rahmawati", "0812 3456 7890", "Universitas Contoh", "Perlu kursi roda"]:
        assert typed in response.content.decode()
    assert Visit.objects.count() == 0


@pytest.mark.parametrize("typed", ["{code}", "{lower}", " {code} ", "{half} {rest}", "{half}-{rest}"])
def test_the_code_is_typed_as_people_type(client, point, typed):
    code = point.code
    response = client.post("/", {"kode": typed.format(code=code, lower=code.lower(), half=code[:3], rest=code[3:])})

    assert response.headers["Location"] == f"/k/{code}/"


@pytest.mark.parametrize("typed", ["", "ABC", "AAAAAA", "222222222", "\0\0\0\0\0\0", "<b>22"])
def test_a_wrong_code_is_explained_and_kept(client, point, typed):
    response = client.post("/", {"kode": typed})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["kode"]
