"""What visitors do on the page of their own data: correct, withdraw, ask, lift."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from tests.conftest import local
from tests.visits.own_data import (
    AS_IT_WAS,
    DAY,
    at_once,
    audit,
    confirmation,
    correct,
    held,
    mistakes_of,
    own_data_of,
    section_of,
    typed,
    values_of,
)
from tests.visits.test_abuse import ADDRESS, counted_before
from tests.visits.threads import alert_of, tree, words
from visits import abuse, rights
from visits.models import DataRequest, Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(make_visit):
    return make_visit(visitor_kind="akademisi", organization="Universitas Contoh")


def ask(client, visit, kind="penghapusan", words="", **kw):
    return client.post(f"{own_data_of(visit)}permintaan/", {"kind": kind, "words": words}, **kw)


# --- consent, restriction --------------------------------------------------------------------------------------------


def test_who_withdraws_consent_is_written_to_no_more(client, make_visit, client_of, alice):
    visit = make_visit(consent_at=timezone.now())
    staff_page = f"/staf/visits/visit/{visit.pk}/change/"
    assert "https://wa.me/" in client_of(alice).get(staff_page).text

    responses = [client.post(f"{own_data_of(visit)}persetujuan/") for _ in range(2)]

    visit.refresh_from_db()
    assert (visit.consent_at, confirmation(client, responses[0])) == (None, "Persetujuan sudah ditarik")
    assert audit()[1:] == [("visit.consent_withdrawn", {})]
    assert "https://wa.me/" not in client_of(alice).get(staff_page).text
    assert "Tarik persetujuan" not in client.get(own_data_of(visit)).text


def test_the_visitor_lifts_the_restriction(client, make_visit):
    visit = make_visit(restricted_at=timezone.now())
    assert "Pemakaian data Anda sedang dibatasi." in client.get(own_data_of(visit)).text

    responses = [client.post(f"{own_data_of(visit)}pembatasan/") for _ in range(2)]

    visit.refresh_from_db()
    assert (visit.restricted_at, confirmation(client, responses[0])) == (None, "Pembatasan sudah dicabut")
    assert audit() == [("visit.restriction_lifted", {})]
    assert "sedang dibatasi" not in client.get(own_data_of(visit)).text


def test_a_restricted_visit_can_still_be_mended(client, visit):
    Visit.objects.filter(pk=visit.pk).update(restricted_at=timezone.now())

    assert correct(client, visit, name="Siti R.").status_code == 303
    assert held(visit)[0] == "Siti R."


# --- asking the office -----------------------------------------------------------------------------------------------


def asked_of(client, visit) -> list[str]:
    root = tree(client.get(own_data_of(visit)))
    return [words(article) for article in section_of(root, "asked").iter("article")]


def offered_to(client, visit) -> list[str]:
    radios = tree(client.get(own_data_of(visit))).findall(".//input[@type='radio']")
    return [radio.get("value") for radio in radios]


@pytest.mark.parametrize(
    ("kind", "title", "explanation"),
    [
        ("perbaikan", "Perbaiki yang lain", "Jam datang keliru"),
        ("pembatasan", "Batasi pemakaian data saya", ""),
        ("penghapusan", "Hapus data saya", "Mohon segera"),
    ],
)
def test_a_request_waits_with_the_day_of_its_answer(client, office, visit, clock, kind, title, explanation):
    clock.set(local(office, DAY, "09:50"))

    response = ask(client, visit, kind, explanation)
    DataRequest.objects.update(created_at=local(office, DAY, "09:42"))

    assert confirmation(client, response) == "Permintaan Anda sudah kami terima"
    asked = DataRequest.objects.get()
    assert (asked.office, asked.visit, asked.kind, asked.words) == (office, visit, kind, explanation)
    assert audit() == [("datarequest.received", {"kind": kind})]
    times = "Diterima Selasa, 14 Juli 2026, 09.42 WIB. Dijawab paling lambat Jumat, 17 Juli 2026, 09.42 WIB."
    assert asked_of(client, visit) == [" ".join(f"{title} Menunggu jawaban {explanation} {times}".split())]
    assert offered_to(client, visit) == [each for each in DataRequest.Kind if each != kind]


def test_an_answer_that_is_late_is_owned_up_to(client, office, visit, clock):
    ask(client, visit)
    DataRequest.objects.update(created_at=local(office, DAY, "09:42"))
    clock.set(local(office, DAY, "09:43") + timedelta(days=3))

    (asked,) = asked_of(client, visit)

    assert "Maaf, belum kami jawab sampai Jumat, 17 Juli 2026, 09.42 WIB." in asked


def test_what_the_office_decided_is_read_there_and_may_be_asked_anew(client, office, visit, dewi, clock):
    refused = rights.ask(visit, kind="penghapusan", words="")
    granted = rights.ask(visit, kind="pembatasan", words="")
    DataRequest.objects.update(created_at=local(office, DAY, "09:42"))
    clock.set(local(office, DAY, "09:50"))
    rights.decide(refused, is_granted=False, answer="Masih ada <b>perkara</b>.", by=dewi)
    clock.set(local(office, DAY, "10:00"))
    rights.decide(granted, is_granted=True, answer="", by=dewi)

    assert asked_of(client, visit) == [
        "Batasi pemakaian data saya Dikabulkan Diterima Selasa, 14 Juli 2026, 09.42 WIB."
        " Dijawab Selasa, 14 Juli 2026, 10.00 WIB.",
        "Hapus data saya Ditolak Jawaban kantor: Masih ada <b>perkara</b>. Diterima Selasa, 14 Juli 2026, 09.42 WIB."
        " Dijawab Selasa, 14 Juli 2026, 09.50 WIB.",
    ]
    assert "dewi" not in words(tree(client.get(own_data_of(visit))).find(".//main")), "nor who decided"
    assert offered_to(client, visit) == ["perbaikan", "penghapusan"], "it is restricted already"


def test_the_same_asked_twice_is_one_request(client, visit):
    answers = [ask(client, visit, "penghapusan", "Mohon segera") for _ in range(2)]

    assert [confirmation(client, answer) for answer in answers] == ["Permintaan Anda sudah kami terima"] * 2
    assert (DataRequest.objects.count(), len(audit())) == (1, 1)


def test_other_words_meanwhile_are_not_lost_without_a_word(client, visit):
    ask(client, visit, "perbaikan", "Jam datang keliru")

    response = ask(client, visit, "perbaikan", "Keperluan juga keliru")

    assert response.status_code == 409
    assert mistakes_of(response) == [
        "Permintaan seperti ini masih menunggu jawaban. Tunggu dulu, atau hubungi petugas."
    ]
    assert values_of(response)["words"] == "Keperluan juga keliru"
    assert values_of(response)["kind"] == "perbaikan"
    assert DataRequest.objects.get().words == "Jam datang keliru"


@pytest.mark.parametrize(
    ("kind", "explanation", "mistake"),
    [
        ("", "Tolong", "Pilih apa yang Anda minta."),
        ("lain", "Tolong", "Pilih apa yang Anda minta."),
        ("perbaikan", " \u3164 ", "Tulis apa yang keliru dan bagaimana seharusnya."),
        ("penghapusan", "a" * 501, "Terlalu panjang. Paling banyak 500 huruf."),
    ],
)
def test_an_incomplete_request_is_asked_about(client, visit, kind, explanation, mistake):
    response = ask(client, visit, kind, explanation)

    assert (response.status_code, mistakes_of(response)) == (422, [mistake])
    assert values_of(response)["words"].strip() == explanation.strip()
    assert (DataRequest.objects.count(), audit()) == (0, [])


# --- others, floods, outages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://jahat.example"}])
def test_another_site_does_nothing_in_the_visitors_name(client, make_visit, headers):
    now = timezone.now()
    visit = make_visit(consent_at=now, restricted_at=now)
    page = own_data_of(visit)

    for end in ["persetujuan/", "pembatasan/"]:
        assert client.post(f"{page}{end}", headers=headers).headers["Location"] == page
    mended = correct(client, visit, name="Budi", headers=headers)
    asked = ask(client, visit, words="Hapus semua", headers=headers)

    assert (mended.status_code, values_of(mended)["name"]) == (403, "Budi")
    assert (asked.status_code, values_of(asked)["words"]) == (403, "Hapus semua")
    assert alert_of(asked).startswith("Isian Anda belum terkirim Isian ini datang dari situs lain.")
    visit.refresh_from_db()
    assert (visit.name, visit.consent_at, visit.restricted_at) == ("Siti Rahmawati", now, now)
    assert (audit(), DataRequest.objects.count()) == ([], 0)


@pytest.mark.parametrize(("key", "count"), [(ADDRESS, abuse.ADDRESS_FLOOD), ("code {code}", abuse.CODE_FLOOD)])
def test_a_flood_is_refused_with_what_was_typed(visit, point, clock, key, count):
    clock.set(timezone.now())  # no window of ten minutes ends meanwhile
    counted_before(count, key.format(code=point.code))
    client = Client(REMOTE_ADDR=ADDRESS)

    mended, asked = correct(client, visit, name="Budi"), ask(client, visit, words="Hapus semua")

    assert (mended.status_code, asked.status_code) == (429, 429)
    assert 1 <= int(mended.headers["Retry-After"]) <= 601
    assert (values_of(mended)["name"], values_of(asked)["words"]) == ("Budi", "Hapus semua")
    assert (held(visit), audit(), DataRequest.objects.count()) == (AS_IT_WAS, [], 0)


def test_the_ticket_of_a_visit_that_staff_recorded_is_flooded_no_further(client, make_visit, alice, clock):
    clock.set(timezone.now())
    visit = make_visit(point=None, entered_by=alice)
    counted_before(abuse.CODE_FLOOD - 1, f"code ticket {visit.pk}")

    answers = [correct(client, visit, name=f"Siti {n}", phone=visit.phone).status_code for n in range(2)]

    assert (answers, held(visit)[0]) == ([303, 429], "Siti 0")


def test_an_outage_keeps_what_was_typed_and_sends_it_again(visit):
    client = Client(raise_request_exception=False)

    def away(execute, sql, params, many, context):
        raise OperationalError("server closed the connection")

    with connection.execute_wrapper(away):
        answers = [correct(client, visit, name="Siti R."), ask(client, visit, "perbaikan", "Jam keliru")]

    for answer in answers:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        form = tree(answer).find(".//form")
        again = {field.get("name"): field.get("value") for field in form.iter("input")}
        assert client.post(form.get("action"), again).status_code == 303
    shown = [[words(row) for row in tree(answer).findall(".//dl/div")] for answer in answers]
    assert "Nama lengkapSiti R." in shown[0]
    assert shown[1] == ["Apa yang Anda minta?Perbaiki yang lain", "Penjelasan AndaJam keliru"]
    assert (held(visit)[0], DataRequest.objects.get().words) == ("Siti R.", "Jam keliru")


@pytest.mark.parametrize("end", ["perbaikan/", "permintaan/", "persetujuan/", "pembatasan/"])
def test_erased_at_that_very_moment(client, make_visit, dewi, end):
    """Between looking the visit up and taking its row."""
    visit = make_visit(consent_at=timezone.now(), restricted_at=timezone.now())
    address = f"{own_data_of(visit)}{end}"
    erasing = []

    def erase_first(execute, sql, params, many, context):
        if "FOR UPDATE" in sql and not erasing:
            erasing.append(True)
            rights.erase_visit(visit, by=dewi)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(erase_first):
        response = client.post(address, {**typed(name="Budi"), "kind": "penghapusan", "words": ""})

    assert (response.status_code, words(tree(response).find(".//h1"))) == (404, "Tiket tidak ditemukan")
    assert erasing
    assert DataRequest.objects.count() == 0


# --- at once ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_eight_requests_at_once_are_one(visit):
    assert at_once(8, lambda client, _number: ask(client, visit)) == [303] * 8
    assert (DataRequest.objects.count(), len(audit())) == (1, 1)
