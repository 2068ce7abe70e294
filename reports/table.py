"""Every figure of a report once, in one list: the CSV file is this list, and all else agrees with it.

Labels are what leadership reads; a section and a key together name one value, and stay the same from report to report.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from reports.monthly import Change, Figures, MonthlyReport
from reports.period import WEEKDAYS, Kind

Value = int | Decimal | date | str | None  # None: can't be told
TidyRow = tuple[str, str, Value]

# (field of Figures, label).
SUMMARY = [
    ("visits", "Kunjungan"),
    ("people", "Tamu (orang)"),
    ("working_days", "Hari kerja"),
    ("closed_days", "Hari libur pada hari layanan"),
    ("per_working_day", "Rata-rata per hari kerja"),
    ("minutes", "Rata-rata lama kunjungan (menit)"),
    ("timed", "Kunjungan yang dihitung lamanya"),
    ("auto_closed", "Kunjungan yang ditutup otomatis"),
    ("still_open", "Kunjungan yang belum selesai"),
    ("visitors", "Tamu berbeda menurut nomor HP"),
    ("returning", "Tamu yang datang lebih dari sekali"),
    ("without_phone", "Kunjungan tanpa nomor HP"),
    ("entered_by_staff", "Kunjungan yang dicatat petugas"),
    ("announced_online", "Kunjungan yang dikabarkan daring"),
    ("excluded", "Catatan yang dikecualikan"),
]
# (field of MonthlyReport, section).
BREAKDOWNS = [
    ("purposes", "Keperluan"),
    ("kinds", "Asal tamu"),
    ("districts", "Kecamatan"),
    ("divisions", "Divisi"),
    ("points", "Titik check-in"),
    ("organizations", "Instansi terbanyak"),
]
NOW, PREVIOUS, LAST_YEAR = "", ", periode sebelumnya", ", tahun lalu"


def tidy_rows(report: MonthlyReport) -> list[TidyRow]:
    """(section, key, value). Days are ISO dates, hours "09.00", weekdays and hours "Senin 09.00"."""
    return [
        *_heading(report),
        *_summary(report),
        *_busiest(report),
        *_by_day(report),
        *_by_month(report),
        *_by_hour(report),
        *(row for name, section in BREAKDOWNS for row in _breakdown(getattr(report, name), section)),
    ]


def _columns(report: MonthlyReport) -> list[tuple[str, Figures]]:
    return [(NOW, report.now), (PREVIOUS, report.previous), (LAST_YEAR, report.last_year)]


def _heading(report: MonthlyReport) -> Iterator[TidyRow]:
    yield "Laporan", "Kantor", report.office
    yield "Laporan", "Periode", str(report.period)
    yield "Laporan", "Sudah selesai", "belum" if report.is_partial else "ya"
    for when, figures in _columns(report):
        yield f"Laporan{when}", "Hari pertama", figures.first_day
        yield f"Laporan{when}", "Hari terakhir", figures.last_day


def _summary(report: MonthlyReport) -> Iterator[TidyRow]:
    for when, figures in _columns(report):
        for name, label in SUMMARY:
            yield f"Ringkasan{when}", label, getattr(figures, name)
    for name, label in SUMMARY:
        compared = report.compared(name)
        yield from _change(PREVIOUS, label, compared.since_previous)
        yield from _change(LAST_YEAR, label, compared.since_last_year)


def _change(when: str, label: str, change: Change | None) -> Iterator[TidyRow]:
    yield f"Selisih{when}", label, change and change.difference
    yield f"Perubahan (%){when}", label, change and change.percent


def _busiest(report: MonthlyReport) -> Iterator[TidyRow]:
    for when, figures in _columns(report):
        if figures.busiest_day:
            yield f"Hari tersibuk{when}", figures.busiest_day.day.isoformat(), figures.busiest_day.visits
        if figures.busiest_hour:
            yield f"Jam tersibuk{when}", hour_name(figures.busiest_hour.hour), figures.busiest_hour.visits


def _by_day(report: MonthlyReport) -> Iterator[TidyRow]:
    for day in report.days:
        yield "Kunjungan per hari", day.day.isoformat(), day.visits
    for day in report.days:
        yield "Tamu per hari", day.day.isoformat(), day.people
    for day in report.closed_days:
        yield "Hari libur", day.day.isoformat(), day.closed_name


def _by_month(report: MonthlyReport) -> Iterator[TidyRow]:
    if report.period.kind == Kind.MONTH:
        return
    for month in report.months:
        yield "Kunjungan per bulan", str(month.period), month.visits
    for month in report.months:
        yield "Tamu per bulan", str(month.period), month.people


def _by_hour(report: MonthlyReport) -> Iterator[TidyRow]:
    for row in report.weekdays:
        for hour, visits in zip(report.hours, row.visits, strict=True):
            yield "Hari dan jam", f"{WEEKDAYS[row.weekday - 1]} {hour_name(hour)}", visits
    for hour, visits in zip(report.hours, report.hour_totals, strict=True):
        yield "Jumlah per jam", hour_name(hour), visits
    for row in report.weekdays:
        yield "Jumlah per hari dalam minggu", WEEKDAYS[row.weekday - 1], row.total


def _breakdown(rows: tuple, section: str) -> Iterator[TidyRow]:
    for row in rows:
        yield f"{section}{NOW}", row.label, row.visits
    for row in rows:
        yield f"{section}, persen", row.label, row.percent
    for row in rows:
        yield f"{section}{PREVIOUS}", row.label, row.previous
    for row in rows:
        yield f"{section}{LAST_YEAR}", row.label, row.last_year


def hour_name(hour: int) -> str:
    return f"{hour:02d}.00"
