"""Strangers send anything. The answer is never a fault of ours."""

import pytest
from django.test import Client

from visits.models import Visit

pytestmark = pytest.mark.django_db

ODD_TEXT = [
    "\0",
    "a\0b",
    "\x01\x02\x1b[31m",
    "\ud800".encode("utf-8", "surrogatepass"),
    b"\xff\xfe\xfd",
    "%00",
    "\u202eabc",
    "😀" * 1000,
    "'; DROP TABLE visits_visit; --",
    "\\",
    "%s%s%n",
    "{{7*7}}${7*7}",
    "A" * 100_000,
]
FIELDS = [
    "submission_id",
    "name",
    "phone",
    "visitor_kind",
    "organization",
    "district",
    "purpose",
    "meeting_with",
    "party_size",
    "note",
    "consent",
    "queued_seconds",
]


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("field", FIELDS)
def test_odd_text_in_any_field_of_the_form(client, point, visit_fields, field):
    for odd in ODD_TEXT:
        response = client.post(f"/k/{point.code}/kunjungan/", visit_fields(point, **{field: odd}))
        assert response.status_code in {303, 422}, odd
        assert response.status_code == 303 or "Nama lengkap" in response.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/%00/",
        "/k/%00/",
        "/k/%ff%fe/",
        "/k/AAAAAA/%00",
        "/t/%00/",
        "/t/%C0%80/",
        "/t/..%2f..%2fetc/",
        "/s/%00/",
        "/s/%C0%80/",
        "/privasi/?kantor=%00",
        "/privasi/?kantor=%ff",
        "/?lang=%00",
        "/?%00=1",
        "/staf/?%00",
        "/staf/login/?next=%00",
        "/k/" + "A" * 5000 + "/",
        "/static/%00",
        "/static/..%2f..%2fmanage.py",
        "/%F0%9F%98%80/",
        "//evil.example/",
        "/staf//evil.example/",
    ],
)
def test_odd_addresses_get_a_calm_page(client, office, path):
    response = client.get(path)

    assert response.status_code in {200, 301, 302, 400, 404}
    assert "evil.example" not in response.headers.get("Location", "").split("?")[0].removeprefix("/staf/login/")


@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": "sessionid=\xff\xfe; csrftoken=%00"},
        {"cookie": "=;;;==,"},
        {"referer": "http://[::1"},
        {"origin": "http://[::1"},
        {"origin": "\xff"},
        {"sec-fetch-site": "\xff\xfe"},
        {"accept-language": "x" * 5000},
        {"user-agent": "\xff" * 100},
        {"x-forwarded-for": "\xff, ::1, '"},
        {"content-type": "text/plain; charset=bogus"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/", "/staf/", "/staf/login/"])
def test_odd_headers(client, office, path, headers):
    assert client.get(path, headers=headers).status_code in {200, 302, 400, 403}
    assert client.post(path, {"kode": "x"}, headers=headers).status_code in {200, 302, 400, 403, 422}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"name": 1}'),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("application/x-www-form-urlencoded; charset=utf-16", "name=Siti".encode("utf-16")),
        ("application/x-www-form-urlencoded; charset=bogus", b"name=Siti"),
        ("application/x-www-form-urlencoded", b"name=%ff%fe&phone=%00"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(3000))),
        ("application/x-www-form-urlencoded", b"note=" + b"x" * 2_000_000),
        ("", b"\0\1\2"),
    ],
)
def test_odd_bodies(client, point, content_type, body):
    response = client.generic("POST", f"/k/{point.code}/kunjungan/", body, content_type=content_type)

    assert response.status_code in {400, 413, 422}
    assert "</html>" in response.content.decode()
    assert Visit.objects.count() == 0


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
@pytest.mark.parametrize(
    "path",
    ["/", "/k/{code}/", "/k/{code}/kunjungan/", "/k/{code}/saran/", "/k/{code}/syarat/", "/privasi/", "/t/aaaa/"],
)
def test_other_methods_are_refused(client, point, method, path):
    assert getattr(client, method)(path.format(code=point.code)).status_code == 405


def test_a_foreign_host_is_refused(client, office):
    response = client.get("/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()


def test_nobody_writes_on_the_form_that_others_get(client, point):
    """The empty form is kept for everybody: nothing of one visitor's address may stand in it."""
    form = f"/k/{point.code}/kunjungan/"
    client.get(f"{form}?kantor=poisoned&x=poisoned", headers={"referer": "http://testserver/poisoned"})

    assert "poisoned" not in client.get(form).content.decode()
