"""The national closed days, offered to an office for confirmation."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from visits.actions import record
from visits.holidays import national_closed_days
from visits.models import ClosedDay, Office

ESTIMATED = "(perkiraan)"


@dataclass(frozen=True)
class OfferedDay:
    day: date
    name: str
    is_present: bool  # the office has this date already, under whatever name
    is_estimated: bool  # the decree may still move it


def offered(office: Office) -> dict[int, list[OfferedDay]]:
    """Year -> its days in order: this year by the office's calendar, and the next."""
    this_year = office.today().year
    years = [this_year, this_year + 1]
    present = set(office.closed_days.filter(day__year__in=years).values_list("day", flat=True))
    return {
        year: [
            OfferedDay(day, name, is_present=day in present, is_estimated=name.endswith(ESTIMATED))
            for day, name in national_closed_days(year).items()
        ]
        for year in years
    }


@transaction.atomic
def add(*, office: Office, days: list[OfferedDay], by, request=None) -> int:
    """How many the office did not have yet."""
    Office.objects.select_for_update(no_key=True).only("pk").get(pk=office.pk)
    present = set(office.closed_days.filter(day__in=[offer.day for offer in days]).values_list("day", flat=True))
    new = [ClosedDay(office=office, day=offer.day, name=offer.name) for offer in days if offer.day not in present]
    if new:
        ClosedDay.objects.bulk_create(new)
        record(action="closedday.confirmed", by=by, request=request, office_id=office.pk, added=len(new))
    return len(new)
