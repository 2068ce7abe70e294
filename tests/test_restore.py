"""A dump takes the place of the database, or nothing happens: by IT's own commands, on databases of their own."""

import os
import pty
import shutil
import subprocess
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from django.utils import timezone
from psycopg2 import sql

from dilaku import backup, dump_files, pg_tools, restore
from tests.databases import new_database, server
from tests.installation import KEY, ONLY_LOCKS, Installation
from visits import erasures, rights
from visits.models import Visit

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
    # A dump from elsewhere brings the copy of the log with it, here with a line that nobody can read any more.
    elsewhere = shutil.copytree(fresh.backup().parent, fresh.folder / "elsewhere")
    settings.ERASURE_LOG.unlink()
    with (elsewhere / "erasures.log").open("a") as copy:
        copy.write("x\n")
    said = fresh.restore(elsewhere / path.name, "--despite-damage")
    assert "Erased once more: 3 rows.\nDamaged lines of erasures.log that were left out: 1.\n" in said
    assert "missing or empty" not in said
    shutil.rmtree(elsewhere)
    about = "SELECT details -> 'erased', details -> 'damaged' FROM visits_auditevent WHERE action = 'database.restored'"
    assert fresh.sql(f"{about} ORDER BY id DESC LIMIT 1") == [(3, 1)]


def test_a_rehearsal_changes_nothing(fresh):
    fresh.sql(
        "INSERT INTO visits_datarequest (office_id, visit_id, kind, words, answer, created_at)"
        " SELECT office_id, id, 'perbaikan', '', '', now() FROM visits_visit WHERE id = 1"
    )
    path, before = fresh.backup(), fresh.content()
    fresh.sql("UPDATE visits_visit SET note = 'later' WHERE id = 1")
    said = fresh.restore(path, "--rehearse")
    assert "Rehearsal: this dump can be restored. Nothing was changed." in said
    assert "Requests about personal data that wait, also those that were decided after the dump was made: 1." in said
    assert fresh.names() == [""]
    assert fresh.content() != before
    assert fresh.sql("SELECT note FROM visits_visit WHERE id = 1") == [("later",)]
    fresh.sql("DELETE FROM visits_datarequest")


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


def test_reports_that_rest_on_what_is_erased_again_are_stored_first(fresh):
    reports = "SELECT period, figures FROM reports_archivedreport WHERE ended_at IS NULL ORDER BY period"
    names = "SELECT DISTINCT name FROM visits_visit"
    fresh.sql("UPDATE visits_office SET retention_months = 1")
    path = fresh.backup()
    assert fresh.run("upkeep")[0] == 0
    stored = fresh.sql(reports)
    assert (fresh.sql(names), '"visitors":20000' in str(stored)) == ([("",)], True)
    fresh.restore(path)
    assert (fresh.sql(names), fresh.sql(reports)) == ([("",)], stored)
    (fresh.folder / "erasures.log").unlink()
    fresh.restore(path, "--despite-damage")
    assert fresh.sql(names) == [("Tamu",)]
    fresh.sql("UPDATE visits_office SET retention_months = 12")
    fresh.sql("DELETE FROM reports_archivedreport")


@pytest.mark.parametrize("place", ["ours", "beside the dump"])
def test_a_log_of_erasures_that_can_not_be_read_stops_a_restore(fresh, place):
    path, before = fresh.backup(), fresh.content()
    log = fresh.folder / "erasures.log" if place == "ours" else path.with_name("erasures.log")
    log.mkdir()
    status, said = fresh.run("restore", str(path), "--yes")
    log.rmdir()
    assert (status, fresh.content(), fresh.names()) == (1, before, [""])
    assert f"Nothing was changed: {log} tells what was erased since, and can't be read (Is a directory)." in said


def test_that_nothing_tells_of_erasures_is_said(fresh):
    missing = f"{fresh.folder}/erasures.log and its copy beside the dump are missing or empty: if anybody's data"
    path = fresh.backup()
    assert missing in fresh.restore(path, "--rehearse")
    path.with_name("erasures.log").touch()
    assert missing in fresh.restore(path, "--rehearse")


def test_what_a_new_machine_has_learnt_from_the_dumps_outlives_its_own_backups(fresh, settings):
    """Its own log begins anew; the next backup must not put that in the place of the older one."""
    settings.ERASURE_LOG = fresh.folder / "erasures.log"
    path = fresh.backup()
    blank = {"name": "", "note": "", "anonymized_at": timezone.now()}
    erasures.note(Visit, [1, 2], emptied=blank)
    fresh.backup()
    settings.ERASURE_LOG.unlink()
    fresh.restore(path)
    erasures.note(Visit, [3], emptied=blank)
    with settings.ERASURE_LOG.open("a") as log:
        log.write('{"at": "20')  # being written, or never finished
    with (copy := fresh.backup().with_name("erasures.log")).open("a") as file:
        file.write("x\n")  # damaged here, and not in ours
    assert len(copy.read_text().splitlines()) == 3
    erasures.note(Visit, [4], emptied=blank)
    assert len(fresh.backup().with_name("erasures.log").read_text().splitlines()) == 4
    assert "Erased once more: 4 rows." in fresh.restore(path)


# Other versions.


def test_an_older_dump_is_brought_up_to_date(tmp_path):
    with new_database("older") as database:
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
    assert (b"+62812000" in dump.read_bytes()) is False


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_dump_is_found_before_anything_happens(dump, damage):
    harm, words = DAMAGE[damage]
    if damage.endswith("with its checksum") and dump.suffix == ".dump":
        return  # nobody could tell; encrypted dumps carry a proof of their own
    harm(dump)
    with pytest.raises((dump_files.DumpFileError, pg_tools.ToolError)) as refusal:
        restore.check(dump)
    assert words in str(refusal.value)


@pytest.mark.parametrize("place", ["ours", "beside the dump"])
def test_a_damaged_log_of_erasures_is_found_before_anything_happens(dump, place, settings, tmp_path):
    settings.ERASURE_LOG = tmp_path / "state" / "erasures.log"
    erasures.note(Visit, [1], emptied={"name": ""})
    log = settings.ERASURE_LOG if place == "ours" else shutil.copy(settings.ERASURE_LOG, dump.with_name("erasures.log"))
    assert restore.check(dump) is None
    log.write_text(log.read_text().replace("[1]", "[2]") + "x\nx\n")
    with pytest.raises(restore.RestoreError) as refusal:
        restore.check(dump)
    assert str(refusal.value) == (
        f"{log}, line 1 and 2 more: damaged. What was erased by it comes back with a restore."
        " See docs/it.md, The log of erasures; --despite-damage goes on all the same."
    )
    assert restore.check(dump, despite_damage=True) is None


@pytest.mark.parametrize("rest", ["an older part", "nothing", "no file"])
def test_a_log_of_erasures_that_was_cut_short_is_found_as_well(dump, rest, settings, tmp_path, make_visit, dewi):
    """The present database knows better."""
    settings.ERASURE_LOG = log = tmp_path / "state" / "erasures.log"
    rights.erase_visit(make_visit(), by=dewi)
    older = log.read_bytes()
    rights.erase_visit(make_visit(), by=dewi)
    copy = shutil.copy(log, dump.with_name("erasures.log"))
    log.unlink() if rest == "no file" else log.write_bytes(older if rest == "an older part" else b"")
    assert restore.check(dump) is None, "the copy beside the dump tells"
    copy.unlink()
    at = Visit.objects.order_by("pk").last().anonymized_at
    Visit.objects.update(anonymized_at=at - timedelta(days=1))
    assert restore.check(dump) is None, "what is older than the dump does not come back"
    Visit.objects.update(anonymized_at=at)
    said = f"^{log} does not know what was erased on {timezone.localtime(at):%Y-%m-%d} at "
    with pytest.raises(restore.RestoreError, match=said):
        restore.check(dump)
    assert restore.check(dump, despite_damage=True) is None


@pytest.mark.parametrize("which", ["another", "none", "the one that only locks", "noise"])
def test_the_wrong_key_opens_nothing(two_dumps, settings, db, which):
    keys = {"another": dump_files.new_key()[0], "none": "", "the one that only locks": ONLY_LOCKS, "noise": "geheim"}
    settings.BACKUP_KEY = key = keys[which]
    [encrypted] = [path for path in backup.dumps(two_dumps) if path.suffix == ".age"]
    with pytest.raises(dump_files.DumpFileError) as refusal:
        restore.check(encrypted)
    assert "BACKUP_KEY" in str(refusal.value)
    assert not key or key not in str(refusal.value)


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


# Kills, two at once, rights.


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
        fresh.wait_for_the_killed()
        content = fresh.content()
        assert content in (old, new)
        seen.append("restored" if content == old else "as before")
        fresh.sql("UPDATE visits_visit SET note = 'later'")
    assert "as before" in seen
    fresh.restore(path)
    assert fresh.content() == old
    assert not any(name.endswith("_restoring") for name in fresh.names())


def test_two_at_once(fresh):
    path = fresh.backup()
    with closing(psycopg2.connect(**server(), dbname="postgres")) as other:
        other.cursor().execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [restore.TURN, fresh.database.name])
        status, said = fresh.run("restore", str(path), "--yes")
    assert status == 1
    assert f"Nothing was changed: Another restore of the database {fresh.database.name} is under way." in said


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


def test_somebody_elses_session_is_named_not_met_with_a_traceback(fresh):
    path, before = fresh.backup(), fresh.content()
    fresh.make_beside("_restoring")
    with closing(psycopg2.connect(**server(), dbname=f"{fresh.database.name}_restoring")):
        status, said = fresh.run("restore", str(path), "--yes")
    assert (status, fresh.content()) == (1, before)
    assert f"Nothing was changed: Somebody is at work in the database {fresh.database.name}_restoring" in said
    assert "Traceback" not in said
