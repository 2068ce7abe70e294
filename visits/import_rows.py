"""One row of an old guest book becomes one visit. Values are read by the rules of the forms that staff use."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone

from visits import desk, written
from visits.codes import key_hash, private_ids, private_key
from visits.forms import PhoneField, TextLine, TextLines
from visits.models import Office, Visit
from visits.models.visit import MAX_PARTY_SIZE
from visits.opening import automatic_end, closing_time
from visits.spreadsheets import Cell
from visits.staff_forms import WRONG_NUMBER

OLDEST = date(2000, 1, 1)

NAME = TextLine(max_length=100, error_messages={"required": "Nama tamu kosong."})
PHONE = PhoneField(max_length=40, required=False, error_messages={"invalid": WRONG_NUMBER})
ORGANIZATION = TextLine(max_length=120, required=False)
MEETING_WITH = TextLine(max_length=80, required=False)
NOTE = TextLines(max_length=500, required=False)


class Choices:
    """Names that a row may use, whatever their case and spaces."""

    def __init__(self, what: str, values: dict[str, Any]):
        self.what = what
        self.values = values
        self.names = {_key(name): name for name in values}

    def find(self, text: str):
        """Raises ValueError, with the nearest name or all of them."""
        if (key := _key(text)) in self.names:
            return self.values[self.names[key]]
        nearest = get_close_matches(key, self.names, n=1, cutoff=0.5)
        hint = f"Maksudnya “{self.names[nearest[0]]}”?" if nearest else f"Yang ada: {', '.join(self.values)}."
        raise ValueError(f"{self.what} “{text}” tidak dikenal. {hint}")


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


class Book:
    """What the rows of this office's book may refer to, read once."""

    def __init__(self, office: Office):
        self.office = office
        self.now, self.today = timezone.now(), office.today()
        self.purposes = Choices("Keperluan", dict(office.purposes.values_list("name", "pk")))
        self.districts = Choices("Kecamatan", dict(office.districts.values_list("name", "pk")))
        self.kinds = Choices("Asal tamu", {str(kind.label): kind.value for kind in Visit.VisitorKind})
        self.divisions = {name.casefold(): pk for name, pk in office.divisions.values_list("name", "pk")}
        self.week, self.closed_days = office.weekly_hours(), office.closed_dates()

    def at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.office.zone)

    def automatic_end(self, arrived_at: datetime, day: date) -> datetime:
        closes_at = closing_time(day, self.week, self.closed_days, self.office.zone)
        return automatic_end(arrived_at, closes_at, self.office.zone)


def text_of(cell: Cell) -> str:
    """As it was typed: 81234567890.0 is how a phone number comes out of Excel."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


# How the cell of a column is read. Each raises ValueError or ValidationError with a sentence.


def _day(book: Book, cell: Cell) -> date:
    """Days before today: those of today get their numbers at the door."""
    if text_of(cell) == "":
        raise ValueError("Tanggal kosong.")
    day = written.day(cell)
    if day >= book.today:
        raise ValueError("Tanggal harus sebelum hari ini. Tamu hari ini dicatat lewat Catat tamu.")
    if day < OLDEST:
        raise ValueError("Tanggal terlalu lama. Periksa tahunnya.")
    return day


def _arrived(book: Book, cell: Cell) -> time:
    """Asked for, not guessed: a made-up hour would stand in the report as the busiest."""
    if text_of(cell) == "":
        raise ValueError("Jam datang kosong. Bila tidak tercatat, tulis perkiraannya.")
    return written.clock(cell)


def _left(book: Book, cell: Cell) -> time | None:
    return None if text_of(cell) == "" else written.clock(cell)


def _name(book: Book, cell: Cell) -> str:
    name = NAME.clean(text_of(cell))
    if name in {desk.MASKED, desk.ERASED}:
        raise ValueError("Nama tamu tidak ada di berkas ini, jadi barisnya tidak dapat diimpor.")
    return name


def _kind(book: Book, cell: Cell) -> str:
    return book.kinds.find(text) if (text := text_of(cell)) else Visit.VisitorKind.INDIVIDUAL.value


def _district(book: Book, cell: Cell) -> int | None:
    return book.districts.find(text) if (text := text_of(cell)) else None


def _purpose(book: Book, cell: Cell) -> int:
    if text_of(cell) == "":
        raise ValueError("Keperluan kosong.")
    return book.purposes.find(text_of(cell))


def _party_size(book: Book, cell: Cell) -> int:
    count = text_of(cell).casefold().removesuffix("orang").strip() or "1"
    if not (count.isascii() and count.isdecimal() and 1 <= int(count) <= MAX_PARTY_SIZE):
        raise ValueError(f"Tulis jumlah tamu dengan angka, 1 sampai {MAX_PARTY_SIZE}.")
    return int(count)


def _by(field) -> Callable[[Book, Cell], str]:
    return lambda book, cell: field.clean(text_of(cell))


@dataclass(frozen=True)
class Column:
    name: str
    header: str  # as our own export writes it
    read: Callable[[Book, Cell], Any]
    others: tuple[str, ...] = ()  # other names that people give it, in small letters
    help: str = ""
    is_required: bool = False


COLUMNS = [
    Column(
        "day",
        "Tanggal",
        _day,
        ("tgl", "hari/tanggal", "hari, tanggal"),
        "5 Januari 2026, 05/01/2026, atau 2026-01-05",
        is_required=True,
    ),
    Column(
        "arrived",
        "Datang",
        _arrived,
        ("jam datang", "jam", "waktu", "pukul", "jam masuk"),
        "08.30 atau 08:30",
        is_required=True,
    ),
    Column("left", "Pulang", _left, ("jam pulang", "jam keluar"), "Kosong: sampai jam tutup kantor"),
    Column("name", "Nama", _name, ("nama lengkap", "nama tamu"), is_required=True),
    Column(
        "phone",
        "Nomor HP",
        _by(PHONE),
        ("no hp", "no. hp", "hp", "hp/wa", "nomor hp/wa", "nomor hp/whatsapp", "telepon", "no telp", "no. telp"),
    ),
    Column("kind", "Asal tamu", _kind, ("jenis instansi", "datang sebagai"), "Kosong: Perorangan"),
    Column("organization", "Instansi", _by(ORGANIZATION), ("nama instansi", "asal instansi", "lembaga")),
    Column("district", "Kecamatan", _district, ("kecamatan asal",), "Sesuai daftar kecamatan di Pengaturan"),
    Column(
        "purpose",
        "Keperluan",
        _purpose,
        ("tujuan", "maksud", "layanan"),
        "Sesuai daftar layanan di Pengaturan",
        is_required=True,
    ),
    Column("meeting_with", "Bertemu dengan", _by(MEETING_WITH), ("ingin bertemu", "bertemu", "yang dituju")),
    Column("party_size", "Jumlah tamu", _party_size, ("jumlah orang", "jumlah", "orang"), "Kosong: 1"),
    Column("note", "Catatan tamu", _by(NOTE), ("catatan", "keterangan")),
]
BY_HEADER = {name: column for column in COLUMNS for name in [column.header.casefold(), *column.others]}


def read(book: Book, cells: dict[str, Cell]) -> tuple[Visit | None, list[tuple[str, str]]]:
    """The visit that a row tells of, or what is wrong with it: (header, sentence)."""
    data, mistakes = {}, []
    for column in COLUMNS:
        try:
            data[column.name] = column.read(book, cells.get(column.name))
        except ValidationError as error:
            mistakes.append((column.header, " ".join(error.messages)))
        except ValueError as error:
            mistakes.append((column.header, str(error)))
    if not mistakes and data["left"] and data["left"] < data["arrived"]:
        mistakes.append(("Pulang", "Jam pulang harus sesudah jam datang."))
    return (None, mistakes) if mistakes else (_visit(book, data), [])


def _visit(book: Book, data: dict) -> Visit:
    """Without a number and who enters it. What nobody has ended, ends as it does at the door."""
    arrived_at, identities = book.at(data["day"], data["arrived"]), _identities(book.office, data)
    left_at = book.at(data["day"], data["left"]) if data["left"] else None
    visit = Visit(
        office=book.office,
        submission_id=identities[0],
        key_hash=key_hash(private_key("visit", identities[0])),
        name=data["name"],
        phone=data["phone"],
        visitor_kind=data["kind"],
        organization=data["organization"],
        district_id=data["district"],
        purpose_id=data["purpose"],
        meeting_with=data["meeting_with"],
        division_id=book.divisions.get(data["meeting_with"].casefold()),
        party_size=data["party_size"],
        note=data["note"],
        created_at=book.now,
        day=data["day"],
        arrived_at=arrived_at,
        left_at=left_at or book.automatic_end(arrived_at, data["day"]),
        ended_by=Visit.EndedBy.STAFF if left_at else Visit.EndedBy.AUTOMATIC,
    )
    visit.identities = identities
    return visit


def _identities(office: Office, data: dict) -> list[UUID]:
    """The same row of the same office is the same visit. Made of what was read, so that the order of the columns, their
    names and the way a date is written do not matter. One under each secret that is honoured, today's first."""
    said = [str(data[column.name]).casefold() for column in COLUMNS]
    return private_ids("\x1f".join(["imported visit", str(office.pk), *said]))
