"""A visitor's phone whose signal can be cut, and a look at all that it keeps."""

import json
import time
from urllib.parse import urlsplit

KEPT = """async () => {
    const database = await new Promise((resolve) => {
        const request = indexedDB.open("dilaku");
        request.onupgradeneeded = () => request.result.createObjectStore("outbox", { keyPath: "id" });
        request.onsuccess = () => resolve(request.result);
    });
    const outbox = await new Promise((resolve) => {
        const request = database.transaction("outbox").objectStore("outbox").getAll();
        request.onsuccess = () => resolve(request.result);
    });
    database.close();
    const pages = {};
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
            const answer = await cache.match(request);
            if (answer) pages[request.url] = await answer.text(); // else it has just been thrown out
        }
    }
    return { local: { ...localStorage }, tab: { ...sessionStorage }, outbox, pages };
}"""
REWRITE = """(changes) => dilaku.outbox.all().then(([record]) => dilaku.outbox.put(Object.assign(record, changes)))"""

# The page then does nothing by itself.
NO_TIMERS = "self.setTimeout = () => 0"
# Nor does the browser, which sends in the background when it thinks fit.
NO_SYNC = "delete ServiceWorkerRegistration.prototype.sync"


def kept(page) -> dict:
    """Everything that the browser keeps for this site: {"local", "tab", "outbox", "pages"}."""
    return page.evaluate(KEPT)


def personal(page) -> list[str]:
    """Where the phone still holds what Siti Rahmawati typed."""
    places = {place: json.dumps(content) for place, content in kept(page).items()}
    return [place for place, content in places.items() if "Siti" in content or "0812 3456 7890" in content]


def kept_paths(page) -> set[str]:
    """Which pages and scripts open without a signal; scripts by their names without the hash."""
    return {without_hash(urlsplit(address).path) for address in kept(page)["pages"]}


def without_hash(path: str) -> str:
    name, *_hash, ending = path.rsplit(".", 2) if path.endswith(".js") else (path, "")
    return f"{name}.{ending}" if ending else name


def see(page, code: str) -> None:
    """The visitor was here before: landing and forms have been kept."""
    page.goto(f"/K/{code}/")
    for kept_page in ["", "kunjungan/", "saran/", "syarat/"]:
        wait_until_kept(page, f"/k/{code}/{kept_page}")


def wait_until(page, condition) -> None:
    """Without a timer of the page, which some tests stop."""
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        page.wait_for_timeout(20)


def wait_until_kept(page, path: str, *, is_kept: bool = True) -> None:
    wait_until(page, lambda: page.evaluate("(path) => caches.match(path).then(Boolean)", path) == is_kept)


def wait_until_nothing_waits(page) -> None:
    wait_until(page, lambda: page.evaluate("dilaku.outbox.all()") == [])


def fill_in(page, name="Siti Rahmawati"):
    page.get_by_label("Nama lengkap").fill(name)
    page.get_by_label("Nomor HP atau WhatsApp").fill("0812 3456 7890")
    page.get_by_text("Perorangan", exact=True).click()
    page.get_by_label("Kecamatan asal").select_option(index=1)
    page.get_by_text("Permintaan data dan informasi").click()


def send(page) -> None:
    page.locator("form[data-outbox] button[type=submit]").click()


def wait_for_signal(page) -> None:
    """The page says that the form waits on the phone."""
    page.get_by_role("button", name="Coba kirim sekarang").wait_for()


def wait_until_sent(page) -> None:
    """The office has it; nobody has opened its ticket."""
    wait_until(page, lambda: all("ticket" in record for record in kept(page)["outbox"]))


def rewrite_waiting(page, **changes) -> None:
    """As if the form that waits had been sent at another time."""
    page.evaluate(REWRITE, changes)


def send_by_worker(page) -> None:
    """What the browser does when the signal is back."""
    session = page.context.new_cdp_session(page)
    registrations = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    wait_until(page, lambda: registrations)
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(page.url))
    registration = {"origin": origin, "registrationId": registrations[0]["registrationId"]}
    session.send("ServiceWorker.dispatchSyncEvent", {**registration, "tag": "outbox", "lastChance": False})
    page.wait_for_timeout(500)
