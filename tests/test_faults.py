"""Real processes, and what happens to them: killed, stopped, cut off. What was acknowledged is stored, once."""

import contextlib
import http.client
import os
import random  # noqa: TID251 - no secret: moments to strike at
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import psutil
import psycopg2
import pytest
from django.conf import settings

from dilaku import postgres
from dilaku.embedded import EmbeddedPostgres
from tests.servers import PATIENT, ask, ask_patiently, server, serving
from visits.models import DailyNumber, Visit

KILLS = 20
VISITORS = 4
PATIENCE = 60  # seconds


def seconds_until(condition) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + PATIENCE
        time.sleep(0.02)
    return time.monotonic() - began


class Load:
    """Visitors without a pause, who try again until their visit is acknowledged, with the same form."""

    def __init__(self, form: str, fields: dict[str, str]):
        self.form, self.fields = form, fields
        self.acknowledged: list[str] = []
        self.failures: list[int | str] = []
        self.is_over = threading.Event()

    def visit(self) -> None:
        while not self.is_over.is_set():
            fields = {**self.fields, "submission_id": str(uuid4())}
            until = time.monotonic() + PATIENCE
            while (outcome := self.send(fields)) != 303 and time.monotonic() < until:
                self.failures.append(outcome)
                time.sleep(0.05)
            assert outcome == 303
            self.acknowledged.append(fields["submission_id"])

    def send(self, fields: dict[str, str]) -> int | str:
        try:
            return ask(self.form, fields)[0]
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__


@contextmanager
def under_load(form: str, fields: dict[str, str]) -> Iterator[Load]:
    load = Load(form, fields)
    with ThreadPoolExecutor(VISITORS) as pool:
        visitors = [pool.submit(load.visit) for _ in range(VISITORS)]
        try:
            yield load
        finally:
            load.is_over.set()
    assert [visitor.result() for visitor in visitors] == [None] * VISITORS


def has_killed_a_worker(master) -> bool:
    workers = psutil.Process(master.pid).children()
    try:
        for worker in workers[:1]:
            worker.kill()
    except psutil.NoSuchProcess:  # the one before, gone this moment
        return False
    return workers != []


# --- a worker is killed ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_killed_workers_lose_and_double_nothing(point, visit_fields):
    """One worker, so that each kill is an outage, and there is always a form on its way."""
    outages = []
    with server(WEB_CONCURRENCY="1") as (site, master):
        form = f"{site}/k/{point.code}/kunjungan/"
        with under_load(form, visit_fields(point)) as load:
            for _ in range(KILLS):
                time.sleep(random.uniform(0, 0.1))
                before = len(load.acknowledged)
                # The one before may have answered somebody with its last breath, and the next not be there yet.
                outage = seconds_until(lambda: has_killed_a_worker(master))
                outages.append(outage + seconds_until(lambda before=before: len(load.acknowledged) > before))

    assert load.failures != []
    assert sorted(outages)[-3] < 3, "but for two moments in which the machine itself stalls"
    assert sorted(map(str, Visit.objects.values_list("submission_id", flat=True))) == sorted(load.acknowledged)
    # No half rows: each number of a day is a visit's.
    for day in Visit.objects.values_list("day", flat=True).distinct():
        numbers = Visit.objects.filter(day=day).order_by("number").values_list("number", flat=True)
        assert list(numbers) == list(range(1, DailyNumber.objects.get(day=day).last + 1))


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_is_cut_off_three_times_is_one_visit(point, visit_fields):
    fields = visit_fields(point)
    with serving(PATIENT) as site:
        form = f"{site}/k/{point.code}/kunjungan/"
        for read in [0, 1, 20]:
            send_and_hang_up(form, fields, after=read)
        first, again = ask(form, fields), ask(form, fields)

    assert [first[0], first[1]["Location"]] == [303, again[1]["Location"]]
    assert Visit.objects.filter(submission_id=fields["submission_id"]).count() == 1
    assert Visit.objects.count() == 1


def send_and_hang_up(form: str, fields: dict[str, str], *, after: int) -> None:
    """Reads so many bytes of the answer."""
    address, body = urlsplit(form), urlencode(fields)
    with closing(socket.create_connection((address.hostname, address.port), 10)) as wire:
        head = f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: {len(body)}\r\n"
        wire.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}".encode())
        assert len(wire.recv(after)) == after


@pytest.mark.django_db(transaction=True)
def test_fifty_visitors_behind_one_address_all_get_in(point, visit_fields):
    with serving(PATIENT) as site, ThreadPoolExecutor(VISITORS) as visitors:
        form = f"{site}/k/{point.code}/kunjungan/"
        forms = [visit_fields(point, name=f"Tamu {number}", phone=f"08123456{number:04}") for number in range(50)]
        began = time.monotonic()
        answers = list(visitors.map(lambda fields: ask(form, fields), forms))

    assert {status for status, *_rest in answers} == {303}
    assert time.monotonic() - began < 60
    assert sorted(Visit.objects.values_list("number", flat=True)) == list(range(1, 51))


# --- PostgreSQL is away ----------------------------------------------------------------------------------------------


class Postgres:
    """A server of our own, to be crashed and stopped."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.start()

    def start(self) -> None:
        self.url = postgres.url_of(EmbeddedPostgres(self.folder).start())

    def signal(self, number: int) -> None:
        """To all of its processes."""
        for process in [self.postmaster, *self.postmaster.children()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    @property
    def postmaster(self) -> psutil.Process:
        return psutil.Process(int((self.folder / "postgres" / "postmaster.pid").read_text().partition("\n")[0]))

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Its kernel still takes connections and statements; only nobody reads them."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def crash(self) -> None:
        postmaster = self.postmaster
        self.signal(signal.SIGKILL)
        postmaster.wait(PATIENCE)

    def sql(self, statement: str) -> list[tuple]:
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()


@pytest.fixture(scope="module")
def own():
    # Not in pytest's own folder: every further run of pytest closes that to others, PostgreSQL's user among them.
    folder = Path(tempfile.mkdtemp(prefix="dilaku-faults-"))
    database = Postgres(folder)
    environment = {**os.environ, "DATABASE_URL": database.url, "VAR_DIR": str(settings.STATIC_ROOT.parent)}
    subprocess.run([sys.executable, "manage.py", "prepare"], env=environment, check=True, stdout=subprocess.PIPE)
    yield database
    database.signal(signal.SIGCONT)
    database.crash()
    shutil.rmtree(folder)


@pytest.fixture
def fields(own) -> dict[str, str]:
    [(district, purpose)] = own.sql("SELECT min(d.id), min(p.id) FROM visits_district AS d, visits_purpose AS p")
    return {
        "submission_id": str(uuid4()),
        "name": "Siti Rahmawati",
        "phone": "0812 3456 7890",
        "visitor_kind": "akademisi",
        "organization": "Universitas Contoh",
        "district": str(district or ""),
        "purpose": str(purpose),
        "note": "Perlu kursi roda",
    }


def form_path(own) -> str:
    [(code,)] = own.sql("SELECT min(code) FROM visits_checkinpoint")
    return f"/k/{code}/kunjungan/"


def stored(own) -> list[str]:
    return sorted(str(found) for (found,) in own.sql("SELECT submission_id::text FROM visits_visit"))


def is_calm(load: Load) -> bool:
    """Nobody is turned away for two seconds. At first somebody may still be, who had been waiting all the time."""
    failed = len(load.failures)
    time.sleep(2)
    return len(load.failures) == failed


def test_a_crash_under_load_loses_and_doubles_nothing(own, fields):
    with serving(DATABASE_URL=own.url) as site:
        form = site + form_path(own)
        with under_load(form, fields) as load:
            seconds_until(lambda: len(load.acknowledged) >= 100)  # by then both workers know the office
            assert any(seconds_of_return(own, load, form, fields) < 2 for _try in range(3))
            assert any(is_calm(load) for _try in range(3))

    assert stored(own) == sorted(load.acknowledged)


def seconds_of_return(own, load: Load, form: str, fields: dict[str, str]) -> float:
    own.crash()
    time.sleep(2.1)  # what the workers know of the office is old by now
    assert {ask(form)[0] for _ in range(6)} == {200}
    assert_told_to_come_back(form, fields)
    own.start()
    before = len(load.acknowledged)
    return seconds_until(lambda: len(load.acknowledged) >= before + VISITORS)


def assert_told_to_come_back(form: str, fields: dict[str, str]) -> None:
    """Within three seconds, with what was typed; by a worker that has just looked in vain, and by one that has to."""
    assert any(all(seconds_until_told(form, fields) < 3 for _ in range(2)) for _try in range(3))


def seconds_until_told(form: str, fields: dict[str, str]) -> float:
    status, headers, page, seconds = ask(form, fields)
    assert (status, headers["Retry-After"]) == (503, "5")
    assert (fields["note"] in page, fields["submission_id"] in page) == (True, True)
    return seconds


def test_a_stopped_server_holds_up_nobody_for_long(own, fields):
    with serving(DATABASE_URL=own.url, WEB_CONCURRENCY="1") as site:
        form = site + form_path(own)
        assert ask_patiently(form)[0] == 200
        with own.stopped():
            assert any(seconds_of_old_form(form) < 2 for _try in range(3))
            assert_told_to_come_back(form, fields)
            assert [ask(f"{site}{path}")[0] for path in ["/readyz", "/t/aaaa/"]] == [503, 503]

        assert seconds_until_taken(form, fields) < 2 or any(seconds_of_waking(own, form, fields) < 2 for _ in range(2))
        assert ask_patiently(f"{site}/readyz")[2] == "ready"

    assert stored(own).count(fields["submission_id"]) == 1


def seconds_of_old_form(form: str) -> float:
    time.sleep(2.1)  # what the worker knows of the office is old by now
    status, *_rest, seconds = ask(form)
    assert status == 200
    return seconds


def seconds_of_waking(own, form: str, fields: dict[str, str]) -> float:
    with own.stopped():
        assert ask(form, fields)[0] == 503
    return seconds_until_taken(form, fields)


def seconds_until_taken(form: str, fields: dict[str, str]) -> float:
    return seconds_until(lambda: ask(form, fields)[0] == 303)
