"""What somebody's table file holds, as rows of plain values. Files come from anywhere: nothing in them is believed, and
nothing is carried out. Pure: bytes in, rows out."""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from openpyxl import load_workbook

Cell = str | int | float | bool | date | datetime | time | timedelta | None

LARGEST = 4_000_000  # bytes; docs/deploy/Caddyfile takes 5 MB for a whole request
LARGEST_UNZIPPED = 60_000_000  # bytes: what an Excel file may swell to
MOST_ROWS = 10_100  # with anything in them: 10,000 visits, and some headers; as many as a request has time for
MOST_EMPTY_ROWS = 1_100_000  # a sheet that somebody has formatted to its end has 1,048,576
MOST_COLUMNS = 60
LONGEST_LINE = 100_000  # characters of a cell in CSV; ours take 500
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MACROS = ("vbaproject.bin", "/macrosheets/", "/activex/")


class UnreadableError(Exception):
    """Why, as a sentence for the person who sent the file."""


class Row(NamedTuple):
    place: str  # "baris 5", "lembar Mei, baris 5"
    cells: list[Cell]


def read(content: bytes) -> list[list[Row]]:
    """The rows of each sheet, without empty ones. A cell with a formula gives the value that Excel saved with it."""
    if len(content) > LARGEST:
        raise UnreadableError(f"Berkas terlalu besar. Paling besar {LARGEST // 1_000_000} MB; bagi per tahun.")
    if content.startswith(OLD_EXCEL):
        raise UnreadableError("Ini berkas Excel lama (.xls) atau berkata sandi. Simpan sebagai .xlsx tanpa kata sandi.")
    budget = _Budget()
    with warnings.catch_warnings():
        # openpyxl tells which features it passes over; none of them holds a row.
        warnings.simplefilter("ignore", UserWarning)
        sheets = _workbook(content) if content.startswith(ZIP) else [("", _csv(content))]
        return [_rows(name, lines, budget, alone=len(sheets) == 1) for name, lines in sheets]


class _Budget:
    """Of rows, for all sheets of a file."""

    def __init__(self):
        self.filled = self.empty = 0

    def spend(self, is_filled: bool) -> None:
        self.filled += is_filled
        self.empty += not is_filled
        if self.filled > MOST_ROWS or self.empty > MOST_EMPTY_ROWS:
            raise UnreadableError("Berkas berisi terlalu banyak baris. Paling banyak 10.000; bagi per tahun.")


def _rows(name: str, lines: Iterator, budget: _Budget, *, alone: bool) -> list[Row]:
    before = "" if alone else f"lembar {name}, "
    rows = []
    for number, cells in enumerate(_guarded(lines), start=1):
        is_filled = any(cell not in {None, ""} for cell in cells)
        budget.spend(is_filled)
        if is_filled:
            rows.append(Row(f"{before}baris {number}", list(cells[:MOST_COLUMNS])))
    return rows


def _guarded(lines: Iterator) -> Iterator:
    """openpyxl reads as one goes, so a damaged sheet shows only here, and in any of a dozen exceptions."""
    try:
        yield from lines
    except UnreadableError:
        raise
    except Exception as error:
        raise _damaged() from error


def _damaged() -> UnreadableError:
    return UnreadableError("Berkas tidak dapat dibaca. Buka dengan Excel, simpan lagi sebagai .xlsx, lalu coba lagi.")


# Excel.


def _workbook(content: bytes) -> list[tuple[str, Iterator]]:
    _refuse_bombs_and_macros(content)
    try:
        # With defusedxml installed openpyxl refuses entities and external references in its XML.
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        return [(sheet.title, _lines(sheet)) for sheet in book.worksheets]
    except Exception as error:
        raise _damaged() from error


def _refuse_bombs_and_macros(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            listed = parts.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _damaged() from error
    if any(word in f"/{part.filename.lower()}" for part in listed for word in MACROS):
        raise UnreadableError("Berkas ini berisi makro. Simpan sebagai .xlsx biasa, tanpa makro.")
    # zipfile gives no more of a part than the size that is written here, whatever it really unzips to.
    if sum(part.file_size for part in listed) > LARGEST_UNZIPPED:
        raise UnreadableError("Berkas terlalu besar setelah dibuka. Bagi menjadi beberapa berkas.")


def _lines(sheet) -> Iterator[tuple]:
    # What the file says about its own size may be wrong, or missing.
    sheet.reset_dimensions()
    yield from sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS)


# CSV.


def _csv(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if first.lower().startswith("sep=") and len(first) == len("sep=;"):
        text, delimiter = text.replace(first, "", 1), first[-1]
    else:
        delimiter = max(";,\t", key=first.count)
    csv.field_size_limit(LONGEST_LINE)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _decoded(content: bytes) -> str:
    """UTF-8, UTF-16 where it says so, or what an Indonesian Windows writes."""
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    for candidate in [encoding, "cp1252"]:
        try:
            text = content.decode(candidate)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableError("Ini bukan berkas Excel (.xlsx) atau CSV.")
