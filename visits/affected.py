"""Whom a breach concerns: the people whose name or number is stored, for the notice of UU 27/2022 art. 46.

Also those of confidential purposes: it is they who have most to lose. For IT, at the server; no page shows this.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Count, Max, Q

from visits import phones, safe_csv
from visits.actions import record
from visits.models import Feedback, Office, Visit
from visits.safe_csv import safe

HEADER = ["Kantor", "Nama", "Nomor HP", "Kunjungan", "Saran", "Terakhir"]


@dataclass
class Person:
    office: Office
    name: str
    phone: str
    last_at: datetime
    visits: int = 0
    letters: int = 0


@transaction.atomic
def list_people(offices, first: date | None, last: date) -> list[Person]:
    """Those who left their data from the office day `first` to `last`, both included, and it was not erased since.
    Leaves a line in the trail of each office."""
    found = []
    for office in offices:
        people = _people(office, _bounds(office, first, last))
        details = {"rows": len(people), "since": first and first.isoformat(), "until": last.isoformat()}
        record(action="affected.listed", office_id=office.pk, **details)
        found += people
    return found


def _bounds(office: Office, first: date | None, last: date) -> Q:
    def midnight(day: date) -> datetime:
        return datetime.combine(day, time.min, office.zone)

    bounds = Q(created_at__lt=midnight(last + timedelta(days=1)))
    return bounds & Q(created_at__gte=midnight(first)) if first else bounds


def _people(office: Office, bounds: Q) -> list[Person]:
    """Once each, by name and number, written as they wrote themselves the last time."""
    people: dict[tuple, Person] = {}
    for model, counter in [(Visit, "visits"), (Feedback, "letters")]:
        for name, phone, count, last_at in _rows(model, office, bounds):
            person = people.setdefault((name.casefold(), phone), Person(office, name, phone, last_at=last_at))
            setattr(person, counter, getattr(person, counter) + count)
            if last_at > person.last_at:
                person.name, person.last_at = name, last_at
    return sorted(people.values(), key=lambda person: (person.name.casefold(), person.phone))


def _rows(model, office: Office, bounds: Q):
    rows = model.objects.filter(bounds, office=office).exclude(name="", phone="").order_by()
    return rows.values_list("name", "phone").annotate(Count("pk"), Max("created_at"))


def write(people: list[Person], file) -> None:
    safe_csv.write(file, HEADER, map(_cells, people))


def _cells(person: Person) -> Iterator:
    yield safe(person.office.name)
    yield safe(person.name)
    yield safe(phones.display(person.phone))
    yield person.visits
    yield person.letters
    yield person.office.local(person.last_at).date().isoformat()
