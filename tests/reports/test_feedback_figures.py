"""Suggestions in the report: how many came, what became of them, and how soon the office replied."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.feedback import IN_TIME, Category, Outcome
from reports.monthly import MonthlyReport, build
from reports.narrative import narrative, notes, promptness
from reports.period import Period
from tests.conftest import local
from tests.reports import oracle_opinions as oracle
from tests.reports.test_figures_property import CASES, DAY, ZONES, span
from tests.reports.test_page import csv_figures, page, pdf_text, table, words
from tests.reports.test_skm import xlsx_sheet
from visits import inbox
from visits.models import ClosedDay, Feedback
from visits.models.feedback import REPLY_WITHIN

pytestmark = pytest.mark.django_db

JULY = datetime(2026, 7, 14, 10, tzinfo=ZoneInfo("Asia/Jakarta"))
WRITTEN_AGAIN = "Saran yang mendapat tulisan baru setelah dibalas dihitung di kolom Dibalas dan juga di kolom Menunggu."
CATEGORIES = {"saran": "Saran", "pertanyaan": "Pertanyaan", "pengaduan": "Pengaduan", "apresiasi": "Apresiasi"}


@pytest.fixture
def letter(office, make_feedback):
    """A thread begun on that day; replied to on another, and closed, where told."""

    def make(day: str, replied: str = "", *, at: str = "09:00:00", closed: bool = False, **kw) -> Feedback:
        replied_at = local(office, replied, "23:59:59") if replied else None
        closing = {"closed_at": replied_at or local(office, day, "23:00"), "closed_by": "petugas"} if closed else {}
        created_at = local(kw.get("office", office), day, at)
        waiting_since = None if replied or closed else created_at
        return make_feedback(
            created_at=created_at, waiting_since=waiting_since, first_replied_at=replied_at, **{**closing, **kw}
        )

    return make


def june(office, **kw) -> MonthlyReport:
    return build(office, Period.parse("2026-06"), today=kw.pop("today", date(2026, 7, 14)), **kw)


def test_what_became_of_them(office, letter):
    letter("2026-06-01")
    letter("2026-06-02", "2026-06-03", category="pengaduan")
    letter("2026-06-03", "2026-06-03", closed=True, category="pengaduan")
    letter("2026-06-30", closed=True, category="apresiasi")
    letter("2026-05-31", "2026-06-10", at="23:59:59")
    letter("2026-07-01", at="00:00:00")
    letter("2025-06-15")
    feedback = june(office).feedback

    assert [feedback.now, feedback.previous, feedback.last_year] == [Outcome(4, 2), Outcome(1, 1), Outcome(1, 0)]
    assert (feedback.waiting, feedback.open, feedback.closed) == (1, 1, 2)
    assert feedback.categories == (
        Category("Saran", 1, 0, 1),
        Category("Pertanyaan", 0, 0, 0),
        Category("Pengaduan", 2, 2, 0),
        Category("Apresiasi", 1, 0, 0),
    )


@pytest.mark.parametrize(
    ("day", "replied", "days"),
    [
        ("2026-06-03", "2026-06-03", 0),
        ("2026-06-03", "2026-06-04", 1),
        ("2026-06-03", "2026-06-08", 3),  # Wednesday, Monday: the last day in time
        ("2026-06-03", "2026-06-09", 4),
        ("2026-06-05", "2026-06-06", 0),  # Friday, Saturday
        ("2026-06-05", "2026-06-08", 1),  # Friday, Monday
        ("2026-06-06", "2026-06-07", 0),  # at the weekend
        ("2026-06-15", "2026-06-17", 1),  # Tuesday is closed
        ("2026-06-30", "2026-08-03", 23),  # a reply after the period; Monday, 20 July is closed
    ],
)
def test_days_are_working_days_of_the_office(office, letter, day, replied, days):
    for closed in ["2026-06-16", "2026-07-20"]:
        ClosedDay.objects.create(office=office, day=closed, name="Libur")
    letter(day, replied)
    feedback = june(office).feedback

    assert (feedback.median_days, feedback.slowest_days) == (days, days)
    assert (feedback.in_time, feedback.late) == ((1, 0) if days <= 3 else (0, 1))


@pytest.mark.parametrize(
    ("needed", "median", "slowest"), [([0], 0, 0), ([0, 4], 0, 4), ([1, 2, 9], 2, 9), ([0, 1, 1, 9], 1, 9)]
)
def test_the_median_is_the_lower_of_two(office, letter, needed, median, slowest):
    """Monday, 1 June, and no closed day after it."""
    for days in needed:
        weeks, rest = divmod(days, 5)
        letter("2026-06-01", str(date(2026, 6, 1 + 7 * weeks + rest)))
    feedback = june(office).feedback
    assert (feedback.median_days, feedback.slowest_days) == (median, slowest)


def test_what_still_has_time_is_neither_in_time_nor_late(office, letter):
    letter("2026-06-24")  # four working days before today
    letter("2026-06-25")
    letter("2026-06-30", "2026-06-30")
    feedback = june(office, today=date(2026, 6, 30)).feedback

    assert (feedback.in_time, feedback.late, feedback.in_time_percent) == (1, 1, 50)


@pytest.mark.parametrize(
    ("now", "late"),
    [("2026-07-31", 0), ("2026-08-01", 1), ("2026-08-02", 1), ("2026-08-03", 1)],  # Friday, the last day, to Monday
)
def test_on_a_closed_day_report_and_inbox_agree_on_what_is_late(office, letter, clock, now, late):
    letter("2026-07-28")
    clock.set(local(office, now, "10:00"))
    feedback = build(office, Period.parse("2026-07"), today=office.today()).feedback

    assert (feedback.in_time, feedback.late, inbox.of(office).late) == (0, late, late)


def test_a_reply_on_a_closed_day_right_after_the_last_one_is_in_time(office, letter):
    letter("2026-07-28", "2026-08-01")
    feedback = build(office, Period.parse("2026-07"), today=date(2026, 8, 3)).feedback

    assert (feedback.slowest_days, feedback.in_time, feedback.late) == (3, 1, 0)


def test_without_an_answer_nothing_is_said_of_speed(office, letter):
    assert promptness(june(office).feedback) == []
    letter("2026-07-13")
    report = build(office, Period.parse("2026-07"), today=date(2026, 7, 14))
    feedback = report.feedback

    assert (feedback.median_days, feedback.slowest_days, feedback.in_time_percent) == (None, None, None)
    assert promptness(feedback) == []


@pytest.mark.parametrize(
    ("replies", "sentences"),
    [
        (["2026-06-01"], ["Balasannya datang pada hari yang sama."]),
        (["2026-06-02"], ["Balasannya datang dalam 1 hari kerja."]),
        (
            ["2026-06-03", "2026-06-03"],
            ["2 dari 2 saran (100%) dibalas dalam 3 hari kerja.", "Balasannya datang dalam 2 hari kerja."],
        ),
        (
            ["2026-06-01", "2026-06-01", "2026-06-12"],
            [
                "2 dari 3 saran (67%) dibalas dalam 3 hari kerja.",
                "Separuh balasan pertama datang pada hari yang sama; yang paling lambat dalam 9 hari kerja.",
            ],
        ),
    ],
)
def test_how_soon_in_words(office, letter, replies, sentences):
    for replied in replies:
        letter("2026-06-01", replied)
    assert promptness(june(office).feedback) == sentences


@pytest.mark.parametrize(
    ("answered", "waiting", "sentence"),
    [
        (0, 1, "Satu saran masuk, dan belum dibalas."),
        (1, 0, "Satu saran masuk, dan sudah dibalas."),
        (2, 0, "Sebanyak 2 saran masuk, semuanya sudah dibalas."),
        (1, 2, "Sebanyak 3 saran masuk, 1 sudah dibalas."),
        (0, 2, "Sebanyak 2 saran masuk, belum ada yang dibalas."),
    ],
)
def test_the_sentence_for_leadership(office, letter, answered, waiting, sentence):
    before = notes(june(office))
    for _each in range(answered):
        letter("2026-06-03", "2026-06-04")
    for _each in range(waiting):
        letter("2026-06-03")

    assert narrative(june(office))[-1] == sentence
    assert [note[:30] for note in notes(june(office)) if note not in before] == ["Saran dihitung menurut hari ma"]


def test_a_thread_written_to_again_is_answered_and_waits(office, make_feedback):
    came, replied, again = (local(office, f"2026-06-0{day}") for day in [1, 2, 3])
    make_feedback(created_at=came, first_replied_at=replied, waiting_since=again)
    report = june(office)

    assert report.feedback.categories[0] == Category("Saran", 1, 1, 1)
    assert notes(report)[-1].endswith(f" {WRITTEN_AGAIN}")


def test_page_and_files_say_the_same(client_of, bob, office, letter, clock):
    clock.set(JULY)
    letter("2026-06-01", "2026-06-02", category="pengaduan")
    letter("2026-06-02", category="saran", body="Kenari", name="Merpati", phone="+6281234567890")
    client = client_of(bob)

    html = page(client)
    assert WRITTEN_AGAIN in words(html)
    _head, *rows = table(html, "h-feedback")
    assert rows == [
        ["Saran", "1", "0", "1"],
        ["Pertanyaan", "0", "0", "0"],
        ["Pengaduan", "1", "1", "0"],
        ["Apresiasi", "0", "0", "0"],
        ["Jumlah", "2", "1", "1"],
    ]
    assert table(html, "h-figures")[-2:] == [["Saran diterima", "2", "0", "0"], ["Saran dibalas", "1", "0", "0"]]
    sheet = {row[0]: row[1:4] for row in xlsx_sheet(client, "Saran")}
    assert sheet["Saran diterima"][0] == 2
    assert sheet["Pengaduan"] == [1, 1, 0]
    assert any(WRITTEN_AGAIN in str(row[0]) for row in xlsx_sheet(client, "Ringkasan"))
    assert csv_figures(client)["Saran per jenis, menunggu", "Saran"] == "1"
    text = pdf_text(client)
    assert WRITTEN_AGAIN in text
    assert "Saran 1 0 1 Pertanyaan 0 0 0 Pengaduan 1 1 0 Apresiasi 0 0 0" in text
    assert "1 dari 2 saran (50%) dibalas dalam 3 hari kerja." in text
    everything = words(html) + text + str(csv_figures(client)) + str(xlsx_sheet(client, "Saran"))
    assert [word for word in ["Kenari", "Merpati", "81234567890"] if word in everything] == []


def test_nothing_is_said_calmly(client_of, bob, clock):
    clock.set(JULY)
    html = page(client_of(bob))
    section = next(part for part in html.iter("section") if part.get("aria-labelledby") == "h-feedback")
    assert words(section) == "Saran Belum ada saran pada bulan ini."


def test_the_inbox_has_the_same_limit():
    assert IN_TIME == REPLY_WITHIN


# Whatever comes, the report says what plain SQL says.

letters = st.fixed_dictionaries(
    {
        "border": st.integers(0, 5),
        "seconds": st.one_of(st.integers(-2, 2), st.integers(-20 * 86400, 20 * 86400)),
        "reply_after": st.sampled_from([None, 0, 1, 2, 3, 4, 5, 6, 9, 30]),  # days
        "state": st.sampled_from(["waiting", "open", "closed"]),
        "category": st.sampled_from(list(CATEGORIES)),
        "flagged": st.sampled_from(["", "", "", "Terlalu cepat"]),
        "elsewhere": st.sampled_from([False, False, False, True]),
    }
)


def thread(number: int, office, drawn: dict, midnights: list[date]) -> Feedback:
    created_at = datetime.combine(midnights[drawn["border"]], time.min, office.zone) + timedelta(
        seconds=drawn["seconds"]
    )
    made = Feedback(
        office=office,
        point=office.points.first(),
        number=number,
        category=drawn["category"],
        flagged_reason=drawn["flagged"],
        created_at=created_at,
    )
    if drawn["reply_after"] is not None:
        made.first_replied_at = created_at + timedelta(days=drawn["reply_after"])
    if drawn["state"] == "closed":
        made.closed_at, made.closed_by = created_at + timedelta(days=40), "petugas"
    if drawn["state"] == "waiting" or (drawn["state"] == "open" and not made.first_replied_at):
        made.waiting_since = created_at
    return made


@pytest.mark.parametrize("zone", ZONES)
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=st.sampled_from(CASES), drawn=st.lists(letters, max_size=20))
def test_feedback_agrees_with_plain_sql(office, other_office, zone, case, drawn):
    office.time_zone = zone
    slug, today, *texts = case
    spans, day = [span(text) for text in texts], date.fromisoformat(today)
    midnights = [border for first, last in spans for border in (first, last + DAY)]
    with transaction.atomic():
        office.save(update_fields=["time_zone"])
        ClosedDay.objects.create(office=office, day="2026-01-06", name="Libur")
        Feedback.objects.bulk_create(
            thread(number, other_office if each["elsewhere"] else office, each, midnights)
            for number, each in enumerate(drawn, start=1)
        )
        report = build(office, Period.parse(slug), today=day)
        agrees_with_sql(report, office.pk, spans, day)
        transaction.set_rollback(True)
    assert MonthlyReport.from_json(report.to_json()) == report


def agrees_with_sql(report: MonthlyReport, office_id: int, spans: list[tuple], today: date) -> None:
    feedback = report.feedback
    for outcome, days in zip([feedback.now, feedback.previous, feedback.last_year], spans, strict=True):
        expected = oracle.feedback(office_id, *days, today)
        assert (outcome.received, outcome.answered) == (expected["received"], expected["answered"])
    expected = oracle.feedback(office_id, *spans[0], today)
    told = {name: getattr(feedback, name) for name in expected if name not in {"received", "answered"}}
    assert told == {name: value for name, value in expected.items() if name in told}
    assert feedback.waiting + feedback.open + feedback.closed == feedback.now.received
    categories = {row.label: (row.received, row.answered, row.waiting) for row in feedback.categories}
    by_sql = oracle.categories(office_id, *spans[0], today)
    assert categories == {label: by_sql.get(category, (0, 0, 0)) for category, label in CATEGORIES.items()}
