"""`manage.py start`, what `make run` executes: real processes, a database of their own, free ports."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest

from tests.servers import held_port
from visits.management.commands.start import lan_address, new_password, reaches_only_this_machine

ROOT = Path(__file__).resolve().parent.parent
OURS = {"DATABASE_URL", "DATABASE_URL_FILE", "SITE_URL", "BIND", "HOST", "PORT", "VAR_DIR", "DEBUG", "WEB_CONCURRENCY"}


class Site:
    """One installation: a folder, a port, and what it has printed."""

    def __init__(self, folder: Path, **environment: str):
        self.folder = folder
        self.port_holder = held_port()
        self.port = self.port_holder.getsockname()[1]
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        self.environment = inherited | {"VAR_DIR": str(folder), "PORT": str(self.port)} | environment
        self.output_file = folder.parent / f"{folder.name}.log"
        self.process = None

    def start(self, *, cwd: Path = ROOT) -> None:
        with self.output_file.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "start"],
                env=self.environment,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_until(lambda: "\nReady" in self.output or self.process.poll() is not None, seconds=90)
        assert self.process.poll() is None, self.output

    def fail(self) -> str:
        """What a start that can't succeed says."""
        command = [sys.executable, str(ROOT / "manage.py"), "start"]
        run = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False)
        assert run.returncode == 1
        return run.stdout + run.stderr

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(30)

    def children(self) -> list[psutil.Process]:
        """Upkeep and two workers, in the order they were started."""
        gunicorn = psutil.Process(self.process.pid)
        wait_until(lambda: len(gunicorn.children()) == 3)
        return sorted(gunicorn.children(recursive=True), key=lambda child: child.create_time())

    @property
    def output(self) -> str:
        return self.output_file.read_text()

    @property
    def code(self) -> str:
        return re.search(r"/k/(\w{6})/", self.output)[1]

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as response:
            return response.status

    def sql(self, statement: str) -> list:
        with closing(
            psycopg2.connect(host=self.folder / "postgres", port=5432, user="postgres", dbname="dilaku")
        ) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall()


def is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def wait_until(condition, *, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} seconds"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """Started once, with all that a first start does."""
    site = Site(tmp_path_factory.mktemp("site") / "var")
    site.start()
    site.first_output = site.output
    site.stop()
    yield site
    # After a kill -9 the database is still there; whoever uses it next and last stops it.
    subprocess.run([sys.executable, "manage.py", "check"], env=site.environment, cwd=ROOT, check=True)


@pytest.fixture
def site(installation):
    yield installation
    if installation.process.poll() is None:
        installation.stop()


def test_first_start_prints_what_is_needed_to_begin(site):
    code, port = site.code, site.port
    text = re.sub(r"(password )\S+", r"\1***", site.first_output)
    lan = lan_address() or "<address-of-this-machine>"
    for line in [
        "Database: up to date.",
        "Static files: collected.",
        "First account: admin, password *** (shown this once; change it after signing in)",
        f"Poster:      http://127.0.0.1:{port}/staf/poster/{code}/",
        f"Visit form:  http://127.0.0.1:{port}/k/{code}/kunjungan/",
        f"Staff area:  http://127.0.0.1:{port}/staf/",
        f"A phone can't open http://127.0.0.1:{port}, so posters with it are of no use. Reachable from phones:",
        f"    make run HOST=0.0.0.0 PORT={port} SITE_URL=http://{lan}:{port}",
        f"Ready, listening at 127.0.0.1:{port}. Ctrl-C ends it.",
    ]:
        assert text.splitlines().count(line) == 1, line
    assert "Traceback" not in text


def test_second_start_loses_nothing(site):
    site.start()
    site.sql("UPDATE visits_office SET name = 'Kantor Kedua' RETURNING 1")
    assert site.get(f"/k/{site.code}/kunjungan/") == 200
    assert site.stop() == 0

    site.start(cwd=site.folder)
    assert site.sql("SELECT name FROM visits_office") == [("Kantor Kedua",)]
    assert site.sql("SELECT username FROM auth_user") == [("admin",)]
    assert site.stop(signal.SIGINT) == 0
    assert "password" not in site.output
    assert "Static files" not in site.output
    assert "Traceback" not in site.output


def test_normal_stop_ends_every_process(site):
    site.start()
    children = site.children()
    postmaster = int((site.folder / "postgres" / "postmaster.pid").read_text().split()[0])
    site.stop()

    wait_until(lambda: not any(is_running(child.pid) for child in children))
    assert not is_running(postmaster)
    assert is_free(site.port)


def test_kill_9_leaves_the_port_free_and_the_data_whole(site):
    site.start()
    children = site.children()
    site.sql("UPDATE visits_office SET name = 'Sebelum listrik padam' RETURNING 1")
    site.stop(signal.SIGKILL)

    wait_until(lambda: is_free(site.port))
    wait_until(lambda: not any(is_running(child.pid) for child in children))
    site.start()
    assert site.sql("SELECT name FROM visits_office") == [("Sebelum listrik padam",)]
    assert site.get(f"/k/{site.code}/kunjungan/") == 200
    site.stop()


def test_power_cut_loses_no_committed_row(site):
    site.start()
    postmaster = int((site.folder / "postgres" / "postmaster.pid").read_text().split()[0])
    site.sql("UPDATE visits_office SET name = 'Tersimpan' RETURNING 1")
    os.kill(postmaster, signal.SIGKILL)
    site.stop(signal.SIGKILL)

    wait_until(lambda: is_free(site.port))
    site.start()
    assert site.sql("SELECT name FROM visits_office") == [("Tersimpan",)]
    site.stop()


def test_killed_worker_is_replaced(site):
    site.start()
    upkeep, *workers = site.children()
    assert upkeep.cmdline()[2:] == ["upkeep", "--every", "15"]
    for worker in workers:
        worker.kill()
    psutil.wait_procs(workers, timeout=30)  # with its last breath one might take our request

    wait_until(lambda: not is_free(site.port) and site.get("/robots.txt") == 200)
    site.stop()


def test_access_log_has_neither_keys_nor_query_strings(site):
    site.start()
    for path in ["/t/ABCDEFGHIJKLMNOP/?q=rahasia", "/S/ABCDEFGHIJKLMNOP/", "/%2574/ABCDEFGHIJKLMNOP", "/x%0A127.0.0.1"]:
        with pytest.raises(urllib.error.HTTPError):
            site.get(path)
    site.stop()
    requests = re.findall(r'"(GET .*?)"', site.output)
    # Each worker writes its own lines, so they may come in another order.
    assert sorted(requests) == ["GET /s/***/", "GET /t/***", "GET /t/***/", "GET /x%0A127.0.0.1"]
    assert "ABCDEFGH" not in site.output
    assert "rahasia" not in site.output


def test_taken_port_says_how_to_choose_another(site):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = str(other.getsockname()[1])
        taken = Site(site.folder, PORT=port)
        assert taken.fail() == f"CommandError: Port {port} is taken by another program; choose another with PORT=...\n"


@pytest.mark.parametrize("port", ["0", "65536", "delapan", "-1"])
def test_impossible_port(site, port):
    impossible = Site(site.folder, PORT=port, SITE_URL="http://dilaku.test")
    assert impossible.fail() == f"CommandError: PORT is '{port}'; use a number from 1 to 65535.\n"


def test_unreachable_database_is_one_sentence_without_the_password(tmp_path):
    nobody = held_port()
    url = f"postgres://dilaku:rahasia@127.0.0.1:{nobody.getsockname()[1]}/dilaku"
    text = Site(tmp_path / "var", DATABASE_URL=url).fail()
    assert text.startswith("CommandError: The database can't be reached, check DATABASE_URL: ")
    assert text.count("\n") == 1
    assert "rahasia" not in text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.9.9.9", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("http://0.0.0.0:8000", True),
        ("http://192.168.1.20:8000", False),
        ("https://dilaku.kantor.go.id", False),
    ],
)
def test_addresses_that_no_phone_can_open(url, expected):
    assert reaches_only_this_machine(url) is expected


def test_passwords_are_long_readable_and_never_the_same():
    passwords = {new_password() for _ in range(100)}
    assert len(passwords) == 100
    assert all(re.fullmatch(r"([2-9a-hjkmnp-z]{4}-){3}[2-9a-hjkmnp-z]{4}", password) for password in passwords)
