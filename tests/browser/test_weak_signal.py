"""The signal goes away before, while and after sending: one visit, one ticket, and nothing stays on the phone."""

import http.server
import json
import shutil
import threading
import time
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests.browser.phone import (
    fill_in,
    kept,
    kept_paths,
    personal,
    rewrite_waiting,
    see,
    send,
    wait_for_signal,
    wait_until_kept,
    wait_until_nothing_waits,
)
from tests.servers import Wire, database_url, serving
from visits import actions
from visits.models import CheckInPoint, Feedback, Visit

SCRIPTS = {"/static/js/public.js", "/static/js/outbox.js", "/static/js/kept.js", "/static/js/signal.js"}


@pytest.fixture
def signal(site):
    """The way from the phone to the office; `signal.cut()` and `signal.mend()`."""
    wire = Wire(to_port=urlsplit(site).port)
    yield wire
    wire.cut()


@pytest.fixture
def phone(browse, signal, point):
    """A phone that has been at this check-in point before."""
    page = browse(address=f"http://127.0.0.1:{signal.port}")
    see(page, point.code)
    return page


@pytest.fixture
def waiting(phone, signal, point):
    """A form that was sent without a signal waits on the phone."""
    phone.goto(f"/k/{point.code}/kunjungan/")
    fill_in(phone)
    signal.cut()
    send(phone)
    wait_for_signal(phone)
    return phone


def ticket_of_the_only_visit() -> str:
    return f"/t/{actions.ticket_key(Visit.objects.get())}/"


def assert_on_the_ticket(page):
    """There is one visit, this is its ticket, and the phone keeps nothing that was typed."""
    page.wait_for_url("**/t/**", timeout=20_000)
    assert urlsplit(page.url).path == ticket_of_the_only_visit()
    assert "Siti Rahmawati" in page.get_by_role("heading", level=1).inner_text()
    assert personal(page) == []
    wait_until_nothing_waits(page)


# --- opening without a signal ----------------------------------------------------------------------------------------


def test_a_point_seen_before_opens_without_a_signal_and_says_so(phone, signal, point):
    hint = phone.locator("[data-offline]")
    phone.goto(f"/k/{point.code}/")
    assert not hint.is_visible()

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
    phone.reload()
    assert not hint.is_visible()


def test_with_one_bar_of_signal_the_copy_is_shown_after_three_seconds(phone, signal, point):
    signal.is_silent = True
    started = time.monotonic()
    phone.goto(f"/k/{point.code}/kunjungan/")

    assert 2.5 < time.monotonic() - started < 6
    assert phone.locator("[data-offline]").is_visible()


def test_nothing_but_landing_forms_and_scripts_is_kept(phone, point, make_visit, alice):
    for address in [
        f"/t/{actions.ticket_key(make_visit())}/",
        f"/k/{point.code}/syarat/",
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
    assert kept_paths(phone) == SCRIPTS | {landing, f"{landing}kunjungan/", f"{landing}saran/"}
    assert "Siti" not in json.dumps(kept(phone)["pages"])


def test_a_revoked_point_is_not_opened_from_memory(phone, signal, point):
    CheckInPoint.objects.update(is_active=False)
    time.sleep(2.1)  # the server's own snapshot
    phone.goto(f"/k/{point.code}/")
    assert phone.get_by_role("heading", level=1).inner_text() == "Kode ini tidak berlaku lagi"

    assert f"/k/{point.code}/" not in kept_paths(phone)


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


def test_by_hand(waiting, signal):
    signal.mend()
    waiting.get_by_role("button", name="Coba kirim sekarang").click()
    assert_on_the_ticket(waiting)


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

    ticket = ticket_of_the_only_visit()
    assert [set(record) for record in kept(elsewhere)["outbox"]] == [{"id", "url", "ticket", "at"}]
    elsewhere.goto(f"/k/{point.code}/")
    assert_on_the_ticket(elsewhere)
    elsewhere.goto(f"/k/{point.code}/")
    assert urlsplit(elsewhere.get_by_role("link", name="Buka tiket").get_attribute("href")).path == ticket


def send_by_worker(page) -> None:
    """What the browser does when the signal is back."""
    session = page.context.new_cdp_session(page)
    registrations = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    while not registrations:
        page.wait_for_timeout(20)
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(page.url))
    registration = {"origin": origin, "registrationId": registrations[0]["registrationId"]}
    session.send("ServiceWorker.dispatchSyncEvent", {**registration, "tag": "outbox", "lastChance": False})
    page.wait_for_timeout(500)


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
    with serving(DATABASE_URL=database_url(host="127.0.0.1", port=wire.port), WEB_CONCURRENCY="1") as site:
        page = browse(address=site)
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
    with http.server.HTTPServer(("127.0.0.1", 0), LoginPage) as portal:
        threading.Thread(target=portal.serve_forever, daemon=True).start()
        signal.lead_to(portal.server_port)
        send(phone)
        wait_for_signal(phone)
        portal.shutdown()
    assert Visit.objects.count() == 0

    signal.lead_to(urlsplit(site).port)
    assert_on_the_ticket(phone)


# --- the office's answer is no ticket --------------------------------------------------------------------------------


def test_a_mistake_found_after_waiting_brings_back_the_form(phone, signal, point):
    phone.goto(f"/k/{point.code}/kunjungan/")
    fill_in(phone)
    phone.get_by_text("Partai politik").click()  # and no name of the party, which only the server misses
    signal.cut()
    send(phone)
    wait_for_signal(phone)

    signal.mend()
    summary = phone.get_by_role("alert")
    assert "Tulis nama instansi Anda." in summary.inner_text()
    assert phone.title().startswith("Perlu diperbaiki: ")
    assert summary.evaluate("element => element === document.activeElement")
    assert phone.get_by_label("Nama lengkap").input_value() == "Siti Rahmawati"
    assert kept(phone)["outbox"] == []
    phone.reload()
    assert phone.get_by_label("Nama lengkap").input_value() == "Siti Rahmawati", "a draft again"

    phone.get_by_label("Nama instansi").fill("Partai Contoh")
    send(phone)
    assert_on_the_ticket(phone)
    assert Visit.objects.get().organization == "Partai Contoh"


def test_a_purpose_switched_off_meanwhile(waiting, signal, point):
    point.office.purposes.filter(name="Permintaan data dan informasi").update(is_active=False)
    time.sleep(2.1)  # the server's own snapshot

    signal.mend()
    assert "Keperluan yang Anda pilih sudah tidak dilayani." in waiting.get_by_role("alert").inner_text()
    assert waiting.get_by_label("Nama lengkap").input_value() == "Siti Rahmawati"


def test_a_code_revoked_meanwhile_is_explained_with_what_was_typed(waiting, signal, point):
    CheckInPoint.objects.update(is_active=False)
    time.sleep(2.1)  # the server's own snapshot

    signal.mend()
    waiting.get_by_role("heading", name="Kode ini tidak berlaku lagi").wait_for()
    assert "Siti Rahmawati" in waiting.locator(".facts").inner_text()
    assert kept(waiting)["outbox"] == []


def test_other_content_under_the_same_id_is_offered_as_a_new_visit(phone, signal, point):
    """The answer was lost, and the visitor corrects the form in another tab."""
    phone.goto(f"/k/{point.code}/kunjungan/")
    fill_in(phone)
    second = phone.context.new_page()
    second.goto(f"/k/{point.code}/kunjungan/")
    assert second.get_by_label("Nama lengkap").input_value() == "Siti Rahmawati", "the same draft, the same visit"
    second.get_by_label("Jumlah tamu").fill("3")
    send(phone)
    phone.wait_for_url("**/t/**")

    send(second)
    second.get_by_role("button", name="Catat sebagai kunjungan baru").click()
    second.wait_for_url("**/t/**")
    assert list(Visit.objects.order_by("number").values_list("party_size", flat=True)) == [1, 3]
    assert personal(second) == []


def test_what_is_incomplete_does_not_wait(phone, signal, point):
    phone.goto(f"/k/{point.code}/kunjungan/")
    fill_in(phone)
    phone.get_by_label("Nomor HP atau WhatsApp").fill("")
    signal.cut()
    send(phone)

    phone.locator("[name=phone]:focus").wait_for()
    assert phone.get_by_role("heading", level=1).inner_text() == "Isi buku tamu"
    assert kept(phone)["outbox"] == []


# --- time ------------------------------------------------------------------------------------------------------------


def test_arrival_is_when_it_was_sent_off(waiting, signal, point):
    now = datetime.now(point.office.zone)
    waited = min(timedelta(minutes=10), (now - now.replace(hour=0, minute=0, second=0)) / 2)
    rewrite_waiting(waiting, tapped=(now - waited).timestamp() * 1000)

    signal.mend()
    waiting.wait_for_url("**/t/**")
    assert abs(Visit.objects.get().arrived_at - (now - waited)) < timedelta(seconds=30)


@pytest.mark.parametrize("hours", [13, 26])
def test_an_old_form_asks_before_it_is_sent(waiting, signal, point, hours):
    waiting.goto(f"/k/{point.code}/saran/")
    rewrite_waiting(waiting, tapped=(time.time() - hours * 3600) * 1000)
    signal.mend()
    waiting.goto(f"/k/{point.code}/kunjungan/")
    assert waiting.get_by_role("heading", level=1).inner_text() == "Isian lama belum terkirim"
    send_by_worker(waiting)
    assert Visit.objects.count() == 0

    waiting.get_by_role("button", name="Kirim sebagai kunjungan hari ini").click()
    assert_on_the_ticket(waiting)
    assert abs(Visit.objects.get().arrived_at - datetime.now(point.office.zone)) < timedelta(seconds=30)


def test_a_clock_that_was_put_back_counts_as_no_wait(waiting, signal, point):
    rewrite_waiting(waiting, tapped=(time.time() + 5 * 24 * 3600) * 1000)

    signal.mend()
    waiting.wait_for_url("**/t/**")
    assert abs(Visit.objects.get().arrived_at - datetime.now(point.office.zone)) < timedelta(seconds=30)


# --- leaving it, other forms, other phones ---------------------------------------------------------------------------


def test_erased_from_the_phone(waiting, signal, point):
    waiting.get_by_role("button", name="Hapus dari ponsel ini").click()
    waiting.get_by_role("heading", name="Isi buku tamu").wait_for()
    assert waiting.get_by_label("Nama lengkap").input_value() == ""
    assert personal(waiting) == []

    signal.mend()
    waiting.goto(f"/k/{point.code}/")
    waiting.wait_for_timeout(300)
    assert Visit.objects.count() == 0


def test_each_opening_of_the_kept_form_is_a_visit_of_its_own(phone, signal, point):
    ids = set()
    for _ in range(2):
        signal.cut()
        phone.goto(f"/k/{point.code}/kunjungan/")
        fill_in(phone)
        ids.add(phone.locator("[name=submission_id]").input_value())
        send(phone)
        wait_for_signal(phone)
        signal.mend()
        phone.wait_for_url("**/t/**")

    assert {str(visit.submission_id) for visit in Visit.objects.all()} == ids
    assert len(ids) == 2


def test_feedback_waits_too(phone, signal, point):
    phone.goto(f"/k/{point.code}/saran/")
    phone.locator("[name=category] + label").first.click()
    phone.get_by_label("Tulisan Anda").fill("Ruang tunggu panas. Siti Rahmawati")
    signal.cut()
    send(phone)
    wait_for_signal(phone)
    assert phone.locator(".facts dd").first.inner_text() == "Saran"

    signal.mend()
    phone.wait_for_url("**/s/**")
    assert Feedback.objects.count() == 1
    assert personal(phone) == []


def test_a_phone_without_storage_says_so_and_can_still_send(browse, signal, point):
    page = browse(address=f"http://127.0.0.1:{signal.port}")
    page.add_init_script("indexedDB.open = () => { throw new Error('private'); }")
    page.goto(f"/k/{point.code}/kunjungan/")
    fill_in(page)
    signal.cut()
    send(page)
    notice = page.get_by_role("alert")
    notice.wait_for()
    assert "perangkat ini tidak menyimpan isian" in notice.inner_text()

    signal.mend()
    send(page)
    page.wait_for_url("**/t/**")
    assert Visit.objects.count() == 1


# --- a new version of the application --------------------------------------------------------------------------------


def test_an_update_strands_no_form(waiting, signal, tmp_path):
    shutil.copytree(settings.STATIC_ROOT, tmp_path / "static")
    manifest = tmp_path / "static" / "staticfiles.json"
    names = json.loads(manifest.read_text())
    names["paths"]["js/public.js"] = "js/public.abcdefabcdef.js"
    manifest.write_text(json.dumps(names))
    script = (settings.STATIC_ROOT / "js" / "public.js").read_text()
    (tmp_path / "static" / "js" / "public.abcdefabcdef.js").write_text(f"{script}\nself.isNew = true;\n")

    with serving(VAR_DIR=str(tmp_path)) as updated:
        update = waiting.context.new_page()
        signal.lead_to(urlsplit(updated).port)
        update.goto("/privasi/")
        update.evaluate("navigator.serviceWorker.getRegistration().then((registration) => registration.update())")
        waiting.get_by_role("button", name="Coba kirim sekarang").click()
        assert_on_the_ticket(waiting)
        wait_until_kept(update, "/static/js/public.abcdefabcdef.js")
        update.goto(f"/k/{Visit.objects.get().point.code}/")
        assert update.evaluate("isNew")
        signal.cut()
        update.reload()
        assert update.evaluate("isNew")
        old = {path for path in kept(update)["pages"] if "public" in path}
        assert {urlsplit(path).path for path in old} == {"/static/js/public.abcdefabcdef.js"}


def test_the_worker_can_be_taken_off_every_phone(waiting, signal, point):
    with serving(SERVICE_WORKER_OFF="1") as updated:
        signal.lead_to(urlsplit(updated).port)
        waiting.get_by_role("button", name="Coba kirim sekarang").click()
        assert_on_the_ticket(waiting)
        waiting.goto(f"/k/{point.code}/")
        wait_until_kept(waiting, f"/k/{point.code}/", is_kept=False)
        assert kept(waiting)["pages"] == {}


FIRST_RELEASE = {
    "id": "7d9f2f4e-52a1-4b3e-8f0e-0d7c5b7d9a11",
    "shown": {"name": "Siti Rahmawati"},
    "zone": "Asia/Jakarta",
}


def test_what_the_first_release_left_waiting_is_still_sent(phone, point, visit_fields):
    """Its layout is written out here, and never changed."""
    fields = {**visit_fields(point), "submission_id": FIRST_RELEASE["id"]}
    record = {
        **FIRST_RELEASE,
        "url": f"/k/{point.code}/kunjungan/",
        "fields": list(map(list, fields.items())),
        "tapped": time.time() * 1000,
    }
    phone.evaluate("(record) => dilaku.outbox.put(record)", record)
    phone.goto(f"/k/{point.code}/")
    assert_on_the_ticket(phone)
