"""Every wait for PostgreSQL ends with the request's deadline; what is done in time notices nothing of it."""

import socket
import time
from contextlib import closing

import psycopg2
import pytest
from django.db import OperationalError, connection, transaction
from psycopg2 import extensions

from dilaku import deadline
from tests.servers import database_url
from visits import exports
from visits.models import Visit

# Seconds: nothing here is done before that, nor given up where our own limit does not count (STAFF_SECONDS).
LONG = 10


@pytest.fixture(autouse=True)
def _as_in_a_worker(transactional_db):
    deadline.begin()
    deadline.extend(deadline.STAFF_SECONDS)
    yield
    extensions.set_wait_callback(None)
    connection.close()


def sleep(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def ends_after(seconds: float, work) -> bool:
    """By our deadline, and not because the work was done or somebody else had lost patience."""
    began = time.monotonic()
    with pytest.raises((OperationalError, psycopg2.OperationalError), match="has not answered within the time"):
        work()
    return seconds <= time.monotonic() - began < LONG


def test_a_wait_ends_with_the_deadline_and_the_next_request_is_served():
    deadline.extend(0.3)
    assert ends_after(0.3, lambda: sleep(LONG))
    assert connection.connection.closed
    connection.close_if_unusable_or_obsolete()  # as at the beginning of every request
    assert ends_after(0, Visit.objects.exists)

    deadline.extend(LONG)
    assert Visit.objects.exists() is False


def test_what_is_done_in_time_notices_nothing():
    deadline.extend(LONG)
    sleep(0.1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT repeat('x', 3000000)")
        assert len(cursor.fetchone()[0]) == 3_000_000


def test_a_transaction_is_taken_back(make_visit):
    deadline.extend(1)
    with pytest.raises(OperationalError), transaction.atomic():
        make_visit()
        sleep(25)
    connection.close_if_unusable_or_obsolete()
    deadline.extend(20)
    assert Visit.objects.count() == 0
    with connection.cursor() as cursor:  # waits for whoever still holds the table
        cursor.execute("SET lock_timeout = '15s'; LOCK TABLE visits_visit")


def test_less_time_for_what_can_be_done_without():
    deadline.extend(2 * LONG)
    with deadline.within(0.2):
        assert ends_after(0.2, lambda: sleep(LONG))
    connection.close_if_unusable_or_obsolete()
    sleep(0.3)


def test_never_more_time_than_the_request_has():
    deadline.extend(0.2)
    with deadline.within(2 * LONG):
        assert ends_after(0.2, lambda: sleep(LONG))


@pytest.mark.parametrize("host", ["127.0.0.1", "unix"])
def test_a_server_that_takes_the_connection_and_says_nothing(tmp_path, host):
    deadline.extend(0.3)
    silent = socket.socket(socket.AF_UNIX if host == "unix" else socket.AF_INET)
    with closing(silent):
        silent.bind(str(tmp_path / ".s.PGSQL.5432") if host == "unix" else (host, 0))
        silent.listen()
        where = (str(tmp_path), 5432) if host == "unix" else silent.getsockname()
        assert ends_after(0.3, lambda: psycopg2.connect(host=where[0], port=where[1], user="x", dbname="x"))


def test_rows_come_through_a_cursor_of_the_servers(make_visit, office, alice):
    for _ in range(3):
        make_visit()
    rows = exports.unhurried(Visit.objects.order_by("pk").values_list("number"))
    assert list(rows) == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    ("path", "seconds"),
    [
        ("/k/222222/", deadline.VISITOR_SECONDS),
        ("/staf/", deadline.STAFF_SECONDS),
        ("/stafx/", deadline.VISITOR_SECONDS),
    ],
)
def test_a_request_has_its_time_from_the_beginning(rf, path, seconds):
    until, earliest = [], time.monotonic() + seconds
    deadline.limit_waits(lambda _request: until.append(deadline._until.get()))(rf.get(path))
    assert earliest <= until[0] <= time.monotonic() + seconds


def test_a_kept_connection_is_trusted_until_the_server_hangs_up(rf):
    def is_trusted(_request) -> bool:
        return connection.health_check_done

    ask = deadline.limit_waits(is_trusted)
    before = backend()
    connection.close_if_unusable_or_obsolete()  # as at the beginning of every request
    assert ask(rf.get("/")) is True

    with closing(psycopg2.connect(database_url())) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 20000)", [before])
    connection.close_if_unusable_or_obsolete()
    assert ask(rf.get("/")) is False
    assert backend() != before


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]
