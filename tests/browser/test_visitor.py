"""A visitor with a phone: scan, fill in, show the ticket, leave. With a thumb, with keys only, without JavaScript."""

import io

import pytest
import zxingcpp
from django.templatetags.static import static
from PIL import Image
from playwright.sync_api import expect

from tests.browser.phone import fill_in
from visits import posters
from visits.models import Visit
from visits.site_files import SCRIPTS


def scan(picture: bytes) -> str:
    """What a phone's camera reads."""
    [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)), formats=zxingcpp.BarcodeFormat.QRCode)
    return code.text


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_from_the_poster_to_the_ticket_and_out(browse, site, point, width, javascript):
    address = scan(posters.qr_png(posters.check_in_address(site, point.code)))
    assert address == f"{site}/k/{point.code}/".upper()

    page = browse(width=width, javascript=javascript)
    page.goto(address)
    page.get_by_role("link", name="Isi buku tamu").click()
    fill_in(page)
    assert page.get_by_text("KTP atau kartu mahasiswa").is_visible(), "what to bring appears under the chosen purpose"
    assert not page.get_by_label("Nama instansi").is_visible(), "somebody who comes alone has no organisation"
    page.get_by_role("button", name="Kirim dan ambil nomor kunjungan").click()

    page.wait_for_url("**/t/**")
    assert page.locator(".ticket .big").inner_text() == "001"
    assert "Siti Rahmawati" in page.get_by_role("heading", level=1).inner_text()
    visit = Visit.objects.get()
    assert (visit.phone, visit.point, visit.left_at) == ("+6281234567890", point, None)

    page.get_by_role("button", name="Selesai berkunjung").click()
    page.get_by_text("Kunjungan selesai", exact=True).wait_for()
    page.wait_for_load_state()
    visit.refresh_from_db()
    assert visit.ended_by == "tamu"
    assert page.get_by_role("button", name="Selesai berkunjung").count() == 0


FETCHED = "performance.getEntriesByType('resource').map(({ name, transferSize }) => [name, transferSize > 0])"


def test_a_page_fetches_four_scripts_once_and_nothing_else(browse, site, point):
    page = browse()
    page.goto(f"/k/{point.code}/")
    scripts = sorted(f"{site}{static(name)}" for name in SCRIPTS)
    assert sorted(page.evaluate(FETCHED)) == [[script, True] for script in scripts]

    page.get_by_role("link", name="Isi buku tamu").click()
    page.wait_for_url("**/kunjungan/")
    assert sorted(page.evaluate(FETCHED)) == [[script, False] for script in scripts]


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_mistake_is_shown_first_and_costs_nothing(browse, point, javascript):
    page = browse(javascript=javascript)
    page.goto(f"/k/{point.code}/kunjungan/")
    fill_in(page)
    page.get_by_label("Nomor HP atau WhatsApp").fill("0812 34")
    page.get_by_role("button", name="Kirim dan ambil nomor kunjungan").click()

    summary = page.get_by_role("alert")
    assert "Ada 1 isian yang perlu diperbaiki" in summary.inner_text()
    assert page.title().startswith("Perlu diperbaiki: ")
    if javascript:
        expect(summary).to_be_focused()
    summary.get_by_role("link").click()
    phone = page.get_by_label("Nomor HP atau WhatsApp")
    expect(phone).to_be_focused()
    assert (phone.input_value(), page.get_by_label("Nama lengkap").input_value()) == ("0812 34", "Siti Rahmawati")

    phone.fill("0812 3456 7890")
    page.get_by_role("button", name="Kirim dan ambil nomor kunjungan").click()
    page.wait_for_url("**/t/**")
    assert Visit.objects.count() == 1


def test_with_keys_only(browse, point):
    page = browse()
    page.goto(f"/k/{point.code}/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Lewati ke isi"
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Isi buku tamu").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/kunjungan/")

    page.get_by_label("Nama lengkap").focus()
    page.keyboard.type("Siti Rahmawati")
    page.keyboard.press("Tab")
    page.keyboard.type("081234567890")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the first kind: perorangan
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # the first district
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the first purpose
    page.keyboard.press("ArrowDown")  # the second
    page.get_by_role("button", name="Kirim dan ambil nomor kunjungan").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/t/**")

    visit = Visit.objects.get()
    assert (visit.name, visit.visitor_kind) == ("Siti Rahmawati", "perorangan")
    assert visit.purpose == list(point.office.purposes.all())[1]


def test_two_taps_are_one_visit_and_going_back_is_none(browse, point):
    page = browse()
    page.goto(f"/k/{point.code}/")
    page.get_by_role("link", name="Isi buku tamu").click()
    fill_in(page)
    page.get_by_role("button", name="Kirim dan ambil nomor kunjungan").dblclick()
    page.wait_for_url("**/t/**")
    ticket = page.url

    page.go_back()
    page.get_by_role("link", name="Buka tiket").click()
    page.wait_for_url(ticket)
    assert Visit.objects.count() == 1


def test_scanning_again_offers_the_ticket_of_today(browse, point):
    page = browse()
    page.goto(f"/k/{point.code}/kunjungan/")
    fill_in(page)
    page.get_by_role("button", name="Kirim dan ambil nomor kunjungan").click()
    page.wait_for_url("**/t/**")
    ticket = page.url

    page.goto(f"/k/{point.code}/")
    page.get_by_role("link", name="Buka tiket").click()
    page.wait_for_url(ticket)
    page.goto(f"/k/{point.code}/")
    page.get_by_role("button", name="Selesai berkunjung").click()
    page.wait_for_url("**/t/**")
    assert Visit.objects.get().ended_by == "tamu"

    page.goto(f"/k/{point.code}/")
    assert page.get_by_role("link", name="Buka tiket").count() == 0


def test_another_persons_phone_offers_nothing(browse, point, make_visit):
    make_visit()
    page = browse()

    page.goto(f"/k/{point.code}/")

    assert page.get_by_role("link", name="Buka tiket").count() == 0
    assert "Siti" not in page.content()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_visit_announced_online_is_counted_at_the_door(browse, point, online_point, javascript):
    page = browse(javascript=javascript)
    page.goto(f"/k/{online_point.code}/kunjungan/")
    fill_in(page)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/t/**")
    assert Visit.objects.get().arrived_at is None

    if javascript:
        page.goto(f"/K/{point.code}/")
        page.get_by_role("button", name="Saya sudah datang").click()
    else:
        page.get_by_label("Kode kantor").fill(point.code.lower())
        page.locator("form[action$='/datang/'] button").click()
    expect(page.locator(".ticket .big")).to_have_text("001")
    assert Visit.objects.get().number == 1


def test_english_stays_english_to_the_ticket(browse, point):
    page = browse()
    page.goto(f"/k/{point.code}/")
    page.get_by_role("link", name="English").click()
    page.locator("a.tile[href*='/kunjungan/']").click()
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_label("Full name").fill("Jane Doe")
    page.locator("[name=phone]").fill("+44 20 7946 0958")
    page.locator("[name=visitor_kind][value=perorangan] + label").click()
    page.locator("[name=district]").select_option(index=1)
    page.locator(".cards label").first.click()
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/t/**")

    assert page.locator("html").get_attribute("lang") == "en"
    assert (Visit.objects.get().language, Visit.objects.get().phone) == ("en", "+442079460958")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "{{7*7}}", "' onmouseover='alert(1)"])
def test_what_is_typed_comes_back_as_text(browse, point, text):
    page = browse()
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    page.goto(f"/k/{point.code}/kunjungan/")
    fill_in(page, name=text)
    page.get_by_role("button", name="Kirim dan ambil nomor kunjungan").click()
    page.wait_for_url("**/t/**")

    assert text in page.get_by_role("heading", level=1).inner_text()
