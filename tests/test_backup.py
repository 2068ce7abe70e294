"""Dumps and restores, by the commands that IT uses, on databases of their own."""

import fcntl
import io
import os
import pty
import resource
import shutil
import subprocess
import sys
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings as ours
from django.core.management import call_command
from django.utils import timezone
from psycopg2 import sql

from dilaku import backup, dump_files, pg_tools, restore
from tests.databases import new_database, server
from visits import erasures
from visits.management.commands.backup import Command
from visits.models import Visit

ROOT = Path(__file__).resolve().parent.parent
KEY, ONLY_LOCKS = dump_files.new_key()
VISITS = 20_000
FILL = f"""
from datetime import datetime, timedelta, timezone
from uuid import uuid4
from visits.models import Office, Purpose, Visit
office, purpose, start = Office.objects.get(), Purpose.objects.first(), datetime(2026, 1, 1, tzinfo=timezone.utc)
moments = [start + timedelta(minutes=number) for number in range({VISITS})]
Visit.objects.bulk_create(
    Visit(office=office, purpose=purpose, submission_id=uuid4(), name="Tamu", phone=f"+62812{{number:07}}",
        visitor_kind="perorangan", day=start.date() + timedelta(days=number // 100), number=number % 100 + 1,
        created_at=moment, arrived_at=moment, left_at=moment + timedelta(hours=1), ended_by="petugas")
    for number, moment in enumerate(moments)
)
"""


class Installation:
    """A database with two roles, its folder for dumps, and the commands run on it."""

    def __init__(self, database, folder: Path):
        self.database, self.folder = database, folder
        self.environment = {
            **os.environ,
            **database.variables,
            "VAR_DIR": str(ours.STATIC_ROOT.parent),
            "BACKUP_DIR": str(folder / "backups"),
            "ERASURE_LOG": str(folder / "erasures.log"),
            "BACKUP_KEY": KEY,
            "SECRET_KEY": ours.SECRET_KEY,
            "LINK_SECRET": ours.LINK_SECRET,
            "PYTHONUNBUFFERED": "1",
        }

    def start(self, *arguments: str, **options) -> subprocess.Popen:
        variables = self.environment | options.pop("variables", {})
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=variables, **{**pipes, **options}
        )

    def run(self, *arguments: str, **options) -> tuple[int, str]:
        with self.start(*arguments, **options) as process:
            said, _nothing = process.communicate(timeout=120)
        return process.returncode, said

    def backup(self, **variables) -> Path:
        status, said = self.run("backup", variables=variables)
        assert status == 0, said
        return self.dumps()[-1]

    def restore(self, path: Path, *options: str) -> str:
        status, said = self.run("restore", str(path), "--yes", *options)
        assert status == 0, said
        return said

    def dumps(self) -> list[Path]:
        return backup.dumps(self.folder / "backups")

    def sql(self, statement: str, values=None) -> list[tuple]:
        with closing(psycopg2.connect(self.database.owner_url)) as session, session.cursor() as cursor:
            cursor.execute(statement, values)
            found = cursor.fetchall() if cursor.description else []
            session.commit()
            return found

    def content(self) -> dict[str, tuple]:
        """Rows and hash of each table; sessions, migrations and the trail aside, which a restore adds to."""
        names = self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        aside = {"django_session", "visits_staffsession", "visits_auditevent", "visits_auditseal"}
        return {
            name: self.sql(f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{name}" AS t')[0]
            for (name,) in names
            if name not in aside
        }

    def names(self) -> list[str]:
        """Of the databases: "" for the one in use, the rest of the name for what lies beside it."""
        with closing(psycopg2.connect(**server(), dbname="postgres")) as session, session.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self.database.name])
            return sorted(name.removeprefix(self.database.name) for (name,) in cursor.fetchall())

    def make_beside(self, ending: str) -> None:
        self._outside("CREATE DATABASE {}", ending)

    def forget_beside(self) -> None:
        for ending in filter(None, self.names()):
            self._outside("DROP DATABASE {} WITH (FORCE)", ending)

    def _outside(self, statement: str, ending: str) -> None:
        name = sql.Identifier(self.database.name + ending)
        owner = self.database.owner_url.rpartition("/")[2].partition("?")
        with closing(psycopg2.connect(self.database.owner_url.replace(f"/{owner[0]}?", "/postgres?"))) as session:
            session.autocommit = True
            session.cursor().execute(sql.SQL(statement).format(name))


@pytest.fixture(scope="module")
def installation(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), new_database("dumped") as database:
        made = Installation(database, tmp_path_factory.mktemp("installation"))
        status, said = made.run("prepare")
        assert status == 0, said
        status, said = made.run("shell", "--command", FILL)
        assert status == 0, said
        made.sql(
            "INSERT INTO visits_staffsession (session_key, session_data, expire_date) VALUES ('offen', 'x', now())"
        )
        yield made


@pytest.fixture
def fresh(installation):
    """The visits as they were at first, and nothing beside the database."""
    yield installation
    installation.forget_beside()
    shutil.rmtree(installation.folder / "backups", ignore_errors=True)
    (installation.folder / "erasures.log").unlink(missing_ok=True)
    installation.sql(
        "UPDATE visits_visit SET name = 'Tamu', note = '', anonymized_at = NULL WHERE note != '' OR name != 'Tamu'"
    )


# There and back.


def test_a_dump_comes_back_to_the_row(fresh):
    fresh.sql(
        "INSERT INTO visits_auditevent (at, actor, action, object_type, details) VALUES (now(), 'a', 'b', '', '{}')"
    )
    assert fresh.run("upkeep")[0] == 0
    trail = "SELECT id, at, actor, action FROM visits_auditevent WHERE action != 'database.restored' ORDER BY id"
    before, lines = fresh.content(), fresh.sql(trail)
    path = fresh.backup()
    assert path.name.endswith(".dump.age")
    fresh.sql("UPDATE visits_visit SET name = 'Orang lain'")

    began = time.monotonic()
    said = fresh.restore(path)
    assert time.monotonic() - began < 120

    assert "20,000 visits, the newest of 2026-01-1" in said
    assert fresh.content() == before
    assert fresh.sql(trail) == lines
    assert fresh.sql("SELECT details ->> 'path' FROM visits_auditevent ORDER BY id DESC LIMIT 1") == [(path.name,)]
    assert fresh.sql("SELECT count(*) FROM visits_staffsession") == [(0,)], "a stolen dump opens no session"
    assert fresh.run("audit_verify")[0] == 0
    [empty, earlier] = fresh.names()
    assert (empty, earlier.startswith("_before_"), earlier in said) == ("", True, True)
    # The application's role may do again what it may, and no more.
    with closing(psycopg2.connect(fresh.database.app_url)) as session, session.cursor() as cursor:
        cursor.execute("UPDATE visits_visit SET note = 'x' WHERE id = 1")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("DELETE FROM visits_auditevent")


def test_what_was_erased_since_is_erased_again(fresh, settings):
    settings.ERASURE_LOG = fresh.folder / "erasures.log"
    path = fresh.backup()
    ids = [pk for (pk,) in fresh.sql("SELECT id FROM visits_visit ORDER BY id LIMIT 3")]
    blank = {"name": "", "note": "", "anonymized_at": timezone.now()}
    erasures.note(Visit, ids, emptied=blank)

    assert "Erased once more: 3 rows." in fresh.restore(path)

    assert fresh.sql("SELECT count(*) FROM visits_visit WHERE name = ''") == [(3,)]
    # A dump from elsewhere brings the copy of the log with it.
    elsewhere = shutil.copytree(fresh.backup().parent, fresh.folder / "elsewhere")
    settings.ERASURE_LOG.unlink()
    assert "Erased once more: 3 rows." in fresh.restore(elsewhere / path.name)
    shutil.rmtree(elsewhere)


def test_a_rehearsal_changes_nothing(fresh):
    path, before = fresh.backup(), fresh.content()
    fresh.sql("UPDATE visits_visit SET note = 'later' WHERE id = 1")
    said = fresh.restore(path, "--rehearse")
    assert "Rehearsal: this dump can be restored. Nothing was changed." in said
    assert fresh.names() == [""]
    assert fresh.content() != before
    assert fresh.sql("SELECT note FROM visits_visit WHERE id = 1") == [("later",)]


def test_a_server_at_work_goes_on_with_the_restored_database(fresh):
    """Its sessions are ended, and it connects anew."""
    path = fresh.backup()
    with (
        closing(psycopg2.connect(fresh.database.app_url)) as idle,
        closing(psycopg2.connect(fresh.database.app_url)) as busy,
    ):
        busy.cursor().execute("UPDATE visits_visit SET note = 'lost' WHERE id = 1")
        fresh.restore(path)
        for session in [idle, busy]:
            with pytest.raises(psycopg2.OperationalError):
                session.cursor().execute("SELECT 1")
    with closing(psycopg2.connect(fresh.database.app_url)) as session, session.cursor() as cursor:
        cursor.execute("SELECT note FROM visits_visit WHERE id = 1")
        assert cursor.fetchone() != ("lost",)


# Other versions.


def test_an_older_dump_is_brought_up_to_date(django_db_setup, django_db_blocker, tmp_path):
    with django_db_blocker.unblock(), new_database("older") as database:
        older = Installation(database, tmp_path)
        owner = {"DATABASE_URL": database.owner_url, "MIGRATE_DATABASE_URL": ""}
        status, said = older.run("migrate", "visits", "0002", variables=owner)
        assert status == 0, said
        path = older.backup()
        older.restore(path)
        assert older.run("migrate", "--check", variables=owner) == (0, "")
        assert older.sql("SELECT count(*) FROM visits_auditseal") == [(0,)]


def test_a_dump_of_a_newer_version_is_refused(fresh):
    fresh.sql("INSERT INTO django_migrations (app, name, applied) VALUES ('visits', '9999_later', now())")
    path = fresh.backup()
    fresh.sql("DELETE FROM django_migrations WHERE name = '9999_later'")
    before = fresh.content()
    status, said = fresh.run("restore", str(path), "--yes")
    assert status == 1
    assert "Nothing was changed: The dump was made by a newer DILAKU (it has 9999_later): update first." in said
    assert (fresh.content(), fresh.names()) == (before, [""])


# What is not whole is not touched, and touches nothing.


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def believe(path: Path) -> None:
    """The checksum of what is there now."""
    digest = subprocess.run(["sha256sum", path.name], cwd=path.parent, capture_output=True, check=True).stdout
    dump_files.checksum_of(path).write_bytes(digest)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1000)


DAMAGE = {
    "cut short": (cut, "was cut short or changed"),
    "one bit flipped": (flip, "was cut short or changed"),
    "empty": (lambda path: path.write_bytes(b""), "was cut short or changed"),
    "gone": (lambda path: path.unlink(), "is missing"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "can't be read (Is a directory)"),
    "without checksum": (lambda path: dump_files.checksum_of(path).unlink(), ".sha256 is missing"),
    "empty checksum": (lambda path: dump_files.checksum_of(path).write_text(""), ".sha256 is missing or empty"),
    "cut short, with its checksum": (lambda path: (cut(path), believe(path)), ""),
    "flipped, with its checksum": (lambda path: (flip(path), believe(path)), ""),
    "noise": (lambda path: (path.write_bytes(os.urandom(5000)), believe(path)), ""),
}


@pytest.fixture(scope="module")
def two_dumps(installation, tmp_path_factory):
    """One encrypted, one not, of few visits."""
    folder = tmp_path_factory.mktemp("dumps")
    installation.backup()
    time.sleep(1)
    installation.backup(BACKUP_KEY="")
    shutil.copytree(installation.folder / "backups", folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(params=[".age", ".dump"])
def dump(request, two_dumps, tmp_path, settings, db):
    settings.BACKUP_KEY = KEY
    shutil.copytree(two_dumps, tmp_path, dirs_exist_ok=True)
    return next(path for path in backup.dumps(tmp_path) if path.suffix == request.param)


def test_a_whole_dump_passes(dump, settings):
    assert restore.check(dump) is None
    assert oct(dump.stat().st_mode)[-3:] == "600"
    subprocess.run(["sha256sum", "--check", f"{dump.name}.sha256"], cwd=dump.parent, check=True)
    assert (b"Tamu" in dump.read_bytes()) is False


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_dump_is_found_before_anything_happens(dump, damage):
    harm, words = DAMAGE[damage]
    if damage.endswith("with its checksum") and dump.suffix == ".dump":
        return  # nobody could tell; encrypted dumps carry a proof of their own
    harm(dump)
    with pytest.raises((dump_files.DumpFileError, pg_tools.ToolError)) as refusal:
        restore.check(dump)
    assert words in str(refusal.value)


@pytest.mark.parametrize("which", ["another", "none", "the one that only locks", "noise"])
def test_the_wrong_key_opens_nothing(two_dumps, settings, db, which):
    keys = {"another": dump_files.new_key()[0], "none": "", "the one that only locks": ONLY_LOCKS, "noise": "geheim"}
    settings.BACKUP_KEY = key = keys[which]
    [encrypted] = [path for path in backup.dumps(two_dumps) if path.suffix == ".age"]
    with pytest.raises(dump_files.DumpFileError) as refusal:
        restore.check(encrypted)
    assert "BACKUP_KEY" in str(refusal.value)
    assert not key or key not in str(refusal.value)


def test_a_server_that_can_only_lock_makes_dumps_that_the_other_key_opens(fresh, settings):
    path = fresh.backup(BACKUP_KEY=ONLY_LOCKS)
    settings.BACKUP_KEY = KEY
    with (fresh.folder / "opened").open("wb") as file:
        dump_files.unlock(path, file, KEY)
    assert (fresh.folder / "opened").read_bytes()[:5] == b"PGDMP"


def test_the_dump_of_something_else_is_refused(fresh, tmp_path, settings):
    other = tmp_path / "other.dump"
    with closing(psycopg2.connect(fresh.database.owner_url)) as session:
        tool = pg_tools.find("pg_dump", session.server_version // 10_000)
    subprocess.run([tool, "-Fc", "--table=auth_group", f"--file={other}", fresh.database.owner_url], check=True)
    believe(other)
    before = fresh.content()
    status, said = fresh.run("restore", str(other), "--yes")
    assert (status, said) == (
        1,
        f"CommandError: Nothing was changed: {other} is a dump of something else: it holds no visits.\n",
    )
    assert fresh.content() == before


# Asking.


def test_nobody_loses_visits_by_mistake(fresh):
    path = fresh.backup()
    status, said = fresh.run("restore", str(path))
    assert (status, fresh.names()) == (1, [""])
    assert "The database holds 20,000 visits. They stay under another name for a week. Add --yes to go on." in said


@pytest.mark.parametrize(("typed", "status"), [("ya\n", 1), ("ganti\n", 0)])
def test_at_a_terminal_one_is_asked(fresh, typed, status):
    path = fresh.backup()
    ours, theirs = pty.openpty()
    with fresh.start("restore", str(path), stdin=theirs) as process:
        os.write(ours, typed.encode())
        said, _nothing = process.communicate(timeout=120)
    assert (process.returncode, len(fresh.names())) == (status, 2 - status), said


# Kills, and two at once.


def test_a_restore_killed_at_any_moment_leaves_the_old_or_the_new(fresh):
    old = fresh.content()
    path = fresh.backup()
    fresh.sql("UPDATE visits_visit SET note = 'later'")
    new = fresh.content()
    seen = []
    for seconds in [0.2, 0.7, 1.2, 2]:
        with fresh.start("restore", str(path), "--yes") as process:
            process.stdout.readline()  # it is whole
            time.sleep(seconds)
            process.kill()
        time.sleep(0.2)
        content = fresh.content()
        assert content in (old, new)
        seen.append("restored" if content == old else "as before")
        fresh.sql("UPDATE visits_visit SET note = 'later'")
    assert "as before" in seen
    fresh.restore(path)
    assert fresh.content() == old
    assert not any(name.endswith("_restoring") for name in fresh.names())


def test_a_backup_killed_at_any_moment_leaves_no_half_dump(fresh):
    for seconds in [0.6, 0.9, 1.2]:
        with fresh.start("backup") as process:
            time.sleep(seconds)
            process.kill()
    settled = fresh.backup()
    for path in fresh.dumps():
        dump_files.check(path)
    assert settled in fresh.dumps()
    assert list(settled.parent.glob("*.part")) == []


def test_two_at_once(fresh):
    path = fresh.backup()
    with (path.parent / "backup.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        status, said = fresh.run("backup")
    assert (status, said) == (1, f"CommandError: No backup: Another backup into {path.parent} is under way.\n")
    with closing(psycopg2.connect(**server(), dbname="postgres")) as other:
        other.cursor().execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [restore.TURN, fresh.database.name])
        status, said = fresh.run("restore", str(path), "--yes")
    assert status == 1
    assert f"Nothing was changed: Another restore of the database {fresh.database.name} is under way." in said


# Faults.


def test_a_full_disk_leaves_no_dump(fresh):
    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    status, said = fresh.run("backup", preexec_fn=small_files)
    assert status == 1
    assert said.startswith(f"CommandError: No backup into {fresh.folder}/backups: ") and "File too large" in said
    assert list((fresh.folder / "backups").glob("dilaku-*")) == []


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"BACKUP_KEY": "geheim"}, "No backup: BACKUP_KEY is not a key; `manage.py backup --new-key` makes one."),
        ({"BACKUP_DIR": "/proc/none"}, "No backup into /proc/none: "),
    ],
)
def test_mistakes_are_one_sentence(fresh, variables, words):
    status, said = fresh.run("backup", variables=variables)
    assert (status, said.count("\n")) == (1, 1)
    assert said.startswith(f"CommandError: {words}") and "geheim" not in said


def test_a_server_that_is_newer_than_every_client_is_told():
    with pytest.raises(pg_tools.ToolError) as missing:
        pg_tools.find("pg_dump", 99)
    assert str(missing.value) == "pg_dump 99 or newer is missing; on Debian: apt install postgresql-client-99"


def test_a_role_that_may_make_no_database_is_told(fresh):
    path = fresh.backup()
    owner = fresh.sql("SELECT current_user")[0][0]
    with closing(psycopg2.connect(**server(), dbname="postgres")) as session:
        session.autocommit = True
        for may in ["NOCREATEDB", "CREATEDB"]:
            session.cursor().execute(sql.SQL("ALTER ROLE {} " + may).format(sql.Identifier(owner)))
            if may == "NOCREATEDB":
                status, said = fresh.run("restore", str(path), "--yes")
    assert status == 1
    assert "Nothing was changed: The role may not make a database: ALTER ROLE ... CREATEDB" in said


# How long.


def test_a_new_dump_takes_old_databases_along(fresh):
    day = timedelta(days=1)
    stamps = {age: f"_before_{datetime.now() - age:%Y%m%d%H%M%S}" for age in [8 * day, 6 * day]}
    for ending in [*stamps.values(), "_restoring", "_before_mine"]:
        fresh.make_beside(ending)
    fresh.backup()
    assert fresh.names() == sorted(["", stamps[6 * day], "_before_mine"])


def test_dumps_kept_after_a_year_of_days():
    """Every night, now and then a second one; as long as it goes on, none is older than five weeks."""
    names, now = set(), datetime(2026, 1, 1, 2, 30)
    for day in range(365):
        now = datetime(2026, 1, 1, 2, 30) + timedelta(days=day)
        for made in [now, now + timedelta(hours=7)] if day % 10 == 0 else [now]:
            names.add(f"dilaku-{made:%Y-%m-%d-%H%M%S}.dump.age")
            names -= backup.expired(names, made)
        assert len(names) <= backup.DAYS + backup.WEEKS + 2
        assert now - min(map(backup.made_at, names)) <= backup.AT_MOST
    kept = sorted((now.date() - backup.made_at(name).date()).days for name in names)
    assert kept == [0, 1, 2, 3, 4, 5, 6, 11, 18]


def test_after_a_long_silence_the_newest_dump_stays_until_there_is_another():
    old = "dilaku-2026-01-01-023000.dump"
    new = "dilaku-2026-06-01-023000.dump"
    assert backup.expired([old, new], datetime(2026, 6, 1, 2, 30)) == {old}


def test_only_dumps_are_deleted(fresh):
    folder = fresh.folder / "backups"
    folder.mkdir()
    kept = ["notes.txt", "dilaku-2020-01-01-000000.dump.copy", "dilaku-mine.dump"]
    gone = ["dilaku-2020-01-01-000000.dump.age", "dilaku-2020-01-01-000000.dump.age.sha256", "dilaku-x.dump.part"]
    for name in [*kept, *gone]:
        (folder / name).touch()
    path = fresh.backup()
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        [*kept, "backup.lock", path.name, f"{path.name}.sha256"]
    )


def test_the_next_dump_is_due_a_day_after_the_last(tmp_path, settings):
    settings.BACKUP_DIR = tmp_path
    day = timedelta(days=1)
    assert Command().seconds_left(day) == 0
    made = timezone.localtime() - timedelta(hours=23)
    (tmp_path / f"dilaku-{made:%Y-%m-%d-%H%M%S}.dump").touch()
    assert 3500 < Command().seconds_left(day) <= 3600


def test_a_new_key_opens_what_its_other_half_locks(tmp_path, capsys):
    call_command("backup", new_key=True)
    said, hint = capsys.readouterr()
    with (tmp_path / "x.dump.age").open("wb") as locked:
        dump_files.lock(io.BytesIO(b"isi"), locked, hint.split()[-1])
    opened = io.BytesIO()
    dump_files.unlock(tmp_path / "x.dump.age", opened, said.strip())
    assert opened.getvalue() == b"isi"


# The embedded server.


def test_the_embedded_database_is_dumped_and_restored(tmp_path):
    inherited = {name: value for name, value in os.environ.items() if "DATABASE_URL" not in name}
    variables = inherited | {"VAR_DIR": str(tmp_path)}

    def manage(*arguments):
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        )
        return result.stdout

    manage("prepare")
    assert f"Backup: {tmp_path}/backups/dilaku-" in manage("backup")
    [path] = backup.dumps(tmp_path / "backups")
    assert "0 visits. Erased once more: 0 rows.\nRestored." in manage("restore", str(path))
