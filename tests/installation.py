"""An installation whose dumps and restores are tried: databases with two roles, a folder, and the commands of IT."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from django.conf import settings
from psycopg2 import sql

from dilaku import backup, dump_files
from tests.databases import Database, new_database, server

ROOT = Path(__file__).resolve().parent.parent
KEY, ONLY_LOCKS = dump_files.new_key()
VISITS = 20_000
AT_WORK = "SELECT count(*) FROM pg_stat_activity WHERE usename = ANY (%s)"
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

    def __init__(self, database: Database, folder: Path):
        self.database, self.folder = database, folder
        self.environment = {
            **os.environ,
            **database.variables,
            "VAR_DIR": str(settings.STATIC_ROOT.parent),
            "BACKUP_DIR": str(folder / "backups"),
            "ERASURE_LOG": str(folder / "erasures.log"),
            "BACKUP_KEY": KEY,
            "SECRET_KEY": settings.SECRET_KEY,
            "LINK_SECRET": settings.LINK_SECRET,
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

    def wait_for_the_killed(self) -> None:
        """PostgreSQL still ends what a command was doing; then nobody works for us any more."""
        roles, until = [f"{self.database.name}_{role}" for role in ["owner", "app"]], time.monotonic() + 60
        with closing(psycopg2.connect(**server(), dbname="postgres")) as session, session.cursor() as cursor:
            session.autocommit = True
            cursor.execute(AT_WORK, [roles])
            while cursor.fetchone()[0]:
                assert time.monotonic() < until
                time.sleep(0.02)
                cursor.execute(AT_WORK, [roles])

    def names(self) -> list[str]:
        """Of the databases: "" for the one in use, the rest of the name for what lies beside it."""
        with closing(psycopg2.connect(**server(), dbname="postgres")) as session, session.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self.database.name])
            return sorted(name.removeprefix(self.database.name) for (name,) in cursor.fetchall())

    def make_beside(self, ending: str) -> None:
        self._outside("CREATE DATABASE {}", ending)

    def forget_beside(self) -> None:
        for ending in filter(None, self.names()):
            self._outside("DROP DATABASE {}", ending)

    def _outside(self, statement: str, ending: str) -> None:
        name = sql.Identifier(self.database.name + ending)
        owner = self.database.owner_url.rpartition("/")[2].partition("?")
        with closing(psycopg2.connect(self.database.owner_url.replace(f"/{owner[0]}?", "/postgres?"))) as session:
            session.autocommit = True
            session.cursor().execute(sql.SQL(statement).format(name))

    def tidy(self) -> None:
        """The visits as they were at first, no dumps, and nothing beside the database."""
        self.forget_beside()
        shutil.rmtree(self.folder / "backups", ignore_errors=True)
        (self.folder / "erasures.log").unlink(missing_ok=True)
        self.sql(
            "UPDATE visits_visit SET name = 'Tamu', note = '', anonymized_at = NULL WHERE note != '' OR name != 'Tamu'"
        )


@contextmanager
def installed(purpose: str, folder: Path) -> Iterator[Installation]:
    """With twenty thousand visits."""
    with new_database(purpose) as database:
        made = Installation(database, folder)
        for command in [["prepare"], ["shell", "--command", FILL]]:
            status, said = made.run(*command)
            assert status == 0, said
        made.sql(
            "INSERT INTO visits_staffsession (session_key, session_data, expire_date) VALUES ('offen', 'x', now())"
        )
        yield made
