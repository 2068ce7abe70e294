"""Months, quarters, semesters, years: their borders, their neighbours, their names."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reports.period import Kind, Period, Span, day_name

MONTHS = [f"2026-{month:02d}" for month in range(1, 13)]
LONGER = ["2026-T1", "2026-T2", "2026-T3", "2026-T4", "2026-S1", "2026-S2", "2026"]
NO_NUMBERS = ["", " 2026", "2026 ", "2026\n", "2026-06\n", "26", "20260", "-2026", "abcd", "٢٠٢٦", "２０２６"]
NO_YEARS = ["1999", "1999-12", "2100", "2100-01"]
NO_MONTHS = ["2026-", "2026-00", "2026-13", "2026-6", "2026-006", "2026--06", "2026/06", "2026-06-01"]
NO_PARTS = ["2026-T0", "2026-T5", "2026-T01", "2026-t1", "2026-Q1", "2026-S0", "2026-S3"]


@pytest.mark.parametrize("slug", [*MONTHS, *LONGER, "2000", "2000-01", "2099-12", "2099-T4", "2099-S2"])
def test_a_slug_is_read_and_written_alike(slug):
    assert str(Period.parse(slug)) == slug


@pytest.mark.parametrize("slug", [*NO_NUMBERS, *NO_YEARS, *NO_MONTHS, *NO_PARTS])
def test_anything_else_is_no_period(slug):
    with pytest.raises(ValueError, match="not a period"):
        Period.parse(slug)


@pytest.mark.parametrize(("kind", "number"), [(Kind.MONTH, 0), (Kind.MONTH, 13), (Kind.SEMESTER, 3), (Kind.YEAR, 2)])
def test_a_year_has_no_thirteenth_month(kind, number):
    with pytest.raises(ValueError, match="a year has no"):
        Period(kind, 2026, number)


@pytest.mark.parametrize(
    ("slug", "first", "last", "days"),
    [
        ("2026-01", date(2026, 1, 1), date(2026, 1, 31), 31),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28), 28),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), 29),
        ("2000-02", date(2000, 2, 1), date(2000, 2, 29), 29),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31), 31),
        ("2026-T1", date(2026, 1, 1), date(2026, 3, 31), 90),
        ("2024-T1", date(2024, 1, 1), date(2024, 3, 31), 91),
        ("2026-T4", date(2026, 10, 1), date(2026, 12, 31), 92),
        ("2026-S1", date(2026, 1, 1), date(2026, 6, 30), 181),
        ("2026-S2", date(2026, 7, 1), date(2026, 12, 31), 184),
        ("2026", date(2026, 1, 1), date(2026, 12, 31), 365),
        ("2024", date(2024, 1, 1), date(2024, 12, 31), 366),
    ],
)
def test_first_day_last_day_and_days(slug, first, last, days):
    period = Period.parse(slug)

    assert (period.first_day, period.last_day, period.days) == (first, last, days)


@pytest.mark.parametrize(("zone", "hours"), [("Asia/Jakarta", 7), ("Asia/Makassar", 8), ("Asia/Jayapura", 9)])
def test_bounds_are_the_midnights_of_the_office(zone, hours):
    start, end = Period.parse("2024-02").bounds(ZoneInfo(zone))

    assert start == datetime(2024, 2, 1, tzinfo=UTC) - timedelta(hours=hours)
    assert end == datetime(2024, 3, 1, tzinfo=UTC) - timedelta(hours=hours)


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
@pytest.mark.parametrize("kind", Kind)
def test_periods_follow_one_another_without_gap_or_overlap(zone, kind):
    period = Period.containing(date(2019, 1, 1), kind)
    for _step in range(6 * kind.value):
        assert period.bounds(ZoneInfo(zone))[1] == period.next.bounds(ZoneInfo(zone))[0]
        assert period.next.previous == period
        period = period.next
    assert str(period) == str(Period.containing(date(2025, 1, 1), kind))


@pytest.mark.parametrize("kind", Kind)
def test_every_day_is_in_the_one_period_that_contains_it(kind):
    day = date(2023, 12, 1)
    while day < date(2025, 2, 1):
        period = Period.containing(day, kind)
        assert period.first_day <= day <= period.last_day
        assert Period.parse(str(period)) == period
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("slug", "previous", "following", "last_year"),
    [
        ("2026-01", "2025-12", "2026-02", "2025-01"),
        ("2026-12", "2026-11", "2027-01", "2025-12"),
        ("2026-T1", "2025-T4", "2026-T2", "2025-T1"),
        ("2026-T4", "2026-T3", "2027-T1", "2025-T4"),
        ("2026-S1", "2025-S2", "2026-S2", "2025-S1"),
        ("2026-S2", "2026-S1", "2027-S1", "2025-S2"),
        ("2026", "2025", "2027", "2025"),
        ("2000-01", "1999-12", "2000-02", "1999-01"),
        ("2099", "2098", "2100", "2098"),
    ],
)
def test_neighbours(slug, previous, following, last_year):
    period = Period.parse(slug)

    neighbours = period.previous, period.next, period.same_period_last_year
    assert [str(each) for each in neighbours] == [previous, following, last_year]


def test_months_of_a_period():
    months = {slug: [str(month) for month in Period.parse(slug).months] for slug in ["2026-06", "2026-T4", "2026-S1"]}

    assert months == {
        "2026-06": ["2026-06"],
        "2026-T4": ["2026-10", "2026-11", "2026-12"],
        "2026-S1": ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"],
    }
    assert len(Period.parse("2026").months) == 12


@pytest.mark.parametrize(
    ("today", "has_begun", "is_current", "is_over"),
    [
        (date(2026, 5, 31), False, False, False),
        (date(2026, 6, 1), True, True, False),
        (date(2026, 6, 30), True, True, False),
        (date(2026, 7, 1), True, False, True),
    ],
)
def test_seen_from_a_day(today, has_begun, is_current, is_over):
    june = Period.parse("2026-06")

    assert (june.has_begun(today), june.is_current(today), june.is_over(today)) == (has_begun, is_current, is_over)


def test_a_period_is_cut_at_a_day():
    june = Period.parse("2026-06")

    assert june.cut_at(date(2026, 6, 1)) == Span(date(2026, 6, 1), date(2026, 6, 1))
    assert june.cut_at(date(2026, 6, 14)) == Span(date(2026, 6, 1), date(2026, 6, 14))
    assert june.cut_at(date(2027, 1, 1)) == june.whole
    with pytest.raises(ValueError, match="2026-06 has not begun on 2026-05-31"):
        june.cut_at(date(2026, 5, 31))


def test_as_many_first_days_or_all_there_are():
    february = Period.parse("2026-02")

    assert february.first_days(1) == Span(date(2026, 2, 1), date(2026, 2, 1))
    assert february.first_days(14) == Span(date(2026, 2, 1), date(2026, 2, 14))
    assert february.first_days(31) == february.whole


@pytest.mark.parametrize(
    ("slug", "name", "label", "in_a_sentence"),
    [
        ("2026-06", "Juni", "Juni 2026", "Juni 2026"),
        ("2026-T1", "Triwulan I", "Triwulan I 2026", "triwulan I 2026"),
        ("2026-T4", "Triwulan IV", "Triwulan IV 2026", "triwulan IV 2026"),
        ("2026-S2", "Semester II", "Semester II 2026", "semester II 2026"),
        ("2026", "Tahun 2026", "Tahun 2026", "tahun 2026"),
    ],
)
def test_names(slug, name, label, in_a_sentence):
    period = Period.parse(slug)

    assert (period.name, period.label, period.named()) == (name, label, in_a_sentence)


def test_a_name_leaves_out_the_year_that_was_told_already():
    slugs = ["2026-05", "2025-12", "2026-T2", "2025-S2", "2025"]

    names = [Period.parse(slug).named(beside=2026) for slug in slugs]
    assert names == ["Mei", "Desember 2025", "triwulan II", "semester II 2025", "tahun 2025"]


@pytest.mark.parametrize(
    ("first", "last", "name", "beside_2026"),
    [
        (date(2026, 7, 1), date(2026, 7, 1), "1 Juli 2026", "1 Juli"),
        (date(2026, 7, 1), date(2026, 7, 14), "1–14 Juli 2026", "1–14 Juli"),
        (date(2026, 7, 1), date(2026, 8, 14), "1 Juli–14 Agustus 2026", "1 Juli–14 Agustus"),
        (date(2025, 7, 1), date(2025, 7, 14), "1–14 Juli 2025", "1–14 Juli 2025"),
        (date(2025, 12, 31), date(2026, 1, 1), "31 Desember 2025–1 Januari 2026", "31 Desember 2025–1 Januari"),
    ],
)
def test_names_of_days(first, last, name, beside_2026):
    assert (Span(first, last).named(), Span(first, last).named(beside=2026)) == (name, beside_2026)


def test_small_names():
    assert Period.parse("2026-T1").file_stem("contoh") == "laporan-kunjungan-contoh-2026-T1"
    assert [day_name(date(2026, 6, day)) for day in (15, 21)] == ["Senin, 15 Juni", "Minggu, 21 Juni"]
