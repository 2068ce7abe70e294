"""The signal goes away before, while and after sending: one visit, one ticket, and nothing stays on the phone."""

import http.server
import json
import threading
import time
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import assert_on_the_ticket, send_without_signal, ticket_of_the_only_visit
from tests.browser.phone import (
    NO_SYNC,
    NO_TIMERS,
    fill_in,
    kept,
    kept_paths,
    send,
    send_by_worker,
    wait_for_signal,
    wait_until_kept,
    wait_until_nothing_waits,
    wait_until_sent,
)
from tests.servers import PATIENT, Wire, database_url, serving
from tests.visits.own_data import own_data_of
from visits import actions
from visits.models import CheckInPoint, Visit

SCRIPTS = {"/static/js/public.js", "/static/js/outbox.js", "/static/js/kept.js", "/static/js/signal.js"}


# --- opening without a signal ----------------------------------------------------------------------------------------


def test_a_point_seen_before_opens_without_a_signal_and_says_so(phone, signal, point):
    """With one, a machine that stalls makes a page late once."""
    hint = phone.locator("[data-offline]")
    phone.goto(f"/k/{point.code}/")

    def comes_from_the_network() -> bool:
        phone.reload()
        return not hint.is_visible()

    assert any(comes_from_the_network() for _try in range(3))

    signal.cut()
    for address, heading in [
        (f"/K/{point.code.lower()}/", "Selamat datang"),
        (f"/k/{point.code}/kunjungan/", "Isi buku tamu"),
        (f"/k/{point.code}/saran/", "Sampaikan saran"),
    ]:
        phone.goto(address)
        assert phone.get_by_role("heading", level=1).inner_text() == heading
        assert hint.inner_text().startswith("Tanpa sinyal")

    signal.mend()
    assert any(comes_from_the_network() for _try in range(3))


def test_with_one_bar_of_signal_the_copy_is_shown_after_three_seconds(phone, signal, point):
    """A machine that stalls makes it late once."""
    signal.is_silent = True

    def seconds() -> float:
        started = time.monotonic()
        phone.goto(f"/k/{point.code}/kunjungan/")
        assert phone.locator("[data-offline]").is_visible()
        return time.monotonic() - started

    assert any(2.5 < seconds() < 6 for _try in range(3))


def test_nothing_but_what_the_landing_leads_to_is_kept(phone, point, make_visit, alice):
    for address in [
        f"/t/{actions.ticket_key(make_visit())}/",
        own_data_of(make_visit()),
        "/privasi/",
        "/staf/",
        "/",
        "/k/ZZZZZZ/",
        f"/k/{point.code}/kunjungan/?lang=en",
    ]:
        phone.goto(address)
    wanted = ["/staf/", "//a.b/k/ABCDEF/", "https://[", 7]
    phone.evaluate("(keep) => navigator.serviceWorker.controller.postMessage({ keep })", wanted)
    phone.wait_for_timeout(200)

    landing = f"/k/{point.code}/"
    assert kept_paths(phone) == SCRIPTS | {landing, *(f"{landing}{page}/" for page in ["kunjungan", "saran", "syarat"])}
    assert "Siti" not in json.dumps(kept(phone)["pages"])


def test_a_revoked_point_is_not_opened_from_memory(phone, signal, point):
    CheckInPoint.objects.update(is_active=False)
    time.sleep(2.1)  # the server's own snapshot

    def is_told() -> bool:
        phone.goto(f"/k/{point.code}/")
        return phone.get_by_role("heading", level=1).inner_text() == "Kode ini tidak berlaku lagi"

    assert any(is_told() for _try in range(3))
    wait_until_kept(phone, f"/k/{point.code}/", is_kept=False)


# --- sending ---------------------------------------------------------------------------------------------------------


def test_cut_before_sending(waiting, signal):
    assert waiting.get_by_role("heading", level=1).inner_text() == "Sinyal terputus"
    assert waiting.locator(".path .ok strong").inner_text() == "Tersimpan di ponsel ini"
    assert waiting.locator(".facts dd").all_inner_texts() == [
        "Siti Rahmawati",
        "0812 3456 7890",
        "Permintaan data dan informasi",
        "1",
    ]
    assert [key for key in kept(waiting)["local"] if "draft" in key] == [], "kept in one place, not in two"
    assert Visit.objects.count() == 0

    signal.mend()
    assert_on_the_ticket(waiting)


def test_cut_while_sending(phone, signal, point):
    phone.goto(f"/k/{point.code}/kunjungan/")
    fill_in(phone)
    signal.is_silent = True
    send(phone)
    phone.get_by_role("button", name="Mengirim…").wait_for()
    signal.cut()
    wait_for_signal(phone)
    assert Visit.objects.count() == 0

    signal.mend()
    assert_on_the_ticket(phone)


def test_cut_at_the_answer(phone, signal, point):
    phone.goto(f"/k/{point.code}/kunjungan/")
    fill_in(phone)
    signal.loses_answers = True
    send(phone)
    wait_for_signal(phone)
    assert Visit.objects.count() == 1, "the office has it, the phone does not know"

    signal.cut()
    signal.mend()
    assert_on_the_ticket(phone)


def test_by_hand(phone, signal, point):
    phone.add_init_script(f"{NO_TIMERS}; {NO_SYNC}")
    send_without_signal(phone, signal, point)

    signal.mend()
    phone.get_by_role("button", name="Coba kirim sekarang").click()
    assert_on_the_ticket(phone)


def test_the_browsers_word_that_the_signal_is_back_is_enough(phone, point):
    phone.goto(f"/k/{point.code}/kunjungan/")
    fill_in(phone)
    phone.context.set_offline(True)
    phone.locator("[data-offline]").wait_for()
    send(phone)
    wait_for_signal(phone)

    phone.context.set_offline(False)
    assert_on_the_ticket(phone)


@pytest.mark.parametrize(
    ("address", "says"),
    [("/K/{}/", "Isian Anda belum terkirim"), ("/k/{}/kunjungan/", "Sinyal terputus")],
    ids=["landing", "form"],
)
def test_tab_closed_and_opened_again(waiting, signal, point, address, says):
    again = waiting.context.new_page()
    waiting.close()
    again.goto(address.format(point.code))
    again.get_by_role("heading", name=says).wait_for()

    signal.mend()
    assert_on_the_ticket(again)


def test_without_any_page_the_worker_sends(waiting, signal, point):
    elsewhere = waiting.context.new_page()
    waiting.close()
    signal.mend()
    elsewhere.goto("/privasi/")
    send_by_worker(elsewhere)
    wait_until_sent(elsewhere)

    ticket = ticket_of_the_only_visit()
    assert [set(record) for record in kept(elsewhere)["outbox"]] == [{"id", "url", "ticket", "at"}]
    elsewhere.goto(f"/k/{point.code}/")
    assert_on_the_ticket(elsewhere)
    elsewhere.goto(f"/k/{point.code}/")
    assert urlsplit(elsewhere.get_by_role("link", name="Buka tiket").get_attribute("href")).path == ticket


def test_the_ticket_itself_may_come_later(phone, signal, point, make_visit):
    """The office has the form, and the signal goes again before its ticket is there."""
    record = {"id": "1", "url": f"/k/{point.code}/kunjungan/", "at": time.time() * 1000}
    ticket = f"/t/{actions.ticket_key(make_visit())}/"
    phone.evaluate("(record) => dilaku.outbox.put(record)", {**record, "ticket": ticket})
    signal.cut()
    with phone.expect_event("requestfailed", lambda request: request.url.endswith(ticket)):
        phone.goto(f"/k/{point.code}/")

    signal.mend()
    again = phone.context.new_page()
    again.goto(f"/k/{point.code}/")
    assert_on_the_ticket(again)


def test_a_ticket_that_nobody_asked_for_since_yesterday_is_let_go(phone, point):
    record = {"id": "1", "url": f"/k/{point.code}/kunjungan/", "ticket": "/t/aaaa/"}
    phone.evaluate("(record) => dilaku.outbox.put(record)", {**record, "at": (time.time() - 25 * 3600) * 1000})
    phone.goto(f"/k/{point.code}/")

    wait_until_nothing_waits(phone)
    assert urlsplit(phone.url).path == f"/k/{point.code}/"


def test_two_tabs_are_one_visit_and_both_end_on_its_ticket(waiting, signal, point):
    second = waiting.context.new_page()
    second.goto(f"/k/{point.code}/kunjungan/")
    wait_for_signal(second)

    signal.mend()
    for page in [waiting, second]:
        page.wait_for_url("**/t/**")
    assert waiting.url == second.url
    assert_on_the_ticket(second)


def test_the_database_is_away(browse, point):
    wire = Wire()
    where = database_url(host="127.0.0.1", port=wire.port)
    with serving(PATIENT, DATABASE_URL=where, WEB_CONCURRENCY="1") as site:
        page = browse(address=site)
        page.add_init_script(f"{NO_TIMERS}; {NO_SYNC}")
        page.goto(f"/k/{point.code}/kunjungan/")
        fill_in(page)
        wire.cut()
        send(page)
        wait_for_signal(page)
        assert page.get_by_role("heading", level=1).inner_text() == "Kantor belum menjawab"

        wire.mend()
        page.get_by_role("button", name="Coba kirim sekarang").click()
        assert_on_the_ticket(page)


class LoginPage(http.server.BaseHTTPRequestHandler):
    """A Wi-Fi that answers everything by itself."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"Login")

    def log_message(self, *arguments):
        pass


def test_a_wifi_that_asks_for_a_login_is_no_answer(phone, signal, site, point):
    phone.goto(f"/k/{point.code}/kunjungan/")
    fill_in(phone)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), LoginPage) as portal:
        threading.Thread(target=portal.serve_forever, daemon=True).start()
        signal.lead_to(portal.server_port)
        send(phone)
        wait_for_signal(phone)
        portal.shutdown()
    assert Visit.objects.count() == 0

    signal.lead_to(urlsplit(site).port)
    assert_on_the_ticket(phone)
