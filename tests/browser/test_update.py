"""A new version of the application strands nothing that waits on a phone."""

import json
import re
import shutil
import time
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.templatetags.static import static

from tests.browser.conftest import assert_on_the_ticket, send_without_signal
from tests.browser.phone import kept, wait_until, wait_until_kept
from tests.servers import PATIENT, Wire, database_url, serving

UPDATE = """async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.update();
    self.arriving = registration.installing || registration.active;
}"""
HAS_COME = "['activated', 'redundant'].includes(arriving.state)"


@pytest.fixture
def new_version(tmp_path) -> dict[str, str]:
    """The variables of a server whose pages load another script."""
    shutil.copytree(settings.STATIC_ROOT, tmp_path / "static")
    manifest = tmp_path / "static" / "staticfiles.json"
    names = json.loads(manifest.read_text())
    names["paths"]["js/public.js"] = "js/public.abcdefabcdef.js"
    manifest.write_text(json.dumps(names))
    script = (settings.STATIC_ROOT / "js" / "public.js").read_text()
    (tmp_path / "static" / "js" / "public.abcdefabcdef.js").write_text(f"{script}\nself.isNew = true;\n")
    return {"VAR_DIR": str(tmp_path)}


def test_an_update_strands_no_form(phone, signal, point, new_version):
    with serving(PATIENT, **new_version) as updated:
        update = phone.context.new_page()
        send_without_signal(phone, signal, point)
        signal.lead_to(urlsplit(updated).port)
        update.goto("/privasi/")
        update.evaluate("navigator.serviceWorker.getRegistration().then((registration) => registration.update())")
        assert_on_the_ticket(phone)
        wait_until_kept(update, "/static/js/public.abcdefabcdef.js")
        wait_until(update, lambda: opens_new(update, point))
        wait_until_kept(update, static("js/public.js"), is_kept=False)  # all that is kept has been fetched anew
        signal.cut()
        update.reload()
        assert update.evaluate("isNew")
        old = {path for path in kept(update)["pages"] if "public" in path}
        assert {urlsplit(path).path for path in old} == {"/static/js/public.abcdefabcdef.js"}


def opens_new(page, point) -> bool:
    """A server that has just begun may take longer than the worker waits for a page."""
    page.goto(f"/k/{point.code}/")
    return page.evaluate("Boolean(self.isNew)")


def test_what_the_kept_pages_load_stays_until_new_ones_have_come(phone, signal, point, new_version):
    wire = Wire()
    wire.cut()
    with serving(**new_version, DATABASE_URL=database_url(host="127.0.0.1", port=wire.port)) as updated:
        signal.lead_to(urlsplit(updated).port)
        phone.evaluate(UPDATE)
        wait_until(phone, lambda: phone.evaluate(HAS_COME))
        wait_until_kept(phone, "/static/js/public.abcdefabcdef.js")
        pages = {urlsplit(address).path: content for address, content in kept(phone)["pages"].items()}

    wanted = re.findall(r'<script src="([^"]+)"', pages[f"/k/{point.code}/kunjungan/"])
    assert "/static/js/public.abcdefabcdef.js" not in wanted, "an old page"
    assert [script for script in wanted if script not in pages] == []


def test_the_worker_can_be_taken_off_every_phone(phone, signal, point):
    with serving(PATIENT, SERVICE_WORKER_OFF="1") as updated:
        send_without_signal(phone, signal, point)
        signal.lead_to(urlsplit(updated).port)
        assert_on_the_ticket(phone)
        phone.goto(f"/k/{point.code}/")
        wait_until_kept(phone, f"/k/{point.code}/", is_kept=False)
        assert kept(phone)["pages"] == {}


FIRST_RELEASE = {
    "id": "7d9f2f4e-52a1-4b3e-8f0e-0d7c5b7d9a11",
    "shown": {"name": "Siti Rahmawati"},
    "zone": "Asia/Jakarta",
}


def test_what_the_first_release_left_waiting_is_still_sent(phone, point, visit_fields):
    """Its layout is written out here, and never changed."""
    fields = {**visit_fields(point), "submission_id": FIRST_RELEASE["id"]}
    record = {
        **FIRST_RELEASE,
        "url": f"/k/{point.code}/kunjungan/",
        "fields": list(map(list, fields.items())),
        "tapped": time.time() * 1000,
    }
    phone.evaluate("(record) => dilaku.outbox.put(record)", record)
    phone.goto(f"/k/{point.code}/")
    assert_on_the_ticket(phone)
