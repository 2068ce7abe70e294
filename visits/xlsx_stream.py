"""An Excel file that is sent while it is being made: rows come in, bytes go out, nothing is kept.

Each sheet is one XML part, zipped as its rows come; what has to know all sheets stands at the end of the file.
ECMA-376 lets cells and rows go without their addresses (18.3.1.4, 18.3.1.73): that halves the file. Text is written as
inline strings, which no program reads as a formula.
"""

import re
import zipfile
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from xml.sax.saxutils import escape, quoteattr

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_PER_SHEET = 1_048_575  # Excel's limit, less the header
ROWS_PER_BLOCK = 500
LARGEST_SHEET = 1_900_000_000  # bytes of XML; a plain zip file takes 2 GiB for a part
FASTEST = 1  # of zlib's levels: the higher ones save little on XML and cost much
DAY_ZERO = date(1899, 12, 30).toordinal()
# Excel reads _x0041_ in a text as the character 0041; this is how it is told that these are just letters.
CODE_LOOKALIKE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
# What XML can't hold. Thrown out of whole blocks of rows: cell by cell it would cost more than all the rest.
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
NON_CHARACTERS = "\ufffe\uffff"

# How cells are written. Their styles are places in `cellXfs`, below.


def text(value: str | None) -> str:
    if not value:
        return "<c/>"
    if "&" in value or "<" in value or ">" in value:
        value = escape(value)
    if "_x" in value:
        value = CODE_LOOKALIKE.sub("_x005F_", value)
    return f'<c t="inlineStr" s="1"><is><t xml:space="preserve">{value}</t></is></c>'


def number(value: int | None) -> str:
    return "<c/>" if value is None else f"<c><v>{value}</v></c>"


def day(value: date | None) -> str:
    return "<c/>" if value is None else f'<c s="2"><v>{value.toordinal() - DAY_ZERO}</v></c>'


def moment(serial: str | None) -> str:
    """`serial`: days and parts of a day since day 0, by the clock on the wall."""
    return "<c/>" if serial is None else f'<c s="3"><v>{serial}</v></c>'


@dataclass(frozen=True)
class Column:
    header: str
    cell: Callable[..., str]  # one of the four above
    width: int  # characters


def stream(
    title: str, columns: list[Column], rows: Iterable[tuple], *, rows_per_sheet: int = ROWS_PER_SHEET
) -> Generator[bytes]:
    """The file, piece by piece. Past `rows_per_sheet` a new sheet begins, with the same header."""
    outbox, rows, last_rows = _Outbox(), iter(rows), []
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_DEFLATED, compresslevel=FASTEST) as archive:
        while True:
            with archive.open(f"xl/worksheets/sheet{len(last_rows) + 1}.xml", "w") as part:
                written = yield from _sheet(part, outbox, columns, rows, rows_per_sheet)
            last_rows.append(written + 1)
            following = next(rows, None)
            if following is None:
                break
            rows = chain([following], rows)
        for name, content in _other_parts(title, columns, last_rows):
            archive.writestr(name, content)
    yield outbox.take()


class _Outbox:
    """A file that can only be written to: zipfile then tells a part's size after the part."""

    def __init__(self):
        self._pieces = []

    def write(self, piece) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _sheet(part, outbox: _Outbox, columns, rows: Iterator[tuple], rows_left: int) -> Generator[bytes, None, int]:
    """Returns the number of rows that it held."""
    part.write(_head(columns).encode())
    yield outbox.take()
    count = size = 0
    while size < LARGEST_SHEET and (block := list(islice(rows, min(ROWS_PER_BLOCK, rows_left - count)))):
        size += part.write(_xml(columns, block))
        count += len(block)
        yield outbox.take()
    part.write(_tail(columns, count + 1).encode())
    return count


def _xml(columns: list[Column], rows: list[tuple]) -> bytes:
    cells = [column.cell for column in columns]
    lines = ["".join([cell(value) for cell, value in zip(cells, row, strict=True)]) for row in rows]
    content = f"<row>{'</row><row>'.join(lines)}</row>"
    for non_character in NON_CHARACTERS:
        content = content.replace(non_character, "")
    return content.encode().translate(None, CONTROLS)


# What stands around the rows.

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _head(columns: list[Column]) -> str:
    """The first row stays on the screen."""
    widths = [
        f'<col min="{place}" max="{place}" width="{column.width}" customWidth="1"/>'
        for place, column in enumerate(columns, start=1)
    ]
    names = [f'<c t="inlineStr" s="4"><is><t>{escape(column.header)}</t></is></c>' for column in columns]
    return (
        f'{DECLARATION}<worksheet xmlns="{SHEETS}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews>'
        '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews><cols>{''.join(widths)}</cols><sheetData><row>{''.join(names)}</row>"
    )


def _tail(columns: list[Column], last_row: int) -> str:
    """Filter buttons; A4 across, as wide as the page, numbered."""
    return (
        f'</sheetData><autoFilter ref="A1:{_letters(len(columns))}{last_row}"/>'
        '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>'
        "<headerFooter><oddFooter>&amp;RHalaman &amp;P dari &amp;N</oddFooter></headerFooter></worksheet>"
    )


def _letters(place: int) -> str:
    """1 is A, 27 is AA."""
    before, last = divmod(place - 1, 26)
    return (_letters(before) if before else "") + chr(ord("A") + last)


def _other_parts(title: str, columns: list[Column], last_rows: list[int]) -> Iterator[tuple[str, str]]:
    names = [title, *(f"{title} {number}" for number in range(2, len(last_rows) + 1))]
    yield "xl/styles.xml", STYLES
    yield "xl/workbook.xml", _workbook(names, columns, last_rows)
    numbers = range(1, len(names) + 1)
    sheets = [_relation(number, f"{OFFICE}/worksheet", f"worksheets/sheet{number}.xml") for number in numbers]
    yield "xl/_rels/workbook.xml.rels", _relations(*sheets, _relation(0, f"{OFFICE}/styles", "styles.xml"))
    yield "_rels/.rels", _relations(_relation(1, f"{OFFICE}/officeDocument", "xl/workbook.xml"))
    worksheets = [(f"/xl/worksheets/sheet{number}.xml", "worksheet") for number in numbers]
    types = [("/xl/workbook.xml", "sheet.main"), ("/xl/styles.xml", "styles"), *worksheets]
    yield "[Content_Types].xml", _types(types)


def _workbook(names: list[str], columns: list[Column], last_rows: list[int]) -> str:
    """With the header of each sheet on each of its printed pages, and what the filter buttons filter."""
    sheets, defined, last_column = [], [], _letters(len(columns))
    for place, (name, last_row) in enumerate(zip(names, last_rows, strict=True)):
        sheets.append(f'<sheet name={quoteattr(name)} sheetId="{place + 1}" r:id="rId{place + 1}"/>')
        at, own = f'localSheetId="{place}"', escape(f"'{name}'!")
        cells = f"{own}$A$1:${last_column}${last_row}"
        defined.append(f'<definedName name="_xlnm._FilterDatabase" {at} hidden="1">{cells}</definedName>')
        defined.append(f'<definedName name="_xlnm.Print_Titles" {at}>{own}$1:$1</definedName>')
    return (
        f'{DECLARATION}<workbook xmlns="{SHEETS}" xmlns:r="{OFFICE}"><sheets>{"".join(sheets)}</sheets>'
        f"<definedNames>{''.join(defined)}</definedNames></workbook>"
    )


def _relation(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'


def _relations(*relations: str) -> str:
    return f'{DECLARATION}<Relationships xmlns="{PACKAGE}/relationships">{"".join(relations)}</Relationships>'


def _types(parts: list[tuple[str, str]]) -> str:
    overrides = [f'<Override PartName="{name}" ContentType="{TYPES}.{kind}+xml"/>' for name, kind in parts]
    return (
        f'{DECLARATION}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{"".join(overrides)}</Types>'
    )


# 0 plain; 1 text, which stays text when it is edited; 2 a day; 3 a moment; 4 a header.
STYLES = (
    f'{DECLARATION}<styleSheet xmlns="{SHEETS}"><numFmts count="2"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/>'
    '<numFmt numFmtId="165" formatCode="dd/mm/yyyy\\ hh\\.mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFF2EEE9"/></patternFill></fill></fills>'
    "<borders><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
