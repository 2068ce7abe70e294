"""What the queries say about one office and one run of days, ready to be put into a report. No queries, no ORM."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from reports.feedback import Threads
from reports.period import Span
from reports.survey import Tally
from visits.opening import working_days_between


@dataclass(frozen=True)
class Calendar:
    week: dict[int, tuple]  # ISO weekday -> (opens, closes), of the weekdays with service hours
    closed: dict[date, str]  # closed day -> name

    def is_service_day(self, day: date) -> bool:
        return day.isoweekday() in self.week

    def is_working_day(self, day: date) -> bool:
        return self.is_service_day(day) and day not in self.closed

    def working_days_between(self, start: date, end: date) -> int:
        """As the inbox counts them."""
        return working_days_between(start, end, self.week, self.closed)

    def hours(self) -> set[int]:
        """Those in which the doors open or are last open: 8 and 15 where they are open from 08.00 to 16.00."""
        opening = {opens.hour for opens, _closes in self.week.values()}
        return opening | {closes.hour if closes.minute else closes.hour - 1 for _opens, closes in self.week.values()}


@dataclass(frozen=True)
class Measured:
    """The rows of `queries.measure`, `sheets` and `threads`."""

    span: Span
    sheets: Tally
    threads: list[Threads]
    breakdowns: dict[str, list[tuple]]
    outcomes: dict
    visitors: dict[str, int]
    organizations: list[tuple[str, int]]
    excluded: int

    @property
    def last_reply(self) -> date:
        """The last day on which a thread of these days was first replied to, or else the last of these days."""
        replies = [thread.replied_on for thread in self.threads if thread.replied_on]
        return max([self.span.last_day, *replies])

    @property
    def visits(self) -> int:
        return self._sum("hour", lambda _moment: "").total()

    @property
    def people(self) -> int:
        return sum(people for _moment, _visits, people in self.breakdowns["hour"])

    @cached_property
    def by_day(self) -> Counter[date]:
        return self._sum("hour", lambda moment: moment.date())

    @cached_property
    def people_by_day(self) -> Counter[date]:
        counter = Counter()
        for moment, _visits, people in self.breakdowns["hour"]:
            counter[moment.date()] += people
        return counter

    @cached_property
    def by_hour(self) -> Counter[int]:
        return self._sum("hour", lambda moment: moment.hour)

    @cached_property
    def by_weekday_and_hour(self) -> Counter[tuple[int, int]]:
        return self._sum("hour", lambda moment: (moment.isoweekday(), moment.hour))

    def by_label(self, dimension: str, label_of: Callable[[Hashable], str]) -> Counter[str]:
        return self._sum(dimension, label_of)

    @cached_property
    def by_organization(self) -> Counter[str]:
        """Keys without regard to case and spaces; the names they go by are in `spellings`."""
        counter = Counter()
        for text, visits in self.organizations:
            counter[organization_key(text)] += visits
        return counter

    @cached_property
    def spellings(self) -> dict[str, str]:
        """Key of an organisation -> how it is written most often."""
        written = defaultdict(Counter)
        for text, visits in self.organizations:
            written[organization_key(text)][" ".join(text.split())] += visits
        return {key: ranked(spellings)[0][0] for key, spellings in written.items()}

    def _sum(self, dimension: str, key_of: Callable) -> Counter:
        counter = Counter()
        for key, visits, _people in self.breakdowns[dimension]:
            counter[key_of(key)] += visits
        return counter


def organization_key(text: str) -> str:
    return " ".join(text.casefold().split())


def ranked(counter: Counter) -> list[tuple]:
    """(key, count), the highest count first, equal ones in the order of their keys."""
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))
