"""What visitors see: each page's words in each state, its HTML, its weight, and nothing of anybody else's."""

import base64
import gzip
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import RequestFactory

from tests.visits.pages import every, feedback_form_of, form_of, only, ticket_of, tree, words
from tests.visits.threads import letter, page_of, reply
from visits import actions, errors, feedback_actions, snapshot
from visits.models import CheckInPoint, Visit
from visits.privacy import notice_version

pytestmark = pytest.mark.django_db

CONTROLS = {"input", "select", "textarea"}
SKIP = {"id": "Lewati ke isi", "en": "Skip to content"}


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


def test_the_settings_are_read_once_and_then_remembered(client, point, settings_stay_fresh, django_assert_num_queries):
    for path in [f"/k/{point.code}/", form_of(point), feedback_form_of(point)]:
        snapshot.forget()
        with django_assert_num_queries(1):
            client.get(path)
        with django_assert_num_queries(0):
            client.get(path)


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


SAID_TO_STAFF = {
    errors.bad_request: (400, "Mungkin tautannya terpotong. Bukalah halamannya lagi dari beranda."),
    errors.permission_denied: (403, "Minta Admin kantor bila Anda memerlukannya untuk bekerja."),
    errors.page_not_found: (404, "Mungkin tautannya terpotong, atau datanya bukan milik kantor Anda."),
    errors.server_error: (500, "Pekerjaan Anda belum tersimpan. Coba lagi. Bila terulang, beri tahu TI."),
    errors.unavailable: (
        503,
        "Biasanya hanya sebentar. Pekerjaan Anda belum tersimpan; coba lagi. Bila terulang, beri tahu TI.",
    ),
}


@pytest.mark.parametrize("told", SAID_TO_STAFF)
def test_staff_are_told_in_their_own_words_and_find_the_way_back(told, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = told(RequestFactory().get("/staf/visits/visit/1/change/"))
    root = tree(response)

    assert (response.status_code, only(root, "p[@class='lead']")) == SAID_TO_STAFF[told]
    assert [(words(link), link.get("href")) for link in root.findall(".//main//a")] == [("Ke beranda", "/staf/")]
    assert every(root, "footer") == [], "the help there is the visitors'"


def test_a_refused_deed_of_staff_is_no_dead_end(client_of, alice):
    root = tree(client_of(alice).post("/staf/auth/user/add/", {"username": "eko"}))

    assert (only(root, "h1"), only(root, "main//a")) == ("Halaman ini bukan untuk akun Anda", "Ke beranda")


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
