"""A tablet at the front desk, marked once by ?layar=bersama: whoever comes next finds nothing of the one before."""

import re

import pytest

from tests.browser.conftest import launch
from tests.browser.phone import fill_in, kept, personal, see, send
from visits import actions
from visits.models import Visit
from visits.models.survey import ELEMENTS


@pytest.fixture
def tablet(browse, point):
    page = browse(width=1024)
    page.clock.install()
    page.goto(f"/k/{point.code}/?layar=bersama")
    return page


def marking_address(page: str) -> list[str]:
    return re.findall(r"<code>https?://[^/]+(/\S+layar=bersama)</code>", page)


def test_the_poster_page_tells_how_to_mark_a_tablet(browse, client_of, alice, point, online_point):
    staff = client_of(alice)
    [address] = marking_address(staff.get(f"/staf/poster/{point.code}/").text)
    assert marking_address(staff.get(f"/staf/poster/{online_point.code}/").text) == []

    page = browse(width=1024)
    page.goto(address)
    assert page.get_by_text("Layar bersama.").is_visible()


def open_form(tablet):
    tablet.get_by_role("link", name="Isi buku tamu").click()
    tablet.wait_for_url("**/kunjungan/")


def test_nothing_is_kept_before_sending_nor_after(tablet):
    assert tablet.get_by_text("Layar bersama.").is_visible()
    open_form(tablet)
    fill_in(tablet)
    assert not tablet.get_by_text("Ingat saya di ponsel ini").is_visible()
    assert personal(tablet) == []
    assert tablet.get_by_label("Nama lengkap").get_attribute("autocomplete") == "off"

    send(tablet)
    tablet.wait_for_url("**/t/**")
    assert personal(tablet) == []
    assert list(kept(tablet)["local"]) == ["dilaku.shared"]
    assert Visit.objects.count() == 1


def test_the_next_visitor_starts_anew(tablet, point):
    open_form(tablet)
    fill_in(tablet)
    send(tablet)
    tablet.get_by_role("button", name="Tamu berikutnya").click()
    tablet.wait_for_url(f"**/k/{point.code}/")
    assert tablet.get_by_role("link", name="Buka tiket").count() == 0

    for _ in range(2):
        tablet.go_back()
        assert "Siti" not in tablet.content()
    tablet.goto(f"/k/{point.code}/kunjungan/")
    assert tablet.get_by_label("Nama lengkap").input_value() == ""


def rate(tablet, visit) -> None:
    tablet.goto(f"/t/{actions.ticket_key(visit)}/penilaian/")
    for element in ELEMENTS:
        tablet.locator(f"[name={element}][value='4'] + label").click()
    tablet.get_by_role("button", name="Kirim penilaian").click()
    tablet.wait_for_url("**/terima-kasih/")


def test_the_thanks_for_a_survey_lead_nobody_to_the_ticket_of_another(tablet, point, make_visit):
    rate(tablet, make_visit())
    assert tablet.get_by_role("button", name="Tamu berikutnya").is_visible()
    tablet.clock.run_for(125_000)
    tablet.wait_for_url(f"**/k/{point.code}/")
    assert list(kept(tablet)["local"]) == ["dilaku.shared"]


def test_left_alone_it_goes_back_to_the_start(tablet, point):
    open_form(tablet)
    fill_in(tablet)
    tablet.clock.run_for(100_000)
    tablet.get_by_label("Nama lengkap").press("End")
    tablet.clock.run_for(100_000)
    assert tablet.get_by_label("Nama lengkap").input_value() == "Siti Rahmawati", "somebody is here"

    tablet.clock.run_for(125_000)
    tablet.wait_for_url(f"**/k/{point.code}/")
    tablet.go_back()
    assert "Siti" not in tablet.content()


def test_left_alone_without_a_signal_it_goes_back_too(browse, signal, point):
    tablet = browse(address=f"http://127.0.0.1:{signal.port}")
    tablet.clock.install()
    see(tablet, point.code)
    tablet.goto(f"/k/{point.code}/?layar=bersama")
    open_form(tablet)
    fill_in(tablet)
    send(tablet)
    tablet.wait_for_url("**/t/**")
    signal.cut()
    tablet.clock.run_for(125_000)

    tablet.wait_for_url(f"**/k/{point.code}/")
    assert tablet.get_by_role("heading", level=1).inner_text() == "Selamat datang"


@pytest.fixture
def that_keeps_pages(chromium):
    """A browser as people have it: it goes back to a page as it was left. Playwright switches that off."""
    browser = launch(chromium.browser_type, ignore_default_args=["--disable-back-forward-cache"])
    yield browser
    browser.close()


@pytest.mark.parametrize("browser", ["chromium", "that_keeps_pages"])
def test_nobody_goes_back_to_what_another_has_left(request, browser, site, point):
    tablet = request.getfixturevalue(browser).new_context(base_url=site).new_page()
    tablet.goto(f"/k/{point.code}/?layar=bersama")
    open_form(tablet)
    fill_in(tablet)
    tablet.get_by_role("link", name="Kembali").click()
    go_back(tablet, point)

    open_form(tablet)
    fill_in(tablet)
    send(tablet)
    tablet.get_by_role("link", name="Data saya").click()
    tablet.wait_for_url("**/data/")
    tablet.goto(f"/k/{point.code}/")
    go_back(tablet, point)

    rate(tablet, Visit.objects.get())
    tablet.goto(f"/k/{point.code}/")
    go_back(tablet, point)
    tablet.context.close()


def go_back(tablet, point) -> None:
    """From the start, and the start it is."""
    tablet.wait_for_url(f"**/k/{point.code}/")
    tablet.evaluate("self.isBefore = true; setTimeout(() => history.back())")
    tablet.wait_for_function("(start) => location.pathname === start && !self.isBefore", arg=f"/k/{point.code}/")


def test_without_a_signal_it_asks_to_send_again(tablet):
    open_form(tablet)
    fill_in(tablet)
    tablet.context.set_offline(True)
    send(tablet)
    tablet.get_by_role("alert").wait_for()
    assert "perangkat ini tidak menyimpan isian" in tablet.get_by_role("alert").inner_text()
    assert personal(tablet) == []

    tablet.context.set_offline(False)
    send(tablet)
    tablet.wait_for_url("**/t/**")
    assert Visit.objects.count() == 1


def test_a_mistake_comes_back_without_being_kept(tablet):
    open_form(tablet)
    fill_in(tablet)
    tablet.get_by_label("Nomor HP atau WhatsApp").fill("0812 34")
    send(tablet)

    tablet.get_by_role("alert").wait_for()
    assert tablet.get_by_label("Nama lengkap").input_value() == "Siti Rahmawati"
    assert personal(tablet) == []


def test_the_mark_can_be_taken_off(tablet, point):
    tablet.goto(f"/k/{point.code}/?layar=sendiri")
    assert not tablet.get_by_text("Layar bersama.").is_visible()

    open_form(tablet)
    assert tablet.get_by_text("Ingat saya di ponsel ini").is_visible()


def test_marking_it_forgets_what_it_kept(browse, point):
    page = browse()
    page.goto(f"/k/{point.code}/kunjungan/")
    fill_in(page)
    assert personal(page) == ["local"]

    page.goto(f"/k/{point.code}/?layar=bersama")
    assert personal(page) == []
