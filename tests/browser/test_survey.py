"""Nine questions on a phone: by thumb, by keys only, without JavaScript, in large letters on the narrowest screen."""

import contextlib
from itertools import pairwise

import pytest
from playwright.sync_api import Error, expect

from tests.browser.conftest import log_in
from tests.browser.phone import kept
from tests.browser.test_accessibility import complaints_about, complaints_after, complaints_on_any_screen, ticket
from visits import actions
from visits.models import SurveyResponse
from visits.models.survey import ELEMENTS


def tick(page, element: str, answer: int) -> None:
    page.locator(f"[name={element}][value='{answer}'] + label").click()


def answers() -> list[list[int]]:
    return [list(row) for row in SurveyResponse.objects.values_list(*ELEMENTS)]


def progress(page) -> str:
    """What a screen reader reads of the line at the bottom; the number is counted by CSS."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    texts = [node["name"]["value"].strip() for node in tree if node["role"].get("value") == "StaticText"]
    place = texts.index("dari 9 pertanyaan terjawab")
    return f"{texts[place - 2]} {texts[place]}"


@pytest.mark.parametrize(("width", "javascript"), [(320, False), (390, True), (1440, True)], ids=str)
def test_from_the_ticket_to_thanks_and_once_more(browse, make_visit, width, javascript):
    page = browse(width=width, javascript=javascript)
    page.goto(ticket(make_visit()))
    page.get_by_role("button", name="Selesai berkunjung").click()
    page.get_by_role("link", name="Beri penilaian").click()
    page.wait_for_url("**/penilaian/")
    assert progress(page) == "0 dari 9 pertanyaan terjawab"
    tick(page, "speed", 1)
    tick(page, "speed", 2)
    assert progress(page) == "1 dari 9 pertanyaan terjawab"
    for element in ELEMENTS:
        tick(page, element, 3)
    assert progress(page) == "9 dari 9 pertanyaan terjawab"
    page.get_by_label("Catatan untuk kantor ini").fill("Ruang tunggu sejuk")
    page.get_by_role("button", name="Kirim penilaian").click()
    page.wait_for_url("**/terima-kasih/")
    assert answers() == [[3] * 9]

    page.get_by_role("link", name="Kembali ke tiket").click()
    page.get_by_role("link", name="Ubah penilaian").click()
    page.wait_for_url("**/penilaian/")
    assert progress(page) == "9 dari 9 pertanyaan terjawab"
    assert page.get_by_label("Catatan untuk kantor ini").input_value() == "Ruang tunggu sejuk"
    tick(page, "cost", 4)
    page.get_by_role("button", name="Kirim penilaian").click()
    page.wait_for_url("**/terima-kasih/")
    assert answers() == [[3, 3, 3, 4, 3, 3, 3, 3, 3]]


def test_what_was_ticked_outlives_a_reload_and_a_lost_signal(browse, signal, point):
    page, address = browse(address=f"http://127.0.0.1:{signal.port}"), f"/k/{point.code}/penilaian/"
    page.goto(address)
    notice = page.get_by_text("Penilaian ini belum terkirim.")
    assert not notice.is_visible()
    for element in ELEMENTS[:5]:
        tick(page, element, 2)
    page.reload()
    notice.wait_for()
    for element in ELEMENTS[5:]:
        tick(page, element, 2)
    signal.cut()
    with contextlib.suppress(Error):
        page.get_by_role("button", name="Kirim penilaian").click()
        page.wait_for_url("chrome-error://**", timeout=2000)

    signal.mend()
    page.goto(address)
    assert progress(page) == "9 dari 9 pertanyaan terjawab"
    page.get_by_role("button", name="Kirim penilaian").click()
    page.wait_for_url("**/terima-kasih/")
    assert answers() == [[2] * 9]
    assert kept(page)["local"] == {}


def test_what_is_changed_on_a_sheet_outlives_a_reload_and_can_be_emptied(browse, make_visit):
    visit = make_visit()
    page = browse()
    page.goto(f"{ticket(visit)}penilaian/")
    for element in ELEMENTS:
        tick(page, element, 4)
    page.get_by_text("Sedikit tentang Anda").click()
    page.get_by_label("Pekerjaan").select_option(index=2)
    page.get_by_role("button", name="Kirim penilaian").click()
    page.wait_for_url("**/terima-kasih/")
    page.get_by_role("link", name="Ubah penilaian").click()
    tick(page, "speed", 1)
    page.reload()
    speed = page.locator("[name=speed]:checked")
    page.get_by_text("Penilaian ini belum terkirim.").wait_for()
    assert speed.get_attribute("value") == "1"

    page.get_by_role("button", name="Kosongkan").click()
    assert speed.get_attribute("value") == "4"
    page.reload()
    assert not page.get_by_text("Penilaian ini belum terkirim.").is_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_what_is_missing_is_shown_first_and_costs_nothing(browse, point, javascript):
    page = browse(javascript=javascript)
    page.goto(f"/k/{point.code}/")
    page.get_by_role("link", name="Sudah dilayani? Beri penilaian").click()
    page.wait_for_url("**/penilaian/")
    for element in ELEMENTS[:-1]:
        tick(page, element, 2)
    page.get_by_role("button", name="Kirim penilaian").click()

    summary = page.get_by_role("alert")
    assert "Ada 1 isian yang perlu diperbaiki" in summary.inner_text()
    summary.get_by_role("link", name="Pilih jawaban pertanyaan 9.").click()
    expect(page.locator("[name=complaints]:focus")).to_be_visible()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Kirim penilaian").click()
    page.wait_for_url("**/terima-kasih/")
    assert answers() == [[2] * 8 + [1]]


def test_two_taps_are_one_sheet(browse, point):
    page = browse()
    page.goto(f"/k/{point.code}/penilaian/")
    for element in ELEMENTS:
        tick(page, element, 4)
    page.get_by_role("button", name="Kirim penilaian").dblclick()
    page.wait_for_url("**/terima-kasih/")
    page.go_back()
    page.get_by_role("button", name="Kirim penilaian").click()
    page.wait_for_url("**/terima-kasih/")

    assert answers() == [[4] * 9]


def test_with_keys_only_and_always_in_sight(browse, point):
    page = browse(width=320)
    page.goto(f"/k/{point.code}/penilaian/")
    page.locator("[name=requirements]").first.focus()
    hidden = []
    for element in ELEMENTS:
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        assert page.evaluate("[document.activeElement.name, document.activeElement.value]") == [element, "3"]
        if page.evaluate("""() => {
            const bar = document.querySelector(".count").getBoundingClientRect();
            const answer = document.activeElement.labels[0].getBoundingClientRect();
            return answer.top < 0 || (answer.bottom > bar.top && answer.top < bar.bottom);
        }"""):
            hidden.append(element)
        page.keyboard.press("Tab")
    assert hidden == []
    assert page.evaluate("document.activeElement.name") == "purpose"
    page.get_by_role("button", name="Kirim penilaian").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/terima-kasih/")

    assert answers() == [[3] * 9]


@pytest.mark.parametrize("width", [320, 390])
def test_every_answer_is_a_large_target(browse, point, width):
    page = browse(width=width)
    page.goto(f"/k/{point.code}/penilaian/")
    sizes = page.locator(".four label").evaluate_all(
        "labels => labels.map(label => [label.offsetWidth, label.offsetHeight])"
    )

    assert len(sizes) == 36
    assert [size for size in sizes if min(size) < 44] == []


def test_accessible(browse, point, make_visit, make_survey, online_point, alice):
    closed = actions.close(make_visit())
    page = browse()
    announced = ticket(make_visit(point=online_point, arrived_at=None))
    problems = complaints_after(
        page,
        [
            ticket(closed),
            f"{ticket(closed)}penilaian/",
            f"{announced}penilaian/",
            f"/k/{point.code}/penilaian/?lang=en",
            f"/k/{point.code}/penilaian/terima-kasih/",
        ],
    )
    page.goto(f"/k/{point.code}/penilaian/")
    tick(page, "speed", 4)
    page.locator("[name=age]").evaluate("age => { age.value = 200 }")
    page.locator("main form button[type=submit]").click()
    page.get_by_role("alert").wait_for()
    problems += complaints_on_any_screen(page)
    make_survey(2, comment="Antre lama")
    log_in(page, "alice")
    page.goto("/staf/visits/surveyresponse/")
    page.locator("#result_list summary").click()
    problems += complaints_on_any_screen(page)

    assert problems == []


def test_on_a_phone_staff_read_a_sheet_from_top_to_bottom(browse, make_survey, alice):
    make_survey(2, comment="Antre lama")
    page = browse(width=390)
    log_in(page, "alice")
    page.goto("/staf/visits/surveyresponse/")
    cells = [page.locator(f"#result_list td.field-{name}") for name in ["about", "shown_comment", "answers"]]
    boxes = [cell.bounding_box() for cell in cells]

    assert {(box["x"], box["width"]) for box in boxes} == {(boxes[0]["x"], boxes[0]["width"])}
    assert [below["y"] >= above["y"] + above["height"] for above, below in pairwise(boxes)] == [True, True]


def test_large_text_on_the_narrowest_phone(browse, point):
    page = browse(width=320)
    page.goto(f"/k/{point.code}/penilaian/")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    tick(page, "conduct", 4)

    assert complaints_about(page) == []
