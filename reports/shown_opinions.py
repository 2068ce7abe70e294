"""What visitors think of the service, as it is read: the survey and the suggestions, on the page and on paper. Pure."""

from dataclasses import dataclass

from reports.feedback import Feedback
from reports.monthly import MonthlyReport
from reports.narrative import KIND_NAMES, promptness, weakest
from reports.numbers import written
from reports.satisfaction import HIGHEST_ANSWER
from reports.shown import UNKNOWN, Bar, Change, changes
from reports.survey import PurposeIndex, Survey

ON_PAPER = 6  # purposes
NOT_RECORDED = "Belum dicatat ketika laporan ini dibuat."


@dataclass(frozen=True)
class PurposeRow:
    label: str
    n: str
    index: str


@dataclass(frozen=True)
class ShownSurvey:
    index: str  # "88,45"
    grade: str  # "Mutu A, Sangat Baik"
    respondents: str  # "57 dari 169 responden yang disarankan"
    changes: tuple[Change, ...]  # of the index, since the previous period and since last year
    scores: tuple[Bar, ...]  # of the highest answer
    weakest: str  # a sentence, or empty
    purposes: tuple[PurposeRow, ...]
    told: tuple[PurposeRow, ...]  # the first of those with an index: what paper has room for
    hint: str  # why some purposes have no index; or empty


@dataclass(frozen=True)
class FeedbackRow:
    label: str
    received: str
    answered: str
    waiting: str


@dataclass(frozen=True)
class ShownFeedback:
    received: str
    sentences: tuple[str, ...]
    rows: tuple[FeedbackRow, ...]  # one for each category
    total: FeedbackRow


@dataclass(frozen=True)
class Opinions:
    survey: ShownSurvey | None
    no_survey: str  # why there is none; else empty
    feedback: ShownFeedback | None
    no_feedback: str  # the same


def opinions(report: MonthlyReport) -> Opinions:
    survey, feedback = report.survey, report.feedback
    has_sheets, has_threads = survey and survey.now.n, feedback and feedback.now.received
    nothing = f"pada {KIND_NAMES[report.period.kind].lower()} ini."
    return Opinions(
        survey=_survey(report, survey) if has_sheets else None,
        no_survey="" if has_sheets else f"Belum ada penilaian {nothing}" if survey else NOT_RECORDED,
        feedback=_feedback(feedback) if has_threads else None,
        no_feedback="" if has_threads else f"Belum ada saran {nothing}" if feedback else NOT_RECORDED,
    )


def _survey(report: MonthlyReport, survey: Survey) -> ShownSurvey:
    told = [row for row in survey.purposes if row.index is not None]
    return ShownSurvey(
        index=written(survey.now.index),
        grade=f"Mutu {survey.now.grade}, {survey.grade_words}",
        respondents=_respondents(survey),
        changes=changes(report, survey.index),
        scores=tuple(
            Bar(score.label, written(score.mean), "", float(score.mean / HIGHEST_ANSWER)) for score in survey.scores
        ),
        weakest=weakest(survey),
        purposes=tuple(map(_purpose, survey.purposes)),
        told=tuple(map(_purpose, told[:ON_PAPER])),
        hint=hidden_hint(survey),
    )


def _respondents(survey: Survey) -> str:
    """Without a visit nobody tells how many should answer."""
    if not survey.target:
        return f"{written(survey.now.n)} responden"
    return f"{written(survey.now.n)} dari {written(survey.target)} responden yang disarankan"


def hidden_hint(survey: Survey) -> str:
    """Why some purposes have no index; empty where all have one."""
    is_hidden = any(row.index is None for row in survey.purposes)
    return "Indeks layanan yang sedikit penilaiannya tidak ditampilkan" if is_hidden else ""


def _purpose(row: PurposeIndex) -> PurposeRow:
    return PurposeRow(row.label, written(row.n), UNKNOWN if row.index is None else written(row.index))


def _feedback(feedback: Feedback) -> ShownFeedback:
    return ShownFeedback(
        received=written(feedback.now.received),
        sentences=tuple(promptness(feedback)),
        rows=tuple(_row(row.label, row.received, row.answered, row.waiting) for row in feedback.categories),
        total=_row("Jumlah", feedback.now.received, feedback.now.answered, feedback.waiting),
    )


def _row(label: str, *figures: int) -> FeedbackRow:
    return FeedbackRow(label, *map(written, figures))
