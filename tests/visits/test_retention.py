"""What leads to a person goes when its time is over; rows, counts and past reports stay."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test import Client

from reports import archive
from reports.models import ArchivedReport
from reports.monthly import build
from reports.period import Period
from reports.retention import resting_on
from tests.conftest import local
from tests.servers import backends, database_url, wait_for_the_killed
from visits import actions, erasures, feedback_actions, flagged, inbox, retention
from visits.models import AuditEvent, Feedback, Message, SurveyResponse, Visit

JULY = datetime(2026, 7, 14, 10, tzinfo=ZoneInfo("Asia/Jakarta"))
CANARY, NUMBER = "Kenari Jelita Rahasia", "+6281999888777"


@pytest.fixture(autouse=True)
def _erasures_apart(settings, tmp_path):
    settings.ERASURE_LOG = tmp_path / "erasures.log"


@pytest.fixture
def old_visit(office, make_visit):
    """One of more than a year ago; `on` names another day."""

    def make(on: str = "2025-06-10", **kw) -> Visit:
        arrived_at = local(office, on)
        ending = {"left_at": arrived_at + timedelta(minutes=30), "ended_by": "tamu"}
        words = {"name": CANARY, "phone": NUMBER, "organization": "Toko Kenari", "note": CANARY, "staff_note": CANARY}
        begun = {"arrived_at": arrived_at, "created_at": arrived_at}
        return make_visit(**{**ending, **words, **begun, "meeting_with": CANARY, "consent_at": arrived_at, **kw})

    return make


@pytest.mark.parametrize("rule", retention.RULES, ids=lambda rule: rule.model.__name__)
def test_every_field_is_either_emptied_or_kept(rule):
    fields = {field.name for field in rule.model._meta.concrete_fields}
    assert set(rule.emptied) | rule.kept == fields
    assert not set(rule.emptied) & rule.kept


def test_every_model_that_leads_to_visitors_has_a_rule():
    """A new table with text or numbers of visitors has to be thought of: here are those that have none."""
    staff_and_settings = {
        *["AuditEvent", "AuditSeal", "CheckInPoint", "ClosedDay", "DailyNumber", "District", "Division"],
        *["FeedbackNumber", "Membership", "Office", "OneTimePassword", "Purpose", "ReplacedCode", "ReplyTemplate"],
        *["RequiredDocument", "ServiceHours", "SettingsVersion", "StaffSession", "SubmissionCount", "Authenticator"],
    }
    models = {model.__name__ for model in apps.get_app_config("visits").get_models()}
    ruled = {rule.model.__name__ for rule in retention.RULES}
    assert models - ruled == staff_and_settings


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 7, 14), 12, date(2025, 7, 14)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 120, date(2016, 12, 31)),
    ],
)
def test_months_before(day, months, before):
    assert retention.months_before(day, months) == before


def test_a_visit_loses_what_leads_to_a_person_and_keeps_what_counts(office, old_visit, clock):
    visit = old_visit()
    kept = {name: getattr(visit, name) for name in ["day", "number", "purpose", "party_size", "left_at", "point"]}
    key = actions.ticket_key(visit)
    clock.set(JULY)
    call_command("upkeep")
    visit.refresh_from_db()
    assert {name: getattr(visit, name) for name in kept} == kept
    assert (visit.name, visit.phone, visit.organization, visit.note, visit.staff_note, visit.meeting_with) == ("",) * 6
    assert (visit.submission_id, visit.key_hash, visit.consent_at, visit.anonymized_at) == (None, None, None, JULY)
    assert "Tiket tidak ditemukan" in Client().get(f"/t/{key}/").text


@pytest.mark.parametrize(("day", "is_due"), [("2025-07-13", True), ("2025-07-14", False)])
def test_the_office_s_midnight_is_the_border(office, old_visit, clock, day, is_due):
    visit = old_visit(day)
    clock.set(JULY)
    call_command("upkeep")
    visit.refresh_from_db()
    assert (visit.name == "") == is_due


def test_each_office_has_its_own_months(office, other_office, old_visit, clock):
    other_office.retention_months = 24
    other_office.save()
    mine, theirs = old_visit(), old_visit(office=other_office, purpose=other_office.purposes.first(), district=None)
    clock.set(JULY)
    call_command("upkeep")
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.name, theirs.name) == ("", CANARY)


def test_announced_and_excluded_visits_go_too(office, old_visit, online_point, dewi, clock):
    moment = local(office, "2025-06-01")
    ended = {"left_at": None, "ended_by": "", "day": None, "number": None}
    announced = old_visit(point=online_point, arrived_at=None, created_at=moment, lapsed_at=moment, **ended)
    excluded = old_visit(excluded_at=moment, excluded_reason=f"Catatan ganda dari {CANARY}")
    clock.set(JULY)
    call_command("upkeep")
    announced.refresh_from_db()
    excluded.refresh_from_db()
    assert (announced.name, excluded.name, excluded.excluded_reason) == ("", "", retention.GONE)


def test_threads_and_sheets(office, make_feedback, make_survey, alice, clock):
    old = make_feedback(created_at=local(office, "2025-06-10"), body=CANARY, name=CANARY, phone=NUMBER)
    written_since = make_feedback(created_at=local(office, "2025-06-10"), body=CANARY)
    written_since.messages.create(author="tamu", body=CANARY, created_at=local(office, "2025-08-01"))
    sheet = make_survey(day=date(2025, 6, 10), comment=CANARY, sex="P", age=44, ticket_hash="a" * 64)
    clock.set(JULY)
    call_command("upkeep")
    old, sheet = Feedback.objects.get(pk=old.pk), SurveyResponse.objects.get(pk=sheet.pk)
    assert (old.name, old.phone, old.key_hash, old.category, [letter.body for letter in old.messages.all()]) == (
        *("", "", None, "saran"),
        [""],
    )
    assert [letter.body for letter in written_since.messages.all()] == [CANARY, CANARY]
    assert (sheet.comment, sheet.sex, sheet.age, sheet.ticket_hash, sheet.speed) == ("", "", None, None, 4)
    assert feedback_actions.thread_key(old) is None


def test_nobody_is_asked_to_answer_an_erased_letter(office, make_feedback, settings, clock):
    waiting, settled, flagged_one = (
        make_feedback(created_at=local(office, "2025-06-10"), **kw)
        for kw in [{}, {"waiting_since": None}, {"waiting_since": None, "flagged_reason": "kolom jebakan terisi"}]
    )
    clock.set(JULY)
    call_command("upkeep")
    assert inbox.of(office).waiting == 0
    assert flagged.piles(office) == []
    ends = Feedback.objects.order_by("pk").values_list("pk", "closed_at", "closed_by")
    assert list(ends) == [(waiting.pk, JULY, "petugas"), (settled.pk, None, ""), (flagged_one.pk, JULY, "petugas")]
    assert not Feedback.objects.counted().filter(pk=flagged_one.pk).exists()

    Feedback.objects.update(closed_at=None, closed_by="", waiting_since=F("created_at"))  # a dump of yesterday
    erasures.reapply(settings.ERASURE_LOG)
    assert not Feedback.objects.waiting().exists()


def test_a_canary_occurs_nowhere_afterwards(office, old_visit, make_feedback, make_survey, clock):
    old_visit()
    make_feedback(created_at=local(office, "2025-06-10"), body=CANARY, name=CANARY, phone=NUMBER)
    make_survey(day=date(2025, 6, 10), comment=CANARY)
    clock.set(JULY)
    call_command("upkeep")
    assert found_in_database(CANARY, NUMBER) == []
    log = settings.ERASURE_LOG.read_text()
    assert CANARY not in log
    assert NUMBER not in log


def found_in_database(*words: str) -> list[str]:
    """Every table, row by row, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        tables = [table for (table,) in cursor.fetchall()]
        found = []
        for table in tables:
            for word in words:
                cursor.execute(f"SELECT count(*) FROM {table} AS r WHERE position(%s IN r::text) > 0", [word])
                found += [table] * cursor.fetchone()[0]
    return found


def test_past_reports_stay_to_the_row(office, old_visit, dewi, clock):
    clock.set(local(office, "2026-07-01", "10:00:00"))
    for day in ["2025-06-10", "2025-06-10", "2025-06-25", "2026-06-10"]:
        old_visit(day)
    june, year_before = Period.parse("2026-06"), Period.parse("2025-06")
    before = {period: build(office, period).to_json() for period in [june, year_before, Period.parse("2025")]}
    clock.set(JULY)
    call_command("upkeep")
    after = {period: archive.issue_of(office, period).report.to_json() for period in before}
    assert after == before
    assert build(office, year_before).now.visitors == 0  # the numbers are gone from the rows
    assert ArchivedReport.objects.current().filter(number="").count() > 0


def test_which_reports_rest_on_a_day():
    day = date(2025, 6, 10)
    found = [str(period) for period in resting_on(day, day, today=date(2026, 7, 14))]
    assert found == [
        *["2025-06", "2025-07", "2026-06"],
        *["2025-T2", "2025-T3", "2026-T2"],
        *["2025-S1", "2025-S2", "2026-S1"],
        *["2025"],
    ]


def test_twice_does_nothing_more_and_it_is_written_down(office, old_visit, clock):
    for _ in range(3):
        old_visit()
    clock.set(JULY)
    call_command("upkeep")
    call_command("upkeep")
    [event] = AuditEvent.objects.filter(action="retention.erased")
    assert (event.office_id, event.details) == (
        office.pk,
        {"rows": 3, "model": "visit", "before": "2025-07-14"},
    )
    lines = [json.loads(line) for line in settings.ERASURE_LOG.read_text().splitlines()]
    assert [(line["model"], len(line["keys"])) for line in lines] == [("visits.visit", 3)]


def test_batches_end(office, old_visit):
    for _ in range(5):
        old_visit()
    assert retention.erase_due(office, JULY, batch=2) == 5
    assert AuditEvent.objects.filter(action="retention.erased").count() == 3


@pytest.mark.django_db(transaction=True)
def test_killed_at_random_moments_it_goes_on(office, old_visit, tmp_path):
    Visit.objects.bulk_create(copies(old_visit(), 3000))
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "ERASURE_LOG": str(tmp_path / "log"),
        "LINK_SECRET": settings.LINK_SECRET,
        "SECRET_KEY": settings.SECRET_KEY,
        "VAR_DIR": str(settings.STATIC_ROOT.parent),
    }
    bystanders = backends()
    for seconds in [1.2, 1.4, 1.7, 2.1]:
        two = [upkeep(environment), upkeep(environment)]
        time.sleep(seconds)
        for process in two:
            process.send_signal(signal.SIGKILL)
            process.wait()
        for visit in Visit.objects.exclude(anonymized_at=None)[:50]:
            assert (visit.name, visit.phone, visit.key_hash) == ("", "", None)
    wait_for_the_killed(bystanders)  # else their rows would be left to the next time
    assert upkeep(environment).wait(timeout=60) == 0
    assert not Visit.objects.filter(anonymized_at=None).exists()
    told = sum(event.details["rows"] for event in AuditEvent.objects.filter(action="retention.erased"))
    assert told == 3001
    lines = filter(None, map(erasures.parse, (tmp_path / "log").read_text().splitlines()))  # one may be cut short
    noted = {key for line in lines for key in line["keys"]}
    assert noted == set(Visit.objects.values_list("pk", flat=True))


def upkeep(environment) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "manage.py", "upkeep"], env=environment, stdout=subprocess.DEVNULL)


def copies(visit: Visit, times: int):
    for number in range(2, times + 2):
        visit.pk, visit.number = None, number
        visit.submission_id = visit.key_hash = None
        yield Visit(
            **{
                field.attname: getattr(visit, field.attname)
                for field in visit._meta.concrete_fields
                if not field.generated
            }
        )


def test_nothing_is_erased_that_cannot_be_noted(office, old_visit, settings):
    settings.ERASURE_LOG = settings.BASE_DIR / "manage.py" / "no-folder"
    visit = old_visit()
    with pytest.raises(OSError):
        retention.erase_due(office, JULY)
    visit.refresh_from_db()
    assert visit.name == CANARY


def test_an_old_letter_of_nobody_is_no_message(office, make_feedback):
    make_feedback(created_at=local(office, "2025-06-10"))
    retention.erase_due(office, JULY)
    assert Message.objects.filter(body="").count() == 1
