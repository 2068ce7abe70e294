"""Lines and seals that did not come from the application: what is added at the end, renumbered, or made to fit."""

import pytest
from django.db import IntegrityError, connection, transaction

from tests.visits.test_audit_seals import tamper, verified
from visits import audit_seals
from visits.actions import record
from visits.models import AuditEvent, AuditSeal

pytestmark = pytest.mark.django_db

BROKEN = "The audit trail was tampered with: seal "


@pytest.fixture
def trail(alice) -> list[int]:
    """Two seals over four lines."""
    for _ in range(4):
        record(action="visit.opened", by=alice)
    audit_seals.seal_settled(at_most=2)
    return list(AuditEvent.objects.order_by("pk").values_list("pk", flat=True))


def write(at: str) -> int:
    """As the application's role may, past the application."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO visits_auditevent (at, actor, action, object_type, details)"
            f" VALUES ({at}, 'bob', 'visit.exported', '', '{{}}') RETURNING id"
        )
        return cursor.fetchone()[0]


# Times.


@pytest.mark.parametrize("at", ["now() - interval '1 day'", "now() + interval '1 day'", "'2000-01-01'", "'9998-12-31'"])
def test_a_line_of_another_time_is_named(trail, at):
    forged = write(at)
    write(at)
    audit_seals.seal_settled()
    said = verified()
    assert said.startswith("Intact: 6 events under their seals")
    assert f"\nDated otherwise than they came: 2 events, the first is {forged}. The clock was wrong then, or " in said


def test_a_line_that_took_its_time_is_not(trail):
    write("now() - interval '50 minutes'")
    audit_seals.seal_settled()
    assert "Dated otherwise" not in verified()


@pytest.mark.parametrize("at", ["'infinity'", "'20000-01-01'", "'9999-01-01'", "'1999-12-30'", "'0044-03-15 BC'"])
def test_a_time_that_nobody_could_read_is_refused(trail, at):
    """Python knows no such year: each reader of the trail would have ended at this line."""
    with pytest.raises(IntegrityError, match="audit_event_of_our_time"), transaction.atomic():
        write(at)
    assert audit_seals.seal_settled() == 0


# Numbers.


def test_renumbered_lines_are_found(trail):
    """Two lines that have changed places."""
    first, second, *_others = trail
    for number, other in [(first, -1), (second, first), (-1, second)]:
        tamper(f"UPDATE visits_auditevent SET id = {other} WHERE id = {number}")
    assert AuditEvent.objects.filter(pk__in=trail).count() == 4
    assert verified().startswith(f"{BROKEN}1")


def test_a_number_that_is_given_out_again_is_found(trail):
    """The newest line is gone, and the sequence turned back so that the next one takes its place."""
    newest = trail[-1]
    tamper(f"DELETE FROM visits_auditevent WHERE id = {newest}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('visits_auditevent_id_seq', %s, false)", [newest])
    assert write("now()") == newest
    assert verified().startswith(f"{BROKEN}2")
    assert verified().endswith("an event, or the seal itself, was changed.")


# Seals.


def forge(**changes) -> AuditSeal:
    last = AuditSeal.objects.last()
    fields = {
        "number": last.number + 1,
        "first_id": last.last_id + 1,
        "last_id": last.last_id + 1,
        "count": 1,
        "sealed_at": last.sealed_at,
        "sha256": "0" * 64,
    }
    return AuditSeal.objects.create(**{**fields, **changes})


@pytest.mark.parametrize(
    "changes", [{}, {"number": 10**15}, {"number": -1, "first_id": -9, "last_id": -8}, {"last_id": 10**15}]
)
def test_a_forged_seal_is_found(trail, changes):
    record(action="visit.closed")
    forge(**changes)
    assert verified().startswith(BROKEN)


def test_a_second_seal_of_a_range_is_refused(trail):
    with pytest.raises(IntegrityError), transaction.atomic():
        forge(first_id=AuditSeal.objects.last().first_id)


def test_a_seal_that_fits_but_covers_what_is_still_to_come_is_found(trail):
    """Nothing would be sealed any more: the lines that come in show it."""
    far = 10**15
    record(action="visit.closed")
    before = AuditSeal.objects.last()
    chain = audit_seals._Chain(before)
    for row in audit_seals._rows(pk__gt=before.last_id):
        chain.add(row)
    forged = AuditSeal(
        number=before.number + 1, first_id=before.last_id + 1, last_id=far, count=1, sealed_at=before.sealed_at
    )
    forged.sha256 = chain.closed_by(forged)
    forged.save(force_insert=True)
    assert verified().startswith("Intact")
    record(action="visit.closed")
    assert audit_seals.seal_settled() == 0
    assert verified().endswith("2 events instead of 1, some were added.")
