"""Landing, requirements and the empty form are rendered and compressed once; what comes out is what was rendered."""

import gzip
import re

import pytest

from tests.conftest import local
from visits import kept_pages, snapshot

pytestmark = pytest.mark.django_db

TUESDAY = "2026-07-14"
PAGES = ["", "kunjungan/", "saran/", "syarat/"]
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.fixture(autouse=True)
def _no_page_of_an_earlier_test():
    kept_pages.forget()


@pytest.fixture
def at(clock, office):
    def set_clock(time: str, day: str = TUESDAY):
        clock.set(local(office, day, time))

    return set_clock


def ask(client, point, page: str, **headers: str):
    return client.get(f"/k/{point.code}/{page}", headers=headers)


def without_id(response) -> str:
    return ID.sub("", response.content.decode())


@pytest.mark.parametrize("page", PAGES)
def test_compressed_and_plain_are_the_same_page(client, point, page):
    plain, compressed = ask(client, point, page), ask(client, point, page, accept_encoding="br;q=1.0, gzip;q=0.8")

    assert "Content-Encoding" not in plain.headers
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert ID.sub("", gzip.decompress(compressed.content).decode()) == without_id(plain)
    for response in [plain, compressed]:
        assert response.headers["Vary"] == "Accept-Encoding"
        assert int(response.headers["Content-Length"]) == len(response.content)


@pytest.mark.parametrize("page", PAGES)
def test_it_is_no_larger_than_compressed_as_a_whole(client, point, page):
    compressed = ask(client, point, page, accept_encoding="gzip").content
    assert len(compressed) <= len(gzip.compress(gzip.decompress(compressed), 6)) + 100


@pytest.mark.parametrize("page", ["kunjungan/", "saran/"])
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_every_form_has_an_id_of_its_own(client, point, page, encoding):
    ids = [ID.findall(text_of(ask(client, point, page, accept_encoding=encoding))) for _ in range(3)]

    assert [len(each) for each in ids] == [1, 1, 1]
    assert len({each for (each,) in ids}) == 3


def text_of(response) -> str:
    is_compressed = response.headers.get("Content-Encoding") == "gzip"
    return (gzip.decompress(response.content) if is_compressed else response.content).decode()


@pytest.mark.parametrize("page", PAGES)
def test_the_head_is_that_of_the_page(client, point, page):
    head = client.head(f"/k/{point.code}/{page}", headers={"accept-encoding": "gzip"})

    assert (head.status_code, head.headers["Content-Encoding"], head.content) == (200, "gzip", b"")


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_are_kept_apart(client, point, page):
    languages = [
        re.search('<html lang="(..)"', client.get(f"/k/{point.code}/{page}{query}").content.decode())[1]
        for query in ["", "?lang=en", "", "?lang=en"]
    ]
    assert languages == ["id", "en", "id", "en"]


def test_a_change_of_the_settings_shows(client, point):
    ask(client, point, "")
    point.office.name = "Kantor Baru"
    point.office.save()
    snapshot.forget()

    for page in PAGES:
        assert "Kantor Baru" in ask(client, point, page).content.decode()


def test_the_hour_and_the_day_show(client, point, at):
    def said(time: str, day: str = TUESDAY) -> tuple[str, bool]:
        at(time, day)
        page = ask(client, point, "").content.decode()
        return re.search('class="state">([^<]*)<', page)[1], "besok" in page

    said_then = [said("10:00"), said("20:00"), said("00:30", "2026-07-15"), said("10:00", "2026-07-15")]
    closed = "Sedang tutup"
    assert said_then == [("Buka sekarang", False), (closed, True), (closed, False), ("Buka sekarang", False)]


def test_what_one_asks_shows_on_nobody_elses_page(client, point):
    first = client.get(f"/k/{point.code}/?x=poisoned", headers={"referer": "http://testserver/poisoned"})
    second = ask(client, point, "")

    assert first.content == second.content
    assert "poisoned" not in second.content.decode()
    assert "Set-Cookie" not in second.headers


def test_no_more_than_so_many_are_kept_and_the_oldest_goes(client, office, monkeypatch):
    monkeypatch.setattr(kept_pages, "KEPT_AT_MOST", 3)
    points = [office.points.create(name=f"Titik {number}") for number in range(5)]
    for point in points:
        ask(client, point, "")

    assert [code for _template, code, _language in kept_pages._kept] == [point.code for point in points[2:]]
