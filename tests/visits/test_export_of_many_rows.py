"""The raw export of more rows than fit into memory, while visitors go on signing in."""

import gc
import io
import threading

import psutil
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from tests.visits.test_export import PAGE, download, fields, rows
from visits import exports
from visits.models import CheckInPoint, Visit

pytestmark = pytest.mark.django_db


def _many(office, count: int) -> None:
    """In one statement: rows as a busy office has them."""
    purpose, district = office.purposes.filter(is_confidential=False).first(), office.districts.first()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO visits_visit (office_id, point_id, submission_id, key_hash, content_digest, day, number, name,"
            " phone, visitor_kind, organization, district_id, purpose_id, meeting_with, party_size, note, staff_note,"
            " language, created_at, arrived_at, ended_by, notice_version, excluded_reason, flagged_reason)"
            " SELECT %s, %s, gen_random_uuid(), md5(n::text), '', date '2026-01-01' + n / 1000, n %% 1000 + 1,"
            " 'Tamu ke-' || n, '+62812' || 10000000 + n, 'media', 'Radio Gema ' || n %% 50, %s, %s, 'Sekretariat', 2,"
            " 'Membawa surat permohonan data', '', 'id', now(),"
            " timestamptz '2026-01-01 08:00+07' + n * interval '1 min', '', '', '', ''"
            " FROM generate_series(1, %s) AS n",
            [office.pk, CheckInPoint.objects.filter(office=office).first().pk, district.pk, purpose.pk, count],
        )


def test_past_the_limit_a_new_sheet_begins(office, dewi):
    _many(office, 25)
    visits = Visit.objects.for_staff(dewi).as_seen_by(dewi).newest_first()
    content = b"".join(exports.workbook(visits, exports.COLUMNS[:5], rows_per_sheet=10))
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sizes = {name: len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names}
    assert sizes == {"Kunjungan": 11, "Kunjungan 2": 11, "Kunjungan 3": 6}
    assert [row["Nama"] for row in rows(content)] == [f"Tamu ke-{number}" for number in range(25, 0, -1)]
    full = b"".join(exports.workbook(visits[:20], exports.COLUMNS[:5], rows_per_sheet=10))
    assert CalamineWorkbook.from_filelike(io.BytesIO(full)).sheet_names == ["Kunjungan", "Kunjungan 2"]


def test_as_many_statements_for_three_rows_as_for_one(client_of, dewi, make_visit):
    client = client_of(dewi)
    counts = []
    for _ in range(2):
        make_visit()
        with CaptureQueriesContext(connection) as asked:
            download(client)
        counts.append(len(asked))
        make_visit()
    assert counts[0] == counts[1]


def test_memory_does_not_grow_with_the_rows(office, dewi):
    """30,000 rows are some 20 MB of XML; held whole, as objects, they would be far more than the allowed growth."""
    _many(office, 30_000)
    visits = Visit.objects.for_staff(dewi).as_seen_by(dewi).newest_first()
    process = psutil.Process()
    b"".join(exports.workbook(visits[:6000], exports.COLUMNS))
    gc.collect()
    before, largest = process.memory_info().rss, 0
    for _piece in exports.workbook(visits, exports.COLUMNS):
        largest = max(largest, process.memory_info().rss)
    assert largest - before < 15_000_000


@pytest.mark.django_db(transaction=True)
def test_visitors_get_in_while_an_export_runs(client, client_of, dewi, office, point, visit_fields):
    """It holds no lock that they need, and leaves the connection as it found it."""
    _many(office, 3000)
    pieces = client_of(dewi).post(PAGE, fields()).streaming_content
    begun = next(pieces) + next(pieces)
    answers = []

    def visit():
        answers.append(client.post(f"/k/{point.code}/kunjungan/", visit_fields(point, name="Di tengah")).status_code)
        connection.close()

    thread = threading.Thread(target=visit)
    thread.start()
    thread.join(30)
    assert answers == [303]
    names = [row["Nama"] for row in rows(begun + b"".join(pieces))]
    assert len(names) == 3000
    assert "Di tengah" not in names
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("30s",)
    assert not connection.in_atomic_block


@pytest.mark.django_db(transaction=True)
def test_an_abandoned_download_ends_its_transaction(client_of, dewi, office):
    _many(office, 3000)
    response = client_of(dewi).post(PAGE, fields())
    next(response.streaming_content)
    next(response.streaming_content)
    assert connection.in_atomic_block
    response.close()
    assert not connection.in_atomic_block
