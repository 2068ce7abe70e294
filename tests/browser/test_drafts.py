"""What is typed stays on the visitor's own phone until it is sent, for a day at most, and nobody else is shown it."""

import json
import time

import pytest
from playwright.sync_api import expect

from tests.browser.phone import fill_in, kept, personal, send, wait_until
from tests.visits.threads import page_of
from visits.models import Visit

HINT = "Isian Anda tadi masih ada di ponsel ini."


@pytest.fixture
def form(browse, point):
    page = browse()
    page.goto(f"/k/{point.code}/kunjungan/")
    return page


def typed(page) -> dict[str, str]:
    """What a visitor would send now, but for the id."""
    fields = page.evaluate("Object.fromEntries(new FormData(document.querySelector('form[data-outbox]')))")
    del fields["submission_id"]
    return fields


def submission_id(page) -> str:
    return page.locator("[name=submission_id]").input_value()


def drafts(page) -> list[dict]:
    return [json.loads(value) for key, value in kept(page)["local"].items() if key.startswith("dilaku.draft ")]


def put_back(page, hours: float) -> None:
    """As if the draft had been written so long ago."""
    page.evaluate(
        """(milliseconds) => {
            for (const key of Object.keys(localStorage).filter((key) => key.startsWith("dilaku.draft "))) {
                const draft = JSON.parse(localStorage[key]);
                localStorage[key] = JSON.stringify({ ...draft, at: draft.at - milliseconds });
            }
        }""",
        hours * 3600 * 1000,
    )


def opened_again(page):
    """The tab is closed; later the form is opened in a new one."""
    return in_a_new_tab(page, page.url)


def in_a_new_tab(page, address: str):
    context = page.context
    page.close()
    page = context.new_page()
    page.goto(address)
    return page


@pytest.mark.parametrize("come_back", ["reload", "new tab"])
def test_everything_typed_is_there_again_and_is_still_the_same_visit(form, come_back):
    fill_in(form)
    form.get_by_role("button", name="Tambah satu tamu").click()
    form.get_by_text("Orang yang dituju dan catatan").click()
    form.get_by_label("Catatan").fill("Perlu\nkursi roda")
    form.get_by_text("Boleh dihubungi lewat WhatsApp").click()
    before, first_id = typed(form), submission_id(form)
    assert (before["party_size"], before["consent"], before["name"]) == ("2", "on", "Siti Rahmawati")

    page = opened_again(form) if come_back == "new tab" else form
    page.reload()
    assert typed(page) == before
    assert submission_id(page) == first_id
    assert page.get_by_text(HINT).is_visible()
    assert page.get_by_label("Catatan").is_visible(), "what was typed is in sight"

    send(page)
    page.wait_for_url("**/t/**")
    assert (Visit.objects.get().party_size, Visit.objects.get().note) == (2, "Perlu\nkursi roda")


def test_after_sending_the_next_visitor_finds_nothing(form, point):
    fill_in(form)
    send(form)
    form.wait_for_url("**/t/**")
    assert drafts(form) == []
    assert personal(form) == []

    form.goto(f"/k/{point.code}/kunjungan/")
    assert (typed(form)["name"], form.get_by_text(HINT).is_visible()) == ("", False)


def test_emptied_by_hand(form):
    fill_in(form)
    first_id = submission_id(form)
    form.reload()
    form.get_by_role("button", name="Kosongkan").click()

    assert (typed(form)["name"], form.get_by_text(HINT).is_visible(), drafts(form)) == ("", False, [])
    assert submission_id(form) != first_id
    assert form.evaluate("document.activeElement.name") == "name"


@pytest.mark.parametrize(("hours", "is_kept"), [(23, True), (25, False), (-25, False)])
def test_a_draft_lasts_a_day(form, point, hours, is_kept):
    fill_in(form)
    put_back(form, hours)

    form.goto(f"/k/{point.code}/")
    assert len(drafts(form)) == is_kept, "swept by any page"
    form.goto(f"/k/{point.code}/kunjungan/")
    assert typed(form)["name"] == ("Siti Rahmawati" if is_kept else "")


def test_an_empty_form_leaves_no_draft(form):
    form.reload()

    assert drafts(form) == []


def test_each_form_has_a_draft_of_its_own(form, point, online_point):
    fill_in(form)
    for address in [f"/k/{online_point.code}/kunjungan/", f"/k/{point.code}/saran/"]:
        form.goto(address)
        assert "Siti Rahmawati" not in typed(form).values()

    form.get_by_label("Tulisan Anda").fill("Ruang tunggu panas.")
    form.reload()
    assert typed(form)["body"] == "Ruang tunggu panas."
    form.goto(f"/k/{point.code}/kunjungan/?lang=en")
    assert typed(form)["name"] == "Siti Rahmawati", "the same form in English"


def test_a_draft_of_an_earlier_release_with_choices_that_are_gone(form, point):
    """The layout of the first release is written out here, and never changed."""
    draft = {
        "at": time.time() * 1000,
        "id": "7d9f2f4e-52a1-4b3e-8f0e-0d7c5b7d9a11",
        "fields": [["name", "Siti Rahmawati"], ["purpose", "999999"], ["district", "999999"], ["shoe_size", "42"]],
    }
    form.evaluate(
        "([path, draft]) => localStorage.setItem(`dilaku.draft ${path}`, JSON.stringify(draft))",
        [f"/k/{point.code}/kunjungan/", draft],
    )
    form.reload()

    assert (typed(form)["name"], typed(form)["district"], "purpose" in typed(form)) == ("Siti Rahmawati", "", False)
    assert submission_id(form) == draft["id"]


def test_nonsense_in_the_store_is_no_draft(form, point):
    for nonsense in ["", "null", "7", "{}", '{"at": 1, "fields": 7}', "{broken"]:
        form.evaluate(
            "([path, text]) => localStorage.setItem(`dilaku.draft ${path}`, text)",
            [f"/k/{point.code}/kunjungan/", nonsense],
        )
        form.reload()
        assert (nonsense, typed(form)["name"], len(submission_id(form))) == (nonsense, "", 36)


def test_fast_fingers_are_not_overwritten(browse, point):
    """What is typed before the scripts have arrived counts more than a draft."""
    page = browse()
    page.goto(f"/k/{point.code}/kunjungan/")
    fill_in(page)
    page.add_init_script(
        """document.addEventListener("readystatechange", () => {
            if (document.readyState === "interactive") document.getElementById("name").value = "Budi";
        })"""
    )
    page.reload()

    assert typed(page)["name"] == "Budi"


def test_a_phone_that_keeps_nothing_still_sends(browse, point):
    page = browse()
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }")
    page.goto(f"/k/{point.code}/kunjungan/")
    fill_in(page)
    send(page)

    page.wait_for_url("**/t/**")
    assert Visit.objects.count() == 1


@pytest.mark.parametrize("what_is_lost", ["the letter", "its answer"])
def test_a_further_letter_is_kept_until_it_has_arrived(browse, signal, make_feedback, what_is_lost):
    thread, words = make_feedback(), "Kursinya masih kurang.\n\nDua lagi, mohon."
    page = browse(address=f"http://127.0.0.1:{signal.port}")
    page.goto(page_of(thread))
    page.get_by_text("Saya ingin menambahkan").click()
    page.get_by_label("Tulisan Anda").fill(words)
    page.reload()
    assert page.get_by_label("Tulisan Anda").input_value() == words
    first_id = submission_id(page)

    if what_is_lost == "the letter":
        signal.cut()
    else:
        signal.loses_answers = True
    page.get_by_role("button", name="Kirim tulisan").click()
    page.wait_for_url("chrome-error://**")
    if what_is_lost == "its answer":
        signal.cut()
    signal.mend()
    page = in_a_new_tab(page, page_of(thread))

    if what_is_lost == "the letter":
        assert (page.get_by_label("Tulisan Anda").input_value(), submission_id(page)) == (words, first_id)
        page.get_by_role("button", name="Kirim tulisan").click()
    expect(page.locator(".letter").last).to_contain_text("Dua lagi, mohon.")
    assert [letter.body for letter in thread.messages.all()][1:] == [words]
    wait_until(page, lambda: drafts(page) == [])


def test_a_shared_screen_keeps_no_letter(browse, point, make_feedback):
    page, thread = browse(), make_feedback()
    page.goto(f"/k/{point.code}/?layar=bersama")
    page.goto(page_of(thread))
    page.get_by_text("Saya ingin menambahkan").click()
    page.get_by_label("Tulisan Anda").fill("Kursinya masih kurang.")
    assert drafts(page) == []
