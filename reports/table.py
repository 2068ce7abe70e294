"""Every figure of a report once, in one list: the CSV file is this list, and all else agrees with it.

Labels are what leadership reads; a section and a key together name one value, and stay the same from report to report.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from reports.compared import Change, Compared
from reports.feedback import IN_TIME, Feedback
from reports.monthly import Figures, MonthlyReport
from reports.numbers import ratio
from reports.period import WEEKDAYS, Kind
from reports.survey import Survey

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
        *(_survey(report.survey) if report.survey else []),
        *(_feedback(report.feedback) if report.feedback else []),
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


def survey_figures(survey: Survey) -> list[tuple[str, Value]]:
    exact = survey.exact
    return [
        ("Mutu pelayanan", survey.now.grade or None),
        ("Kinerja", survey.grade_words or None),
        ("Indeks, empat desimal", exact and ratio(exact.numerator, exact.denominator, places=4)),
        ("Kunjungan (populasi)", survey.population),
        ("Responden yang disarankan", survey.target),
    ]


def survey_compared(survey: Survey) -> list[tuple[str, Compared]]:
    return [("Indeks kepuasan", survey.index), ("Penilaian", survey.n)]


def _survey(survey: Survey) -> Iterator[TidyRow]:
    yield from _compared("Kepuasan", survey_compared(survey))
    yield from (("Kepuasan", label, value) for label, value in survey_figures(survey))
    for score in survey.scores:
        yield "Unsur kepuasan, jumlah", score.label, score.total
    for score in survey.scores:
        yield "Unsur kepuasan, rata-rata", score.label, score.mean
    for place, label in enumerate(survey.lowest, start=1):
        yield "Unsur kepuasan, terendah ke-", label, place
    for row in survey.purposes:
        yield "Penilaian per keperluan", row.label, row.n
    for row in survey.purposes:
        yield "Indeks per keperluan", row.label, row.index


def feedback_figures(feedback: Feedback) -> list[tuple[str, Value]]:
    """Of the threads of the period; days are working days."""
    return [
        ("Menunggu balasan", feedback.waiting),
        ("Sudah dibalas, masih terbuka", feedback.open),
        ("Ditutup", feedback.closed),
        (f"Dibalas dalam {IN_TIME} hari kerja", feedback.in_time),
        (f"Tidak dibalas dalam {IN_TIME} hari kerja", feedback.late),
        (f"Dibalas dalam {IN_TIME} hari kerja (%)", feedback.in_time_percent),
        ("Balasan pertama, median (hari kerja)", feedback.median_days),
        ("Balasan pertama, paling lambat (hari kerja)", feedback.slowest_days),
    ]


def feedback_compared(feedback: Feedback) -> list[tuple[str, Compared]]:
    return [("Saran diterima", feedback.received), ("Saran dibalas", feedback.answered)]


def _feedback(feedback: Feedback) -> Iterator[TidyRow]:
    yield from _compared("Saran", feedback_compared(feedback))
    yield from (("Saran", label, value) for label, value in feedback_figures(feedback))
    for row in feedback.categories:
        yield "Saran per jenis", row.label, row.received
    for row in feedback.categories:
        yield "Saran per jenis, dibalas", row.label, row.answered
    for row in feedback.categories:
        yield "Saran per jenis, menunggu", row.label, row.waiting


def _compared(section: str, figures: list[tuple[str, Compared]]) -> Iterator[TidyRow]:
    for label, compared in figures:
        yield f"{section}{NOW}", label, compared.value
        yield f"{section}{PREVIOUS}", label, compared.previous
        yield f"{section}{LAST_YEAR}", label, compared.last_year
        yield from _change(PREVIOUS, label, compared.since_previous)
        yield from _change(LAST_YEAR, label, compared.since_last_year)


def hour_name(hour: int) -> str:
    return f"{hour:02d}.00"
