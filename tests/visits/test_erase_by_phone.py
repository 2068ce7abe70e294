"""A visitor without the ticket asks for the own data: staff find them by the number, and erase or restrict them."""

import json
from functools import partial

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages

from reports.monthly import build
from reports.period import Period
from tests.conftest import local
from tests.visits.test_feedback_together import at_once
from tests.visits.threads import tree, words
from visits import actions, rights, roles
from visits.codes import key_hash, private_key
from visits.models import AuditEvent, DataRequest, Feedback, Membership, Message, Visit

PAGE = "/staf/hak-data/"
PHONE, TYPED = "+6281234567890", "0812-3456-7890"
pytestmark = pytest.mark.django_db


def search(client, phone=TYPED, **fields):
    return client.post(PAGE, {"phone": phone, **fields})


def ticks(*found, do="hapus", **kw):
    visits = [row.pk for row in found if isinstance(row, Visit)]
    threads = [row.pk for row in found if isinstance(row, Feedback)]
    return {"visit": visits, "thread": threads, "identity": "on", "do": do, **kw}


def confirmed(*found, **kw):
    return ticks(*found, confirmed="on", **kw)


def found_by(response) -> tuple[set, set]:
    found = response.context["found"]
    return {row.pk for row in found.visits}, {row.pk for row in found.threads}


def is_erased(row) -> bool:
    row.refresh_from_db()
    return row.anonymized_at is not None and (row.name, row.phone) == ("", "")


def alert(response) -> str:
    return words(tree(response).find(".//div[@role='alert']"))


def audit() -> list[tuple]:
    events = AuditEvent.objects.order_by("pk")
    return list(events.values_list("action", "actor", "object_type", "object_id", "details"))


@pytest.mark.parametrize(
    "typed", ["0812 3456 7890", "62812-3456-7890", "+62 812 3456 7890", "０８１２３４５６７８９０"]
)
def test_any_usual_writing_finds_exactly_that_number(make_visit, make_feedback, client_of, dewi, alice, typed):
    visits = [make_visit(), make_visit(arrived_at=None), make_visit(entered_by=alice, point=None)]
    thread = make_feedback(phone=PHONE)
    make_visit(phone="+6281234567891")
    make_visit(phone="+628123456789")
    make_feedback(phone="")
    response = search(client_of(dewi), typed)
    assert found_by(response) == ({visit.pk for visit in visits}, {thread.pk})
    [heading] = [words(title) for title in tree(response).findall(".//h2") if "ditemukan" in words(title)]
    assert heading == "4 data ditemukan"


@pytest.mark.parametrize("typed", ["0812 34", "abc", "08123456789012345", "7890"])
def test_a_wrong_number_is_explained_and_searches_nothing(make_visit, client_of, dewi, typed):
    make_visit()
    response = search(client_of(dewi), typed)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["phone"]
    assert response.context["found"] is None and audit() == []


def test_the_number_is_only_posted(make_visit, client_of, dewi, caplog):
    make_visit()
    response = client_of(dewi).get(PAGE, {"phone": TYPED})
    assert (response.status_code, response.context["found"], audit()) == (200, None, [])
    search(client_of(dewi))
    assert PHONE.lstrip("+") not in caplog.text and TYPED not in caplog.text
    assert audit() == [("rights.searched", "dewi", "", None, {"rows": 1})]


def test_nothing_found_is_said(client_of, dewi):
    response = search(client_of(dewi))
    assert "Tidak ada data yang cocok" in response.content.decode()
    assert "Identitas pemohon" not in response.content.decode()


@pytest.mark.parametrize("is_restricted", [False, True])
def test_what_is_confidential_is_not_found_and_the_page_says_whom_to_ask(
    make_visit, office, client_of, dewi, root, is_restricted
):
    secret = make_visit(purpose=office.purposes.get(is_confidential=True))
    if is_restricted:
        rights.restrict(secret, by=root)
    response = search(client_of(dewi))
    assert found_by(response) == (set(), set())
    assert "minta rekan Admin kantor yang juga Penerima laporan" in response.content.decode()
    assert found_by(search(client_of(root))) == ({secret.pk}, set())
    search(client_of(dewi), **confirmed(secret))
    assert not is_erased(secret)


def test_what_is_restricted_is_found_without_a_name_and_erased_as_it_is(make_visit, client_of, dewi):
    visit, client = make_visit(note="Kursi roda"), client_of(dewi)
    rights.restrict(visit, by=dewi)
    pages = [search(client), search(client, **ticks(visit))]
    assert [found_by(page) for page in pages] == [({visit.pk}, set())] * 2
    rows = [words(tree(page).find(f".//th[@id='visit-{visit.pk}']")) for page in pages]
    assert rows == ["Kunjungan 001Dibatasi atas permintaan tamu"] * 2
    assert [word for page in pages for word in ["Siti Rahmawati", "Kursi roda"] if word in page.text] == []
    search(client, **confirmed(visit))
    assert is_erased(visit)
    assert [action for action, *_others in audit()] == ["visit.restricted", *["rights.searched"] * 2, "visit.erased"]


@pytest.mark.parametrize("person", ["alice", "bob", "ratna", "charlie"])
def test_nobody_else_searches_or_erases(request, make_visit, client_of, person):
    visit, client = make_visit(), client_of(request.getfixturevalue(person))
    answers = [client.get(PAGE), search(client), search(client, **confirmed(visit))]
    assert [answer.status_code for answer in answers] == [403] * 3
    assert "Siti Rahmawati" not in answers[1].content.decode() and not is_erased(visit)


def test_anonymous_is_asked_to_log_in(make_visit, client):
    visit = make_visit()
    assert client.get(PAGE)["Location"].startswith("/staf/login/")
    assert "Anda sudah keluar" in search(client, **confirmed(visit)).content.decode()
    assert not is_erased(visit)


def test_rows_of_another_office_are_neither_found_nor_erased(make_visit, make_feedback, other_office, client_of, dewi):
    own, foreign = make_visit(), make_visit(office=other_office)
    thread = make_feedback(office=other_office, phone=PHONE)
    client = client_of(dewi)
    assert found_by(search(client)) == ({own.pk}, set())
    assert client.post(f"{PAGE}?kantor=lain", {"phone": TYPED}).status_code == 404
    search(client, **confirmed(own, foreign, thread))
    assert [is_erased(own), is_erased(foreign), is_erased(thread)] == [True, False, False]


def test_of_several_offices_one_is_chosen(make_visit, other_office, client_of, dewi):
    own, there = make_visit(), make_visit(office=other_office)
    Membership.objects.create(user=dewi, office=other_office)
    client = client_of(dewi)
    response = client.post(f"{PAGE}?kantor=lain", {"phone": TYPED})
    assert found_by(response) == ({there.pk}, set())
    assert AuditEvent.objects.get().office_id == other_office.pk
    client.post(f"{PAGE}?kantor=lain", {"phone": TYPED, **confirmed(own, there)})
    assert [is_erased(own), is_erased(there)] == [False, True]


def test_first_it_is_asked_and_nothing_changes(make_visit, make_feedback, client_of, dewi):
    visit, other, thread = make_visit(), make_visit(), make_feedback(phone=PHONE)
    response = search(client_of(dewi), **ticks(visit, thread))
    assert words(tree(response).find(".//h1")) == "Hapus 2 data?"
    assert found_by(response) == ({visit.pk}, {thread.pk})
    assert [is_erased(row) for row in [visit, other, thread]] == [False] * 3
    assert audit() == [("rights.searched", "dewi", "", None, {"rows": 2})]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"visit": [], "thread": []}, "Centang dulu data yang dimaksud."),
        ({"visit": ["0", "x", "", "-1"], "thread": []}, "Centang dulu data yang dimaksud."),
        ({"identity": None}, "Pastikan dulu siapa yang meminta, lalu centang pernyataannya."),
        ({"identity": None, "confirmed": "on"}, "Pastikan dulu siapa yang meminta, lalu centang pernyataannya."),
        ({"do": "batasi"}, "Saran tidak dapat dibatasi. Lepas centang sarannya, atau hapus."),
    ],
)
def test_a_slip_is_told_and_the_ticks_stay(make_visit, make_feedback, client_of, dewi, changed, said):
    visit, thread = make_visit(), make_feedback(phone=PHONE)
    fields = {name: value for name, value in {**ticks(visit, thread), **changed}.items() if value is not None}
    response = search(client_of(dewi), **fields)
    assert (response.status_code, alert(response)) == (422, said)
    checked = [box.get("name") for box in tree(response).findall(".//input[@checked]")]
    ticked = ["visit", "thread"] if "visit" not in changed else []
    assert checked == [*ticked, *([] if "identity" in changed else ["identity"])]
    assert not is_erased(visit) and not is_erased(thread)


def test_what_was_ticked_is_erased_with_a_line_each(make_visit, make_feedback, make_survey, client_of, dewi):
    visit, kept, thread = make_visit(note="Kursi roda"), make_visit(), make_feedback(phone=PHONE, name="Siti")
    ticket = key_hash(private_key("survey", visit.submission_id))
    sheet = make_survey(2, ticket_hash=ticket, comment="Saya Siti")
    asked = rights.ask(visit, kind="perbaikan", words="Nama saya Siti.")
    response = search(client_of(dewi), **confirmed(visit, thread))
    assert (response.status_code, response["Location"]) == (302, f"{PAGE}?kantor=contoh")
    assert [str(message) for message in get_messages(response.wsgi_request)] == ["2 data dihapus."]
    assert [is_erased(visit), is_erased(kept), is_erased(thread)] == [True, False, True]
    assert list(Message.objects.values_list("body", flat=True)) == [""]
    sheet.refresh_from_db()
    assert (sheet.comment, sheet.ticket_hash, sheet.speed) == ("", None, 2)
    assert Feedback.objects.waiting().count() == 0
    asked = DataRequest.objects.get(pk=asked.pk)
    assert (asked.is_granted, asked.words, DataRequest.objects.waiting().count()) == (True, "", 0)
    assert audit()[1:] == [
        ("visit.erased", "dewi", "visit", visit.pk, {}),
        ("feedback.erased", "dewi", "feedback", thread.pk, {}),
    ]
    assert "Siti" not in str(audit()) and "81234567890" not in str(audit())


def test_the_erasure_is_noted_for_a_restore(make_visit, make_feedback, client_of, dewi, settings, tmp_path):
    settings.ERASURE_LOG = tmp_path / "erasures.log"
    visit, thread = make_visit(), make_feedback(phone=PHONE)
    search(client_of(dewi), **confirmed(visit, thread))
    lines = [json.loads(line) for line in settings.ERASURE_LOG.read_text().splitlines()]
    assert [line["model"] for line in lines] == [
        "visits.visit",
        "visits.message",
        "visits.feedback",
        "visits.feedback",
    ]
    assert "81234567890" not in settings.ERASURE_LOG.read_text()


@pytest.mark.parametrize(("do", "done", "line"), [("hapus", "dihapus", "erased"), ("batasi", "dibatasi", "restricted")])
def test_a_second_press_changes_nothing_and_says_so(make_visit, client_of, dewi, do, done, line):
    visit, client = make_visit(), client_of(dewi)
    for said in [f"1 data {done}.", "Tidak ada yang berubah: data itu sudah dihapus atau dibatasi sebelumnya."]:
        response = search(client, **confirmed(visit, do=do))
        assert [str(message) for message in get_messages(response.wsgi_request)][-1] == said
    assert [action for action, *_others in audit()] == [f"visit.{line}"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("do", ["hapus", "batasi"])
def test_two_at_once_leave_one_line(make_visit, client_of, dewi, root, do):
    visit = make_visit()
    presses = [partial(search, client_of(person), **confirmed(visit, do=do)) for person in [dewi, root]]
    assert [answer.status_code for answer in at_once(*presses)] == [302, 302]
    assert [action for action, *_others in audit()] == [{"hapus": "visit.erased", "batasi": "visit.restricted"}[do]]


def test_a_visit_is_restricted_on_the_visitors_word(make_visit, client_of, dewi):
    visit, client = make_visit(), client_of(dewi)
    assert words(tree(search(client, **ticks(visit, do="batasi"))).find(".//h1")) == "Batasi 1 data?"
    response = search(client, **confirmed(visit, do="batasi"))
    assert [str(message) for message in get_messages(response.wsgi_request)] == ["1 data dibatasi."]
    visit.refresh_from_db()
    assert (visit.restricted_at is None, visit.name) == (False, "Siti Rahmawati")
    assert audit()[1:] == [("visit.restricted", "dewi", "visit", visit.pk, {})]
    assert found_by(search(client)) == ({visit.pk}, set())


def test_figures_stay(make_visit, office, client_of, dewi):
    visits = [make_visit(arrived_at=local(office, "2026-06-16"), party_size=size) for size in [1, 4]]
    for visit in visits:
        actions.close(visit, by=dewi)
    period = Period.parse("2026-06")
    before = build(office, period)
    search(client_of(dewi), **confirmed(*visits))
    after = build(office, period)
    assert (after.now.visits, after.now.people, after.purposes, after.districts) == (
        before.now.visits,
        before.now.people,
        before.purposes,
        before.districts,
    )
    assert (after.now.people, after.now.without_phone) == (5, 2)


def test_somebody_still_inside_is_counted_without_a_name(make_visit, client_of, dewi):
    visit = make_visit(party_size=3)
    client = client_of(dewi)
    assert "Masih di dalam gedung" in search(client).content.decode()
    search(client, **confirmed(visit))
    response = client.get("/staf/di-dalam/")
    assert [(row.name, row.party_size) for row in response.context["rows"]] == [("Data sudah dihapus", 3)]


def test_the_way_there_is_for_those_who_may(make_user, office, client_of, dewi):
    assert PAGE in client_of(dewi).get("/staf/visits/datarequest/").content.decode()
    viewer = make_user("eka", office, roles.STAFF)
    viewer.user_permissions.add(Permission.objects.get(codename="view_datarequest"))
    assert PAGE not in client_of(viewer).get("/staf/visits/datarequest/").content.decode()
