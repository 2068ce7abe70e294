"""A form that waits on the phone: when the office does not take it as it is, when it is old, when it is erased."""

import time
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import assert_on_the_ticket, send_without_signal
from tests.browser.phone import (
    NO_SYNC,
    NO_TIMERS,
    fill_in,
    kept,
    personal,
    rewrite_waiting,
    see,
    send,
    send_by_worker,
    wait_for_signal,
    wait_until_nothing_waits,
    wait_until_sent,
)
from visits import actions
from visits.models import CheckInPoint, Feedback, Visit

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
    wait_until_nothing_waits(phone)

    send(second)
    second.get_by_role("button", name="Catat sebagai kunjungan baru").click()
    second.wait_for_url("**/t/**")
    assert list(Visit.objects.order_by("number").values_list("party_size", flat=True)) == [1, 3]
    assert personal(second) == []


def test_two_people_who_filled_in_the_same_draft_are_two_visits(phone, signal, point):
    phone.goto(f"/k/{point.code}/kunjungan/")
    fill_in(phone)
    second = phone.context.new_page()
    second.goto(f"/k/{point.code}/kunjungan/")
    second.get_by_label("Nama lengkap").fill("Budi Santoso")
    signal.cut()
    for page in [phone, second]:
        send(page)
        wait_for_signal(page)

    signal.mend()
    for page in [phone, second]:
        page.wait_for_url("**/t/**")
    assert sorted(Visit.objects.values_list("name", flat=True)) == ["Budi Santoso", "Siti Rahmawati"]
    assert phone.url != second.url
    assert personal(second) == []


def test_a_visit_and_a_letter_wait_together_and_both_go_out(browse, signal, point):
    """Where the browser sends nothing in the background, the page that delivers one has the other sent as well."""
    phone = browse(address=f"http://127.0.0.1:{signal.port}")
    phone.add_init_script(NO_SYNC)
    see(phone, point.code)
    send_without_signal(phone, signal, point)
    phone.goto(f"/k/{point.code}/saran/")
    phone.locator("[name=category] + label").first.click()
    phone.get_by_label("Tulisan Anda").fill("Kursinya kurang.")
    send(phone)
    wait_for_signal(phone)

    signal.mend()
    phone.wait_for_url("**/s/**")
    wait_until_sent(phone)
    assert (Visit.objects.count(), Feedback.objects.count()) == (1, 1)


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
    waiting.get_by_role("heading", level=1, name="Isian lama belum terkirim").wait_for()
    send_by_worker(waiting)
    assert Visit.objects.count() == 0

    waiting.get_by_role("button", name="Kirim sebagai kunjungan hari ini").click()
    assert_on_the_ticket(waiting)
    assert abs(Visit.objects.get().arrived_at - datetime.now(point.office.zone)) < timedelta(seconds=30)


@pytest.mark.parametrize(("hours", "visits"), [(13, 1), (26, 2)], ids=["this morning", "yesterday"])
def test_an_old_form_that_the_office_had_all_the_same(phone, signal, point, hours, visits):
    """Only the answer was lost. Of the same day it is that visit; on another day the visitor is here once more."""
    evening = datetime.now(point.office.zone).replace(hour=20)
    phone.clock.set_fixed_time(evening)
    phone.add_init_script(f"{NO_TIMERS}; {NO_SYNC}")
    phone.goto(f"/k/{point.code}/kunjungan/")
    fill_in(phone)
    signal.loses_answers = True
    send(phone)
    wait_for_signal(phone)
    rewrite_waiting(phone, tapped=(evening - timedelta(hours=hours)).timestamp() * 1000)
    assert Visit.objects.count() == 1

    signal.cut()
    signal.mend()
    phone.goto(f"/k/{point.code}/kunjungan/")
    signal.cut()
    phone.get_by_role("button", name="Kirim sebagai kunjungan hari ini").click()
    wait_for_signal(phone)
    signal.mend()
    send_by_worker(phone)  # the page hears of it
    phone.wait_for_url("**/t/**")
    assert urlsplit(phone.url).path == f"/t/{actions.ticket_key(Visit.objects.latest('number'))}/"
    assert Visit.objects.count() == visits
    wait_until_nothing_waits(phone)


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


# What a private window says; a store that is asked for two seconds in vain.
NO_STORE = "indexedDB.open = () => { throw new Error('private'); }"
SLOW_STORE = "const wait = setTimeout; self.setTimeout = (act, time) => (time === 2000 ? act() : wait(act, time))"
# What a phone that has just woken up may do.
REFUSES_ONCE = """
    const open = IDBFactory.prototype.open;
    const refuse = () => { IDBFactory.prototype.open = open; throw new Error("suspended"); };
    if (location.pathname.startsWith("/k/")) IDBFactory.prototype.open = refuse;
"""


@pytest.mark.parametrize("store", [NO_STORE, SLOW_STORE], ids=["none", "slow"])
def test_a_phone_without_storage_says_so_and_can_still_send(browse, signal, point, store):
    page = browse(address=f"http://127.0.0.1:{signal.port}")
    page.add_init_script(store)
    page.goto(f"/k/{point.code}/kunjungan/")
    fill_in(page)
    signal.cut()
    send(page)
    notice = page.get_by_role("alert")
    notice.wait_for()
    assert "perangkat ini tidak menyimpan isian" in notice.inner_text()

    assert page.evaluate("dilaku.outbox.all().catch(() => [])") == [], "nor is it sent another day"

    signal.mend()
    send(page)
    page.wait_for_url("**/t/**")
    assert Visit.objects.count() == 1


def test_a_store_that_refuses_once_is_asked_again(browse, signal, point):
    page = browse(address=f"http://127.0.0.1:{signal.port}")
    page.add_init_script(REFUSES_ONCE)
    page.goto(f"/k/{point.code}/kunjungan/")
    fill_in(page)
    signal.cut()
    send(page)
    wait_for_signal(page)

    signal.mend()
    assert_on_the_ticket(page)
