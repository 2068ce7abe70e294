"""Whoever looks at, takes out or changes anything leaves a line; and what can't leave one does not happen."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from python_calamine import CalamineWorkbook

from tests.conftest import PASSWORD, local
from tests.visits.test_export import PAGE as EXPORT
from tests.visits.test_export import fields as columns
from tests.visits.test_staff_settings import typed
from tests.visits.test_staff_visit import shown
from visits import audit_words, rights, roles
from visits.models import AuditEvent, Membership

pytestmark = pytest.mark.django_db

TRAIL = "/staf/visits/auditevent/"
DISTRICT = {"name": "Betung", "order": "3", "is_active": "on"}


@dataclass(frozen=True)
class Deed:
    person: str  # of the cast
    do: Callable  # takes a client and the scene
    line: tuple[str, dict]  # action and details


def get(address, client, scene):
    return client.get(address.format(**scene))


def post(address, data, client, scene):
    return client.post(address.format(**scene), {name: str(value).format(**scene) for name, value in data.items()})


def change(address, changes, client, scene):
    address = address.format(**scene)
    return client.post(address, typed(client, address) | changes)


def change_visit(client, scene):
    return client.post(f"/staf/visits/visit/{scene['visit']}/change/", scene["form"] | {"staff_note": "x"})


def sign_in(password, client, scene):
    return Client(raise_request_exception=False).post("/staf/login/", {"username": "alice", "password": password})


GUEST = {
    "submission_id": uuid4(),
    "name": "Budi Santoso",
    "visitor_kind": "perorangan",
    "purpose": "{purpose}",
    "party_size": "2",
}
COLLEAGUE = {"name": "Rina", "username": "rina.m", "roles": roles.STAFF}
NUMBER = {"phone": "0812-3456-7890"}
CHOSEN = NUMBER | {"visit": "{visit}", "identity": "on", "confirmed": "on"}
ASKED = "/staf/visits/datarequest/{asked}/"
VISIT = "/staf/visits/visit/{visit}/"
DEEDS = {
    "log-in": Deed("alice", partial(sign_in, PASSWORD), ("login", {})),
    "wrong password": Deed("alice", partial(sign_in, "salah sekali"), ("login.refused", {})),
    "log-out": Deed("alice", partial(post, "/staf/logout/", {}), ("logout", {})),
    "refused": Deed("bob", partial(get, "/staf/visits/visit/"), ("refused", {"path": "/staf/visits/visit/"})),
    "visit opened": Deed("alice", partial(get, f"{VISIT}change/"), ("visit.opened", {})),
    "visits searched": Deed("alice", partial(get, "/staf/visits/visit/?q=Siti"), ("visit.searched", {"rows": 1})),
    "who is inside": Deed("alice", partial(get, "/staf/di-dalam/"), ("inside.listed", {"rows": 1})),
    "visits taken out": Deed(
        "dewi",
        partial(post, f"{EXPORT}?status=berkunjung", columns("name", "phone")),
        ("visit.exported", {"rows": 1, "filters": ["status"]}),
    ),
    "trail taken out": Deed(
        "dewi",
        partial(get, f"{TRAIL}unduh/?tindakan=ditolak&q=bob"),
        ("auditevent.exported", {"rows": 0, "filters": ["q", "tindakan"]}),
    ),
    "report opened": Deed("bob", partial(get, "/staf/laporan/2026-02/"), ("report.opened", {"period": "2026-02"})),
    "report taken out": Deed(
        "bob", partial(get, "/staf/laporan/2026-02.csv"), ("report.downloaded", {"period": "2026-02", "format": "csv"})
    ),
    "poster taken out": Deed("alice", partial(get, "/staf/poster/{code}.pdf"), ("poster.downloaded", {})),
    "visit written down": Deed("alice", partial(post, "/staf/visits/visit/add/", GUEST), ("visit.registered", {})),
    "visit changed": Deed("alice", change_visit, ("visit.changed", {"fields": ["staff_note"]})),
    "visit closed": Deed("alice", partial(post, f"{VISIT}selesai/", {}), ("visit.closed", {})),
    "visit excluded": Deed("alice", partial(post, f"{VISIT}kecualikan/", {"reason": "ganda"}), ("visit.excluded", {})),
    "data request opened": Deed("dewi", partial(get, f"{ASKED}change/"), ("visit.opened", {})),
    "data request granted": Deed(
        "dewi",
        partial(post, f"{ASKED}change/", {"do": "grant", "answer": "", "is_understood": "on"}),
        ("datarequest.granted", {"kind": "penghapusan"}),
    ),
    "data request refused": Deed(
        "dewi",
        partial(post, f"{ASKED}change/", {"do": "refuse", "answer": "Belum"}),
        ("datarequest.refused", {"kind": "penghapusan"}),
    ),
    "data looked up": Deed("dewi", partial(post, "/staf/hak-data/", NUMBER), ("rights.searched", {"rows": 2})),
    "data erased": Deed("dewi", partial(post, "/staf/hak-data/", CHOSEN | {"do": "hapus"}), ("visit.erased", {})),
    "data restricted": Deed(
        "dewi", partial(post, "/staf/hak-data/", CHOSEN | {"do": "batasi"}), ("visit.restricted", {})
    ),
    "announced visit arrived": Deed(
        "alice", partial(post, "/staf/visits/visit/{announced}/datang/", {}), ("visit.arrived", {})
    ),
    "setting added": Deed(
        "dewi", partial(post, "/staf/visits/district/add/", DISTRICT | {"office": "{office}"}), ("district.added", {})
    ),
    "setting changed": Deed(
        "dewi",
        partial(change, "/staf/visits/division/{division}/change/", {"name": "Ketua Baru"}),
        ("division.changed", {"fields": ["name"]}),
    ),
    "setting changed in the list": Deed(
        "dewi",
        partial(
            post,
            "/staf/visits/division/",
            {
                "form-TOTAL_FORMS": 1,
                "form-INITIAL_FORMS": 1,
                "form-0-id": "{division}",
                "form-0-order": 77,
                "form-0-is_active": "on",
                "_save": "Simpan",
            },
        ),
        ("division.changed", {"fields": ["order"]}),
    ),
    "setting removed": Deed(
        "dewi", partial(post, "/staf/visits/division/{division}/delete/", {"post": "yes"}), ("division.deleted", {})
    ),
    "office changed": Deed(
        "dewi",
        partial(change, "/staf/visits/office/{office}/change/", {"address": "Jalan Baru 2"}),
        ("office.changed", {"fields": ["address"]}),
    ),
    "colleague invited": Deed(
        "dewi", partial(post, "/staf/rekan/tambah/", COLLEAGUE), ("colleague.invited", {"roles": [roles.STAFF]})
    ),
    "colleague sent away": Deed(
        "dewi", partial(post, "/staf/rekan/{alice}/nonaktifkan/", {}), ("colleague.deactivated", {})
    ),
    "account's password": Deed(
        "root",
        partial(
            post,
            "/staf/auth/user/{alice}/password/",
            {"password1": "sandi-panjang-sekali-9", "password2": "sandi-panjang-sekali-9"},
        ),
        ("user.changed", {"fields": ["password"]}),
    ),
}


@pytest.fixture
def scene(office, point, online_point, make_visit, client_of, alice, bob, dewi, root):
    visit = make_visit()
    return {
        "visit": visit.pk,
        "form": shown(client_of(alice), visit),
        "asked": rights.ask(visit, kind="penghapusan", words="Mohon dihapus.").pk,
        "announced": make_visit(point=online_point, arrived_at=None, name="Dewa").pk,
        "office": office.pk,
        "purpose": office.purposes.first().pk,
        "division": office.divisions.first().pk,
        "code": point.code,
        "alice": alice.pk,
        "people": {user.username: user for user in [alice, bob, dewi, root]},
    }


def client_for(deed: Deed, scene, client_of):
    client = client_of(scene["people"][deed.person])
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("name", DEEDS)
def test_every_deed_leaves_its_line(name, scene, client_of):
    deed, before = DEEDS[name], AuditEvent.objects.latest("pk")
    deed.do(client_for(deed, scene, client_of), scene)
    lines = AuditEvent.objects.filter(pk__gt=before.pk).values_list("action", "details", "actor", "address")
    actor = "" if name == "wrong password" else deed.person
    assert list(lines) == [(*deed.line, actor, "127.0.0.1")]


@pytest.mark.django_db(transaction=True)
def test_what_can_leave_no_line_does_not_happen(scene, client_of):
    """A disk full to the brim, or a right that was taken away: no row is stored, no page or file is handed out."""
    with_line, without = {}, {}
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER nothing_more BEFORE INSERT ON visits_auditevent EXECUTE FUNCTION visits_audit_only_grows()"
        )
        try:
            for name, deed in DEEDS.items():
                if name == "refused":  # nobody gets in anyway
                    continue
                client, before = client_for(deed, scene, client_of), everything(cursor)
                response = deed.do(client, scene)
                without[name] = (response.status_code, differing(before, everything(cursor)))
                with_line[name] = (500, [])
        finally:
            cursor.execute("DROP TRIGGER nothing_more ON visits_auditevent")
    assert without == with_line


def everything(cursor) -> dict[str, str]:
    """What each table holds. Sessions aside, which each request lengthens, and tries of a password, which all count."""
    aside = {"django_session", "visits_staffsession", "axes_accessattempt"}
    tables = set(connection.introspection.table_names(cursor)) - aside
    held = {}
    for table in tables:
        cursor.execute(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" AS t')
        held[table] = cursor.fetchone()[0]
    return held


def differing(before: dict, after: dict) -> list[str]:
    return sorted(table for table in before if before[table] != after[table])


# The page.


@pytest.fixture
def trail(office, other_office):
    """Lines of two offices and of none."""

    def line(day: str, action: str, actor="alice", where=office, **kw):
        event = AuditEvent.objects.create(action=action, actor=actor, office_id=where and where.pk, **kw)
        with connection.cursor() as cursor:  # the product never backdates a line, nor does the database let it
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE visits_auditevent SET at = %s WHERE id = %s", [local(office, day), event.pk])
            cursor.execute("SET LOCAL session_replication_role = origin")
        return event

    return [
        line("2026-03-02", "login"),
        line("2026-03-03", "visit.opened", object_type="visit", object_id=17),
        line("2026-03-03", "refused", actor="bob", details={"path": "/staf/"}),
        line("2026-03-04", "visit.exported", actor="dewi", details={"rows": 3, "filters": ["q"]}),
        line("2026-03-04", "office.changed", actor="dewi", object_type="office", object_id=17),
        line("2026-03-04", "visit.opened", actor="charlie", where=other_office),
        line("2026-03-04", "login.refused", actor="", where=None),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [4, 3, 2, 1, 0]),
        ("?pengguna=dewi", [4, 3]),
        ("?pengguna=charlie", []),
        ("?tindakan=dibuka", [1]),
        ("?tindakan=diunduh", [3]),
        ("?tindakan=ditolak", [2]),
        ("?tindakan=masuk", [0]),
        ("?tindakan=pengaturan", [4]),
        ("?tindakan=kunjungan", []),
        ("?tindakan=tidak-ada", [4, 3, 2, 1, 0]),
        ("?dari=2026-03-03", [4, 3, 2, 1]),
        ("?dari=2026-03-03&sampai=2026-03-03", [2, 1]),
        ("?sampai=2026-03-02", [0]),
        ("?dari=bukan&sampai=9999-12-31", [4, 3, 2, 1, 0]),
        ("?objek=visit", [1]),
        ("?q=17", [4, 1]),
        ("?q=%23" + "9" * 30, []),
        ("?q=ali", [1, 0]),
        ("?tindakan=dibuka&pengguna=alice&objek=visit&q=17&dari=2026-03-01", [1]),
    ],
)
def test_filters_of_the_page_and_the_file(client_of, dewi, trail, query, expected):
    client = client_of(dewi)
    listed = client.get(TRAIL + query).context["cl"].result_list
    assert [event.pk for event in listed] == [trail[place].pk for place in expected]
    assert [row[0] for row in sheet(client, query)[1:]] == [trail[place].pk for place in expected]


def test_periods_follow_the_calendar_of_each_office(client_of, root, office, other_office, trail):
    """23.30 in Jakarta is 01.30 of the next day in Jayapura."""
    at = local(office, "2026-03-05", "23:30:00")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE visits_auditevent SET at = %s", [at])
    client = client_of(root)

    def offices(query):
        return {event.office_id for event in client.get(TRAIL + query).context["cl"].result_list}

    assert offices("?sampai=2026-03-05") == {office.pk, None}
    assert offices("?dari=2026-03-06") == {other_office.pk}
    assert offices("?kantor=lain") == {other_office.pk}


def sheet(client, query="") -> list[list]:
    response = client.get(f"{TRAIL}unduh/{query}")
    assert response.status_code == 200
    return (
        CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response.streaming_content)))
        .get_sheet_by_index(0)
        .to_python()
    )


def test_the_file_says_what_the_page_says(client_of, dewi, office, trail):
    header, *rows = sheet(client_of(dewi))
    assert header == ["Nomor", "Waktu", "Kantor", "Pengguna", "Tindakan", "Objek", "Rincian", "Alamat jaringan"]
    assert rows[1] == [
        trail[3].pk,
        datetime(2026, 3, 4, 9),
        office.name,
        "dewi",
        "Mengunduh kunjungan sebagai Excel",
        "",
        "3 kunjungan; saringan: q",
        "",
    ]
    assert rows[3][5] == "Kunjungan #17"


def test_no_name_of_an_account_becomes_a_formula(client_of, dewi, office, trail):
    AuditEvent.objects.create(action="login", actor="=1+1", office_id=office.pk)
    assert sheet(client_of(dewi))[1][3] == "=1+1"


def test_the_download_is_of_the_own_offices_and_tells_each(client_of, dewi, office, other_office, trail):
    Membership.objects.create(user=dewi, office=other_office)
    assert len(sheet(client_of(dewi))) == 1 + 6
    told = AuditEvent.objects.filter(action="auditevent.exported").values_list("office_id", "details")
    assert dict(told) == {office.pk: {"rows": 5, "filters": []}, other_office.pk: {"rows": 1, "filters": []}}


@pytest.mark.parametrize("person", ["alice", "bob", "charlie"])
def test_others_get_no_file(request, client_of, trail, person):
    response = client_of(request.getfixturevalue(person)).get(f"{TRAIL}unduh/")
    assert (response.status_code, AuditEvent.objects.latest("pk").action) == (403, "refused")


def test_people_to_choose_are_those_of_the_own_offices(client_of, dewi, alice, charlie, trail):
    filters = {spec.title: spec for spec in client_of(dewi).get(TRAIL).context["cl"].filter_specs}
    assert [value for value, _label in filters["pengguna"].lookup_choices] == ["alice", "dewi"]


def test_the_form_of_the_period_keeps_the_other_filters(client_of, dewi, trail):
    body = client_of(dewi).get(f"{TRAIL}?pengguna=alice&dari=2026-03-03&q=17").content.decode()
    form = body[body.index('class="dk-period"') :].partition("</form>")[0]
    assert '<input type="hidden" name="pengguna" value="alice">' in form
    assert '<input type="hidden" name="q" value="17">' in form
    assert 'name="dari" id="period-first" value="2026-03-03"' in form
    assert form.count("2026-03-03") == 1


def test_every_deed_about_visitors_rights_has_words():
    names = ["corrected", "consent_withdrawn", "restricted", "restriction_lifted", "erased"]
    decisions = [f"datarequest.{name}" for name in ["received", "granted", "refused"]]
    deeds = [*(f"visit.{name}" for name in names), "feedback.erased", *decisions, "rights.searched"]
    assert [deed for deed in deeds if deed not in audit_words.WHOLE] == []
    assert len({audit_words.action_words(deed) for deed in deeds}) == len(deeds)


def test_decisions_are_told_apart_from_refused_pages(client_of, dewi, office):
    for action in ["refused", "login.refused", "datarequest.refused"]:
        AuditEvent.objects.create(action=action, office_id=office.pk, details={"kind": "pembatasan"})
    listed = {
        kind: [event.action for event in client_of(dewi).get(f"{TRAIL}?tindakan={kind}").context["cl"].result_list]
        for kind in ["ditolak", "hak"]
    }
    assert listed == {"ditolak": ["login.refused", "refused"], "hak": ["datarequest.refused"]}
