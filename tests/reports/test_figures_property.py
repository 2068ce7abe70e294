"""Whatever visits there are, the report says of them what plain SQL says, to the row."""

from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.monthly import BREAKDOWNS, MonthlyReport, build
from reports.period import Period
from tests.reports import oracle
from visits.models import CheckInPoint, ClosedDay, Visit

pytestmark = pytest.mark.django_db

# (period, today, and the first and last day of: the period as far as it is counted, the one before, last year's).
CASES = [
    ("2024-02", "2024-03-05", "2024-02-01 2024-02-29", "2024-01-01 2024-01-31", "2023-02-01 2023-02-28"),
    ("2026-01", "2026-02-01", "2026-01-01 2026-01-31", "2025-12-01 2025-12-31", "2025-01-01 2025-01-31"),
    ("2026-03", "2026-03-30", "2026-03-01 2026-03-30", "2026-02-01 2026-02-28", "2025-03-01 2025-03-30"),
    ("2026-03", "2026-03-10", "2026-03-01 2026-03-10", "2026-02-01 2026-02-10", "2025-03-01 2025-03-10"),
    ("2026-T1", "2026-05-01", "2026-01-01 2026-03-31", "2025-10-01 2025-12-31", "2025-01-01 2025-03-31"),
    ("2025-S2", "2026-05-01", "2025-07-01 2025-12-31", "2025-01-01 2025-06-30", "2024-07-01 2024-12-31"),
    ("2026", "2026-02-15", "2026-01-01 2026-02-15", "2025-01-01 2025-02-15", "2025-01-01 2025-02-15"),
    ("2024", "2026-02-15", "2024-01-01 2024-12-31", "2023-01-01 2023-12-31", "2023-01-01 2023-12-31"),
]
ZONES = ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]
STATES = ["visitor", "visitor", "staff", "automatic", "open", "excluded", "announced"]
ORGANIZATIONS = ["", "KPU Contoh", "kpu  contoh", " KPU CONTOH ", "Radio Gema", "Harian Suara"]
DAY = timedelta(days=1)

visits = st.fixed_dictionaries(
    {
        "border": st.integers(0, 5),
        # Seconds around midnight, or any time of some weeks.
        "seconds": st.one_of(st.integers(-2, 2), st.integers(-30 * 86400, 30 * 86400)),
        "state": st.sampled_from(STATES),
        "stay": st.integers(0, 4 * 3600),
        "phone": st.sampled_from(["", "+6281234567890", "+6281234567891", "+6281234567892", "+622112345678"]),
        "kind": st.sampled_from(Visit.VisitorKind.values),
        "organization": st.sampled_from(ORGANIZATIONS),
        "purpose": st.integers(0, 8),
        "district": st.integers(-1, 1),
        "division": st.integers(-1, 5),
        "point": st.integers(0, 2),
        "by_staff": st.booleans(),
        "party_size": st.integers(1, 99),
        "elsewhere": st.sampled_from([False, False, False, True]),
    }
)


def span(text: str) -> tuple[date, date]:
    first, last = map(date.fromisoformat, text.split())
    return first, last


def visit(number: int, office, drawn: dict, midnights: list[date], staff) -> Visit:
    """`midnights` are the borders of the spans, on the office's clock."""
    arrived_at = datetime.combine(midnights[drawn["border"]], time.min, office.zone) + timedelta(
        seconds=drawn["seconds"]
    )
    state = drawn["state"]
    made = Visit(
        office=office,
        submission_id=UUID(int=number),
        key_hash=str(number),
        name="Siti Rahmawati",
        phone=drawn["phone"],
        visitor_kind=drawn["kind"],
        organization=drawn["organization"],
        purpose=office.all_purposes[drawn["purpose"]],
        district=None if drawn["district"] < 0 else office.all_districts[drawn["district"]],
        division=None if drawn["division"] < 0 else office.all_divisions[drawn["division"]],
        party_size=drawn["party_size"],
    )
    # A row without a phone or an organisation is one that staff entered.
    if drawn["by_staff"] or not drawn["phone"] or not drawn["organization"]:
        made.entered_by = staff
    else:
        made.point = office.all_points[drawn["point"] % len(office.all_points)]
    if state != "announced":
        made.arrived_at, made.number = arrived_at, number
        made.day = arrived_at.astimezone(office.zone).date()
    if state in {"visitor", "staff", "automatic"}:
        made.left_at = arrived_at + timedelta(seconds=drawn["stay"])
        made.ended_by = {"visitor": "tamu", "staff": "petugas", "automatic": "otomatis"}[state]
    if state == "excluded":
        made.excluded_at, made.excluded_reason = arrived_at, "ganda"
    return made


def choices_of(office):
    """The rows that visits point to, read once."""
    office.all_purposes = list(office.purposes.order_by("order"))
    office.all_districts = list(office.districts.order_by("order"))
    office.all_divisions = list(office.divisions.order_by("order"))
    office.all_points = list(office.points.order_by("pk"))
    return office


@pytest.fixture
def offices(office, other_office):
    CheckInPoint.objects.create(office=office, name="Instagram", kind=CheckInPoint.Kind.ONLINE)
    CheckInPoint.objects.create(office=office, name="Pintu depan")
    for day, name in [("2024-02-14", "Pemilu"), ("2026-01-01", "Tahun Baru"), ("2026-03-01", "Hari Minggu")]:
        ClosedDay.objects.create(office=office, day=day, name=name)
    ClosedDay.objects.create(office=other_office, day="2026-01-05", name="Libur di tempat lain")
    return [choices_of(office), choices_of(other_office)]


@pytest.mark.parametrize("zone", ZONES)
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(case=st.sampled_from(CASES), drawn=st.lists(visits, max_size=40))
def test_the_report_agrees_with_plain_sql(offices, alice, zone, case, drawn):
    office, other_office = offices
    office.time_zone = zone
    slug, today, *spans = case
    midnights = [day for text in spans for day in (span(text)[0], span(text)[1] + DAY)]
    with transaction.atomic():
        office.save(update_fields=["time_zone"])
        Visit.objects.bulk_create(
            visit(number, other_office if each["elsewhere"] else office, each, midnights, alice)
            for number, each in enumerate(drawn, start=1)
        )
        report = build(office, Period.parse(slug), today=date.fromisoformat(today))
        agrees_with_sql(report, office, [span(text) for text in spans])
        transaction.set_rollback(True)
    assert MonthlyReport.from_json(report.to_json()) == report


def agrees_with_sql(report: MonthlyReport, office, spans: list[tuple[date, date]]) -> None:
    columns = [report.now, report.previous, report.last_year]
    for figures, days in zip(columns, spans, strict=True):
        expected = oracle.figures(office.pk, *days)
        assert (figures.first_day, figures.last_day) == days
        assert {name: value for name, value in asdict(figures).items() if name in expected} == expected
        assert busiest(figures) == busiest_by_sql(office, days)

    assert {str(day.day): day.visits for day in report.days if day.visits} == oracle.counts(
        "days", office.pk, *spans[0]
    )
    assert {str(day.day): day.people for day in report.days if day.people} == oracle.counts(
        "people", office.pk, *spans[0]
    )
    assert cells(report) == oracle.counts("cells", office.pk, *spans[0])
    for name in BREAKDOWNS[:-1]:
        rows = getattr(report, name)
        for field, days in zip(["visits", "previous", "last_year"], spans, strict=True):
            shown = {row.label: getattr(row, field) for row in rows if getattr(row, field)}
            assert shown == oracle.counts(name, office.pk, *days)
        assert sum(row.visits for row in rows) == report.now.visits
    top = {row.label.lower(): row.visits for row in report.organizations}
    assert top == oracle.organizations(office.pk, *spans[0])


def cells(report: MonthlyReport) -> dict[str, int]:
    return {
        f"{row.weekday} {hour}": visits
        for row in report.weekdays
        for hour, visits in zip(report.hours, row.visits, strict=True)
        if visits
    }


def busiest(figures) -> tuple:
    day, hour = figures.busiest_day, figures.busiest_hour
    return day and (str(day.day), day.visits), hour and (hour.hour, hour.visits)


def busiest_by_sql(office, days) -> tuple:
    by_day = oracle.counts("days", office.pk, *days)
    by_hour = {}
    for cell, count in oracle.counts("cells", office.pk, *days).items():
        hour = int(cell.split()[1])
        by_hour[hour] = by_hour.get(hour, 0) + count
    return tuple(
        min(((key, count) for key, count in counts.items() if count == max(counts.values())), default=None)
        for counts in (by_day, by_hour)
    )
