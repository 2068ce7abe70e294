"""Visits left open end by themselves; announcements that nobody came for lapse."""

import os
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.conftest import local
from tests.servers import database_url
from visits import actions
from visits.models import ClosedDay, Visit

pytestmark = pytest.mark.django_db


def endings() -> list[tuple]:
    return [(visit.left_at, visit.ended_by) for visit in Visit.objects.order_by("pk")]


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Jayapura"])
def test_open_visits_end_at_closing_time_and_late_ones_at_midnight(office, make_visit, zone):
    office.time_zone = zone
    office.save()
    make_visit(arrived_at=local(office, "2026-03-03", "09:00"))
    make_visit(arrived_at=local(office, "2026-03-03", "16:00"))
    make_visit(arrived_at=local(office, "2026-03-07", "10:00"))  # a Saturday

    before_closing = actions.close_overdue(local(office, "2026-03-03", "15:59:59"))
    assert (before_closing, endings()) == (0, [(None, "")] * 3)

    actions.close_overdue(local(office, "2026-03-03", "16:00:00"))
    assert endings() == [(local(office, "2026-03-03", "16:00"), "otomatis"), (None, ""), (None, "")]

    actions.close_overdue(local(office, "2026-03-08", "00:00:00"))
    assert endings() == [
        (local(office, "2026-03-03", "16:00"), "otomatis"),
        (local(office, "2026-03-04", "00:00"), "otomatis"),
        (local(office, "2026-03-08", "00:00"), "otomatis"),
    ]


def test_on_a_closed_day_visits_end_at_midnight(office, make_visit):
    ClosedDay.objects.create(office=office, day="2026-03-03", name="Cuti bersama")
    make_visit(arrived_at=local(office, "2026-03-03", "09:00"))

    actions.close_overdue(local(office, "2026-03-03", "18:00"))
    assert endings() == [(None, "")]

    actions.close_overdue(local(office, "2026-03-04", "00:00"))
    assert endings() == [(local(office, "2026-03-04", "00:00"), "otomatis")]


@pytest.mark.parametrize(("now", "end"), [("15:59", "15:59 petugas"), ("16:10", "16:00 otomatis")])
def test_selesai_after_closing_time_does_not_lengthen_the_visit(office, make_visit, alice, clock, now, end):
    visit = make_visit(arrived_at=local(office, "2026-03-03", "09:00"))
    clock.set(local(office, "2026-03-03", now))
    actions.close(visit, by=alice)
    at, how = end.split()
    assert endings() == [(local(office, "2026-03-03", at), how)]


def test_a_visit_that_was_ended_keeps_its_ending(office, make_visit):
    left_at = local(office, "2026-03-03", "10:00")
    make_visit(arrived_at=local(office, "2026-03-03", "09:00"), left_at=left_at, ended_by="tamu")

    assert actions.close_overdue() == 0
    assert endings() == [(left_at, "tamu")]


@pytest.mark.parametrize("meanwhile", [None, "15:30"])
def test_whose_arrival_is_taken_back_or_noted_anew_meanwhile_is_not_ended(office, make_visit, meanwhile):
    """Between reading what is open and ending it."""
    visit = make_visit(arrived_at=local(office, "2026-03-03", "09:00"))
    again = meanwhile and local(office, "2026-03-03", meanwhile)
    Visit.objects.update(arrived_at=again, day=again and visit.day, number=again and visit.number)
    end = local(office, "2026-03-03", "15:00")
    assert actions._close_if_overdue(visit, end, end) == 0
    assert endings() == [(None, "")]


def test_an_announcement_lapses_after_seven_days(online_point, make_visit):
    now = timezone.now()
    old = make_visit(point=online_point, arrived_at=None, created_at=now - timedelta(days=7, minutes=1))
    young = make_visit(point=online_point, arrived_at=None, created_at=now - timedelta(days=6, hours=23))
    assert list(Visit.objects.announced()) == [young]

    assert [actions.lapse_announcements() for _ in range(2)] == [1, 0]

    old.refresh_from_db()
    assert old.lapsed_at is not None
    assert list(Visit.objects.announced()) == [young]


def test_upkeep_run_twice_gives_the_same_rows(office, make_visit, online_point):
    make_visit(arrived_at=local(office, "2026-03-03", "09:00"))
    make_visit(point=online_point, arrived_at=None, created_at=timezone.now() - timedelta(days=8))

    call_command("upkeep")
    once = list(Visit.objects.order_by("pk").values())
    call_command("upkeep")

    assert list(Visit.objects.order_by("pk").values()) == once
    assert [row["ended_by"] for row in once] == ["otomatis", ""]


@pytest.mark.parametrize("minutes", [0, -1])
def test_upkeep_refuses_to_run_without_a_pause(minutes):
    with pytest.raises(CommandError, match="1 or more"):
        call_command("upkeep", every=minutes)


def upkeep_process() -> subprocess.Popen:
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "VAR_DIR": str(settings.STATIC_ROOT.parent),
        "SECRET_KEY": settings.SECRET_KEY,
        "LINK_SECRET": settings.LINK_SECRET,
    }
    return subprocess.Popen([sys.executable, "manage.py", "upkeep"], env=environment, stdout=subprocess.DEVNULL)


@pytest.fixture
def overdue(office, online_point, make_visit):
    """Three hundred visits that nobody closed, and fifty announcements that nobody came for."""
    for number in range(300):
        make_visit(arrived_at=local(office, "2026-03-03", "09:00") + timedelta(seconds=number))
    for _ in range(50):
        make_visit(point=online_point, arrived_at=None, created_at=timezone.now() - timedelta(days=8))


def assert_all_is_done(office):
    closed = Visit.objects.arrived().values_list("left_at", "ended_by")
    assert (closed.count(), set(closed)) == (300, {(local(office, "2026-03-03", "16:00"), "otomatis")})
    assert Visit.objects.filter(lapsed_at__isnull=False).count() == 50


@pytest.mark.django_db(transaction=True)
def test_upkeep_killed_at_any_moment_and_run_again_gives_the_same_result(office, overdue):
    for seconds in [0.4, 0.7, 0.8, 0.9, 1.0, 1.2]:
        with upkeep_process() as killed:
            time.sleep(seconds)
            killed.kill()
    with upkeep_process() as last:
        assert last.wait(timeout=60) == 0

    assert_all_is_done(office)


@pytest.mark.django_db(transaction=True)
def test_upkeep_twice_at_once_does_no_harm(office, overdue):
    with upkeep_process() as one, upkeep_process() as other:
        assert [one.wait(timeout=60), other.wait(timeout=60)] == [0, 0]

    assert_all_is_done(office)
