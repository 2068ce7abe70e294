"""When is the office open? Pure arithmetic on service hours and closed days, in the office's zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice

DAYS_AHEAD = 60  # how far the next opening is looked for


@dataclass(frozen=True)
class DayHours:
    """One weekday's hours; the break is None, None where there is none."""

    opens_at: time
    closes_at: time
    break_starts_at: time | None = None
    break_ends_at: time | None = None


@dataclass(frozen=True)
class Opening:
    is_open: bool
    today: DayHours | None  # None: closed all day
    closed_name: str  # why today is closed, when a closed day says so
    next_opening: datetime | None  # None while open, or when nothing opens within DAYS_AHEAD


def hours_on(day: date, week: Mapping[int, DayHours], closed_days: Mapping[date, str]) -> DayHours | None:
    """`week` maps ISO weekdays (1 is Monday) to hours."""
    return None if day in closed_days else week.get(day.isoweekday())


def working_days_between(start: date, end: date, week: Mapping[int, DayHours], closed_days: Mapping[date, str]) -> int:
    """Working days after `start`, up to and with `end`: an answer on the same day took 0, on the next working day 1."""
    days = (start + timedelta(days=offset) for offset in range(1, (end - start).days + 1))
    return sum(hours_on(day, week, closed_days) is not None for day in days)


def nth_working_day(
    start: date, count: int, week: Mapping[int, DayHours], closed_days: Mapping[date, str]
) -> date | None:
    """The day by which `count` working days have passed since `start`; None where so many do not come in DAYS_AHEAD."""
    following = (start + timedelta(days=offset) for offset in range(1, DAYS_AHEAD + 1))
    working = (day for day in following if hours_on(day, week, closed_days) is not None)
    return next(islice(working, count - 1, None), None)


def nth_working_day_back(
    end: date, count: int, week: Mapping[int, DayHours], closed_days: Mapping[date, str]
) -> date | None:
    """The day from which on `count` working days have passed before `end`; None where DAYS_AHEAD days hold fewer."""
    earlier = (end - timedelta(days=offset) for offset in range(1, DAYS_AHEAD + 1))
    working = (day for day in earlier if hours_on(day, week, closed_days) is not None)
    return next(islice(working, count - 1, None), None)


def closing_time(
    day: date, week: Mapping[int, DayHours], closed_days: Mapping[date, str], zone: tzinfo
) -> datetime | None:
    """The moment the office closes on that day; None where it does not open."""
    hours = hours_on(day, week, closed_days)
    return datetime.combine(day, hours.closes_at, zone) if hours else None


def automatic_end(arrived_at: datetime, closes_at: datetime | None, zone: tzinfo) -> datetime:
    """When a visit that nobody has ended does: at closing time; at midnight where that is past or the day closed."""
    following = arrived_at.astimezone(zone).date() + timedelta(days=1)
    return closes_at if closes_at and arrived_at < closes_at else datetime.combine(following, time.min, zone)


def opening(now: datetime, week: Mapping[int, DayHours], closed_days: Mapping[date, str], zone: tzinfo) -> Opening:
    """Open or closed at `now`. The break does not close the door: the desk still takes visitors in."""
    local = now.astimezone(zone)
    hours = hours_on(local.date(), week, closed_days)
    is_open = hours is not None and hours.opens_at <= local.time() < hours.closes_at
    return Opening(
        is_open=is_open,
        today=hours,
        closed_name=closed_days.get(local.date(), ""),
        next_opening=None if is_open else _next_opening(local, week, closed_days, zone),
    )


def _next_opening(
    local: datetime, week: Mapping[int, DayHours], closed_days: Mapping[date, str], zone: tzinfo
) -> datetime | None:
    for offset in range(DAYS_AHEAD):
        day = local.date() + timedelta(days=offset)
        hours = hours_on(day, week, closed_days)
        if hours and (opens := datetime.combine(day, hours.opens_at, zone)) > local:
            return opens
    return None
