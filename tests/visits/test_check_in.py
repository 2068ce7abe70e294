"""A visitor fills in the form: one visit, one ticket, nothing typed is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from tests.conftest import local
from visits import actions, snapshot
from visits.codes import key_hash
from visits.models import AuditEvent, Visit

pytestmark = pytest.mark.django_db


def form_of(point) -> str:
    return f"/k/{point.code}/kunjungan/"


def stored() -> list[dict]:
    return list(
        Visit.objects.values(
            "name", "phone", "visitor_kind", "organization", "meeting_with", "party_size", "note", "language", "number"
        )
    )


def test_a_filled_form_becomes_a_visit_and_leads_to_its_ticket(client, point, visit_fields):
    before = datetime.now(UTC)
    fields = visit_fields(point, note="Perlu kursi roda", meeting_with="Sekretariat")

    response = client.post(form_of(point), fields)

    visit = Visit.objects.get()
    assert response.status_code == 303
    assert response.headers["Location"] == f"/t/{actions.ticket_key(visit)}/"
    assert stored() == [
        {
            "name": "Siti Rahmawati",
            "phone": "+6281234567890",
            "visitor_kind": "akademisi",
            "organization": "Universitas Contoh",
            "meeting_with": "Sekretariat",
            "party_size": 2,
            "note": "Perlu kursi roda",
            "language": "id",
            "number": 1,
        }
    ]
    assert (visit.office, visit.point, visit.entered_by) == (point.office, point, None)
    assert visit.division.name == "Sekretariat"
    assert before <= visit.arrived_at <= datetime.now(UTC)
    assert visit.left_at is None
    assert AuditEvent.objects.count() == 0, "a visitor's own visit leaves no audit line"


def test_the_row_holds_the_instant_in_utc_and_only_a_hash_of_the_key(client, point, visit_fields):
    response = client.post(form_of(point), visit_fields(point))
    key = response.headers["Location"].split("/")[2]

    with connection.cursor() as cursor:
        cursor.execute("SELECT arrived_at AT TIME ZONE 'UTC', key_hash, to_jsonb(v)::text FROM visits_visit v")
        arrived_utc, stored_hash, whole_row = cursor.fetchone()

    assert abs(arrived_utc - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=1)
    assert stored_hash == key_hash(key)
    assert key not in whole_row


def test_the_post_takes_no_more_than_five_statements(
    client, point, visit_fields, settings_stay_fresh, django_assert_num_queries
):
    client.get(form_of(point))
    fields = visit_fields(point)

    # Look for the same id; then, in one transaction, count what comes from there, take a number, store the row.
    with django_assert_num_queries(6) as captured:
        client.post(form_of(point), fields)

    statements = ["SELECT", "SAVEPOINT", "INSERT", "INSERT", "INSERT", "RELEASE"]
    assert [query["sql"].split()[0] for query in captured] == statements


@pytest.mark.parametrize(
    "name",
    [
        "Nur'aini",
        "Sukarno",
        "Dr. H. Ahmad Yani, S.H., M.H.",
        "ꦱꦶꦠꦶꦫꦃꦩꦮꦠꦶ",
        "Siti 🌺",
        "👨‍👩‍👧 Keluarga",
        "A" * 100,
        "<script>alert(1)</script>",
        "{{7*7}}",
        "=HYPERLINK(1)",
        "O’Neill",
        "José Ñandú",
        "王小明",
        "محمد",
    ],
)
def test_names_come_back_exactly(client, point, visit_fields, name):
    client.post(form_of(point), visit_fields(point, name=name))

    assert [row["name"] for row in stored()] == [name]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Siti \t Rahmawati \n", "Siti Rahmawati"),
        ("Siti\x07 Rahma\x1bwati", "Siti Rahmawati"),
        ("Siti\x00 Rahmawati", "Siti Rahmawati"),
        ("Siti\ufffe\uffff", "Siti"),
        ("Siti\u0085Rahma", "Siti Rahma"),
    ],
)
def test_invisible_characters_never_reach_the_row(client, point, visit_fields, typed, kept):
    client.post(form_of(point), visit_fields(point, name=typed))

    assert [row["name"] for row in stored()] == [kept]


@pytest.mark.parametrize(
    "name", ["", "   ", "\u200b\u200b", "\u200d\u200c\u2060", "\ufeff", "\u3164", "\u0301", "\ufffd"]
)
def test_a_name_that_shows_nothing_is_refused(client, point, visit_fields, name):
    response = client.post(form_of(point), visit_fields(point, name=name))

    assert response.status_code == 422
    assert "Tulis nama lengkap Anda." in response.content.decode()
    assert stored() == []


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("0812 3456 7890", "+6281234567890"),
        ("62812-3456-7890", "+6281234567890"),
        ("+62 812 3456 7890", "+6281234567890"),
        ("(0711) 510022", "+62711510022"),
        ("+65 6123 4567", "+6561234567"),
        ("０８１２３４５６７８９０", "+6281234567890"),
    ],
)
def test_any_usual_writing_of_a_phone_number_is_understood(client, point, visit_fields, typed, e164):
    client.post(form_of(point), visit_fields(point, phone=typed))

    assert [row["phone"] for row in stored()] == [e164]


@pytest.mark.parametrize("typed", ["0812 34", "abc", "12345", "08123456789012345", "+62812 3456 7890 ext 5"])
def test_a_wrong_phone_number_is_explained_and_everything_typed_is_kept(client, point, visit_fields, typed):
    fields = visit_fields(point, phone=typed, note="Perlu kursi roda", meeting_with="Ibu Rina")

    response = client.post(form_of(point), fields)
    page = response.content.decode()

    assert response.status_code == 422
    assert "Nomor HP kurang lengkap." in page
    for name in ["name", "phone", "organization", "note", "meeting_with", "submission_id"]:
        assert fields[name] in page
    assert stored() == []


@pytest.mark.parametrize("missing", ["name", "phone", "visitor_kind", "district", "purpose"])
def test_each_of_the_five_required_fields_is_asked_for(client, point, visit_fields, missing):
    response = client.post(form_of(point), visit_fields(point, **{missing: ""}))

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [missing]
    assert stored() == []


def test_an_organization_is_asked_for_unless_the_visitor_comes_alone(client, point, visit_fields):
    refused = client.post(form_of(point), visit_fields(point, organization=""))
    client.post(form_of(point), visit_fields(point, visitor_kind="perorangan", organization="Sisa isian"))

    assert list(refused.context["form"].errors) == ["organization"]
    assert [(row["visitor_kind"], row["organization"]) for row in stored()] == [("perorangan", "")]


@pytest.mark.parametrize(("typed", "size"), [("", 1), ("1", 1), ("99", 99)])
def test_party_size_defaults_to_one(client, point, visit_fields, typed, size):
    client.post(form_of(point), visit_fields(point, party_size=typed))

    assert [row["party_size"] for row in stored()] == [size]


@pytest.mark.parametrize("typed", ["0", "-1", "100", "9" * 30, "dua", "1.5", "1e3"])
def test_an_impossible_party_size_is_refused(client, point, visit_fields, typed):
    response = client.post(form_of(point), visit_fields(point, party_size=typed))

    assert list(response.context["form"].errors) == ["party_size"]
    assert stored() == []


def test_choices_of_another_office_are_refused(client, point, other_office, visit_fields):
    stranger = visit_fields(
        point, purpose=str(other_office.purposes.first().pk), district=str(other_office.districts.first().pk)
    )

    response = client.post(form_of(point), stranger)

    assert sorted(response.context["form"].errors) == ["district", "purpose"]
    assert stored() == []


def test_a_purpose_switched_off_meanwhile_gives_the_form_back(client, point, visit_fields):
    fields = visit_fields(point)
    client.get(form_of(point))
    point.office.purposes.filter(pk=fields["purpose"]).update(is_active=False)
    snapshot.forget()

    response = client.post(form_of(point), fields)

    assert response.status_code == 422
    assert "Keperluan yang Anda pilih sudah tidak dilayani." in response.content.decode()
    assert "Siti Rahmawati" in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_purpose_deleted_after_the_snapshot_gives_the_form_back(client, point, visit_fields):
    fields = visit_fields(point)
    client.get(form_of(point))
    point.office.purposes.get(pk=fields["purpose"]).delete()

    response = client.post(form_of(point), fields)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["purpose"]
    assert stored() == []


def test_consent_is_optional_and_kept_with_time_and_notice(client, point, visit_fields):
    client.post(form_of(point), visit_fields(point))
    client.post(form_of(point), visit_fields(point, consent="on"))

    without, with_consent = Visit.objects.order_by("pk")
    assert without.consent_at is None
    assert abs(with_consent.consent_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert without.notice_version == with_consent.notice_version
    assert without.notice_version.startswith("3-")


# --- exactly once --------------------------------------------------------------------------------------------------


def test_the_same_form_again_leads_to_the_same_ticket(client, point, visit_fields):
    fields = visit_fields(point)

    tickets = {client.post(form_of(point), fields).headers["Location"] for _ in range(3)}

    assert len(tickets) == 1
    assert [row["number"] for row in stored()] == [1]


def test_a_replay_after_a_day_still_leads_to_that_ticket_even_when_the_choices_are_gone(client, point, visit_fields):
    fields = visit_fields(point)
    first = client.post(form_of(point), fields).headers["Location"]
    Visit.objects.update(arrived_at=local(point.office, "2026-01-05"), day="2026-01-05", left_at=None)
    point.office.purposes.update(is_active=False)
    snapshot.forget()

    assert client.post(form_of(point), fields).headers["Location"] == first
    assert Visit.objects.count() == 1


def test_a_replay_after_the_link_secret_was_rotated_leads_to_the_old_ticket(client, point, visit_fields, settings):
    fields = visit_fields(point)
    first = client.post(form_of(point), fields).headers["Location"]
    settings.LINK_SECRET_FALLBACKS = [settings.LINK_SECRET]
    settings.LINK_SECRET = "another-secret-of-at-least-32-characters"

    assert client.post(form_of(point), fields).headers["Location"] == first


def test_other_content_under_a_known_id_is_kept_and_offered_as_a_new_visit(client, point, visit_fields):
    fields = visit_fields(point)
    client.post(form_of(point), fields)

    response = client.post(form_of(point), {**fields, "name": "Budi Santoso"})
    page = response.content.decode()

    assert response.status_code == 409
    assert "Catat sebagai kunjungan baru" in page
    assert 'value="Budi Santoso"' in page
    assert fields["submission_id"] not in page, "the button sends it under a fresh id"
    assert [row["name"] for row in stored()] == ["Siti Rahmawati"]


def test_the_same_person_twice_is_two_visits(client, point, visit_fields):
    client.post(form_of(point), visit_fields(point))
    client.post(form_of(point), visit_fields(point))

    assert [row["number"] for row in stored()] == [1, 2]


@pytest.mark.parametrize("sent", ["", "1", "kunjungan", "x" * 500])
def test_a_page_without_a_usable_id_gets_one_and_keeps_what_was_typed(client, point, visit_fields, sent):
    response = client.post(form_of(point), visit_fields(point, submission_id=sent))

    assert response.status_code == 422
    assert 'value="Siti Rahmawati"' in response.content.decode()
    assert stored() == []


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_under_one_id_are_one_row_and_one_ticket(point, visit_fields):
    fields = visit_fields(point)

    def send(_):
        try:
            response = Client().post(form_of(point), fields)
            return response.status_code, response.headers.get("Location")
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as people:
        answers = set(people.map(send, range(20)))

    visit = Visit.objects.get()
    assert answers == {(303, f"/t/{actions.ticket_key(visit)}/")}
    assert visit.number == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_visitors_at_once_get_twenty_numbers(point, visit_fields):
    forms = [visit_fields(point, name=f"Tamu {number}") for number in range(20)]

    def send(fields):
        try:
            return Client().post(form_of(point), fields).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as people:
        assert set(people.map(send, forms)) == {303}

    assert sorted(Visit.objects.values_list("number", flat=True)) == list(range(1, 21))


# --- days ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
def test_either_side_of_local_midnight_are_two_days_and_the_number_restarts(client, point, visit_fields, zone, clock):
    point.office.time_zone = zone
    point.office.save()
    for moment in [
        local(point.office, "2026-03-03", "23:59:57"),
        local(point.office, "2026-03-03", "23:59:58"),
        local(point.office, "2026-03-04", "00:00:01"),
    ]:
        clock.set(moment)
        client.post(form_of(point), visit_fields(point))

    days = [(day.isoformat(), number) for day, number in Visit.objects.order_by("pk").values_list("day", "number")]
    assert days == [("2026-03-03", 1), ("2026-03-03", 2), ("2026-03-04", 1)]


@pytest.mark.parametrize(
    ("waited", "arrived"),
    [
        ("", "09:00:00"),
        ("600", "08:50:00"),
        ("-5", "09:00:00"),
        ("besok", "09:00:00"),
        (str(8 * 3600), "01:00:00"),
        (str(11 * 3600), "00:00:00"),
        (str(10**9), "00:00:00"),
    ],
)
def test_a_form_that_waited_arrives_when_it_was_sent_within_the_office_day(
    client, point, visit_fields, clock, waited, arrived
):
    clock.set(local(point.office, "2026-03-03", "09:00:00"))

    client.post(form_of(point), visit_fields(point, queued_seconds=waited))

    assert Visit.objects.get().arrived_at == local(point.office, "2026-03-03", arrived)
