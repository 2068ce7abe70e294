"""WCAG 2.2 AA by axe-core, and no sideways scrolling: every page, light and dark, phone and desk."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group

from tests.browser.conftest import log_in
from visits import actions
from visits.models import CheckInPoint

RULES = {
    # Without it axe copies stylesheets into <style>, which our policy refuses, and complains in the console.
    "preload": False,
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
}
SCREENS = pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1440, False), (1440, True)], ids=str)


def complaints_about(page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    problems = [f"{page.url} {rule['id']}: {node['html'][:150]}" for rule in found for node in rule["nodes"]]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        problems.append(f"{page.url} scrolls sideways")
    return problems


def complaints_after(page, addresses) -> list[str]:
    problems = []
    for address in addresses:
        page.goto(address)
        problems += complaints_about(page)
    return problems


def ticket(visit) -> str:
    return f"/t/{actions.ticket_key(visit)}/"


@SCREENS
def test_public_pages(browse, point, online_point, other_office, make_visit, width, dark):
    revoked = CheckInPoint.objects.create(office=point.office, name="Lama", is_active=False)
    closed = make_visit()
    actions.close(closed)
    page = browse(width=width, dark=dark)

    problems = complaints_after(
        page,
        [
            "/",
            f"/k/{point.code}/",
            f"/k/{point.code}/?lang=en",
            f"/k/{point.code}/kunjungan/",
            f"/k/{online_point.code}/kunjungan/",
            f"/k/{point.code}/syarat/",
            f"/k/{revoked.code}/",
            "/privasi/",
            f"/privasi/?kantor={point.office.slug}",
            ticket(make_visit()),
            ticket(closed),
            ticket(make_visit(point=online_point, arrived_at=None)),
            "/tidak-ada/",
            "/t/salah/",
        ],
    )
    page.goto(f"/k/{point.code}/kunjungan/")
    page.locator("main form button[type=submit]").click()
    page.get_by_role("alert").wait_for()
    problems += complaints_about(page)

    assert problems == []


@SCREENS
def test_public_pages_with_large_text_on_a_narrow_phone(browse, point, make_visit, width, dark):
    """320 px wide and text at 200 %: nothing is cut off and nothing scrolls sideways."""
    page = browse(width=320, dark=dark)
    problems = []
    for address in ["/", f"/k/{point.code}/", f"/k/{point.code}/kunjungan/", "/privasi/", ticket(make_visit())]:
        page.goto(address)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        problems += complaints_about(page)

    assert problems == []


@SCREENS
def test_staff_pages(browse, point, dewi, make_visit, online_point, width, dark):
    visit = make_visit()
    make_visit(point=online_point, arrived_at=None)
    actions.close(make_visit(name="Budi Santoso"), by=dewi)
    page = browse(width=width, dark=dark)
    page.goto("/staf/login/")
    problems = complaints_about(page)
    log_in(page, "dewi")

    problems += complaints_after(
        page,
        [
            "/staf/",
            "/staf/visits/visit/",
            "/staf/visits/visit/?q=tidak-ada",
            f"/staf/visits/visit/{visit.pk}/change/",
            f"/staf/visits/visit/{visit.pk}/kecualikan/",
            "/staf/visits/visit/add/",
            "/staf/visits/visit/export/?status=selesai",
            "/staf/visits/visit/import/",
            "/staf/di-dalam/",
            "/staf/laporan/2026-06/",
            f"/staf/laporan/{visit.day:%Y-%m}/",
            "/staf/poster/",
            f"/staf/poster/{point.code}/",
            f"/staf/visits/office/{point.office.pk}/change/",
            "/staf/visits/purpose/",
            f"/staf/visits/purpose/{visit.purpose_id}/change/",
            "/staf/visits/closedday/add/",
            "/staf/visits/closedday/libur-nasional/",
            "/staf/visits/district/tempel/",
            "/staf/rekan/",
            "/staf/rekan/tambah/",
            f"/staf/rekan/{dewi.pk}/",
            "/staf/visits/checkinpoint/add/",
            "/staf/password_change/",
        ],
    )

    assert problems == []


def test_staff_pages_on_the_narrowest_phone(browse, office, root, make_visit):
    """320 px wide: tables may scroll in themselves, a page never does."""
    visit, page = make_visit(), browse(width=320)
    log_in(page, "root")

    assert [
        address
        for address in [
            "/staf/",
            "/staf/visits/visit/",
            f"/staf/visits/visit/{visit.pk}/change/",
            "/staf/visits/visit/add/",
            "/staf/visits/visit/export/",
            "/staf/visits/visit/import/",
            f"/staf/visits/office/{office.pk}/change/",
            f"/staf/visits/purpose/{visit.purpose_id}/change/",
            "/staf/visits/auditevent/",
            "/staf/di-dalam/",
            "/staf/rekan/",
            f"/staf/auth/user/{root.pk}/change/",
            "/staf/auth/user/add/",
            f"/staf/auth/group/{Group.objects.first().pk}/change/",
            f"/staf/laporan/{visit.day:%Y-%m}/",
            "/staf/poster/",
        ]
        if scrolls_sideways(page, address)
    ] == []


def scrolls_sideways(page, address) -> bool:
    page.goto(address)
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
