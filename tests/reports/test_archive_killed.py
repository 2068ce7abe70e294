"""kill -9 while reports are stored, locked, opened again and the rows behind them erased: each report is there whole,
or not at all; its figures are those of before, and the next run goes on.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from secrets import SystemRandom

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from reports import actions, archive
from reports.models import ArchivedReport
from reports.monthly import build
from reports.period import Kind, Period
from reports.retention import resting_on
from tests.conftest import local
from tests.servers import backends, database_url, wait_for_the_killed
from visits import retention
from visits.models import AuditEvent, Office, Visit

pytestmark = pytest.mark.django_db(transaction=True)

VISITS = 2400
RANDOM = SystemRandom()
LOCK_AND_UNLOCK = """
from itertools import cycle
from django.contrib.auth.models import User
from reports import actions, archive
from reports.period import Period
from visits.models import Office
office, by = Office.objects.get(), User.objects.get(username="dewi")
for period in cycle(map(Period.parse, {periods!r})):
    current = archive.current(office, period)
    if current:
        actions.unlock(office=office, period=period, reason="Salah nomor", by=by)
    else:
        actions.lock(office=office, period=period, number=f"{{period}}/001", by=by)
"""


@pytest.fixture
def manage(tmp_path):
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "ERASURE_LOG": str(tmp_path / "erasures.log"),
        "LINK_SECRET": settings.LINK_SECRET,
        "SECRET_KEY": settings.SECRET_KEY,
        "VAR_DIR": str(settings.STATIC_ROOT.parent),
    }

    def start(*arguments: str) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, "manage.py", *arguments], env=environment, stdout=subprocess.DEVNULL)

    return start


@pytest.fixture
def old_months(office, make_visit) -> list[Period]:
    """Three months that are over for longer than visits are kept, with many visits by 40 people."""
    month = Period.containing(office.today() - timedelta(days=480))
    months = [month, month.next, month.next.next]
    make_visit(arrived_at=local(office, str(months[0].first_day)))
    visit, rows = Visit.objects.get(), []
    for number in range(VISITS):
        day = months[number % 3].first_day + timedelta(days=number // 3 % 28)
        moment = local(office, str(day), "10:00:00")
        visit.pk, visit.number, visit.submission_id, visit.key_hash = None, number + 2, None, None
        visit.day, visit.arrived_at, visit.created_at, visit.left_at, visit.ended_by = (
            day,
            moment,
            moment,
            moment,
            "tamu",
        )
        visit.phone, visit.party_size = f"+62812345678{number % 40:02}", number % 5 + 1
        fields = [field.attname for field in Visit._meta.concrete_fields if not field.generated]
        rows.append(Visit(**{name: getattr(visit, name) for name in fields}))
    Visit.objects.bulk_create(rows)
    Visit.objects.filter(left_at=None).delete()
    return months


@pytest.fixture
def kill_at_work(manage):
    """So many seconds after it has begun to change something. PostgreSQL may still carry out what it was told last."""
    bystanders = backends()

    def kill(*arguments: str, progress, seconds: float) -> None:
        before, until, process = progress(), time.monotonic() + 60, manage(*arguments)
        while progress() == before and process.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.0005)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_for_the_killed(bystanders)

    return kill


def is_kept_by_the_database(visit: Visit) -> bool:
    try:
        with transaction.atomic():
            visit.delete()
            transaction.set_rollback(True)
    except IntegrityError as refused:
        return "is archived" in str(refused)
    return False


def check_archive(office) -> set[str]:
    """Whole, one current report of a period at most, and the rows of these periods stay. Which periods it holds."""
    for row in ArchivedReport.objects.all():
        report, letterhead = archive.read(row)
        assert (str(report.period), letterhead.report_number) == (row.period, row.number)
    current = list(ArchivedReport.objects.current())
    periods = {row.period for row in current}
    assert len(periods) == len(current)
    covered = [(row.first_day, row.last_day) for row in current]
    for visit in [
        Visit.objects.filter(day=day).first() for day in Visit.objects.values_list("day", flat=True).distinct()
    ]:
        is_covered = any(first <= visit.day <= last for first, last in covered)
        assert is_kept_by_the_database(visit) == is_covered
    return periods


def figures(office, periods) -> dict[str, str]:
    return {str(period): archive.issue_of(office, period).report.to_json() for period in periods}


def test_while_reports_are_stored_and_the_rows_behind_them_erased(office, old_months, manage, kill_at_work):
    last = office.local(retention.over_since(office)).date()
    periods = list(resting_on(old_months[0].first_day, last, today=office.today()))
    assert {period.kind for period in periods} == set(Kind)
    before, midway = figures(office, periods), 0

    def erased():
        return Visit.objects.exclude(anonymized_at=None).count()

    for progress in [ArchivedReport.objects.count] * 5 + [erased] * 4:
        kill_at_work("upkeep", progress=progress, seconds=RANDOM.uniform(0, 0.06))
        held = check_archive(office)
        assert figures(office, periods) == before
        assert erased() == 0 or held == set(before), "nothing goes before every report is stored"
        midway += 0 < len(held) < len(before) or 0 < erased() < VISITS
    assert midway > 3
    assert manage("upkeep").wait(timeout=120) == 0
    assert (check_archive(office), erased()) == (set(before), VISITS)
    assert figures(office, periods) == before
    assert build(office, old_months[0]).now.visitors == 0, "only the archive knows"


def test_while_reports_are_locked_and_opened_again(office, old_months, dewi, kill_at_work):
    Office.objects.update(retention_months=36)  # opened again they are counted anew
    names = [str(period) for period in old_months]
    before = figures(office, old_months)
    for seconds in [0, 0, 0, 0, *(RANDOM.uniform(0, 0.1) for _ in range(4))]:
        script = LOCK_AND_UNLOCK.format(periods=names)
        kill_at_work("shell", "--command", script, progress=ArchivedReport.objects.count, seconds=seconds)
        held = check_archive(office)
        assert figures(office, old_months) == before
        # Each has its line in the trail, and no line is without its report.
        locked, ended = ArchivedReport.objects.all(), ArchivedReport.objects.exclude(ended_at=None)
        told = Counter(AuditEvent.objects.filter(action__startswith="report.").values_list("action", flat=True))
        assert (told["report.locked"], told["report.unlocked"]) == (locked.count(), ended.count())
        sums = AuditEvent.objects.filter(action="report.locked").values_list("object_id", "details__checksum")
        assert dict(sums) == dict(locked.values_list("pk", "checksum"))
    for period in old_months:
        if str(period) not in held:
            actions.lock(office=office, period=period, number=f"{period}/001", by=dewi)
    assert check_archive(office) == set(names)


def test_opened_again_while_the_rows_behind_it_are_erased(office, old_months, dewi):
    """Upkeep has found the report stored, and is not yet done erasing: nobody could count again afterwards."""
    month, moment = old_months[0], retention.over_since(office)
    before = figures(office, [month])
    actions.lock(office=office, period=month, number="001", by=dewi)
    actions.unlock(office=office, period=month, reason="Salah nomor", by=dewi)
    retention.erase_due(office, moment)
    assert figures(office, [month]) == before
