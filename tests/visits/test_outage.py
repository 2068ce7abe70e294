"""PostgreSQL is away: the form still opens, nothing typed is lost, and all is well when it is back."""

import time
from uuid import uuid4

import pytest
from django.conf import settings

from tests.servers import Wire, ask, ask_patiently, database_url, quicker_of_two, serving
from visits import actions, feedback_actions
from visits.models import Message, Visit

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_outage_loses_nothing(point, visit_fields, make_visit):
    wire = Wire()
    fields = visit_fields(point, note="Perlu kursi roda")
    with serving(DATABASE_URL=database_url(host="127.0.0.1", port=wire.port), WEB_CONCURRENCY="1") as site:
        form, ticket = f"{site}/k/{point.code}/kunjungan/", f"{site}/t/{actions.ticket_key(make_visit())}/"
        assert ask_patiently(form)[0] == 200
        assert ask_patiently(ticket)[0] == 200

        wire.cut()
        time.sleep(2.1)  # the kept snapshot is stale by now
        status, _headers, page, _seconds = ask(form)
        assert (status, "Nama lengkap" in page) == (200, True)

        status, headers, page, seconds = quicker_of_two(form, fields)
        assert (status, headers["Retry-After"], seconds < 3) == (503, "5", True)
        for typed in ["Siti Rahmawati", "0812 3456 7890", "Universitas Contoh", "Perlu kursi roda"]:
            assert typed in page
        assert fields["submission_id"] in page, "the second try is the same visit"

        status, headers, page, _seconds = ask(ticket)
        assert (status, headers["Retry-After"]) == (503, "5")
        assert "Sistem sedang tidak dapat dihubungi" in page

        wire.mend()
        status, headers, _page, _seconds = ask_patiently(form, fields)
        assert status == 303
        assert ask_patiently(site + headers["Location"])[0] == 200

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


def test_an_outage_loses_no_letter_and_tells_the_log_no_key(point, feedback_fields, make_feedback):
    wire = Wire()
    first, further = feedback_fields(name="Siti Rahmawati"), {"submission_id": str(uuid4()), "body": "Masih kurang."}
    key = feedback_actions.thread_key(make_feedback())
    with serving(DATABASE_URL=database_url(host="127.0.0.1", port=wire.port), WEB_CONCURRENCY="1") as site:
        form, thread = f"{site}/k/{point.code}/saran/", f"{site}/s/{key}/"
        assert [ask_patiently(address)[0] for address in [form, thread, f"{site}/S/{key.upper()}/"]] == [200, 200, 200]

        wire.cut()
        time.sleep(2.1)  # the kept snapshot is stale by now
        assert ask(form)[0] == 200
        for address, fields in [(form, first), (thread, further)]:
            status, headers, page, seconds = quicker_of_two(address, fields)
            assert (status, headers["Retry-After"], seconds < 3) == (503, "5", True)
            for typed in fields.values():
                assert typed in page

        wire.mend()
        sent = [(form, first), (thread, further), (f"{thread}cukup/", None)]
        assert [ask_patiently(address, fields)[0] for address, fields in sent] == [303, 303, 303]
        logged = log_of(site)

    assert list(Message.objects.order_by("pk").values_list("body", flat=True))[1:] == [first["body"], "Masih kurang."]
    assert "/s/***" in logged
    assert key not in logged.lower()


def log_of(site: str) -> str:
    return (settings.STATIC_ROOT.parent / f"gunicorn-{site.rpartition(':')[2]}.log").read_text()
