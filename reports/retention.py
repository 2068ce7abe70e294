"""Before personal data is erased, the reports that rest on it are stored: they stay equal to the row."""

from collections.abc import Iterator
from datetime import date, datetime

from reports import actions
from reports.period import Kind, Period
from visits import retention
from visits.models import Office


def erase_over() -> int:
    """Of every office what it has kept for its months; how many rows. Idempotent; safe to kill and to run twice."""
    return sum(_erase_over(office) for office in Office.objects.all())


def store_over() -> None:
    """The reports alone: a restore erases once more by itself, and in its dump they may not have been stored yet."""
    for office in Office.objects.all():
        _store_over(office, retention.over_since(office))


def _erase_over(office: Office) -> int:
    moment = retention.over_since(office)
    _store_over(office, moment)
    return retention.erase_due(office, moment)


def _store_over(office: Office, moment: datetime) -> None:
    first = retention.first_due_day(office, moment)
    if first:
        for period in resting_on(first, office.local(moment).date(), today=office.today()):
            actions.store(office=office, period=period)


def resting_on(first: date, last: date, *, today: date) -> Iterator[Period]:
    """Periods that are over and count or compare a day from `first` to `last`: those of these days, those that follow
    them, and those a year later."""
    for kind in Kind:
        period = Period.containing(first, kind)
        found = set()
        while period.first_day <= last:
            found |= {period, period.next, Period(kind, period.year + 1, period.number)}
            period = period.next
        yield from sorted((each for each in found if each.is_over(today)), key=str)
