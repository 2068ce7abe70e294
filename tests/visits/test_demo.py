"""`manage.py demo`: a year of made-up visits that could have happened, and the national closed days around them."""

import re
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Count, F, Max, Min, Q
from django.urls import reverse

from visits import phones, roles
from visits.actions import ticket_key
from visits.holidays import national_closed_days
from visits.models import (
    AuditEvent,
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
from visits.starter import make_office

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 10)  # a Wednesday without anything special; the demo then ends at 11.00
SUNDAY = date(2026, 6, 14)
ROW_IDS = {"id", "office_id", "point_id", "purpose_id", "division_id", "district_id", "entered_by_id"}
ACCOUNT_LINE = re.compile(r"^  (\w+) +([0-9a-z-]+)  \((.+)\)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _groups(db, settings):
    """Tests that commit take the groups of the migration along; and no test here is about slow hashes."""
    roles.grant(Group, Permission)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def run_demo(today: date = TODAY) -> str:
    output = StringIO()
    call_command("demo", "--today", today.isoformat(), stdout=output)
    return output.getvalue()


def contents() -> list[tuple]:
    """Every visit without the numbers of rows: these go on counting after a rollback."""
    columns = [field.attname for field in Visit._meta.concrete_fields if field.attname not in ROW_IDS]
    names = ["point__name", "purpose__name", "division__name", "district__name", "entered_by__username"]
    return list(Visit.objects.order_by("pk").values_list(*columns, *names))


def share(condition: Q) -> float:
    """Of the visits that arrived."""
    return Visit.objects.arrived().filter(condition).count() / Visit.objects.arrived().count()


def test_the_same_day_gives_the_same_visits():
    point = transaction.savepoint()
    run_demo()
    first = contents()
    transaction.savepoint_rollback(point)
    assert contents() == []
    run_demo()
    assert contents() == first


def test_a_year_of_about_three_thousand_visits_on_working_days():
    run_demo()
    assert 2800 < Visit.objects.count() < 3300
    arrived = Visit.objects.arrived()
    span = arrived.aggregate(first=Min("day"), last=Max("day"))
    assert TODAY - timedelta(days=364) <= span["first"] <= TODAY - timedelta(days=360)
    assert span["last"] == TODAY
    assert not arrived.filter(day__iso_week_day__gte=6).exists()
    assert not arrived.filter(day__in=ClosedDay.objects.values("day")).exists()
    assert ClosedDay.objects.filter(day=date(2026, 3, 20), name="Cuti Bersama Hari Raya Idul Fitri").count() == 1
    assert ClosedDay.objects.filter(day__gt=TODAY).count() > 10


def test_every_arrival_is_within_service_hours_and_by_the_clock_of_its_day():
    run_demo()
    week = {hours.weekday: hours for hours in Office.objects.get().service_hours.all()}
    for visit in Visit.objects.arrived().select_related("office"):
        local = visit.office.local(visit.arrived_at)
        hours = week[visit.day.isoweekday()]
        assert local.date() == visit.day
        assert hours.opens_at <= local.time() < hours.closes_at
        if visit.left_at:
            assert visit.office.local(visit.left_at).date() == visit.day
            assert visit.office.local(visit.left_at).time() <= hours.closes_at


def test_mondays_and_mornings_are_busy_and_an_election_stage_stands_out():
    run_demo()
    arrived = Visit.objects.arrived()

    def a_day(weekday):
        return arrived.filter(day__iso_week_day=weekday).aggregate(
            mean=Count("pk") * 1.0 / Count("day", distinct=True)
        )["mean"]

    assert a_day(1) > a_day(3) > a_day(5)
    assert share(Q(arrived_at__hour__in=[8, 9, 10, 11])) > 0.6
    quiet = arrived.filter(day__year=2025, day__month=11).count()
    assert arrived.filter(day__year=2026, day__month=2).count() > 1.4 * quiet


def test_daily_numbers_follow_the_arrivals_without_gap_and_the_next_visit_goes_on():
    run_demo()
    numbers = {}
    for day, number in Visit.objects.arrived().order_by("day", "arrived_at", "pk").values_list("day", "number"):
        numbers.setdefault(day, []).append(number)
    assert numbers == {day: list(range(1, len(found) + 1)) for day, found in numbers.items()}
    assert dict(DailyNumber.objects.values_list("day", "last")) == {day: len(found) for day, found in numbers.items()}
    assert DailyNumber.objects.take(Office.objects.get().pk, TODAY) == len(numbers[TODAY]) + 1


def test_shares_are_plausible():
    run_demo()
    ended = {how: share(Q(ended_by=how)) for how in Visit.EndedBy.values}
    assert 0.4 < ended["tamu"] < 0.7
    assert 0.2 < ended["petugas"] < 0.4
    assert 0.05 < ended["otomatis"] < 0.2
    assert 0.01 < share(Q(excluded_at__isnull=False)) < 0.02
    assert 0.05 < share(Q(entered_by__username="petugas")) < 0.11
    assert 0.03 < share(Q(point__kind="online")) < 0.07
    assert 0.05 < share(Q(purpose__is_confidential=True)) < 0.2
    assert 0.7 < share(Q(party_size__lte=2)) < 0.9
    assert 0.01 < share(Q(party_size__gte=5)) < 0.1
    assert 0.3 < share(Q(consent_at__isnull=False)) < 0.5
    assert 0.005 < share(Q(language="en")) < 0.02
    assert 0.2 < share(Q(division__isnull=False)) < 0.4
    assert {kind for kind, _label in Visit.VisitorKind.choices if share(Q(visitor_kind=kind)) < 0.02} == set()
    assert District.objects.exclude(visits__isnull=False).count() == 0


def test_announced_visits_arrived_lapsed_or_are_still_expected(clock):
    run_demo()
    office = Office.objects.get()
    clock.set(datetime.combine(TODAY, datetime.min.time(), office.zone) + timedelta(hours=11))
    waiting = Visit.objects.filter(arrived_at__isnull=True)
    assert {point.kind for point in CheckInPoint.objects.filter(visits__in=waiting)} == {"online"}
    assert waiting.filter(lapsed_at__isnull=False).count() == 40
    assert Visit.objects.announced().count() == 5
    assert Visit.objects.lapsing().count() == 0
    came = Visit.objects.arrived().filter(point__kind="online")
    assert not any(visit.created_at >= visit.arrived_at for visit in came)


def test_regular_visitors_come_again():
    run_demo()
    phoned = Visit.objects.arrived().exclude(phone="")
    visits_per_phone = {
        kind: phoned.filter(visitor_kind=kind).count() / phoned.filter(visitor_kind=kind).distinct("phone").count()
        for kind in Visit.VisitorKind.values
    }
    assert min(visits_per_phone["media"], visits_per_phone["parpol"]) > 2 * visits_per_phone["perorangan"] > 2


def test_rows_are_what_the_form_would_have_made():
    run_demo()
    foreign_keys = {field.name for field in Visit._meta.fields if field.is_relation}
    for visit in Visit.objects.all():
        visit.clean_fields(exclude=foreign_keys | {"phone"})
    stored = set(Visit.objects.exclude(phone="").values_list("phone", flat=True))
    assert {number for number in stored if phones.parse(number) != number} == set()
    assert {number for number in stored if not re.match(r"\+(6283[4-7]0000\d{4}|447700900|120255501)", number)} == set()
    assert set(Visit.objects.values_list("notice_version", flat=True)) != {""}
    assert not Visit.objects.filter(visitor_kind="perorangan").exclude(organization="").exists()


def test_tickets_open_and_close_by_their_keys(client, clock):
    run_demo()
    inside = Visit.objects.open().first()
    clock.set(inside.arrived_at + timedelta(minutes=5))
    key = ticket_key(inside)
    response = client.post(reverse("check_out", args=[key]))
    assert (response.status_code, response.headers["Location"]) == (303, reverse("ticket", args=[key]))
    inside.refresh_from_db()
    assert inside.ended_by == Visit.EndedBy.VISITOR
    assert [visit.pk for visit in Visit.objects.all() if ticket_key(visit) is None] == []


def test_a_few_are_inside_while_the_office_is_open():
    run_demo()
    inside = Visit.objects.open()
    assert 3 <= inside.count() <= 5
    assert set(inside.values_list("day", flat=True)) == {TODAY}
    assert Visit.objects.filter(left_at__isnull=True).arrived().count() == inside.count()


def test_nobody_is_inside_on_a_sunday():
    run_demo(SUNDAY)
    assert Visit.objects.open().count() == 0
    assert Visit.objects.aggregate(last=Max("day"))["last"] == SUNDAY - timedelta(days=2)


@pytest.mark.parametrize(
    ("clock_time", "fewest_today", "inside"),
    [("07:59:59", 0, set()), ("08:00:00", 3, {3}), ("08:20:00", 3, {3, 4, 5}), ("16:00:00", 8, {0})],
)
def test_today_ends_now(clock, clock_time, fewest_today, inside):
    now = datetime.fromisoformat(f"{TODAY}T{clock_time}+07:00")
    clock.set(now)
    call_command("demo", stdout=StringIO())
    today = Visit.objects.on(TODAY)
    assert today.count() >= fewest_today
    assert not inside or today.open().count() in inside
    assert Visit.objects.filter(Q(created_at__gt=now) | Q(arrived_at__gt=now) | Q(left_at__gt=now)).count() == 0
    assert Visit.objects.filter(Q(excluded_at__gt=now) | Q(lapsed_at__gt=now) | Q(consent_at__gt=now)).count() == 0


def test_a_database_with_visits_is_refused_and_stays_as_it_is(make_visit):
    visit = make_visit()
    with pytest.raises(CommandError, match=r"^This database already holds visits; .+\.$"):
        run_demo()
    assert list(Visit.objects.all()) == [visit]
    assert (Office.objects.count(), User.objects.count(), ClosedDay.objects.count()) == (1, 0, 0)


def test_nobody_elses_office_or_account_is_taken_over(office, make_user):
    with pytest.raises(CommandError, match=r"^There is an office with the address contoh already; "):
        run_demo()
    Office.objects.filter(pk=office.pk).update(slug="lain")
    make_user("pimpinan", office)
    with pytest.raises(CommandError, match=r"^There is an account pimpinan already; "):
        run_demo()
    assert not Visit.objects.exists()


def test_an_untouched_starter_office_becomes_the_demo_office():
    starter = make_office()
    code = starter.points.get().code
    run_demo()
    office = Office.objects.get()
    assert (office.pk, office.name, office.slug) == (starter.pk, "Bawaslu Kabupaten Contoh", "contoh")
    assert list(office.points.order_by("pk").values_list("name", "kind")) == [
        ("Pintu depan", "poster"),
        ("Instagram", "online"),
        ("Situs web", "online"),
    ]
    assert office.points.get(kind="poster").code == code


def test_an_office_that_somebody_has_named_stays(other_office):
    run_demo()
    assert set(Office.objects.values_list("slug", flat=True)) == {"lain", "contoh"}
    assert set(other_office.districts.values_list("name", flat=True)) == {"Dalam kabupaten/kota", "Luar kabupaten/kota"}
    assert not other_office.visits.exists()


def test_three_accounts_can_sign_in_with_the_printed_passwords(client):
    printed = ACCOUNT_LINE.findall(run_demo())
    assert [(username, role) for username, _password, role in printed] == [
        ("petugas", "Petugas"),
        ("pimpinan", "Pimpinan"),
        ("adminkantor", "Admin kantor"),
    ]
    for username, password, role in printed:
        assert client.post("/staf/login/", {"username": username, "password": password}).status_code == 302
        user = User.objects.get(username=username)
        assert (user.is_staff, user.is_superuser, [group.name for group in user.groups.all()]) == (True, False, [role])
        assert Membership.objects.get(user=user).office.slug == "contoh"


def test_the_terminal_shows_every_month_and_the_addresses():
    output = run_demo()
    months = re.findall(r"^(\d{4}-\d{2}) +(\d+)  #+$", output, re.MULTILINE)
    assert [month for month, _count in months] == [f"2025-{month:02}" for month in range(6, 13)] + [
        f"2026-{month:02}" for month in range(1, 7)
    ]
    assert sum(int(count) for _month, count in months) == Visit.objects.arrived().count()
    for code in CheckInPoint.objects.values_list("code", flat=True):
        assert f"/k/{code}/\n" in output


def test_the_trail_says_that_the_visits_are_made_up():
    run_demo()
    event = AuditEvent.objects.get(action="demo.filled")
    assert event.details == {"visits": Visit.objects.count()}


def test_the_planner_knows_the_tables():
    run_demo()
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'visits_visit'::regclass")
        assert cursor.fetchone()[0] == pytest.approx(Visit.objects.count(), rel=0.02)


def test_closed_days_of_2026_match_the_joint_decree():
    days = national_closed_days(2026)
    leave = {day for day, name in days.items() if name.startswith("Cuti Bersama")}
    assert (len(days) - len(leave), len(leave)) == (17, 8)
    assert days[date(2026, 8, 17)] == "Hari Kemerdekaan Republik Indonesia"
    assert list(days) == sorted(days)


def test_estimated_closed_days_say_so():
    assert national_closed_days(2027)[date(2027, 3, 10)] == "Hari Raya Idul Fitri (perkiraan)"
    assert not any("estimated" in name for name in national_closed_days(2030).values())


# What visitors think.


def test_sheets_and_threads_could_have_happened():
    run_demo()
    office = Office.objects.get(slug="contoh")
    sheets, threads = SurveyResponse.objects.filter(office=office), Feedback.objects.filter(office=office)
    assert 500 < sheets.count() < 1000
    assert set(sheets.values_list("day", flat=True)) <= set(office.visits.values_list("day", flat=True))
    numbers = list(threads.order_by("created_at").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert FeedbackNumber.objects.get(office=office).last == len(numbers)
    assert threads.waiting().count() >= 3
    letters = Message.objects.filter(feedback__office=office)
    assert letters.filter(created_at__lt=F("feedback__created_at")).count() == 0
    assert letters.filter(created_at__gte=office.local(datetime(2026, 6, 10, 11, 1, tzinfo=UTC))).count() == 0
    replied = set(letters.filter(author="kantor").values_list("feedback_id", flat=True))
    assert set(threads.answered().values_list("pk", flat=True)) == replied
    named = threads.exclude(name="")
    assert 0.2 < named.count() / threads.count() < 0.6
    assert {number for number in named.values_list("phone", flat=True) if phones.parse(number) != number} == set()
    states = [threads.settled(), threads.filter(closed_by="tamu"), threads.filter(closed_by="petugas")]
    assert min(state.count() for state in states) > 5
    assert 0 < threads.exclude(division=None).count() < threads.count()


def test_one_request_waits_and_one_has_been_decided_in_time(clock):
    run_demo()
    clock.set(datetime(2026, 6, 10, 4, tzinfo=UTC))
    waiting, decided = DataRequest.objects.most_urgent_first()
    assert (waiting.kind, waiting.decided_at, waiting.is_late) == ("penghapusan", None, False)
    assert (decided.is_granted, decided.decided_by.username, decided.decided_at < decided.due_at) == (
        True,
        "adminkantor",
        True,
    )
    assert all(asked.visit.left_at < asked.created_at and asked.visit.name for asked in [waiting, decided])
