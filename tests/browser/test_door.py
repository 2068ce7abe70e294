"""A second factor by the links on the page alone: set up with a phone, asked for at the next log-in."""

import io
from urllib.parse import parse_qs, urlsplit

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from tests.authenticator import code_of, wrong_code
from tests.browser.conftest import log_in
from tests.browser.test_accessibility import complaints_about
from tests.conftest import PASSWORD


def scan(page) -> str:
    """As the phone does: the picture on the screen, not the text below it."""
    picture = Image.open(io.BytesIO(page.locator(".dk-qr").screenshot()))
    [code] = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return parse_qs(urlsplit(code.text).query)["secret"][0]


def give_password(page) -> None:
    page.goto("/staf/")
    page.get_by_label("Nama pengguna").fill("dewi")
    page.get_by_label("Sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()


@pytest.mark.parametrize(("width", "dark", "javascript"), [(1440, False, True), (390, True, False)])
def test_from_the_first_code_to_the_last_device(browse, dewi, width, dark, javascript):
    problems = []

    def look(page):
        problems.extend(complaints_about(page) if javascript else [])

    desk = browse(width=width, dark=dark, javascript=javascript)
    log_in(desk, "dewi")
    desk.get_by_role("link", name="Akun saya").click()
    desk.get_by_role("link", name="Pasang verifikasi dua langkah").click()
    look(desk)
    secret = scan(desk)
    desk.get_by_label("Kode enam angka di aplikasi").fill(wrong_code(secret))
    desk.get_by_role("button", name="Pasang").click()
    expect(desk.get_by_text("Kode tidak cocok.")).to_be_visible()
    look(desk)
    assert scan(desk) == secret, "a wrong code does not ask for another scan"
    desk.get_by_label("Kode enam angka di aplikasi").fill(used := code_of(secret))
    desk.get_by_label("Sandi Anda").fill(PASSWORD)
    desk.get_by_role("button", name="Pasang").click()
    expect(desk.locator(".dk-codes li")).to_have_count(10)
    look(desk)
    recovery_code = desk.locator(".dk-codes li").first.inner_text()
    desk.get_by_role("link", name="Sudah saya simpan").click()
    desk.wait_for_url("**/staf/")

    phone = browse(width=width, dark=dark, javascript=javascript)
    give_password(phone)
    phone.wait_for_url("**/staf/login/kode/")
    look(phone)
    phone.get_by_label("Kode dari aplikasi").fill(used)
    phone.keyboard.press("Enter")
    expect(phone.get_by_text("sudah pernah dipakai")).to_be_visible()
    look(phone)
    phone.get_by_label("Kode dari aplikasi").fill(recovery_code)
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/staf/")

    desk.get_by_role("link", name="Akun saya").click()
    expect(desk.get_by_text("Kode cadangan tersisa: 9.")).to_be_visible()
    look(desk)
    for name in ["Kode cadangan baru", "Ganti ponsel", "Matikan"]:
        desk.get_by_role("link", name=name).click()
        look(desk)
        desk.get_by_role("link", name="Akun saya").first.click()
    desk.get_by_role("button", name="Keluarkan", exact=True).click()
    expect(desk.get_by_text("Perangkat itu sudah dikeluarkan.")).to_be_visible()
    phone.goto("/staf/")
    phone.wait_for_url("**/staf/login/**")
    assert problems == []
