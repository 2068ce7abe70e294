"""What must always hold is held by the database, whoever writes to it."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests.conftest import local
from visits import actions, roles
from visits.models import AuditEvent, CheckInPoint, DailyNumber, Office, ServiceHours, Visit

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "wrong",
    [
        {"party_size": 0},
        {"party_size": 100},
        {"phone": "0812"},
        {"phone": ""},
        {"name": ""},
        {"visitor_kind": "alien"},
        {"visitor_kind": "media", "organization": ""},
        {"number": None},
        {"day": None},
        {"arrived_at": None},
        {"ended_by": "tamu"},
        {"excluded_reason": "uji coba"},
        {"name": "Siti\x07"},
        {"note": "a\tb"},
        {"organization": "a\nb"},
        {"meeting_with": "\uffff"},
        {"number": 0},
        {"excluded_at": datetime(2026, 3, 3, tzinfo=UTC), "excluded_reason": " "},
    ],
    ids=str,
)
def test_the_database_refuses_an_impossible_visit(make_visit, wrong):
    visit = make_visit()

    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.filter(pk=visit.pk).update(**wrong)


@pytest.mark.parametrize("column", ["purpose", "district", "division", "point"])
@pytest.mark.django_db(transaction=True)
def test_a_visit_stays_within_its_office(make_visit, other_office, column):
    visit = make_visit()
    foreign = {
        "purpose": other_office.purposes,
        "district": other_office.districts,
        "division": other_office.divisions,
        "point": other_office.points,
    }[column].first()

    with pytest.raises(IntegrityError):
        Visit.objects.filter(pk=visit.pk).update(**{column: foreign})


@pytest.mark.parametrize("text", ["A\x01B", "A\nB", "\uffff"])
def test_what_visitors_choose_from_is_plain_text(office, text):
    for rows in [office.purposes, office.districts, office.divisions, office.points]:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.filter(pk=rows.first().pk).update(name=text)


def test_a_name_is_offered_once_in_whatever_case(office):
    for rows in [office.purposes, office.districts, office.divisions]:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.create(name=rows.first().name.upper())


def test_nobody_leaves_before_arriving(office, make_visit):
    visit = make_visit(arrived_at=local(office, "2026-03-03", "09:00"))

    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.filter(pk=visit.pk).update(left_at=local(office, "2026-03-03", "08:59"), ended_by="tamu")


def test_a_number_is_given_once_a_day(make_visit):
    first, second = make_visit(), make_visit()

    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.filter(pk=second.pk).update(number=first.number)


def test_daily_numbers_count_per_office_and_day(office, other_office):
    taken = [
        DailyNumber.objects.take(place.pk, day)
        for place, day in [
            (office, "2026-03-03"),
            (office, "2026-03-03"),
            (other_office, "2026-03-03"),
            (office, "2026-03-04"),
        ]
    ]

    assert taken == [1, 2, 1, 1]


def test_a_code_has_only_unambiguous_characters(office):
    for code in ["ABCDEF", "222O22", "22222", "2222222", "bcdfgh"]:
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            CheckInPoint.objects.create(office=office, name="Salah", code=code)


@pytest.mark.parametrize(
    "wrong", [{"time_zone": "Europe/Paris"}, {"retention_months": 0}, {"whatsapp": "0812"}], ids=str
)
def test_an_office_keeps_sensible_settings(office, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        Office.objects.filter(pk=office.pk).update(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"opens_at": "16:00"},
        {"closes_at": "08:00"},
        {"break_starts_at": None},
        {"break_ends_at": "11:00"},
        {"break_ends_at": "17:00"},
        {"weekday": 8},
    ],
    ids=str,
)
def test_service_hours_make_sense(office, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceHours.objects.filter(office=office, weekday=1).update(**wrong)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE visits_auditevent SET actor = 'somebody else'",
        "DELETE FROM visits_auditevent",
        "TRUNCATE visits_auditevent",
    ],
)
def test_the_audit_trail_only_grows(alice, statement):
    actions.record(action="test", by=alice)

    with pytest.raises(DatabaseError, match="the audit trail only grows"), transaction.atomic():
        connection.cursor().execute(statement)

    assert list(AuditEvent.objects.values_list("actor", flat=True)) == ["alice"]


def test_the_migrations_granted_exactly_the_roles(django_db_setup):
    assert django_db_setup == {role: sorted(codenames) for role, codenames in roles.ROLES.items()}


def test_no_text_of_a_row_says_a_name(make_visit, office, point):
    visit = make_visit(name="Siti Rahmawati")
    announced = make_visit(name="Budi Santoso", arrived_at=None)

    assert [str(visit), str(announced)] == ["Kunjungan 001", f"Kunjungan #{announced.pk}"]
