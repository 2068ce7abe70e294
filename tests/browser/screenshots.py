"""`make screenshots`: every page at 390 and 1440, light and dark, from a running `make demo`.

python -m tests.browser.screenshots ADDRESS CODE TICKET ACCOUNT PASSWORD
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "screenshots"
WIDTHS = [390, 1440]
SCHEMES = ["light", "dark"]
PUBLIC = {
    "home": "/",
    "landing": "/k/{code}/",
    "form": "/k/{code}/kunjungan/",
    "requirements": "/k/{code}/syarat/",
    "privacy": "/privasi/",
    "ticket": "/t/{ticket}/",
    "not-found": "/tidak-ada/",
}
STAFF = {
    "dashboard": "/staf/",
    "visits": "/staf/visits/visit/",
    "visit": "/staf/visits/visit/{visit}/change/",
    "record-guest": "/staf/visits/visit/add/",
    "inside": "/staf/di-dalam/",
    "posters": "/staf/poster/",
    "poster-preview": "/staf/poster/{code}/",
    "services": "/staf/visits/purpose/",
    "office": "/staf/visits/office/{office}/change/",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ["address", "code", "ticket", "account", "password", "visit", "office"]:
        parser.add_argument(name)
    chosen = vars(parser.parse_args())
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for width in WIDTHS:
            for scheme in SCHEMES:
                take_all(browser, width, scheme, chosen)
        browser.close()


def take_all(browser, width, scheme, chosen):
    context = browser.new_context(
        base_url=chosen["address"],
        viewport={"width": width, "height": 844 if width < 500 else 900},
        color_scheme=scheme,
        locale="id-ID",
    )
    page = context.new_page()

    def take(name):
        print(f"{name} {width} {scheme}", flush=True)
        page.screenshot(path=FOLDER / f"{name}-{width}-{scheme}.png", full_page=True)

    for name, path in PUBLIC.items():
        page.goto(path.format(**chosen))
        take(name)
    page.goto(PUBLIC["form"].format(**chosen))
    page.locator("main form button[type=submit]").click()
    page.get_by_role("alert").wait_for()
    take("form-errors")

    page.goto("/staf/login/")
    take("login")
    page.get_by_label("Nama pengguna").fill(chosen["account"])
    page.get_by_label("Sandi").fill(chosen["password"])
    page.get_by_role("button", name="Masuk").click()
    for name, path in STAFF.items():
        page.goto(path.format(**chosen))
        take(name)
    context.close()


if __name__ == "__main__":
    main()
