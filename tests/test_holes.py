"""The holes found in public guest books, each closed. What is held elsewhere already:

who opens which staff address         tests/visits/test_access.py: test_table,
                                      test_no_query_brings_a_masked_name_to_light
export without the permission         tests/visits/test_export.py: test_no_export_without_the_permission,
                                      test_no_action_of_the_list_exports, test_confidential_rows_stay_masked
wrong and revoked keys, all alike     tests/visits/test_thread.py: test_every_wrong_key_shows_the_same_calm_page;
                                      tests/visits/test_ticket.py: test_a_wrong_key_shows_one_calm_page
made-up session cookies               tests/visits/test_sessions.py: test_a_forged_cookie_opens_nothing_...,
                                      test_a_cookie_from_before_the_log_out_is_of_no_use
guessing names and passwords          tests/visits/test_log_in.py: test_unknown_and_known_names_are_answered_alike
accounts out of reach                 tests/visits/test_colleagues.py: test_out_of_reach_and_told_why
odd text in the visitor's form        tests/visits/test_odd_input.py; in the search: tests/visits/test_staff_search.py
markup in any field, in Chromium      tests/browser/test_injected_text.py
SQL in any parameter                  tests/test_sql_in_any_parameter.py
formulas, cell by cell                tests/visits/test_export.py: test_text_stays_text_and_unchanged;
                                      tests/reports/test_workbook.py, test_tidy_csv.py; tests/visits/test_audit_trail.py
masked rows are not found by phone    tests/visits/test_staff_search.py: test_masked_rows_are_never_found
a draft for the next visitor          tests/browser/test_shared_screen.py, tests/browser/test_drafts.py:
                                      test_after_sending_the_next_visitor_finds_nothing
"""

import base64
import csv
import io
import json
import pickle
import re
from collections.abc import Iterator
from functools import partial
from urllib.parse import quote, urlencode

import openpyxl
import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, User
from django.core import signing
from django.test import Client
from django.utils import timezone

from reports import actions as report_actions
from reports.period import Period
from tests.conftest import local
from tests.every_address import CANARY, NUMBERS, Asking, filled, places, routes, row_of
from visits import actions, exports, roles, sessions
from visits.models import StaffSession, Visit

PERSONAL = [CANARY["name"], CANARY["note"], "85550009876", "0855-5000-9876"]
EXPORT = {"format": "0", "resource": "0", **{f"visitresource_{column.name}": "on" for column in exports.COLUMNS}}


@pytest.fixture(autouse=True)
def _quick_hashes(settings):
    """Thousands of forms are sent; none of this is about slow hashes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def asking(client_of):
    return lambda person=None: Asking(client_of(person) if person else Client())


def leaked(response, words=PERSONAL) -> list[str]:
    return [word for word in words if word in response.told]


# Export by every route.

QUERIES = ["?_export=1&format=0&resource=0&all=", "?kantor=contoh&format=csv&_popup=1&_to_field=name&q=Kenari"]
ENDINGS = ["", "export/", ".xlsx", ".csv", ".json", "unduh/", *QUERIES]


def is_shut(response) -> bool:
    """Sent to the log-in, or told that one has left."""
    return response.headers.get("Location", "").startswith("/staf/login/") or (
        response.status_code == 403 and "Anda sudah keluar" in response.told
    )


def test_anonymous_gets_nothing_by_any_route(rows, asking):
    """Of public pages with everything for a key that a stranger may know or guess; the key itself opens its page."""
    ask, visit = asking(), rows["visit"]
    guesses = [visit.pk, visit.key_hash, visit.submission_id, rows["checkinpoint"].code, visit.label]
    leaks, opened = [], []
    for route in routes():
        for guess in guesses if "key" in places(route) and not route.startswith("staf/") else [""]:
            address = filled(route, rows, **({"key": guess} if guess else {}))
            answers = [ask("get", f"{address}{ending}") for ending in ENDINGS]
            answers += [
                ask(method, address, EXPORT if method == "post" else None) for method in ["head", "post", "options"]
            ]
            leaks += [(address, leaked(answer)) for answer in answers if leaked(answer)]
            opened += [route for answer in answers if route.startswith("staf/") and not is_shut(answer)]
    assert (leaks, set(opened)) == ([], {"staf/login/", "staf/login/kode/", "staf/logout/"})


@pytest.mark.parametrize(
    ("person", "office_of", "finds"),
    [
        ("bob", "office", set()),
        ("charlie", "other_office", set()),
        ("admin_elsewhere", "other_office", set()),
        ("dewi", "office", {"staf/visits/visit/export/", "staf/visits/visit/"}),
    ],
)
def test_no_route_exports_to_those_who_may_not(request, rows, asking, make_user, person, office_of, finds):
    """Pimpinan get figures without names; another office gets nothing. That the look finds something: Admin kantor."""
    request.getfixturevalue(office_of)
    if person == "admin_elsewhere":
        who = make_user(person, request.getfixturevalue(office_of), roles.OFFICE_ADMIN, roles.REPORT_RECEIVER)
    else:
        who = request.getfixturevalue(person)
    ask, found = asking(who), set()
    for route in routes():
        address = filled(route, rows, **({"key": rows["visit"].pk} if "key" in places(route) else {}))
        answers = [ask("get", address + QUERIES[1]), ask("post", address, EXPORT)]
        found |= {route for answer in answers if leaked(answer)}
    assert finds <= found if finds else found == set()


# Counting through ids.


def steady(response, number) -> tuple:
    """Without what differs between any two answers: the number itself, tokens, the request's own name."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|\b[0-9a-f-]{16,}\b|csrftoken=\S+', "", response.told)
    text = re.sub(r"(?i)expires=[^;]+|\d\d:\d\d:\d\d|'(Content-Length|X-Request-ID)': '\w+'", "", text)
    return response.status_code, text.replace(f"/{number}/", "/")


@pytest.mark.parametrize("role", [roles.STAFF, roles.LEADERSHIP, roles.OFFICE_ADMIN])
def test_a_number_of_another_office_answers_like_one_that_nobody_has(rows, asking, make_user, other_office, role):
    ask, telling = asking(make_user("eka", other_office, role, roles.REPORT_RECEIVER)), []
    for route in routes("staf/"):
        place = next((name for name in places(route) if name in NUMBERS), None)
        for method in ["get", "post"] if place else []:
            numbers = [row_of(route, rows).pk, 987654321]
            answers = [steady(ask(method, filled(route, rows, **{place: number})), number) for number in numbers]
            telling += [(method, route, *[status for status, _text in answers])] if answers[0] != answers[1] else []
    assert telling == []


def test_no_public_page_holds_the_number_of_a_row(rows, asking, survey_fields, visit_fields, feedback_fields):
    """What visitors see counts from 1 every day, or by office; no page says how many rows there are."""
    ask, point = asking(), rows["checkinpoint"]
    told = [ask("get", filled(route, rows)).told for route in routes() if not route.startswith("staf/")]
    ended = actions.close(rows["visit"])
    told += [ask("get", f"/t/{actions.ticket_key(ended)}/{page}").told for page in ["", "penilaian/"]]
    for page, fields in [
        ("kunjungan", visit_fields(point)),
        ("saran", feedback_fields()),
        ("penilaian", survey_fields()),
    ]:
        told.append(ask("post", f"/k/{point.code}/{page}/", fields).told)
    assert [text[:300] for text in told if "73519046" in text or str(rows["surveyresponse"].pk) in text] == []
    assert any(CANARY["name"] in text for text in told), "these are the pages of a visit"


# Forged cookies.


def session_data(user) -> dict:
    hashed = {HASH_SESSION_KEY: user.get_session_auth_hash()}
    return {SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0], **hashed}


def test_no_cookie_made_elsewhere_is_a_log_in(rows, root, client_of):
    """Whoever made it: with our own secret too, and from what the account page or a stolen backup shows."""
    data, real = session_data(root), client_of(root).session.session_key
    turned = real[:-1] + ("a" if real[-1] != "a" else "b")
    row = StaffSession.objects.get(pk=real)
    forged = [
        signing.dumps(data, salt="django.contrib.sessions.backends.signed_cookies"),
        signing.dumps(data, key="geheim", salt="django.contrib.sessions.backends.signed_cookies"),
        signing.dumps(data, salt="visits.sessions.SessionStore", compress=True),
        json.dumps(data),
        base64.b64encode(json.dumps(data).encode()).decode(),
        base64.b64encode(pickle.dumps(data)).decode(),
        base64.b64encode(b"cos\nsystem\n(S'true'\ntR.").decode(),
        row.session_data,
        sessions.name_of(real),
        *[turned, real.upper(), f"{real} ", f" {real}", real[:-1], f"{real}' OR '1'='1", str(root.pk), "root"],
    ]
    for cookie in forged:
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie
        answer = client.get("/staf/visits/visit/")
        assert (answer.status_code, answer.headers["Location"][:13]) == (302, "/staf/login/?"), cookie
    assert StaffSession.objects.count() == 1


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}, {"password": "!"}])
def test_no_session_outlives_its_account(rows, alice, client_of, change):
    client = client_of(alice)
    assert client.get("/staf/visits/visit/").status_code == 200
    User.objects.filter(pk=alice.pk).update(**change)
    assert client.get("/staf/visits/visit/").headers["Location"].startswith("/staf/login/?")


def test_the_token_of_one_browser_is_of_no_use_in_another(rows, alice, ratna):
    def browser(user):
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        page = client.get(f"/staf/visits/visit/{rows['visit'].pk}/change/").content.decode()
        return client, re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]

    (hers, own), (_other, foreign) = browser(alice), browser(ratna)
    close = f"/staf/visits/visit/{rows['visit'].pk}/selesai/"
    for token in [foreign, "", "x" * 64, own[:-1]]:
        assert hers.post(close, {"csrfmiddlewaretoken": token}).status_code == 403
    assert Visit.objects.get().left_at is None
    hers.post(close, {"csrfmiddlewaretoken": own})
    assert Visit.objects.get().left_at is not None


# Open registration.


def accounts() -> dict:
    """Everything that an account may do anything by."""
    return {
        user.username: (
            *(user.is_superuser, user.is_staff, user.is_active, user.password),
            sorted(user.groups.values_list("name", flat=True)),
            user.user_permissions.count(),
            sorted(user.memberships.values_list("office__slug", flat=True)),
        )
        for user in User.objects.all()
    }


def greedy(office) -> dict:
    """Everything that a form about accounts could take."""
    return {
        **dict.fromkeys(["username", "name", "first_name"], "penyusup"),
        "usable_password": "true",
        **dict.fromkeys(
            ["password", "password1", "password2", "new_password1", "new_password2"], "Sandi-Baru-Sekali-7"
        ),
        **dict.fromkeys(["is_superuser", "is_staff", "is_active"], "on"),
        "groups": list(Group.objects.values_list("pk", flat=True)),
        "user_permissions": ["1", "2"],
        "roles": list(roles.ROLES),
        **dict.fromkeys(["office", "kantor"], str(office.pk)),
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-office": str(office.pk),
    }


def of_accounts(route, people) -> list:
    """Where the address names an account: each of these in turn."""
    return people if re.match("staf/(rekan|auth/user)/<", route) else people[:1]


@pytest.mark.parametrize("person", ["anonymous", "alice", "bob", "charlie", "ratna"])
def test_nobody_makes_or_raises_an_account(request, rows, asking, root, dewi, other_office, person):
    who = None if person == "anonymous" else request.getfixturevalue(person)
    ask, before, sent, changing = asking(who), accounts(), greedy(other_office), []
    for route in routes():
        for account in of_accounts(route, [*([who] if who else []), dewi, root]):
            address = filled(route, {**rows, "user": account})
            after = ask("post", address, sent, within=lambda _response: accounts()).found
            changing += [address] if after != before else []
    assert changing == []


def test_an_admin_gives_no_more_than_the_roles_of_the_own_office(rows, asking, root, dewi, charlie, other_office):
    ask, before, sent, reached = asking(dewi), accounts(), greedy(other_office), set()
    untouchable = {"root", "dewi", "charlie"}
    for route in routes("staf/"):
        for account in of_accounts(route, [dewi, root, charlie, rows["user"]]):
            after = ask(
                "post", filled(route, {**rows, "user": account}), sent, within=lambda _response: accounts()
            ).found
            reached |= {name for name in after if after[name] != before.get(name)}
            raised = {
                name for name, (is_superuser, *_rest, office) in after.items() if is_superuser or "lain" in office
            }
            assert raised == {"root", "charlie"}, route
            assert {after[name][-2] for name in after} == {0}, route
    assert reached & untouchable == set()
    assert reached == {"alice", "penyusup"}, "the forms were taken"


# Formulas.

FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(1)"]


def formulas(response) -> list[str]:
    """Cells of a workbook or a CSV file that a spreadsheet would compute."""
    if response.body.startswith(b"PK"):
        book = openpyxl.load_workbook(io.BytesIO(response.body))
        cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
        return [cell.value for cell in cells if cell.data_type == "f"]
    lines = csv.reader(io.StringIO(response.body.decode("utf-8-sig")), delimiter=";")
    cells = [cell for line in lines for cell in line]
    return [cell for cell in cells if re.match(r"[=+@\t\r-]", cell) and not re.fullmatch(r"-?[\d.,]+", cell)]


def test_no_file_of_any_route_holds_a_formula(rows, asking, root, office, make_visit):
    for number, row in enumerate([rows["purpose"], rows["division"], rows["district"], rows["checkinpoint"], office]):
        row.name = FORMULAS[number % 4]
        row.save()
    texts = dict(zip(["name", "organization", "note", "staff_note"], FORMULAS, strict=True))
    named = {"purpose": rows["purpose"], "division": rows["division"], "district": rows["district"]}
    over = {
        "arrived_at": local(office, "2026-06-10"),
        "left_at": local(office, "2026-06-10", "10:00"),
        "ended_by": "tamu",
    }
    for _ in range(5):
        make_visit(visitor_kind="media", **over, **texts, **named)
    report_actions.lock(office=office, period=Period.parse("2026-06"), number="=1+1", by=root)
    actions.record(action="visit.opened", by=root, office_id=office.pk, target=rows["visit"], filters=FORMULAS)
    ask, looked_at = asking(root), set()
    for route in routes():
        address = filled(route, rows, period="2026-06") if not re.search("poster|[.]pdf", route) else ""
        for method in ["get", *(["post"] if "export" in route else [])] if address else []:
            answer = ask(method, address, EXPORT if method == "post" else None)
            if re.search("csv|spreadsheetml", answer.headers.get("Content-Type", "")):
                looked_at.add(route)
                assert formulas(answer) == [], route
                assert any(text in answer.told for text in FORMULAS), route
    report = "staf/laporan/<period:period>"
    lists = {"staf/visits/visit/export/", "staf/visits/auditevent/unduh/"}
    assert looked_at >= lists | {f"{report}.csv", f"{report}.xlsx", "publik/<slug:slug>/angka.csv"}


# Look-up by phone.

NUMBERS_ASKED = {
    "+6285550009876": ["085550009876", "0855-5000-9876"],  # inside right now
    "+6285550001111": ["085550001111", "0855-5000-1111"],  # never here
}


def answers_about(phone, ask, rows, forms) -> Iterator[str]:
    """To every public form that takes a number, well filled in or not, and to every other public address."""
    for address, fields in forms.items():
        for wrong in [{}, {"consent": "on", "queued_seconds": "60"}, {"name": "", "body": ""}]:
            answer = ask("post", address, {**fields, "phone": phone, **wrong}, within=partial(page_after, ask))
            yield f"{answer.status_code} {answer.told} {answer.found}"
    asked = urlencode(dict.fromkeys(["phone", "q", "nomor", "telepon", "hp", "wa"], phone))
    for route in routes():
        if not route.startswith("staf/"):
            key = {"key": phone} if "key" in places(route) else {}
            yield ask("get", f"{filled(route, rows, **key)}?{asked}").told


def page_after(ask, response) -> str:
    return ask.client.get(response["Location"]).content.decode() if "Location" in response.headers else ""


def without_the_number(text, phone) -> str:
    for written in [phone, quote(phone, safe=""), phone.lstrip("+"), *NUMBERS_ASKED[phone]]:
        text = text.replace(written, "")
    return re.sub(r"'X-Request-ID': '\w+'|'Content-Length': '\d+'|[0-9a-f-]{36}|(?i:expires=[^;]+)", "", text)


def test_no_public_page_knows_a_phone(rows, asking, visit_fields, feedback_fields, clock):
    clock.set(timezone.now())
    ask, point = asking(), rows["checkinpoint"]
    forms = {f"/k/{point.code}/kunjungan/": visit_fields(point), f"/k/{point.code}/saran/": feedback_fields()}
    known, unknown = (
        [without_the_number(text, phone) for text in answers_about(phone, ask, rows, forms)] for phone in NUMBERS_ASKED
    )
    assert [pair for pair in zip(known, unknown, strict=True) if pair[0] != pair[1]] == []
    assert any("Siti Rahmawati" in text for text in known), "tickets were given"


# A draft for the next visitor.


def test_the_server_keeps_nothing_typed_for_the_next_visitor(client, point, visit_fields, feedback_fields):
    """Drafts live in the visitor's own browser; the server gives back what it was sent, once."""
    for page, fields in [("kunjungan", visit_fields(point)), ("saran", feedback_fields(body=""))]:
        form = f"/k/{point.code}/{page}/"
        answer = client.post(form, {**fields, "name": CANARY["name"], "phone": "0812"})
        assert (answer.status_code, CANARY["name"] in answer.content.decode()) == (422, True)
        assert [CANARY["name"] in client.get(each).content.decode() for each in [form, f"/k/{point.code}/"]] == [
            False
        ] * 2
    assert dict(client.cookies) == {}
