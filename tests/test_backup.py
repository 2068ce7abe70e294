"""Dumps: whole or not there at all, locked, and not kept too long."""

import fcntl
import io
import os
import resource
import subprocess
import sys
import time
from datetime import datetime, timedelta
from secrets import SystemRandom

import pytest
from django.core.management import call_command
from django.utils import timezone

from dilaku import backup, dump_files, pg_tools
from tests.installation import KEY, ONLY_LOCKS, ROOT
from visits.management.commands.backup import Command


def test_a_server_that_can_only_lock_makes_dumps_that_the_other_key_opens(fresh, settings):
    path = fresh.backup(BACKUP_KEY=ONLY_LOCKS)
    settings.BACKUP_KEY = KEY
    with (fresh.folder / "opened").open("wb") as file:
        dump_files.unlock(path, file, KEY)
    assert (fresh.folder / "opened").read_bytes()[:5] == b"PGDMP"


def test_a_new_key_opens_what_its_other_half_locks(tmp_path, capsys):
    call_command("backup", new_key=True)
    said, hint = capsys.readouterr()
    with (tmp_path / "x.dump.age").open("wb") as locked:
        dump_files.lock(io.BytesIO(b"isi"), locked, hint.split()[-1])
    opened = io.BytesIO()
    dump_files.unlock(tmp_path / "x.dump.age", opened, said.strip())
    assert opened.getvalue() == b"isi"


def test_a_backup_killed_at_any_moment_leaves_no_half_dump(fresh):
    earlier = fresh.backup()
    held, left = earlier.read_bytes(), 0
    for seconds in [0, 0.02, 0.05, 0.1, 0.2, *(SystemRandom().uniform(0, 0.3) for _ in range(3))]:
        with fresh.start("backup") as process:
            while not (unfinished := list(earlier.parent.glob("*.part"))) and process.poll() is None:
                time.sleep(0.002)
            time.sleep(seconds)
            process.kill()
        left += any(path.exists() for path in unfinished)
        for path in fresh.dumps():
            dump_files.check(path)
        assert earlier.read_bytes() == held
        for path in earlier.parent.glob("*.part"):
            path.unlink()
    assert left > 0, "some were killed in the middle"
    settled = fresh.backup()
    assert {earlier, settled} <= set(fresh.dumps())
    assert list(settled.parent.glob("*.part")) == []


def test_two_at_once(fresh):
    folder = fresh.backup().parent
    with (folder / "backup.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        status, said = fresh.run("backup")
    assert (status, said) == (1, f"CommandError: No backup: Another backup into {folder} is under way.\n")


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


def test_a_damaged_log_of_erasures_is_told_while_there_is_time(fresh):
    (fresh.folder / "erasures.log").write_text("x\n")
    status, said = fresh.run("backup")
    assert (status, f"{fresh.folder}/erasures.log, line 1: damaged. " in said, len(fresh.dumps())) == (0, True, 1)


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

    with pytest.raises(subprocess.CalledProcessError) as empty:
        manage("backup")
    assert empty.value.stderr == "CommandError: No backup: The database holds nothing yet.\n"
    manage("prepare")
    assert f"Backup: {tmp_path}/backups/dilaku-" in manage("backup")
    [path] = backup.dumps(tmp_path / "backups")
    assert "0 visits. Erased once more: 0 rows.\nRestored." in manage("restore", str(path))
