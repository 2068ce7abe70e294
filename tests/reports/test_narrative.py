"""The exact sentences for a month up, down, unchanged, empty, of one visit, and for one under way."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from reports.compared import Compared
from reports.monthly import SCHEMA, Day, DayCount, Figures, HourCount, MonthlyReport, Row, Weekday
from reports.narrative import change_text, last_year_name, narrative, notes, previous_name
from reports.period import Period, Span

HOURS = tuple(range(8, 16))
COUNTS = ["visits", "people", "closed_days", "timed", "auto_closed", "still_open", "visitors", "returning"]
MORE_COUNTS = ["without_phone", "entered_by_staff", "announced_online", "excluded"]
ABSENT = ["per_working_day", "minutes", "busiest_day", "busiest_hour"]
PURPOSES = [("Permintaan data dan informasi", 79, 34), ("Konsultasi hukum pemilu", 41, 17), ("Keperluan lain", 9, 4)]
# Monday 15, Tuesday 16, Wednesday 17 June 2026: (day, hour, visits).
BUSY = [(15, 9, 100), (15, 10, 30), (16, 9, 20), (16, 13, 60), (17, 14, 25)]


def figures(span: Span, **kw) -> Figures:
    nothing = {**dict.fromkeys([*COUNTS, *MORE_COUNTS], 0), **dict.fromkeys(ABSENT), "working_days": 20}
    return Figures(span.first_day, span.last_day, **{**nothing, **kw})


def make_report(
    arrivals=(), *, slug="2026-06", until=None, previous=0, last_year=0, purposes=PURPOSES, **now
) -> MonthlyReport:
    """`arrivals` are (day of the first month, hour, visits); what is not given is 0 or absent."""
    period = Period.parse(slug)
    span = period.cut_at(until) if until else period.whole
    earlier = [period.previous, period.same_period_last_year]
    spans = [each.first_days(span.days) if until else each.whole for each in earlier]
    days, cells, hours = {}, {}, {}
    for number, hour, visits in arrivals:
        day = period.first_day.replace(day=number)
        days[day] = days.get(day, 0) + visits
        hours[hour] = hours.get(hour, 0) + visits
        cells[day.isoweekday(), hour] = cells.get((day.isoweekday(), hour), 0) + visits
    total = sum(days.values())
    busiest = {
        "busiest_day": max(
            (DayCount(day, visits) for day, visits in days.items()), key=lambda c: c.visits, default=None
        ),
        "busiest_hour": max((HourCount(*each) for each in hours.items()), key=lambda c: c.visits, default=None),
    }
    return MonthlyReport(
        schema=SCHEMA,
        office="Bawaslu Kabupaten Contoh",
        office_slug="contoh",
        time_zone="Asia/Jakarta",
        period=period,
        is_partial=bool(until),
        now=figures(span, **{"visits": total, "people": total, **busiest, **now}),
        previous=figures(spans[0], visits=previous),
        last_year=figures(spans[1], visits=last_year),
        days=tuple(Day(day, days.get(day, 0), days.get(day, 0), True, "") for day in span.each_day()),
        hours=HOURS,
        weekdays=tuple(Weekday(n, tuple(cells.get((n, hour), 0) for hour in HOURS)) for n in range(1, 6)),
        purposes=tuple(Row(label, visits, 0, 0, share) for label, visits, share in purposes),
        kinds=(),
        districts=(),
        divisions=(),
        points=(),
        organizations=(),
        survey=None,
        survey_answers=(),
        feedback=None,
    )


def test_a_full_month_up():
    report = make_report(
        BUSY,
        previous=180,
        last_year=1234,
        people=1410,
        visitors=180,
        returning=25,
        minutes=33,
        auto_closed=12,
    )

    assert narrative(report) == [
        "Selama Juni 2026, kantor menerima 235 kunjungan dengan 1.410 tamu. "
        "Jumlah kunjungan naik 31% dibanding Mei (180).",
        "Hari tersibuk adalah Senin, 15 Juni, dengan 130 kunjungan.",
        "Sebanyak 64% kunjungan datang antara pukul 09.00 dan 11.00, paling padat pada Senin pukul 09.00.",
        "Keperluan terbanyak adalah permintaan data dan informasi (79 kunjungan atau 34%), "
        "disusul konsultasi hukum pemilu (17%).",
        "Menurut nomor HP ada 180 tamu berbeda; 25 di antaranya datang lebih dari sekali.",
        "Rata-rata lama kunjungan 33 menit, tanpa 12 kunjungan yang ditutup otomatis.",
        "Dibanding Juni 2025 (1.234), jumlah kunjungan turun 81%.",
    ]


def test_an_empty_month_after_an_empty_month():
    report = make_report()

    assert narrative(report) == ["Selama Juni 2026 tidak ada kunjungan. Pada Mei juga tidak ada."]


def test_an_empty_month_after_a_full_one():
    report = make_report(slug="2026-01", previous=1234)

    assert narrative(report) == ["Selama Januari 2026 tidak ada kunjungan. Pada Desember 2025 ada 1.234 kunjungan."]


def test_one_visit():
    report = make_report([(15, 9, 1)], purposes=[("PPID", 1, 100)], people=3, visitors=1, minutes=25, last_year=1)

    assert narrative(report) == [
        "Selama Juni 2026, kantor menerima 1 kunjungan dengan 3 tamu. Pada Mei tidak ada kunjungan.",
        "Satu-satunya kunjungan datang pada Senin, 15 Juni, antara pukul 09.00 dan 10.00, untuk PPID.",
        "Lamanya 25 menit.",
        "Dibanding Juni 2025 (1), jumlah kunjungan sama banyak.",
    ]


def test_a_few_visits_of_one_day_and_one_purpose():
    report = make_report([(15, 9, 2), (15, 10, 1)], previous=3, purposes=[("Audiensi", 3, 100)], minutes=0, visitors=3)

    assert narrative(report) == [
        "Selama Juni 2026, kantor menerima 3 kunjungan dengan 3 tamu. Jumlah kunjungan sama dengan Mei (3).",
        "Semuanya datang pada Senin, 15 Juni.",
        "Semuanya untuk audiensi.",
        "Menurut nomor HP ada 3 tamu berbeda; tidak ada yang datang lebih dari sekali.",
        "Rata-rata lama kunjungan kurang dari 1 menit.",
    ]


@pytest.mark.parametrize(
    ("arrivals", "sentence"),
    [
        (
            [(15, 9, 4), (16, 9, 4)],
            "Hari tersibuk adalah Senin, 15 Juni, dan Selasa, 16 Juni, masing-masing 4 kunjungan.",
        ),
        (
            [(15, 9, 2), (16, 9, 2), (17, 9, 2), (18, 9, 1)],
            "Hari tersibuk adalah Senin, 15 Juni; Selasa, 16 Juni; dan Rabu, 17 Juni, masing-masing 2 kunjungan.",
        ),
        ([(15, 9, 2), (16, 9, 2), (17, 9, 2), (18, 9, 2)], "Paling banyak 2 kunjungan sehari, pada 4 hari."),
    ],
)
def test_equally_busy_days(arrivals, sentence):
    assert narrative(make_report(arrivals))[1] == sentence


def test_equally_dense_hours_are_not_named():
    report = make_report([(15, 8, 5), (16, 13, 5)])

    assert narrative(report)[2] == "Sebanyak 50% kunjungan datang antara pukul 08.00 dan 10.00."


def test_a_single_hour_of_service():
    report = replace(make_report([(15, 9, 20), (16, 9, 5)]), hours=(9,), weekdays=(Weekday(1, (20,)), Weekday(2, (5,))))

    assert narrative(report)[2] == (
        "Sebanyak 100% kunjungan datang antara pukul 09.00 dan 10.00, paling padat pada Senin pukul 09.00."
    )


@pytest.mark.parametrize(
    ("purposes", "sentence"),
    [
        (
            [("Audiensi", 50, 40), ("Magang", 50, 40), ("Lainnya", 20, 20)],
            "Keperluan terbanyak adalah audiensi dan magang (masing-masing 50 kunjungan atau 40%).",
        ),
        (
            [("Audiensi", 50, 33), ("Magang", 50, 33), ("PPID", 50, 33)],
            "Keperluan terbanyak adalah audiensi, magang, dan PPID (masing-masing 50 kunjungan atau 33%).",
        ),
        (
            [("Audiensi", 60, 40), ("Magang", 20, 15), ("PPID", 20, 15), ("Lainnya", 0, 0)],
            "Keperluan terbanyak adalah audiensi (60 kunjungan atau 40%), disusul magang dan PPID (masing-masing 15%).",
        ),
        (
            [("Audiensi", 60, 40), *((f"Lain {n}", 10, 10) for n in range(4))],
            "Keperluan terbanyak adalah audiensi (60 kunjungan atau 40%).",
        ),
    ],
)
def test_equal_purposes(purposes, sentence):
    assert narrative(make_report(BUSY, purposes=purposes))[3] == sentence


def test_too_many_equal_purposes_are_not_named():
    report = make_report(BUSY, purposes=[(f"Lain {n}", 10, 25) for n in range(4)])

    assert [sentence for sentence in narrative(report) if "Keperluan" in sentence] == []


def test_few_visits_have_no_percentages():
    report = make_report([(15, 9, 2), (16, 9, 1)], previous=1, purposes=[("Audiensi", 2, 67), ("Magang", 1, 33)])

    assert narrative(report)[:3] == [
        "Selama Juni 2026, kantor menerima 3 kunjungan dengan 3 tamu. Jumlah kunjungan naik 200% dibanding Mei (1).",
        "Hari tersibuk adalah Senin, 15 Juni, dengan 2 kunjungan.",
        "Keperluan terbanyak adalah audiensi (2 kunjungan), disusul magang (1 kunjungan).",
    ]


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        ({"auto_closed": 235}, "Lamanya tidak dapat dihitung karena semua kunjungan ditutup otomatis."),
        ({"still_open": 235}, "Lamanya belum dapat dihitung karena semua kunjungan belum selesai."),
        (
            {"still_open": 5, "auto_closed": 230},
            "Lamanya belum dapat dihitung karena belum ada kunjungan yang diselesaikan tamu atau petugas.",
        ),
        ({"minutes": 33}, "Rata-rata lama kunjungan 33 menit."),
    ],
)
def test_the_length(now, sentence):
    assert narrative(make_report(BUSY, **now))[-1] == sentence


def test_the_length_of_the_only_visit():
    report = make_report([(15, 9, 1)], purposes=PURPOSES[:1], auto_closed=1)

    assert narrative(report)[-1] == "Lamanya tidak dapat dihitung karena kunjungan ini ditutup otomatis."


@pytest.mark.parametrize(
    ("previous", "sentence"),
    [
        (470, "Jumlah kunjungan turun 50% dibanding Mei (470)."),
        (235, "Jumlah kunjungan sama dengan Mei (235)."),
        (0, "Pada Mei tidak ada kunjungan."),
        (1, "Jumlah kunjungan naik 234 dibanding Mei (1)."),
    ],
)
def test_the_change_in_the_lead(previous, sentence):
    assert narrative(make_report(BUSY, previous=previous))[0] == (
        f"Selama Juni 2026, kantor menerima 235 kunjungan dengan 235 tamu. {sentence}"
    )


def test_a_change_too_small_for_a_percentage():
    report = make_report([(15, 9, 1001)], previous=1000)

    assert narrative(report)[0].endswith("Jumlah kunjungan naik 1 dibanding Mei (1.000).")


@pytest.mark.parametrize(
    ("slug", "lead"),
    [
        ("2026-T2", "Selama triwulan II 2026, kantor menerima 10 kunjungan dengan 10 tamu. "
         "Jumlah kunjungan naik 100% dibanding triwulan I (5)."),
        ("2026-S1", "Selama semester I 2026, kantor menerima 10 kunjungan dengan 10 tamu. "
         "Jumlah kunjungan naik 100% dibanding semester II 2025 (5)."),
        ("2026", "Selama tahun 2026, kantor menerima 10 kunjungan dengan 10 tamu. "
         "Jumlah kunjungan naik 100% dibanding tahun 2025 (5)."),
    ],
)  # fmt: skip
def test_longer_periods(slug, lead):
    assert narrative(make_report([(15, 9, 10)], slug=slug, previous=5))[0] == lead


def test_a_year_is_compared_once():
    report = make_report([(15, 9, 10)], slug="2026", previous=5, last_year=5)

    assert [sentence for sentence in narrative(report)[1:] if "2025" in sentence] == []


def test_a_month_under_way():
    report = make_report(
        [(1, 9, 20)], slug="2026-07", until=date(2026, 7, 14), previous=10, last_year=25, purposes=PURPOSES
    )

    assert narrative(report)[0] == (
        "Selama 1–14 Juli 2026, kantor menerima 20 kunjungan dengan 20 tamu. "
        "Jumlah kunjungan naik 100% dibanding 1–14 Juni (10)."
    )
    assert narrative(report)[-2:] == [
        "Dibanding 1–14 Juli 2025 (25), jumlah kunjungan turun 20%.",
        "Bulan ini belum selesai: angka dihitung sampai Selasa, 14 Juli, "
        "dan dibandingkan dengan jumlah hari yang sama.",
    ]


@pytest.mark.parametrize(
    ("slug", "until", "now", "before", "kind"),
    [
        ("2026-07", date(2026, 7, 1), "Pada 1 Juli 2026", "1 Juni", "Bulan"),
        ("2026-T3", date(2026, 8, 14), "Selama 1 Juli–14 Agustus 2026", "1 April–15 Mei", "Triwulan"),
        ("2026-S1", date(2026, 1, 1), "Pada 1 Januari 2026", "1 Juli 2025", "Semester"),
        ("2026", date(2026, 1, 2), "Selama 1–2 Januari 2026", "1–2 Januari 2025", "Tahun"),
    ],
)
def test_nothing_yet(slug, until, now, before, kind):
    lead, unfinished = narrative(make_report(slug=slug, until=until))

    assert lead == f"{now} belum ada kunjungan. Pada {before} juga tidak ada."
    assert unfinished.startswith(f"{kind} ini belum selesai: ")


def test_names_of_the_earlier_periods():
    whole, cut = make_report(slug="2026-01"), make_report(slug="2026-07", until=date(2026, 7, 14))

    assert [previous_name(whole), last_year_name(whole)] == ["Desember 2025", "Januari 2025"]
    assert [previous_name(cut), last_year_name(cut)] == ["1–14 Juni", "1–14 Juli 2025"]


@pytest.mark.parametrize(
    ("value", "base", "kw", "text"),
    [
        (235, 180, {}, "naik 31% dari Mei (180)"),
        (321, 1410, {}, "turun 77% dari Mei (1.410)"),
        (180, 180, {}, "sama dengan Mei (180)"),
        (5, 0, {}, "tidak ada pada Mei"),
        (0, 0, {}, "sama dengan Mei (0)"),
        (Decimal("11.8"), Decimal("10.6"), {"in_percent": False}, "naik 1,2 dari Mei (10,6)"),
        (33, 34, {"in_percent": False, "unit": "menit"}, "turun 1 menit dari Mei (34)"),
        (33, None, {}, "tanpa pembanding"),
        (None, 33, {}, "tanpa pembanding"),
    ],
)
def test_under_a_figure(value, base, kw, text):
    assert change_text(Compared(value, base, None), "Mei", **kw) == text


def test_notes():
    report = make_report(BUSY, timed=200, auto_closed=30, still_open=5, without_phone=7, entered_by_staff=9, excluded=2)

    assert notes(report) == [
        "Angka berasal dari buku tamu digital DILAKU, termasuk 9 kunjungan yang dicatat petugas.",
        "Laporan ini tidak memuat nama, nomor HP, atau catatan tamu, dan tidak memuat instansi pada keperluan rahasia.",
        "Perubahan dihitung terhadap Mei 2026.",
        "Rata-rata per hari kerja dihitung atas 20 hari kerja, tanpa hari libur.",
        "Rata-rata lama kunjungan dihitung dari 200 kunjungan yang diselesaikan tamu atau petugas; "
        "30 ditutup otomatis dan 5 belum selesai.",
        "Tamu yang datang lebih dari sekali dikenali dari nomor HP dalam periode ini; 7 kunjungan tanpa nomor HP.",
        "Sebanyak 2 catatan dikecualikan dan tidak dihitung.",
    ]


def test_notes_of_an_unfinished_month_without_the_unusual():
    report = make_report(slug="2026-07", until=date(2026, 7, 14))

    assert notes(report)[0] == "Angka berasal dari buku tamu digital DILAKU."
    assert notes(report)[2] == "Perubahan dihitung terhadap 1–14 Juni 2026."
    assert len(notes(report)) == 6
