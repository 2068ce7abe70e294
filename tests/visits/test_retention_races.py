"""Retention beside people: a visitor who asks about data that are being erased, a disk that takes no more."""

import os
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from tests.conftest import local
from tests.servers import database_url
from visits import actions, retention, rights
from visits.actions import record
from visits.models import AuditEvent, AuditSeal, DataRequest, Visit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def log(settings, tmp_path):
    settings.ERASURE_LOG = tmp_path / "erasures.log"
    return settings.ERASURE_LOG


@pytest.fixture
def old_visit(office, make_visit):
    begun = local(office, str(office.today() - timedelta(days=500)))
    return make_visit(arrived_at=begun, created_at=begun, left_at=begun, ended_by="tamu")


@pytest.fixture
def upkeep_environment(log):
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "ERASURE_LOG": str(log),
        "LINK_SECRET": settings.LINK_SECRET,
        "SECRET_KEY": settings.SECRET_KEY,
        "VAR_DIR": str(settings.STATIC_ROOT.parent),
    }


@pytest.fixture
def under_way():
    """Holds a transaction open, in a thread, after it has done something."""
    go_on, threads = threading.Event(), []

    def begin(deed):
        done = threading.Event()

        def run():
            with transaction.atomic():
                deed()
                done.set()
                go_on.wait(30)
            connection.close()

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        assert done.wait(30)

    def end():
        go_on.set()
        for thread in threads:
            thread.join(30)

    begin.end = end
    yield begin
    end()


def ask(visit):
    return rights.ask(visit, kind="pembatasan", words="Saya Siti.")


def test_a_request_that_is_being_written_is_settled_by_the_next_upkeep(office, old_visit, under_way):
    moment = retention.over_since(office)
    under_way(lambda: ask(old_visit))
    assert retention.erase_due(office, moment) == 0, "nobody waits for one visitor"
    under_way.end()
    assert retention.erase_due(office, moment) == 2
    asked = DataRequest.objects.get()
    assert (asked.is_granted, asked.words, asked.answer) == (True, "", retention.GONE)
    assert not DataRequest.objects.waiting().exists()


def test_a_request_that_comes_while_its_visit_is_erased_is_too_late(office, old_visit, under_way):
    under_way(lambda: retention.erase_due(office, retention.over_since(office)))
    threading.Timer(0.5, under_way.end).start()
    with pytest.raises(actions.AlreadyErasedError):
        ask(old_visit)
    assert not DataRequest.objects.exists()
    assert Visit.objects.get().name == ""


def test_many_requests_go_in_batches(office, old_visit, make_visit):
    asked = [ask(old_visit)]
    asked += [rights.ask(old_visit, kind=kind, words="Siti.") for kind in ["perbaikan", "penghapusan"]]
    recent = ask(make_visit())
    assert retention.erase_due(office, retention.over_since(office), batch=2) == 4
    assert AuditEvent.objects.filter(action="retention.erased", details__model="datarequest").count() == 2
    recent.refresh_from_db()
    assert (recent.words, recent.decided_at) == ("Saya Siti.", None)
    words = DataRequest.objects.exclude(pk=recent.pk).values_list("words", "answer", "is_granted").distinct()
    assert list(words) == [("", retention.GONE, True)]


def test_a_log_that_takes_no_more_stops_the_erasing_and_nothing_else(office, old_visit, log):
    record(action="visit.opened")
    log.mkdir()
    with pytest.raises(IsADirectoryError):
        call_command("upkeep")
    assert Visit.objects.get(pk=old_visit.pk).name == "Siti Rahmawati"
    assert AuditSeal.objects.count() == 1


def test_upkeep_that_goes_on_outlives_it(office, old_visit, log, upkeep_environment):
    log.mkdir()
    said = said_by_upkeep_that_goes_on("nothing was erased", upkeep_environment)
    assert "Is a directory" in said and "next time" in said


def test_upkeep_that_goes_on_outlives_a_row_that_is_refused(office, make_visit, old_visit, upkeep_environment):
    """PostgreSQL quotes the row; the log doesn't. Whatever else is due is done."""
    make_visit(arrived_at=local(office, "2026-03-03"))
    record(action="visit.opened")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE visits_visit ADD CONSTRAINT never CHECK (ended_by <> 'otomatis') NOT VALID")
        try:
            said = said_by_upkeep_that_goes_on("DETAIL", upkeep_environment)
        finally:
            cursor.execute("ALTER TABLE visits_visit DROP CONSTRAINT never")
    assert said == "DETAIL: ***\n"
    assert AuditSeal.objects.count() == 1
    assert Visit.objects.get(pk=old_visit.pk).name == ""


def said_by_upkeep_that_goes_on(words: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "manage.py", "upkeep", "--every", "1"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        patience = threading.Timer(60, process.kill)
        patience.start()
        said = next((line for line in process.stdout if words in line), "")
        time.sleep(0.5)
        goes_on = process.poll() is None
        patience.cancel()
        process.kill()
    assert goes_on
    return said
