"""Who may open what: every address of the staff area, method and person. A new address has to be added to the table."""

import re

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from visits import actions
from visits.models import AuditEvent, ClosedDay, Membership

CAST = ["anonymous", "alice", "bob", "charlie", "dewi", "ratna", "root"]

# One letter for each of the cast, for GET and for POST with an empty form. The rows belong to everybody's office but
# Charlie's.
#   o page shown, perhaps with mistakes   > sent on to another page   - refused   0 not found   x wrong method
#   L sent to the login page; a POST is told to log in in another tab
TABLE = {
    "index": ("Loooooo", "Loooooo"),
    "today": ("Loooooo", "Lxxxxxx"),
    "inside": ("Lo-oooo", "Lxxxxxx"),
    "flagged": ("Lo-oooo", "L0-0000"),
    "own_data_by_phone": ("L---o-o", "L---o-o"),
    "posters": ("Lo-oooo", "Lxxxxxx"),
    "poster": ("Lo-0ooo", "Lxxxxxx"),
    "poster_check": ("Lo-oooo", "Lo-oooo"),
    "poster_replace_code": ("Lxxxxxx", "L--->->"),
    "poster_restore_code": ("Lxxxxxx", "L--->->"),
    "poster_social": ("Lo-0ooo", "Lxxxxxx"),
    "poster_sheet": ("Lo-0ooo", "Lxxxxxx"),
    "poster_pdf": ("Lo-0ooo", "Lxxxxxx"),
    "poster_png": ("Lo-0ooo", "Lxxxxxx"),
    "poster_svg": ("Lo-0ooo", "Lxxxxxx"),
    "reports": ("L>>>>>>", "Lxxxxxx"),
    "report": ("Loooooo", "Lxxxxxx"),
    "report_pdf": ("Loooooo", "Lxxxxxx"),
    "report_xlsx": ("Loooooo", "Lxxxxxx"),
    "report_csv": ("Loooooo", "Lxxxxxx"),
    "report_lock": ("Lxxxxxx", "L---o-o"),
    "report_unlock": ("Lxxxxxx", "L---o-o"),
    "colleagues": ("L---o-o", "Lxxxxxx"),
    "colleague_add": ("L---o-o", "L---o-o"),
    "colleague": ("L---o-o", "L---o-o"),
    "colleague_password": ("Lxxxxxx", "L---o-o"),
    "colleague_deactivate": ("Lxxxxxx", "L--->->"),
    "colleague_reactivate": ("Lxxxxxx", "L--->->"),
    "colleague_unlock": ("Lxxxxxx", "L--->->"),
    "colleague_remove_second_factor": ("Lxxxxxx", "L--->->"),
    "account": ("Loooooo", "Lxxxxxx"),
    "second_factor": ("Loooooo", "Loooooo"),
    "recovery_codes": ("L>>>>>>", "L>>>>>>"),
    "second_factor_off": ("L>>>>>>", "L>>>>>>"),
    "end_sessions": ("Lxxxxxx", "L>>>>>>"),
    "login": ("o>>>>>>", "ooooooo"),
    "login_code": ("LLLLLLL", "LLLLLLL"),
    "logout": (">xxxxxx", ">oooooo"),
    "password_change": ("Loooooo", "Loooooo"),
    "password_change_done": ("Loooooo", "Lxxxxxx"),
    "autocomplete": ("L------", "Lxxxxxx"),
    "jsi18n": ("Loooooo", "Lxxxxxx"),
    "view_on_site": ("L000000", "L000000"),
    "app_list": ("L>>>>>>", "L>>>>>>"),
    "<path:object_id>/": ("L>>>>>>", "L>>>>>>"),
    "(?P<url>.*)$": ("L000000", "L000000"),
    "visits_visit_changelist": ("Lo-oooo", "Lo-oooo"),
    "visits_visit_add": ("Lo-oooo", "Lo-oooo"),
    "visits_visit_change": ("Lo-0ooo", "Lo-0ooo"),
    "visits_visit_history": ("Lo-0ooo", "Lo-0ooo"),
    "visits_visit_delete": ("L--0---", "L--0---"),
    "visits_visit_close": ("Lxxxxxx", "L>-0>>>"),
    "visits_visit_reopen": ("Lxxxxxx", "L>-0>>>"),
    "visits_visit_arrive": ("Lxxxxxx", "L>-0>>>"),
    "visits_visit_unarrive": ("Lxxxxxx", "L>-0>>>"),
    "visits_visit_include": ("Lxxxxxx", "L>-0>>>"),
    "visits_visit_dismiss": ("Lxxxxxx", "L>-0>>>"),
    "visits_visit_lift": ("Lxxxxxx", "L--0>->"),
    "visits_visit_exclude": ("Lo-0ooo", "Lo-0ooo"),
    "visits_visit_export": ("L---o-o", "L---o-o"),
    "visits_visit_import": ("L---o-o", "L---o-o"),
    "visits_feedback_changelist": ("Lo-oooo", "Lo-oooo"),
    "visits_feedback_add": ("L------", "L------"),
    "visits_feedback_change": ("Lo-0ooo", "Lo-0ooo"),
    "visits_feedback_history": ("Lo-0ooo", "Lo-0ooo"),
    "visits_feedback_delete": ("L--0---", "L--0---"),
    "visits_feedback_whatsapp": ("L>-0>>>", "Lxxxxxx"),
    "visits_datarequest_changelist": ("L---o-o", "L---o-o"),
    "visits_datarequest_add": ("L------", "L------"),
    "visits_datarequest_change": ("L--0o-o", "L--0o-o"),
    "visits_datarequest_history": ("L--0o-o", "L--0o-o"),
    "visits_datarequest_delete": ("L--0---", "L--0---"),
    "visits_surveyresponse_changelist": ("Lo-oooo", "Lo-oooo"),
    "visits_auditevent_changelist": ("L---o-o", "L---o-o"),
    "visits_auditevent_export": ("L---o-o", "Lxxxxxx"),
    "visits_auditevent_add": ("L------", "L------"),
    "visits_auditevent_change": ("L--0o-o", "L--0---"),
    "visits_auditevent_history": ("L--0o-o", "L--0o-o"),
    "visits_auditevent_delete": ("L--0---", "L--0---"),
    "visits_office_changelist": ("L---o-o", "L---o-o"),
    "visits_office_add": ("L-----o", "L-----o"),
    "visits_office_change": ("L--0o-o", "L--0o-o"),
    "visits_office_history": ("L--0o-o", "L--0o-o"),
    "visits_office_delete": ("L--0---", "L--0---"),
    "visits_office_emblem": ("L000o0o", "L000o0o"),
    "visits_office_first_day_confirm": ("Lxxxxxx", "L--0>->"),
    "visits_office_first_day_hide": ("Lxxxxxx", "L--0>->"),
    "visits_office_first_day_show": ("Lxxxxxx", "L--0>->"),
    "visits_district_paste": ("L---o-o", "L---o-o"),
    "visits_closedday_offer": ("L---o-o", "L---o-o"),
    "visits_checkinpoint_changelist": ("Lo-oooo", "Lo-oooo"),
    "visits_checkinpoint_add": ("L---o-o", "L---o-o"),
    "visits_checkinpoint_change": ("Lo-0ooo", "L--0o-o"),
    "visits_checkinpoint_history": ("Lo-0ooo", "Lo-0ooo"),
    "visits_checkinpoint_delete": ("L--0---", "L--0---"),
    **{
        f"visits_{setting}_{page}": (letters, letters)
        for setting in ["division", "district", "closedday", "purpose", "replytemplate"]
        for page, letters in {
            "changelist": "L---o-o",
            "add": "L---o-o",
            "change": "L--0o-o",
            "history": "L--0o-o",
            "delete": "L--0o-o",
        }.items()
    },
    "auth_user_password_change": ("L-----o", "L-----o"),
    **{
        f"auth_{model}_{page}": (letters, letters)
        for model in ["user", "group"]
        for page, letters in {
            "changelist": "L-----o",
            "add": "L-----o",
            "change": "L-----o",
            "history": "L-----o",
            "delete": "L------",
        }.items()
    },
}

WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')
PLAIN = {"name": "Kenari Terbuka", "organization": "Rumah Kenari", "note": "Catatan kenari", "phone": "+6285550009876"}
HIDDEN = {
    "name": "Merpati Tertutup",
    "organization": "Sarang Merpati",
    "note": "Catatan merpati",
    "phone": "+6285550001234",
    "staff_note": "Petugas merpati",
}
PLAIN_WORDS = [*PLAIN.values(), "0855-5000-9876"]
HIDDEN_WORDS = [*HIDDEN.values(), "0855-5000-1234"]
SEES_PLAIN = {"alice", "dewi", "ratna", "root"}
SEES_HIDDEN = {"ratna", "root"}


@pytest.fixture
def scene(office, point, make_visit, make_feedback, make_survey, alice):
    """One row of every kind, all of one office; a plain and a confidential visit with words that stand nowhere else."""
    office.emblem = b"not empty"
    office.save()
    plain = make_visit(visitor_kind="media", **PLAIN)
    return {
        "visit": plain,
        "hidden": make_visit(visitor_kind="media", purpose=office.purposes.get(is_confidential=True), **HIDDEN),
        "office": office,
        "division": office.divisions.first(),
        "district": office.districts.last(),
        "closedday": ClosedDay.objects.create(office=office, day="2026-12-25", name="Libur"),
        "checkinpoint": point,
        "feedback": make_feedback(name=PLAIN["name"], phone=PLAIN["phone"], body=PLAIN["note"]),
        "replytemplate": office.reply_templates.first(),
        "surveyresponse": make_survey(purpose=office.purposes.get(is_confidential=True), comment=HIDDEN["note"]),
        "datarequest": plain.data_requests.create(office=office, kind="penghapusan", words=PLAIN["note"]),
        "purpose": office.purposes.last(),
        "auditevent": actions.record(action="visit.opened", office_id=office.pk, target=plain),
        "user": alice,
        "group": Group.objects.first(),
    }


@pytest.fixture
def person(request, db):
    return None if request.param == "anonymous" else request.getfixturevalue(request.param)


def addresses(scene, visit):
    """name -> path, of everything under /staf/, filled with the rows of the scene."""
    staff = next(entry for entry in get_resolver().url_patterns if str(entry.pattern) == "staf/")
    return {name: f"/staf/{path}" for name, path in _flat(staff, {**scene, "visit": visit})}


def _flat(resolver, scene):
    for entry in resolver.url_patterns:
        route = str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from ((name, route + path) for name, path in _flat(entry, scene))
        else:
            yield entry.name or route, _filled(route, entry.name or "", scene)


def _filled(route, name, scene):
    model = name.split("_")[1] if name.startswith(("visits_", "auth_")) else "visit"
    model = "user" if name.startswith("colleague") else model
    values = {
        "<slug:code>": scene["checkinpoint"].code,
        "<slug:key>": "hours",
        "<period:period>": f"{scene['visit'].day:%Y-%m}",
        "<path:content_type_id>": "1",
        "^(?P<app_label>visits|auth)/$": "visits/",
        "(?P<url>.*)$": "tidak-ada/",
        **dict.fromkeys(["<path:object_id>", "<int:pk>", "<id>"], str(scene[model].pk)),
    }
    for place, value in values.items():
        route = route.replace(place, value)
    return route


def _letter(response):
    if response.status_code == 302:
        return "L" if response["Location"].startswith("/staf/login/") else ">"
    if response.status_code == 403 and b"Anda sudah keluar" in response.content:
        return "L"
    return {200: "o", 422: "o", 403: "-", 404: "0", 405: "x"}.get(response.status_code, str(response.status_code))


def _ask(client, method, path):
    """One request, and nothing of it stays: the next one finds the scene as it was. Also: the tables it wrote to."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic(), CaptureQueriesContext(connection) as statements:
        response = getattr(client, method)(path)
        transaction.set_rollback(True)
    client.cookies.clear()
    client.cookies.load(cookies)
    written = {match[1] for statement in statements if (match := WRITES.match(statement["sql"]))}
    return response, written - {"visits_auditevent", "visits_staffsession"}


def test_every_address_stands_in_the_table(scene):
    assert set(addresses(scene, scene["visit"])) == set(TABLE)


@pytest.mark.parametrize("person", CAST, indirect=True)
@pytest.mark.parametrize("method", ["get", "post"])
def test_table(scene, client_of, person, method):
    """Nobody opens or reads what is not theirs, and no GET and no refused POST changes anything."""
    who = CAST.index(person.username if person else "anonymous")
    client, wrong, leaks, written = client_of(person) if person else Client(), {}, [], []
    for visit in [scene["visit"], scene["hidden"]]:
        for name, path in addresses(scene, visit).items():
            if visit == scene["hidden"] and not name.startswith("visits_visit"):
                continue
            response, tables = _ask(client, method, path)
            if _letter(response) != TABLE[name][method == "post"][who]:
                wrong[name] = _letter(response)
            leaks += [(name, word) for word in _leaked(response, CAST[who]) if not _may_be_reported(name, word)]
            written += [(name, table) for table in tables]
    assert (wrong, leaks, sorted(written)) == ({}, [], _expected_writes(CAST[who]) if method == "post" else [])


def _expected_writes(who):
    """By buttons alone: whatever has a form is refused, or shown once more, when it comes back empty."""
    closed = [("visits_visit_close", "visits_visit")] * 2 if who in SEES_PLAIN else []
    administered = [
        ("colleague_deactivate", "auth_user"),
        ("colleague_deactivate", "visits_onetimepassword"),
        ("colleague_password", "auth_user"),
        ("colleague_password", "visits_onetimepassword"),
        ("colleague_remove_second_factor", "otp_totp_totpdevice"),
        ("colleague_unlock", "otp_static_staticdevice"),
        ("colleague_unlock", "otp_totp_totpdevice"),
        ("poster_replace_code", "visits_checkinpoint"),
        ("poster_replace_code", "visits_replacedcode"),
        ("poster_restore_code", "visits_replacedcode"),
        ("visits_office_first_day_hide", "visits_office"),
        ("visits_office_first_day_show", "visits_office"),
    ]
    return sorted([*closed, *(administered if who in {"dewi", "root"} else [])])


def _may_be_reported(name, word):
    """A report ranks organisations, never those of confidential purposes."""
    return name.startswith("report") and word == PLAIN["organization"]


def _leaked(response, who):
    body = b"".join(response.streaming_content) if response.streaming else response.content
    text = body.decode("utf-8", "replace") + str(response.headers) + response.cookies.output()
    hidden = [] if who in SEES_HIDDEN else HIDDEN_WORDS
    plain = [] if who in SEES_PLAIN else PLAIN_WORDS
    return [word for word in [*hidden, *plain] if word in text]


@pytest.mark.parametrize(
    "query",
    [
        "?q=Merpati",
        "?q=merpati+tertutup",
        "?q=Sarang",
        "?q=1234",
        "?q=085550001234",
        "?q=2",
        "?o=1",
        "?o=-1.2",
        "?name__startswith=Mer",
        "?phone=%2B6285550001234",
        "?search=merpati",
        "?is_masked=True",
        "?seen_name=Merpati",
        "?_to_field=name",
        "?all=",
        "?p=2",
        "?status=berkunjung&waktu=hari-ini&asal=media&cara=tamu&keperluan=Laporan+dugaan+pelanggaran",
    ],
)
def test_no_query_brings_a_masked_name_to_light(scene, client_of, alice, ratna, query):
    def found(person):
        response = client_of(person).get(f"/staf/visits/visit/{query}")
        return _leaked(response, "alice"), f"/{scene['hidden'].pk}/change/" in response.content.decode()

    words, is_listed = found(alice)
    assert words == []
    assert not (is_listed and "q=" in query)
    if query in {"?q=Merpati", "?q=Sarang", "?q=1234", "?q=2"}:
        assert found(ratna)[1]


def test_a_refusal_leaves_a_trace(scene, client_of, bob):
    response = client_of(bob).get("/staf/visits/visit/")
    assert response.status_code == 403
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.actor, event.details) == ("refused", "bob", {"path": "/staf/visits/visit/"})
    assert event.office_id == scene["office"].pk


def test_reaching_for_what_is_not_there_leaves_a_trace(scene, client_of, alice, charlie, other_office):
    foreign = f"/staf/visits/visit/{scene['visit'].pk}/change/"
    for person, address, status in [(charlie, foreign, 404), (alice, "/staf/visits/visit/?phone=%2B62", 400)]:
        assert client_of(person).get(address).status_code == status
        event = AuditEvent.objects.latest("pk")
        assert (event.action, event.actor, event.details) == (
            "refused",
            person.username,
            {"path": address.split("?")[0]},
        )
    assert set(AuditEvent.objects.filter(action="refused").values_list("office_id", flat=True)) == {
        scene["office"].pk,
        other_office.pk,
    }


def test_of_several_offices_the_trail_names_the_one_in_the_address(scene, client_of, alice, other_office):
    Membership.objects.create(user=alice, office=other_office)
    client = client_of(alice)
    for query, office_id in [("?q=x", None), ("?q=x&kantor=lain", other_office.pk)]:
        client.get(f"/staf/visits/visit/{query}")
        event = AuditEvent.objects.latest("pk")
        assert (event.action, event.office_id) == ("visit.searched", office_id)


def test_logins_leave_a_trace(alice, client, office):
    client.post("/staf/login/", {"username": "alice", "password": "salah sekali"})
    assert AuditEvent.objects.latest("pk").action == "login.refused"
    client.post("/staf/login/", {"username": "alice", "password": "kata-sandi-uji-2026"})
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.actor, event.office_id) == ("login", "alice", office.pk)
    assert "salah sekali" not in str(list(AuditEvent.objects.values()))


def test_after_a_login_nobody_is_sent_to_another_site(alice, client):
    sent = {"username": "alice", "password": "kata-sandi-uji-2026", "next": "https://example.com/"}
    assert client.post("/staf/login/", sent)["Location"] == "/staf/"


def test_dashboard_of_another_office_is_not_found(client_of, alice, office, other_office, charlie):
    client = client_of(alice)
    assert client.get("/staf/?kantor=lain").status_code == 404
    assert client.get("/staf/hari-ini/?kantor=lain").status_code == 404
    assert client.get("/staf/di-dalam/?kantor=lain").status_code == 404
    assert "Bawaslu Kota Lain" not in client.get("/staf/?kantor=contoh").content.decode()
