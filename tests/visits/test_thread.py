"""The visitor's private page of a thread: what it says, to whom, and to nobody else."""

import base64
import io
import re
from uuid import uuid4

import pytest
import zxingcpp
from django.conf import settings
from django.utils import timezone
from PIL import Image

from tests.conftest import local
from tests.visits.pages import only
from tests.visits.threads import letter, letters_of, page_of, reply, state_of, tree, words
from visits import feedback_actions
from visits.codes import private_key
from visits.models import CheckInPoint, ClosedDay, Feedback, Message

pytestmark = pytest.mark.django_db

TUESDAY = "2026-07-14"


# --- what the page says --------------------------------------------------------------------------------------------


def test_a_sent_letter_is_confirmed_and_its_link_can_be_kept(client, make_feedback):
    feedback = make_feedback(body="Kursi kurang.\n\nMohon ditambah.", name="Siti Rahmawati", phone="+6281234567890")
    root = tree(client.get(page_of(feedback)))

    assert words(root.find(".//title")) == "Saran Anda S-0001 · Bawaslu Kabupaten Contoh"
    assert words(root.find(".//h1")) == "Saran Anda"
    assert state_of(root) == ("Menunggu balasan", "Nomor saran S-0001", ["Kirim tulisan"])
    assert letters_of(root) == [("Anda menulis", "Kursi kurang. Mohon ditambah.")]
    assert "Terima kasih, tulisan Anda sudah kami terima." in words(root.find(".//main"))
    order = [element.tag for element in root.find("./body/main")]
    assert order == ["div", "section", "div", "details", "p"], "the link comes before what the visitor knows already"
    assert "Siti" not in words(root), "a page on a screen in the street names nobody"
    assert "0812" not in words(root)


def test_the_qr_code_opens_this_very_page(client, make_feedback):
    feedback = make_feedback()
    root = tree(client.get(page_of(feedback)))
    image = root.find(".//img")
    kind, _, content = image.get("src").partition(",")

    (code,) = zxingcpp.read_barcodes(
        Image.open(io.BytesIO(base64.b64decode(content))), formats=zxingcpp.BarcodeFormat.QRCode
    )

    assert kind == "data:image/png;base64"
    assert code.text == f"{settings.SITE_URL}{page_of(feedback)}".upper()
    path = code.text.removeprefix(settings.SITE_URL.upper())
    assert letters_of(tree(client.get(path))) == letters_of(root)
    assert root.find(".//button[@data-copy]").get("data-copy") == f"{settings.SITE_URL}{page_of(feedback)}"
    assert "hidden" in root.find(".//button[@data-copy]").attrib, "copying takes JavaScript"


def test_the_link_may_be_read_aloud(client, make_feedback):
    feedback = make_feedback()
    printed = words(tree(client.get(page_of(feedback))).find(".//span[@class='url']"))
    groups = re.findall(".{1,4}", feedback_actions.thread_key(feedback).upper())

    assert printed == f"{settings.SITE_URL.split('//')[1]}/s/{'-'.join(groups)}"
    for spelt in ["-".join(groups), " ".join(groups)]:
        button = tree(client.get(f"/s/{spelt}/")).find(".//button[@data-copy]")
        assert button.get("data-copy") == f"{settings.SITE_URL}{page_of(feedback)}"


@pytest.mark.parametrize(
    ("category", "heading", "english"),
    [
        ("saran", "Saran Anda", "Your suggestion"),
        ("pertanyaan", "Pertanyaan Anda", "Your question"),
        ("pengaduan", "Pengaduan Anda", "Your complaint"),
        ("apresiasi", "Apresiasi Anda", "Your praise"),
    ],
)
def test_the_page_is_named_after_what_was_sent(client, make_feedback, category, heading, english):
    page = page_of(make_feedback(category=category))

    assert words(tree(client.get(page)).find(".//h1")) == heading
    assert words(tree(client.get(page, {"lang": "en"})).find(".//h1")) == english


def test_the_answer_is_announced_in_the_title_and_shown_as_the_offices(client, answered):
    root = tree(client.get(page_of(answered)))

    assert words(root.find(".//title")) == "Sudah dibalas: Saran Anda S-0001 · Bawaslu Kabupaten Contoh"
    assert state_of(root) == ("Sudah dibalas", "Nomor saran S-0001", ["Ya, sudah cukup", "Kirim tanggapan"])
    assert letters_of(root) == [
        ("Anda menulis", "Ruang tunggu kurang kursi."),
        ("Bawaslu Kabupaten Contoh", "Terima kasih. Kursi sudah kami tambah."),
    ]
    assert [article.get("class") for article in root.iter("article")] == ["letter", "letter office"]
    assert "alice" not in words(root), "the office answers, not a person"


def test_notes_among_staff_are_never_shown(client, answered, alice):
    feedback_actions.note(answered, submission_id=uuid4(), body="Pengirim ini sering mengeluh", by=alice)

    page = client.get(page_of(answered)).content.decode()

    assert "sering mengeluh" not in page
    assert page.count("<article") == 2


@pytest.mark.parametrize(
    ("time_zone", "indonesian", "english"),
    [
        ("Asia/Jakarta", "Selasa, 14 Juli 2026, 23.42 WIB", "Tuesday, 14 July 2026, 23:42 WIB"),
        ("Asia/Jayapura", "Rabu, 15 Juli 2026, 01.42 WIT", "Wednesday, 15 July 2026, 01:42 WIT"),
    ],
)
def test_times_are_the_offices(client, office, make_feedback, time_zone, indonesian, english):
    page = page_of(make_feedback(created_at=local(office, TUESDAY, "23:42:00")))
    office.time_zone = time_zone
    office.save()

    assert words(tree(client.get(page)).find(".//time")) == indonesian
    assert words(tree(client.get(page, {"lang": "en"})).find(".//time")) == english


@pytest.mark.parametrize(
    ("day", "time", "due"),
    [
        ("2026-07-14", "10:00", "Jumat, 17 Juli"),
        ("2026-07-16", "23:59", "Selasa, 21 Juli"),
        ("2026-07-18", "09:00", "Rabu, 22 Juli"),
        ("2026-07-22", "09:00", "Selasa, 28 Juli"),
    ],
    ids=["midweek", "over a weekend", "sent on a Saturday", "over a closed day"],
)
def test_the_page_names_the_day_of_the_answer(client, office, make_feedback, clock, day, time, due):
    ClosedDay.objects.create(office=office, day="2026-07-24", name="Perbaikan gedung")
    clock.set(local(office, day, time))
    page = words(tree(client.get(page_of(make_feedback(created_at=timezone.now())))))

    assert f"Kami berusaha membalas dalam 3 hari kerja, paling lambat {due}." in page


@pytest.mark.parametrize(("day", "is_late"), [("2026-07-17", False), ("2026-07-18", True)])
def test_a_late_answer_is_owned_up_to(client, office, make_feedback, clock, day, is_late):
    page = page_of(make_feedback(created_at=local(office, TUESDAY)))
    clock.set(local(office, day, "23:00"))

    text = words(tree(client.get(page)))

    assert ("Maaf, kami belum membalas sampai Jumat, 17 Juli" in text) == is_late


def test_an_office_without_hours_promises_no_day(client, office, make_feedback):
    office.service_hours.all().delete()
    page = words(tree(client.get(page_of(make_feedback()))))

    assert "hari kerja" not in page
    assert "Balasannya muncul di halaman ini." in page


def test_what_anybody_wrote_is_text(client, make_feedback, alice):
    feedback = make_feedback(body="<script>alert(1)</script> http://jahat.example/ \u202eabc")
    reply(feedback, by=alice, body="Baca https://dilaku.contoh.go.id/syarat?a=1&b=<2>\n\n<b>Salam</b>")
    root = tree(client.get(page_of(feedback)))

    first, second = root.iter("article")
    assert words(first.find("div")) == "<script>alert(1)</script> http://jahat.example/ \u202eabc"
    assert first.findall(".//a") == [], "only the office's own links can be tapped"
    assert second.find(".//a").get("href") == "https://dilaku.contoh.go.id/syarat?a=1&b="
    assert [words(paragraph) for paragraph in second.findall("div/p")][1] == "<b>Salam</b>"
    assert [article.find("div").get("dir") for article in root.iter("article")] == ["auto", "auto"]


def test_the_home_link_leads_only_to_a_point_that_is_in_use(client, point, make_feedback):
    page = page_of(make_feedback())
    (home,) = tree(client.get(page)).findall(".//header[@class='mast slim']//a")
    assert (words(home), home.get("href")) == ("Beranda", f"/k/{point.code}/")

    CheckInPoint.objects.update(is_active=False)
    root = tree(client.get(page))
    assert root.findall(".//header[@class='mast']//a") == []
    assert state_of(root)[0] == "Menunggu balasan", "the thread outlives the poster"


def test_an_english_visitors_thread_is_english_until_switched(client, make_feedback):
    page = page_of(make_feedback(language="en"))

    assert tree(client.get(page)).get("lang") == "en"
    root = tree(client.get(page, {"lang": "id"}))
    assert root.get("lang") == "id"
    response = client.post(root.find(".//form").get("action"), letter())
    assert response.headers["Location"] == f"{page}?lang=id"


def test_a_page_of_many_letters_takes_no_more_statements(client, answered, alice, django_assert_num_queries):
    # Thread, letters; while it waits also the office's hours and closed days.
    with django_assert_num_queries(2):
        client.get(page_of(answered))
    for _ in range(3):
        client.post(page_of(answered), letter())
        reply(answered, by=alice)
    with django_assert_num_queries(2):
        client.get(page_of(answered))
    client.post(page_of(answered), letter())
    with django_assert_num_queries(4):
        client.get(page_of(answered))


# --- private -------------------------------------------------------------------------------------------------------


def test_a_thread_is_neither_stored_nor_indexed_and_loads_nothing_from_elsewhere(client, answered):
    response = client.get(page_of(answered))

    assert response.headers["Cache-Control"] == "no-store, private"
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "Set-Cookie" not in response.headers
    loaded = [
        element.get("src") or element.get("href")
        for element in tree(response).iter()
        if element.tag in {"script", "link", "img"}
    ]
    assert {address.split(":")[0] if address.startswith("data:") else address[0] for address in loaded} == {"/", "data"}


def test_a_link_ends_with_its_secret(client, answered, settings):
    """Unless that is named among the earlier ones: docs/kebocoran-data.md counts on it."""
    address = page_of(answered)
    settings.LINK_SECRET, settings.LINK_SECRET_FALLBACKS = "s" * 40, [settings.LINK_SECRET]
    assert client.get(address).status_code == 200
    settings.LINK_SECRET_FALLBACKS = []
    assert only(tree(client.get(address)), "h1") == "Saran tidak ditemukan"


@pytest.mark.parametrize("action", ["", "cukup/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_wrong_key_shows_the_same_calm_page(client, answered, make_feedback, make_visit, action, method):
    key = feedback_actions.thread_key(answered)
    anonymised = make_feedback()
    gone = feedback_actions.thread_key(anonymised)
    Feedback.objects.filter(pk=anonymised.pk).update(
        submission_id=None, key_hash=None, content_digest="", anonymized_at=timezone.now()
    )
    other_kind = private_key("visit", make_visit().submission_id)

    pages = {
        (response.status_code, response.headers["Cache-Control"], steady(response))
        for wrong in [
            "a" * 26,
            key[:-1],
            f"{key}a",
            gone,
            other_kind,
            "2",
            "-",
            f"0{key[1:]}",
            f"{key}.",
            "é",
            "%0A",
            "a" * 99,
        ]
        for response in [getattr(client, method)(f"/s/{wrong}/{action}")]
    }

    ((status, kept, page),) = pages
    assert (status, kept) == (404, "no-store, private")
    assert "Saran tidak ditemukan" in page
    assert "Bawaslu" not in page


def steady(response) -> str:
    """Without what differs between any two answers: request ids."""
    return re.sub(r"\b[0-9a-f-]{16,}\b", "", response.content.decode())


def test_a_thread_anonymised_while_its_page_was_open_is_gone(client, answered):
    page = page_of(answered)
    stale = Feedback.objects.get(pk=answered.pk)
    Feedback.objects.filter(pk=answered.pk).update(submission_id=None, key_hash=None, anonymized_at=timezone.now())

    assert client.post(page, letter()).status_code == 404
    with pytest.raises(Feedback.DoesNotExist):
        feedback_actions.close_by_visitor(stale)
    with pytest.raises(Feedback.DoesNotExist):
        feedback_actions.add_letter(stale, data={"submission_id": uuid4(), "body": "x"}, content={"body": "x"})
    assert Message.objects.count() == 2


def test_what_was_typed_to_a_lost_thread_is_shown(client, office):
    (fact,) = tree(client.post("/s/aaaa/", letter("Masih kurang."))).findall(".//dl/div")

    assert [words(part) for part in fact] == ["Tulisan Anda", "Masih kurang."]


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_refused(client, answered, method):
    for address in [page_of(answered), f"{page_of(answered)}cukup/"]:
        assert getattr(client, method)(address).status_code == 405


def test_a_thread_survives_the_rotation_of_the_secret(client, answered, settings):
    page = page_of(answered)
    settings.LINK_SECRET_FALLBACKS = [settings.LINK_SECRET]
    settings.LINK_SECRET = "another-secret-of-at-least-32-characters"

    assert client.get(page).status_code == 200
    assert client.post(page, letter()).headers["Location"] == page
