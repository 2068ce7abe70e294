"""The satisfaction index: exact weights, one rounding at the end, grades on what is published."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.satisfaction import LABELS, index_of_answers, index_of_sums, respondents_needed
from tests.reports.worked_example import PEOPLE, SUMS, worked_example_answers
from visits.models.survey import ELEMENTS, SurveyResponse

SHEETS = st.lists(st.fixed_dictionaries({element: st.integers(1, 4) for element in LABELS}), min_size=1, max_size=40)


def spread_over(total: int, n: int) -> dict[str, int]:
    """Nine sums of n answers that add up to `total`."""
    share, rest = divmod(total, 9)
    return {element: share + (place < rest) for place, element in enumerate(LABELS)}


def oracle(sheets: list[dict[str, int]]) -> tuple[int, str]:
    """Index in hundredths and letter, in whole numbers: 25 · total / 9n, halves up, from the tally of the answers."""
    tally = Counter(answer for sheet in sheets for answer in sheet.values())
    total, answers = sum(answer * times for answer, times in tally.items()), tally.total()
    hundredths = (2 * 2500 * total + answers) // (2 * answers)
    limits = [(8831, "A"), (7661, "B"), (6500, "C"), (0, "D")]
    return hundredths, next(letter for limit, letter in limits if hundredths >= limit)


def test_elements_are_the_columns_of_an_answer_in_the_order_of_the_questionnaire():
    assert list(LABELS) == ELEMENTS
    assert all(SurveyResponse._meta.get_field(element) for element in LABELS)


def test_the_published_worked_example():
    index = index_of_sums(SUMS, PEOPLE)

    assert index.exact == Fraction(25 * 1815, 9 * 57)
    assert f"{float(index.exact):.4f}" == "88.4503"
    assert (index.rounded, index.grade.letter, index.grade.words) == (Decimal("88.45"), "A", "Sangat Baik")
    assert [(score.label, score.rounded) for score in index.scores] == [
        ("Persyaratan", Decimal("3.47")),
        ("Prosedur", Decimal("3.56")),
        ("Waktu pelayanan", Decimal("3.44")),
        ("Biaya/tarif", Decimal("3.96")),
        ("Produk layanan", Decimal("3.33")),
        ("Kompetensi petugas", Decimal("3.44")),
        ("Perilaku petugas", Decimal("3.54")),
        ("Sarana dan prasarana", Decimal("3.33")),
        ("Penanganan pengaduan", Decimal("3.75")),
    ]


def test_its_57_sheets_say_the_same():
    sheets = worked_example_answers()

    assert len(sheets) == 57
    assert {answer for sheet in sheets for answer in sheet.values()} <= {1, 2, 3, 4}
    assert {element: sum(sheet[element] for sheet in sheets) for element in LABELS} == SUMS
    assert index_of_answers(sheets) == index_of_sums(SUMS, PEOPLE)


def test_the_rounded_weight_would_have_made_it_a_b():
    """The mistake that this module exists to avoid."""
    rounded_means = sum(score.rounded for score in index_of_sums(SUMS, PEOPLE).scores)
    assert (rounded_means * Decimal("0.111") * 25).quantize(Decimal("0.01")) < Decimal("88.31")


@pytest.mark.parametrize(
    ("answer", "rounded", "letter"), [(4, "100.00", "A"), (3, "75.00", "C"), (2, "50.00", "D"), (1, "25.00", "D")]
)
def test_everybody_gives_the_same_answer(answer, rounded, letter):
    index = index_of_answers([dict.fromkeys(LABELS, answer)] * 3)
    assert (str(index.rounded), index.grade.letter) == (rounded, letter)


# With 5000 answers one point more or less is 25/45000, a twentieth of a hundredth.
@pytest.mark.parametrize(
    ("total", "exact", "rounded", "letter"),
    [
        (158949, "88.305", "88.31", "A"),
        (158948, None, "88.30", "B"),
        (137889, "76.605", "76.61", "B"),
        (137888, None, "76.60", "C"),
        (116991, "64.995", "65.00", "C"),
        (116990, None, "64.99", "D"),
    ],
)
def test_what_rounds_up_to_the_limit_has_the_better_grade(total, exact, rounded, letter):
    index = index_of_sums(spread_over(total, 5000), 5000)

    assert exact is None or index.exact == Fraction(exact)
    assert (str(index.rounded), index.grade.letter) == (rounded, letter)


def test_a_hair_below_a_half_is_not_rounded_up_however_many_answers():
    """28 digits of a Decimal would call this 64.995."""
    n = 5000 * 10**30
    index = index_of_sums(spread_over(116991 * 10**30 - 1, n), n)
    assert (str(index.rounded), index.grade.letter) == ("64.99", "D")


def test_the_three_lowest_are_named_in_the_order_of_the_questionnaire_where_equal():
    assert [score.element for score in index_of_sums(SUMS, PEOPLE).lowest] == ["product", "facilities", "speed"]
    all_equal = index_of_answers([dict.fromkeys(LABELS, 4)])
    assert [score.element for score in all_equal.lowest] == ["requirements", "procedure", "speed"]


def test_the_order_of_the_given_sums_does_not_matter():
    assert index_of_sums(dict(reversed(SUMS.items())), PEOPLE) == index_of_sums(SUMS, PEOPLE)


def test_without_an_answer_there_is_no_index():
    assert index_of_answers([]) is None
    assert index_of_sums(dict.fromkeys(LABELS, 0), 0) is None


@pytest.mark.parametrize(
    ("sums", "n"),
    [
        (dict.fromkeys(LABELS, 5), 1),
        (dict.fromkeys(LABELS, 0), 1),
        (dict.fromkeys(LABELS, 1), 0),
        (dict.fromkeys(LABELS, -4), -1),
        ({element: 4 for element in LABELS if element != "cost"}, 1),
        ({**dict.fromkeys(LABELS, 4), "parking": 4}, 1),
    ],
)
def test_impossible_sums_are_refused(sums, n):
    with pytest.raises(ValueError, match="not "):
        index_of_sums(sums, n)


@settings(deadline=None)
@given(SHEETS)
def test_it_agrees_with_the_oracle(sheets):
    index = index_of_answers(sheets)
    assert (index.rounded * 100, index.grade.letter) == oracle(sheets)


@settings(deadline=None)
@given(SHEETS)
def test_it_lies_between_25_and_100(sheets):
    assert 25 <= index_of_answers(sheets).exact <= 100


@settings(deadline=None)
@given(SHEETS, st.sampled_from(list(LABELS)), st.data())
def test_one_better_answer_makes_a_better_index(sheets, element, data):
    person = data.draw(st.integers(0, len(sheets) - 1))
    worse = [dict(sheet) for sheet in sheets]
    worse[person][element] = 1
    better = [dict(sheet) for sheet in worse]
    better[person][element] = data.draw(st.integers(2, 4))

    assert index_of_answers(better).exact > index_of_answers(worse).exact
    assert index_of_answers(better).rounded >= index_of_answers(worse).rounded
    assert index_of_answers(better).grade.letter <= index_of_answers(worse).grade.letter


@pytest.mark.parametrize(
    ("population", "respondents"),
    [(0, 0), (1, 1), (10, 10), (100, 80), (275, 161), (300, 169), (2000, 322), (10**9, 384)],
)
def test_how_many_should_answer(population, respondents):
    assert respondents_needed(population) == respondents


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_never_more_than_there_are_and_never_fewer_for_more_people(population):
    assert respondents_needed(population) <= population
    assert respondents_needed(population) <= respondents_needed(population + 1)
