"""Visits as an Excel file, row by row, as the person who asks may see them. Memory does not grow with the rows."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Count, F, Func, TextField, Value, When
from django.db.models.functions import Concat, Substr

from dilaku import deadline
from visits import desk, xlsx_stream
from visits.models import CheckInPoint, Visit
from visits.xlsx_stream import day, moment, number, text

TITLE = "Kunjungan"
CHUNK = 2000  # rows that the database hands over at a time
# A slow download may take its time: neither the query nor the pauses in it end before this. In this transaction only.
PATIENCE = "10min"
DOWNLOAD_SECONDS = 3600.0  # at most, all of it


class ExcelSerial(Func):
    """A moment by the office's own clock, as Excel counts: days since 30 December 1899. Cut to the second, so that
    23.59.59 stays on its day; text, so that no one converts it again on its way into the file."""

    template = "(floor(extract(epoch FROM %(expressions)s)::float8) / 86400 + 25569)::text"
    arg_joiner = " AT TIME ZONE "
    output_field = TextField()


@dataclass(frozen=True)
class Column:
    name: str  # in the form
    header: str
    value: Any  # an expression on visits that went through `as_seen_by`
    cell: Callable[..., str] = text
    width: int = 20
    is_usual: bool = True  # ticked at first


def _moment(field: str) -> ExcelSerial:
    return ExcelSerial(F(field), F("office__time_zone"))


def _first_of(*choices: tuple[dict, str], default) -> Case:
    """The words of the first condition that holds."""
    return Case(
        *[When(**when, then=Value(words)) for when, words in choices], default=default, output_field=TextField()
    )


# Indonesian numbers as people write them, 0812...; others with their +. Text: as a number it would lose the 0.
_phone = Case(
    When(seen_phone__startswith="+62", then=Concat(Value("0"), Substr("seen_phone", 4), output_field=TextField())),
    default=F("seen_phone"),
    output_field=TextField(),
)
_how = _first_of(
    ({"entered_by__isnull": False}, "Dicatat petugas"),
    ({"point__kind": CheckInPoint.Kind.ONLINE}, "Daring"),
    default=Value("Pindai QR"),
)
_status = _first_of(
    ({"excluded_at__isnull": False}, "Dikecualikan"),
    ({"ended_by": Visit.EndedBy.AUTOMATIC}, "Ditutup otomatis"),
    ({"left_at__isnull": False}, "Selesai"),
    ({"arrived_at__isnull": False}, "Berkunjung"),
    ({"lapsed_at__isnull": False}, "Tidak datang"),
    default=Value("Dikabarkan daring"),
)
_name = _first_of(({"is_masked": True, "anonymized_at__isnull": True}, desk.MASKED), default=F("seen_name"))
_kind = _first_of(*[({"visitor_kind": kind.value}, str(kind.label)) for kind in Visit.VisitorKind], default=Value(""))

COLUMNS = [
    Column("number", "Nomor", F("number"), number, 8),
    Column("day", "Tanggal", F("day"), day, 12),
    Column("arrived", "Datang", _moment("arrived_at"), moment, 17),
    Column("left", "Pulang", _moment("left_at"), moment, 17),
    Column("name", "Nama", _name, width=28),
    Column("phone", "Nomor HP", _phone, width=16),
    Column("kind", "Asal tamu", _kind),
    Column("organization", "Instansi", F("seen_organization"), width=28),
    Column("district", "Kecamatan", F("district__name")),
    Column("purpose", "Keperluan", F("purpose__name"), width=28),
    Column("meeting_with", "Bertemu dengan", F("meeting_with")),
    Column("party_size", "Jumlah tamu", F("party_size"), number, 12),
    Column("note", "Catatan tamu", F("seen_note"), width=40),
    Column("point", "Titik check-in", F("point__name")),
    Column("status", "Status", _status, width=18),
    Column("how", "Cara mencatat", _how, width=18, is_usual=False),
    Column("staff_note", "Catatan petugas", F("seen_staff_note"), width=40, is_usual=False),
    Column("excluded_reason", "Alasan dikecualikan", F("seen_excluded_reason"), width=28, is_usual=False),
    Column("office", "Kantor", F("office__name"), width=28, is_usual=False),
]


def count_by_office(visits) -> dict[int, int]:
    return dict(visits.order_by().values_list("office_id").annotate(Count("pk")))


def workbook(visits, columns: list[Column], *, rows_per_sheet: int = xlsx_stream.ROWS_PER_SHEET) -> Generator[bytes]:
    """The pieces of the file. `visits` went through `as_seen_by`; nothing is read until the first is asked for."""
    layout = [xlsx_stream.Column(column.header, column.cell, column.width) for column in columns]
    values = visits.values_list(*[column.value for column in columns])
    return xlsx_stream.stream(TITLE, layout, unhurried(values), rows_per_sheet=rows_per_sheet)


def unhurried(rows) -> Iterator:
    """The rows of a queryset, for a file that may take its time. Through a cursor of the server's. It lives in a
    transaction: outside one PostgreSQL would first make all rows. It takes no lock that anybody could wait for."""
    deadline.extend(DOWNLOAD_SECONDS)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config(name, %s, true)"
                " FROM unnest(ARRAY['statement_timeout', 'idle_in_transaction_session_timeout']) AS name",
                [PATIENCE],
            )
        yield from rows.iterator(chunk_size=CHUNK)
