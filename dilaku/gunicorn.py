"""gunicorn's configuration, the same under `make run`, in the container and under systemd."""

import ctypes
import gc
import os
import re
import shutil
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from gunicorn.glogging import Logger

from dilaku import deadline, health
from dilaku.logs import JsonLines, WithoutPrivateKeys
from dilaku.proxy import neighbourhood
from dilaku.request_id import HEADER, WithRequestId

PR_SET_PDEATHSIG = 1


def address() -> str:
    """BIND (unix:/run/dilaku/app.sock, host:port), else HOST and PORT. Raises ImproperlyConfigured."""
    if bind := os.environ.get("BIND"):
        if not re.fullmatch(r"unix:/.+|[^:/]+:\d{1,5}|\[[0-9a-f:.]+\]:\d{1,5}", bind):
            raise ImproperlyConfigured(f"BIND is {bind!r}; use host:port or unix:/path/of/a/socket.")
        return bind
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def end_with_parent() -> None:
    """Called in a child process: the kernel ends it when its parent is gone, even after kill -9 (Linux)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class PrivateLogger(Logger):
    """gunicorn's loggers, without the private keys of tickets and threads, in access lines and errors alike."""

    def setup(self, cfg):
        super().setup(cfg)
        for handler in [*self.error_log.handlers, *self.access_log.handlers]:
            handler.addFilter(WithoutPrivateKeys())
        if is_json:
            for handler in self.error_log.handlers:
                handler.addFilter(WithRequestId())
                handler.setFormatter(JsonLines())

    def now(self):
        return datetime.now(UTC).isoformat(timespec="milliseconds") if is_json else super().now()

    def atoms(self, resp, req, environ, request_time):
        atoms = super().atoms(resp, req, environ, request_time)
        # As it was sent: in the decoded path a %0A would begin a line of the client's own making.
        atoms["U"] = quote(environ["RAW_URI"].partition("?")[0], safe="/%:@!$&()*+,;=")
        atoms["h"] = neighbourhood(environ.get("REMOTE_ADDR", "")) or "-"  # none on a unix socket
        return atoms

    def access(self, resp, req, environ, request_time):
        # A probe every few seconds is no news.
        if environ.get("PATH_INFO") not in health.PATHS:
            super().access(resp, req, environ, request_time)


def post_fork(server, worker):
    # Left alone, a worker notices after half its timeout that the master was killed, and holds the port until then.
    end_with_parent()
    deadline.begin()


def child_exit(server, worker):
    if settings.METRICS_TOKEN:
        multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    if settings.METRICS_TOKEN:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)


def when_ready(server):
    # What is loaded by now stays: the workers' garbage collectors need not go through it again and again.
    gc.freeze()
    print(f"Ready, listening at {bind}. Ctrl-C ends it.", flush=True)  # noqa: T201


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dilaku.settings")
try:
    bind, workers, is_json = address(), settings.WEB_CONCURRENCY, settings.LOG_FORMAT == "json"
except ImproperlyConfigured as error:
    sys.exit(str(error))

if settings.METRICS_TOKEN:
    # Where the workers count together. The client library decides when it is imported whether they do.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="dilaku-metrics-")
    from prometheus_client import multiprocess

wsgi_app = "dilaku.wsgi:application"
# A download, or a browser that opens a connection and says nothing, takes a thread and not the process: with two sync
# processes two exports kept every visitor out. No kept connections: they would crowd on one process beside an idle one.
worker_class = "gthread"
threads = 4
keepalive = 0
# Loaded once, before the workers. Its exit also stops the embedded PostgreSQL, unless another process uses it
# (dilaku/embedded.py): the workers are gone by then.
preload_app = True
timeout = 30
graceful_timeout = 20
# A worker's sign of life is a file; it must not wait for a slow or full disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# Remote control of the running server: nobody uses it, so nobody can.
control_socket_disable = True
# What a proxy's headers say is read in one place, dilaku/proxy.py.
forwarded_allow_ips = ""
secure_scheme_headers = {}
logger_class = PrivateLogger
loglevel = "warning"
accesslog = "-"
# No query strings, no user agents, no referrers.
access_log_format = (
    '{"at":"%(t)s","logger":"access","request_id":"%({ID}o)s","network":"%(h)s","method":"%(m)s","path":"%(U)s",'
    '"status":%(s)s,"bytes":%(B)s,"milliseconds":%(M)s}'
    if is_json
    else '%(h)s %(t)s [%({ID}o)s] "%(m)s %(U)s" %(s)s %(B)s %(M)sms'
).replace("{ID}", f"{{{HEADER.lower()}}}")
