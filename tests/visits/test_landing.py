"""The first page behind a poster: open or closed, what there is to do, and in which language."""

from datetime import date

import pytest

from tests.visits.pages import every, feedback_form_of, form_of, only, tree, words
from visits.models import ClosedDay

pytestmark = pytest.mark.django_db


def landing_of(client, point, **query):
    return tree(client.get(f"/k/{point.code}/", query))


def strip_of(root) -> list[str]:
    return every(root.find(".//section[@class]"), "p")


def tiles_of(root) -> list[tuple[str, str, bool]]:
    """Title, line below it, and whether it is the filled one."""
    tiles = root.findall(".//section[@class='tiles']/a")
    return [
        (only(tile, "strong"), words(tile.find("span/span")), "main" in tile.get("class").split()) for tile in tiles
    ]


def test_an_open_office_asks_visitors_in(client, point, at):
    at("10:00")
    root = landing_of(client, point)

    assert only(root, "title") == "Selamat datang · Bawaslu Kabupaten Contoh"
    assert only(root, "header//p") == "Badan Pengawas Pemilihan Umum Kabupaten Contoh"
    assert strip_of(root) == ["Buka sekarang", "Selasa, 08.00–16.00 WIB"]
    assert only(root, "p[@class='lead']") == "Silakan catat kunjungan Anda dari ponsel. Kira-kira satu menit."
    assert tiles_of(root) == [
        ("Isi buku tamu", "Sebelum bertemu petugas", True),
        ("Sampaikan saran", "Boleh tanpa menyebut nama", False),
        ("Syarat layanan", "Yang perlu Anda siapkan", False),
    ]


@pytest.mark.parametrize(
    ("day", "time", "strip"),
    [
        ("2026-07-14", "07:59", ["Sedang tutup", "Buka hari ini, 08.00 WIB"]),
        ("2026-07-14", "16:00", ["Sedang tutup", "Buka besok, 08.00 WIB"]),
        ("2026-07-17", "17:00", ["Sedang tutup", "Buka Senin, 08.00 WIB"]),
        ("2026-07-21", "10:00", ["Sedang tutup", "Buka Jumat, 31 Juli, 08.00 WIB", "Hari ini libur: Perbaikan gedung"]),
    ],
)
def test_a_closed_office_says_when_it_opens(client, point, at, day, time, strip):
    ClosedDay.objects.bulk_create(
        ClosedDay(office=point.office, day=date(2026, 7, day_of_month), name="Perbaikan gedung")
        for day_of_month in range(21, 31)
    )
    at(time, day)
    root = landing_of(client, point)

    assert strip_of(root) == strip
    assert tiles_of(root) == [
        ("Sampaikan saran", "Boleh tanpa menyebut nama", True),
        ("Syarat layanan", "Yang perlu Anda siapkan", False),
        ("Isi buku tamu", "Kantor tutup. Hanya bila ada janji temu", False),
    ]


def test_without_any_service_hours_nothing_is_promised(client, point, at):
    point.office.service_hours.all().delete()
    at("10:00")
    root = landing_of(client, point)

    assert strip_of(root) == ["Sedang tutup"]
    assert week_of(root) == [("Senin–Minggu, hari libur", "Tutup")]


def week_of(root) -> list[tuple[str, str]]:
    return list(zip(every(root, "dl/dt"), every(root, "dl/dd"), strict=True))


def test_the_week_is_grouped_and_near_closed_days_are_named(client, point, at):
    for day, name in [(date(2026, 7, 17), "Cuti bersama"), (date(2026, 8, 17), "Hari Kemerdekaan")]:
        ClosedDay.objects.create(office=point.office, day=day, name=name)
    at("10:00")

    assert week_of(landing_of(client, point)) == [
        ("Senin–Kamis", "08.00–16.00Istirahat 12.00–13.00"),
        ("Jumat", "08.00–16.30Istirahat 11.30–13.00"),
        ("Sabtu, Minggu, hari libur", "Tutup"),
        ("Jumat, 17 JuliCuti bersama", "Tutup"),
    ]


def test_english_days_and_hours(client, point, at):
    at("17:00", "2026-07-17")
    root = landing_of(client, point, lang="en")

    assert strip_of(root) == ["Closed now", "Opens Monday, 08:00 WIB"]
    assert week_of(root)[0] == ("Monday–Thursday", "08:00–16:00Break 12:00–13:00")
    assert week_of(root)[-1] == ("Saturday, Sunday, public holidays", "Closed")


def test_the_official_whatsapp_number_is_a_tile(client, point, at):
    point.office.whatsapp = "+6281234567890"
    point.office.save()
    at("10:00")
    root = landing_of(client, point)

    assert tiles_of(root)[-1] == ("Tanya lewat WhatsApp", "0812-3456-7890", False)
    assert root.findall(".//section[@class='tiles']/a")[-1].get("href") == "https://wa.me/6281234567890"


@pytest.mark.parametrize("time", ["10:00", "20:00"])
def test_an_online_point_takes_announcements_at_any_hour(client, online_point, at, time):
    at(time)

    assert tiles_of(landing_of(client, online_point))[0] == ("Kabarkan kedatangan", "Sebelum berangkat ke kantor", True)


def test_the_language_can_be_switched_there_and_back(client, point, office):
    landing = f"/k/{point.code}/"
    for path in [
        landing,
        form_of(point),
        feedback_form_of(point),
        f"{landing}syarat/",
        f"/privasi/?kantor={office.slug}",
        "/",
    ]:
        root = tree(client.get(path))
        (english,) = [link for link in root.iter("a") if link.get("hreflang") == "en"]
        root = tree(client.get(path.split("?")[0] + english.get("href")))
        (indonesian,) = [link for link in root.iter("a") if link.get("hreflang") == "id"]
        assert (path, root.get("lang")) == (path, "en")
        root = tree(client.get(path.split("?")[0] + indonesian.get("href")))
        assert (path, root.get("lang")) == (path, "id")
