"""What became of suggestions, questions, complaints and praise, as a report tells it. Pure.

A thread counts in the period in which it was begun, by the office's own day. What became of it is told as it stands
when the report is made, also for earlier periods: a locked report keeps that moment.

Days are working days after the one on which it came: an answer on the same day took 0.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from reports.compared import Compared
from reports.numbers import percent

IN_TIME = 3  # working days until the first reply, PermenPANRB 62/2018


@dataclass(frozen=True)
class Threads:
    """Threads that are alike, and how many they are."""

    category: str
    received_on: date
    replied_on: date | None  # when the office replied first; None where it has not
    is_waiting: bool  # a letter of the visitor waits for a reply
    is_closed: bool
    times: int


@dataclass(frozen=True)
class Outcome:
    """The threads begun in one run of days."""

    received: int
    answered: int  # of these: the office has replied at least once


@dataclass(frozen=True)
class Category:
    label: str
    received: int
    answered: int
    waiting: int


@dataclass(frozen=True)
class Feedback:
    now: Outcome
    previous: Outcome  # of the days of MonthlyReport.previous
    last_year: Outcome  # of the days of MonthlyReport.last_year
    # Each of the threads received is one of these three.
    waiting: int  # a letter of the visitor waits for a reply
    open: int  # replied to, not closed
    closed: int
    # Working days until the first reply; None where nothing was answered.
    median_days: int | None  # the lower of two middle ones: at least half of the answered had theirs by then
    slowest_days: int | None
    in_time: int  # first reply within IN_TIME working days
    late: int  # the others whose IN_TIME working days are over, answered since or not
    categories: tuple[Category, ...]  # all of them, in the order of the form

    @property
    def received(self) -> Compared:
        return Compared(self.now.received, self.previous.received, self.last_year.received)

    @property
    def answered(self) -> Compared:
        return Compared(self.now.answered, self.previous.answered, self.last_year.answered)

    @property
    def in_time_percent(self) -> int | None:
        """Of those whose time was up, half-up; None where there are none."""
        return percent(self.in_time, self.in_time + self.late)

    @classmethod
    def from_data(cls, data: dict) -> "Feedback":
        """From what JSON has made of it."""
        outcomes = {name: Outcome(**data[name]) for name in ("now", "previous", "last_year")}
        return cls(**{**data, **outcomes, "categories": tuple(Category(**row) for row in data["categories"])})


def feedback_of(
    columns: list[list[Threads]],
    labels: dict[str, str],
    today: date,
    working_days: Callable[[date, date], int],
) -> Feedback:
    """`columns` of the period, of the previous one and of last year's; `labels` of the categories, in their order."""
    threads = columns[0]
    now, previous, last_year = map(_outcome, columns)
    return Feedback(
        now=now,
        previous=previous,
        last_year=last_year,
        waiting=_count(thread for thread in threads if thread.is_waiting),
        open=_count(thread for thread in threads if not thread.is_waiting and not thread.is_closed),
        closed=_count(thread for thread in threads if thread.is_closed),
        **_speed(threads, today, working_days),
        categories=tuple(
            _category(label, [thread for thread in threads if thread.category == category])
            for category, label in labels.items()
        ),
    )


def _speed(threads: list[Threads], today: date, working_days: Callable[[date, date], int]) -> dict[str, int | None]:
    needed, overdue = Counter(), 0
    for thread in threads:
        if thread.replied_on:
            needed[working_days(thread.received_on, thread.replied_on)] += thread.times
        elif working_days(thread.received_on, today - timedelta(days=1)) >= IN_TIME:
            overdue += thread.times  # its last day lies before today, as in the inbox: today may be a closed one
    in_time = sum(times for days, times in needed.items() if days <= IN_TIME)
    return {
        "median_days": _lower_median(needed),
        "slowest_days": max(needed, default=None),
        "in_time": in_time,
        "late": needed.total() - in_time + overdue,
    }


def _count(threads: Iterable[Threads]) -> int:
    return sum(thread.times for thread in threads)


def _outcome(threads: list[Threads]) -> Outcome:
    return Outcome(_count(threads), _count(thread for thread in threads if thread.replied_on))


def _category(label: str, threads: list[Threads]) -> Category:
    outcome = _outcome(threads)
    waiting = _count(thread for thread in threads if thread.is_waiting)
    return Category(label, outcome.received, outcome.answered, waiting)


def _lower_median(counter: Counter[int]) -> int | None:
    """The first value that half of them do not exceed, as percentile_disc(0.5) says it."""
    values = sorted(counter)
    passed = accumulate(counter[value] for value in values)
    return next((value for value, count in zip(values, passed, strict=True) if 2 * count >= counter.total()), None)
