"""After a breach IT lists whom it concerns."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.conftest import local
from visits.models import AuditEvent, Visit

pytestmark = pytest.mark.django_db

HEADER = ["Kantor", "Nama", "Nomor HP", "Kunjungan", "Saran", "Terakhir"]


def listed(**options) -> list[list[str]]:
    output = io.StringIO()
    call_command("affected", *(f"--{name}={value}" for name, value in options.items()), stdout=output)
    header, *rows = csv.reader(io.StringIO(output.getvalue(), newline=""), delimiter=";")
    assert header == ["\ufeffKantor", *HEADER[1:]]
    return rows


@pytest.fixture
def at(make_visit, office):
    """A visit that was recorded at this moment of the office."""

    def make(day: str, time: str = "09:00", **kw):
        where = kw.get("office", office)
        return make_visit(created_at=local(where, day, time), arrived_at=local(where, day, time), **kw)

    return make


def test_everybody_once_with_what_is_stored_of_them(at, office, make_feedback):
    at("2026-03-02")
    at("2026-03-09", name="SITI RAHMAWATI")
    at("2026-03-04", name="Andi", phone="+15551234567")
    at("2026-03-05", name="Rahasia", phone="+628111111111", purpose=office.purposes.get(is_confidential=True))
    make_feedback(name="Siti Rahmawati", phone="+6281234567890", created_at=local(office, "2026-03-12"))
    make_feedback(name="", phone="")
    assert listed() == [
        [office.name, "Andi", "'+1 555-123-4567", "1", "0", "2026-03-04"],
        [office.name, "Rahasia", "0811-1111-111", "1", "0", "2026-03-05"],
        [office.name, "Siti Rahmawati", "0812-3456-7890", "2", "1", "2026-03-12"],
    ]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, ["A", "B", "C"]),
        ("2026-03-02", None, ["B", "C"]),
        (None, "2026-03-02", ["A", "B"]),
        ("2026-03-02", "2026-03-02", ["B"]),
        ("2026-03-04", "2026-03-04", []),
    ],
)
def test_the_days_are_those_of_the_office(at, since, until, expected):
    for name, day, time in [
        ("A", "2026-03-01", "23:59:59"),
        ("B", "2026-03-02", "00:00"),
        ("C", "2026-03-03", "00:00"),
    ]:
        at(day, time, name=name)
    days = {name: text for name, text in {"since": since, "until": until}.items() if text}
    assert [row[1] for row in listed(**days)] == expected


def test_each_office_by_itself_or_all(at, office, other_office):
    at("2026-03-02")
    at("2026-03-02", office=other_office)
    assert [row[0] for row in listed()] == [office.name, other_office.name]
    assert [row[0] for row in listed(office="lain")] == [other_office.name]
    with pytest.raises(CommandError, match="There is no office nowhere"):
        listed(office="nowhere")


def test_what_was_erased_is_not_listed(at):
    at("2026-03-02", name="Lain")
    at("2026-03-02")
    Visit.objects.filter(name="Lain").update(name="", phone="", anonymized_at=timezone.now())
    assert [row[1] for row in listed()] == ["Siti Rahmawati"]


def test_no_name_becomes_a_formula(at):
    at("2026-03-02", name="=HYPERLINK(1)")
    assert listed()[0][1] == "'=HYPERLINK(1)"


def test_each_office_finds_it_in_its_trail(at, office, other_office):
    at("2026-03-02")
    listed(since="2026-03-01", until="2026-03-31")
    lines = AuditEvent.objects.order_by("office_id").values_list("action", "office_id", "details")
    asked = {"since": "2026-03-01", "until": "2026-03-31"}
    assert list(lines) == [
        ("affected.listed", office.pk, {"rows": 1, **asked}),
        ("affected.listed", other_office.pk, {"rows": 0, **asked}),
    ]
    assert "Siti" not in str(list(AuditEvent.objects.values()))


def test_a_file_is_new_and_private(at, tmp_path):
    at("2026-03-02")
    path = tmp_path / "terdampak.csv"
    said = io.StringIO()
    call_command("affected", output=path, stderr=said)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfKantor;Nama;")
    assert (oct(path.stat().st_mode)[-3:], len(path.read_text().splitlines())) == ("600", 2)
    assert said.getvalue() == f"{path}: 1 people. Delete it once they have been told.\n"
    lines = AuditEvent.objects.count()
    with pytest.raises(CommandError, match="can't be made: File exists"):
        call_command("affected", output=path)
    assert AuditEvent.objects.count() == lines


def test_days_the_wrong_way_round(office):
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    with pytest.raises(CommandError, match="--since is later than --until"):
        listed(since=tomorrow)


def test_each_statement_is_asked_once_an_office(at, office, django_assert_num_queries):
    for number in range(3):
        at("2026-03-02", name=f"Tamu {number}")
    with django_assert_num_queries(7):  # two of them begin and end the transaction
        listed()
