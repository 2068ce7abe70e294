"""A dump becomes the database: made beside the present one, brought up to date, and exchanged with it in one step.

Until that step nothing has happened to the present database, after it nothing is missing from the new one: kill -9
leaves one or the other. The earlier database stays for a week, under another name.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from psycopg2 import errors, sql

from dilaku import backup, dump_files, pg_tools
from dilaku.owner import app_role, connected, grant
from reports.retention import store_over
from visits import erasures
from visits.actions import record
from visits.models import AuditSeal, DataRequest, Visit

TURN = 3575  # any number: two restores of one database take turns by this advisory lock
TRIES = 10
BESIDE, BEFORE = "_restoring", "_before_"
STAMP = "%Y%m%d%H%M%S"
KEPT = timedelta(days=7)
# What a database is made of besides its rows. In a newer PostgreSQL some of these have another name, or came to be.
LIKE_THIS_ONE = """
    SELECT pg_encoding_to_char(encoding), datcollate, datctype, to_jsonb(d) ->> 'datlocprovider',
        coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale')
    FROM pg_database AS d WHERE datname = %s
"""
GO_ON = "See docs/it.md, The log of erasures; --despite-damage goes on all the same."
PROVIDERS = {
    "b": sql.SQL(" LOCALE_PROVIDER builtin BUILTIN_LOCALE {}"),
    "i": sql.SQL(" LOCALE_PROVIDER icu ICU_LOCALE {}"),
}


class RestoreError(Exception):
    """One sentence. The present database is as it was."""


@dataclass(frozen=True)
class Restored:
    visits: int
    newest: datetime | None  # when the newest of them was recorded
    erased: int  # rows that were erased after the dump was made, and are again
    damaged: int  # lines of the log that were left out
    waiting: int  # requests about personal data; those that were decided after the dump was made wait again
    earlier: str | None  # the name under which the earlier database stays; None for a rehearsal


def check(path: Path, *, despite_damage: bool = False) -> None:
    """Reads the dump from end to end, and touches nothing. Raises DumpFileError, ToolError, RestoreError."""
    dump_files.check(path)
    _check_erasure_logs(path, despite_damage)
    with tempfile.TemporaryFile() as contents:
        with pg_tools.running("pg_restore", "--list", stdin=subprocess.PIPE, stdout=contents) as process:
            dump_files.unlock(path, pg_tools.Feed(process), settings.BACKUP_KEY)
        contents.seek(0)
        if b" TABLE DATA public visits_visit " not in contents.read():
            raise RestoreError(f"{path} is a dump of something else: it holds no visits.")


def _check_erasure_logs(path: Path, despite_damage: bool) -> None:
    for log in erasure_logs(path):
        try:
            damaged = erasures.damaged(log)
        except OSError as error:
            raise RestoreError(f"{log} tells what was erased since, and can't be read ({error.strerror}).") from error
        if damaged and not despite_damage:
            raise RestoreError(f"{damage(damaged)} {GO_ON}")
    if not despite_damage and (last := _erased_since(path)):
        raise RestoreError(f"{settings.ERASURE_LOG} does not know what was erased on {last:%Y-%m-%d at %H:%M}. {GO_ON}")


def _erased_since(path: Path) -> datetime | None:
    """After the dump was made, and no log tells; by the present database, if there is one."""
    try:
        last = erasures.unknown_to(*erasure_logs(path))
    except DatabaseError:
        return None
    last = last and timezone.localtime(last)
    is_named = backup.NAME.fullmatch(path.name)
    return last if last and is_named and last.replace(tzinfo=None) > backup.made_at(path.name) else None


def damage(places: list[str]) -> str:
    """In one sentence, however many there are."""
    others = f" and {len(places) - 1:,} more" if places[1:] else ""
    return f"{places[0]}{others}: damaged. What was erased by it comes back with a restore."


def restore(path: Path, *, rehearsal: bool = False) -> Restored:
    """As the owner, after `check`. Raises RestoreError, ToolError, DumpFileError."""
    name = connection.settings_dict["NAME"]
    beside = f"{name}{BESIDE}"
    with _server() as server:
        _make_empty(server, beside, like=name)
        try:
            with connected(NAME=beside):
                _fill(path, beside)
                restored = _bring_up_to_date(path)
            if rehearsal:
                return Restored(**restored, earlier=None)
            earlier = f"{name}{BEFORE}{timezone.localtime():{STAMP}}"
            _exchange(server, name, beside, earlier)
        finally:
            _drop(server, beside)
    with transaction.atomic():
        erasures.reapply(*erasure_logs(path))  # what was erased meanwhile
    return Restored(**restored, earlier=earlier)


@contextmanager
def _server() -> Iterator:
    """A session in another database than ours. Raises RestoreError when somebody else restores this one."""
    name = connection.settings_dict["NAME"]
    with closing(psycopg2.connect(pg_tools.address(dbname="postgres"), **_password())) as session:
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [TURN, name])
            if not cursor.fetchone()[0]:
                raise RestoreError(f"Another restore of the database {name} is under way.")
            yield cursor


def _password() -> dict[str, str]:
    password = connection.get_connection_params().get("password")
    return {"password": password} if password else {}


def _make_empty(server, name: str, *, like: str) -> None:
    if not _drop(server, name):
        raise RestoreError(f"Somebody is at work in the database {name}, which an earlier restore has left behind.")
    server.execute(LIKE_THIS_ONE, [like])
    encoding, collate, ctype, provider, locale = server.fetchone()
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}").format(
        sql.Identifier(name), *map(sql.Literal, [encoding, collate, ctype])
    )
    try:
        server.execute(statement + PROVIDERS.get(provider, sql.SQL("")).format(sql.Literal(locale)))
    except errors.InsufficientPrivilege:
        raise RestoreError("The role may not make a database: ALTER ROLE ... CREATEDB, see docs/it.md.") from None


def _drop(server, name: str) -> bool:
    """False while somebody works there whom this role may not end; upkeep tries again.

    Not WITH (FORCE), which is refused because of an autovacuum. Plain DROP DATABASE ends that by itself.
    """
    _end_sessions(server, name)
    try:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
    except errors.ObjectInUse:
        return False
    return True


def _end_sessions(server, *names: str) -> None:
    """Those that this role may end."""
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY (%s)"
        " AND backend_type = 'client backend' AND pg_has_role(usesysid, 'USAGE')",
        [list(names)],
    )


def _fill(path: Path, name: str) -> None:
    arguments = ["--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={pg_tools.address(dbname=name)}"]
    with pg_tools.running("pg_restore", *arguments, stdin=subprocess.PIPE) as process:
        dump_files.unlock(path, pg_tools.Feed(process), settings.BACKUP_KEY)


def _bring_up_to_date(path: Path) -> dict:
    """In the new database: today's tables and rights, today's erasures, a line in the trail."""
    _refuse_newer()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        call_command("migrate", verbosity=0, interactive=False)
        if role := app_role():
            grant(role)
        with transaction.atomic():
            store_over()
            erased = erasures.reapply(*erasure_logs(path))
            seal, damaged = AuditSeal.objects.last(), len(erasures.damaged(*erasure_logs(path)))
            done = {"erased": erased, "damaged": damaged}
            record(action="database.restored", path=path.name, **done, seal=seal.number if seal else 0)
        cursor.execute("ANALYZE")
    newest = Visit.objects.order_by("-created_at").values_list("created_at", flat=True).first()
    return {**done, "visits": Visit.objects.count(), "newest": newest, "waiting": DataRequest.objects.waiting().count()}


def _refuse_newer() -> None:
    loader = MigrationLoader(connection)
    unknown = loader.applied_migrations.keys() - loader.disk_migrations.keys()
    unknown = sorted(name for app, name in unknown if app in {"visits", "reports"})
    if unknown:
        raise RestoreError(f"The dump was made by a newer DILAKU (it has {unknown[-1]}): update first.")


def erasure_logs(path: Path) -> list[Path]:
    """Ours, and the copy that lies beside a dump from elsewhere, as far as they are there."""
    logs = [settings.ERASURE_LOG, path.parent / settings.ERASURE_LOG.name]
    return [log for log in logs if os.path.lexists(log)]


def _exchange(server, name: str, beside: str, earlier: str) -> None:
    """Both names change in one transaction. Sessions in the way are ended; the server connects anew by itself."""
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    for tries_left in reversed(range(TRIES)):
        _end_sessions(server, name, beside)
        try:
            server.execute("BEGIN")
            server.execute(rename.format(sql.Identifier(name), sql.Identifier(earlier)))
            server.execute(rename.format(sql.Identifier(beside), sql.Identifier(name)))
            server.execute("COMMIT")
        except errors.ObjectInUse:
            server.execute("ROLLBACK")
            if not tries_left:
                raise RestoreError(
                    f"Somebody is still at work in the database {name}: stop the server first."
                ) from None
        else:
            return


def forget_earlier() -> list[str]:
    """Databases that restores have put aside a week ago or more, and what a killed one has left behind."""
    name = connection.settings_dict["NAME"]
    forgotten = []
    with _server() as server:
        server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [name])
        for (found,) in server.fetchall():
            is_past = found == f"{name}{BESIDE}" or _is_old(found, f"{name}{BEFORE}")
            if is_past and _drop(server, found):
                forgotten.append(found)
    return forgotten


def _is_old(found: str, beginning: str) -> bool:
    stamp = found.removeprefix(beginning)
    if stamp == found:
        return False
    try:
        return timezone.localtime().replace(tzinfo=None) - datetime.strptime(stamp, STAMP) > KEPT
    except ValueError:
        return False
