"""Staff answer a thread: reply, note, division, closing and its undo, WhatsApp."""

import re
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from tests.visits.test_odd_input import ODD_TEXT
from tests.visits.threads import letter, page_of, reply, tree, waits, words
from visits import feedback_actions
from visits.models import AuditEvent, Feedback, Message

pytestmark = pytest.mark.django_db


def page(feedback) -> str:
    return f"/staf/visits/feedback/{feedback.pk}/change/"


def shown(response) -> dict[str, str]:
    """The fields of the form as the page holds them."""
    form = response.context["form"]
    return {name: "" if form[name].value() is None else str(form[name].value()) for name in form.fields}


def opened(client, feedback) -> dict[str, str]:
    return shown(client.get(page(feedback)))


def press(client, feedback, button, fields=None, **typed):
    """Presses a button of the page, freshly opened unless its `fields` are given."""
    return client.post(page(feedback), {**(fields or opened(client, feedback)), **typed, "do": button})


def letters(feedback) -> list[tuple]:
    """(author, who wrote, body), without the visitor's first one."""
    return list(feedback.messages.values_list("author", "written_by__username", "body")[1:])


def audit(feedback) -> list[tuple]:
    events = AuditEvent.objects.filter(object_type="feedback", object_id=feedback.pk).exclude(action="feedback.opened")
    return list(events.order_by("pk").values_list("action", "actor", "details"))


def said(response) -> str:
    return str(next(iter(get_messages(response.wsgi_request))))


def alert(response) -> str:
    return words(tree(response).find(".//div[@role='alert']"))


def test_opening_shows_everything_and_leaves_a_trace(make_feedback, office, client_of, alice):
    feedback = make_feedback(name="Siti Rahmawati", phone="+6281234567890", category="pengaduan", language="en")
    response = client_of(alice).get(page(feedback))
    root = tree(response)
    facts = {words(line.find("dt")): words(line.find("dd")) for line in root.findall(".//dl/div")}
    assert (words(root.find(".//h1")), words(root.find(".//div[@id='content']/h2"))) == (
        "Siti Rahmawati",
        "Pengaduan S-0001",
    )
    assert {name: facts[name] for name in ["Menunggu", "Nomor HP/WhatsApp", "Bahasa pengirim"]} == {
        "Menunggu": "sejak hari ini",
        "Nomor HP/WhatsApp": "0812-3456-7890",
        "Bahasa pengirim": "Inggris",
    }
    assert words(root.find("head/title")) == "Saran S-0001 · DILAKU"
    assert words(root.find(".//li[@class='dk-letter is-tamu']/div")) == "Ruang tunggu kurang kursi."
    event = AuditEvent.objects.get(action="feedback.opened")
    assert (event.actor, event.object_id, event.office_id, event.details) == ("alice", feedback.pk, office.pk, {})


def test_a_reply_is_sent_in_the_offices_name_and_the_trail_knows_whose_it_was(make_feedback, client_of, client, alice):
    feedback, desk = make_feedback(), client_of(alice)
    response = press(desk, feedback, "reply", reply="  Terima kasih.\r\n\r\nKursi\tsudah ada. ")
    assert (response.status_code, response["Location"]) == (302, page(feedback))
    assert said(response).strip() == "Balasan untuk S-0001 terkirim."
    assert letters(feedback) == [("kantor", "alice", "Terima kasih.\n\nKursi sudah ada.")]
    assert waits(feedback) == (False, False)
    assert feedback.first_replied_at == feedback.messages.last().created_at
    assert audit(feedback) == [("feedback.replied", "alice", {})]
    seen_by_visitor = client.get(page_of(feedback)).content.decode()
    assert "Kursi sudah ada." in seen_by_visitor and "alice" not in seen_by_visitor


def test_of_several_replies_the_first_is_remembered(make_feedback, client_of, alice, dewi):
    feedback = make_feedback()
    press(client_of(alice), feedback, "reply", reply="Satu")
    feedback.refresh_from_db()
    first = feedback.first_replied_at
    feedback_actions.add_letter(feedback, data=letter("Lagi"), content={"body": "Lagi"})
    press(client_of(dewi), feedback, "reply", reply="Dua")
    assert waits(feedback) == (False, False)
    assert feedback.first_replied_at == first
    assert [body for _author, _by, body in letters(feedback)] == ["Satu", "Lagi", "Dua"]


def test_reply_and_close_in_one_step(make_feedback, client_of, alice):
    feedback, client = make_feedback(), client_of(alice)
    response = press(client, feedback, "reply-close", reply="Selesai ya")
    assert said(response).startswith("Balasan untuk S-0001 terkirim, dan sarannya ditutup.")
    assert (*waits(feedback), feedback.closed_by) == (False, True, "petugas")
    assert [action for action, _by, _details in audit(feedback)] == ["feedback.replied", "feedback.closed"]
    press(client, feedback, "reply", reply="Satu lagi")
    assert waits(feedback) == (False, True), "a closed thread can be answered and stays closed"


def test_closing_without_a_reply_and_its_undo(make_feedback, client_of, alice):
    feedback, client = make_feedback(), client_of(alice)
    since = feedback.waiting_since
    response = press(client, feedback, "close")
    assert (*waits(feedback), feedback.first_replied_at) == (False, True, None)
    undo = re.search(r'form="desk" formaction="([^"]+)" name="do" value="(\w+)"', said(response))
    client.post(undo[1], {"next": "/staf/", "do": undo[2]})
    assert waits(feedback) == (True, False)
    assert feedback.waiting_since == since
    assert [action for action, _by, _details in audit(feedback)] == ["feedback.closed", "feedback.reopened"]
    press(client, feedback, "reopen")
    assert len(audit(feedback)) == 2, "an open one stays as it is"


def test_a_thread_closed_by_its_writer_opens_again_as_answered(answered, client_of, alice):
    feedback_actions.close_by_visitor(answered)
    press(client_of(alice), answered, "reopen")
    assert (*waits(answered), answered.closed_by) == (False, False, "")


def test_a_note_is_for_colleagues_and_answers_nothing(make_feedback, client_of, client, alice):
    feedback = make_feedback()
    press(client_of(alice), feedback, "note", internal_note="Tanya Pak Hasan dulu")
    assert letters(feedback) == [("catatan", "alice", "Tanya Pak Hasan dulu")]
    assert (*waits(feedback), feedback.first_replied_at) == (True, False, None)
    assert audit(feedback) == [("feedback.noted", "alice", {})]
    assert "Hasan" not in client.get(page_of(feedback)).content.decode()
    note = tree(client_of(alice).get(page(feedback))).find(".//li[@class='dk-letter is-catatan']")
    assert words(note.find("p/strong")) == "Catatan internal, tidak dilihat pengirim"


def test_a_division_takes_over(make_feedback, office, other_office, client_of, alice):
    feedback, client = make_feedback(), client_of(alice)
    division = office.divisions.get(name="Ketua")
    for _each in range(2):
        press(client, feedback, "assign", division=division.pk)
    feedback.refresh_from_db()
    assert (feedback.division, audit(feedback)) == (
        division,
        [("feedback.assigned", "alice", {"fields": ["division"]})],
    )
    response = press(client, feedback, "assign", division=other_office.divisions.first().pk)
    assert (response.status_code, "division" in response.context["form"].errors) == (422, True)
    press(client, feedback, "assign", division="")
    feedback.refresh_from_db()
    assert feedback.division is None


@pytest.mark.parametrize(
    ("button", "typed", "complaint"),
    [
        ("reply", {"reply": ""}, "Tulis balasannya."),
        ("reply", {"reply": " \u200b\n\u3164 "}, "Tulis balasannya."),
        ("reply-close", {"reply": "-" * 2001}, "Terlalu panjang. Paling banyak 2.000 huruf."),
        ("note", {"internal_note": " "}, "Tulis catatannya."),
        ("template", {"template": ""}, "Pilih contohnya."),
        ("template", {"template": "999999"}, "Contoh ini baru saja berubah. Pilih sekali lagi."),
        ("reply", {"reply": "Ada", "submission_id": "bukan-uuid"}, "Halaman ini tidak lengkap. Kirim sekali lagi."),
        ("delete", {"reply": "Ada"}, "Halaman ini tidak lengkap. Kirim sekali lagi."),
    ],
)
def test_mistakes_are_told_and_nothing_is_stored(make_feedback, client_of, alice, button, typed, complaint):
    feedback, client = make_feedback(), client_of(alice)
    response = press(client, feedback, button, **typed)
    assert (response.status_code, alert(response)) == (422, complaint)
    kept = {name: text for name, text in typed.items() if name != "submission_id"}
    assert {name: shown(response)[name] for name in kept} == kept
    assert (letters(feedback), audit(feedback)) == ([], [])
    assert AuditEvent.objects.filter(action="feedback.opened").count() == 2
    press(client, feedback, "reply", shown(response), reply="Sudah betul")
    assert [body for _author, _by, body in letters(feedback)] == ["Sudah betul"]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "=1+1", "@SUM(A1)", "a" * 2000, "ก็" * 500, "🙏", *ODD_TEXT]
)
def test_any_text_arrives_as_text(make_feedback, client_of, client, alice, text):
    feedback, desk = make_feedback(body="<img src=x onerror=alert(1)>", name="<b>Siti</b>"), client_of(alice)
    response = press(desk, feedback, "reply", reply=f"Jawab: {text}")
    if response.status_code != 302:
        assert response.status_code in {400, 422}
        return
    for body in [desk.get(page(feedback)).content.decode(), client.get(page_of(feedback)).content.decode()]:
        assert "<script>alert" not in body and "<img src=x" not in body and "<b>Siti" not in body
    assert Message.objects.latest("pk").body.startswith("Jawab:")


def test_no_other_button_throws_away_what_stands_in_the_box(make_feedback, office, client_of, alice):
    feedback, client = make_feedback(), client_of(alice)
    division = office.divisions.first()
    for button, typed in [
        ("assign", {"division": division.pk}),
        ("note", {"internal_note": "Sudah ditanyakan"}),
        ("close", {}),
        ("reopen", {}),
    ]:
        response = press(client, feedback, button, reply="Setengah jadi", **typed)
        assert (response.status_code, shown(response)["reply"], shown(response)["internal_note"]) == (
            200,
            "Setengah jadi",
            "",
        )
    response = press(client, feedback, "reply", shown(response), reply="Jadi", internal_note="Belum jadi")
    assert (shown(response)["reply"], shown(response)["internal_note"]) == ("", "Belum jadi")
    assert [body for _author, _by, body in letters(feedback)] == ["Sudah ditanyakan", "Jadi"]
    assert tree(response).find(".//details").get("open") is not None


def test_an_example_fills_the_box_without_a_script(make_feedback, office, client_of, alice):
    feedback, client = make_feedback(), client_of(alice)
    example = office.reply_templates.first()
    response = press(client, feedback, "template", template=example.pk)
    assert (shown(response)["reply"], letters(feedback)) == (example.body, [])
    response = press(client, feedback, "template", shown(response), template=example.pk, reply="Yth. Ibu Siti,\n")
    assert shown(response)["reply"] == f"Yth. Ibu Siti,\n\n{example.body}"
    press(client, feedback, "reply", shown(response))
    assert letters(feedback) == [("kantor", "alice", f"Yth. Ibu Siti,\n\n{example.body}")]


def test_only_the_offices_own_examples_in_use_are_offered(make_feedback, office, other_office, client_of, alice):
    feedback, client = make_feedback(), client_of(alice)
    first, *_others = office.reply_templates.all()
    office.reply_templates.filter(pk=first.pk).update(is_active=False)
    options = tree(client.get(page(feedback))).findall(".//select[@name='template']/option")
    assert [words(option) for option in options] == [
        "Pilih contoh",
        "Mohon maaf atas pengalaman yang kurang baik",
        "Meminta keterangan tambahan",
    ]
    for foreign in [first, other_office.reply_templates.first()]:
        assert press(client, feedback, "template", template=foreign.pk).status_code == 422


def whatsapp(feedback) -> str:
    return f"/staf/visits/feedback/{feedback.pk}/whatsapp/"


@pytest.mark.parametrize(
    ("language", "words_sent"),
    [
        ("id", "Bawaslu Kabupaten Contoh sudah membalas Anda (nomor S-0001). Baca di sini:"),
        ("en", "Bawaslu Kabupaten Contoh has replied to you (number S-0001). Read it here:"),
    ],
)
def test_whatsapp_is_offered_after_a_reply_and_the_key_stands_in_no_page(
    make_feedback, client_of, alice, settings, language, words_sent
):
    feedback, client = make_feedback(phone="+6281234567890", language=language), client_of(alice)
    assert whatsapp(feedback) not in client.get(page(feedback)).content.decode()
    told = said(press(client, feedback, "reply", reply="Sudah"))
    body = client.get(page(feedback)).content.decode()
    key = feedback_actions.thread_key(feedback)
    assert whatsapp(feedback) in told and whatsapp(feedback) in body
    assert key not in told and key not in body and "81234567890" not in told
    response = client.get(whatsapp(feedback))
    link = urlsplit(response["Location"])
    assert (link.netloc, link.path) == ("wa.me", "/6281234567890")
    assert parse_qs(link.query) == {"text": [f"{words_sent} {settings.SITE_URL}/s/{key}/"]}
    assert response["Referrer-Policy"] == "same-origin" and "no-store" in response["Cache-Control"]
    assert audit(feedback)[-1] == ("feedback.told", "alice", {})


def test_no_whatsapp_without_a_number_or_once_erased(make_feedback, client_of, alice):
    now, client = timezone.now(), client_of(alice)
    silent = make_feedback()
    erased = make_feedback(phone="+6281234567890", submission_id=uuid4(), anonymized_at=now)
    Feedback.objects.filter(pk=erased.pk).update(submission_id=None, key_hash=None, phone="")
    for feedback in [silent, erased]:
        assert client.get(whatsapp(feedback)).status_code == 404
        assert [action for action, _by, _details in audit(feedback)] == []
    assert client.get(whatsapp(silent)).status_code == 404


def test_an_erased_thread_opens_and_can_not_be_written_to(make_feedback, client_of, alice):
    feedback, client = make_feedback(), client_of(alice)
    fields = opened(client, feedback)
    Feedback.objects.update(anonymized_at=timezone.now(), submission_id=None, key_hash=None)
    Message.objects.update(body="", submission_id=None)
    for button in ["reply", "note", "assign", "close"]:
        response = press(client, feedback, button, fields, reply="Halo", internal_note="Halo", division="")
        assert said(response).startswith("Data saran ini sudah dihapus")
    root = tree(client.get(page(feedback)))
    assert (letters(feedback), audit(feedback), root.find(".//textarea")) == ([], [], None)
    assert words(root.find(".//li[@class='dk-letter is-tamu']/div")) == "Data sudah dihapus"


def test_who_may_read_only_gets_no_box_and_no_button(make_feedback, office, make_user, client_of):
    feedback, reader = make_feedback(), make_user("eko", office)
    reader.user_permissions.add(Permission.objects.get(codename="view_feedback"))
    client = client_of(reader)
    root = tree(client.get(page(feedback)))
    assert root.findall(".//textarea") + root.findall(".//form[@id='thread']//button") == []
    assert press(client, feedback, "reply", {"reply": "Halo"}).status_code == 403
    assert client.get(whatsapp(feedback)).status_code == 403
    assert letters(feedback) == []


def test_strangers_and_wrong_methods(make_feedback, client_of, alice, bob, charlie):
    feedback = make_feedback(phone="+6281234567890")
    fields = opened(client_of(alice), feedback)
    for person, status in [(bob, 403), (charlie, 404)]:
        client = client_of(person)
        assert client.get(page(feedback)).status_code == client.get(whatsapp(feedback)).status_code == status
        assert press(client, feedback, "reply", fields, reply="Halo").status_code == status
    client = client_of(alice)
    statuses = [getattr(client, method)(page(feedback)).status_code for method in ["put", "delete", "patch"]]
    assert [*statuses, client.post(whatsapp(feedback)).status_code] == [405] * 4
    assert client.head(whatsapp(feedback)).status_code == 302
    assert (letters(feedback), audit(feedback)) == ([], [])


def test_the_session_ended_while_typing(make_feedback, client_of, alice):
    """What was typed comes back with a button; after a new login in another tab the button sends it."""
    feedback, client = make_feedback(), client_of(alice)
    fields = opened(client, feedback)
    client.logout()
    response = press(client, feedback, "reply", fields, reply="Kalimat panjang", internal_note="Ingat kursi")
    root = tree(response)
    assert (response.status_code, words(root.find(".//h1"))) == (403, "Anda sudah keluar")
    assert [words(line) for line in root.findall(".//dl/div")] == [
        "BalasanKalimat panjang",
        "Catatan internalIngat kursi",
    ]
    kept = {field.get("name"): field.get("value") for field in root.findall(".//form/input")}
    client.force_login(alice)
    client.post(page(feedback), kept)
    assert letters(feedback) == [("kantor", "alice", "Kalimat panjang")]


def test_an_expired_page_token_keeps_the_text(make_feedback, alice):
    feedback, client = make_feedback(), Client(enforce_csrf_checks=True)
    client.force_login(alice)
    response = press(client, feedback, "reply", opened(client, feedback), reply="Kalimat panjang")
    assert response.status_code == 403
    assert "Kalimat panjang" in [field.get("value") for field in tree(response).findall(".//form/input")]
    assert letters(feedback) == []


def test_the_history_tells_who_did_what(make_feedback, client_of, alice):
    feedback, client = make_feedback(name="Siti Rahmawati"), client_of(alice)
    press(client, feedback, "reply-close", reply="Rahasia besar")
    press(client, feedback, "reopen")
    body = client.get(f"/staf/visits/feedback/{feedback.pk}/history/").content.decode()
    for said_so in ["Membuka saran", "Membalas saran", "Menutup saran", "Membuka lagi saran"]:
        assert said_so in body
    assert "Siti" not in body and "Rahasia" not in body


def test_replying_through_actions_needs_no_page(answered, alice):
    reply(answered, by=alice, body="Sekali lagi")
    assert [body for _author, _by, body in letters(answered)][-1] == "Sekali lagi"
