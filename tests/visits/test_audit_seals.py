"""The audit trail under its seals: nothing is changed, removed or slipped in without being found out."""

import hashlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from datetime import UTC
from itertools import count

import psycopg2
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from tests.servers import backends, database_url, wait_for_the_killed
from visits import audit_seals
from visits.actions import record
from visits.models import AuditEvent, AuditSeal

pytestmark = pytest.mark.django_db

INSERT = "INSERT INTO visits_auditevent (at, actor, action, object_type, details) VALUES (now(), 'x', 'y', '', '{}')"


def many(events: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO visits_auditevent (at, actor, action, object_type, object_id, details)"
            " SELECT now(), 'alice', 'visit.opened', 'visit', number, '{\"rows\": 1}'"
            " FROM generate_series(1, %s) AS number",
            [events],
        )


def tamper(statement: str) -> None:
    """As somebody who owns the database, triggers or not."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def seals() -> list[tuple]:
    """Counted from the first event: sequences go on from test to test."""
    start = AuditEvent.objects.order_by("pk").first().pk - 1
    rows = AuditSeal.objects.values_list("number", "first_id", "last_id", "count")
    return [(number, max(first - start, 1), last - start, count) for number, first, last, count in rows]


def verified(**options) -> str:
    """What audit_verify says, or the mistake it ends with."""
    output = Output()
    try:
        call_command("audit_verify", stdout=output, **options)
    except CommandError as error:
        return str(error)
    return output.text


class Output:
    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass


@pytest.fixture
def trail(alice, office):
    """Three seals over seven lines; between the fourth and the fifth an id was never used."""
    for number in range(4):
        record(action="visit.opened", by=alice, office_id=office.pk, details={"part": 0.5, "nama": "é"}, rows=number)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('visits_auditevent_id_seq')")
    for _ in range(3):
        record(action="visit.closed", by=alice, office_id=office.pk)
    audit_seals.seal_settled(at_most=3)
    return list(AuditEvent.objects.order_by("pk").values_list("pk", flat=True))


# What a seal is.


def test_each_event_is_under_one_seal_and_the_seals_leave_no_gap(trail):
    assert seals() == [(1, 1, 3, 3), (2, 4, 7, 3), (3, 8, 8, 1)]
    assert audit_seals.seal_settled() == 0
    assert len(seals()) == 3


def test_the_format_of_a_seal_stays_as_it_is(trail):
    """Computed once more from plain SQL: seals of today have to hold in years."""
    before = "0" * 64
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, first_id, last_id, count, sealed_at, sha256 FROM visits_auditseal ORDER BY number"
        )
        for *seal, sealed_at, sha256 in cursor.fetchall():
            cursor.execute(
                "SELECT id, at, actor_id, actor, office_id, action, object_type, object_id, details::text,"
                " host(address) FROM visits_auditevent WHERE id BETWEEN %s AND %s ORDER BY id",
                seal[1:3],
            )
            lines = [[before]]
            for number, at, *middle, details, address in cursor.fetchall():
                lines.append([number, in_utc(at), *middle, json.loads(details), address])
            lines.append([*seal, in_utc(sealed_at)])
            text = "".join(json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n" for line in lines)
            assert hashlib.sha256(text.encode()).hexdigest() == sha256
            before = sha256


def in_utc(moment) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


def test_every_column_is_sealed():
    assert [field.column for field in AuditEvent._meta.concrete_fields] == audit_seals.COLUMNS


def test_every_seal_is_copied_into_the_log_and_the_newest_each_time(trail, caplog):
    caplog.set_level(logging.INFO, "visits.audit_seal")
    record(action="visit.closed")
    record(action="visit.closed")
    audit_seals.seal_settled(at_most=1)
    stored = [
        f"seal {seal.number}: events {seal.first_id} to {seal.last_id}, {seal.count} of them, "
        f"sealed {in_utc(seal.sealed_at)}, sha256 {seal.sha256}"
        for seal in AuditSeal.objects.filter(number__gte=3)
    ]
    assert [line.getMessage() for line in caplog.records if line.name == "visits.audit_seal"] == stored
    assert len(stored) == 3


@pytest.mark.parametrize("statement", ["UPDATE visits_auditseal SET count = 1", "DELETE FROM visits_auditseal"])
def test_seals_only_grow(trail, statement):
    for refused in [statement, "TRUNCATE visits_auditseal"]:
        with pytest.raises(DatabaseError, match="the audit trail only grows"), transaction.atomic():
            connection.cursor().execute(refused)
    assert len(seals()) == 3


# Found out.


def test_an_untouched_trail_is_intact(trail):
    record(action="visit.closed")
    newest = AuditSeal.objects.last()
    said = verified(expect=newest.sha256)
    assert said.startswith(f"Intact: 7 events under their seals, the newest is seal 3, sha256 {newest.sha256}.\n")
    assert "Not sealed yet: 1 events, the oldest of 20" in said


def test_an_empty_trail_is_intact():
    assert verified() == "Intact: 0 events under their seals.\nNot sealed yet: 0 events.\n"


@pytest.mark.parametrize("column", [column for column in audit_seals.COLUMNS if column != "id"])
def test_any_changed_value_is_found(trail, column):
    values = {"at": "at + interval '1 microsecond'", "details": "'{}'", "address": "'10.0.0.1'", "actor": "'bob'"}
    value = values.get(column, "'refused'" if column in {"action", "object_type"} else f"coalesce({column}, 0) + 1")
    tamper(f"UPDATE visits_auditevent SET {column} = {value} WHERE id = {trail[1]}")
    assert verified() == (
        f"The audit trail was tampered with: seal 1, events 1 to {trail[2]:,}:"
        " an event, or the seal itself, was changed."
    )


def test_a_removed_event_is_found(trail):
    tamper(f"DELETE FROM visits_auditevent WHERE id = {trail[4]}")
    assert verified() == (
        f"The audit trail was tampered with: seal 2, events {trail[3]:,} to {trail[5]:,}: 2 events instead of 3,"
        " some were removed."
    )


@pytest.mark.parametrize("place", ["in the gap", "before the first"])
def test_an_event_that_was_slipped_in_is_found(trail, place):
    number, seal = (trail[3] + 1, 2) if place == "in the gap" else (-5, 1)
    tamper(INSERT.replace("(at,", "(id, at,").replace("VALUES (", f"VALUES ({number}, "))
    said = verified()
    assert said.startswith(f"The audit trail was tampered with: seal {seal}, events ")
    assert said.endswith("4 events instead of 3, some were added.")


def test_the_first_of_several_breaks_is_named(trail):
    tamper(f"DELETE FROM visits_auditevent WHERE id = {trail[6]}")
    tamper(f"UPDATE visits_auditevent SET actor = 'bob' WHERE id = {trail[4]}")
    assert "seal 2" in verified()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("sha256 = repeat('0', 64)", "seal 2, events"),
        ("sealed_at = sealed_at - interval '1 day'", "seal 2, events"),
        ("count = 2", "3 events instead of 2"),
        ("last_id = last_id + 1", "seal 2, events"),
        ("first_id = first_id + 1", "seal 2, of the events from"),
        ("number = 7", "seal 2, of the events from"),
    ],
)
def test_a_changed_seal_is_found(trail, change, found):
    tamper(f"UPDATE visits_auditseal SET {change} WHERE number = 2")
    assert found in verified()


def test_a_removed_seal_is_found(trail):
    tamper("DELETE FROM visits_auditseal WHERE number = 2")
    assert verified() == (
        f"The audit trail was tampered with: seal 2, of the events from {trail[2] + 1} on, is missing or was changed."
    )


@pytest.mark.parametrize("kept", [2, 0])
def test_a_trail_that_was_cut_short_is_found_with_the_log(trail, kept):
    """By the database alone it can't be told from one whose newest lines wait for their seal."""
    newest = AuditSeal.objects.last().sha256
    tamper(f"DELETE FROM visits_auditseal WHERE number > {kept}")
    tamper(f"DELETE FROM visits_auditevent WHERE id > {trail[5] if kept else 0}")
    assert verified().startswith("Intact")
    assert verified(expect=newest) == "The audit trail was cut short or written anew: no seal has this SHA-256."


def test_a_trail_that_was_written_anew_is_found_with_the_log(trail):
    newest = AuditSeal.objects.last().sha256
    tamper("DELETE FROM visits_auditseal")
    tamper("UPDATE visits_auditevent SET actor = 'bob'")
    audit_seals.seal_settled(at_most=3)
    assert verified().startswith("Intact")
    assert verified(expect=newest.upper()) == "The audit trail was cut short or written anew: no seal has this SHA-256."
    assert verified(expect=f" {AuditSeal.objects.last().sha256.upper()}\n").startswith("Intact")


def test_progress_is_told(trail):
    told = []
    audit_seals.verify(shown=lambda done, total: told.append((done, total)))
    assert told == [(3, 7), (6, 7), (7, 7)]


def test_a_broken_trail_ends_the_command_with_1(trail, capfd):
    tamper(f"DELETE FROM visits_auditevent WHERE id = {trail[0]}")
    with pytest.raises(CommandError) as broken:
        call_command("audit_verify")
    assert broken.value.returncode == 1


# While others write.


@contextmanager
def other_session():
    with closing(psycopg2.connect(database_url())) as session:
        yield session


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_a_line_that_is_still_under_way_is_waited_for(ending):
    """It has the lower number, and appears later."""
    with other_session() as slow:
        slow.cursor().execute(INSERT)
        record(action="visit.closed")
        threading.Timer(0.5, getattr(slow, ending)).start()
        assert audit_seals.seal_settled() == (2 if ending == "commit" else 1)
    assert verified().startswith(f"Intact: {2 if ending == 'commit' else 1} events")


@pytest.mark.django_db(transaction=True)
def test_somebody_who_writes_for_too_long_holds_up_no_upkeep(caplog):
    with other_session() as slow:
        slow.cursor().execute(INSERT)
        record(action="visit.closed")
        assert audit_seals.seal_settled(patience=0.2) == 0
        assert (
            caplog.records[-1].getMessage()
            == "not sealed: somebody has been writing for longer than 0.2 seconds; next time"
        )
        slow.commit()
    assert audit_seals.seal_settled() == 2


@pytest.mark.django_db(transaction=True)
def test_sealing_among_many_who_write_misses_no_line():
    is_over, written = threading.Event(), []

    def write(milliseconds):
        with other_session() as session:
            for number in count():
                session.cursor().execute(INSERT)
                time.sleep(milliseconds / 1000)
                if number % 4 == 3:
                    session.rollback()
                else:
                    session.commit()
                    written.append(1)
                if is_over.is_set():
                    return

    writers = [threading.Thread(target=write, args=[milliseconds]) for milliseconds in [1, 2, 5, 9, 14, 20]]
    for writer in writers:
        writer.start()
    begun, sealed = time.monotonic(), 0
    try:
        while (passed := time.monotonic() - begun) < 2 or (passed < 60 and (len(written) <= 50 or len(seals()) <= 2)):
            sealed += audit_seals.seal_settled()
    finally:
        is_over.set()
    for writer in writers:
        writer.join()
    sealed += audit_seals.seal_settled()
    assert sealed == len(written) > 50
    assert verified().startswith(f"Intact: {sealed:,} events")
    assert AuditSeal.objects.count() > 2


# Processes.


def upkeep() -> subprocess.Popen:
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "VAR_DIR": str(settings.STATIC_ROOT.parent),
        "SECRET_KEY": settings.SECRET_KEY,
        "LINK_SECRET": settings.LINK_SECRET,
        "PYTHONUNBUFFERED": "1",
    }
    return subprocess.Popen([sys.executable, "manage.py", "upkeep"], env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.django_db(transaction=True)
def test_twice_at_once_is_one_chain():
    many(45_000)
    with upkeep() as one, upkeep() as other:
        assert [one.wait(timeout=60), other.wait(timeout=60)] == [0, 0]
    audit_seals.seal_settled()
    assert [events for *_, events in seals()] == [10_000] * 4 + [5_000]
    assert "Intact: 45,000 events" in verified()


@pytest.mark.django_db(transaction=True)
def test_killed_at_any_moment_and_run_again_gives_the_same_seals():
    many(75_000)
    told, bystanders = set(), backends()
    for milliseconds in [5, 60, 140]:
        with upkeep() as killed:
            for line in killed.stdout:
                told.add(sha256_in(line))
                if "visits.audit_seal" in line:
                    time.sleep(milliseconds / 1000)
                    break
            killed.kill()
            told |= {sha256_in(line) for line in killed.stdout}  # said between the look and the kill
    wait_for_the_killed(bystanders)
    with upkeep() as last:
        told |= {sha256_in(line) for line in last.stdout}
    starts = range(0, 75_000, 10_000)
    ends = [*starts[1:], 75_000]
    assert seals() == [
        (number, start + 1, end, end - start)
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
    ]
    assert "Intact: 75,000 events" in verified()
    assert AuditSeal.objects.last().sha256 in told


def sha256_in(line: str) -> str:
    return line.rpartition("sha256 ")[2].strip()
