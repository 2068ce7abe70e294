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

from tests.browser import phone

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "docs" / "screenshots"
DAY = "2026-07-14"
MORNING = f"{DAY}T11:00:00+07:00"
PORT = "8099"
SITE_URL = f"http://127.0.0.1:{PORT}"
PRINTED_ADDRESS = "https://dilaku.contoh.go.id"
PUBLIC = {
    "home": "/",
    "landing": "/k/{code}/",
    "form": "/k/{code}/kunjungan/",
    "feedback-form": "/k/{code}/saran/",
    "survey": "/k/{code}/penilaian/",
    "requirements": "/k/{code}/syarat/",
    "privacy": "/privasi/",
    "public-figures": "/publik/contoh/",
    "ticket": "/t/{ticket}/",
    "own-data": "/t/{ticket}/data/",
    "thread-answered": "/s/{thread}/",
    "not-found": "/tidak-ada/",
}
STAFF = {
    "dashboard": "/staf/",
    "visits": "/staf/visits/visit/",
    "visit": "/staf/visits/visit/{visit}/change/",
    "record-guest": "/staf/visits/visit/add/",
    "inbox": "/staf/visits/feedback/",
    "letters": "/staf/visits/feedback/{letter}/change/",
    "inside": "/staf/di-dalam/",
    "data-requests": "/staf/visits/datarequest/",
    "data-request": "/staf/visits/datarequest/{request}/change/",
    "data-by-phone": "/staf/hak-data/",
    "survey-sheets": "/staf/visits/surveyresponse/",
    "posters": "/staf/poster/",
    "poster-preview": "/staf/poster/{code}/",
    "poster-check": "/staf/poster/periksa/",
    "services": "/staf/visits/purpose/",
    "office": "/staf/visits/office/{office}/change/",
    "colleagues": "/staf/rekan/",
    "account": "/staf/akun/",
    "paste-districts": "/staf/visits/district/tempel/",
    "offered-closed-days": "/staf/visits/closedday/libur-nasional/",
    "audit-trail": "/staf/visits/auditevent/",
    "report": "/staf/laporan/2026-06/",
}
FACTS = """
from django.contrib.auth.models import User
from reports.actions import lock
from reports.period import Period
from visits import actions, feedback_actions, posters
from visits.models import *
for period in ["2026-04", "2026-05"]:
    by = User.objects.get(username="adminkantor")
    lock(office=Office.objects.get(), period=Period.parse(period), number=period, by=by)
point = CheckInPoint.objects.filter(kind="poster").first()
visit = Visit.objects.open().filter(purpose__is_confidential=False, language="id").newest_first().first()
waiting = Feedback.objects.most_urgent_first().first()
answered = Feedback.objects.settled().order_by("pk").last() or Feedback.objects.answered().order_by("pk").last()
key = feedback_actions.thread_key(answered)
request = DataRequest.objects.most_urgent_first().first()
print(point.code, actions.ticket_key(visit), visit.pk, point.office_id, waiting.pk, key, request.pk)
"""


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, demo_server(Path(folder)) as facts, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for width in [390, 1440]:
            for scheme in ["light", "dark"]:
                for take_some in [take_all, take_phone]:
                    with camera(browser, width, scheme) as (page, take):
                        take_some(page, take, facts)
        browser.close()


@contextmanager
def demo_server(folder: Path):
    """Yields what the addresses need, and the password."""
    folder.chmod(0o755)
    environment = {**os.environ, "VAR_DIR": str(folder), "SITE_URL": SITE_URL, "PORT": PORT}
    environment.pop("DATABASE_URL", None)

    def manage(*arguments: str, **variables: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.check_output(command, cwd=ROOT, env={**environment, **variables}, text=True)

    manage("migrate", "--verbosity=0")
    manage("collectstatic", "--no-input", "--verbosity=0")
    password = re.search(r"adminkantor\W+([\w-]{8,})", manage("demo", "--today", DAY))[1]
    names = ["code", "ticket", "visit", "office", "letter", "thread", "request"]
    facts = dict(zip(names, manage("shell", "--verbosity=0", "-c", FACTS).split(), strict=True))
    (FOLDER / "poster.png").write_bytes(poster(facts["code"]))
    held_clock = "tests.browser.held_clock:application"
    command = [sys.executable, "-m", "gunicorn", "--config", "dilaku/gunicorn.py", held_clock]
    with (
        (folder / "server.log").open("w") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT) as server,
    ):
        try:
            wait_for_server(server)
            yield {**facts, "password": password}
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


@contextmanager
def camera(browser, width: int, scheme: str):
    """A page of a new browser, and what takes a picture of it under a name."""
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

    yield page, take
    context.close()


def take_phone(page, take, facts: dict[str, str]) -> None:
    """What the phone itself has to say. Nothing is sent: the front desk's list stays as it is."""
    page.clock.set_fixed_time(MORNING)
    phone.see(page, facts["code"])
    page.context.set_offline(True)
    page.goto(PUBLIC["form"].format(**facts))
    phone.fill_in(page)
    page.get_by_text("Ingat saya di ponsel ini").click()
    phone.send(page)
    phone.wait_for_signal(page)
    take("signal-lost")
    page.get_by_role("button", name="Hapus dari ponsel ini").click()
    page.get_by_role("heading", name="Isi buku tamu").wait_for()
    page.goto(PUBLIC["landing"].format(**facts))
    take("landing-offline")
    page.context.set_offline(False)
    page.goto(PUBLIC["form"].format(**facts))
    take("returning-visitor")
    phone.fill_in(page)
    page.reload()
    page.get_by_text("Isian Anda tadi masih ada").wait_for()
    take("draft")


def take_all(page, take, facts: dict[str, str]) -> None:
    for name, path in PUBLIC.items():
        page.goto(path.format(**facts))
        take(name)
    page.goto(PUBLIC["form"].format(**facts))
    page.locator("main form button[type=submit]").click()
    page.get_by_role("alert").wait_for()
    take("form-errors")
    page.goto(PUBLIC["feedback-form"].format(**facts))
    page.get_by_text("Usul agar layanan kami lebih baik").click()
    page.get_by_label("Tulisan Anda").fill("Ruang tunggu kurang kursi, dan ibu saya sempat berdiri cukup lama.")
    page.get_by_role("button", name="Kirim saran").click()
    page.wait_for_url("**/s/**")
    take("thread")

    page.goto("/staf/login/")
    take("login")
    page.get_by_label("Nama pengguna").fill("adminkantor")
    page.get_by_label("Sandi").fill(facts["password"])
    page.get_by_role("button", name="Masuk").click()
    page.wait_for_url("**/staf/")
    for name, path in STAFF.items():
        page.goto(path.format(**facts))
        take(name)
    page.goto(STAFF["inbox"])
    page.locator("#result_list th a").first.click()
    page.get_by_label("Balasan", exact=True).wait_for()
    take("letters")
    page.goto(STAFF["office"].format(**facts))
    page.get_by_role("button", name="Tampilkan lagi di beranda").click()
    page.wait_for_url("**/staf/?kantor=*")
    take("first-day")
    page.get_by_role("button", name="Sembunyikan daftar ini").click()
    page.get_by_text("disembunyikan").wait_for()


if __name__ == "__main__":
    main()
