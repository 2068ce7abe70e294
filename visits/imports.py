"""An office's old guest book becomes visits: read and checked as a whole, then stored as a whole or not at all.

The same file twice makes no visit twice: the identity of a row is computed from what it says.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from visits.actions import archived_periods_refuse, record
from visits.import_rows import BY_HEADER, COLUMNS, Book, Column, read, text_of
from visits.models import DailyNumber, Office, Visit
from visits.spreadsheets import Row, UnreadableError

HEADER_WITHIN = 10  # rows: above it may stand a letterhead
BATCH = 1000
REQUIRED = [column for column in COLUMNS if column.is_required]

Mistakes = dict[tuple[str, str], list[str]]  # (header, sentence) -> places: a slip made in each row is mended once


@dataclass(frozen=True)
class Plan:
    """What storing this file would do."""

    new: list[Visit]  # without numbers
    known: int  # rows that are stored already
    repeated: int  # rows that say the same as another row of the file
    mistakes: Mistakes
    ignored: list[str]  # headers that nothing is known about

    @property
    def days(self) -> list[date]:
        return sorted({visit.day for visit in self.new})


def plan(office: Office, sheets: list[list[Row]], *, by) -> Plan:
    """Reads every row. Raises UnreadableError where no sheet has the columns of a guest book."""
    book, visits, mistakes, ignored = Book(office), [], defaultdict(list), set()
    for header, rows in _guest_books(sheets):
        columns = [BY_HEADER.get(name) for name in header]
        ignored |= {name for name, column in zip(header, columns, strict=True) if name and column is None}
        for row in rows:
            visit, wrong = read(book, _cells(columns, row))
            visits += [visit] if visit else []
            for mistake in wrong:
                mistakes[mistake].append(row.place)
    once = {visit.submission_id: visit for visit in visits}
    stored = _Stored(office, once, by)
    new = [visit for visit in once.values() if not stored.holds(visit)]
    return Plan(new, len(once) - len(new), len(visits) - len(once), dict(mistakes), sorted(ignored))


def _guest_books(sheets: list[list[Row]]) -> list[tuple[list[str], list[Row]]]:
    """(names of the columns, the rows below them) of each sheet that is one."""
    found = [book for book in map(_below_header, sheets) if book]
    if not found:
        names = ", ".join(column.header for column in REQUIRED)
        raise UnreadableError(f"Judul kolom tidak ditemukan. Baris pertama harus memuat {names}.")
    return found


def _below_header(rows: list[Row]) -> tuple[list[str], list[Row]] | None:
    for place, row in enumerate(rows[:HEADER_WITHIN]):
        header = [" ".join(text_of(cell).casefold().split()).strip(" :*") for cell in row.cells]
        named = {column.name for column in map(BY_HEADER.get, header) if column}
        if all(column.name in named for column in REQUIRED):
            return header, rows[place + 1 :]
    return None


def _cells(columns: list[Column | None], row: Row) -> dict:
    return {column.name: cell for column, cell in zip(columns, row.cells, strict=False) if column}


class _Stored:
    """The office's visits on the days of a file, as far as this person may know of them."""

    def __init__(self, office: Office, visits: dict[UUID, Visit], by):
        everything = Visit.objects.filter(office=office)
        self.ids = set(_present(everything, [identity for visit in visits.values() for identity in visit.identities]))
        on_these_days = everything.filter(day__in={visit.day for visit in visits.values()})
        # Found by a name that is hidden from this person, a row would tell who has come.
        seen = on_these_days.as_seen_by(by).filter(is_masked=False, anonymized_at__isnull=True)
        self.people = {_person(*row) for row in seen.values_list("arrived_at", "seen_name")}
        # Of anonymised rows neither name nor identity is left: as many rows like them count as known.
        erased = on_these_days.filter(anonymized_at__isnull=False)
        self.erased = Counter(_likeness(*row) for row in erased.values_list("arrived_at", "purpose_id", "party_size"))

    def holds(self, visit: Visit) -> bool:
        if not self.ids.isdisjoint(visit.identities) or _person(visit.arrived_at, visit.name) in self.people:
            return True
        likeness = _likeness(visit.arrived_at, visit.purpose_id, visit.party_size)
        self.erased[likeness] -= 1
        return self.erased[likeness] >= 0


def _present(visits, ids: list[UUID]) -> Iterable[UUID]:
    for start in range(0, len(ids), BATCH):
        yield from visits.filter(submission_id__in=ids[start : start + BATCH]).values_list("submission_id", flat=True)


def _person(arrived_at: datetime, name: str) -> tuple:
    return arrived_at.replace(second=0, microsecond=0), name.casefold()


def _likeness(arrived_at: datetime, purpose_id: int, party_size: int) -> tuple:
    return arrived_at.replace(second=0, microsecond=0), purpose_id, party_size


def rehearse(office: Office, sheets: list[list[Row]], *, by) -> Plan:
    """What `store` would do, found out by doing it and taking it back: the database has its say too.

    Raises UnreadableError, ArchivedPeriodError.
    """
    with archived_periods_refuse(), transaction.atomic():
        planned = plan(office, sheets, by=by)
        if not planned.mistakes:
            _insert(office, planned, by=by)
        transaction.set_rollback(True)
    return planned


@archived_periods_refuse()
@transaction.atomic
def store(office: Office, sheets: list[list[Row]], *, by, request=None) -> Plan:
    """All rows, or none where one has a mistake. Raises UnreadableError, ArchivedPeriodError."""
    # Two imports take turns, and the second finds what the first has stored. Visitors do not wait for this lock.
    Office.objects.select_for_update(no_key=True).only("pk").get(pk=office.pk)
    planned = plan(office, sheets, by=by)
    if planned.mistakes:
        raise UnreadableError("Ada baris yang perlu diperbaiki. Periksa berkasnya sekali lagi.")
    _insert(office, planned, by=by)
    known = planned.known + planned.repeated
    record(action="visit.imported", by=by, request=request, office_id=office.pk, rows=len(planned.new), known=known)
    return planned


def _insert(office: Office, planned: Plan, *, by) -> None:
    """Numbers go on after those that the day has given out, in the order of arrival. Days in their order, so that two
    transactions never wait for each other."""
    by_day = defaultdict(list)
    for visit in sorted(planned.new, key=lambda visit: visit.arrived_at):
        by_day[visit.day].append(visit)
    for day, visits in by_day.items():
        last = DailyNumber.objects.take(office.pk, day, len(visits))
        for number, visit in enumerate(visits, start=last - len(visits) + 1):
            visit.number, visit.entered_by = number, by
    Visit.objects.bulk_create((visit for visits in by_day.values() for visit in visits), batch_size=BATCH)
