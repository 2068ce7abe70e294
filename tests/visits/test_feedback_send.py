"""A visitor tells the office something: one thread, however often it is sent, and nothing typed is lost."""

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from tests.visits.test_odd_input import ODD_TEXT
from tests.visits.threads import alert_of, form_of, tree, values_of, words
from visits import actions, feedback_actions, kept_pages
from visits.abuse import TRAP
from visits.codes import key_hash
from visits.models import AuditEvent, Feedback, Message
from visits.privacy import notice_version

pytestmark = pytest.mark.django_db

PICK = "Pilih salah satu: saran, pertanyaan, pengaduan, atau apresiasi."
WRITE = "Tulis yang ingin Anda sampaikan."


def stored() -> list[tuple]:
    return list(Feedback.objects.order_by("pk").values_list("number", "category", "name", "phone", "language"))


def bodies() -> list[str]:
    return list(Message.objects.values_list("body", flat=True))


# --- one letter ----------------------------------------------------------------------------------------------------


def test_a_letter_begins_a_thread_and_leads_to_its_page(client, point, feedback_fields):
    before = datetime.now(UTC)
    fields = feedback_fields(category="pengaduan", name="Siti Rahmawati", phone="0812 3456 7890")

    response = client.post(form_of(point), fields)

    feedback = Feedback.objects.get()
    assert response.status_code == 303
    assert response.headers["Location"] == f"/s/{feedback_actions.thread_key(feedback)}/"
    assert stored() == [(1, "pengaduan", "Siti Rahmawati", "+6281234567890", "id")]
    assert (feedback.office, feedback.point, feedback.label) == (point.office, point, "S-0001")
    assert before <= feedback.created_at == feedback.waiting_since <= datetime.now(UTC)
    assert (feedback.first_replied_at, feedback.closed_at, feedback.division) == (None, None, None)
    assert feedback.notice_version == notice_version(point.office)
    assert list(feedback.messages.values_list("author", "written_by", "body")) == [("tamu", None, fields["body"])]
    assert AuditEvent.objects.count() == 0, "a visitor's own letter leaves no audit line"


def test_the_poster_may_spell_the_address_in_capitals(client, point, feedback_fields):
    client.post(f"/K/{point.code}/saran/", feedback_fields())

    assert stored() == [(1, "saran", "", "", "id")]


def test_nobody_has_to_say_a_name(client, point, feedback_fields):
    page = words(tree(client.get(form_of(point))))
    client.post(form_of(point), feedback_fields(name=" \u200b ", phone=" "))

    assert "Boleh tanpa nama." in page
    assert stored() == [(1, "saran", "", "", "id")]


def test_numbers_count_per_office(client, point, other_office, feedback_fields):
    for place in [point, other_office.points.get(), point]:
        client.post(form_of(place), feedback_fields())

    assert [row[0] for row in stored()] == [1, 1, 2]


def test_an_online_point_and_a_closed_office_take_letters_too(client, online_point, feedback_fields):
    online_point.office.service_hours.all().delete()

    client.post(form_of(online_point), feedback_fields())

    assert stored() == [(1, "saran", "", "", "id")]


def test_english_stays_english_to_the_thread(client, point, feedback_fields):
    form = tree(client.get(form_of(point), {"lang": "en"})).find(".//form")
    response = client.post(form.get("action"), feedback_fields())

    assert stored() == [(1, "saran", "", "", "en")]
    assert response.headers["Location"].endswith("/?lang=en")
    thread = tree(client.get(response.headers["Location"].split("?")[0]))
    assert (thread.get("lang"), words(thread.find(".//h1"))) == ("en", "Your suggestion")


def test_the_page_asks_for_four_things_and_requires_two(client, point):
    form = tree(client.get(form_of(point))).find(".//form")
    controls = [control for control in form.iter() if control.tag in {"input", "textarea"}]

    assert list(dict.fromkeys(control.get("name") for control in controls)) == [
        "submission_id",
        TRAP,
        "category",
        "body",
        "name",
        "phone",
    ]
    assert {control.get("name") for control in controls if "required" in control.attrib} == {"category", "body"}
    assert [radio.get("value") for radio in form.findall(".//input[@name='category']")] == Feedback.Category.values


def test_a_complaint_is_told_that_it_is_no_formal_report(client, point):
    point.office.purposes.filter(is_confidential=True).update(elsewhere_url="https://lapor.contoh.go.id/")
    cards = tree(client.get(form_of(point))).findall(".//div[@class='card']")

    assert [card.find("div") is not None for card in cards] == [False, False, True, False]
    told = words(cards[2].find("div"))
    assert told.startswith("Pengaduan di sini bukan laporan resmi")
    for word in ["Laporan dugaan pelanggaran", "7 hari kerja", "KTP pelapor"]:
        assert word in told
    assert cards[2].find(".//a").get("href") == "https://lapor.contoh.go.id/"


def test_an_office_without_formal_reports_does_not_speak_of_them(client, point):
    point.office.purposes.filter(is_confidential=True).update(is_active=False)

    assert "laporan resmi" not in client.get(form_of(point)).content.decode()


# --- what is typed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "Terima kasih 🙏🏽 👨‍👩‍👧",
        "شكرا جزيلا لكم",
        "ꦱꦸꦮꦸꦤ꧀",
        "<script>alert(1)</script>",
        "{{7*7}} {% now %} %s",
        "=HYPERLINK(1)",
        "Baris satu\n\n\nBaris dua",
        "\u202eterbalik",
        "é" * 2000,
        "🌸" * 2000,
        "x" * 1000 + "\n" + "y" * 999,
    ],
)
def test_letters_come_back_exactly(client, point, feedback_fields, body):
    response = client.post(form_of(point), feedback_fields(body=body.replace("\n", "\r\n")))

    assert bodies() == [body]
    letter = tree(client.get(response.headers["Location"])).find(".//article/div")
    assert "".join(words(letter).split()) == "".join(body.split())


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Kursi \t kurang \n", "Kursi kurang"),
        ("Kursi\x00 kur\x1bang\x07", "Kursi kurang"),
        ("Kursi\ufffe\uffff", "Kursi"),
        ("Satu\rDua\r\nTiga", "Satu\nDua\nTiga"),
    ],
)
def test_invisible_characters_never_reach_the_row(client, point, feedback_fields, typed, kept):
    client.post(form_of(point), feedback_fields(body=typed))

    assert bodies() == [kept]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"category": ""}, PICK),
        ({"category": "SARAN"}, PICK),
        ({"body": ""}, WRITE),
        ({"body": " \n\u200b\u3164\n"}, WRITE),
        ({"body": "x" * 2001}, "Terlalu panjang. Paling banyak 2.000 huruf, sekarang 2.001."),
        ({"body": "🌸" * 2001}, "Terlalu panjang. Paling banyak 2.000 huruf, sekarang 2.001."),
        ({"name": "x" * 101}, "Terlalu panjang. Paling banyak 100 huruf."),
        ({"phone": "0812 34"}, "Nomor HP kurang lengkap. Contoh: 0812 3456 7890"),
    ],
    ids=str,
)
def test_a_mistake_is_explained_and_everything_typed_is_kept(client, point, feedback_fields, wrong, said):
    fields = {**feedback_fields(name="Siti", phone="0812 3456 7890"), **wrong}

    response = client.post(form_of(point), fields)

    assert response.status_code == 422
    assert alert_of(response) == f"Ada 1 isian yang perlu diperbaiki {said}"
    kept = values_of(response)
    assert kept == {
        **fields,
        "category": "" if wrong.get("category") == "SARAN" else fields["category"],
        "body": kept["body"],
    }
    assert kept["body"].strip("\n") == fields["body"].strip("\n")
    assert stored() == []


def test_numbers_have_the_visitors_thousands(client, point, feedback_fields):
    response = client.post(f"{form_of(point)}?lang=en", feedback_fields(body="x" * 2100))

    assert "Too long. At most 2,000 characters, now 2,100." in alert_of(response)


def test_nothing_is_cut_off_silently_in_the_browser(client, point):
    assert tree(client.get(form_of(point))).find(".//textarea").get("maxlength") is None


@pytest.mark.parametrize("field", ["submission_id", "category", "body", "name", "phone"])
def test_odd_text_in_any_field(point, feedback_fields, field):
    for odd in ODD_TEXT:
        response = Client(raise_request_exception=False).post(form_of(point), feedback_fields(**{field: odd}))
        assert response.status_code in {303, 422}, odd
        assert response.status_code == 303 or "Sampaikan saran" in response.content.decode()


# --- weight --------------------------------------------------------------------------------------------------------


def test_the_form_needs_one_statement_and_then_none(client, point, settings_stay_fresh, django_assert_num_queries):
    for expected in [1, 0]:
        with django_assert_num_queries(expected):
            client.get(form_of(point))


def test_a_letter_takes_five_statements_in_one_transaction(
    client, point, feedback_fields, settings_stay_fresh, django_assert_num_queries
):
    client.get(form_of(point))

    with django_assert_num_queries(7) as captured:
        client.post(form_of(point), feedback_fields())

    # Look for the same id; then budget, number, thread and letter between BEGIN and COMMIT (a savepoint in this test).
    statements = ["SELECT", "SAVEPOINT", "INSERT", "INSERT", "INSERT", "INSERT", "RELEASE"]
    assert [query["sql"].split()[0] for query in captured] == statements


def test_the_empty_page_is_kept_for_everybody_and_each_gets_an_id_of_its_own(client, point):
    kept_pages.forget()
    first = client.get(f"{form_of(point)}?x=poisoned", headers={"referer": "http://testserver/poisoned"})
    second = client.get(form_of(point))

    pages = [re.sub(values_of(page)["submission_id"], "", page.content.decode()) for page in (first, second)]
    assert pages[0] == pages[1]
    assert values_of(first)["submission_id"] != values_of(second)["submission_id"]
    assert "poisoned" not in pages[0]
    assert "Set-Cookie" not in second.headers


def test_the_visit_form_keeps_its_own_empty_page(client, point):
    feedback, visit = (client.get(f"/k/{point.code}/{page}/").content.decode() for page in ["saran", "kunjungan"])

    assert ("Sampaikan saran</h1>" in feedback, "Isi buku tamu</h1>" in visit) == (True, True)


# --- no key anywhere -----------------------------------------------------------------------------------------------


def test_the_database_holds_no_key(client, point, feedback_fields):
    """Every row of every table, as text."""
    thread = client.post(form_of(point), feedback_fields()).headers["Location"]
    client.post(thread, {"submission_id": str(uuid4()), "body": "Tambahan"})
    key = thread.split("/")[2]

    with connection.cursor() as cursor:
        rows = [row for table in connection.introspection.table_names() for row in all_of(cursor, table)]

    assert len([row for row in rows if key_hash(key) in row]) == 1, (
        "the look-up finds the hash, so it would find the key"
    )
    assert [row for row in rows if key in row.lower()] == []


def all_of(cursor, table: str) -> list[str]:
    cursor.execute(f"SELECT to_jsonb(t)::text FROM {connection.ops.quote_name(table)} t")
    return [row for (row,) in cursor.fetchall()]


def test_a_key_of_a_thread_opens_no_ticket(client, make_feedback, make_visit):
    feedback = make_feedback()
    visit = make_visit(submission_id=feedback.submission_id)

    assert feedback_actions.thread_key(feedback) != actions.ticket_key(visit)
    assert client.get(f"/t/{feedback_actions.thread_key(feedback)}/").status_code == 404
    assert client.get(f"/s/{actions.ticket_key(visit)}/").status_code == 404
