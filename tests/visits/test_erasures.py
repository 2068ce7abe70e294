"""What was erased stays erased, also in a dump of the day before."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from visits import erasures
from visits.models import Feedback, Message, SurveyResponse, Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(tmp_path, settings):
    settings.ERASURE_LOG = tmp_path / "state" / "erasures.log"
    return settings.ERASURE_LOG


def checksum(line: dict) -> str:
    return hashlib.sha256(json.dumps(line).encode()).hexdigest()[:16]


def emptied() -> dict:
    """What an erased visit holds."""
    return {"name": "", "phone": "", "key_hash": None, "submission_id": None, "anonymized_at": timezone.now()}


def test_a_restored_row_is_erased_once_more_and_no_other(log, make_visit):
    erased, other = make_visit(), make_visit()
    blank = emptied()
    erasures.note(Visit, [erased.pk], emptied=blank)

    assert [erasures.reapply(log), erasures.reapply(log)] == [1, 0]

    assert Visit.objects.filter(pk=erased.pk).values(*blank).get() == blank
    other.refresh_from_db()
    assert (other.name, other.anonymized_at) == ("Siti Rahmawati", None)


def test_deleted_rows_and_random_keys(log, make_feedback, make_survey):
    thread, kept = make_feedback(), make_feedback()
    answer = make_survey(comment="Petugas ramah")
    erasures.note(Message, thread.messages.values_list("pk", flat=True), emptied=None)
    erasures.note(SurveyResponse, [answer.pk], emptied={"comment": "", "anonymized_at": timezone.now()})

    assert erasures.reapply(log) == 2

    answer.refresh_from_db()
    assert (answer.comment, list(Message.objects.values_list("feedback", flat=True))) == ("", [kept.pk])
    assert Feedback.objects.count() == 2


def test_the_log_holds_nothing_personal_and_only_the_group_reads_it(log, make_visit):
    visit = make_visit()
    erasures.note(Visit, [visit.pk], emptied={"name": ""})
    erasures.note(Visit, [], emptied={"name": ""})
    [line] = [json.loads(line) for line in log.read_text().splitlines()]
    assert (line["model"], line["keys"], line["emptied"]) == ("visits.visit", [visit.pk], {"name": ""})
    assert line.pop("sum") == checksum(line), "logs of today have to hold in years"
    assert log.stat().st_mode & 0o777 == 0o640


def test_many_rows_are_several_lines(log, make_visit):
    visit = make_visit()
    erasures.note(Visit, [*range(10**9, 10**9 + 2500), visit.pk], emptied=emptied())
    assert len(log.read_text().splitlines()) == 3
    assert erasures.reapply(log) == 1


def test_a_number_that_was_given_out_anew_is_somebody_else(log, make_visit):
    """Restored to the state before the row was made, the sequence gives its number to the next visitor."""
    erasures.note(Visit, [(make_visit().pk)], emptied=emptied())
    later = Visit.objects.get()
    Visit.objects.update(created_at=timezone.now() + timedelta(seconds=1))
    assert erasures.reapply(log) == 0
    later.refresh_from_db()
    assert later.name == "Siti Rahmawati"


@pytest.mark.parametrize("beginning", ['{"at": "2026-11-22T10:00:00+07:00", "mod', "\x00\x00\x00", " (cut short, not"])
def test_a_line_cut_short_by_a_power_cut_is_no_damage_and_spoils_no_other(log, make_visit, beginning):
    """Its transaction was not committed; the next line says so."""
    first, second = make_visit(), make_visit()
    erasures.note(Visit, [first.pk], emptied=emptied())
    with log.open("a") as file:
        file.write(beginning)
    assert erasures.damaged(log) == [f"{log}, line 2"], "in a copy more could be missing"
    erasures.note(Visit, [second.pk], emptied=emptied())
    assert (erasures.damaged(log), erasures.reapply(log)) == ([], 2)


@pytest.mark.parametrize("line", ["[]", "1", "{}", '{"at": 1}', '{"sum": ""}', '"text"', "\x00\x00", "ÿ"])
def test_damaged_lines_of_any_kind(log, line):
    log.parent.mkdir()
    log.write_text("\n" + line + "\n\n", encoding="latin-1")
    assert (erasures.damaged(log), erasures.reapply(log)) == ([f"{log}, line 2"], 0)


@pytest.mark.parametrize("part", ["keys", "name", "model", "at", "sum"])
def test_an_altered_line_is_told_and_erases_nobody_else(log, make_visit, part):
    """One digit makes another visit of it."""
    erased, other, last = make_visit(), make_visit(), make_visit()
    erasures.note(Visit, [erased.pk], emptied=emptied())
    erasures.note(Visit, [last.pk], emptied=emptied())
    first, second = log.read_text().splitlines()
    written = {"keys": f"[{erased.pk}]", "name": "name", "model": "visits.visit", "at": '"at": "2', "sum": '"sum": "'}
    altered = {"keys": f"[{other.pk}]", "name": "note", "model": "visits.x", "at": '"at": "3', "sum": '"sum": "x'}
    log.write_text(first.replace(written[part], altered[part]) + f"\n{second}\n")
    assert (erasures.damaged(log), erasures.reapply(log)) == ([f"{log}, line 1"], 1)
    assert set(Visit.objects.filter(anonymized_at=None)) == {erased, other}
    with pytest.raises(IsADirectoryError):
        erasures.damaged(log.parent)


def test_tables_and_columns_that_are_gone(log, make_visit):
    visit = make_visit()
    log.parent.mkdir()
    at = timezone.now().isoformat()
    lines = [
        {"at": at, "model": "visits.gone", "keys": [1], "emptied": {"name": ""}},
        {"at": at, "model": "visits.visit", "keys": [visit.pk], "emptied": {"fax": ""}},
        {"at": at, "model": "visits.visit", "keys": [visit.pk], "emptied": {"fax": "", "note": "", "phone": ""}},
    ]
    log.write_text("".join(json.dumps({**line, "sum": checksum(line)}) + "\n" for line in lines))
    Visit.objects.update(note="Rahasia", anonymized_at=timezone.now())
    assert erasures.reapply(log) == 1
    assert Visit.objects.values_list("note", "phone").get() == ("", "")


def test_no_log_is_no_mistake(tmp_path):
    assert (erasures.reapply(tmp_path / "none"), erasures.damaged(tmp_path / "none")) == (0, [])


def test_what_can_not_be_noted_is_told(tmp_path, settings, make_visit):
    settings.ERASURE_LOG = tmp_path / "file" / "erasures.log"
    (tmp_path / "file").touch()
    with pytest.raises(OSError):
        erasures.note(Visit, [make_visit().pk], emptied={"name": ""})
