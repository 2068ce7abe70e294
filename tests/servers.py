"""Real processes for tests: gunicorn on the test database, and a wire to PostgreSQL that can be cut."""

import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection

from visits.snapshot import READ_SECONDS

START_SECONDS = 60
PATIENT = "tests.patient:application"


def database_url(*, host: str | None = None, port: int | None = None) -> str:
    """The test database's address, or the same database by way of another host and port."""
    database = connection.get_connection_params()
    where = urlencode({"host": host or database["host"], "port": port or database.get("port", 5432)})
    who = quote(database["user"]) + (f":{quote(database['password'])}" if "password" in database else "")
    return f"postgresql://{who}@/{database['dbname']}?{where}"


def held_port() -> socket.socket:
    """A free port that stays ours. Nobody listens there: connections are refused, until somebody of ours does."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


@contextmanager
def serving(*application: str, **variables: str) -> Iterator[str]:
    """gunicorn with the given variables, for the project or the named application; yields its address."""
    with server(*application, **variables) as (address, _process):
        yield address


@contextmanager
def server(*application: str, **variables: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """The same, and the process that starts the workers."""
    holder = held_port()
    port = holder.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "SITE_URL": address,
        "PORT": str(port),
        "VAR_DIR": str(settings.STATIC_ROOT.parent),
        "SECRET_KEY": settings.SECRET_KEY,
        "LINK_SECRET": settings.LINK_SECRET,
        **variables,
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "dilaku/gunicorn.py", *application]
    # A file, not a pipe: nobody reads while the test runs, and a full pipe would stop the server.
    log = settings.STATIC_ROOT.parent / f"gunicorn-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_for(address, process, log)
        yield address, process
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)
        holder.close()


def _wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{address}/robots.txt", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def ask(address: str, fields: dict[str, str] | None = None):
    """(status, headers, page, seconds)."""
    body = urllib.parse.urlencode(fields).encode() if fields else None
    started = time.monotonic()
    try:
        with urllib.request.build_opener(StayHere).open(address, body, timeout=20) as response:
            return response.status, response.headers, response.read().decode(), time.monotonic() - started
    except urllib.error.HTTPError as response:
        return response.status, response.headers, response.read().decode(), time.monotonic() - started


def ask_patiently(address: str, fields: dict[str, str] | None = None):
    """Where PostgreSQL is there: on a machine that stalls the server may have waited for it in vain."""
    until = time.monotonic() + 20
    while (answer := ask(address, fields))[0] == 503 and answer[3] >= READ_SECONDS and time.monotonic() < until:
        pass
    return answer


def quicker_of_two(address: str, fields: dict[str, str]):
    """Where both are answered alike. A machine that stalls makes one of them late, a server that is slow both."""
    answers = [ask(address, fields) for _ in range(2)]
    assert len({status for status, *_rest in answers}) == 1
    return min(answers, key=lambda answer: answer[3])


def backends() -> set[int]:
    """Processes of PostgreSQL that work for somebody on the test database. They outlive who was killed for a moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        return {pid for (pid,) in cursor.fetchall()}


def wait_for_the_killed(bystanders: set[int]) -> None:
    """Until nobody works but those who did before."""
    until = time.monotonic() + START_SECONDS
    while not backends() <= bystanders:
        assert time.monotonic() < until
        time.sleep(0.01)


class Wire:
    """Forwards 127.0.0.1:port to the test database's server, or to a port of this machine, until it is cut."""

    def __init__(self, to_port: int | None = None):
        self._port_holder = held_port()
        self.port = self._port_holder.getsockname()[1]
        self.loses_answers = False  # what is sent arrives, what comes back ends the connection
        self.is_silent = False  # nothing gets through and nothing ends, as with one bar of signal
        self._to_port = to_port
        database = connection.get_connection_params()
        self._host, self._host_port = database.get("host", "127.0.0.1"), int(database.get("port", 5432))
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []
        self._one_at_a_time = threading.Lock()  # nobody gets through while it is being cut
        self.mend()

    def lead_to(self, port: int) -> None:
        """Somewhere else from now on."""
        if self._listener.fileno() >= 0:
            self.cut()
        self._to_port = port
        self.mend()

    def mend(self) -> None:
        self.loses_answers = self.is_silent = False
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def cut(self) -> None:
        """As when the server machine is switched off: open connections end, new ones are refused."""
        with self._one_at_a_time:
            for end in [self._listener, *self._open]:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            self._open.clear()
            self.is_silent = False  # who still holds something back finds nobody to give it to

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _address = listener.accept()
            except OSError:
                return
            try:
                far = self._connect()
            except OSError:  # nobody there: the caller hears the same
                near.close()
                continue
            with self._one_at_a_time:
                if listener.fileno() < 0:
                    near.close()
                    far.close()
                    return
                self._open += [near, far]
            threading.Thread(target=self._carry, args=[near, far], daemon=True).start()

    def _connect(self) -> socket.socket:
        if self._to_port:
            return socket.create_connection(("127.0.0.1", self._to_port))
        if self._host.startswith("/"):
            far = socket.socket(socket.AF_UNIX)
            far.connect(f"{self._host}/.s.PGSQL.{self._host_port}")
            return far
        return socket.create_connection((self._host, self._host_port))

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while self._pass_on(near, far):
                pass
        for end in [near, far]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, near: socket.socket, far: socket.socket) -> bool:
        """Waits for whoever speaks, and says whether the conversation goes on."""
        other = {near: far, far: near}
        for end in select.select([near, far], [], [])[0]:
            data = end.recv(65536)
            if not data or (self.loses_answers and end is far):
                return False
            while self.is_silent:
                time.sleep(0.02)
            other[end].sendall(data)
        return True
