"""What was erased, kept outside the database: a restored dump of yesterday still holds what was erased today.

For whoever erases personal data (retention, a visitor's own request): call `note` inside the transaction that erases,
as its last step. The line is on the disk when it returns. Should the transaction fail after all, a restore erases rows
that were about to be erased; the other order could bring erased data back. Where the line can't be written, OSError
ends the transaction: what can't be noted is not erased.

The log holds tables, numbers of rows and the values that stand for "erased", never anything personal. `reapply` does
to a restored database what its lines say, as often as one likes.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone

logger = logging.getLogger("visits.erasures")

PER_LINE = 1000


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
        _append("".join(json.dumps(line, default=_as_text) + "\n" for line in lines).encode())


def _as_text(value) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _append(lines: bytes) -> None:
    path = settings.ERASURE_LOG
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        os.fchmod(file.fileno(), 0o640)  # the group restores
        if not _ends_well(file):
            lines = b"\n" + lines  # after a power cut in the middle of a line
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def _ends_well(file) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def reapply(*logs: Path) -> int:
    """Erases again what the logs name; how many rows still held something. Call it inside a transaction."""
    return sum(_reapply(line) for log in logs if log.exists() for line in _lines(log))


def _lines(log: Path) -> Iterator[dict]:
    """A line that was cut short had no transaction that was committed."""
    with log.open(encoding="utf-8", errors="replace") as file:
        for number, text in enumerate(file, start=1):
            try:
                line = json.loads(text)
                yield {name: line[name] for name in ["at", "model", "keys", "emptied"]}
            except (ValueError, KeyError, TypeError):
                if text.strip():
                    logger.warning("%s, line %d is damaged and was left out", log, number)


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
    return rows.exclude(**emptied).update(**emptied) if emptied else 0


def _has(model, field: str) -> bool:
    try:
        return model._meta.get_field(field) is not None
    except FieldDoesNotExist:
        return False
