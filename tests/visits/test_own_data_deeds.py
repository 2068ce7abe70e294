"""What visitors do on the page of their own data: correct, withdraw, ask, lift."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from tests.conftest import local
from tests.visits.own_data import DAY, held, own_data_of, section_of, trail_of
from tests.visits.test_abuse import ADDRESS, counted_before
from tests.visits.threads import alert_of, tree, words
from visits import abuse, rights
from visits.models import AuditEvent, DataRequest, Visit

pytestmark = pytest.mark.django_db
AS_IT_WAS = ("Siti Rahmawati", "+6281234567890", "Universitas Contoh", "", "")


@pytest.fixture
def visit(make_visit):
    return make_visit(visitor_kind="akademisi", organization="Universitas Contoh")


def typed(**kw) -> dict[str, str]:
    """The form as the page brings it, but for what is told."""
    as_shown = {"name": "Siti Rahmawati", "phone": "0812-3456-7890", "organization": "Universitas Contoh"}
    return {**as_shown, "meeting_with": "", "note": "", **kw}


def correct(client, visit, **kw):
    headers = kw.pop("headers", None)
    return client.post(f"{own_data_of(visit)}perbaikan/", typed(**kw), headers=headers)


def ask(client, visit, kind="penghapusan", words="", **kw):
    return client.post(f"{own_data_of(visit)}permintaan/", {"kind": kind, "words": words}, **kw)


def values_of(response) -> dict[str, str]:
    """What stands in the two forms with fields."""
    root = tree(response)
    values = {field.get("name"): field.get("value") for field in root.iter("input") if field.get("type") != "radio"}
    chosen = {field.get("name"): field.get("value") for field in root.iter("input") if "checked" in field.attrib}
    return {**values, **chosen, **{area.get("name"): (area.text or "") for area in root.iter("textarea")}}


def confirmation(client, response) -> str:
    return words(tree(client.get(response.headers["Location"])).find(".//p[@role='status']"))


def mistakes_of(response) -> list[str]:
    return [words(link) for link in tree(response).findall(".//div[@role='alert']//a")]


def audit() -> list[tuple[str, dict]]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", "details"))


# --- correcting ------------------------------------------------------------------------------------------------------


def test_what_is_mended_is_stored_at_once_with_a_trace_of_what_not_to_what(client, visit):
    response = correct(client, visit, name="  Siti  Rahma ", phone="0813 1111 2222", note="Kursi roda\r\nTerima kasih")

    assert (response.status_code, confirmation(client, response)) == (303, "Data Anda sudah diperbaiki")
    assert held(visit) == ("Siti Rahma", "+6281311112222", "Universitas Contoh", "", "Kursi roda\nTerima kasih")
    assert audit() == [("visit.corrected", {"fields": ["name", "phone", "note"]})]
    assert trail_of(client, visit) == ["Anda memperbaiki data: nama, nomor HP, catatan"]
    assert response.cookies == {}


def test_the_form_sent_as_it_is_shown_changes_nothing(client, visit):
    fields = values_of(client.get(own_data_of(visit)))

    response = client.post(f"{own_data_of(visit)}perbaikan/", fields)

    assert confirmation(client, response) == "Tidak ada yang berubah"
    assert (held(visit), audit()) == (AS_IT_WAS, [])


@pytest.mark.parametrize("phone", ["+6281234567890", "+62215550123", "+447700900187", "+12025550123", "+628991234567"])
def test_a_number_survives_being_shown_and_sent_again(client, make_visit, phone):
    visit = make_visit(phone=phone)

    client.post(f"{own_data_of(visit)}perbaikan/", values_of(client.get(own_data_of(visit))))

    assert (held(visit)[1], audit()) == (phone, [])


def test_whom_one_meets_finds_the_division(client, visit, office):
    division = office.divisions.first()

    correct(client, visit, meeting_with=division.name.upper())
    visit.refresh_from_db()
    assert visit.division == division

    correct(client, visit, meeting_with="Ibu Dewi")
    visit.refresh_from_db()
    assert visit.division is None


def test_what_cannot_be_read_is_asked_about_and_kept(client, visit):
    response = correct(client, visit, name="\u3164", phone="0812", organization=" ", note="a" * 501)

    assert response.status_code == 422
    assert mistakes_of(response) == [
        "Tulis nama lengkap Anda.",
        "Nomor HP kurang lengkap. Contoh: 0812 3456 7890",
        "Tulis nama instansi Anda.",
        "Terlalu panjang. Paling banyak 500 huruf.",
    ]
    values = values_of(response)
    assert (values["name"], values["phone"], values["note"]) == ("\u3164", "0812", "a" * 501)
    assert "open" in tree(response).find(".//details").attrib
    assert words(tree(response).find(".//title")).startswith("Perlu diperbaiki: Data Anda")
    assert (held(visit), audit()) == (AS_IT_WAS, [])


def test_an_english_correction_stays_english(client, visit):
    Visit.objects.filter(pk=visit.pk).update(language="en")

    wrong = client.post(f"{own_data_of(visit)}perbaikan/?lang=en", typed(name=""))
    right = client.post(f"{own_data_of(visit)}perbaikan/?lang=en", typed(name="Siti R."))

    assert words(tree(wrong).find(".//h1")) == "Your data"
    assert confirmation(client, right) == "Your data are corrected"


def test_what_staff_recorded_without_may_stay_so(client, make_visit, alice):
    visit = make_visit(point=None, entered_by=alice, phone="", visitor_kind="media", organization="")

    response = correct(client, visit, name="Budi", phone="", organization="")

    assert (response.status_code, held(visit)[:3]) == (303, ("Budi", "", ""))


def test_an_individual_names_no_institution(client, make_visit):
    visit = make_visit()

    assert "organization" not in values_of(client.get(own_data_of(visit)))
    correct(client, visit, organization="Diselundupkan")

    assert (held(visit)[2], audit()) == ("", [])


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
    assert "dewi" not in client.get(own_data_of(visit)).text
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
def test_a_flood_is_refused_with_what_was_typed(visit, point, key, count):
    counted_before(count, key.format(code=point.code))
    client = Client(REMOTE_ADDR=ADDRESS)

    mended, asked = correct(client, visit, name="Budi"), ask(client, visit, words="Hapus semua")

    assert (mended.status_code, asked.status_code) == (429, 429)
    assert 1 <= int(mended.headers["Retry-After"]) <= 601
    assert (values_of(mended)["name"], values_of(asked)["words"]) == ("Budi", "Hapus semua")
    assert (held(visit), audit(), DataRequest.objects.count()) == (AS_IT_WAS, [], 0)


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


def at_once(count: int, do) -> list[int]:
    def one(number):
        try:
            return do(Client(), number).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as people:
        return list(people.map(one, range(count)))


@pytest.mark.django_db(transaction=True)
def test_eight_requests_at_once_are_one(visit):
    assert at_once(8, lambda client, _number: ask(client, visit)) == [303] * 8
    assert (DataRequest.objects.count(), len(audit())) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_of_eight_corrections_at_once_one_is_the_last_and_whole(visit):
    assert at_once(8, lambda client, n: correct(client, visit, name=f"Siti {n}", note=f"Catatan {n}")) == [303] * 8

    name, *_others, note = held(visit)
    assert name.removeprefix("Siti ") == note.removeprefix("Catatan ")
    assert audit() == [("visit.corrected", {"fields": ["name", "note"]})] * 8
