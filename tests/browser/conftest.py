"""Real Chromium against real gunicorn on the test database."""

import os
import re
import shutil
import time
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.phone import fill_in, personal, see, send, wait_for_signal, wait_until_nothing_waits
from tests.conftest import PASSWORD
from tests.servers import PATIENT, Wire, serving
from visits import actions
from visits.models import Visit

# Against hanging only: a machine may stall, and the outbox tries again ever less often.
PATIENCE_MS = 30_000
# The browser's own words for an error page's status, and for a line that is cut while it fetches the service worker.
NO_COMPLAINTS = ("Failed to load resource", "An unknown error occurred when fetching the script.")
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items):
    """Another process reads what these tests write, so each of them commits."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="package", autouse=True)
def _browser_and_database_in_one_thread():
    """Playwright's loop runs in this thread, and Django would take that for asynchronous code."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def _no_boundary_of_an_office_day():
    """At closing time the clock ends a visit; over midnight a form that waits becomes an old one."""
    now = datetime.now(ZoneInfo("Asia/Jakarta"))
    for hour, minute in [(16, 0), (16, 30), (24, 0)]:
        left = timedelta(hours=hour - now.hour, minutes=minute - now.minute, seconds=-now.second).total_seconds()
        if 0 <= left < 40:
            time.sleep(left + 1)


@pytest.fixture(scope="package")
def site(django_db_setup, django_db_blocker, _static_files) -> str:
    """The address of a running DILAKU."""
    with serving(PATIENT) as address:
        yield address


def launch(browser_type, **options):
    return browser_type.launch(
        executable_path=shutil.which("chromium"),
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        **options,
    )


@pytest.fixture(scope="package")
def chromium(_browser_and_database_in_one_thread):
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium, site, signal):
    """Opens a browser of its own for one person: `browse(width=390, dark=False, javascript=True, address=site)`.

    Whatever the page complains about, a broken Content-Security-Policy above all, fails the test at its end.
    """
    contexts, complaints = [], []

    def open_browser(*, width=390, dark=False, javascript=True, address=site):
        context = chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            locale="id-ID",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: _hear(message, complaints))
        page.set_default_timeout(PATIENCE_MS)
        return page

    yield open_browser
    # Before the signal is cut.
    for context in contexts:
        context.close()
    assert complaints == []


def _hear(message, complaints: list[str]) -> None:
    if message.type in {"error", "warning"} and not message.text.startswith(NO_COMPLAINTS):
        complaints.append(message.text)


@pytest.fixture
def signal(site):
    """The way from the phone to the office; `signal.cut()` and `signal.mend()`."""
    wire = Wire(to_port=urlsplit(site).port)
    yield wire
    wire.cut()


@pytest.fixture
def phone(browse, signal, point):
    """A phone that has been at this check-in point before."""
    page = browse(address=f"http://127.0.0.1:{signal.port}")
    see(page, point.code)
    return page


@pytest.fixture
def waiting(phone, signal, point):
    """A form that was sent without a signal waits on the phone."""
    send_without_signal(phone, signal, point)
    return phone


def send_without_signal(phone, signal, point) -> None:
    phone.goto(f"/k/{point.code}/kunjungan/")
    fill_in(phone)
    signal.cut()
    send(phone)
    wait_for_signal(phone)


def log_in(page, username: str) -> None:
    page.goto("/staf/")
    page.get_by_label("Nama pengguna").fill(username)
    page.get_by_label("Sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    page.wait_for_url(re.compile(r"^[^?]*/staf/$"))


def ticket_of_the_only_visit() -> str:
    return f"/t/{actions.ticket_key(Visit.objects.get())}/"


def assert_on_the_ticket(page):
    """There is one visit, this is its ticket, and the phone keeps nothing that was typed."""
    page.wait_for_url("**/t/**", timeout=2 * PATIENCE_MS)
    assert urlsplit(page.url).path == ticket_of_the_only_visit()
    assert "Siti Rahmawati" in page.get_by_role("heading", level=1).inner_text()
    assert personal(page) == []
    wait_until_nothing_waits(page)
