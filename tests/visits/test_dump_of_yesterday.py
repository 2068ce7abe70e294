"""A dump of yesterday comes back, and with it rows as they were: whatever was erased, restricted or taken back since
is done once more, in whichever state the dump holds the row."""

import json
import resource
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.utils import timezone

from visits import actions, erasures, inbox, retention, rights
from visits.models import AuditEvent, DataRequest, Feedback, Message, SurveyResponse, Visit

pytestmark = pytest.mark.django_db

GRANT = {"is_granted": True, "answer": ""}


@pytest.fixture(autouse=True)
def log(settings, tmp_path):
    settings.ERASURE_LOG = tmp_path / "erasures.log"
    return settings.ERASURE_LOG


@pytest.fixture
def yesterday(log):
    """Keeps the rows as they are now; called, it brings them back and does what a restore does, twice like it."""

    class Dump:
        def __init__(self):
            models = [Visit, DataRequest, Feedback, Message, SurveyResponse]
            self.rows = [row for model in models for row in model.objects.all()]

        def restore(self, *logs):
            for row in self.rows:
                row.save(force_update=True)
            for _ in range(2):
                with transaction.atomic():
                    erasures.reapply(*(logs or [log]))

    return Dump


def held(visit) -> tuple:
    visit = Visit.objects.get(pk=visit.pk)
    return visit.name, visit.phone, visit.excluded_reason, visit.anonymized_at is not None


ERASED = ("", "", "", True)


# Erased since.


def test_a_visit_that_was_excluded_only_afterwards(yesterday, make_visit, dewi):
    visit = make_visit()
    dump = yesterday()
    actions.exclude(visit, reason="Siti dua kali", by=dewi)
    rights.erase_visit(visit, by=dewi)
    assert held(visit)[2] == erasures.GONE
    dump.restore()
    assert held(visit) == ERASED


def test_a_visit_that_was_still_excluded_with_a_reason_that_names_somebody(yesterday, make_visit, dewi):
    visit = make_visit()
    actions.exclude(visit, reason="Siti dua kali", by=dewi)
    visit.refresh_from_db()
    dump = yesterday()
    actions.include(visit, by=dewi)
    rights.erase_visit(visit, by=dewi)
    assert held(visit) == ERASED
    dump.restore()
    assert held(visit) == ("", "", erasures.GONE, True)


@pytest.mark.parametrize("is_granted", [True, False])
def test_a_request_that_was_still_waiting(yesterday, office, make_visit, dewi, is_granted):
    """The next upkeep settles it: nobody is asked to decide about data that are gone."""
    visit = make_visit()
    asked = rights.ask(visit, kind="penghapusan", words="Saya Siti.")
    dump = yesterday()
    rights.decide(asked, is_granted=is_granted, answer="Siti, maaf.", by=dewi)
    if not is_granted:
        rights.erase_visit(visit, by=dewi)
    dump.restore()
    assert held(visit) == ERASED
    assert DataRequest.objects.values_list("words", "answer").get() == ("", "")
    retention.erase_due(office, retention.over_since(office))
    asked.refresh_from_db()
    assert (asked.is_granted, asked.words, asked.answer) == (True, "", erasures.GONE)
    assert retention.erase_due(office, retention.over_since(office)) == 0


def test_a_thread_that_still_waited_waits_for_nobody(yesterday, office, make_feedback, dewi):
    thread = make_feedback(name="Siti", phone="+6281234567890")
    dump = yesterday()
    Feedback.objects.update(waiting_since=None, first_replied_at=timezone.now())
    rights.erase_thread(thread, by=dewi)
    dump.restore()
    thread.refresh_from_db()
    assert (thread.name, thread.waiting_since, thread.messages.get().body) == ("", None, "")
    assert inbox.of(office).waiting == 0


# Restricted, lifted, taken back since.


def test_a_restriction_and_a_withdrawn_consent_come_back(yesterday, make_visit, dewi):
    visit, other = make_visit(consent_at=timezone.now()), make_visit(consent_at=timezone.now())
    dump = yesterday()
    rights.restrict(visit, by=dewi)
    rights.withdraw_consent(visit)
    restricted_at = Visit.objects.get(pk=visit.pk).restricted_at
    dump.restore()
    visit.refresh_from_db()
    other.refresh_from_db()
    assert (visit.restricted_at, visit.consent_at, visit.name) == (restricted_at, None, "Siti Rahmawati")
    assert (other.restricted_at, other.consent_at is None) == (None, False)


def test_a_granted_restriction_is_one_although_its_request_waits_again(yesterday, make_visit, dewi):
    asked = rights.ask(make_visit(), kind="pembatasan", words="")
    dump = yesterday()
    rights.decide(asked, **GRANT, by=dewi)
    dump.restore()
    [again] = DataRequest.objects.waiting()
    restricted_at = Visit.objects.get().restricted_at
    assert restricted_at
    rights.decide(again, **GRANT, by=dewi)
    assert Visit.objects.get().restricted_at == restricted_at


@pytest.mark.parametrize("again", [False, True])
def test_of_restricting_and_lifting_the_later_counts(
    yesterday, log, make_visit, dewi, django_capture_on_commit_callbacks, again
):
    """Also when a copy of the log that lies beside the dump knows only the earlier one."""
    visit = make_visit()
    dump = yesterday()
    rights.restrict(visit, by=dewi)
    copy = log.with_name("copy.log")
    copy.write_bytes(log.read_bytes())
    with django_capture_on_commit_callbacks(execute=True):
        rights.lift_restriction(visit)
    if again:
        rights.restrict(visit, by=dewi)
    for logs in [[log], [log, copy], [copy, log]]:
        dump.restore(*logs)
        assert (Visit.objects.get().restricted_at is not None) == again


@pytest.mark.django_db(transaction=True)
def test_a_lift_that_did_not_come_to_pass_is_not_noted(log, make_visit, dewi):
    """The other way round a restore would open what the visitor wants closed."""
    visit = make_visit()
    rights.restrict(visit, by=dewi)
    before = log.read_text()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        rights.lift_restriction(visit)
        assert log.read_text() == before
        1 / 0  # noqa: B018
    assert log.read_text() == before
    rights.lift_restriction(visit)
    assert json.loads(log.read_text().splitlines()[-1])["emptied"] == {"restricted_at": None}


@pytest.mark.django_db(transaction=True)
def test_a_lift_that_can_not_be_noted_is_one_all_the_same(log, settings, make_visit, dewi, caplog):
    visit = make_visit()
    rights.restrict(visit, by=dewi)
    settings.ERASURE_LOG = log / "no-folder"
    rights.lift_restriction(visit)
    assert Visit.objects.get().restricted_at is None
    assert "FileExistsError" in caplog.text


# A log that takes no more.


@contextmanager
def full_disk(log):
    """There is room for the beginning of a line."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 20, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("do", ["erase", "restrict", "withdraw", "grant"])
def test_with_a_full_disk_nothing_is_done_by_halves(log, make_visit, dewi, do):
    earlier, visit = make_visit(), make_visit(consent_at=timezone.now())
    rights.withdraw_consent(make_visit(consent_at=timezone.now()))
    asked = rights.ask(visit, kind="penghapusan", words="Tolong.")
    deeds = {
        "erase": lambda: rights.erase_visit(visit, by=dewi),
        "restrict": lambda: rights.restrict(visit, by=dewi),
        "withdraw": lambda: rights.withdraw_consent(visit),
        "grant": lambda: rights.decide(asked, **GRANT, by=dewi),
    }
    tables = [Visit, DataRequest, AuditEvent]
    before = [list(table.objects.values()) for table in tables]
    with full_disk(log), pytest.raises(OSError, match="File too large"):
        deeds[do]()
    assert [list(table.objects.values()) for table in tables] == before
    rights.erase_visit(earlier, by=dewi)
    assert json.loads(log.read_text().splitlines()[-1])["keys"] == [earlier.pk], "there is room again"
    assert erasures.reapply(log) == 0
