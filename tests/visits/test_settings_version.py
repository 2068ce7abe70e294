"""A process notices a change of an office's settings within two seconds, whoever has made it, and asks once for all."""

import re
import threading
import time

import pytest
from django.db import connection, transaction

from visits import snapshot
from visits.models import (
    CheckInPoint,
    ClosedDay,
    District,
    Division,
    Office,
    Purpose,
    RequiredDocument,
    ServiceHours,
    SettingsVersion,
)

pytestmark = pytest.mark.django_db

# Changes of every kind in each table, by hand; {purpose} is one of the {office}.
BY_HAND = {
    "office": ["UPDATE visits_office SET address = 'Jalan Baru 1' WHERE id = {office}"],
    "checkinpoint": [
        "INSERT INTO visits_checkinpoint (office_id, name, code, kind, is_active)"
        " VALUES ({office}, 'a', '222222', 'poster', true)",
        "UPDATE visits_checkinpoint SET is_active = false WHERE office_id = {office}",
        "DELETE FROM visits_checkinpoint WHERE code = '222222'",
    ],
    "closedday": [
        "INSERT INTO visits_closedday (office_id, day, name) VALUES ({office}, '2026-12-25', 'a')",
        "UPDATE visits_closedday SET name = 'b' WHERE office_id = {office}",
        "DELETE FROM visits_closedday WHERE office_id = {office}",
    ],
    "servicehours": [
        "UPDATE visits_servicehours SET closes_at = '17:00' WHERE office_id = {office} AND weekday = 1",
        "DELETE FROM visits_servicehours WHERE office_id = {office} AND weekday = 1",
        "INSERT INTO visits_servicehours (office_id, weekday, opens_at, closes_at)"
        " VALUES ({office}, 1, '08:00', '16:00')",
    ],
    "district": [
        "INSERT INTO visits_district (office_id, name, \"order\", is_active) VALUES ({office}, 'x', 1, true)",
        "UPDATE visits_district SET is_active = false WHERE office_id = {office}",
        "DELETE FROM visits_district WHERE office_id = {office}",
    ],
    "division": [
        "INSERT INTO visits_division (office_id, name, \"order\", is_active) VALUES ({office}, 'x', 1, true)",
        "UPDATE visits_division SET is_active = false WHERE office_id = {office}",
        "DELETE FROM visits_division WHERE office_id = {office}",
    ],
    "requireddocument": [
        "INSERT INTO visits_requireddocument (purpose_id, name, \"order\") VALUES ({purpose}, 'KTP', 1)",
        "UPDATE visits_requireddocument SET name = 'KTP asli' WHERE purpose_id = {purpose}",
        "DELETE FROM visits_requireddocument WHERE purpose_id = {purpose}",
    ],
    "purpose": [
        "UPDATE visits_purpose SET name = 'Lain' WHERE id = {purpose}",
        "DELETE FROM visits_requireddocument WHERE purpose_id = {purpose}",
        "DELETE FROM visits_purpose WHERE id = {purpose}",
    ],
}
MODELS = [CheckInPoint, ClosedDay, District, Division, Office, Purpose, RequiredDocument, ServiceHours]


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def version(office) -> int:
    return SettingsVersion.objects.get(pk=office.pk).version


@pytest.fixture
def later(monkeypatch):
    """`later(2)`: that many seconds have passed for everything that measures time, and no others."""
    passed = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: passed[0])

    def go_on(seconds: float) -> None:
        passed[0] += seconds

    return go_on


# --- versions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", sorted(BY_HAND))
def test_every_change_by_hand_raises_the_version_of_its_office_alone(office, other_office, table):
    purpose = office.purposes.first().pk
    untouched = version(other_office)
    for statement in BY_HAND[table]:
        before = version(office)
        run(statement.format(office=office.pk, purpose=purpose))
        assert version(office) > before, statement
    assert version(other_office) == untouched


def test_every_table_that_visitors_pages_are_made_of_is_watched(point):
    statement = str(snapshot._points(point.code).query)
    # A replaced code has its effect by the change of its point, or by time.
    tables = set(re.findall(r'"(visits_\w+)"', statement)) - {"visits_settingsversion", "visits_replacedcode"}
    assert tables == {model._meta.db_table for model in MODELS}
    assert {f"visits_{table}" for table in BY_HAND} == tables

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, array_agg(tgname::text ORDER BY tgname) FROM pg_trigger"
            " WHERE tgname LIKE 'settings_%' GROUP BY 1"
        )
        watched = dict(cursor.fetchall())
    names = ["settings_changed_from", "settings_changed_to", "settings_deleted", "settings_inserted"]
    assert watched == dict.fromkeys(tables, names)


def test_a_row_that_moves_changes_both_offices(office, other_office):
    before = version(office), version(other_office)
    District.objects.create(office=office, name="Pindah")
    District.objects.filter(name="Pindah").update(office=other_office)
    assert (version(office) > before[0] + 1, version(other_office) > before[1]) == (True, True)


def test_many_rows_in_one_statement_count_once(office):
    before = version(office)
    District.objects.bulk_create(District(office=office, name=f"Kecamatan {number}") for number in range(500))
    assert version(office) == before + 1


def test_what_visitors_do_changes_no_version(client, office, point, visit_fields):
    before = version(office)
    assert client.post(f"/k/{point.code}/kunjungan/", visit_fields(point)).status_code == 303
    assert version(office) == before


def test_an_office_that_is_gone_leaves_its_version_behind(office):
    pk, before = office.pk, version(office)
    RequiredDocument.objects.filter(purpose__office=office).delete()
    for rows in [office.points, office.purposes]:
        rows.all().delete()
    office.delete()
    assert SettingsVersion.objects.get(pk=pk).version > before


# --- what a process keeps --------------------------------------------------------------------------------------------


def test_a_change_is_noticed_within_two_seconds(point, later, django_assert_num_queries):
    assert "Baru" not in names_of(point)
    Purpose.objects.create(office=point.office, name="Baru", order=99)

    with django_assert_num_queries(0):
        assert "Baru" not in names_of(point)
    later(2)
    with django_assert_num_queries(1):
        assert "Baru" in names_of(point)
    with django_assert_num_queries(0):
        assert "Baru" in names_of(point)


def names_of(point) -> list[str]:
    return [purpose.name for purpose in snapshot.for_code(point.code).office.purposes]


def test_one_statement_every_two_seconds_for_all_offices(point, other_office, later, django_assert_num_queries):
    other = other_office.points.get()
    for each in [point, other]:
        names_of(each)

    later(2)
    with django_assert_num_queries(1):
        for each in [point, other, point, other]:
            names_of(each)


def test_only_the_office_that_has_changed_is_read_anew(point, other_office, later, django_assert_num_queries):
    other = other_office.points.get()
    kept = snapshot.for_code(other.code)
    names_of(point)
    Purpose.objects.create(office=point.office, name="Baru", order=99)

    later(2)
    with django_assert_num_queries(1):
        assert snapshot.for_code(other.code) == kept
    with django_assert_num_queries(1):
        assert "Baru" in names_of(point)
    with django_assert_num_queries(0):
        assert snapshot.for_code(other.code) == kept


def test_time_alone_makes_a_snapshot_old(point, later, django_assert_num_queries):
    """Closed days come nearer, and a replaced code falls silent, without anybody's change."""
    names_of(point)
    for _ in range(int(snapshot.READ_ANEW_SECONDS / 2) - 1):
        later(1.99)
        names_of(point)
    later(10)
    with django_assert_num_queries(1):
        names_of(point)


def test_the_memory_of_a_process_is_bounded(office, monkeypatch):
    monkeypatch.setattr(snapshot, "KEPT_AT_MOST", 3)
    for number in range(7):
        snapshot.for_code(CheckInPoint.objects.create(office=office, name=f"Titik {number}").code)
        assert len(snapshot._memory.kept) <= 3


# --- changes that overlap --------------------------------------------------------------------------------------------


class Writer(threading.Thread):
    """Adds a purpose in a transaction of its own, and commits when it is told to."""

    def __init__(self, office, name: str):
        super().__init__()
        self.office, self.purpose = office, name
        self.written, self.may_commit = threading.Event(), threading.Event()
        self.start()

    def run(self) -> None:
        try:
            with transaction.atomic():
                Purpose.objects.create(office=self.office, name=self.purpose, order=99)
                self.written.set()
                self.may_commit.wait(30)
        finally:
            connection.close()

    def commit(self) -> None:
        self.may_commit.set()
        self.join(30)


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_after_it_was_looked_for_is_found_the_next_time(point, later):
    names_of(point)
    writer = Writer(point.office, "Baru")
    assert writer.written.wait(30)

    later(2)
    assert "Baru" not in names_of(point)
    writer.commit()
    later(2)
    assert "Baru" in names_of(point)


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_neither_hides_the_other(point, later):
    """The second waits for the version until the first is committed: a version that is seen holds all before it."""
    first = Writer(point.office, "Pertama")
    assert first.written.wait(30)
    second = Writer(point.office, "Kedua")
    assert not second.written.wait(0.3)

    first.commit()
    assert second.written.wait(30)
    later(2)
    assert [name in names_of(point) for name in ["Pertama", "Kedua"]] == [True, False]
    second.commit()
    later(2)
    assert [name in names_of(point) for name in ["Pertama", "Kedua"]] == [True, True]
