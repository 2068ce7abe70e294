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
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection

START_SECONDS = 30


def database_url(*, host: str | None = None, port: int | None = None) -> str:
    """The test database's address, or the same database by way of another host and port."""
    database = connection.get_connection_params()
    where = urlencode({"host": host or database["host"], "port": port or database.get("port", 5432)})
    who = quote(database["user"]) + (f":{quote(database['password'])}" if "password" in database else "")
    return f"postgresql://{who}@/{database['dbname']}?{where}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(**variables: str) -> Iterator[str]:
    """gunicorn with the given variables; yields its address."""
    port = free_port()
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
    command = [sys.executable, "-m", "gunicorn", "--config", "dilaku/gunicorn.py"]
    # A file, not a pipe: nobody reads while the test runs, and a full pipe would stop the server.
    with (settings.STATIC_ROOT.parent / f"gunicorn-{port}.log").open("w+b") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_for(address, server, log)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_for(address: str, server: subprocess.Popen, log) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{address}/robots.txt", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            log.seek(0)
            assert server.poll() is None, log.read().decode()
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


class Wire:
    """Forwards 127.0.0.1:port to the test database's server, until it is cut."""

    def __init__(self):
        self.port = free_port()
        database = connection.get_connection_params()
        self._host, self._host_port = database.get("host", "127.0.0.1"), int(database.get("port", 5432))
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []
        self.mend()

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def cut(self) -> None:
        """As when the server machine is switched off: open connections end, new ones are refused."""
        for end in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _address = listener.accept()
            except OSError:
                return
            far = self._connect()
            self._open += [near, far]
            threading.Thread(target=self._carry, args=[near, far], daemon=True).start()

    def _connect(self) -> socket.socket:
        if self._host.startswith("/"):
            far = socket.socket(socket.AF_UNIX)
            far.connect(f"{self._host}/.s.PGSQL.{self._host_port}")
            return far
        return socket.create_connection((self._host, self._host_port))

    @staticmethod
    def _carry(near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with contextlib.suppress(OSError, ValueError):
            while True:
                for end in select.select([near, far], [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    other[end].sendall(data)
