"""Staff open a visit, correct it, end it, exclude it."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from visits import actions
from visits.models import AuditEvent, District, Visit


def page(visit):
    return f"/staf/visits/visit/{visit.pk}/change/"


def shown(client, visit):
    """The fields of the form as the page holds them, hidden initial values included."""
    form = client.get(page(visit)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    values |= {form.add_initial_prefix(name): value for name, value in values.items()}
    return {name: "" if value is None else value for name, value in values.items()}


def audit(visit):
    return list(
        AuditEvent.objects.filter(object_type="visit", object_id=visit.pk)
        .exclude(action="visit.opened")
        .order_by("pk")
        .values_list("action", "details")
    )


def test_opening_is_audited_once_and_shows_everything(make_visit, client_of, alice):
    visit = make_visit(note="Perlu data", meeting_with="Sekretariat", consent_at=timezone.now())
    body = client_of(alice).get(page(visit)).content.decode()
    for words in ["Siti Rahmawati", "0812-3456-7890", "Perlu data", "Sekretariat", "Berkunjung sejak", "Pindai QR"]:
        assert words in body
    assert "<title>Kunjungan 001 · DILAKU</title>" in body
    event = AuditEvent.objects.get(action="visit.opened")
    assert (event.actor, event.object_id, event.details, event.office_id) == ("alice", visit.pk, {}, visit.office_id)


def test_every_page_that_shows_the_details_is_audited(make_visit, client_of, alice):
    visit, client = make_visit(), client_of(alice)
    typed = shown(client, visit)
    assert client.post(page(visit), typed | {"party_size": "tiga"}).status_code == 422
    client.get(f"/staf/visits/visit/{visit.pk}/kecualikan/")
    client.post(page(visit), typed)
    events = AuditEvent.objects.filter(action="visit.opened").values_list("actor", "object_id", "office_id")
    assert list(events) == [("alice", visit.pk, visit.office_id)] * 3


def test_a_change_names_the_fields_and_no_values(make_visit, client_of, alice, office):
    visit, client = make_visit(), client_of(alice)
    typed = shown(client, visit) | {"meeting_with": "sekretariat", "party_size": "3", "staff_note": "Sudah dijawab"}
    assert client.post(page(visit), typed).status_code == 302
    visit.refresh_from_db()
    assert (visit.meeting_with, visit.party_size, visit.staff_note) == ("sekretariat", 3, "Sudah dijawab")
    assert visit.division == office.divisions.get(name="Sekretariat")
    assert audit(visit) == [("visit.changed", {"fields": ["meeting_with", "party_size", "staff_note"]})]


def test_saving_without_a_change_writes_nothing(make_visit, client_of, alice):
    visit, client = make_visit(), client_of(alice)
    assert client.post(page(visit), shown(client, visit)).status_code == 302
    assert audit(visit) == []


def test_two_at_once_keep_both_their_work(make_visit, client_of, alice, dewi):
    visit = make_visit()
    one, two = client_of(alice), client_of(dewi)
    first, second = shown(one, visit), shown(two, visit)
    one.post(page(visit), first | {"staff_note": "Dari Alice"})
    two.post(page(visit), second | {"party_size": "4"})
    actions.close(visit, by=alice)
    visit.refresh_from_db()
    assert (visit.staff_note, visit.party_size, visit.is_open) == ("Dari Alice", 4, False)


def test_two_on_the_same_field_decide_knowingly(make_visit, client_of, alice, dewi):
    visit = make_visit()
    one, two = client_of(alice), client_of(dewi)
    first, second = shown(one, visit), shown(two, visit)
    one.post(page(visit), first | {"staff_note": "Dari Alice"})
    response = two.post(page(visit), second | {"staff_note": "Dari Dewi"})
    assert response.status_code == 422
    body = response.content.decode()
    assert "Isian ini baru saja diubah menjadi “Dari Alice”" in body
    assert "Dari Dewi" in body
    visit.refresh_from_db()
    assert visit.staff_note == "Dari Alice"
    again = dict(re.findall(r'name="(initial-\w+)" value="([^"]*)"', body))
    two.post(page(visit), second | again | {"staff_note": "Dari Dewi"})
    visit.refresh_from_db()
    assert visit.staff_note == "Dari Dewi"


def test_a_purpose_of_another_office_is_refused(make_visit, client_of, alice, other_office):
    visit, client = make_visit(), client_of(alice)
    foreign = other_office.purposes.first()
    response = client.post(page(visit), shown(client, visit) | {"purpose": foreign.pk})
    assert "purpose" in response.context["adminform"].form.errors
    visit.refresh_from_db()
    assert visit.purpose.office == visit.office


def test_where_a_visitor_comes_from_can_be_corrected(make_visit, client_of, alice, office):
    district = District.objects.create(office=office, name="Talang Kelapa")
    visit = make_visit(visitor_kind="perorangan", district=None)
    client = client_of(alice)
    client.post(page(visit), shown(client, visit) | {"district": district.pk})
    visit.refresh_from_db()
    assert visit.district == district

    answer = client.post(page(visit), shown(client, visit) | {"visitor_kind": "media"})
    assert "Tamu ini tidak menulis nama instansi, jadi asalnya tetap perorangan." in answer.text
    Visit.objects.update(organization="Harian Contoh")
    client.post(page(visit), shown(client, visit) | {"visitor_kind": "media"})
    visit.refresh_from_db()
    assert visit.visitor_kind == "media"
    assert [details["fields"] for _action, details in audit(visit)] == [["district"], ["visitor_kind"]]


def test_two_on_the_same_district_read_its_name(make_visit, client_of, alice, dewi, office):
    one, two = [District.objects.create(office=office, name=name) for name in ("Betung", "Talang Kelapa")]
    visit = make_visit(district=None)
    first, second = client_of(alice), client_of(dewi)
    seen = shown(second, visit)
    first.post(page(visit), shown(first, visit) | {"district": one.pk})
    assert "baru saja diubah menjadi “Betung”" in second.post(page(visit), seen | {"district": two.pk}).text
    visit.refresh_from_db()
    assert visit.district == one


def test_a_masked_visit_can_be_ended_but_not_unmasked(make_visit, client_of, alice, ratna, office):
    confidential = office.purposes.get(is_confidential=True)
    plain = office.purposes.filter(is_confidential=False).first()
    visit = make_visit(name="Merpati", purpose=confidential, staff_note="Catatan lama")
    client = client_of(alice)
    typed = shown(client, visit)
    assert set(typed) == {"meeting_with", "party_size", "initial-meeting_with", "initial-party_size"}
    client.post(page(visit), typed | {"purpose": plain.pk, "staff_note": "Ditimpa", "party_size": "2"})
    visit.refresh_from_db()
    assert (visit.purpose, visit.staff_note, visit.party_size) == (confidential, "Catatan lama", 2)
    response = client.post(page(visit), typed | {"party_size": "tiga"})
    assert "Merpati" not in response.content.decode()
    trusted = client_of(ratna)
    trusted.post(page(visit), shown(trusted, visit) | {"purpose": plain.pk})
    visit.refresh_from_db()
    assert visit.purpose == plain


def test_selesai_and_its_undo(make_visit, client_of, alice):
    visit, client = make_visit(), client_of(alice)
    response = client.post(f"/staf/visits/visit/{visit.pk}/selesai/", {"next": "/staf/"})
    assert response["Location"] == "/staf/"
    visit.refresh_from_db()
    assert (visit.is_open, visit.ended_by) == (False, "petugas")
    message = str(next(iter(get_messages(response.wsgi_request))))
    assert "Kunjungan 001 selesai." in message and visit.name not in message
    undo = re.search(r'form="desk" formaction="([^"]+)"', message)[1]
    client.post(undo)
    visit.refresh_from_db()
    assert (visit.is_open, visit.ended_by) == (True, "")
    assert [action for action, _details in audit(visit)] == ["visit.closed", "visit.reopened"]


def test_a_visit_of_an_earlier_day_stays_ended(make_visit, client_of, alice):
    arrived_at = timezone.now() - timedelta(days=1)
    visit = make_visit(arrived_at=arrived_at, left_at=arrived_at + timedelta(minutes=9), ended_by="petugas")
    client = client_of(alice)
    assert "Batalkan selesai" not in client.get(page(visit)).content.decode()
    client.post(f"/staf/visits/visit/{visit.pk}/batal-selesai/")
    assert actions.reopen(visit, by=alice).left_at == visit.left_at
    assert audit(visit) == []


@pytest.mark.django_db(transaction=True)
def test_every_step_is_a_transaction_of_its_own(make_visit, client_of, alice):
    visit, client = make_visit(arrived_at=None), client_of(alice)
    for step in ["datang", "selesai", "batal-selesai"]:
        assert client.post(f"/staf/visits/visit/{visit.pk}/{step}/").status_code == 302
    assert client.post(page(visit), shown(client, visit) | {"party_size": "4", "_step": "close"}).status_code == 302
    assert client.post(f"/staf/visits/visit/{visit.pk}/kecualikan/", {"reason": "Uji coba"}).status_code == 302
    assert client.post(f"/staf/visits/visit/{visit.pk}/hitung-lagi/").status_code == 302
    assert [action for action, _details in audit(visit)] == [
        "visit.arrived",
        "visit.closed",
        "visit.reopened",
        "visit.changed",
        "visit.closed",
        "visit.excluded",
        "visit.included",
    ]


def test_ending_twice_changes_nothing_and_says_so(make_visit, client_of, alice, dewi):
    visit = make_visit()
    actions.close(visit, by=dewi)
    left_at = Visit.objects.get().left_at
    response = client_of(alice).post(f"/staf/visits/visit/{visit.pk}/selesai/", follow=True)
    assert "sudah berubah sementara itu" in response.content.decode()
    assert Visit.objects.get().left_at == left_at
    assert len(audit(visit)) == 1


def test_a_button_on_the_page_stores_what_was_typed(make_visit, client_of, alice):
    visit, client = make_visit(), client_of(alice)
    response = client.post(page(visit), shown(client, visit) | {"staff_note": "Berkas diterima", "_step": "close"})
    assert response["Location"] == page(visit)
    visit.refresh_from_db()
    assert (visit.staff_note, visit.is_open) == ("Berkas diterima", False)


def test_an_announced_visitor_arrives(make_visit, client_of, alice):
    visit = make_visit(arrived_at=None)
    client_of(alice).post(f"/staf/visits/visit/{visit.pk}/datang/")
    visit.refresh_from_db()
    assert (visit.number, visit.day, visit.is_open) == (1, visit.office.today(), True)


def test_sudah_datang_and_its_undo(make_visit, online_point, client_of, alice):
    visit, client = make_visit(arrived_at=None, point=online_point), client_of(alice)
    response = client.post(f"/staf/visits/visit/{visit.pk}/datang/")
    message = str(next(iter(get_messages(response.wsgi_request))))
    client.post(re.search(r'form="desk" formaction="([^"]+)"', message)[1])
    visit.refresh_from_db()
    assert (visit.is_announced, visit.day, visit.number) == (True, None, None)
    client.post(f"/staf/visits/visit/{visit.pk}/datang/")
    visit.refresh_from_db()
    assert visit.number == 2
    assert [action for action, _details in audit(visit)] == ["visit.arrived", "visit.unarrived", "visit.arrived"]


def test_only_an_announced_visit_of_today_that_is_still_open_can_be_made_to_wait_again(
    make_visit, point, online_point, client_of, alice
):
    ended = {"left_at": timezone.now() + timedelta(minutes=1), "ended_by": "tamu"}
    visits = [
        make_visit(point=point),
        make_visit(point=online_point, **ended),
        make_visit(point=online_point, arrived_at=timezone.now() - timedelta(days=1)),
    ]
    for visit in visits:
        assert "Batalkan kedatangan" not in client_of(alice).get(page(visit)).content.decode()
        assert actions.unarrive(visit, by=alice).number == visit.number
        assert audit(visit) == []


def test_excluding_asks_why_and_can_be_undone(make_visit, client_of, alice):
    visit, client = make_visit(), client_of(alice)
    address = f"/staf/visits/visit/{visit.pk}/kecualikan/"
    response = client.post(address, {"reason": "\u200b "})
    assert (response.status_code, response.context["form"].errors["reason"]) == (422, ["Tulis alasannya."])
    client.post(address, {"reason": "Catatan ganda"})
    visit.refresh_from_db()
    assert (bool(visit.excluded_at), visit.excluded_reason) == (True, "Catatan ganda")
    assert "Alasan: Catatan ganda" in client.get(page(visit)).content.decode()
    client.post(f"/staf/visits/visit/{visit.pk}/hitung-lagi/")
    visit.refresh_from_db()
    assert (visit.excluded_at, visit.excluded_reason) == (None, "")
    assert audit(visit) == [("visit.excluded", {}), ("visit.included", {})]


@pytest.mark.parametrize("page_after", ["https://example.com/", "//example.com/", "javascript:alert(1)", ""])
def test_after_a_button_nobody_is_sent_to_another_site(make_visit, client_of, alice, page_after):
    visit = make_visit()
    response = client_of(alice).post(f"/staf/visits/visit/{visit.pk}/selesai/", {"next": page_after})
    assert response["Location"] == "/staf/visits/visit/"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("id", "Tiket kunjungan Anda nomor 002 di Bawaslu Kabupaten Contoh: "),
        ("en", "The ticket of your visit number 002 to Bawaslu Kabupaten Contoh: "),
    ],
)
def test_whatsapp_only_with_consent(make_visit, client_of, alice, settings, language, words):
    client = client_of(alice)
    silent = make_visit()
    assert "wa.me" not in client.get(page(silent)).content.decode()
    visit = make_visit(consent_at=timezone.now(), language=language)
    body = client.get(page(visit)).content.decode()
    link = urlsplit(re.search(r'href="(https://wa\.me/[^"]+)"', body)[1])
    assert link.path == "/6281234567890"
    (text,) = parse_qs(link.query)["text"]
    assert text == f"{words}{settings.SITE_URL}/t/{actions.ticket_key(visit)}/"


def test_earlier_visits_of_the_day_are_shown_unless_masked(make_visit, client_of, alice, ratna, office):
    first = make_visit()
    hidden = make_visit(purpose=office.purposes.get(is_confidential=True))
    make_visit(phone="+6281234567899")
    make_visit(arrived_at=timezone.now() - timedelta(days=3))
    last = make_visit()

    def others(person):
        body = client_of(person).get(page(last)).content.decode()
        return re.findall(r'<a href="/staf/visits/visit/(\d+)/change/">Kunjungan \d+</a> pukul', body)

    assert others(alice) == [str(first.pk)]
    assert others(ratna) == [str(first.pk), str(hidden.pk)]


def test_history_is_the_audit_trail(make_visit, client_of, alice):
    visit, client = make_visit(), client_of(alice)
    actions.close(visit, by=alice)
    body = client.get(f"/staf/visits/visit/{visit.pk}/history/").content.decode()
    assert "Menandai selesai" in body and "alice" in body and visit.name not in body


def test_nobody_deletes_a_visit(make_visit, client_of, root):
    visit = make_visit()
    client = client_of(root)
    assert client.post(f"/staf/visits/visit/{visit.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post("/staf/visits/visit/", {"action": "delete_selected", "_selected_action": [visit.pk], "post": "yes"})
    assert Visit.objects.filter(pk=visit.pk).exists()


def test_an_anonymised_visit_still_opens(make_visit, client_of, alice):
    visit = make_visit(
        name="", phone="", submission_id=None, key_hash=None, consent_at=timezone.now(), anonymized_at=timezone.now()
    )
    client = client_of(alice)
    response = client.get(page(visit))
    assert "Data sudah dihapus" in response.text and "wa.me" not in response.text
    # What was typed there now nothing would ever erase.
    typed = {"meeting_with": "Bapak Budi", "staff_note": "Budi, 0812", "party_size": "4"}
    client.post(page(visit), shown(client, visit) | typed)
    actions.exclude(visit, reason="Budi datang dua kali", by=alice)
    visit.refresh_from_db()
    assert (visit.meeting_with, visit.staff_note, visit.excluded_reason) == ("", "", "Sudah dihapus")
    assert visit.party_size == 4
