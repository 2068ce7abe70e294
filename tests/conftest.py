"""The cast: an office, another office, and the people who work there."""

import time as clock_time
from datetime import date, datetime, time
from functools import cache
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.hashers import get_hasher, make_password
from django.contrib.auth.models import Group, Permission, User
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client
from django.utils import timezone
from whitenoise import WhiteNoise

from tests.every_address import CANARY
from tests.installation import installed
from tests.visits.threads import reply
from visits import actions, roles, snapshot
from visits.codes import key_hash, private_key
from visits.models import (
    CheckInPoint,
    ClosedDay,
    DailyNumber,
    DataRequest,
    Feedback,
    FeedbackNumber,
    Membership,
    SurveyResponse,
    Visit,
)
from visits.models.survey import ELEMENTS
from visits.starter import make_office

PASSWORD = "kata-sandi-uji-2026"


@cache
def hashed_password(algorithm: str) -> str:
    """Made slowly, as it should be, and once: most tests need somebody, few need a password of their own."""
    return make_password(PASSWORD, hasher=algorithm)


@pytest.fixture(autouse=True, scope="session")
def _empty_tables_past_the_audit_trigger():
    """Tables are truncated between tests that commit. The audit trail refuses that, as it should; PostgreSQL's own
    superuser may suspend triggers for a statement, and nothing in the product offers it."""
    truncate = DatabaseOperations.execute_sql_flush

    def truncate_without_triggers(self, sql_list):
        suspend = "SET LOCAL session_replication_role = replica"
        wait = "SET LOCAL deadlock_timeout = '20s'"  # a server that is still at work notices first, and gives way
        return truncate(self, [suspend, wait, *sql_list, "SET LOCAL session_replication_role = origin"])

    DatabaseOperations.execute_sql_flush = truncate_without_triggers
    yield
    DatabaseOperations.execute_sql_flush = truncate


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Returns what the migrations granted: later, a test that commits ends with empty tables."""
    with django_db_blocker.unblock():
        return {
            group.name: sorted(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()
        }


@pytest.fixture(autouse=True)
def _no_snapshot_of_an_earlier_test():
    snapshot.forget()


@pytest.fixture
def settings_stay_fresh(monkeypatch):
    """For whoever counts statements: a machine that stalls for two seconds makes none."""
    monkeypatch.setattr(snapshot, "FRESH_SECONDS", 600)


@pytest.fixture(autouse=True)
def _no_boundary_within_a_test():
    """Midnight, opening and closing, windows of ten minutes: who would see one come begins behind it."""
    if (left := 600 - clock_time.time() % 600) < 3:
        clock_time.sleep(left + 0.1)


@pytest.fixture(autouse=True, scope="session")
def _static_files(tmp_path_factory):
    """Collected once, as in production: names with hashes, compressed."""
    from django.conf import settings
    from django.core.management import call_command

    settings.STATIC_ROOT = tmp_path_factory.mktemp("var") / "static"
    call_command("collectstatic", verbosity=0, interactive=False)
    _list_once(settings.STATIC_ROOT, settings.STATIC_URL)


def _list_once(folder, address: str) -> None:
    """Each test client has middleware of its own, and WhiteNoise's lists all static files when it is made."""
    listed = WhiteNoise(application=None)
    listed.add_files(folder, prefix=address)
    listing = WhiteNoise.update_files_dictionary

    def known(self, root, prefix):
        if root == f"{folder}/":
            self.files = listed.files
        else:
            listing(self, root, prefix)

    WhiteNoise.update_files_dictionary = known


@pytest.fixture(autouse=True, scope="session")
def _own_erasure_log(tmp_path_factory):
    from django.conf import settings

    settings.ERASURE_LOG = tmp_path_factory.mktemp("erasures") / "erasures.log"


@pytest.fixture
def office(db):
    return make_office(name="Bawaslu Kabupaten Contoh", slug="contoh", unit="Kabupaten Contoh")


@pytest.fixture
def other_office(db):
    return make_office(name="Bawaslu Kota Lain", slug="lain", unit="Kota Lain", time_zone="Asia/Jayapura")


@pytest.fixture
def point(office):
    return office.points.get(name="Pintu depan")


@pytest.fixture
def online_point(office):
    return CheckInPoint.objects.create(office=office, name="Instagram", kind=CheckInPoint.Kind.ONLINE)


@pytest.fixture
def make_user(db):
    def make(username, office=None, *groups, **kw):
        # Tests that commit are followed by a flush, which takes the groups of the migration along.
        if not Group.objects.exists():
            roles.grant(Group, Permission)
        user = User.objects.create(
            username=username, password=hashed_password(get_hasher().algorithm), is_staff=True, **kw
        )
        user.groups.set(Group.objects.filter(name__in=groups))
        if office:
            Membership.objects.create(user=user, office=office)
        return user

    return make


@pytest.fixture
def alice(make_user, office):
    """Front desk of the office."""
    return make_user("alice", office, roles.STAFF)


@pytest.fixture
def bob(make_user, office):
    """Head of the office: figures, no names."""
    return make_user("bob", office, roles.LEADERSHIP)


@pytest.fixture
def charlie(make_user, other_office):
    """Front desk of another office."""
    return make_user("charlie", other_office, roles.STAFF)


@pytest.fixture
def dewi(make_user, office):
    """Admin kantor."""
    return make_user("dewi", office, roles.OFFICE_ADMIN)


@pytest.fixture
def ratna(make_user, office):
    """Front desk, and trusted with violation reports."""
    return make_user("ratna", office, roles.STAFF, roles.REPORT_RECEIVER)


@pytest.fixture
def root(make_user):
    """IT."""
    return make_user("root", is_superuser=True)


@pytest.fixture
def client_of():
    def make(user):
        client = Client()
        client.force_login(user)
        return client

    return make


def local(office, day: str, at: str = "09:00:00") -> datetime:
    """A moment by the office's wall clock."""
    moment = datetime.combine(datetime.fromisoformat(day).date(), time.fromisoformat(at))
    return moment.replace(tzinfo=ZoneInfo(office.time_zone))


@pytest.fixture
def make_visit(office):
    """A visit that is here now, unless told otherwise. `arrived_at=None` makes an announced one."""

    def make(**kw) -> Visit:
        where = kw.pop("office", office)
        submission_id = kw.pop("submission_id", uuid4())
        arrived_at = kw.pop("arrived_at", where.local(datetime.now(where.zone)))
        day = arrived_at and arrived_at.astimezone(where.zone).date()
        defaults = {
            "office": where,
            "point": where.points.first(),
            "submission_id": submission_id,
            "key_hash": key_hash(private_key("visit", submission_id)),
            "name": "Siti Rahmawati",
            "phone": "+6281234567890",
            "visitor_kind": "perorangan",
            "district": where.districts.first(),
            "purpose": where.purposes.filter(is_confidential=False).first(),
            "arrived_at": arrived_at,
            "day": day,
            "number": DailyNumber.objects.take(where.pk, day) if day else None,
        }
        return Visit.objects.create(**{**defaults, **kw})

    return make


@pytest.fixture
def make_feedback(office):
    """A thread that waits for an answer, with its first letter in `body`."""

    def make(**kw) -> Feedback:
        where = kw.pop("office", office)
        body = kw.pop("body", "Ruang tunggu kurang kursi.")
        submission_id = kw.pop("submission_id", uuid4())
        created_at = kw.pop("created_at", timezone.now())
        defaults = {
            "office": where,
            "point": where.points.first(),
            "submission_id": submission_id,
            "key_hash": key_hash(private_key("feedback", submission_id)),
            "number": FeedbackNumber.objects.take(where.pk),
            "category": "saran",
            "created_at": created_at,
            "waiting_since": created_at,
        }
        feedback = Feedback.objects.create(**{**defaults, **kw})
        feedback.messages.create(submission_id=submission_id, author="tamu", body=body, created_at=created_at)
        return feedback

    return make


@pytest.fixture
def answered(make_feedback, alice):
    """A thread with one letter and alice's reply to it."""
    feedback = make_feedback()
    reply(feedback, by=alice)
    return feedback


@pytest.fixture
def make_survey(office):
    """Nine answers; `answers` sets all nine, single elements by name."""

    def make(answers: int = 4, **kw) -> SurveyResponse:
        where = kw.pop("office", office)
        defaults = {"office": where, "day": where.today(), **dict.fromkeys(ELEMENTS, answers)}
        return SurveyResponse.objects.create(**{**defaults, **kw})

    return make


@pytest.fixture
def visit_fields():
    """What a visitor's browser sends."""

    def make(point, **kw) -> dict[str, str]:
        fields = {
            "submission_id": str(uuid4()),
            "name": "Siti Rahmawati",
            "phone": "0812 3456 7890",
            "visitor_kind": "akademisi",
            "organization": "Universitas Contoh",
            "district": str(point.office.districts.first().pk),
            "purpose": str(point.office.purposes.filter(is_confidential=False).first().pk),
            "meeting_with": "",
            "party_size": "2",
            "note": "",
        }
        return {**fields, **kw}

    return make


@pytest.fixture
def feedback_fields():
    """What a browser sends that tells the office something."""

    def make(**kw) -> dict[str, str]:
        fields = {
            "submission_id": str(uuid4()),
            "category": "saran",
            "body": "Ruang tunggu kurang kursi.\nMohon ditambah.",
            "name": "",
            "phone": "",
        }
        return {**fields, **kw}

    return make


@pytest.fixture
def ended(make_visit):
    """A visit of today that the visitor has ended."""
    return actions.close(make_visit())


@pytest.fixture
def survey_fields():
    """The sheet of a browser with nine like answers, and nothing else told."""

    def make(answers: int = 4, **kw) -> dict[str, str]:
        empty = dict.fromkeys(["comment", "sex", "age", "education", "job"], "")
        return {**dict.fromkeys(ELEMENTS, str(answers)), **empty, **kw}

    return make


@pytest.fixture
def rows(office, point, alice, make_visit, make_feedback, make_survey):
    """One row of every model with a page, by the model's name, all of one office. Their numbers stand nowhere else
    on a page."""
    visit = make_visit(pk=735190461, visitor_kind="media", **CANARY)
    made = [
        visit,
        make_feedback(pk=735190462, name=CANARY["name"], phone=CANARY["phone"], body=CANARY["note"]),
        make_survey(comment=CANARY["note"]),
        ClosedDay.objects.create(office=office, day=date(2026, 12, 25), name="Libur"),
        DataRequest.objects.create(pk=735190463, office=office, visit=visit, kind="perbaikan", words=CANARY["note"]),
        actions.record(action="visit.opened", by=alice, office_id=office.pk, target=visit),
        office.divisions.first(),
        office.districts.last(),
        office.purposes.last(),
        office.reply_templates.first(),
        *[office, point, alice, Group.objects.first()],
    ]
    return {row._meta.model_name: row for row in made}


@pytest.fixture
def clock(monkeypatch):
    """The time of day, to be set: everything that asks `timezone.now()` hears it."""

    class Clock:
        def set(self, moment: datetime) -> None:
            monkeypatch.setattr("django.utils.timezone.now", lambda: moment)

    return Clock()


@pytest.fixture(scope="session")
def installation(tmp_path_factory):
    """A database of its own with many visits; `fresh` puts it in order again."""
    with installed("dumped", tmp_path_factory.mktemp("installation")) as made:
        yield made


@pytest.fixture
def fresh(installation):
    yield installation
    installation.tidy()


@pytest.fixture
def at(clock, office):
    """`at("10:00")`, on a Tuesday by the office's clock unless another day is given."""

    def set_clock(time: str, day: str = "2026-07-14"):
        clock.set(local(office, day, time))
        snapshot.forget()

    return set_clock
