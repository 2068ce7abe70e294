"""Dumps of the database, and how long they are kept (docs/decisions/018-backup-and-restore.md)."""

import fcntl
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from dilaku import dump_files, pg_tools
from visits import erasures

# In the name: the local time at which it was begun.
NAME = re.compile(r"dilaku-(\d{4}-\d\d-\d\d-\d{6})\.dump(?:\.age)?")
STAMP = "%Y-%m-%d-%H%M%S"
ALL_OF = timedelta(days=2)  # also those made by hand before an update
DAYS, WEEKS = 7, 4  # the newest of each
# Whatever was erased is gone from the last dump after this time, too.
AT_MOST = timedelta(days=35)
# A stolen dump opens no session: everybody signs in again after a restore.
LEFT_OUT = "--exclude-table-data=*session"


class BackupError(Exception):
    """One sentence."""


def make() -> Path:
    """A new dump in BACKUP_DIR. Raises BackupError, ToolError, DumpFileError."""
    if "visits_visit" not in connection.introspection.table_names():
        raise BackupError("The database holds nothing yet.")
    folder = settings.BACKUP_DIR
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _one_at_a_time(folder):
        for leftover in folder.glob(f"*{dump_files.UNFINISHED}"):
            leftover.unlink()
        path = folder / f"dilaku-{_now():{STAMP}}.dump{dump_files.ENCRYPTED if settings.BACKUP_KEY else ''}"
        _dump_into(path)
        _copy_erasures(folder)
        forget_old(folder)
    return path


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / "backup.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"Another backup into {folder} is under way.") from None
        yield


def _dump_into(path: Path) -> None:
    arguments = ["--format=custom", "--no-owner", "--no-privileges", LEFT_OUT, f"--dbname={pg_tools.address()}"]
    with (
        dump_files.new(path) as file,
        pg_tools.running("pg_dump", *arguments, stdout=subprocess.PIPE) as process,
    ):
        dump_files.lock(process.stdout, file, settings.BACKUP_KEY)


def _copy_erasures(folder: Path) -> None:
    """So that whoever copies this folder elsewhere has both. Brought to a new machine the copy knows what our log does
    not, and keeps it, unless nobody can read it."""
    log, copy = settings.ERASURE_LOG, folder / settings.ERASURE_LOG.name
    if log.exists() and log != copy:
        ours, older = _whole_lines(log), _whole_lines(copy) if copy.exists() else []
        known = set(ours)
        dump_files.store(copy, b"".join([line for line in older if line not in known and erasures.parse(line)] + ours))


def _whole_lines(log: Path) -> list[bytes]:
    """Without one that is being written just now."""
    return [line for line in log.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def _now() -> datetime:
    return timezone.localtime().replace(tzinfo=None)


def newest(folder: Path) -> datetime | None:
    """When the newest dump was begun, by the local clock."""
    return max((made_at(path.name) for path in dumps(folder)), default=None)


def dumps(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("dilaku-*") if NAME.fullmatch(path.name))


def made_at(name: str) -> datetime:
    return datetime.strptime(NAME.fullmatch(name)[1], STAMP)


def forget_old(folder: Path) -> None:
    """After a new one has been made, so that the last one stays, whatever goes wrong for however long."""
    paths = dumps(folder)
    names = {path.name for path in paths}
    for path in paths:
        if path.name in expired(names, _now()):
            path.unlink()
    for checksum in folder.glob(f"dilaku-*{dump_files.CHECKSUM}"):
        if not checksum.with_suffix("").exists():
            checksum.unlink()


def expired(names: Iterable[str], now: datetime) -> set[str]:
    """All of two days are kept, the newest of each of seven days and of each of four weeks, and nothing beyond that."""
    by_age = sorted(names, key=made_at, reverse=True)
    kept = {name for name in by_age if now - made_at(name) < ALL_OF}
    kept |= _newest_of_each(by_age, lambda made: made.date(), DAYS)
    kept |= _newest_of_each(by_age, lambda made: made.isocalendar()[:2], WEEKS)
    return {name for name in by_age if name not in kept or now - made_at(name) > AT_MOST}


def _newest_of_each(names: list[str], period, periods: int) -> set[str]:
    """The newest of each of the latest periods that have one."""
    newest_first = {}
    for name in names:
        newest_first.setdefault(period(made_at(name)), name)
    return set(list(newest_first.values())[:periods])
