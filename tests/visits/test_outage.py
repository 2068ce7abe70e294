"""PostgreSQL is away: the form still opens, nothing typed is lost, and all is well when it is back."""

import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from tests.servers import Wire, database_url, serving
from visits import actions
from visits.models import Visit

pytestmark = pytest.mark.django_db(transaction=True)


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def ask(address: str, fields: dict[str, str] | None = None):
    """(status, headers, page, seconds)."""
    body = urllib.parse.urlencode(fields).encode() if fields else None
    started = time.monotonic()
    try:
        with urllib.request.build_opener(StayHere).open(address, body, timeout=20) as response:
            return response.status, response.headers, response.read().decode(), time.monotonic() - started
    except urllib.error.HTTPError as response:
        return response.status, response.headers, response.read().decode(), time.monotonic() - started


def test_an_outage_loses_nothing(point, visit_fields, make_visit):
    wire = Wire()
    fields = visit_fields(point, note="Perlu kursi roda")
    with serving(DATABASE_URL=database_url(host="127.0.0.1", port=wire.port), WEB_CONCURRENCY="1") as site:
        form, ticket = f"{site}/k/{point.code}/kunjungan/", f"{site}/t/{actions.ticket_key(make_visit())}/"
        assert ask(form)[0] == 200
        assert ask(ticket)[0] == 200

        wire.cut()
        time.sleep(2.1)  # the kept snapshot is stale by now
        status, _headers, page, _seconds = ask(form)
        assert (status, "Nama lengkap" in page) == (200, True)

        status, headers, page, seconds = ask(form, fields)
        assert (status, headers["Retry-After"], seconds < 3) == (503, "5", True)
        for typed in ["Siti Rahmawati", "0812 3456 7890", "Universitas Contoh", "Perlu kursi roda"]:
            assert typed in page
        assert fields["submission_id"] in page, "the second try is the same visit"

        status, headers, page, _seconds = ask(ticket)
        assert (status, headers["Retry-After"]) == (503, "5")
        assert "Sistem sedang tidak dapat dihubungi" in page

        wire.mend()
        status, headers, _page, _seconds = ask(form, fields)
        assert status == 303
        assert ask(site + headers["Location"])[0] == 200

    assert list(Visit.objects.filter(submission_id=fields["submission_id"]).values_list("note", flat=True)) == [
        "Perlu kursi roda"
    ]


def test_a_worker_that_has_seen_nothing_yet_keeps_what_was_typed(point, visit_fields):
    wire = Wire()
    fields = visit_fields(point)
    with serving(DATABASE_URL=database_url(host="127.0.0.1", port=wire.port), WEB_CONCURRENCY="1") as site:
        wire.cut()
        status, headers, page, _seconds = ask(f"{site}/k/{point.code}/kunjungan/", fields)

    assert (status, headers["Retry-After"]) == (503, "5")
    assert "Siti Rahmawati" in page
    assert fields["submission_id"] in page
    assert "Kirim lagi" in page
