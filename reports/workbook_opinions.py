"""The sheets of a workbook that tell what visitors think of the service: the survey, its answers, the suggestions."""

from collections.abc import Callable
from operator import attrgetter

from openpyxl.worksheet.worksheet import Worksheet

from reports.compared import Compared
from reports.feedback import Feedback
from reports.monthly import MonthlyReport
from reports.satisfaction import LABELS
from reports.shown_opinions import NOT_RECORDED, hidden_hint
from reports.small_cells import OTHERS
from reports.survey import Sheet, Survey
from reports.table import Value, feedback_compared, feedback_figures, survey_compared, survey_figures
from reports.workbook_lines import HEADER_ROW, columns_of_lines, compared_line, plain_line
from reports.workbook_style import MUTED, Column, Plot, font, put, ranking_chart, table

NOTHING = "Tidak ada."
MEAN = "0.00"
WIDTH = 13  # of a column of figures, wherever a second table stands below the first


def _survey(sheet: Worksheet, report: MonthlyReport) -> None:
    if report.survey is None:
        _say(sheet, HEADER_ROW, NOT_RECORDED)
        return
    last = _lines(sheet, report, survey_compared(report.survey), survey_figures(report.survey))
    if report.survey.now.n:
        _scores(sheet, last + 2, report.survey)


def _scores(sheet: Worksheet, top: int, survey: Survey) -> None:
    places = {label: place for place, label in enumerate(survey.lowest, start=1)}
    elements = [
        Column("Unsur", attrgetter("label"), width=36, at_left=True),
        Column("Rata-rata", attrgetter("mean"), width=WIDTH),
        Column("Jumlah jawaban", attrgetter("total"), width=WIDTH),
        Column("Terendah ke-", lambda score: places.get(score.label), width=9),
    ]
    last = table(sheet, top, elements, survey.scores)
    plot = Plot.of_rows(sheet, "Rata-rata per unsur (1–4)", top + 1, last)
    ranking_chart(sheet, f"F{top}", plot, width=13, count=len(survey.scores), number_format=MEAN)
    purposes = [
        Column("Layanan", attrgetter("label"), width=36, at_left=True),
        Column("Penilaian", attrgetter("n"), width=WIDTH),
        Column("Indeks", attrgetter("index"), width=WIDTH),
    ]
    _say(sheet, last + 2, hidden_hint(survey))
    table(sheet, last + 3, purposes, survey.purposes)


def _answers(sheet: Worksheet, report: MonthlyReport) -> None:
    if report.survey is None:
        _say(sheet, HEADER_ROW, NOT_RECORDED)
        return
    columns = [
        Column("Layanan", attrgetter("purpose"), width=36, at_left=True),
        *(Column(label, _answer_at(place), width=14) for place, label in enumerate(LABELS.values())),
    ]
    last = table(sheet, HEADER_ROW, columns, report.survey_answers)
    if not report.survey_answers:
        _say(sheet, HEADER_ROW + 1, NOTHING)
    elif any(row.purpose == OTHERS for row in report.survey_answers):
        _say(sheet, last + 2, f"{OTHERS}: yang sedikit penilaiannya, agar tidak terbaca siapa yang menjawab.")


def _answer_at(place: int) -> Callable[[Sheet], int]:
    return lambda row: row.answers[place]


def _feedback(sheet: Worksheet, report: MonthlyReport) -> None:
    if report.feedback is None:
        _say(sheet, HEADER_ROW, NOT_RECORDED)
        return
    last = _lines(sheet, report, feedback_compared(report.feedback), feedback_figures(report.feedback))
    _categories(sheet, last + 2, report.feedback)


def _categories(sheet: Worksheet, top: int, feedback: Feedback) -> None:
    columns = [
        Column("Jenis", attrgetter("label"), width=36, at_left=True),
        Column("Diterima", attrgetter("received"), width=WIDTH),
        Column("Dibalas", attrgetter("answered"), width=WIDTH),
        Column("Menunggu", attrgetter("waiting"), width=WIDTH),
    ]
    last = table(sheet, top, columns, feedback.categories)
    plot = Plot.of_rows(sheet, "Diterima per jenis", top + 1, last)
    ranking_chart(sheet, f"F{top}", plot, width=11, count=len(feedback.categories))


def _lines(
    sheet: Worksheet, report: MonthlyReport, compared: list[tuple[str, Compared]], plain: list[tuple[str, Value]]
) -> int:
    """The number of the last line."""
    lines = [*(compared_line(*figure) for figure in compared), *(plain_line(*figure) for figure in plain)]
    return table(sheet, HEADER_ROW, columns_of_lines(report), lines)


def _say(sheet: Worksheet, row: int, sentence: str) -> None:
    put(sheet, row, 1, sentence, font=font(color=MUTED))


OPINIONS = [("SKM", _survey), ("Jawaban SKM", _answers), ("Saran", _feedback)]
