"""Survey and suggestions of a locked report: answers stay, retention and replies go on, older reports still read."""

import threading
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from reports import actions, archive
from reports.letterhead import Letterhead
from reports.models import ArchivedReport
from reports.monthly import MonthlyReport, build
from reports.period import Period
from tests.conftest import local
from tests.reports.test_page import cards, csv_figures, page, pdf_text, table, words
from tests.reports.test_skm import xlsx_sheet
from visits.models import Feedback, SurveyResponse
from visits.models.survey import ELEMENTS

JULY = datetime(2026, 7, 14, 10, tzinfo=ZoneInfo("Asia/Jakarta"))
JUNE = Period.parse("2026-06")
NUMBER = "045/HM.02/K.CTH/07/2026"
SCHEMA_1 = Path(__file__).parent / "schema_1.json"  # as the first version of DILAKU stored it


@pytest.fixture(autouse=True)
def _in_july(clock):
    clock.set(JULY)


@pytest.fixture
def sheet(office, make_survey) -> SurveyResponse:
    return make_survey(3, day="2026-06-10", purpose=office.purposes.first(), comment="Cepat", sex="P", age=40)


@pytest.fixture
def locked(office, dewi, sheet) -> ArchivedReport:
    return actions.lock(office=office, period=JUNE, number=NUMBER, by=dewi)


def refused(change) -> None:
    with pytest.raises(IntegrityError, match="the report of 2026-06 is archived") as raised, transaction.atomic():
        change()
    refusal = raised.value.__cause__.diag
    assert refusal.constraint_name == "survey_of_archived_report"
    assert (refusal.message_detail, refusal.message_hint) == ("2026-06", "Juni 2026")


def test_answers_behind_a_locked_report_stay(office, other_office, sheet, locked, make_survey):
    one = SurveyResponse.objects.filter(pk=sheet.pk)
    july = make_survey(day="2026-07-01")
    for change in [
        lambda: make_survey(day="2026-06-30"),
        one.delete,
        lambda: one.update(day="2026-07-01"),
        lambda: one.update(office=other_office),
        lambda: one.update(purpose=None),
        lambda: one.update(flagged_reason="Terlalu cepat"),
        lambda: SurveyResponse.objects.filter(pk=july.pk).update(day="2026-06-30"),
        *(lambda element=element: one.update(**{element: 4}) for element in ELEMENTS),
    ]:
        refused(change)
    assert build(office, JUNE).to_json() == locked.figures


def test_a_stored_report_keeps_them_too_and_an_opened_one_lets_go(office, dewi, sheet, make_survey):
    actions.store(office=office, period=JUNE)
    refused(sheet.delete)
    actions.lock(office=office, period=JUNE, number=NUMBER, by=dewi)
    actions.unlock(office=office, period=JUNE, reason="Salah nomor", by=dewi)
    make_survey(4, day="2026-06-11")

    assert build(office, JUNE).survey.now.n == 2


def test_a_flagged_sheet_may_go_but_not_come_in(client_of, alice, office, dewi, make_survey):
    flagged = make_survey(1, day="2026-06-10", flagged_reason="Terlalu cepat")
    actions.lock(office=office, period=JUNE, number=NUMBER, by=dewi)
    client = client_of(alice)

    client.post("/staf/diperiksa/", {"kind": "penilaian", "answer": "hitung", "mark": 1})
    flagged.refresh_from_db()
    assert flagged.flagged_reason == "Terlalu cepat"
    client.post("/staf/diperiksa/", {"kind": "penilaian", "answer": "abaikan", "mark": 1})
    assert not SurveyResponse.objects.exists()


def test_retention_and_other_days_and_offices_go_on(office, other_office, sheet, locked, make_survey):
    erased = {"comment": "", "sex": "", "age": None, "education": "", "job": "", "anonymized_at": JULY}
    SurveyResponse.objects.filter(pk=sheet.pk).update(**erased, ticket_hash=None)
    make_survey(day="2026-05-31")
    make_survey(day="2026-07-01")
    make_survey(day="2026-06-10", office=other_office)

    sheet.refresh_from_db()
    assert (sheet.comment, sheet.speed) == ("", 3)
    assert build(office, JUNE).survey.now == archive.issue_of(office, JUNE).report.survey.now


def test_what_became_of_suggestions_is_frozen_and_replies_go_on(client_of, dewi, office, make_feedback):
    letter = make_feedback(created_at=local(office, "2026-06-10"))
    actions.lock(office=office, period=JUNE, number=NUMBER, by=dewi)
    Feedback.objects.filter(pk=letter.pk).update(waiting_since=None, first_replied_at=JULY)
    make_feedback(created_at=local(office, "2026-06-11"))
    client = client_of(dewi)

    assert table(page(client), "h-feedback")[-1] == ["Jumlah", "1", "0", "1"]
    assert csv_figures(client)["Saran", "Saran dibalas"] == "0"
    assert build(office, JUNE).feedback.now.received == 2


@pytest.mark.django_db(transaction=True)
def test_answers_under_way_are_waited_for(office, dewi, make_survey):
    """The index that is stored is that of the rows that stay."""
    given, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def answer():
        with transaction.atomic():
            make_survey(2, day="2026-06-30")
            given.set()
            go_on.wait(60)
        connection.close()

    def lock():
        actions.lock(office=office, period=JUNE, number=NUMBER, by=dewi)
        done.set()
        connection.close()

    threads = [threading.Thread(target=answer), threading.Thread(target=lock)]
    threads[0].start()
    assert given.wait(60)
    threads[1].start()
    assert not done.wait(0.5)
    go_on.set()
    for thread in threads:
        thread.join(60)

    assert MonthlyReport.from_json(ArchivedReport.objects.get().figures).survey.now.n == 1


# Reports that were made before the survey was in them.


@pytest.fixture
def first_version(office, dewi) -> ArchivedReport:
    archived = ArchivedReport(
        office=office,
        period="2026-06",
        title="Juni 2026",
        first_day="2026-06-01",
        last_day="2026-06-30",
        number=NUMBER,
        figures=SCHEMA_1.read_text(),
        letterhead=Letterhead.of(office, report_number=NUMBER, locked_text="Disahkan 2 Juli 2026").to_json(),
        stored_at=JULY,
        stored_by=dewi,
    )
    archived.checksum = archived.computed_checksum()
    archived.save(force_insert=True)
    return archived


def test_a_report_of_the_first_version_reads_as_it_was(client_of, dewi, first_version):
    digest = sha256(first_version.figures.encode()).hexdigest()
    client = client_of(dewi)
    html = page(client)

    assert cards(html)["Kunjungan"] == "3"
    assert cards(html)["Tamu berbeda"] == "1"
    for heading in ["h-survey", "h-feedback"]:
        section = next(part for part in html.iter("section") if part.get("aria-labelledby") == heading)
        assert words(section).endswith("Belum dicatat ketika laporan ini dibuat.")
    assert table(html, "h-figures")[-1][0] == "Catatan yang dikecualikan"
    for sheet in ["SKM", "Jawaban SKM", "Saran"]:
        assert xlsx_sheet(client, sheet)[3][0] == "Belum dicatat ketika laporan ini dibuat."
    assert [key for key in csv_figures(client) if key[0] in {"Kepuasan", "Saran"}] == []
    assert "Kepuasan" not in pdf_text(client)
    first_version.refresh_from_db()
    assert sha256(first_version.figures.encode()).hexdigest() == digest
    assert first_version.is_intact


def test_locked_again_it_still_reads(office, dewi, first_version):
    ArchivedReport.objects.update(number="", checksum=sha256(b"").hexdigest())
    stored = ArchivedReport.objects.get()
    stored.checksum = stored.computed_checksum()
    stored.save()
    actions.lock(office=office, period=JUNE, number="046", by=dewi)

    report = archive.issue_of(office, JUNE).report
    assert (report.schema, report.survey, report.feedback, report.now.visits) == (1, None, None, 3)
