"""The visitor's page of the own data: what it shows, who has looked, and to whom it opens."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from tests.conftest import local
from tests.visits.own_data import DAY, END, facts_of, own_data_of, trail_of
from tests.visits.threads import tree, words
from visits import actions, audit_words, retention, rights, rights_words, survey_actions
from visits.models import AuditEvent, DataRequest, Visit
from visits.models.survey import ELEMENTS

pytestmark = pytest.mark.django_db


# --- what is held ----------------------------------------------------------------------------------------------------


@pytest.fixture
def told(office, make_visit):
    """A visit with something in every field."""
    return make_visit(
        arrived_at=local(office, DAY, "09:42"),
        created_at=local(office, DAY, "09:40"),
        left_at=local(office, DAY, "10:05"),
        ended_by="tamu",
        visitor_kind="media",
        organization="Harian Contoh",
        meeting_with="Sekretariat",
        party_size=3,
        note="Kursi roda\nJuru bahasa isyarat",
        staff_note="Sering datang",
        consent_at=local(office, DAY, "09:40"),
        notice_version="3-12345678",
        restricted_at=local(office, DAY, "11:00"),
    )


def test_everything_that_is_held_is_told_in_plain_words(client, told):
    root = tree(client.get(own_data_of(told)))

    assert words(root.find(".//title")) == "Data Anda · Bawaslu Kabupaten Contoh"
    assert words(root.find(".//h1")) == "Data Anda"
    assert facts_of(root) == {
        "Nama": "Siti Rahmawati",
        "Nomor HP": "0812-3456-7890",
        "Asal tamu": "Media",
        "Instansi": "Harian Contoh",
        "Kecamatan": told.district.name,
        "Keperluan": told.purpose.name,
        "Bertemu": "Sekretariat",
        "Jumlah tamu": "3 orang",
        "Catatan": "Kursi roda Juru bahasa isyarat",
        "Nomor": "001",
        "Datang": "Selasa, 14 Juli 2026, 09.42 WIB",
        "Selesai": "10.05 WIB, ditandai oleh Anda",
        "Dikirim": "09.40 WIB",
        "Bahasa": "Indonesia",
        "Dihubungi": "Boleh, lewat WhatsApp",
        "Dibatasi": "Ya, sejak Selasa, 14 Juli 2026",
        "Privasi": "Pemberitahuan versi 3-12345678",
        "Disimpan sampai": words_of(retention.erased_on(told)),
    }


def words_of(day) -> str:
    return rf"{['Senin', 'Selasa', 'Rabu', 'Kamis', 'Jumat', 'Sabtu', 'Minggu'][day.weekday()]}, 15 Juli {day.year}"


def test_the_staffs_own_note_is_owned_up_to_and_not_shown(client, office, told):
    office.privacy_contact = "Ibu Dewi, ruang 2"
    office.save()

    page = words(tree(client.get(own_data_of(told))))

    assert "Petugas menambahkan catatan sendiri. Mintalah salinannya kepada: Ibu Dewi, ruang 2" in page
    assert "Ada pertanyaan tentang data Anda? Hubungi: Ibu Dewi, ruang 2" in page
    assert "Sering datang" not in page


def test_an_english_visitors_page_is_english(client, told):
    Visit.objects.filter(pk=told.pk).update(language="en", ended_by="otomatis")
    root = tree(client.get(own_data_of(told)))
    facts = facts_of(root)

    assert (root.get("lang"), words(root.find(".//h1"))) == ("en", "Your data")
    assert (facts["Arrived"], facts["Ended"]) == ("Tuesday, 14 July 2026, 09:42 WIB", "10:05 WIB, closed automatically")
    assert {form.get("action").rpartition("?")[2] for form in root.iter("form")} == {"lang=en"}
    assert words(tree(client.get(own_data_of(told), {"lang": "id"})).find(".//h1")) == "Data Anda"


def test_an_announced_visit_has_no_number_yet(client, office, online_point, make_visit):
    visit = make_visit(point=online_point, arrived_at=None, created_at=local(office, DAY))

    facts = facts_of(tree(client.get(own_data_of(visit))))

    assert facts["Dikirim"] == "Selasa, 14 Juli 2026, 09.00 WIB"
    assert facts.keys() & {"Nomor", "Datang", "Selesai"} == set()


def test_a_guest_recorded_by_staff_learns_of_it(client, make_visit, alice):
    visit = make_visit(point=None, entered_by=alice, phone="")
    page = client.get(own_data_of(visit))
    facts = facts_of(tree(page))

    assert "Dicatat petugas" in facts
    assert "Nomor HP" not in facts
    assert "alice" not in page.text


@pytest.mark.parametrize("flag", ["", "kolom jebakan terisi"])
def test_who_is_left_out_of_the_count_is_told_unless_only_suspected(client, make_visit, flag):
    visit = make_visit(excluded_at=timezone.now(), excluded_reason="Siti tercatat dua kali", flagged_reason=flag)

    page = client.get(own_data_of(visit))

    assert ("Hitungan" in facts_of(tree(page))) == (not flag)
    assert "dua kali" not in page.text


@pytest.mark.parametrize("months", [1, 12, 23])
@pytest.mark.parametrize("day", ["2025-02-27", "2025-02-28", "2024-01-30", "2024-01-31", "2025-12-31", "2026-07-14"])
def test_the_last_day_is_the_one_on_which_retention_erases(office, make_visit, day, months):
    office.retention_months = months
    office.save()
    visit = make_visit(arrived_at=local(office, day, "23:59"))
    last = local(office, retention.erased_on(visit).isoformat(), "00:00")

    assert retention.over_since(office, last - timedelta(seconds=1)) <= visit.arrived_at
    assert retention.over_since(office, last) > visit.arrived_at


def test_the_answers_of_the_survey_can_be_looked_at(client, make_visit):
    visit = actions.close(make_visit())
    assert "Lihat penilaian" not in client.get(own_data_of(visit)).text

    survey_actions.rate(visit, answers=dict.fromkeys(ELEMENTS, 4))

    link = next(link for link in tree(client.get(own_data_of(visit))).iter("a") if words(link) == "Lihat penilaian")
    assert link.get("href") == own_data_of(visit).replace("data/", "penilaian/")


# --- who has looked --------------------------------------------------------------------------------------------------


def test_the_trail_tells_roles_and_no_names_the_newest_first(client, make_visit, alice, dewi, ratna, root):
    visit = make_visit(consent_at=timezone.now())
    assert trail_of(client, visit) == ["Belum ada yang membuka rincian kunjungan ini."]
    for person in [alice, dewi, ratna, root]:
        actions.opened(visit, by=person)
    actions.edit(visit, fields=["party_size", "staff_note"], by=alice)
    rights.withdraw_consent(visit)

    page = words(tree(client.get(own_data_of(visit))).find(".//main"))

    assert trail_of(client, visit) == [
        "Anda menarik persetujuan",
        "Petugas mengubah data: jumlah tamu, catatan petugas",
        "IT membuka rincian",
        "Petugas membuka rincian",
        "Admin kantor membuka rincian",
        "Petugas membuka rincian",
    ]
    assert [name for name in ["alice", "dewi", "ratna", "root"] if name in page] == []


def test_who_has_left_the_office_is_not_taken_for_the_visitor(client, make_visit, alice):
    visit = make_visit()
    actions.opened(visit, by=alice)
    alice.groups.clear()
    assert trail_of(client, visit) == ["Pegawai kantor membuka rincian"]

    alice.delete()
    assert trail_of(client, visit) == ["Pegawai kantor membuka rincian"]


def test_each_line_says_when_by_the_offices_clock(client, other_office, make_visit, charlie, clock):
    visit = make_visit(office=other_office)
    clock.set(datetime(2026, 7, 14, 16, 42, tzinfo=UTC))
    actions.opened(visit, by=charlie)

    root = tree(client.get(own_data_of(visit)))

    assert words(root.find(".//ol/li//small")) == "Rabu, 15 Juli 2026, 01.42 WIT"


def test_only_the_trail_of_this_visit(client, make_visit, make_feedback, alice):
    visit = make_visit()
    actions.opened(make_visit(), by=alice)
    thread = make_feedback(pk=visit.pk)
    actions.record(action="feedback.opened", by=alice, office_id=thread.office_id, target=thread)

    assert trail_of(client, visit) == ["Belum ada yang membuka rincian kunjungan ini."]


def test_a_long_trail_ends_somewhere(client, make_visit, alice):
    visit = make_visit()
    for _ in range(rights.TRAIL_LINES + 1):
        actions.opened(visit, by=alice)

    assert len(trail_of(client, visit)) == rights.TRAIL_LINES


def test_every_deed_on_a_visit_has_words_for_its_visitor():
    of_many = {"visit.searched", "visit.exported", "visit.imported"}
    at_the_end = {"visit.erased"}  # nobody can open the page any more
    deeds = {action for action in audit_words.WHOLE if action.startswith(("visit.", "datarequest."))}

    assert deeds - of_many - at_the_end == set(rights_words.DEEDS)


def test_every_group_has_words_and_so_does_every_field():
    assert set(Group.objects.values_list("name", flat=True)) <= set(rights_words.WHO)
    assert set(rights.CORRECTABLE) <= set(rights_words.FIELDS)


# --- who may ----------------------------------------------------------------------------------------------------------


def test_the_ticket_leads_there_and_the_page_back(client, make_visit):
    visit = make_visit()
    ticket = own_data_of(visit).removesuffix("data/")

    link = next(link for link in tree(client.get(ticket)).iter("a") if words(link).startswith("Data saya"))
    assert link.get("href") == own_data_of(visit)
    assert tree(client.get(own_data_of(visit))).find(".//header//a").get("href") == ticket


def test_nothing_keeps_the_page(client, make_visit):
    response = client.get(own_data_of(make_visit()))

    assert response.headers["Cache-Control"] == "no-store, private"
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert response.cookies == {}


@pytest.mark.parametrize("spoil", [lambda key: key[:-1], lambda key: f"{key}a", lambda key: key[::-1], lambda key: "x"])
@pytest.mark.parametrize("end", END)
def test_a_wrong_key_shows_the_calm_page_of_a_wrong_ticket(client, make_visit, spoil, end):
    visit = make_visit(consent_at=timezone.now(), restricted_at=timezone.now())
    page = f"/t/{spoil(actions.ticket_key(visit))}/"

    answers = [client.get(f"{page}data/{end}"), client.post(f"{page}data/{end}", {"kind": "penghapusan"})]

    if end == "":
        answers.pop()  # 405 before any look-up
    assert {answer.status_code for answer in answers} == {404}
    assert {words(tree(answer).find(".//h1")) for answer in answers} == {"Tiket tidak ditemukan"}
    assert answers[0].text == client.get(page).text
    assert (Visit.objects.filter(consent_at=None).exists(), DataRequest.objects.exists()) == (False, False)


def test_a_key_opens_its_own_visit_only(client, make_visit, other_office):
    mine, theirs = make_visit(name="Siti Rahmawati"), make_visit(office=other_office, name="Budi Santoso")
    rights.ask(theirs, kind="penghapusan", words="Rahasia Budi")

    client.post(f"{own_data_of(mine)}perbaikan/", {"name": "Siti R.", "phone": "081234567890"})

    assert [name for name in ["Budi", "Rahasia"] if name in client.get(own_data_of(mine)).text] == []
    theirs.refresh_from_db()
    assert (theirs.name, theirs.data_requests.count()) == ("Budi Santoso", 1)


def test_once_erased_the_page_is_gone(client, make_visit, dewi):
    visit = make_visit()
    page = own_data_of(visit)
    rights.erase_visit(visit, by=dewi)
    before = AuditEvent.objects.count()

    answers = [client.get(page)] + [client.post(f"{page}{end}", {"kind": "penghapusan"}) for end in END if end]

    assert {(answer.status_code, words(tree(answer).find(".//h1"))) for answer in answers} == {
        (404, "Tiket tidak ditemukan")
    }
    assert (AuditEvent.objects.count(), DataRequest.objects.count()) == (before, 0)


@pytest.mark.parametrize("end", END)
def test_opening_an_address_changes_nothing(client, make_visit, end):
    visit = make_visit(consent_at=timezone.now(), restricted_at=timezone.now())
    page = own_data_of(visit)

    answers = [client.get(f"{page}{end}"), client.head(f"{page}{end}"), client.put(f"{page}{end}")]

    opened = (200, None) if end == "" else (303, page)
    assert [(answer.status_code, answer.headers.get("Location")) for answer in answers] == [opened, opened, (405, None)]
    assert client.post(page).status_code == 405
    assert (Visit.objects.get().consent_at, AuditEvent.objects.count()) == (visit.consent_at, 0)


def test_a_long_page_takes_no_more_statements(client, make_visit, alice, dewi, root, django_assert_num_queries):
    # Visit, requests, survey, trail, who they are, their groups.
    visit = make_visit()
    rights.ask(visit, kind="pembatasan", words="")
    actions.opened(visit, by=alice)
    with django_assert_num_queries(6):
        client.get(own_data_of(visit))
    for kind in ["perbaikan", "penghapusan"]:
        rights.ask(visit, kind=kind, words="Jam datang keliru")
    for person in [dewi, root]:
        actions.opened(visit, by=person)
    with django_assert_num_queries(6):
        client.get(own_data_of(visit))
