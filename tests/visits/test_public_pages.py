"""What visitors see: each page's words in each state, its HTML, its weight, and nothing of anybody else's."""

import base64
import gzip
import hashlib
import json
import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import html5lib
import pytest
from django.conf import settings
from django.test import RequestFactory

from tests.conftest import local
from tests.visits.threads import letter, page_of, reply
from visits import actions, errors, feedback_actions, snapshot
from visits.models import CheckInPoint, ClosedDay, Visit
from visits.privacy import notice_version

pytestmark = pytest.mark.django_db

TUESDAY = "2026-07-14"
ODD_NAMES = ["<script>alert(1)</script>", "{{7*7}}", "ꦱꦶꦠꦶ ꦫꦲ꧀ꦩꦮꦠꦶ", 'Siti 🌸 O\'Neil & Anak "Ti"']
CONTROLS = {"input", "select", "textarea"}
SKIP = {"id": "Lewati ke isi", "en": "Skip to content"}


def tree(response):
    """Parsed as strictly as the standard is: the first mistake raises. Without what only a script would show."""
    root = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(response.content.decode())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == "template" or child.get("hidden") is not None:
                parent.remove(child)
    return root


def words(element) -> str:
    """What is read out, in one line."""
    return " ".join("".join(element.itertext()).split())


def every(root, path: str) -> list[str]:
    return [words(element) for element in root.findall(f".//{path}")]


def only(root, path: str) -> str:
    (found,) = every(root, path)
    return found


def form_of(point) -> str:
    return f"/k/{point.code}/kunjungan/"


def feedback_form_of(point) -> str:
    return f"/k/{point.code}/saran/"


def ticket_of(visit) -> str:
    return f"/t/{actions.ticket_key(visit)}/"


@pytest.fixture
def at(clock, office):
    """`at("10:00")`, on a Tuesday by the office's clock unless another day is given."""

    def set_clock(time: str, day: str = TUESDAY):
        clock.set(local(office, day, time))
        snapshot.forget()

    return set_clock


@pytest.fixture
def pages(client, point, online_point, make_visit, visit_fields, make_feedback, feedback_fields, alice):
    """Every public page, in every state that a template knows, in the language asked for."""

    def fetch(language="id") -> dict:
        revoked = CheckInPoint.objects.create(office=point.office, name="Lama", is_active=False)
        closed, left_open, excluded = make_visit(), make_visit(), make_visit()
        actions.close(closed)
        Visit.objects.filter(pk=left_open.pk).update(left_at=left_open.arrived_at, ended_by="otomatis")
        Visit.objects.filter(pk=excluded.pk).update(excluded_at=excluded.arrived_at, excluded_reason="Ganda")
        announced, lapsed = [make_visit(point=online_point, arrived_at=None) for _ in range(2)]
        Visit.objects.filter(pk=lapsed.pk).update(lapsed_at=lapsed.created_at)
        recorded, told = visit_fields(point), feedback_fields()
        client.post(form_of(point), recorded)
        client.post(feedback_form_of(point), told)
        waiting, answered, enough = [make_feedback(name="Siti", category="pengaduan") for _ in range(3)]
        for feedback in [answered, enough]:
            reply(feedback, by=alice)
        feedback_actions.close_by_visitor(enough)
        query = {"lang": language} if language == "en" else {}
        get = {
            "home": "/",
            "landing": f"/k/{point.code}/",
            "online landing": f"/k/{online_point.code}/",
            "form": form_of(point),
            "online form": form_of(online_point),
            "feedback form": feedback_form_of(point),
            "requirements": f"/k/{point.code}/syarat/",
            "revoked": f"/k/{revoked.code}/",
            "privacy": "/privasi/",
            "ticket": ticket_of(make_visit(meeting_with="Sekretariat")),
            "ticket, left": ticket_of(closed),
            "ticket, closed": ticket_of(left_open),
            "ticket, excluded": ticket_of(excluded),
            "ticket, announced": ticket_of(announced),
            "ticket, lapsed": ticket_of(lapsed),
            "own data of a ticket": f"{ticket_of(closed)}data/",
            "survey from ticket": f"{ticket_of(closed)}penilaian/",
            "survey from ticket, too early": f"{ticket_of(announced)}penilaian/",
            "survey from ticket, excluded": f"{ticket_of(excluded)}penilaian/",
            "survey from poster": f"/k/{point.code}/penilaian/",
            "survey from poster, sent": f"/k/{point.code}/penilaian/terima-kasih/",
            "no ticket": "/t/aaaa/",
            "thread, waiting": page_of(waiting),
            "thread, answered": page_of(answered),
            "thread, closed": page_of(enough),
            "no thread": "/s/aaaa/",
            "not found": "/tidak-ada/",
        }
        suffix = "?lang=en" if query else ""
        post = {
            "mistakes": (form_of(point), {**visit_fields(point), "name": "", "note": "Kursi roda"}),
            "other content": (form_of(point), {**recorded, "name": "Budi"}),
            "incomplete": (form_of(point), {"name": "Siti"}),
            "feedback mistakes": (feedback_form_of(point), feedback_fields(body="", phone="0812")),
            "other feedback": (feedback_form_of(point), {**told, "category": "pengaduan"}),
            "thread, mistake": (page_of(answered), letter("")),
            "thread, incomplete": (page_of(waiting), {"body": "Masih kurang."}),
            "own data of a ticket, mistakes": (f"{ticket_of(closed)}data/perbaikan/", {"name": "", "note": "Kursi"}),
            "survey mistakes": (f"/k/{point.code}/penilaian/", {"cost": "4", "age": "abc"}),
            "wrong code": ("/", {"kode": "abc"}),
            "wrong code at the door": (f"{ticket_of(announced)}datang/", {"kode": "abc"}),
        }
        return {name: client.get(path, query) for name, path in get.items()} | {
            name: client.post(path + suffix, data) for name, (path, data) in post.items()
        }

    return fetch


# --- every page ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_page_is_sound_html(pages, language):
    problems = {name: problems_of(response) for name, response in pages(language).items()}

    assert {name: found for name, found in problems.items() if found} == {}


def problems_of(response) -> list[str]:
    root = tree(response)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    problems = [f"id {name} twice" for name in set(ids) if ids.count(name) > 1]
    for element in root.iter():
        problems += _broken_references(element, ids) + _what_the_policy_forbids(element)
    labelled = {label.get("for") for label in root.iter("label")}
    inside = {control for label in root.iter("label") for control in label.iter() if control.tag in CONTROLS}
    for control in root.iter():
        is_shown = control.tag in CONTROLS and control.get("type") != "hidden"
        if is_shown and control.get("id", "") not in labelled and control not in inside:
            problems.append(f"no label: {control.attrib}")
    return problems


def _broken_references(element, ids) -> list[str]:
    names = " ".join(element.get(name, "") for name in ["aria-describedby", "aria-labelledby", "for"]).split()
    if element.get("href", "").startswith("#"):
        names.append(element.get("href")[1:])
    return [f"refers to {name}, which is not there" for name in names if name not in ids]


def _what_the_policy_forbids(element) -> list[str]:
    inline = [name for name in element.attrib if name == "style" or str(name).startswith("on")]
    problems = [f"{element.tag} has {name}" for name in inline]
    if element.tag == "script" and (element.text or "").strip():
        problems.append("inline script")
    loaded = element.get("src") or (element.get("href") if element.tag == "link" else "") or element.get("action") or ""
    if urlsplit(loaded).netloc:
        problems.append(f"loads or sends to {loaded}")
    return problems


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_page_says_its_language_and_its_address(pages, language):
    for name, response in pages(language).items():
        root = tree(response)
        assert (name, root.get("lang")) == (name, language)
        assert (name, only(root, "footer//strong")) == (name, urlsplit(settings.SITE_URL).netloc)
        assert (name, only(root, "a[@class='skip']")) == (name, SKIP[language])
        assert (name, len(root.findall(".//h1"))) == (name, 1)


def test_in_english_every_link_and_form_stays_in_english(pages):
    for name, response in pages("en").items():
        for element in [*tree(response).iter("a"), *tree(response).iter("form")]:
            address = element.get("href") or element.get("action") or ""
            if address.startswith("/"):
                assert (name, address, "lang=en" in address) == (name, address, True)


def test_the_inlined_stylesheet_is_the_one_that_the_policy_allows(pages):
    for response in pages().values():
        (style,) = tree(response).findall(".//style")
        digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
        policy = response.headers["Content-Security-Policy"]
        assert f"style-src 'self' 'sha256-{digest}'" in policy
        assert "unsafe" not in policy


def test_private_pages_are_not_kept_nor_indexed(pages):
    for name, response in pages().items():
        is_private = any(word in name for word in ["ticket", "door", "thread"])
        assert (name, response.headers.get("X-Robots-Tag")) == (name, "noindex, nofollow" if is_private else None)


def test_the_form_fits_in_one_congestion_window(pages):
    """HTML and stylesheet in one answer; 14 kB is the budget, 10 what we hold ourselves to."""
    sizes = {name: len(gzip.compress(response.content, 6)) for name, response in pages().items()}

    assert {name: size for name, size in sizes.items() if size > 10_000} == {}


def test_the_settings_are_read_once_and_then_remembered(client, point, django_assert_num_queries):
    for path in [f"/k/{point.code}/", form_of(point), feedback_form_of(point)]:
        snapshot.forget()
        with django_assert_num_queries(1):
            client.get(path)
        with django_assert_num_queries(0):
            client.get(path)


# --- landing ---------------------------------------------------------------------------------------------------------


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


# --- form ------------------------------------------------------------------------------------------------------------


def test_the_form_asks_no_more_than_it_says(client, point, at):
    at("10:00")
    root = tree(client.get(form_of(point)))
    form = root.find(".//form")

    assert only(root, "h1") == "Isi buku tamu"
    assert every(form, "legend") == ["Anda datang sebagai", "Apa keperluan Anda hari ini?"]
    assert required_names(form) == {"name", "phone", "visitor_kind", "district", "purpose"}
    assert control_names(form) == [
        "submission_id",
        "situs",  # for machines, see visits/abuse.py
        "name",
        "phone",
        "visitor_kind",
        "organization",
        "district",
        "purpose",
        "party_size",
        "meeting_with",
        "note",
        "consent",
    ]
    assert only(form, "details/summary") == "Orang yang dituju dan catatan (opsional)"
    assert form.find(".//details").get("open") is None
    assert form.find(".//input[@name='consent']").get("checked") is None
    assert only(form, "button[@type='submit']") == "Kirim dan ambil nomor kunjungan"
    assert root.find(".//p[@class='hold']") is None


def control_names(form) -> list[str]:
    return list(dict.fromkeys(control.get("name") for control in form.iter() if control.tag in CONTROLS))


def required_names(form) -> set[str]:
    return {control.get("name") for control in form.iter() if control.get("required") is not None}


def test_each_opening_of_the_form_has_its_own_id(client, point):
    ids = [tree(client.get(form_of(point))).find(".//input[@name='submission_id']").get("value") for _ in range(3)]

    assert len(set(ids)) == 3


def test_a_changed_setting_shows_in_the_form(client, point):
    client.get(form_of(point))
    point.office.districts.create(name="Sukamaju", order=9)
    snapshot.forget()

    assert every(tree(client.get(form_of(point))), "option")[:4] == [
        "Pilih kecamatan",
        "Dalam kabupaten/kota",
        "Luar kabupaten/kota",
        "Sukamaju",
    ]


def test_an_office_without_districts_asks_for_none(client, point, visit_fields):
    fields = visit_fields(point, district="")
    point.office.districts.all().delete()
    snapshot.forget()

    assert tree(client.get(form_of(point))).find(".//select") is None
    assert client.post(form_of(point), fields).status_code == 303
    assert Visit.objects.get().district is None


def test_a_purpose_tells_what_to_bring_and_where_else_to_go(client, point):
    purpose = point.office.purposes.get(name="Laporan dugaan pelanggaran")
    purpose.elsewhere_url = "https://lapor.contoh.go.id/"
    purpose.save()
    root = tree(client.get(form_of(point)))
    card = next(card for card in root.findall(".//div[@class='card']") if purpose.name in words(card.find("label")))

    assert only(card, "div/b") == "Yang perlu disiapkan"
    assert every(card, "li") == ["KTP pelapor", "Waktu, tempat, dan uraian kejadian", "Bukti dan nama saksi"]
    assert every(card, "div/p") == [purpose.advice, "Bisa juga diurus tanpa datang (tab baru)"]
    assert card.find(".//a").get("href") == "https://lapor.contoh.go.id/"


def test_a_closed_office_warns_before_the_form_is_filled_in(client, point, at):
    at("20:00")

    assert only(tree(client.get(form_of(point))), "p[@class='hold']") == (
        "Kantor sedang tutup. Isi hanya bila Anda sudah punya janji temu."
    )


def test_an_online_point_says_that_the_visit_is_announced(client, online_point, at):
    at("20:00")
    root = tree(client.get(form_of(online_point)))

    assert only(root, "h1") == "Kabarkan kedatangan"
    assert every(root, "legend") == ["Anda datang sebagai", "Apa keperluan Anda?"]
    assert only(root, "button[@type='submit']") == "Kirim kabar kedatangan"
    assert root.find(".//p[@class='hold']") is None


def test_mistakes_are_listed_in_the_order_of_the_page(client, point, visit_fields):
    fields = visit_fields(point, name=" ", phone="0812 34", organization="", party_size="0", meeting_with="Budi")
    root = tree(client.post(form_of(point), fields))
    summary = root.find(".//div[@role='alert']")

    assert only(root, "title").startswith("Perlu diperbaiki: Isi buku tamu")
    assert only(summary, "h2") == "Ada 4 isian yang perlu diperbaiki"
    assert [(link.get("href"), words(link)) for link in summary.iter("a")] == [
        ("#name", "Tulis nama lengkap Anda."),
        ("#phone", "Nomor HP kurang lengkap. Contoh: 0812 3456 7890"),
        ("#organization", "Tulis nama instansi Anda."),
        ("#party_size", "Jumlah tamu paling sedikit 1, termasuk Anda."),
    ]
    assert root.find(".//input[@id='phone']").attrib.items() >= {
        ("value", "0812 34"),
        ("aria-invalid", "true"),
        ("aria-describedby", "phone-error phone-hint"),
    }
    assert root.find(".//details").get("open") is not None, "what was typed there stays in sight"
    assert [link for link in root.iter("a") if link.get("hreflang")] == [], "a link would lose what was typed"


def test_what_was_chosen_stays_chosen(client, point, visit_fields):
    fields = visit_fields(point, name="", consent="on", note="Perlu\nkursi roda")
    root = tree(client.post(form_of(point), fields))
    checked = [control for control in root.iter("input") if "checked" in control.attrib]
    chosen = {control.get("name"): control.get("value") for control in checked}

    assert chosen == {"visitor_kind": "akademisi", "purpose": fields["purpose"], "consent": None}
    assert root.find(".//option[@selected]").get("value") == fields["district"]
    assert root.find(".//textarea").text == "Perlu\nkursi roda"
    assert root.find(".//input[@name='submission_id']").get("value") == fields["submission_id"]


def test_other_content_under_a_known_id_is_offered_as_a_new_visit(client, point, visit_fields):
    fields = visit_fields(point)
    client.post(form_of(point), fields)
    response = client.post(form_of(point), {**fields, "name": "Budi Santoso"})
    root = tree(response)

    assert response.status_code == 409
    assert only(root, "div[@role='alert']/h2") == "Halaman ini sudah mencatat isian lain"
    assert only(root, "button[@type='submit']") == "Catat sebagai kunjungan baru"
    again = {**fields, "name": "Budi Santoso", "submission_id": root.find(".//input[@type='hidden']").get("value")}
    assert client.post(form_of(point), again).status_code == 303
    assert list(Visit.objects.order_by("number").values_list("name", flat=True)) == ["Siti Rahmawati", "Budi Santoso"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_come_back_as_text(client, point, visit_fields, name):
    root = tree(client.post(form_of(point), visit_fields(point, name=name, phone="")))
    assert root.find(".//input[@id='name']").get("value") == name

    ticket = client.post(form_of(point), visit_fields(point, name=name)).headers["Location"]
    assert only(tree(client.get(ticket)), "h1") == f"Terima kasih, {name}"


# --- ticket ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time_zone", "indonesian", "english"),
    [
        ("Asia/Jakarta", "Selasa, 14 Juli 2026, pukul 23.42 WIB", "Tuesday, 14 July 2026, 23:42 WIB"),
        ("Asia/Makassar", "Rabu, 15 Juli 2026, pukul 00.42 WITA", "Wednesday, 15 July 2026, 00:42 WITA"),
        ("Asia/Jayapura", "Rabu, 15 Juli 2026, pukul 01.42 WIT", "Wednesday, 15 July 2026, 01:42 WIT"),
    ],
)
def test_the_ticket_tells_the_offices_time(client, office, make_visit, time_zone, indonesian, english):
    office.time_zone = time_zone
    office.save()
    visit = make_visit(arrived_at=datetime(2026, 7, 14, 16, 42, tzinfo=UTC))

    assert every(tree(client.get(ticket_of(visit))), "section[@id='ticket']/div/p")[2] == indonesian
    assert every(tree(client.get(ticket_of(visit), {"lang": "en"})), "section[@id='ticket']/div/p")[2] == english


def test_the_ticket_of_today(client, make_visit, at, office):
    at("09:42")
    visit = make_visit(arrived_at=local(office, TUESDAY, "09:42"), meeting_with="Sekretariat", party_size=2)
    root = tree(client.get(ticket_of(visit)))
    ticket = root.find(".//section[@id='ticket']")

    assert every(ticket, "div/p")[:2] == ["Nomor kunjungan hari ini", "001"]
    assert list(zip(every(ticket, "dt"), every(ticket, "dd"), strict=True)) == [
        ("Keperluan", visit.purpose.name),
        ("Bertemu", "Sekretariat"),
        ("Jumlah tamu", "2 orang"),
    ]
    key = actions.ticket_key(visit)
    groups = "-".join(re.findall(".{1,4}", key.upper()))
    assert only(root, "span[@class='url']") == f"{urlsplit(settings.SITE_URL).netloc}/t/{groups}"
    assert client.get(f"/t/{groups}/").status_code == 200
    midnight = local(office, "2026-07-15", "00:00")
    assert {name: value for name, value in ticket.attrib.items() if name.startswith("data-")} == {
        "data-link": f"/t/{key}/",
        "data-number": "001",
        "data-office": "contoh",
        "data-until": str(int(midnight.timestamp() * 1000)),
    }


def state_of(root) -> tuple[str, list[str], bool]:
    """The word above the thanks, where the buttons lead, and whether the phone is to remember it."""
    forms = [form.get("action").split("/")[-2] for form in root.iter("form")]
    badge = next(words(p) for p in root.iter("p") if "done" in p.get("class", "").split())
    return badge, forms, "data-until" in root.find(".//section[@id='ticket']").attrib


def test_each_state_of_a_ticket_says_what_can_be_done(pages):
    states = {name: state_of(tree(page)) for name, page in pages().items() if name.startswith("ticket")}

    assert states == {
        "ticket": ("Kunjungan tercatat", ["selesai"], True),
        "ticket, left": ("Kunjungan selesai", [], False),
        "ticket, closed": ("Ditutup otomatis", [], False),
        "ticket, excluded": ("Tidak dihitung", [], False),
        "ticket, announced": ("Kedatangan dikabarkan", ["datang"], True),
        "ticket, lapsed": ("Tidak berlaku lagi", [], False),
    }


def test_the_ticket_leads_on_to_a_suggestion_as_long_as_the_poster_hangs(client, point, make_visit):
    address = ticket_of(make_visit())
    (link,) = [link for link in tree(client.get(address)).iter("a") if words(link) == "Sampaikan saran"]
    assert link.get("href") == feedback_form_of(point)

    CheckInPoint.objects.filter(pk=point.pk).update(is_active=False)
    assert "Sampaikan saran" not in client.get(address).content.decode()


def test_an_anonymised_visit_has_no_ticket_any_more(client, make_visit):
    visit = make_visit()
    address = ticket_of(visit)
    Visit.objects.filter(pk=visit.pk).update(
        name="", phone="", submission_id=None, key_hash=None, content_digest="", anonymized_at=visit.arrived_at
    )
    response = client.get(address)

    assert (response.status_code, only(tree(response), "h1")) == (404, "Tiket tidak ditemukan")


def test_an_announced_ticket_waits_seven_days(client, make_visit, online_point, office, clock):
    clock.set(local(office, TUESDAY, "20:30"))
    visit = make_visit(point=online_point, arrived_at=None, created_at=local(office, TUESDAY, "20:00"))
    root = tree(client.get(ticket_of(visit)))

    assert only(root, "p[@class='lead']") == (
        "Kami tunggu kedatangan Anda sampai Selasa, 21 Juli 2026. Nomor kunjungan Anda dapatkan saat tiba di kantor."
    )
    assert root.find(".//p[@class='big']") is None
    assert root.find(".//section[@id='ticket']").get("data-announced") == "1"


def test_the_code_of_another_office_does_not_open_the_door(client, make_visit, online_point, other_office):
    visit = make_visit(point=online_point, arrived_at=None)
    code = other_office.points.get().code
    root = tree(client.post(f"{ticket_of(visit)}datang/", {"kode": code}))

    assert only(root, "div[@role='alert']//a") == (
        "Kode ini bukan dari poster kantor ini. Periksa enam huruf dan angka di poster."
    )
    assert root.find(".//input[@id='kode']").get("value") == code


def test_an_english_visitors_ticket_is_english_until_switched(client, make_visit):
    visit = make_visit(language="en")

    assert only(tree(client.get(ticket_of(visit))), "h1") == "Thank you, Siti Rahmawati"
    assert only(tree(client.get(ticket_of(visit), {"lang": "id"})), "h1") == "Terima kasih, Siti Rahmawati"
    assert client.post(f"{ticket_of(visit)}selesai/").headers["Location"] == f"{ticket_of(visit)}?lang=id"


# --- the other pages -------------------------------------------------------------------------------------------------


def test_requirements_list_every_service(client, point):
    root = tree(client.get(f"/k/{point.code}/syarat/"))
    sections = {only(section, "h2"): every(section, "li") for section in root.findall(".//div[@class='text']/section")}

    assert list(sections) == [purpose.name for purpose in point.office.purposes.all()]
    assert sections["Permintaan data dan informasi"] == [
        "KTP atau kartu mahasiswa",
        "Surat pengantar, bila mewakili lembaga",
    ]
    assert sections["Keperluan lain"] == []


def test_the_privacy_notice_holds_what_the_law_asks_for(client, office):
    office.retention_months, office.privacy_contact, office.address = 18, "Sekretariat, 0711-123456", "Jalan Merdeka 1"
    office.save()
    root = tree(client.get("/privasi/"))

    assert every(root, "h2") == [
        "Siapa yang menyimpan data Anda",
        "Data yang dicatat",
        "Untuk apa",
        "Dasar hukum",
        "Berapa lama",
        "Siapa yang melihat",
        "Hak Anda",
        "Cara menggunakannya",
        "Ponsel Anda",
    ]
    sections = [words(section) for section in root.findall(".//div[@class='text']/section")]
    for section, value in [
        (0, "Jalan Merdeka 1"),
        (1, "Dari saran:"),
        (1, "Dari penilaian layanan:"),
        (4, "18 bulan"),
        (6, "3 x 24 jam"),
        (7, "Sekretariat, 0711-123456"),
    ]:
        assert value in sections[section]
    assert only(root, "p[@class='small muted']") == f"Versi pemberitahuan: {notice_version(office)}"


def test_of_several_offices_the_visitor_chooses(client, office, other_office):
    root = tree(client.get("/privasi/"))
    links = root.findall(".//main//a")
    assert [(words(link), link.get("href")) for link in links] == [
        ("Bawaslu Kabupaten Contoh", "/privasi/?kantor=contoh"),
        ("Bawaslu Kota Lain", "/privasi/?kantor=lain"),
    ]

    assert only(tree(client.get("/privasi/?kantor=lain")), "p[@class='lead']") == (
        "Pemberitahuan Bawaslu Kota Lain tentang data tamu."
    )


def test_the_first_page_names_the_office_only_where_there_is_one(client, office, request):
    assert only(tree(client.get("/")), "title") == "Masukkan kode kantor · Bawaslu Kabupaten Contoh"

    request.getfixturevalue("other_office")
    response = client.get("/")
    assert only(tree(response), "title") == "Masukkan kode kantor · DILAKU"
    assert "Bawaslu" not in response.content.decode()


def test_a_revoked_poster_tells_where_to_go(client, point):
    CheckInPoint.objects.filter(pk=point.pk).update(is_active=False)
    root = tree(client.get(f"/k/{point.code}/"))

    assert only(root, "h1") == "Kode ini tidak berlaku lagi"
    assert only(root, "p[@class='lead']") == (
        "Poster dengan kode ini sudah diganti. Pindai poster yang terpasang di Bawaslu Kabupaten Contoh, "
        "atau tanya petugas di meja depan."
    )


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "title"), [("id", "Halaman tidak ditemukan"), ("en", "Page not found")])
def test_a_lost_visitor_is_told_so_in_their_language(client, language, title):
    root = tree(client.get("/k/222222/", {"lang": language}))

    assert (only(root, "h1"), only(root, "title")) == (title, f"{title} · DILAKU")


def test_an_outage_keeps_what_was_typed_and_needs_no_database(visit_fields, point, django_assert_num_queries):
    fields = visit_fields(point, name="<b>Siti</b>", note="Baris satu\nBaris dua", meeting_with="")
    with django_assert_num_queries(0):
        response = errors.unavailable(RequestFactory().post(f"{form_of(point)}?lang=id", fields))
    root = tree(response)

    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert list(zip(every(root, "dt"), every(root, "dd"), strict=True)) == [
        ("Nama lengkap", "<b>Siti</b>"),
        ("Nomor HP atau WhatsApp", "0812 3456 7890"),
        ("Anda datang sebagai", "Mahasiswa/akademisi"),
        ("Nama instansi", "Universitas Contoh"),
        ("Jumlah tamu", "2"),
        ("Catatan", "Baris satu Baris dua"),
    ]
    form = root.find(".//form")
    sent_again = {field.get("name"): field.get("value") for field in form.iter("input")}
    assert form.get("action") == f"{form_of(point)}?lang=id"
    assert sent_again == fields, "no page token for visitors"


def test_a_staff_form_is_sent_again_with_a_new_token_and_never_shows_a_password():
    request = RequestFactory().post("/staf/visits/visit/1/change/", {"staff_note": "Sudah ditelepon", "_save": "1"})
    root = tree(errors.csrf_failure(request))
    assert list(zip(every(root, "dt"), every(root, "dd"), strict=True)) == [("Catatan petugas", "Sudah ditelepon")]
    assert [field.get("name") for field in root.iter("input")] == ["csrfmiddlewaretoken", "staff_note", "_save"]

    request = RequestFactory().post("/staf/login/", {"username": "alice", "password": "rahasia-sekali"})
    response = errors.csrf_failure(request)
    assert tree(response).findall(".//form") == []
    assert "rahasia-sekali" not in response.content.decode()


# --- files for machines ----------------------------------------------------------------------------------------------


def test_robots_stay_out_of_forms_and_the_staff_area(client):
    assert client.get("/robots.txt").content.decode() == (
        "User-agent: *\nDisallow: /k/\nDisallow: /K/\nDisallow: /staf/\n"
    )


def test_security_txt_says_where_to_report_and_does_not_expire(client):
    lines = client.get("/.well-known/security.txt").content.decode().splitlines()
    fields = dict(line.split(": ", 1) for line in lines)

    assert list(fields) == ["Contact", "Expires", "Preferred-Languages", "Canonical"]
    assert fields["Contact"] == f"{settings.SITE_URL}/privasi/"
    ahead = datetime.fromisoformat(fields["Expires"]) - datetime.now(UTC)
    assert timedelta(days=30) < ahead < timedelta(days=365)


def test_the_manifest_names_an_icon_that_exists(client):
    response = client.get("/manifest.webmanifest")
    manifest = json.loads(response.content)

    assert response.headers["Content-Type"] == "application/manifest+json"
    assert (manifest["short_name"], manifest["start_url"], manifest["lang"]) == ("DILAKU", "/", "id")
    assert re.fullmatch(r"/static/img/icon\.[0-9a-f]+\.svg", manifest["icons"][0]["src"])
