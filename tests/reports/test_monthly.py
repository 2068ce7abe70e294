"""The report of a period: its sensible borders, its definitions, and what must never be in it."""

import json
import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from reports.compared import Change, Compared
from reports.monthly import DayCount, HourCount, MonthlyReport, Row, build, compared_spans
from reports.period import Kind, Period, Span
from tests.conftest import local
from visits.models import CheckInPoint, ClosedDay, ServiceHours, Visit

pytestmark = pytest.mark.django_db

JULY = date(2026, 7, 14)


def june(office, **kw) -> MonthlyReport:
    return build(office, Period.parse("2026-06"), today=kw.pop("today", JULY), **kw)


@pytest.fixture
def arrive(office, make_visit):
    """A visit at a time of the office's clock, closed by the visitor after half an hour."""

    def make(day: str, at: str = "09:00:00", *, minutes: int | None = 30, **kw) -> Visit:
        arrived_at = local(kw.get("office", office), day, at)
        if minutes is not None:
            kw = {"left_at": arrived_at + timedelta(minutes=minutes), "ended_by": "tamu", **kw}
        return make_visit(arrived_at=arrived_at, **kw)

    return make


def labels(rows: tuple[Row, ...]) -> dict[str, tuple]:
    return {row.label: (row.visits, row.previous, row.last_year, row.percent) for row in rows}


# Sensible at the edges.


def test_an_empty_month(office):
    report = june(office)

    assert (report.now.visits, report.now.people, report.now.excluded) == (0, 0, 0)
    assert (report.now.working_days, report.now.per_working_day) == (22, Decimal("0.0"))
    assert (report.now.minutes, report.now.busiest_day, report.now.busiest_hour) == (None, None, None)
    assert (len(report.days), report.hours) == (30, tuple(range(8, 17)))
    assert [row.weekday for row in report.weekdays] == [1, 2, 3, 4, 5]
    assert report.hour_totals == (0,) * 9
    assert report.purposes + report.kinds + report.districts + report.organizations == ()
    assert report.compared("visits").since_previous == Change(base=0, difference=0, percent=None)


def test_an_office_without_service_hours_and_visits(office):
    office.service_hours.all().delete()
    report = june(office)

    assert (report.now.working_days, report.now.per_working_day) == (0, None)
    assert (report.hours, report.weekdays, report.hour_totals) == ((), (), ())


def test_one_visit(office, arrive):
    arrive("2026-06-15", "23:59:59", party_size=3)
    report = june(office)

    assert (report.now.visits, report.now.people, report.now.minutes) == (1, 3, 30)
    assert report.now.busiest_day == DayCount(date(2026, 6, 15), 1)
    assert report.now.busiest_hour == HourCount(23, 1)
    assert report.hours == tuple(range(8, 24))
    assert labels(report.purposes) == {"Konsultasi hukum pemilu": (1, 0, 0, 100)}


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
def test_a_second_around_midnight_decides_the_month(office, arrive, zone):
    office.time_zone = zone
    office.save()
    arrive("2026-05-31", "23:59:59")
    arrive("2026-06-01", "00:00:00")
    arrive("2026-06-30", "23:59:59", minutes=None)
    arrive("2026-07-01", "00:00:00")

    visits = {
        slug: build(office, Period.parse(slug), today=JULY).now.visits for slug in ["2026-05", "2026-06", "2026-07"]
    }
    assert visits == {"2026-05": 1, "2026-06": 2, "2026-07": 1}
    assert [(str(day.day), day.visits) for day in june(office).days if day.visits] == [
        ("2026-06-01", 1),
        ("2026-06-30", 1),
    ]


def test_february_29(office, arrive):
    arrive("2024-02-29")
    leap = build(office, Period.parse("2024-02"), today=JULY)
    after = build(office, Period.parse("2025-02"), today=JULY)

    assert (len(leap.days), leap.days[-1].visits) == (29, 1)
    assert leap.last_year.span == Span(date(2023, 2, 1), date(2023, 2, 28))
    assert after.last_year.span == Span(date(2024, 2, 1), date(2024, 2, 29))
    assert after.compared("visits") == Compared(0, 0, 1)


def test_only_automatically_closed_visits(office, arrive):
    arrive("2026-06-15", ended_by="otomatis", minutes=420)
    arrive("2026-06-16", ended_by="otomatis", minutes=420)
    now = june(office).now

    assert (now.visits, now.timed, now.auto_closed, now.still_open, now.minutes) == (2, 0, 2, 0, None)


def test_the_length_is_that_of_visits_ended_by_people(office, arrive):
    arrive("2026-06-15", minutes=20)
    arrive("2026-06-15", minutes=41, ended_by="petugas")
    arrive("2026-06-15", minutes=400, ended_by="otomatis")
    arrive("2026-06-15", minutes=None)
    now = june(office).now

    assert (now.visits, now.timed, now.auto_closed, now.still_open) == (4, 2, 1, 1)
    assert now.minutes == 31  # 30.5, half-up


def test_a_period_that_has_not_begun_has_no_report(office):
    with pytest.raises(ValueError, match="2026-08 has not begun"):
        build(office, Period.parse("2026-08"), today=JULY)


# Comparisons.


def test_earlier_periods_stand_beside(office, arrive):
    for day in ["2026-06-01", "2026-06-30", "2026-05-01", "2026-05-31", "2026-05-15", "2025-06-30", "2026-04-30"]:
        arrive(day)

    visits = june(office).compared("visits")
    assert visits == Compared(value=2, previous=3, last_year=1)
    assert visits.since_previous == Change(base=3, difference=-1, percent=-33)
    assert visits.since_last_year == Change(base=1, difference=1, percent=100)


@pytest.mark.parametrize(
    ("value", "base", "change"),
    [
        (235, 180, Change(180, 55, 31)),
        (3, 8, Change(8, -5, -63)),  # -62.5
        (9, 8, Change(8, 1, 13)),  # 12.5
        (5, 5, Change(5, 0, 0)),
        (5, 0, Change(0, 5, None)),
        (0, 5, Change(5, -5, -100)),
        (Decimal("11.8"), Decimal("10.6"), Change(Decimal("10.6"), Decimal("1.2"), 11)),
        (None, 5, None),
        (5, None, None),
    ],
)
def test_changes(value, base, change):
    assert Compared(value, base, None).since_previous == change
    assert Compared(value, None, base).since_last_year == change


def test_a_period_under_way_is_compared_with_the_same_days(office, arrive):
    for day in ["2026-07-01", "2026-07-14", "2026-06-14", "2026-06-15", "2025-07-14", "2025-07-15"]:
        arrive(day)
    report = build(office, Period.parse("2026-07"), today=JULY)

    assert (report.is_partial, len(report.days), report.now.working_days) == (True, 14, 10)
    assert report.compared("visits") == Compared(value=2, previous=1, last_year=1)
    assert report.compared("working_days") == Compared(value=10, previous=10, last_year=10)


@pytest.mark.parametrize(
    ("slug", "today", "spans"),
    [
        ("2026-06", "2026-07-01", ["2026-06-01 2026-06-30", "2026-05-01 2026-05-31", "2025-06-01 2025-06-30"]),
        ("2026-06", "2026-06-30", ["2026-06-01 2026-06-30", "2026-05-01 2026-05-30", "2025-06-01 2025-06-30"]),
        ("2026-03", "2026-03-31", ["2026-03-01 2026-03-31", "2026-02-01 2026-02-28", "2025-03-01 2025-03-31"]),
        ("2026-T3", "2026-07-01", ["2026-07-01 2026-07-01", "2026-04-01 2026-04-01", "2025-07-01 2025-07-01"]),
        ("2024", "2024-03-01", ["2024-01-01 2024-03-01", "2023-01-01 2023-03-02", "2023-01-01 2023-03-02"]),
    ],
)
def test_what_is_compared(slug, today, spans):
    compared = compared_spans(Period.parse(slug), date.fromisoformat(today))

    assert [f"{span.first_day} {span.last_day}" for span in compared] == spans


def test_a_purpose_of_last_month_alone_keeps_its_line(office, arrive):
    courier = office.purposes.get(name="Antar surat atau dokumen")
    arrive("2026-06-15")
    arrive("2026-05-15", purpose=courier)

    assert labels(june(office).purposes) == {
        "Konsultasi hukum pemilu": (1, 0, 0, 100),
        "Antar surat atau dokumen": (0, 1, 0, 0),
    }


# What counts.


def test_excluded_announced_and_lapsed_entries_are_no_visits(office, arrive, make_visit, online_point):
    arrive("2026-06-15", excluded_at=local(office, "2026-06-16"), excluded_reason="ganda")
    make_visit(arrived_at=None, point=online_point, created_at=local(office, "2026-06-15"))
    make_visit(arrived_at=None, point=online_point, lapsed_at=local(office, "2026-06-20"))
    arrive("2026-06-17", point=online_point)
    report = june(office)

    assert (report.now.visits, report.now.excluded, report.now.announced_online) == (1, 1, 1)
    assert labels(report.points) == {"Instagram": (1, 0, 0, 100)}


def test_another_office_never_counts(office, other_office, arrive):
    arrive("2026-06-15", office=other_office, organization="Radio Gema", minutes=None)
    ClosedDay.objects.create(office=other_office, day="2026-06-16", name="Libur lain")
    report = june(office)

    assert (report.now.visits, report.now.working_days, report.organizations) == (0, 22, ())
    assert june(other_office).now.visits == 1


def test_visits_without_something_are_named_and_still_sum(office, arrive, alice):
    division = office.divisions.get(name="Sekretariat")
    arrive("2026-06-15", point=None, entered_by=alice, phone="", district=None, division=division, visitor_kind="media")
    arrive("2026-06-15", meeting_with="Pak Ketua")
    report = june(office)

    assert (report.now.entered_by_staff, report.now.without_phone, report.now.visitors) == (1, 1, 1)
    assert labels(report.points) == {"Dicatat petugas": (1, 0, 0, 50), "Pintu depan": (1, 0, 0, 50)}
    assert labels(report.districts) == {"Dalam kabupaten/kota": (1, 0, 0, 50), "Tidak diisi": (1, 0, 0, 50)}
    assert labels(report.divisions) == {"Sekretariat": (1, 0, 0, 50), "Tanpa divisi": (1, 0, 0, 50)}
    assert labels(report.kinds) == {"Media": (1, 0, 0, 50), "Perorangan": (1, 0, 0, 50)}


def test_points_of_the_same_name_are_one_place(office, arrive):
    """A code was revoked and a new poster hung at the same door."""
    arrive("2026-06-15")
    arrive("2026-06-16", point=CheckInPoint.objects.create(office=office, name="Pintu depan"))

    assert labels(june(office).points) == {"Pintu depan": (2, 0, 0, 100)}


def test_who_returns_within_the_period(office, arrive, alice):
    arrive("2026-05-15", phone="+6281111111111")
    arrive("2026-06-01", phone="+6281111111111")
    arrive("2026-06-02", phone="+6282222222222")
    arrive("2026-06-02", phone="+6282222222222")
    arrive("2026-06-30", phone="+6282222222222")
    arrive("2026-06-30", phone="", entered_by=alice)
    arrive("2026-06-30", phone="", entered_by=alice)
    now = june(office).now

    assert (now.visitors, now.returning, now.without_phone) == (2, 1, 2)


def test_closed_days_and_working_days(office, arrive):
    for day, name in [("2026-06-01", "Hari Lahir Pancasila"), ("2026-06-07", "Sebuah Minggu"), ("2026-07-01", "Juli")]:
        ClosedDay.objects.create(office=office, day=day, name=name)
    arrive("2026-06-01")
    arrive("2026-06-06")
    report = june(office)

    assert [(day.day.day, day.closed_name) for day in report.closed_days] == [
        (1, "Hari Lahir Pancasila"),
        (7, "Sebuah Minggu"),
    ]
    assert (report.now.working_days, report.now.closed_days, report.now.per_working_day) == (21, 1, Decimal("0.1"))
    assert [day.is_working_day for day in report.days[:8]] == [False, True, True, True, True, False, False, True]
    assert [row.weekday for row in report.weekdays] == [1, 2, 3, 4, 5, 6]


def test_the_hours_span_service_and_visits(office, arrive):
    office.service_hours.all().delete()
    ServiceHours.objects.create(office=office, weekday=2, opens_at="08:30", closes_at="16:00")
    assert june(office).hours == tuple(range(8, 16))

    arrive("2026-06-15", "06:59:59")
    arrive("2026-06-15", "18:00:00")
    report = june(office)
    assert report.hours == tuple(range(6, 19))
    assert [(row.weekday, row.total) for row in report.weekdays] == [(1, 2), (2, 0)]
    assert dict(zip(report.hours, report.hour_totals, strict=True)) == {**dict.fromkeys(report.hours, 0), 6: 1, 18: 1}


def test_the_earliest_of_equals_is_the_busiest(office, arrive):
    for day, at in [("2026-06-16", "10:00"), ("2026-06-15", "14:00"), ("2026-06-15", "10:30"), ("2026-06-16", "14:59")]:
        arrive(day, at)
    now = june(office).now

    assert (now.busiest_day, now.busiest_hour) == (DayCount(date(2026, 6, 15), 2), HourCount(10, 2))


def test_a_longer_period_has_months(office, arrive):
    for day in ["2026-04-01", "2026-06-30", "2026-06-30"]:
        arrive(day, party_size=2)

    months = build(office, Period.parse("2026-T2"), today=JULY).months
    assert [(str(month.period), month.visits, month.people) for month in months] == [
        ("2026-04", 1, 2),
        ("2026-05", 0, 0),
        ("2026-06", 2, 4),
    ]
    assert [str(month.period) for month in build(office, Period.parse("2026-T3"), today=JULY).months] == ["2026-07"]


# Organisations.


def test_organizations_are_told_apart_without_case_and_spaces(office, arrive):
    for name in ["KPU Contoh", "kpu  contoh", "KPU Contoh", "Éclair Média", "ÉCLAIR MÉDIA", ""]:
        arrive("2026-06-15", organization=name)
    arrive("2026-05-15", organization=" KPU CONTOH ")

    assert labels(june(office).organizations) == {"KPU Contoh": (3, 1, 0, 50), "ÉCLAIR MÉDIA": (2, 0, 0, 33)}


def test_the_ten_organizations_with_the_most_visits(office, arrive):
    for name in [*"ABCDEFGHIJK", "K", "J"]:
        arrive("2026-06-15", organization=f"Lembaga {name}")

    assert [row.label[-1] for row in june(office).organizations] == list("JKABCDEFGH")


def test_organizations_of_confidential_purposes_appear_nowhere(office, arrive):
    secret = office.purposes.get(is_confidential=True)
    arrive("2026-06-15", purpose=secret, organization="Pelapor Rahasia", name="Budi Rahasia", meeting_with="Bu Rahasia")
    arrive("2026-05-15", purpose=secret, organization="Radio Gema")
    arrive("2026-06-15", organization="Radio Gema")
    report = june(office)

    assert labels(report.organizations) == {"Radio Gema": (1, 0, 0, 50)}
    assert "rahasia" not in report.to_json().lower()
    assert report.now.visits == 2


# How it is made and kept.


@pytest.mark.parametrize(("slug", "statements"), [("2026-06", 20), ("2026-T2", 20), ("2026", 15)])
def test_the_number_of_statements_is_fixed(office, arrive, django_assert_num_queries, slug, statements):
    for size in (0, 1, 30):
        for _visit in range(size):
            arrive("2026-06-15", organization="Radio Gema")
        with django_assert_num_queries(statements):
            build(office, Period.parse(slug), today=JULY)


@pytest.mark.parametrize("kind", Kind)
def test_kept_as_json_and_read_again(office, arrive, alice, kind):
    arrive("2026-06-15", organization='Radio "Gema" & <b>', party_size=4)
    arrive("2026-06-16", phone="", entered_by=alice, point=None)
    period = Period.containing(date(2026, 6, 15), kind)
    report = build(office, period, today=JULY)

    read = MonthlyReport.from_json(report.to_json())
    assert read == report
    assert read.to_json() == report.to_json()
    assert build(office, period, today=JULY).to_json() == report.to_json()
    assert list(json.loads(report.to_json())) == sorted(json.loads(report.to_json()))


def test_json_of_another_schema_is_refused(office):
    text = june(office).to_json().replace('"schema":2', '"schema":999')

    with pytest.raises(ValueError, match="schema 999, not one of"):
        MonthlyReport.from_json(text)


@pytest.mark.django_db(transaction=True)
def test_all_figures_are_of_one_moment(office, arrive):
    """A visitor who arrives while the report is made is in all of its figures or in none."""
    arrive("2026-06-15", phone="+6281111111111")

    def arrive_after_each_statement(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if "visits_visit" in sql:
            thread = threading.Thread(target=arrive_elsewhere)
            thread.start()
            thread.join()
        return result

    def arrive_elsewhere():
        try:
            arrive("2026-06-15", phone="+6281111111111")
        finally:
            connection.close()

    with connection.execute_wrapper(arrive_after_each_statement):
        now = june(office).now

    assert Visit.objects.count() > 1
    assert (now.visits, now.timed, now.visitors, now.returning, now.without_phone) == (1, 1, 1, 0, 0)
