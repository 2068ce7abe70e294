"""A report as one CSV table: section, key, value.

Made to open by a double click in an Indonesian Excel, which splits columns at semicolons, reads a decimal comma, and
takes a file for UTF-8 only when it begins with a byte order mark. The other way to name the separator, a first line
`sep=;`, makes Excel forget the mark. In other programs: separator `;`, decimal `,`, encoding `utf-8-sig`.
"""

import csv
import io
from datetime import date
from decimal import Decimal

from reports.monthly import MonthlyReport
from reports.table import Value, tidy_rows

HEADER = ["Bagian", "Rincian", "Nilai"]
FORMULA_STARTS = tuple("=+-@＝＋－＠\t\r\n")


def tidy_csv(report: MonthlyReport) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows([safe(section), safe(key), cell(value)] for section, key, value in tidy_rows(report))
    return file.getvalue().encode("utf-8-sig")


def cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value:f}".replace(".", ",")
        case int():
            return str(value)
        case date():
            return value.isoformat()
    return safe(value)


def safe(text: str) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front: a CSV file has no types."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(FORMULA_STARTS) else text
