"""The satisfaction survey in the report: exact figures, the same in every file, and nothing that leads to a person."""

import io
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from reports.monthly import MonthlyReport, build
from reports.narrative import narrative, notes, weakest
from reports.period import Period
from reports.satisfaction import LABELS
from reports.small_cells import FEWEST, OTHERS
from reports.survey import Outcome, PurposeIndex, sheets_of
from reports.table import tidy_rows
from tests.conftest import local
from tests.reports import oracle_opinions as oracle
from tests.reports.test_figures_property import CASES, DAY, span
from tests.reports.test_page import cards, csv_figures, page, pdf_text, table, words
from tests.reports.worked_example import SUMS, worked_example_answers
from visits.models import SurveyResponse

pytestmark = pytest.mark.django_db

JULY = datetime(2026, 7, 14, 10, tzinfo=ZoneInfo("Asia/Jakarta"))
JUNE = Period.parse("2026-06")
LOWEST = ("Produk layanan", "Sarana dan prasarana", "Waktu pelayanan")


@pytest.fixture
def _in_july(clock):
    clock.set(JULY)


@pytest.fixture
def example(office):
    """The 57 published sheets, all over June."""
    SurveyResponse.objects.bulk_create(
        SurveyResponse(office=office, day=date(2026, 6, number % 30 + 1), **answers)
        for number, answers in enumerate(worked_example_answers())
    )


def june(office, **kw) -> MonthlyReport:
    return build(office, JUNE, today=kw.pop("today", date(2026, 7, 14)), **kw)


def xlsx_sheet(client, name: str, period: str = "2026-06") -> list[list]:
    content = client.get(f"/staf/laporan/{period}.xlsx").content
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_name(name).to_python(skip_empty_area=False)


# The published worked example.


def test_the_published_worked_example(office, example, make_visit):
    for _visit in range(3):
        make_visit(arrived_at=local(office, "2026-06-03"))
    survey = june(office).survey

    assert survey.now == Outcome(57, Decimal("88.45"), "A")
    assert (survey.grade_words, survey.lowest) == ("Sangat Baik", LOWEST)
    assert {score.element: score.total for score in survey.scores} == SUMS
    assert survey.exact == Fraction(25 * 1815, 9 * 57)
    assert (survey.population, survey.target) == (3, 3)
    assert survey.purposes == (PurposeIndex("Tidak disebutkan", 57, Decimal("88.45")),)


@pytest.mark.usefixtures("_in_july", "example")
def test_it_is_the_same_in_every_form(client_of, bob, office, make_visit):
    for number in range(57):
        make_visit(arrived_at=local(office, f"2026-06-{number % 30 + 1:02d}"))
    client = client_of(bob)

    html = page(client)
    assert cards(html)["Indeks kepuasan"] == "88,45"
    section = next(part for part in html.iter("section") if part.get("aria-labelledby") == "h-survey")
    assert "50 responden yang disarankan" in words(section)
    assert "88,45 Mutu A, Sangat Baik" in words(section)
    assert "Nilai terendah ada pada produk layanan, sarana dan prasarana, dan waktu pelayanan." in words(section)
    means = {row[0]: row[2] for row in table(html, "h-survey")[1:]}
    assert means["Persyaratan"] == "3,47"
    assert list(means) == list(LABELS.values())

    sheet = {row[0]: row[1] for row in xlsx_sheet(client, "SKM")}
    assert (sheet["Indeks kepuasan"], sheet["Mutu pelayanan"], sheet["Penilaian"]) == (88.45, "A", 57)
    assert (sheet["Indeks, empat desimal"], sheet["Persyaratan"]) == (88.4503, 3.47)
    text = pdf_text(client)
    assert "Indeks kepuasan 88,45 dari 100 (mutu A, sangat baik), berdasarkan 57 penilaian." in text
    assert "57 dari 50 responden yang disarankan 88,45 Mutu A, Sangat Baik Persyaratan 3,47 Prosedur 3,56" in text
    figures = csv_figures(client)
    assert (figures["Kepuasan", "Indeks kepuasan"], figures["Kepuasan", "Mutu pelayanan"]) == ("88,45", "A")
    assert figures["Unsur kepuasan, jumlah", "Biaya/tarif"] == "226"


@pytest.mark.usefixtures("_in_july")
def test_all_four_is_a_hundred(client_of, bob, make_survey):
    make_survey(4, day="2026-06-10")
    client = client_of(bob)

    html = page(client)
    assert cards(html)["Indeks kepuasan"] == "100,00"
    assert "Nilai terendah" not in words(html)
    assert {row[0]: row[1] for row in xlsx_sheet(client, "SKM")}["Indeks kepuasan"] == 100
    assert "100,00 Mutu A, Sangat Baik" in pdf_text(client)


# What counts when.


def test_a_sheet_counts_on_its_own_day_at_its_own_office(office, other_office, make_survey):
    for day in ["2026-05-31", "2026-06-01", "2026-06-30", "2026-07-01", "2025-06-30"]:
        make_survey(day=day)
    make_survey(day="2026-06-15", office=other_office)
    survey = june(office).survey

    assert (survey.now.n, survey.previous.n, survey.last_year.n) == (2, 1, 1)


def test_a_month_under_way_is_compared_with_as_many_days(office, make_survey):
    for day in ["2026-06-10", "2026-06-11", "2026-05-10", "2026-05-11", "2025-06-11"]:
        make_survey(3, day=day)
    survey = june(office, today=date(2026, 6, 10)).survey

    assert [survey.now.n, survey.previous.n, survey.last_year.n] == [1, 1, 0]
    assert (survey.index.since_previous.difference, survey.index.since_last_year) == (Decimal("0.00"), None)


def test_the_change_is_told_in_points(office, make_visit, make_survey):
    make_visit(arrived_at=local(office, "2026-06-03"))
    make_survey(4, day="2026-06-10")
    make_survey(3, day="2026-05-10", speed=4)

    assert narrative(june(office))[-1] == (
        "Indeks kepuasan 100,00 dari 100 (mutu A, sangat baik), berdasarkan 1 penilaian, naik 22,22 dari Mei (77,78)."
    )


# Nothing that leads to a person.


def answer(make_survey, office, **counts: int) -> None:
    """So many sheets for purposes by their place in the list."""
    purposes = list(office.purposes.order_by("order"))
    for place, count in counts.items():
        for number in range(count):
            make_survey(number % 4 + 1, day="2026-06-10", purpose=purposes[int(place[1:])])


def told(report: MonthlyReport) -> list[tuple[int, bool]]:
    return [(row.n, row.index is not None) for row in report.survey.purposes]


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"p0": 5}, [(5, True)]),
        ({"p0": 4}, [(4, False)]),
        ({"p0": 9, "p1": 3, "p2": 2}, [(9, True), (3, False), (2, False)]),
        # Where the small ones are too few even together, the next smallest hides with them: the whole less all that
        # is told would be theirs.
        ({"p0": 9, "p1": 6, "p2": 1}, [(9, True), (6, False), (1, False)]),
        ({"p0": 9, "p1": 4}, [(9, False), (4, False)]),
    ],
)
def test_a_purpose_that_few_answered_about_has_no_index(office, make_survey, counts, shown):
    answer(make_survey, office, **counts)
    report = june(office)

    assert told(report) == shown
    sheets = Counter(row.purpose for row in report.survey_answers)
    named = {row.label: row.n for row in report.survey.purposes if row.index is not None}
    hidden = sum(row.n for row in report.survey.purposes if row.index is None)
    assert sheets == Counter({**named, OTHERS: hidden})


@pytest.mark.usefixtures("_in_july")
def test_the_sheets_in_excel_hold_answers_and_nothing_else(client_of, bob, office, make_survey, make_visit):
    make_visit(arrived_at=local(office, "2026-06-10"), name="Merpati")
    purpose = office.purposes.first()
    personal = {"comment": "Petugasnya Kenari", "sex": "P", "age": 73, "education": "S3", "job": "polri"}
    for number in [3, 1, 4, 1, 2]:
        make_survey(number, day="2026-06-10", purpose=purpose, **personal)
    make_survey(4, day="2026-06-11", cost=1)
    header, *rows = xlsx_sheet(client_of(bob), "Jawaban SKM")[3:]

    assert header == ["Layanan", *LABELS.values()]
    # One sheet without a purpose would stand alone, so nobody's purpose is told; then in the order of the answers.
    assert [row[:5] for row in rows[:6]] == [
        [OTHERS, *answers]
        for answers in [[1, 1, 1, 1], [1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3], [4, 4, 4, 1], [4] * 4]
    ]
    assert rows[7][0] == "Layanan lain: yang sedikit penilaiannya, agar tidak terbaca siapa yang menjawab."
    stored = june(office).to_json()
    assert [word for word in ["Merpati", "Kenari", "73", "polri", "2026-06-10T"] if word in stored] == []


def test_the_order_of_arrival_leaves_no_trace(office, make_survey):
    numbers = [4, 2, 3, 1, 2, 4]
    purpose = office.purposes.first()
    tallies = []
    for order in (numbers, numbers[::-1]):
        SurveyResponse.objects.all().delete()
        for number in order:
            make_survey(number, day="2026-06-10", purpose=purpose)
        tallies.append(june(office).to_json())

    assert tallies[0] == tallies[1]
    assert sheets_of([(0, (4,) * 9, 1), (0, (1,) * 9, 2)], lambda _pk: "x") == sheets_of(
        [(0, (1,) * 9, 2), (0, (4,) * 9, 1)], lambda _pk: "x"
    )


# Empty, and made before there was a survey.


@pytest.mark.usefixtures("_in_july")
@pytest.mark.parametrize(
    ("period", "sentence"),
    [
        ("2026-06", "Belum ada penilaian pada bulan ini."),
        ("2026-T2", "Belum ada penilaian pada triwulan ini."),
        ("2026", "Belum ada penilaian pada tahun ini."),
    ],
)
def test_nothing_is_said_calmly(client_of, bob, period, sentence):
    client = client_of(bob)
    html = page(client, period)

    section = next(part for part in html.iter("section") if part.get("aria-labelledby") == "h-survey")
    assert words(section) == f"Kepuasan (SKM) {sentence}"
    assert "Indeks kepuasan" not in cards(html)
    assert "Kepuasan" not in pdf_text(client, period)
    assert csv_figures(client, period)["Kepuasan", "Indeks kepuasan"] == ""
    assert xlsx_sheet(client, "Jawaban SKM", period)[4][0] == "Tidak ada."


def test_without_visits_nobody_knows_how_many_should_answer(office, make_survey):
    make_survey(day="2026-06-10")
    survey = june(office).survey
    assert (survey.population, survey.target) == (0, 0)


def test_notes_are_there_with_what_they_explain(office, make_survey):
    before = notes(june(office))
    make_survey(day="2026-06-10")
    assert [note[:25] for note in notes(june(office)) if note not in before] == ["Indeks kepuasan (25–100) "]


def test_the_weakest_are_named_only_where_there_is_a_difference(office, make_survey):
    make_survey(4, day="2026-06-10")
    assert weakest(june(office).survey) == ""
    make_survey(4, day="2026-06-10", conduct=1)
    assert weakest(june(office).survey) == "Nilai terendah ada pada perilaku petugas, persyaratan, dan prosedur."


# On the dashboard.


@pytest.mark.usefixtures("_in_july")
def test_the_dashboard_shows_the_month_so_far(client_of, bob, alice, office, make_survey):
    for day, number in [("2026-07-01", 4), ("2026-07-14", 3), ("2026-06-30", 1), ("2026-07-15", 1)]:
        make_survey(number, day=day)
    for person in (alice, bob):
        card = client_of(person).get("/staf/").context["cards"][-1]
        assert (card.label, card.text, card.hint) == ("Indeks kepuasan", "87,50", "Mutu B dari 2 penilaian bulan ini")
        assert card.url == "/staf/laporan/2026-07/"
    assert cards(page(client_of(bob), "2026-07"))["Indeks kepuasan"] == "87,50"


# Whatever is answered, the report says what plain SQL says.

answers = st.fixed_dictionaries(
    {
        "border": st.integers(0, 5),
        "days": st.integers(-3, 3),
        "purpose": st.integers(-1, 3),
        "elements": st.lists(st.integers(1, 4), min_size=9, max_size=9),
        "times": st.integers(1, 4),
        "flagged": st.sampled_from(["", "", "", "Terlalu cepat"]),
        "elsewhere": st.sampled_from([False, False, False, True]),
    }
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=st.sampled_from(CASES), drawn=st.lists(answers, max_size=15))
def test_the_survey_agrees_with_plain_sql(office, other_office, case, drawn):
    slug, today, *spans = case
    borders = [day for text in spans for day in (span(text)[0], span(text)[1] + DAY)]
    purposes = list(office.purposes.order_by("order")[:4])
    with transaction.atomic():
        SurveyResponse.objects.bulk_create(
            SurveyResponse(
                office=other_office if each["elsewhere"] else office,
                day=borders[each["border"]] + each["days"] * DAY,
                purpose=None if each["purpose"] < 0 else purposes[each["purpose"]],
                flagged_reason=each["flagged"],
                **dict(zip(LABELS, each["elements"], strict=True)),
            )
            for each in drawn
            for _time in range(each["times"])
        )
        report = build(office, Period.parse(slug), today=date.fromisoformat(today))
        agrees_with_sql(report, office.pk, [span(text) for text in spans])
        transaction.set_rollback(True)
    assert MonthlyReport.from_json(report.to_json()) == report
    assert len({(section, key) for section, key, _value in tidy_rows(report)}) == len(tidy_rows(report))


def agrees_with_sql(report: MonthlyReport, office_id: int, spans: list[tuple[date, date]]) -> None:
    survey = report.survey
    for outcome, days in zip([survey.now, survey.previous, survey.last_year], spans, strict=True):
        expected = oracle.survey(office_id, *days)
        assert (outcome.n, outcome.index) == (expected["n"], expected["index"])
    now = oracle.survey(office_id, *spans[0])
    assert {score.element: score.total for score in survey.scores} == {name: now[name] for name in LABELS if now["n"]}
    purposes = oracle.purposes(office_id, *spans[0])
    assert {row.label: row.n for row in survey.purposes} == {label: n for label, (n, _index) in purposes.items()}
    shown = {row.label: row.index for row in survey.purposes if row.index is not None}
    assert shown == {label: purposes[label][1] for label in shown}
    assert min((purposes[label][0] for label in shown), default=FEWEST) >= FEWEST
    hidden = sum(n for label, (n, _index) in purposes.items() if label not in shown)
    assert hidden == 0 or hidden >= FEWEST or not shown
    assert sorted(row.answers for row in report.survey_answers) == oracle.sheets(office_id, *spans[0])


def test_a_report_made_before_the_survey_says_so(office, example):
    report = replace(june(office), schema=1, survey=None, survey_answers=(), feedback=None)
    assert [row for row in tidy_rows(report) if row[0].startswith(("Kepuasan", "Unsur", "Saran"))] == []
    assert MonthlyReport.from_json(report.to_json()) == report
