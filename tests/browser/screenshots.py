"""`make screenshots`: every page at 390 and 1440, light and dark, of the demo office on a Tuesday morning.

Starts its own server on its own database, with the clock held (held_clock.py).
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "docs" / "screenshots"
DAY = "2026-07-14"
PORT = "8099"
SITE_URL = f"http://127.0.0.1:{PORT}"
PRINTED_ADDRESS = "https://dilaku.contoh.go.id"
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
    "colleagues": "/staf/rekan/",
    "paste-districts": "/staf/visits/district/tempel/",
    "offered-closed-days": "/staf/visits/closedday/libur-nasional/",
    "report": "/staf/laporan/2026-06/",
}
FACTS = """
from visits import actions, posters
from visits.models import *
point = CheckInPoint.objects.filter(kind="poster").first()
visit = Visit.objects.open().filter(purpose__is_confidential=False, language="id").newest_first().first()
print(point.code, actions.ticket_key(visit), visit.pk, point.office_id)
"""


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, demo_server(Path(folder)) as facts, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for width in [390, 1440]:
            for scheme in ["light", "dark"]:
                take_all(browser, width, scheme, facts)
        browser.close()


@contextmanager
def demo_server(folder: Path):
    """Yields what the addresses need: code, ticket, visit, office, password."""
    folder.chmod(0o755)
    environment = {**os.environ, "VAR_DIR": str(folder), "SITE_URL": SITE_URL, "PORT": PORT}
    environment.pop("DATABASE_URL", None)

    def manage(*arguments: str, **variables: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.check_output(command, cwd=ROOT, env={**environment, **variables}, text=True)

    manage("migrate", "--verbosity=0")
    manage("collectstatic", "--no-input", "--verbosity=0")
    password = re.search(r"adminkantor\W+([\w-]{8,})", manage("demo", "--today", DAY))[1]
    code, ticket, visit, office = manage("shell", "--verbosity=0", "-c", FACTS).split()
    (FOLDER / "poster.png").write_bytes(poster(code))
    held_clock = "tests.browser.held_clock:application"
    command = [sys.executable, "-m", "gunicorn", "--config", "dilaku/gunicorn.py", held_clock]
    with (
        (folder / "server.log").open("w") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT) as server,
    ):
        try:
            wait_for_server(server)
            yield {"code": code, "ticket": ticket, "visit": visit, "office": office, "password": password}
        finally:
            server.terminate()


def wait_for_server(server) -> None:
    while server.poll() is None:
        try:
            urllib.request.urlopen(f"{SITE_URL}/healthz", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("gunicorn ended")


def poster(code: str) -> bytes:
    from visits import posters

    sheet = posters.Poster(
        office_name="Bawaslu Kabupaten Contoh",
        letterhead_institution="Badan Pengawas Pemilihan Umum",
        letterhead_unit="Kabupaten Contoh",
        address=posters.check_in_address(PRINTED_ADDRESS, code),
        host=PRINTED_ADDRESS.removeprefix("https://"),
        code=code,
        point_name="Pintu depan",
        hours_text="Senin–Kamis 08.00–16.00, Jumat 08.00–16.30 WIB",
        poster_number="P-01",
        printed_on="14 Juli 2026",
    )
    return posters.page_png(sheet, width=800)


def take_all(browser, width: int, scheme: str, facts: dict[str, str]) -> None:
    context = browser.new_context(
        base_url=SITE_URL,
        viewport={"width": width, "height": 844 if width < 500 else 900},
        color_scheme=scheme,
        locale="id-ID",
    )
    page = context.new_page()

    def take(name: str) -> None:
        sys.stdout.write(f"{name} {width} {scheme}\n")
        picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
        # 256 colours are enough for these pages, and a third of the bytes.
        picture.quantize(256, dither=Image.Dither.NONE).save(FOLDER / f"{name}-{width}-{scheme}.png", optimize=True)

    for name, path in PUBLIC.items():
        page.goto(path.format(**facts))
        take(name)
    page.goto(PUBLIC["form"].format(**facts))
    page.locator("main form button[type=submit]").click()
    page.get_by_role("alert").wait_for()
    take("form-errors")

    page.goto("/staf/login/")
    take("login")
    page.get_by_label("Nama pengguna").fill("adminkantor")
    page.get_by_label("Sandi").fill(facts["password"])
    page.get_by_role("button", name="Masuk").click()
    page.wait_for_url("**/staf/")
    for name, path in STAFF.items():
        page.goto(path.format(**facts))
        take(name)
    page.goto(STAFF["office"].format(**facts))
    page.get_by_role("button", name="Tampilkan lagi di beranda").click()
    page.wait_for_url("**/staf/?kantor=*")
    take("first-day")
    page.get_by_role("button", name="Sembunyikan daftar ini").click()
    page.get_by_text("disembunyikan").wait_for()
    context.close()


if __name__ == "__main__":
    main()
