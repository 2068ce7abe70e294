"""A report as one CSV table: section, key, value. Decimals have a comma, as an Indonesian Excel reads them."""

import io
from datetime import date
from decimal import Decimal

from reports.monthly import MonthlyReport
from reports.table import Value, tidy_rows
from visits.safe_csv import safe, write

HEADER = ["Bagian", "Rincian", "Nilai"]


def tidy_csv(report: MonthlyReport) -> bytes:
    file = io.StringIO()
    write(file, HEADER, ([safe(section), safe(key), cell(value)] for section, key, value in tidy_rows(report)))
    return file.getvalue().encode()


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
