"""The visitor's own data, on a phone: from the ticket to a corrected name and a request, with a thumb or keys only."""

import pytest
from playwright.sync_api import expect

from tests.visits.own_data import held, own_data_of
from visits import actions
from visits.models import DataRequest


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_name_is_corrected_and_erasure_asked_for(browse, make_visit, alice, javascript):
    visit = make_visit(name="Siti Rahmwati")
    actions.opened(visit, by=alice)
    page = browse(width=320, javascript=javascript)
    page.goto(own_data_of(visit).removesuffix("data/"))

    page.get_by_role("link", name="Data saya: lihat, perbaiki, hapus").click()
    assert "Petugas membuka rincian" in page.get_by_role("listitem").first.inner_text()
    page.get_by_text("Perbaiki data", exact=True).click()
    page.get_by_label("Nama lengkap").fill("Siti Rahmawati")
    page.get_by_role("button", name="Simpan perbaikan").click()
    page.get_by_role("status").get_by_text("Data Anda sudah diperbaiki").wait_for()
    assert not page.get_by_label("Nama lengkap").is_visible()
    assert (held(visit)[0], visit.phone) == ("Siti Rahmawati", "+6281234567890")

    page.get_by_text("Perbaiki yang lain").click()
    page.get_by_role("button", name="Kirim permintaan").click()
    page.get_by_role("alert").get_by_role("link", name="Tulis apa yang keliru dan bagaimana seharusnya.").click()
    expect(page.get_by_label("Penjelasan Anda")).to_be_focused()
    page.get_by_text("Hapus data saya").click()
    page.get_by_role("button", name="Kirim permintaan").click()
    page.get_by_role("status").get_by_text("Permintaan Anda sudah kami terima").wait_for()
    assert page.get_by_role("article").get_by_text("Menunggu jawaban").is_visible()
    assert list(DataRequest.objects.values_list("kind", "words")) == [("penghapusan", "")]


def test_keys_alone_are_enough(browse, make_visit):
    visit = make_visit()
    page = browse()
    page.goto(own_data_of(visit))

    page.get_by_text("Perbaiki data", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.type(" Dewi")
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("Data Anda sudah diperbaiki").wait_for()

    assert held(visit)[0] == "Siti Rahmawati Dewi"
