"""The audit trail as an Excel file, row by row, in the words of the page. It names fields and counts, never values."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from visits import audit_words, exports, xlsx_stream
from visits.models import AuditEvent, Office
from visits.xlsx_stream import moment, number, text

TITLE = "Jejak audit"
DAY_ZERO = datetime(1899, 12, 30)  # by the clock on the wall


@dataclass(frozen=True)
class Column:
    header: str
    value: Callable[[AuditEvent, Office | None], Any]
    cell: Callable[..., str] = text
    width: int = 20


def _serial(event: AuditEvent, office: Office | None) -> str:
    """Days since day zero by the office's clock, cut to the second."""
    zone = ZoneInfo(office.time_zone if office else settings.TIME_ZONE)
    on_the_wall = event.at.astimezone(zone).replace(microsecond=0, tzinfo=None)
    return repr((on_the_wall - DAY_ZERO) / timedelta(days=1))


COLUMNS = [
    Column("Nomor", lambda event, office: event.pk, number, 10),
    Column("Waktu", _serial, moment, 17),
    Column("Kantor", lambda event, office: office.name if office else "", width=28),
    Column("Pengguna", lambda event, office: event.actor),
    Column("Tindakan", lambda event, office: audit_words.action_words(event.action), width=34),
    Column("Objek", lambda event, office: audit_words.object_words(event)),
    Column("Rincian", lambda event, office: audit_words.detail_words(event), width=44),
    Column("Alamat jaringan", lambda event, office: event.address or "", width=18),
]


def workbook(events) -> Generator[bytes]:
    """The pieces of the file; nothing is read until the first is asked for."""
    offices = Office.objects.only("name", "time_zone").in_bulk()
    layout = [xlsx_stream.Column(column.header, column.cell, column.width) for column in COLUMNS]
    return xlsx_stream.stream(TITLE, layout, (_row(event, offices) for event in exports.unhurried(events)))


def _row(event: AuditEvent, offices: dict[int, Office]) -> list:
    office = offices.get(event.office_id)
    return [column.value(event, office) for column in COLUMNS]
