"""Where it happens: a temporary folder with a database of its own, gunicorn on free ports. Nothing stays behind."""

# ruff: noqa: S603 - our own programs, with arguments of our own

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
PATIENCE = 90  # seconds, for a server to answer or to end
# Whatever the caller's own installation is told must not reach ours.
OURS = [
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "MIGRATE_DATABASE_URL",
    "MIGRATE_DATABASE_URL_FILE",
    "SITE_URL",
    "ALLOWED_HOSTS",
    "TRUSTED_PROXIES",
    "BIND",
    "HOST",
    "PORT",
    "VAR_DIR",
    "DEBUG",
    "SECRET_KEY",
    "SECRET_KEY_FILE",
    "LINK_SECRET",
    "LINK_SECRET_FILE",
    "DJANGO_SETTINGS_MODULE",
]
BYTES_PER_VISIT = 1500  # with its indexes, and room for PostgreSQL to work in


class PlaceError(Exception):
    """One sentence for whoever started it."""


def make_folder(visits: int) -> Path:
    """A new VAR_DIR, which this process and its children use, and which goes when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="dilaku-bench-"))
    # Registered before PostgreSQL's own end (dilaku/embedded.py), so it comes after it.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    free, needed = shutil.disk_usage(folder).free, visits * BYTES_PER_VISIT + 2**30
    if free < needed:
        raise PlaceError(
            f"{folder.parent} has {free / 2**30:.0f} GB free, this needs {needed / 2**30:.0f}; set TMPDIR=..."
        )
    for name in OURS:
        os.environ.pop(name, None)
    os.environ |= {"VAR_DIR": str(folder), "WEB_CONCURRENCY": str(WORKERS), "DJANGO_SETTINGS_MODULE": "dilaku.settings"}
    return folder


def start_seconds(folder: Path) -> float:
    """From `manage.py start` to its line "Ready". It is ended again."""
    holder = held_port()
    port = holder.getsockname()[1]
    log = folder / "start.log"
    began = time.perf_counter()
    with log.open("w") as output:
        server = _run(["manage.py", "start"], output, PORT=str(port))
    try:
        _wait(lambda: "\nReady" in log.read_text(), server, log)
        return time.perf_counter() - began
    finally:
        _end(server)
        holder.close()


@contextmanager
def serving(*application: str, **variables: str) -> Iterator["Server"]:
    """gunicorn as in production, for the project or for the named application instead."""
    from dilaku import postgres  # noqa: PLC0415 - reads the settings, which need the folder

    holder = held_port()
    port = holder.getsockname()[1]
    variables |= {"PORT": str(port), "SITE_URL": f"http://127.0.0.1:{port}"}
    variables["DATABASE_URL"] = postgres.url_of(_database())
    log = Path(os.environ["VAR_DIR"]) / f"gunicorn-{port}.log"
    with log.open("w") as output:
        process = _run(["-m", "gunicorn", "--config", "dilaku/gunicorn.py", *application], output, **variables)
    try:
        server = Server(process, f"http://127.0.0.1:{port}", port)
        _wait(server.answers, process, log)
        yield server
    finally:
        _end(process)
        holder.close()


class Server:
    def __init__(self, process: subprocess.Popen, address: str, port: int):
        self.process, self.address, self.port = process, address, port

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.address}/healthz", timeout=5).close()  # noqa: S310
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    @property
    def workers(self) -> list[int]:
        """Process ids."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _database() -> dict:
    from django.conf import settings  # noqa: PLC0415 - reads the settings, which need the folder

    return settings.DATABASES["default"]


def held_port() -> socket.socket:
    """A free port that stays ours, for a server of ours to listen at."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


def _run(arguments: list[str], output, **variables: str) -> subprocess.Popen:
    environment = {**os.environ, **variables}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    )


def _wait(is_there, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_there():
        if process.poll() is not None or time.monotonic() > deadline:
            raise PlaceError(f"A server did not start: {log.read_text()[-2000:]}")
        time.sleep(0.02)


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
