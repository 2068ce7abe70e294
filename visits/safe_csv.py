"""CSV files that open by a double click in an Indonesian Excel, which splits columns at semicolons and takes a file for
UTF-8 only when it begins with a byte order mark. The other way to name the separator, a first line `sep=;`, makes it
forget the mark. In other programs: separator `;`, encoding `utf-8-sig`.
"""

import csv
from collections.abc import Iterable

BYTE_ORDER_MARK = "\ufeff"
FORMULA_STARTS = tuple("=+-@＝＋－＠\t\r\n")


def write(file, header: list[str], rows: Iterable[Iterable]) -> None:
    """Texts of the rows have gone through `safe`. The mark comes with the header: some files add a line end to each
    piece that is written."""
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow([BYTE_ORDER_MARK + header[0], *header[1:]])
    writer.writerows(rows)


def safe(text: str) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front: a CSV file has no types."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(FORMULA_STARTS) else text
