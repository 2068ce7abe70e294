"""What visitors ask about their own data lands with Admin kantor, who decide within 72 hours."""

import json
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from reports.actions import lock
from reports.monthly import build
from reports.period import Period
from tests.conftest import local
from tests.visits.test_feedback_together import at_once
from tests.visits.threads import tree, words
from visits import actions, request_inbox, rights, roles
from visits.models import AuditEvent, DataRequest, Visit
from visits.retention import GONE

LIST = "/staf/visits/datarequest/"
QUERIES = 11
NAME, PHONE = "Siti Rahmawati", "+6281234567890"
pytestmark = pytest.mark.django_db


@pytest.fixture
def morning(office, clock):
    """Tuesday 14 July 2026 at nine."""
    moment = local(office, "2026-07-14")
    clock.set(moment)
    return moment


@pytest.fixture
def ask(make_visit):
    def make(kind="penghapusan", *, hours=0, words="Mohon dihapus.", **visit) -> DataRequest:
        asked = rights.ask(make_visit(**visit), kind=kind, words=words)
        asked.created_at = timezone.now() - timedelta(hours=hours)
        asked.save()
        return asked

    return make


def page(asked):
    return f"{LIST}{asked.pk}/change/"


def grant(asked, **kw):
    return {"do": "grant", "answer": "", "is_understood": "on", **kw}


def refuse(answer="Masih diperlukan untuk perkara."):
    return {"do": "refuse", "answer": answer}


def standing(asked) -> tuple:
    asked.refresh_from_db()
    by = asked.decided_by and asked.decided_by.username
    return bool(asked.decided_at), asked.is_granted, by, asked.answer


def audit(*actions) -> list[tuple]:
    events = AuditEvent.objects.filter(action__in=actions).order_by("pk")
    return list(events.values_list("action", "actor", "object_type", "object_id", "details"))


def rows(response) -> list[list[str]]:
    table = tree(response).find(".//table[@id='result_list']/tbody")
    return [[words(cell) for cell in row] for row in table]


WAITING = (False, None, None, "")


# The list


def test_what_waits_longest_is_on_top_with_its_clock_and_no_name(ask, client_of, dewi, morning):
    done = ask("perbaikan", hours=100, arrived_at=morning)
    rights.decide(done, is_granted=True, answer="", by=dewi)
    for kind, hours in [("pembatasan", 31), ("penghapusan", 75), ("perbaikan", 60)]:
        ask(kind, hours=hours, arrived_at=morning)
    response = client_of(dewi).get(LIST)
    assert [row[:3] for row in rows(response)] == [
        ["PenghapusanKunjungan 003, 14 Jul", "Lewat 3 jam", "11 Jul06.00"],
        ["PerbaikanKunjungan 004, 14 Jul", "Sisa 12 jam", "11 Jul21.00"],
        ["PembatasanKunjungan 002, 14 Jul", "Sisa 41 jam", "13 Jul02.00"],
        ["PerbaikanKunjungan 001, 14 Jul", "Terlambat", "10 Jul05.00"],
    ]
    assert [row[3] for row in rows(response)] == ["-", "-", "-", "Dikabulkan14 Jul, dewi"]
    assert NAME not in response.content.decode() and "Mohon dihapus" not in response.content.decode()


@pytest.mark.parametrize(
    ("minutes_left", "shown"),
    [
        (72 * 60, ("Sisa 72 jam", False, False)),
        (24 * 60 + 1, ("Sisa 24 jam", False, False)),
        (24 * 60, ("Sisa 24 jam", False, True)),
        (59, ("Sisa 59 menit", False, True)),
        (0, ("Sisa kurang dari 1 menit", False, True)),
        (-1, ("Lewat 1 menit", True, False)),
        (-73 * 60, ("Lewat 3 hari", True, False)),
    ],
)
def test_the_clock_in_words(morning, minutes_left, shown):
    asked = DataRequest(created_at=morning - timedelta(hours=72) + timedelta(minutes=minutes_left))
    clock = request_inbox.clock(asked)
    assert (clock.words, clock.is_late, clock.is_near) == shown


@pytest.mark.parametrize(
    ("hours", "shown"),
    [
        (-24, "kemarin 09.00"),
        (3, "hari ini 12.00"),
        (24, "besok 09.00"),
        (72, "Jumat 09.00"),
        (-72, "Sabtu, 11 Juli 09.00"),
    ],
)
def test_the_limit_in_words(office, morning, hours, shown):
    assert request_inbox.moment_words(office, morning + timedelta(hours=hours)) == shown


def test_the_limit_is_told_by_the_offices_own_midnight(office, other_office, clock):
    clock.set(local(other_office, "2026-07-14", "23:50"))
    moment = local(other_office, "2026-07-15", "00:10")
    told = [request_inbox.moment_words(where, moment) for where in [other_office, office]]
    assert told == ["besok 00.10", "hari ini 22.10"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("menunggu", ["penghapusan", "pembatasan"]),
        ("lewat-batas", ["penghapusan"]),
        ("diputuskan", ["perbaikan"]),
        ("entah", ["penghapusan", "pembatasan", "perbaikan"]),
    ],
)
def test_filters(ask, client_of, dewi, chosen, expected):
    rights.decide(ask("perbaikan"), is_granted=True, answer="", by=dewi)
    ask("penghapusan", hours=73)
    ask("pembatasan")
    response = client_of(dewi).get(f"{LIST}?status={chosen}")
    assert [asked.kind for asked in response.context["cl"].result_list] == expected


def test_as_many_queries_for_three_requests_as_for_one(ask, client_of, dewi, django_assert_num_queries):
    client, counts = client_of(dewi), []
    for _each in range(2):
        ask()
        ask("perbaikan")
        with django_assert_num_queries(QUERIES):
            counts.append(len(client.get(LIST).context["cl"].result_list))
    assert counts == [2, 4]


def test_those_without_the_permission_have_no_menu_no_card_no_page(ask, client_of, alice, bob, charlie, dewi):
    asked = ask()
    assert LIST in client_of(dewi).get("/staf/").content.decode()
    for person, status in [(alice, 403), (bob, 403), (charlie, 404)]:
        client = client_of(person)
        assert LIST not in client.get("/staf/").content.decode()
        assert "Permintaan data" not in client.get("/staf/hari-ini/").content.decode()
        answers = [client.get(LIST), client.get(page(asked)), client.post(page(asked), grant(asked))]
        assert [answer.status_code for answer in answers] == [403, status, status]
    assert standing(asked) == WAITING


def test_an_admin_of_another_office_finds_nothing(ask, client_of, make_user, other_office):
    asked, client = ask(), client_of(make_user("eka", other_office, roles.OFFICE_ADMIN))
    assert list(client.get(LIST).context["cl"].result_list) == []
    assert "Permintaan data</span>" not in client.get("/staf/").content.decode()
    assert [client.get(page(asked)).status_code, client.post(page(asked), grant(asked)).status_code] == [404, 404]
    assert standing(asked) == WAITING


# The dashboard


def test_a_card_only_when_something_waits(ask, client_of, dewi, morning):
    def card():
        found = [card for card in client_of(dewi).get("/staf/").context["cards"] if card.label == "Permintaan data"]
        return [(card.value, card.hint, card.url, card.is_late) for card in found]

    waiting = f"{LIST}?status=menunggu"
    assert card() == []
    first = ask(hours=47)
    assert card() == [(1, "Batas besok 10.00", waiting, False)]
    ask("perbaikan", hours=74)
    assert card() == [(2, "1 lewat 72 jam", waiting, True)]
    for asked in DataRequest.objects.all():
        rights.decide(asked, is_granted=asked != first, answer="Tidak", by=dewi)
    assert card() == []


# One request


def test_opening_shows_what_is_asked_and_leaves_a_trace(ask, client_of, dewi):
    asked = ask(words="Saya <b>tidak</b> mau\ndisimpan.")
    body = client_of(dewi).get(page(asked)).content.decode()
    for text in ["Hapus data saya", "Saya &lt;b&gt;tidak&lt;/b&gt; mau<br>disimpan.", NAME, "0812-3456-7890"]:
        assert text in body
    assert "masih tercatat di dalam gedung" in body and "Saya tahu penghapusan ini tidak dapat dibatalkan." in body
    assert f"<title>Permintaan data #{asked.pk} · DILAKU</title>" in body
    assert audit("visit.opened") == [("visit.opened", "dewi", "visit", asked.visit_id, {})]
    assert standing(asked) == WAITING


def test_a_confidential_purpose_hides_name_words_and_answer(ask, client_of, dewi, root, office):
    asked = ask(purpose=office.purposes.get(is_confidential=True), words="Saya Merpati.")
    body = client_of(dewi).get(page(asked)).content.decode()
    assert "Merpati" not in body and NAME not in body and "0812-3456" not in body
    assert "hanya terbaca oleh rekan berwewenang Penerima laporan" in body
    rights.decide(asked, is_granted=False, answer="Saudara Merpati, belum bisa.", by=root)
    body = client_of(dewi).get(page(asked)).content.decode()
    assert "Merpati" not in body and "Ditolak" in body
    dewi.groups.add(Group.objects.get(name=roles.REPORT_RECEIVER))
    body = client_of(dewi).get(page(asked)).content.decode()
    assert "Saya Merpati." in body and "Saudara Merpati, belum bisa." in body


def test_a_correction_leads_to_the_visit(ask, client_of, dewi):
    asked = ask("perbaikan", words="Kami berdua.")
    body = client_of(dewi).get(page(asked)).content.decode()
    assert f'<a href="/staf/visits/visit/{asked.visit_id}/change/">Buka dan perbaiki</a>' in body
    assert client_of(dewi).post(page(asked), {"do": "grant", "answer": "Sudah."}).status_code == 302
    assert standing(asked) == (True, True, "dewi", "Sudah.")
    details = ("dewi", "visit", asked.visit_id, {"kind": "perbaikan"})
    assert audit("datarequest.granted") == [("datarequest.granted", *details)]


def test_granting_a_restriction_masks_the_visit(ask, client_of, dewi):
    asked, client = ask("pembatasan"), client_of(dewi)
    response = client.post(page(asked), grant(asked), follow=True)
    assert standing(asked)[:3] == (True, True, "dewi")
    assert Visit.objects.get().restricted_at is not None
    body = response.content.decode()
    assert "data tamu ini dibatasi" in body and "Dibatasi sejak" in body and NAME not in body
    assert "Mohon dihapus." in body


def test_granting_an_erasure_empties_the_visit_and_says_so(ask, client_of, dewi):
    asked = ask()
    other = rights.ask(asked.visit, kind="perbaikan", words="Nama saya Siti.")
    body = client_of(dewi).post(page(asked), grant(asked), follow=True).content.decode()
    visit = Visit.objects.get()
    assert (visit.name, visit.phone, visit.key_hash, visit.anonymized_at is None) == ("", "", None, False)
    assert standing(asked) == (True, True, "dewi", GONE) and asked.words == ""
    assert standing(other) == (True, True, None, GONE) and other.words == ""
    assert "data tamu ini sudah dihapus" in body and "Data pribadi kunjungan ini sudah dihapus." in body
    assert GONE not in body and NAME not in body
    assert "Dikabulkan" in client_of(dewi).get(page(other)).content.decode()


def test_the_erasure_is_noted_for_a_restore(ask, client_of, dewi, settings, tmp_path):
    settings.ERASURE_LOG = tmp_path / "erasures.log"
    asked = ask()
    client_of(dewi).post(page(asked), grant(asked))
    lines = [json.loads(line) for line in settings.ERASURE_LOG.read_text().splitlines()]
    assert [(line["model"], line["keys"]) for line in lines] == [
        ("visits.visit", [asked.visit_id]),
        ("visits.datarequest", [asked.pk]),
    ]
    assert NAME not in settings.ERASURE_LOG.read_text()


def test_a_refusal_needs_a_reason_that_can_be_read(ask, client_of, dewi):
    asked, client = ask(), client_of(dewi)
    for answer in ["", "  \n ", "\u3164"]:
        response = client.post(page(asked), refuse(answer))
        assert response.status_code == 422
        assert words(tree(response).find(".//div[@role='alert']")) == "Tulis alasan penolakan yang dapat dibaca tamu."
    assert standing(asked) == WAITING
    assert client.post(page(asked), refuse()).status_code == 302
    assert standing(asked) == (True, False, "dewi", "Masih diperlukan untuk perkara.")
    details = {"kind": "penghapusan"}
    assert audit("datarequest.refused") == [("datarequest.refused", "dewi", "visit", asked.visit_id, details)]
    assert (Visit.objects.get().name, NAME in client.get(page(asked)).content.decode()) == (NAME, True)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"do": "grant", "answer": ""}, "Centang dulu: penghapusan tidak dapat dibatalkan."),
        ({"answer": "Ya", "is_understood": "on"}, "Pilih: kabulkan atau tolak."),
        ({"do": "hapus", "answer": "Ya", "is_understood": "on"}, "Pilih: kabulkan atau tolak."),
        ({"do": "refuse", "answer": "a" * 501}, "Terlalu panjang. Paling banyak 500 huruf."),
    ],
)
def test_a_wrong_form_is_told_and_keeps_what_was_written(ask, client_of, dewi, sent, said):
    asked = ask()
    response = client_of(dewi).post(page(asked), sent)
    assert (response.status_code, words(tree(response).find(".//div[@role='alert']"))) == (422, said)
    assert words(tree(response).find(".//textarea")) == sent["answer"]
    assert standing(asked) == WAITING and Visit.objects.get().name == NAME


def test_control_characters_do_not_reach_the_database(ask, client_of, dewi):
    asked = ask()
    client_of(dewi).post(page(asked), refuse("Masih\x07 \x00perlu\r\nya"))
    assert standing(asked)[3] == "Masih perlu\nya"


def test_looking_decides_nothing_and_other_methods_are_refused(ask, client_of, dewi):
    asked, client = ask(), client_of(dewi)
    assert client.get(page(asked), grant(asked)).status_code == 200
    assert [client.head(page(asked)).status_code, client.delete(page(asked)).status_code] == [200, 405]
    assert standing(asked) == WAITING


def test_who_comes_second_sees_the_decision_and_keeps_the_own_words(ask, client_of, dewi, root):
    asked = ask()
    client_of(dewi).post(page(asked), refuse("Belum bisa."))
    response = client_of(root).post(page(asked), refuse("Tulisan saya."))
    body = response.content.decode()
    assert response.status_code == 409
    assert "sudah diputuskan sejak halaman ini Anda buka" in words(tree(response).find(".//div[@role='alert']"))
    assert "Belum bisa." in body and "Tulisan saya." in body and "Kabulkan dan hapus" not in body
    assert standing(asked) == (True, False, "dewi", "Belum bisa.")
    assert client_of(root).post(page(asked), grant(asked)).status_code == 409
    assert Visit.objects.get().name == NAME


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_of_two_at_once_one_decides(ask, client_of, dewi, root, _round):
    asked = ask()
    presses = [
        partial(client_of(who).post, page(asked), fields) for who, fields in [(dewi, grant(asked)), (root, refuse())]
    ]
    answers = [answer.status_code for answer in at_once(*presses)]
    assert sorted(answers) == [302, 409]
    is_granted = answers[0] == 302
    assert standing(asked)[:3] == (True, is_granted, "dewi" if is_granted else "root")
    assert (Visit.objects.get().anonymized_at is not None) == is_granted
    assert len(audit("datarequest.granted", "datarequest.refused")) == 1


# What stays


def test_figures_stay_also_of_a_locked_month(ask, office, dewi):
    asked = ask(arrived_at=local(office, "2026-06-16"), left_at=local(office, "2026-06-16", "10:00"), ended_by="tamu")
    period = Period.parse("2026-06")
    before = build(office, period)
    lock(office=office, period=period, number="1", by=dewi)
    rights.decide(asked, is_granted=True, answer="", by=dewi)
    after = build(office, period)
    assert (after.now.visits, after.now.people, after.now.minutes, after.purposes, after.districts, after.kinds) == (
        before.now.visits,
        before.now.people,
        before.now.minutes,
        before.purposes,
        before.districts,
        before.kinds,
    )
    assert (after.now.visits, after.now.without_phone) == (1, 1)


def test_the_trail_holds_no_name_and_has_words(ask, client_of, dewi):
    asked, client = ask("pembatasan"), client_of(dewi)
    client.post(page(asked), grant(asked))
    body = client.get(f"/staf/visits/visit/{asked.visit_id}/history/").content.decode()
    for text in ["Menerima permintaan data", "Mengabulkan permintaan data", "pembatasan"]:
        assert text in body
    listed = client.get("/staf/visits/auditevent/?tindakan=hak").content.decode()
    assert "Mengabulkan permintaan data" in listed
    told = str(list(AuditEvent.objects.values_list("details", flat=True)))
    assert NAME not in told and PHONE not in told and "Mohon" not in told


def test_a_visit_erased_meanwhile_waits_for_no_decision(ask, client_of, dewi):
    asked = ask("perbaikan")
    rights.erase_visit(asked.visit, by=dewi)
    response = client_of(dewi).post(page(asked), {"do": "refuse", "answer": "Terlambat"})
    assert response.status_code == 409
    assert standing(asked) == (True, True, None, GONE)
    assert "otomatis: datanya sudah dihapus" in response.content.decode()
    actions.close(asked.visit, by=dewi)
    assert Visit.objects.get().name == ""
