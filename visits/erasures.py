"""What was erased, kept outside the database: a restored dump of yesterday still holds what was erased today.

For whoever erases personal data (retention, a visitor's own request): call `note` inside the transaction that erases,
as its last step. The line is on the disk when it returns. Should the transaction fail after all, a restore erases rows
that were about to be erased; the other order could bring erased data back. Where the line can't be written, OSError
ends the transaction: what can't be noted is not erased.

The log holds tables, numbers of rows and the values that stand for "erased", never anything personal. `reapply` does
to a restored database what its lines say, as often as one likes; of two that contradict each other the later counts.
Each line carries a checksum: of one that was altered nobody knows whom it meant, and `damaged` tells where it is.

Also what else must not come back is noted here: a consent that was withdrawn, a restriction (visits/rights.py).
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import itemgetter
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Case, Max, Value, When
from django.utils import timezone

GONE = "Sudah dihapus"  # in place of words that may name somebody, where there are words

PER_LINE = 1000
# Behind the beginning of a line after a power cut, or on a full disk: its transaction was never committed.
CUT_SHORT = " (cut short, nothing was erased)"


def note(model: type[models.Model], keys: Iterable, *, emptied: dict | None) -> None:
    """The rows with these primary keys now hold `emptied` (field -> value, say {"name": "", "anonymized_at": now}).
    None: they were deleted."""
    keys = list(keys)
    at = timezone.now()
    lines = [
        {"at": at, "model": model._meta.label_lower, "keys": keys[start : start + PER_LINE], "emptied": emptied}
        for start in range(0, len(keys), PER_LINE)
    ]
    if lines:
        _append("".join(_dumps({**line, "sum": _sum(line)}) + "\n" for line in lines).encode())


def _dumps(line: dict) -> str:
    return json.dumps(line, default=_as_text)


def _as_text(value) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _sum(line: dict) -> str:
    """Also of one that was read back: it is the same text."""
    return hashlib.sha256(_dumps(line).encode()).hexdigest()[:16]


def _append(lines: bytes) -> None:
    path = settings.ERASURE_LOG
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        os.fchmod(file.fileno(), 0o640)  # the group restores
        if not _ends_well(file):
            lines = f"{CUT_SHORT}\n".encode() + lines
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def _ends_well(file) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def reapply(*logs: Path) -> int:
    """Erases again what the logs name; how many rows still held something. Call it inside a transaction.

    Raises OSError where a log can't be read.
    """
    lines = [line for _where, line in _lines(logs) if line]
    return sum(map(_reapply, sorted(lines, key=itemgetter("at"))))


def damaged(*logs: Path) -> list[str]:
    """Where lines are that can't be read, or are not what was written. Raises OSError where a log can't be read."""
    return [where for where, line in _lines(logs) if line is None]


def unknown_to(*logs: Path) -> datetime | None:
    """When the database was erased from last, unless a line is as new: else the logs were cut short, or are old."""
    last = max(filter(None, map(_last_erased, apps.get_models())), default=None)
    noted = max((line["at"] for _where, line in _lines(logs) if line), default=None)
    return last if last and (noted is None or noted < last) else None


def _last_erased(model) -> datetime | None:
    """A row gets this time before it is noted."""
    return model._base_manager.aggregate(last=Max("anonymized_at"))["last"] if _has(model, "anonymized_at") else None


def _lines(logs: Iterable[Path]) -> Iterator[tuple[str, dict | None]]:
    """With the place; None for a damaged one. The last one is damaged, too, when its end is missing: in a copy that was
    cut short more may be."""
    for log in filter(Path.exists, logs):
        with log.open(encoding="utf-8", errors="replace") as file:
            for number, text in enumerate(file, start=1):
                if text.strip() and not text.endswith(f"{CUT_SHORT}\n"):
                    yield f"{log}, line {number}", parse(text)


def parse(text: str | bytes) -> dict | None:
    """What a line says; None for a damaged one."""
    try:
        line = json.loads(text)
        if line.pop("sum") != _sum(line):
            return None
        return {**line, "at": datetime.fromisoformat(line["at"])}
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _reapply(line: dict) -> int:
    try:
        model = apps.get_model(line["model"])
    except LookupError:
        return 0  # the table is gone, and so is what it held
    rows = model._base_manager.filter(pk__in=line["keys"])
    if _has(model, "created_at"):
        # After an earlier restore the same number may have been given to somebody else.
        rows = rows.filter(created_at__lte=line["at"])
    if line["emptied"] is None:
        return rows.delete()[0]
    emptied = {name: value for name, value in line["emptied"].items() if _has(model, name)}
    if not emptied:
        return 0
    words = {name for name, value in emptied.items() if value == GONE}
    done = {name: value for name, value in emptied.items() if name not in words}
    done |= {f"{name}__in": ["", GONE] for name in words}
    return rows.exclude(**done).update(**emptied | {name: _gone(name) for name in words})


def _gone(field: str) -> Case:
    """In the dump the row may not have had the words yet, nor what they belong to."""
    return Case(When(**{field: ""}, then=Value("")), default=Value(GONE))


def _has(model, field: str) -> bool:
    try:
        return model._meta.get_field(field) is not None
    except FieldDoesNotExist:
        return False
