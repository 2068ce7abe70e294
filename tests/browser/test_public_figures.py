"""The figures of an office, and the card of them on its own website."""

import re
from datetime import timedelta

import pytest

from reports import actions
from reports.period import Period
from tests.browser.test_accessibility import complaints_about
from tests.conftest import local


@pytest.fixture
def figures(office, dewi, make_visit, make_survey, make_feedback) -> str:
    """The address of the page, with one month on it."""
    day = office.today().replace(day=1) - timedelta(days=1)
    arrived_at = local(office, f"{day}")
    for _ in range(5):
        make_visit(arrived_at=arrived_at, left_at=arrived_at + timedelta(minutes=20), ended_by="tamu")
        make_survey(day=day)
        make_feedback(created_at=arrived_at, waiting_since=None, first_replied_at=arrived_at + timedelta(hours=1))
    actions.lock(office=office, period=Period.parse(f"{day:%Y-%m}"), number="1", by=dewi)
    return f"/publik/{office.slug}/"


def test_the_card_fits_the_frame_that_the_page_offers(browse, figures):
    page = browse()
    page.goto(figures)
    page.get_by_text("Pasang di situs Anda").click()
    line = page.locator("code").inner_text()
    width, height = (int(re.search(rf'{side}="(\d+)"', line)[1]) for side in ["width", "height"])

    page.set_viewport_size({"width": width, "height": height})
    page.goto(re.search(r'src="([^"]+)"', line)[1])

    assert page.locator("dt").all_inner_texts() == ["Kunjungan", "Indeks kepuasan", "Saran dibalas"]
    root = page.locator("html")
    assert root.evaluate("root => [root.scrollWidth, root.scrollHeight]") == [width, height]


def test_large_text_on_the_narrowest_phone(browse, figures):
    page, problems = browse(width=320), []
    for address in [figures, f"{figures}sematan/"]:
        page.goto(address)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        problems += complaints_about(page)

    assert problems == []
