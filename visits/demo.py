"""What `manage.py demo` puts into an empty database: an office, three accounts, a year of visits, survey
sheets, suggestions and requests about one's own data. All of it made up.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection, transaction

from visits import roles, starter
from visits.actions import record
from visits.demo_people import DISTRICTS
from visits.demo_requests import requests
from visits.demo_voices import Thread, Voices
from visits.demo_year import DAYS, Scene, Year
from visits.holidays import national_closed_days
from visits.models import (
    CheckInPoint,
    ClosedDay,
    DailyNumber,
    DataRequest,
    District,
    Feedback,
    FeedbackNumber,
    Membership,
    Message,
    Office,
    SurveyResponse,
    Visit,
)
from visits.passwords import new_password

OFFICE = {
    "name": "Bawaslu Kabupaten Contoh",
    "slug": "contoh",
    "unit": "Kabupaten Contoh",
    "address": "Jalan Demokrasi Nomor 1, Kota Contoh",
    "whatsapp": "+6283400000000",  # rings nowhere, see visits.demo_people
    "signatory_name": "Dra. Ratna Kusumadewi, M.Si.",
    "signatory_title": "Kepala Sekretariat",
}
RECENT = 200  # visits, of which the last ones may be what somebody asks about
CHANNELS = ["Instagram", "Situs web"]

# (user name, group, first name, last name)
ACCOUNTS = [
    ("petugas", roles.STAFF, "Rina", "Marlina"),
    ("pimpinan", roles.LEADERSHIP, "Hasan", "Effendi"),
    ("adminkantor", roles.OFFICE_ADMIN, "Dewi", "Lestari"),
]


class NotEmptyError(Exception):
    """The database holds something that the demo would mix with. The message says what, in one sentence."""


@dataclass(frozen=True)
class Account:
    username: str
    password: str
    role: str
    user: User


@dataclass(frozen=True)
class Demo:
    office: Office
    points: list[CheckInPoint]
    accounts: list[Account]
    visits: int


@transaction.atomic
def fill(*, now: datetime, show: Callable[[date, int], None]) -> Demo:
    """Fills the database up to `now`; `show` hears of every month and its number of visits. Raises NotEmptyError."""
    _refuse_unless_empty()
    office = _office(now)
    accounts = [_account(office, *row) for row in ACCOUNTS]
    _furnish(office, around=office.local(now).date())
    scene = _scene(office, now=office.local(now), clerk=accounts[0].user)
    year, voices = Year(scene), Voices(scene)
    visits, latest = 0, []
    for month, arrivals in year.months():
        visits += _store(office, month, arrivals, show)
        latest = latest[-RECENT:] + arrivals
        SurveyResponse.objects.bulk_create(voices.sheets(arrivals))
    _store_threads(office, voices.threads())
    DataRequest.objects.bulk_create(requests(latest, now=now, by=accounts[-1].user))
    visits += len(Visit.objects.bulk_create(year.announcements()))
    record(action="demo.filled", office_id=office.pk, target=office, visits=visits)
    _analyze()
    return Demo(office, list(office.points.order_by("pk")), accounts, visits)


def _refuse_unless_empty() -> None:
    if Visit.objects.exists():
        raise NotEmptyError("This database already holds visits; the demo fills only one without any.")
    if Office.objects.filter(slug=OFFICE["slug"]).exists():
        raise NotEmptyError(f"There is an office with the address {OFFICE['slug']} already; the demo makes its own.")
    taken = User.objects.filter(username__in=[username for username, *_ in ACCOUNTS]).order_by("username").first()
    if taken:
        raise NotEmptyError(f"There is an account {taken.username} already; the demo makes its own.")


def _office(now: datetime) -> Office:
    """The untouched starter office, if that is the only one; else one more. Its first day is long past."""
    wanted = {**OFFICE, "first_day_hidden_at": now}
    offices = list(Office.objects.all()[:2])
    if [(office.slug, office.name) for office in offices] != [(starter.SLUG, starter.NAME)]:
        return starter.make_office(**wanted)
    [office] = offices
    for column, value in wanted.items():
        setattr(office, column, value)
    office.save(update_fields=list(wanted))
    return office


def _furnish(office: Office, *, around: date) -> None:
    """Districts, channels and closed days: what the starter office leaves to its staff."""
    office.districts.all().delete()
    District.objects.bulk_create(
        District(office=office, name=name, order=order) for order, name in enumerate(DISTRICTS, start=1)
    )
    CheckInPoint.objects.bulk_create(
        CheckInPoint(office=office, name=name, kind=CheckInPoint.Kind.ONLINE) for name in CHANNELS
    )
    ClosedDay.objects.bulk_create(_closed_days(office, around), ignore_conflicts=True)


def _closed_days(office: Office, around: date) -> Iterable[ClosedDay]:
    """The year behind and the year ahead."""
    first, last = around - timedelta(days=DAYS), around + timedelta(days=DAYS)
    for year in range(first.year, last.year + 1):
        for day, name in national_closed_days(year).items():
            if first <= day <= last:
                yield ClosedDay(office=office, day=day, name=name)


def _account(office: Office, username: str, role: str, first_name: str, last_name: str) -> Account:
    password = new_password()
    user = User.objects.create_user(
        username, password=password, first_name=first_name, last_name=last_name, is_staff=True
    )
    user.groups.add(Group.objects.get(name=role))
    Membership.objects.create(user=user, office=office)
    return Account(username, password, role, user)


def _scene(office: Office, *, now: datetime, clerk: User) -> Scene:
    return Scene(
        office=office,
        now=now,
        clerk=clerk,
        poster=office.points.get(kind=CheckInPoint.Kind.POSTER),
        channels=list(office.points.filter(name__in=CHANNELS).order_by("name")),
        week=office.weekly_hours(),
        closed_days=office.closed_dates(),
        purposes={purpose.name: purpose for purpose in office.purposes.all()},
        divisions={division.name: division for division in office.divisions.all()},
        districts={district.name: district for district in office.districts.all()},
    )


def _store(office: Office, month: date, arrivals: list[Visit], show: Callable[[date, int], None]) -> int:
    """A month's visits, and the counters from which the next real visit goes on."""
    Visit.objects.bulk_create(arrivals)
    DailyNumber.objects.bulk_create(
        DailyNumber(office=office, day=day, last=last) for day, last in Counter(visit.day for visit in arrivals).items()
    )
    show(month, len(arrivals))
    return len(arrivals)


def _store_threads(office: Office, threads: list[Thread]) -> None:
    """And the counter from which the next real thread goes on."""
    Feedback.objects.bulk_create(thread.feedback for thread in threads)
    Message.objects.bulk_create(letter for thread in threads for letter in thread.letters)
    FeedbackNumber.objects.create(office=office, last=len(threads))


def _analyze() -> None:
    """Without it PostgreSQL plans the first minutes as if the tables were empty."""
    tables = [connection.ops.quote_name(model._meta.db_table) for model in apps.get_app_config("visits").get_models()]
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")
