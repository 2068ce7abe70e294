"""A phone that was asked to remembers who was here last. The office is told nothing of it."""

from urllib.parse import parse_qs

import pytest

from tests.browser.phone import fill_in, kept, send
from visits.abuse import TRAP
from visits.forms import VisitForm
from visits.models import Visit

KNOWN = "Ponsel ini mengingat Siti Rahmawati."


def visit(page, point, *, remember: bool) -> None:
    page.goto(f"/k/{point.code}/kunjungan/")
    fill_in(page)
    if remember:
        page.get_by_text("Ingat saya di ponsel ini").click()
    send(page)
    page.wait_for_url("**/t/**")


@pytest.fixture
def own_phone(browse, point):
    """Somebody was here and had the phone remember it; the ticket is forgotten by now."""
    page = browse()
    visit(page, point, remember=True)
    page.get_by_role("button", name="Lupakan di ponsel ini").click()
    return page


def test_a_repeat_visit_is_two_taps_and_a_purpose(own_phone, point):
    own_phone.goto(f"/k/{point.code}/")
    own_phone.get_by_role("link", name="Isi buku tamu").click()
    own_phone.get_by_text("Konsultasi").first.click()
    own_phone.get_by_role("button", name="Kirim dan ambil nomor kunjungan").click()
    own_phone.wait_for_url("**/t/**")

    first, second = Visit.objects.order_by("number").values("name", "phone", "visitor_kind", "district", "consent_at")
    assert first == second
    assert Visit.objects.values("purpose", "note").distinct().count() == 2


def test_only_what_was_ticked_is_remembered(browse, point):
    page = browse()
    visit(page, point, remember=False)
    page.goto(f"/k/{point.code}/kunjungan/")

    assert page.get_by_label("Nama lengkap").input_value() == ""
    assert not page.get_by_text("Ponsel ini mengingat").is_visible()
    assert "dilaku.visitor" not in kept(page)["local"]


@pytest.mark.parametrize("address", ["/k/{}/", "/k/{}/kunjungan/"], ids=["landing", "form"])
def test_forget_me_is_always_in_sight(own_phone, point, address):
    own_phone.goto(address.format(point.code))
    assert own_phone.get_by_text(KNOWN).is_visible()

    own_phone.get_by_role("button", name="Lupakan saya").click()
    assert not own_phone.get_by_text(KNOWN).is_visible()
    assert "dilaku.visitor" not in kept(own_phone)["local"]
    own_phone.goto(f"/k/{point.code}/kunjungan/")
    assert own_phone.get_by_label("Nama lengkap").input_value() == ""
    assert not own_phone.get_by_label("Ingat saya di ponsel ini").is_checked()


def test_forgetting_on_the_form_empties_it(own_phone, point):
    own_phone.goto(f"/k/{point.code}/kunjungan/")
    assert own_phone.get_by_label("Nama lengkap").input_value() == "Siti Rahmawati"
    own_phone.get_by_role("button", name="Lupakan saya").click()

    assert own_phone.get_by_label("Nama lengkap").input_value() == ""
    assert not own_phone.get_by_label("Ingat saya di ponsel ini").is_checked()


def test_taking_the_tick_away_forgets(own_phone, point):
    own_phone.goto(f"/k/{point.code}/kunjungan/")
    own_phone.get_by_text("Permintaan data dan informasi").click()
    own_phone.get_by_text("Ingat saya di ponsel ini").click()
    send(own_phone)
    own_phone.wait_for_url("**/t/**")

    assert "dilaku.visitor" not in kept(own_phone)["local"]


def test_the_office_is_not_told(browse, point):
    page = browse()
    bodies = []

    def hear(body):
        bodies.append(body)

    page.expose_function("hear", hear)
    page.add_init_script(
        "const send = fetch; self.fetch = (url, how) => { hear(String(how.body)); return send(url, how); }"
    )
    visit(page, point, remember=True)

    sent = set(parse_qs(bodies[0], keep_blank_values=True))
    assert sent == {*VisitForm.base_fields, TRAP} - {"consent"}, "the tick has no name"


def test_a_letter_may_stay_without_a_name(own_phone, point):
    own_phone.goto(f"/k/{point.code}/saran/")

    assert own_phone.get_by_label("Nama", exact=False).first.input_value() == ""
    assert own_phone.get_by_text("Ingat saya").count() == 0


def test_a_draft_of_today_comes_first(own_phone, point):
    own_phone.goto(f"/k/{point.code}/kunjungan/")
    own_phone.get_by_label("Nama lengkap").fill("Siti R.")
    own_phone.reload()

    assert own_phone.get_by_label("Nama lengkap").input_value() == "Siti R."


def test_without_javascript_nothing_is_offered(browse, point):
    page = browse(javascript=False)
    page.goto(f"/k/{point.code}/kunjungan/")

    for words in ["Ingat saya di ponsel ini", "Ponsel ini mengingat", "Tanpa sinyal", "Layar bersama"]:
        assert not page.get_by_text(words).is_visible()
