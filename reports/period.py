"""Months, quarters, semesters and years, and runs of days inside them. Pure: no database, no clock."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import Enum

MONTHS = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
]
WEEKDAYS = ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"]  # ISO weekday 1 is Senin
ROMAN = ["I", "II", "III", "IV"]
SLUG = re.compile(r"(20[0-9]{2})(?:-(?:(0[1-9]|1[0-2])|T([1-4])|S([12])))?")


@dataclass(frozen=True)
class Span:
    """Whole days of an office, the first and the last included."""

    first_day: date
    last_day: date

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1

    def each_day(self) -> Iterator[date]:
        return (self.first_day + timedelta(days=offset) for offset in range(self.days))

    def bounds(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """The half-open range [start, end) from midnight to midnight in `zone`."""
        return (
            datetime.combine(self.first_day, time.min, zone),
            datetime.combine(self.last_day + timedelta(days=1), time.min, zone),
        )

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def named(self, beside: int | None = None) -> str:
        """As a sentence says it: "1 Juli 2026", "1–14 Juli 2026", "1 Juli–14 Agustus 2026"; without the year where all
        of it lies in the year `beside`, which the sentence has told already."""
        last = f"{self.last_day.day} {MONTHS[self.last_day.month - 1]}"
        if self.last_day.year != beside:
            last += f" {self.last_day.year}"
        if self.days == 1:
            return last
        return f"{self._named_start()}–{last}"

    def _named_start(self) -> str:
        first, last = self.first_day, self.last_day
        month = "" if (first.year, first.month) == (last.year, last.month) else f" {MONTHS[first.month - 1]}"
        year = "" if first.year == last.year else f" {first.year}"
        return f"{first.day}{month}{year}"


class Kind(Enum):
    """What a period is; the value is how many of them make a year."""

    MONTH = 12
    QUARTER = 4
    SEMESTER = 2
    YEAR = 1


@dataclass(frozen=True)
class Period:
    """A calendar month, quarter (triwulan), semester or year: the `number`-th of its kind in `year`, from 1."""

    kind: Kind
    year: int
    number: int

    def __post_init__(self):
        if not 1 <= self.number <= self.kind.value:
            raise ValueError(f"a year has no {self.kind.name.lower()} {self.number}")

    @classmethod
    def parse(cls, slug: str) -> "Period":
        """From `2026-06`, `2026-T1`, `2026-S1` or `2026`, years 2000 to 2099; ValueError for anything else."""
        match = SLUG.fullmatch(slug)
        if not match:
            raise ValueError(f"not a period: {slug!r}")
        year, *numbers = match.groups()
        for kind, number in zip(Kind, numbers, strict=False):
            if number:
                return cls(kind, int(year), int(number))
        return cls(Kind.YEAR, int(year), 1)

    @classmethod
    def containing(cls, day: date, kind: Kind = Kind.MONTH) -> "Period":
        return cls(kind, day.year, (day.month - 1) * kind.value // 12 + 1)

    def __str__(self) -> str:
        """The slug, as addresses and file names hold it."""
        match self.kind:
            case Kind.MONTH:
                return f"{self.year}-{self.number:02d}"
            case Kind.QUARTER:
                return f"{self.year}-T{self.number}"
            case Kind.SEMESTER:
                return f"{self.year}-S{self.number}"
        return f"{self.year}"

    # Its days.

    @property
    def first_day(self) -> date:
        return date(self.year, (self.number - 1) * 12 // self.kind.value + 1, 1)

    @property
    def last_day(self) -> date:
        return self.next.first_day - timedelta(days=1)

    @property
    def whole(self) -> Span:
        return Span(self.first_day, self.last_day)

    @property
    def days(self) -> int:
        return self.whole.days

    @property
    def months(self) -> list["Period"]:
        """The calendar months it is made of."""
        size = 12 // self.kind.value
        first = self.first_day.month
        return [Period(Kind.MONTH, self.year, month) for month in range(first, first + size)]

    def bounds(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """The half-open range [start, end) from midnight to midnight in `zone`."""
        return self.whole.bounds(zone)

    # Its neighbours. Those of 2000 and 2099 may lie outside what `parse` takes.

    @property
    def previous(self) -> "Period":
        return self._moved(-1)

    @property
    def next(self) -> "Period":
        return self._moved(1)

    @property
    def same_period_last_year(self) -> "Period":
        return Period(self.kind, self.year - 1, self.number)

    def _moved(self, steps: int) -> "Period":
        year, index = divmod(self.year * self.kind.value + self.number - 1 + steps, self.kind.value)
        return Period(self.kind, year, index + 1)

    # Seen from a day of the office.

    def has_begun(self, today: date) -> bool:
        return self.first_day <= today

    def is_over(self, today: date) -> bool:
        return self.last_day < today

    def is_current(self, today: date) -> bool:
        return today in self.whole

    def cut_at(self, day: date) -> Span:
        """From its first day to `day`, or to its own end if that is earlier; ValueError where it begins later."""
        if not self.has_begun(day):
            raise ValueError(f"{self} has not begun on {day}")
        return Span(self.first_day, min(day, self.last_day))

    def first_days(self, count: int) -> Span:
        """Its first `count` days (at least one), or all of them where it has fewer."""
        return Span(self.first_day, min(self.first_day + timedelta(days=count - 1), self.last_day))

    # Its names.

    @property
    def name(self) -> str:
        """Without the year, where one can do without: "Juni", "Triwulan I", "Semester I", "Tahun 2026"."""
        match self.kind:
            case Kind.MONTH:
                return MONTHS[self.number - 1]
            case Kind.QUARTER:
                return f"Triwulan {ROMAN[self.number - 1]}"
            case Kind.SEMESTER:
                return f"Semester {ROMAN[self.number - 1]}"
        return f"Tahun {self.year}"

    @property
    def label(self) -> str:
        """As a heading says it: "Juni 2026", "Triwulan I 2026", "Semester I 2026", "Tahun 2026"."""
        return self.name if self.kind == Kind.YEAR else f"{self.name} {self.year}"

    def named(self, beside: int | None = None) -> str:
        """As a sentence says it: "Juni 2026", "triwulan I 2026"; without the year where it is `beside`: "Juni"."""
        text = self.name if self.year == beside else self.label
        return text if self.kind == Kind.MONTH else text[0].lower() + text[1:]

    def file_stem(self, office_slug: str) -> str:
        """The name of its files without the ending: "laporan-kunjungan-contoh-2026-06"."""
        return f"laporan-kunjungan-{office_slug}-{self}"


def day_name(day: date) -> str:
    """As a sentence says it that has told the year already: "Senin, 15 Juni"."""
    return f"{WEEKDAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]}"
