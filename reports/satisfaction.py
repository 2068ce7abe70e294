"""The satisfaction index (IKM) of PermenPANRB 14/2017, exact until the last step. Pure arithmetic: no rows, no ORM.

Neither the weight 1/9 nor the mean of an element is rounded on the way: 0.111 and rounded means turn an A into a B.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

# In the order of the questionnaire. Columns of SurveyResponse, which this module doesn't know.
LABELS = {
    "requirements": "Persyaratan",
    "procedure": "Prosedur",
    "speed": "Waktu pelayanan",
    "cost": "Biaya/tarif",
    "product": "Produk layanan",
    "competence": "Kompetensi petugas",
    "conduct": "Perilaku petugas",
    "facilities": "Sarana dan prasarana",
    "complaints": "Penanganan pengaduan",
}
HIGHEST_ANSWER = 4
SCALE = 25  # from answers of 1-4 to an index of 25-100
LOWEST_NAMED = 3
CHI_SQUARE = Fraction("3.841")  # one degree of freedom, 95 %
ERROR_SQUARED = Fraction("0.0025")  # (5 %)²
SPREAD = Fraction("0.25")  # p(1 - p) with p = 1/2, the widest


@dataclass(frozen=True)
class Grade:
    letter: str
    words: str
    at_least: Decimal  # of the rounded index


GRADES = [
    Grade("A", "Sangat Baik", Decimal("88.31")),
    Grade("B", "Baik", Decimal("76.61")),
    Grade("C", "Kurang Baik", Decimal("65.00")),
    Grade("D", "Tidak Baik", Decimal("25.00")),
]


@dataclass(frozen=True)
class ElementScore:
    element: str  # a key of LABELS
    mean: Fraction  # 1-4, exact

    @property
    def label(self) -> str:
        return LABELS[self.element]

    @property
    def rounded(self) -> Decimal:
        """The mean as it is shown, two decimals."""
        return _half_up(self.mean)


@dataclass(frozen=True)
class SatisfactionIndex:
    n: int  # answers, at least one
    scores: tuple[ElementScore, ...]  # nine, in the order of the questionnaire

    @property
    def exact(self) -> Fraction:
        """25-100, unrounded."""
        return SCALE * sum(score.mean for score in self.scores) / len(self.scores)

    @property
    def rounded(self) -> Decimal:
        """25.00-100.00, as it is published."""
        return _half_up(self.exact)

    @property
    def grade(self) -> Grade:
        return next(grade for grade in GRADES if self.rounded >= grade.at_least)

    @property
    def lowest(self) -> list[ElementScore]:
        """The three to work on, the lowest first; equal ones in the order of the questionnaire."""
        return sorted(self.scores, key=lambda score: score.mean)[:LOWEST_NAMED]


def index_of_sums(sums: Mapping[str, int], n: int) -> SatisfactionIndex | None:
    """From the sum of each element over `n` answers; None without an answer.

    ValueError where an element is missing or unknown, or where answers of 1-4 can't have such a sum.
    """
    if sums.keys() != LABELS.keys():
        raise ValueError(f"not the nine elements: {sorted(sums)}")
    if n < 0 or not all(n <= total <= HIGHEST_ANSWER * n for total in sums.values()):
        raise ValueError(f"not sums of {n} answers of 1-4: {dict(sums)}")
    if n == 0:
        return None
    return SatisfactionIndex(n, tuple(ElementScore(element, Fraction(sums[element], n)) for element in LABELS))


def index_of_answers(rows: Iterable[Mapping[str, int]]) -> SatisfactionIndex | None:
    """From the answers themselves, one mapping of the nine elements to 1-4 a person; None without an answer."""
    rows = list(rows)
    return index_of_sums({element: sum(row[element] for row in rows) for element in LABELS}, len(rows))


def respondents_needed(population: int) -> int:
    """How many should answer where `population` were served (Krejcie and Morgan): 100 -> 80, 2000 -> 322."""
    if population < 1:
        return 0
    spread = CHI_SQUARE * SPREAD
    return floor(spread * population / (ERROR_SQUARED * (population - 1) + spread) + Fraction(1, 2))


def _half_up(value: Fraction) -> Decimal:
    """A positive number to two decimals. By way of a Decimal of 28 digits, 64.995 less a hair could round up."""
    return Decimal(floor(value * 100 + Fraction(1, 2))).scaleb(-2)
