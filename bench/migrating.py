"""How long readers wait while a database full of visits is brought up to date."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing

from django.core.management import call_command
from django.db import connection

from bench.history import History
from bench.load import new_connection
from bench.measure import Row, progress

# Since then every migration has had to do with visits that exist.
FIRST_RELEASE = "0003"
READ = "SELECT * FROM visits_visit WHERE office_id = %s ORDER BY arrived_at DESC NULLS LAST, id DESC LIMIT 25"
PAUSE = 0.005


def rows(history: History) -> Iterator[Row]:
    progress("Taking the migrations back and applying them anew, with a reader all the while.")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
    call_command("migrate", "visits", FIRST_RELEASE, verbosity=0)
    alone = _longest_wait(history, lambda: time.sleep(2))
    began = time.monotonic()
    while_migrating = _longest_wait(history, lambda: call_command("migrate", verbosity=0))
    note = f"the same without; {time.monotonic() - began:.1f} s for all since visits.{FIRST_RELEASE}"
    yield Row("migrations, longest wait of a reader", [while_migrating], "ms", "no block", [alone], note)


def _longest_wait(history: History, work) -> float:
    """Milliseconds. The reader asks for an office's list again and again."""
    waits, is_over = [0.0], threading.Event()

    def read() -> None:
        with closing(new_connection()) as own, own.cursor() as cursor:
            own.autocommit = True
            while not is_over.is_set():
                asked = time.perf_counter()
                cursor.execute(READ, [history.measured.pk])
                waits.append((time.perf_counter() - asked) * 1000)
                time.sleep(PAUSE)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        work()
    finally:
        is_over.set()
        reader.join()
    return max(waits)
