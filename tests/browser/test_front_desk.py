"""The front desk sees a visit come in, helps somebody without a phone, and corrects a slip."""

from playwright.sync_api import expect

from tests.browser.conftest import log_in
from tests.browser.test_visitor import fill_in
from visits.models import Visit


def test_a_visit_shows_on_the_dashboard_without_a_reload(browse, point, alice):
    desk = browse(width=1440)
    desk.clock.install()
    log_in(desk, "alice")
    desk.evaluate("window.stillTheSamePage = true")

    phone = browse()
    phone.goto(f"/k/{point.code}/kunjungan/")
    fill_in(phone, name="Nur'aini")
    phone.get_by_role("button", name="Kirim dan ambil nomor kunjungan").click()
    phone.wait_for_url("**/t/**")
    desk.clock.run_for(10_000)

    expect(desk.get_by_role("link", name="Nur'aini")).to_be_visible()
    assert desk.evaluate("window.stillTheSamePage"), "the page was not loaded again"


def test_done_and_undone(browse, alice, make_visit):
    visit = make_visit(name="Budi Santoso")
    desk = browse(width=1440)
    log_in(desk, "alice")

    desk.get_by_role("button", name="Selesai").click()
    desk.get_by_text("Batalkan").wait_for()
    visit.refresh_from_db()
    assert visit.ended_by == "petugas"

    desk.get_by_text("Batalkan").click()
    expect(desk.get_by_role("button", name="Selesai")).to_be_visible()
    visit.refresh_from_db()
    assert (visit.left_at, visit.ended_by) == (None, "")


def test_names_leave_the_screen_when_the_session_has_ended(browse, alice, make_visit):
    make_visit(name="Budi Santoso")
    desk = browse(width=1440)
    desk.clock.install()
    log_in(desk, "alice")
    expect(desk.get_by_role("link", name="Budi Santoso")).to_be_visible()

    desk.context.clear_cookies()
    desk.clock.run_for(10_000)

    expect(desk.get_by_role("link", name="Masuk lagi")).to_be_visible()
    assert "Budi Santoso" not in desk.content()


def test_three_guests_without_a_phone_by_keyboard_alone(browse, alice):
    desk = browse(width=1440)
    log_in(desk, "alice")
    desk.get_by_role("link", name="Catat tamu").first.click()

    for number, name in enumerate(["Mbah Karto", "Bu Sri", "Pak Darmo"], start=1):
        expect(desk.locator("[name=name]")).to_be_focused()
        desk.keyboard.type(name)
        # Past kind and organisation to the purpose, which nobody can guess; from the field behind it Enter stores.
        for key in ["Tab", "Tab", "Tab", "K", "Tab", "Enter"]:
            desk.keyboard.press(key)
        desk.get_by_text(f"Tercatat: nomor {number:03}.").wait_for()

    assert list(Visit.objects.order_by("number").values_list("name", "number", "phone")) == [
        ("Mbah Karto", 1, ""),
        ("Bu Sri", 2, ""),
        ("Pak Darmo", 3, ""),
    ]


def test_leadership_sees_figures_and_no_name(browse, bob, make_visit):
    make_visit(name="Budi Santoso")
    page = browse(width=1440)
    log_in(page, "bob")

    assert "Kunjungan hari ini" in page.inner_text("body")
    assert "Budi Santoso" not in page.content()
