"""No wait for PostgreSQL without an end. Its own limits (dilaku/postgres.py) need a server that lives. Against one that
is stopped, or a wire that swallows everything, each request has a deadline of ours: docs/decisions/015.
"""

import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection
from psycopg2 import OperationalError, extensions

VISITOR_SECONDS = 2.0
STAFF_SECONDS = 12.0  # longer than PostgreSQL waits for a lock

_until: ContextVar[float] = ContextVar("until")  # by time.monotonic()


def limit_waits(get_response):
    """Middleware. A deadline goes for the request as a whole, whatever it asks and however often it connects."""

    def middleware(request):
        extend(STAFF_SECONDS if request.path_info.startswith("/staf/") else VISITOR_SECONDS)
        _trust_quiet_connection()
        return get_response(request)

    return middleware


def _trust_quiet_connection() -> None:
    """Django asks a kept connection whether it still works: one more statement for every visitor. But a server that has
    hung up has left word in it; only then Django needs to ask."""
    wire = connection.connection
    if wire is not None and not wire.closed:
        word = select.poll()
        word.register(wire.fileno(), select.POLLIN)
        connection.health_check_done = not word.poll(0)


def extend(seconds: float) -> None:
    """From now on; for work that takes long, and knows it."""
    _until.set(time.monotonic() + seconds)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """For an answer that can be done without: it may take so long, and no longer than the request."""
    soon = time.monotonic() + seconds
    token = _until.set(min(soon, _until.get(soon)))
    try:
        yield
    finally:
        _until.reset(token)


def begin() -> None:
    """For the whole process, which from now on can't COPY: psycopg2 then waits for PostgreSQL by way of `_wait`."""
    extensions.set_wait_callback(_wait)
    # Where DATABASE_URL names a host, libpq looks it up before all that, for ten seconds when nobody answers.
    os.environ.setdefault("RES_OPTIONS", "timeout:1 attempts:2")


def _wait(wire) -> None:
    """An exception makes psycopg2 close the connection: what PostgreSQL still does with the statement is not known."""
    while (wanted := wire.poll()) != extensions.POLL_OK:
        left = _until.get(time.monotonic() + STAFF_SECONDS) - time.monotonic()
        ready = select.poll()
        ready.register(wire.fileno(), select.POLLIN if wanted == extensions.POLL_READ else select.POLLOUT)
        if left <= 0 or not ready.poll(left * 1000):
            raise OperationalError("PostgreSQL has not answered within the time of this request")
