"""/sw.js, the scripts of visitors' pages, and what they weigh. What they do: tests/browser/test_weak_signal.py."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.templatetags.static import static

from dilaku.static_files import without_comments
from visits.site_files import SCRIPTS

STAFF_SCRIPTS = {"download.js", "poster_check.js", "reply.js", "staff.js"}
# One takes the place of the other.
WORKERS = {"worker.js", "worker_off.js"}


def text_of(address: str) -> str:
    """A collected file, by the name with the hash."""
    return (settings.STATIC_ROOT / address.removeprefix(settings.STATIC_URL)).read_text()


def files_of(response) -> tuple[list[str], list[str]]:
    """What the worker keeps, and what it is made of."""
    first, second = response.content.decode().splitlines()
    return re.findall(r'"([^"]+)"', first), re.findall(r'"([^"]+)"', second)


def test_it_stands_at_the_root_and_is_asked_for_anew_each_time(client):
    response = client.get("/sw.js")

    assert (response.status_code, response["Content-Type"], response["Cache-Control"]) == (
        200,
        "text/javascript; charset=utf-8",
        "no-cache",
    )
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert client.post("/sw.js").status_code == 405
    assert response.cookies == {}


def test_it_keeps_the_scripts_that_the_pages_load(client, point):
    kept, parts = files_of(client.get("/sw.js"))

    for path in ["", "kunjungan/", "saran/"]:
        page = client.get(f"/k/{point.code}/{path}").content.decode()
        assert (path, re.findall(r'<script src="([^"]+)" defer></script>', page)) == (path, kept)
    assert kept == [static(name) for name in SCRIPTS]
    assert parts == [static(name) for name in ["js/outbox.js", "js/worker.js"]]
    assert all(re.fullmatch(r"/static/js/\w+\.[0-9a-f]{12}\.js", name) for name in [*kept, *parts])


def test_switched_off_it_takes_itself_away(client, settings):
    settings.SERVICE_WORKER_OFF = True
    _kept, (script,) = files_of(client.get("/sw.js"))

    assert "registration.unregister()" in text_of(script)
    assert "caches.delete" in text_of(script)


def test_the_line_that_the_worker_shows_without_a_signal_is_in_each_page(client, point):
    """The worker takes out the one word that hides it."""
    replaced = re.search(r'replace\("([^"]+)"', text_of(files_of(client.get("/sw.js"))[1][1]))[1]

    for path in ["", "kunjungan/", "saran/", "syarat/"]:
        page = client.get(f"/k/{point.code}/{path}").content.decode()
        assert (path, page.count(f" {replaced}>")) == (path, 1)


def test_all_scripts_of_visitors_together_stay_small():
    """Budget: 10 kB, as they are sent; a thread's page and the survey's, which nobody opens first, have one more."""
    names = {path.name for path in Path(settings.BASE_DIR, "static", "js").iterdir()} - STAFF_SCRIPTS
    sizes = {name: len(gzip.compress(text_of(static(f"js/{name}")).encode(), 9)) for name in names}

    assert set(sizes) == {Path(name).name for name in SCRIPTS} | WORKERS | {"thread.js", "survey.js"}
    assert max(sizes.pop("thread.js"), sizes.pop("survey.js")) <= 700
    assert sum(sizes.values()) - min(sizes[name] for name in WORKERS) <= 10_000, sizes


@pytest.mark.parametrize(
    ("script", "sent"),
    [
        ("/* Why. */\nconst a = 1;", "const a = 1;"),
        ("(() => {\n  /* One\n     two */\n  run();\n})();\n", "(() => {\nrun();\n})();\n"),
        ("run(); /* why */\n", "run(); \n"),
        ('const a = "a/*b*/";', 'const a = "a/*b*/";'),
        ("const path = /^\\/k\\/*/;", "const path = /^\\/k\\/*/;"),
    ],
)
def test_comments_are_left_at_home(script, sent):
    assert without_comments(script) == sent


def test_no_script_holds_text_that_losing_comments_would_change():
    """Text over several lines would lose its indentation."""
    for path in Path(settings.BASE_DIR, "static", "js").iterdir():
        script = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        assert (path.name, [text for text in re.findall(r"`[^`]*`", script) if "\n" in text]) == (path.name, [])
