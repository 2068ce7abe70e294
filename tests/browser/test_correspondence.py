"""Visitor and office side by side, from the first letter to the closing; a stranger sees nothing."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import log_in
from visits.models import Feedback


def send_a_suggestion(phone, point) -> str:
    """Yields the private address."""
    phone.goto(f"/k/{point.code}/saran/")
    phone.get_by_text("Usul agar layanan kami lebih baik").click()
    phone.get_by_label("Tulisan Anda").fill("Ruang tunggu kurang kursi.")
    phone.get_by_label("Nama").fill("Siti Rahmawati")
    phone.get_by_label("Nomor HP").fill("0812 3456 7890")
    phone.get_by_role("button", name="Kirim saran").click()
    phone.wait_for_url("**/s/**")
    return phone.url


def write_again(phone, body):
    phone.get_by_label("Tulisan Anda").fill(body)
    phone.get_by_role("button", name="Kirim tanggapan").click()
    phone.get_by_text(body).wait_for()


def test_from_the_first_letter_to_the_closing(browse, point, alice, dewi):
    phone, desk, colleague = browse(), browse(width=1440), browse(width=390, dark=True)
    thread = send_a_suggestion(phone, point)
    expect(phone.locator(".ref")).to_contain_text("Menunggu balasan")

    log_in(desk, "alice")
    expect(desk.get_by_role("link", name="Saran menunggu")).to_contain_text("1")
    desk.get_by_role("link", name="S-0001: Ruang tunggu kurang kursi.").click()
    box = desk.get_by_label("Balasan", exact=True)
    box.fill("Yth. Ibu Siti,")
    desk.get_by_label("Contoh balasan").select_option("Terima kasih atas saran")
    desk.get_by_role("button", name="Pakai contoh").click()
    expect(box).to_be_focused()
    assert box.input_value().startswith("Yth. Ibu Siti,\n\nTerima kasih sudah meluangkan waktu")
    desk.get_by_role("button", name="Kirim balasan").click()
    desk.get_by_text("Balasan untuk S-0001 terkirim.").wait_for()

    phone.reload()
    expect(phone.locator(".ref")).to_contain_text("Sudah dibalas")
    expect(phone.locator(".letter.office")).to_contain_text("Yth. Ibu Siti,")

    log_in(colleague, "dewi")
    colleague.goto(f"/staf/visits/feedback/{Feedback.objects.get().pk}/change/")
    colleague.get_by_label("Balasan", exact=True).fill("Kursinya datang Senin.")
    write_again(phone, "Apakah ada kursi untuk lansia?")
    colleague.get_by_role("button", name="Kirim dan tutup").click()
    expect(colleague.get_by_role("alert")).to_contain_text("Ada surat baru")
    expect(colleague.get_by_role("alert")).to_be_focused()
    expect(colleague.locator(".dk-letter", has_text="Baru")).to_contain_text("Apakah ada kursi untuk lansia?")
    expect(colleague.get_by_label("Balasan", exact=True)).to_have_value("Kursinya datang Senin.")
    colleague.evaluate("document.documentElement.style.fontSize = '200%'")
    assert colleague.evaluate("document.documentElement.scrollWidth") == 390, "large text does not scroll sideways"
    colleague.get_by_role("button", name="Kirim balasan").click()
    colleague.get_by_text("Balasan untuk S-0001 terkirim.").wait_for()

    phone.reload()
    expect(phone.locator(".letter")).to_have_count(4)
    phone.get_by_role("button", name="Ya, sudah cukup").click()
    phone.get_by_text("Percakapan ini sudah selesai.").wait_for()
    desk.reload()
    expect(desk.locator(".dk-facts")).to_contain_text("Ditutup pengirim")
    assert phone.url == thread


def test_whatsapp_opens_in_a_tab_that_learns_nothing_of_ours(browse, point, alice):
    thread = send_a_suggestion(browse(), point)
    desk = browse(width=1440)
    desk.context.route("https://wa.me/**", lambda route: route.abort())
    log_in(desk, "alice")
    desk.goto(f"/staf/visits/feedback/{Feedback.objects.get().pk}/change/")
    desk.get_by_label("Balasan", exact=True).fill("Sudah kami tambah.")
    desk.get_by_role("button", name="Kirim balasan").click()
    desk.get_by_text("Balasan untuk S-0001 terkirim.").wait_for()
    assert urlsplit(thread).path not in desk.content()

    with desk.context.expect_event("request", lambda request: "wa.me" in request.url) as asked:
        desk.get_by_role("link", name="Kabari lewat WhatsApp").first.click()

    link = urlsplit(asked.value.url)
    assert (link.path, asked.value.headers.get("referer")) == ("/6281234567890", None)
    assert parse_qs(link.query)["text"][0].endswith(thread)


def test_a_stranger_with_a_wrong_or_a_cut_off_link_sees_one_calm_page(browse, point):
    thread, stranger = send_a_suggestion(browse(), point), browse()

    def seen(address):
        stranger.goto(address)
        assert "Siti" not in stranger.content() and "kursi" not in stranger.content()
        return stranger.get_by_role("heading").all_inner_texts(), stranger.locator("main").inner_text()

    wrong = thread[:-2] + ("a" if thread[-2] != "a" else "b") + "/"
    pages = [seen(address) for address in [wrong, f"{thread[:-6]}/", "/s/a/"]]

    assert pages[0][0] == ["Saran tidak ditemukan"]
    assert pages[1:] == pages[:1] * 2


def test_the_inbox_on_the_narrowest_phone_covers_nothing(browse, make_feedback, alice):
    make_feedback(category="apresiasi", created_at=timezone.now() - timedelta(days=30))
    desk = browse(width=320)
    log_in(desk, "alice")
    desk.goto("/staf/visits/feedback/")
    kind, state = (desk.locator(place).bounding_box() for place in [".field-numbered small", ".field-state .badge"])

    assert kind["x"] + kind["width"] <= state["x"]
