"""Seals over the audit trail: whoever changes, removes or slips in a line afterwards is found out.

A seal is SHA-256 over the seal before and over every line of its range, so that the newest one stands for the whole
trail. Its copy in the log, outside the database, is what somebody with every right on the database can't change.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Max, Min, Sum
from django.utils import timezone

from visits.models import AuditEvent, AuditSeal

logger = logging.getLogger("visits.audit_seal")

# What a seal is computed from. Never to be changed: seals that were made from other columns would not fit any more.
COLUMNS = ["id", "at", "actor_id", "actor", "office_id", "action", "object_type", "object_id", "details", "address"]
BEFORE_THE_FIRST = "0" * 64
AT_MOST = 10_000  # events under one seal
CHUNK = 2000  # rows that the database hands over at a time
PATIENCE = 20  # seconds, for transactions that may still bring an earlier line
SLACK = timedelta(hours=1)  # between the time in an event and the seals around it
TURN = 3574  # any number: those who seal take turns by this advisory lock


class BrokenError(Exception):
    """The trail is not what was sealed. The message names the first range that differs."""


@dataclass(frozen=True)
class Verified:
    events: int
    waiting: int  # newer than the last seal
    waits_since: datetime | None
    newest: AuditSeal | None
    misdated: list[int]  # ids: their time is not that of the seals around them


# Sealing


def seal_settled(*, at_most: int = AT_MOST, patience: float = PATIENCE) -> int:
    """Seals the events that nobody can get in front of any more; how many. Safe to run twice at once, and to kill."""
    _tell(AuditSeal.objects.last())  # again, in case the one who made it was killed before this
    sealed, last_id = 0, _settled_id(patience)
    while last_id and (seal := _seal_next(last_id, at_most)):
        _tell(seal)
        sealed += seal.count
    return sealed


def _settled_id(patience: float) -> int | None:
    """An event below which there is nothing to come; None where that can't be told now.

    Ids are given out in order, but appear in the order of commits. Whoever has taken a lower id than the newest visible
    one held a lock on the table before it did so, and holds it until its line is visible or gone.
    """
    newest = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
    writers, until = _writers(), time.monotonic() + patience
    while writers:
        if time.monotonic() > until:
            logger.warning("not sealed: somebody has been writing for longer than %g seconds; next time", patience)
            return None
        time.sleep(0.05)
        writers &= _writers()
    return newest


def _writers() -> set[str]:
    """Other transactions that have written to the trail, or are about to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT virtualtransaction FROM pg_locks WHERE relation = %s::regclass AND mode = 'RowExclusiveLock'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND pid IS DISTINCT FROM pg_backend_pid()",
            [AuditEvent._meta.db_table],
        )
        return {transaction_id for (transaction_id,) in cursor.fetchall()}


@transaction.atomic
def _seal_next(last_id: int, at_most: int) -> AuditSeal | None:
    if not _is_our_turn():
        logger.warning("not sealed: somebody else is sealing; next time")
        return None
    before = AuditSeal.objects.last()
    first_id = before.last_id + 1 if before else 1
    rows = _rows(pk__gte=first_id, pk__lte=last_id)[:at_most]
    chain = _Chain(before)
    for row in rows.iterator(chunk_size=CHUNK):
        chain.add(row)
    if not chain.count:
        return None
    seal = AuditSeal(
        number=before.number + 1 if before else 1,
        first_id=first_id,
        last_id=chain.last_id,
        count=chain.count,
        sealed_at=timezone.now(),
    )
    seal.sha256 = chain.closed_by(seal)
    seal.save(force_insert=True)
    return seal


def _is_our_turn() -> bool:
    """Until the transaction ends. Another one that is sealing does the same work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [TURN])
        return cursor.fetchone()[0]


def _tell(seal: AuditSeal | None) -> None:
    if seal:
        logger.info(
            "seal %d: events %d to %d, %d of them, sealed %s, sha256 %s",
            *(seal.number, seal.first_id, seal.last_id, seal.count, _moment(seal.sealed_at), seal.sha256),
        )


# Verifying


def verify(*, shown: Callable[[int, int], None]) -> Verified:
    """Computes every seal again; `shown` hears how many of how many events are done. Raises BrokenError.

    What is sealed stays as it is, so that lines that come in meanwhile do not matter.
    """
    sealed = AuditSeal.objects.aggregate(total=Sum("count", default=0), last_id=Max("last_id", default=0))
    total, last_id = sealed["total"], sealed["last_id"]
    done, before, misdated = 0, None, []
    with transaction.atomic():
        rows = _Rows(_rows(pk__lte=last_id).iterator(chunk_size=CHUNK))
        for seal in AuditSeal.objects.filter(last_id__lte=last_id).iterator(chunk_size=CHUNK):
            _follows(seal, before)
            done += _verify_one(seal, before, rows, misdated)
            shown(done, total)
            before = seal
    waiting = AuditEvent.objects.filter(pk__gt=last_id).aggregate(number=Count("pk"), since=Min("at"))
    return Verified(done, waiting["number"], waiting["since"], before, misdated)


def _follows(seal: AuditSeal, before: AuditSeal | None) -> None:
    number, first_id = (before.number + 1, before.last_id + 1) if before else (1, 1)
    if (seal.number, seal.first_id) != (number, first_id):
        raise BrokenError(f"seal {number}, of the events from {first_id} on, is missing or was changed")


def _verify_one(seal: AuditSeal, before: AuditSeal | None, rows: "_Rows", misdated: list[int]) -> int:
    chain = _Chain(before)
    earliest = before.sealed_at - SLACK if before else datetime.min.replace(tzinfo=UTC)
    for number, at, *others in rows.up_to(seal.last_id):
        chain.add((number, at, *others))
        if not earliest <= at <= seal.sealed_at + SLACK:
            misdated.append(number)
    if chain.count != seal.count:
        what = "removed" if chain.count < seal.count else "added"
        raise BrokenError(f"{_named(seal)}: {chain.count:,} events instead of {seal.count:,}, some were {what}")
    if chain.closed_by(seal) != seal.sha256:
        raise BrokenError(f"{_named(seal)}: an event, or the seal itself, was changed")
    return chain.count


def _named(seal: AuditSeal) -> str:
    return f"seal {seal.number}, events {seal.first_id:,} to {seal.last_id:,}"


class _Rows:
    """Rows in the order of their ids, taken range by range."""

    def __init__(self, rows: Iterator[tuple]):
        self._rows, self._next = rows, next(rows, None)

    def up_to(self, last_id: int) -> Iterator[tuple]:
        while self._next and self._next[0] <= last_id:
            yield self._next
            self._next = next(self._rows, None)


# What both compute


class _Chain:
    """One seal's digest, row by row."""

    def __init__(self, before: AuditSeal | None):
        self._digest = hashlib.sha256()
        self._add([before.sha256 if before else BEFORE_THE_FIRST])
        self.count, self.last_id = 0, 0

    def add(self, row: tuple) -> None:
        number, at, *others = row
        self._add([number, _moment(at), *others])
        self.count, self.last_id = self.count + 1, number

    def closed_by(self, seal: AuditSeal) -> str:
        self._add([seal.number, seal.first_id, seal.last_id, seal.count, _moment(seal.sealed_at)])
        return self._digest.hexdigest()

    def _add(self, values: list) -> None:
        self._digest.update(json.dumps(values, sort_keys=True, separators=(",", ":")).encode() + b"\n")


def _rows(**where):
    return AuditEvent.objects.filter(**where).order_by("pk").values_list(*COLUMNS)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
