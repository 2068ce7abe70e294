"""What the satisfaction survey (SKM) says, as a report tells it. Pure.

A sheet counts in the period of its own day, whenever the visit was. The visits of the period stand for all who were
served, of whom Krejcie and Morgan tell how many should answer.

What a few people have answered about one purpose never stands beside that purpose: who knows who came for it would read
what they think of the office. See docs/decisions/013.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from reports.compared import Compared
from reports.satisfaction import LABELS, SatisfactionIndex, index_of_sums, respondents_needed
from reports.small_cells import OTHERS, hidden

UNNAMED = "Tidak disebutkan"  # what the purpose of sheets without one is called

# (purpose id or 0, nine answers in the order of LABELS, how many sheets say just this).
Tally = list[tuple[int, tuple[int, ...], int]]


@dataclass(frozen=True)
class Outcome:
    """All sheets of one run of days."""

    n: int
    index: Decimal | None  # 25.00-100.00, two decimals, half-up; None without a sheet
    grade: str  # "A" to "D"; empty without a sheet


@dataclass(frozen=True)
class Score:
    """One element over all sheets of the period."""

    element: str  # a key of satisfaction.LABELS
    label: str
    total: int  # sum of its answers
    mean: Decimal  # 1.00-4.00, two decimals, half-up


@dataclass(frozen=True)
class PurposeIndex:
    label: str
    n: int  # sheets
    index: Decimal | None  # None where it would tell what a few people answered


@dataclass(frozen=True)
class Sheet:
    """What one respondent answered: no name, no day, no comment."""

    purpose: str  # OTHERS where it would tell who that was
    answers: tuple[int, ...]  # in the order of LABELS


@dataclass(frozen=True)
class Survey:
    now: Outcome
    previous: Outcome  # of the days of MonthlyReport.previous
    last_year: Outcome  # of the days of MonthlyReport.last_year
    population: int  # visits of the period
    target: int  # respondents asked for by Krejcie and Morgan
    grade_words: str  # "Sangat Baik"; empty without a sheet
    scores: tuple[Score, ...]  # nine, in the order of the questionnaire; none without a sheet
    lowest: tuple[str, ...]  # labels of the three lowest scores, the lowest first; none without a sheet
    purposes: tuple[PurposeIndex, ...]  # the most sheets first; those without a sheet are absent

    @property
    def n(self) -> Compared:
        return Compared(self.now.n, self.previous.n, self.last_year.n)

    @property
    def index(self) -> Compared:
        return Compared(self.now.index, self.previous.index, self.last_year.index)

    @property
    def exact(self) -> Fraction | None:
        """The index before it is rounded; None without a sheet."""
        sums = {score.element: score.total for score in self.scores}
        return index_of_sums(sums, self.now.n).exact if sums else None

    @classmethod
    def from_data(cls, data: dict) -> "Survey":
        """From what JSON has made of it."""
        read = {
            **{name: Outcome(**_with_decimal(data[name], "index")) for name in ("now", "previous", "last_year")},
            "scores": tuple(Score(**_with_decimal(row, "mean")) for row in data["scores"]),
            "lowest": tuple(data["lowest"]),
            "purposes": tuple(PurposeIndex(**_with_decimal(row, "index")) for row in data["purposes"]),
        }
        return cls(**{**data, **read})


def _with_decimal(data: dict, name: str) -> dict:
    return {**data, name: None if data[name] is None else Decimal(data[name])}


def survey_of(tallies: list[Tally], population: int, name_of: Callable[[int], str]) -> Survey:
    """`tallies` of the period, of the previous one and of last year's; `name_of` a purpose by its id."""
    now, previous, last_year = (index_of(tally) for tally in tallies)
    return Survey(
        now=_outcome(now),
        previous=_outcome(previous),
        last_year=_outcome(last_year),
        population=population,
        target=respondents_needed(population),
        grade_words=now.grade.words if now else "",
        scores=_scores(now) if now else (),
        lowest=tuple(score.label for score in now.lowest) if now else (),
        purposes=_purposes(_by_label(tallies[0], name_of)),
    )


def index_of(tally: Tally) -> SatisfactionIndex | None:
    sums = Counter()
    for _purpose, answers, times in tally:
        for element, answer in zip(LABELS, answers, strict=True):
            sums[element] += answer * times
    return index_of_sums({element: sums[element] for element in LABELS}, _sheets(tally))


def _sheets(tally: Tally) -> int:
    return sum(times for _purpose, _answers, times in tally)


def _outcome(index: SatisfactionIndex | None) -> Outcome:
    return Outcome(index.n, index.rounded, index.grade.letter) if index else Outcome(0, None, "")


def _scores(index: SatisfactionIndex) -> tuple[Score, ...]:
    return tuple(Score(score.element, score.label, int(score.mean * index.n), score.rounded) for score in index.scores)


# By purpose.


def _by_label(tally: Tally, name_of: Callable[[int], str]) -> dict[str, Tally]:
    rows: dict[str, Tally] = {}
    for purpose, answers, times in tally:
        rows.setdefault(name_of(purpose), []).append((purpose, answers, times))
    return rows


def _purposes(rows: dict[str, Tally]) -> tuple[PurposeIndex, ...]:
    few = _hidden(rows)
    purposes = [
        PurposeIndex(label, _sheets(tally), None if label in few else index_of(tally).rounded)
        for label, tally in rows.items()
    ]
    return tuple(sorted(purposes, key=lambda row: (-row.n, row.label.casefold())))


def _hidden(rows: dict[str, Tally]) -> set[str]:
    return hidden({label: _sheets(tally) for label, tally in rows.items()})


def sheets_of(tally: Tally, name_of: Callable[[int], str]) -> tuple[Sheet, ...]:
    """In the order of what they say, which is not that in which they came."""
    few = _hidden(_by_label(tally, name_of))
    sheets = [
        Sheet(OTHERS if (label := name_of(purpose)) in few else label, answers)
        for purpose, answers, times in tally
        for _sheet in range(times)
    ]
    return tuple(sorted(sheets, key=lambda sheet: (sheet.purpose, sheet.answers)))
