"""The production set-up in real processes: Caddy with a TLS certificate of its own authority, gunicorn on a unix socket
that somebody else holds, as systemd does, and a database of its own whose tables are not the application's."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from django.conf import settings

from tests.databases import Database, new_database
from tests.servers import held_port

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "docs" / "deploy"
HOST = "dilaku.localhost"
# Debian's package, for the way without Docker; and the one that compose.yaml names, as a wheel among our tools.
PROXIES = {"debian": "/usr/bin/caddy", "compose": str(Path(sys.executable).parent / "caddy")}
SECONDS = 30
# What systemd does before it starts the service: our socket becomes file 3, and the process is told so.
AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "--config", "dilaku/gunicorn.py"])
"""


class Site:
    """One installation, under a folder of its own."""

    def __init__(self, folder: Path, database: Database, caddy: str, **variables: str):
        self.folder, self.caddy = folder, caddy
        self.port_holders = held_port(), held_port()
        self.http_port, self.https_port = (holder.getsockname()[1] for holder in self.port_holders)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(folder / "app.sock"))
        self.socket.listen(1024)
        self.server = self.proxy = None
        self.starts = 0
        self.recovery_codes = []
        self.environment = {
            **os.environ,
            **database.variables,
            "SITE_URL": f"https://{HOST}",
            "TRUSTED_PROXIES": "unix",
            "BIND": f"unix:{folder / 'app.sock'}",
            "VAR_DIR": str(settings.STATIC_ROOT.parent),
            "SECRET_KEY": settings.SECRET_KEY,
            "LINK_SECRET": settings.LINK_SECRET,
            "PYTHONUNBUFFERED": "1",
            **variables,
        }

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, env=self.environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    def start_server(self) -> None:
        held = self.socket.fileno()
        with (self.folder / "server.log").open("ab") as log:
            self.server = subprocess.Popen(
                [sys.executable, "-c", AS_SYSTEMD, str(held)],
                env=self.environment,
                cwd=ROOT,
                pass_fds=[held],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.starts += 1
        wait_until(lambda: self.log("server").count("Ready, listening") == self.starts)

    def stop_server(self) -> int:
        self.server.terminate()
        return self.server.wait(SECONDS)

    def start_proxy(self) -> None:
        shutil.copy(DEPLOY / "Caddyfile", self.folder)
        shutil.copy(DEPLOY / buffers_of(self.caddy), self.folder / "buffers.caddy")
        environment = {
            "SITE_URL": f"https://{HOST}",
            "HTTP_PORT": str(self.http_port),
            "HTTPS_PORT": str(self.https_port),
            "DILAKU_SOCKET": str(self.folder / "app.sock"),
            "HOME": str(self.folder),
        }
        with (self.folder / "proxy.log").open("ab") as log:
            command = [self.caddy, "run", "--config", str(self.folder / "Caddyfile")]
            self.proxy = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        wait_until(lambda: self.certificate_authority.exists() and self.is_up())

    def stop(self) -> None:
        for process in [self.proxy, self.server]:
            if process and process.poll() is None:
                process.terminate()
                process.wait(SECONDS)
        for held in [self.socket, *self.port_holders]:
            held.close()

    @property
    def certificate_authority(self) -> Path:
        return self.folder / ".local/share/caddy/pki/authorities/local/root.crt"

    def is_up(self) -> bool:
        assert self.proxy.poll() is None, self.log("proxy")
        assert self.server.poll() is None, self.log("server")
        with contextlib.suppress(OSError):
            return self.request("GET", "/readyz").text == "ready"
        return False

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def tls(self) -> ssl.SSLSocket:
        """A connection to the proxy whose certificate has been checked."""
        context = ssl.create_default_context(cafile=self.certificate_authority)
        plain = socket.create_connection(("127.0.0.1", self.https_port), SECONDS)
        return context.wrap_socket(plain, server_hostname=HOST)

    def request(self, method: str, path: str, body: bytes | str | None = None, **headers: str) -> "Answer":
        """`sec_fetch_site="none"` is sent as `Sec-Fetch-Site: none`."""
        with closing(http.client.HTTPConnection(HOST)) as client:
            client.sock = self.tls()
            return Answer.to(client, method, path, body, headers)

    def plain_request(self, path: str, host: str = HOST) -> "Answer":
        with closing(http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=SECONDS)) as client:
            return Answer.to(client, "GET", path, None, {"host": host})

    def sql(self, statement: str) -> list[tuple]:
        with self.open_database() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    @contextmanager
    def open_database(self):
        """A cursor in a transaction of its own, rolled back at the end."""
        with closing(psycopg2.connect(self.environment["DATABASE_URL"])) as database, database.cursor() as cursor:
            yield cursor


class Answer:
    """A response that has been read."""

    def __init__(self, response: http.client.HTTPResponse):
        self.status, self.headers = response.status, response.headers
        self.body = response.read()

    @classmethod
    def to(cls, client, method, path, body, headers) -> "Answer":
        client.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return cls(client.getresponse())

    @property
    def text(self) -> str:
        return self.body.decode()


def buffers_of(caddy: str) -> str:
    """The file of docs/deploy that this version of Caddy understands."""
    version = subprocess.run([caddy, "version"], check=True, capture_output=True, text=True).stdout.lstrip("v")
    return "buffers-2.6.caddy" if version.startswith("2.6.") else "buffers.caddy"


def wait_until(condition) -> None:
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until, f"not within {SECONDS} seconds"
        time.sleep(0.05)


def however_written(number: str) -> str:
    """The pattern of these digits with or without groups, percent-encoded too."""
    return r"(?:%[0-9A-F]{2}|\D){0,3}".join(number)


@contextmanager
def running(folder: Path, proxy: str, **variables: str) -> Iterator[Site]:
    with new_database(f"behind_{proxy}") as database:
        site = Site(folder, database, PROXIES[proxy], **variables)
        try:
            site.manage("prepare")
            site.first_account = site.manage("first_account")
            site.start_server()
            site.start_proxy()
            yield site
        finally:
            site.stop()


def reload(site: Site) -> None:
    site.server.send_signal(signal.SIGHUP)
