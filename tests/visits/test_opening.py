"""Open or closed, and until when."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from visits.opening import DayHours, closing_time, nth_working_day, opening, working_days_between

JAYAPURA = ZoneInfo("Asia/Jayapura")
WEEK = {weekday: DayHours(time(8), time(16), time(12), time(13)) for weekday in range(1, 5)} | {
    5: DayHours(time(8), time(16, 30))
}
CLOSED = {date(2026, 5, 1): "Hari Buruh"}  # a Friday


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Between Monday 27 April and Sunday 3 May 2026, by the clock of Jayapura."""
    month = 4 if day >= 27 else 5
    return datetime(2026, month, day, hour, minute, second, tzinfo=JAYAPURA)


@pytest.mark.parametrize(
    ("now", "is_open", "opens_next"),
    [
        (at(27, 7, 59, 59), False, at(27, 8)),
        (at(27, 8), True, None),
        (at(27, 12, 30), True, None),
        (at(27, 15, 59, 59), True, None),
        (at(27, 16), False, at(28, 8)),
        (at(30, 16), False, datetime(2026, 5, 4, 8, tzinfo=JAYAPURA)),  # the Friday is a holiday
        (at(1, 9), False, datetime(2026, 5, 4, 8, tzinfo=JAYAPURA)),
        (at(3, 23, 59), False, datetime(2026, 5, 4, 8, tzinfo=JAYAPURA)),
    ],
)
def test_open_now_and_next(now, is_open, opens_next):
    result = opening(now.astimezone(ZoneInfo("UTC")), WEEK, CLOSED, JAYAPURA)

    assert (result.is_open, result.next_opening) == (is_open, opens_next)


def test_a_closed_day_says_why():
    assert opening(at(1, 9), WEEK, CLOSED, JAYAPURA).closed_name == "Hari Buruh"


def test_an_office_that_never_opens_has_no_next_opening():
    assert opening(at(27, 9), {}, {}, JAYAPURA).next_opening is None


def test_closing_time_follows_weekday_and_closed_days():
    days = [date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 2), date(2026, 5, 8)]

    assert [closing_time(day, WEEK, CLOSED, JAYAPURA) for day in days] == [
        datetime(2026, 4, 30, 16, tzinfo=JAYAPURA),
        None,
        None,
        datetime(2026, 5, 8, 16, 30, tzinfo=JAYAPURA),
    ]


@pytest.mark.parametrize(
    ("start", "third"),
    [
        (date(2026, 4, 27), date(2026, 4, 30)),
        (date(2026, 4, 28), date(2026, 5, 4)),  # over the holiday and the weekend
        (date(2026, 5, 2), date(2026, 5, 6)),  # a Saturday
    ],
)
def test_the_third_working_day_is_the_one_that_counts_three(start, third):
    assert nth_working_day(start, 3, WEEK, CLOSED) == third
    assert working_days_between(start, third, WEEK, CLOSED) == 3


def test_an_office_that_never_opens_has_no_third_working_day():
    assert nth_working_day(date(2026, 4, 27), 3, {}, {}) is None
