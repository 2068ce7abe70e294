"""A visitor writes to the office, keeps the link, reads the answer. With a thumb, with keys, without JavaScript."""

import io

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from tests.visits.threads import page_of, reply
from visits.models import Feedback, Message


def write(page, body="Ruang tunggu kurang kursi."):
    page.get_by_text("Usul agar layanan kami lebih baik").click()
    page.get_by_label("Tulisan Anda").fill(body)


@pytest.mark.parametrize(("width", "javascript"), [(320, False), (390, True)], ids=str)
def test_from_the_landing_to_the_answer_and_back(browse, point, alice, width, javascript):
    page = browse(width=width, javascript=javascript)
    page.goto(f"/k/{point.code}/")
    page.get_by_role("link", name="Sampaikan saran").click()
    formal = page.get_by_text("Pengaduan di sini bukan laporan resmi")
    assert not formal.is_visible()
    page.get_by_text("Layanan kami yang mengecewakan Anda").click()
    assert formal.is_visible(), "who complains is told what a complaint is not"
    write(page)
    assert not formal.is_visible()
    page.get_by_role("button", name="Kirim saran").click()

    page.wait_for_url("**/s/**")
    thread = page.url
    assert "Menunggu balasan" in page.locator(".ref").inner_text()
    feedback = Feedback.objects.get()
    assert (feedback.category, feedback.name, feedback.messages.get().body) == (
        "saran",
        "",
        "Ruang tunggu kurang kursi.",
    )
    reply(feedback, by=alice)

    another = browse(width=width, javascript=javascript)
    another.goto(scan(page.locator(".qr").screenshot()))
    assert another.title().startswith("Sudah dibalas: Saran Anda S-0001")
    another.get_by_label("Tulisan Anda").fill("Masih kurang dua.")
    another.get_by_role("button", name="Kirim tanggapan").click()
    another.get_by_text("Menunggu balasan").wait_for()
    reply(feedback, by=alice, body="Sudah kami tambah lagi.")

    page.goto(thread)
    assert page.locator(".letter").count() == 4
    page.get_by_role("button", name="Ya, sudah cukup").click()
    page.get_by_text("Percakapan ini sudah selesai.").wait_for()
    feedback.refresh_from_db()
    assert (feedback.closed_by, page.url) == ("tamu", thread)


def scan(picture: bytes) -> str:
    """What another phone's camera reads."""
    [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)), formats=zxingcpp.BarcodeFormat.QRCode)
    return code.text


def test_with_keys_only(browse, point):
    page = browse()
    page.goto(f"/k/{point.code}/saran/")
    page.get_by_role("radio", name="Saran", exact=False).first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Jam berapa buka?")
    for _ in range(4):  # name and number stay empty; then the privacy notice, and the button
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/s/**")

    page.locator("summary", has_text="Saya ingin menambahkan").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Hari Jumat?")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Hari Jumat?").wait_for()

    assert [feedback.category for feedback in Feedback.objects.all()] == ["pertanyaan"]
    assert list(Message.objects.values_list("body", flat=True)) == ["Jam berapa buka?", "Hari Jumat?"]


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_mistake_is_shown_first_and_costs_nothing(browse, point, javascript):
    page = browse(javascript=javascript)
    page.goto(f"/k/{point.code}/saran/")
    long = "Antre lama. " * 170
    write(page, long)
    page.get_by_role("button", name="Kirim saran").click()

    summary = page.get_by_role("alert")
    assert "sekarang 2.039" in summary.inner_text(), "nothing was cut off on the way"
    summary.get_by_role("link").click()
    text = page.get_by_label("Tulisan Anda")
    expect(text).to_be_focused()
    assert text.input_value() == long

    text.fill("Antre lama.")
    page.get_by_role("button", name="Kirim saran").click()
    page.wait_for_url("**/s/**")
    assert Message.objects.get().body == "Antre lama."


def test_two_taps_are_one_thread(browse, point):
    page = browse()
    page.goto(f"/k/{point.code}/saran/")
    write(page)
    page.get_by_role("button", name="Kirim saran").dblclick()
    page.get_by_text("Menunggu balasan").wait_for()

    assert Feedback.objects.count() == 1


def test_the_link_is_copied_by_a_tap(browse, make_feedback, site):
    page = browse()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    address = page_of(make_feedback())
    page.goto(address)
    page.get_by_role("button", name="Salin tautan").click()
    page.get_by_text("Tautan sudah disalin.").wait_for()

    assert page.evaluate("navigator.clipboard.readText()") == f"{site}{address}"
