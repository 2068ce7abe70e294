"""The first day of an office: from the first log-in to a poster for the own door, by the links on the page alone."""

import pypdfium2
import pytest
import zxingcpp
from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.browser.conftest import log_in
from tests.browser.test_accessibility import complaints_about
from visits import first_day
from visits.models import AuditEvent, Office
from visits.starter import make_office

OWN_PASSWORD = "Sandi-Milik-Sendiri-7"


@pytest.fixture
def office(db):
    """As a new installation makes it."""
    return make_office()


def read_qr(pdf) -> list[str]:
    sheet = pypdfium2.PdfDocument(pdf)[0].render(scale=2).to_pil()
    return [found.text for found in zxingcpp.read_barcodes(sheet, formats=zxingcpp.BarcodeFormat.QRCode)]


def follow(page, name: str) -> None:
    page.get_by_role("main").get_by_role("link", name=name, exact=True).first.click()


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def home(page) -> None:
    page.locator(".breadcrumbs").get_by_role("link", name="Beranda").click()
    page.wait_for_url("**/staf/")


class Walk:
    """One person on a page; every new page is looked at by axe, where there is JavaScript."""

    def __init__(self, page, *, javascript: bool):
        self.page, self.javascript, self.complaints = page, javascript, []

    def look(self) -> None:
        self.page.wait_for_load_state()
        if self.javascript:
            self.complaints += complaints_about(self.page)


def invite(walk: Walk, *, name: str, username: str, role: str) -> str:
    """Returns the one-time password. Begins on the list of colleagues."""
    page = walk.page
    follow(page, "Tambah rekan")
    walk.look()
    page.get_by_label("Nama lengkap").fill(name)
    page.get_by_label("Nama pengguna").fill(username)
    page.get_by_label(role).check()
    press(page, "Simpan dan tampilkan sandi")
    walk.look()
    return page.locator("#password").inner_text()


def sign_in_first(walk: Walk, username: str, password: str) -> None:
    page = walk.page
    page.goto("/staf/")
    page.get_by_label("Nama pengguna").fill(username)
    page.get_by_label("Sandi").fill(password)
    press(page, "Masuk")
    page.wait_for_url("**/staf/password_change/")
    walk.look()
    page.get_by_label("Sandi lama").fill(password)
    page.get_by_label("Sandi baru", exact=False).first.fill(OWN_PASSWORD)
    page.get_by_label("Konfirmasi sandi baru").fill(OWN_PASSWORD)
    press(page, "Ubah sandi saya")
    page.wait_for_url("**/staf/")
    walk.look()


def furnish(walk: Walk) -> None:
    """Everything on the list but the poster."""
    page = walk.page
    follow(page, "Nama dan kop surat")
    walk.look()
    page.get_by_label("Nama kantor").fill("Bawaslu Kabupaten Banyuasin")
    page.get_by_label("Baris kop kedua").fill("Kabupaten Banyuasin")
    press(page, "Simpan")
    home(page)
    for item in ["Lambang", "Jam layanan", "Divisi", "Layanan"]:
        press(page, f"Sudah sesuai: {item}")
        page.get_by_text("Tercatat: sudah sesuai.").wait_for()
    follow(page, "Kecamatan")
    walk.look()
    page.get_by_label("Daftar kecamatan").fill("1. Betung\n2. Banyuasin I\n3. Tanjung Lago")
    press(page, "Periksa daftar")
    walk.look()
    press(page, "Tambahkan 3 kecamatan")
    walk.look()
    home(page)
    follow(page, "Hari tutup tahun ini")
    walk.look()
    press(page, "Tambahkan yang dicentang")
    walk.look()
    home(page)
    follow(page, "Rekan kerja")
    walk.look()
    invite(walk, name="Siti Aminah", username="siti", role="Pimpinan")
    follow(page, "Sudah saya catat")
    walk.look()
    home(page)


def download_poster(walk: Walk):
    page = walk.page
    follow(page, "Poster QR")
    walk.look()
    follow(page, "Pintu depan")
    walk.look()
    with page.expect_download() as download:
        follow(page, "Poster A4 (PDF)")
    return download.value.path()


@pytest.mark.parametrize(("width", "dark", "javascript"), [(1440, False, True), (390, True, False)])
def test_a_new_admin_gets_to_the_poster_of_the_own_office(browse, site, office, root, width, dark, javascript):
    it = Walk(browse(width=width, dark=dark, javascript=javascript), javascript=javascript)
    log_in(it.page, "root")
    follow(it.page, "Rekan kerja")
    password = invite(it, name="Dewi Lestari", username="dewi.l", role="Admin kantor")

    admin = Walk(browse(width=width, dark=dark, javascript=javascript), javascript=javascript)
    sign_in_first(admin, "dewi.l", password)
    expect(admin.page.get_by_role("heading", name="Hari pertama: 0 dari 9 selesai")).to_be_visible()
    furnish(admin)
    expect(admin.page.get_by_role("heading", name="Hari pertama: 8 dari 9 selesai")).to_be_visible()
    admin.look()
    poster = download_poster(admin)

    assert read_qr(poster) == [f"{site}/k/{office.points.get().code}/".upper()]
    assert "Kabupaten Banyuasin" in pypdfium2.PdfDocument(poster)[0].get_textpage().get_text_range()
    home(admin.page)
    expect(admin.page.get_by_text("Hari pertama:")).to_have_count(0)
    assert first_day.of(Office.objects.get()).is_complete
    assert set(User.objects.values_list("username", flat=True)) == {"root", "dewi.l", "siti"}
    assert not AuditEvent.objects.filter(action="refused").exists()
    assert it.complaints + admin.complaints == []
