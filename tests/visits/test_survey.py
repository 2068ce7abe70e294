"""The holder of a ticket rates the service: one sheet that can be changed for a while, and leads to no name."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection
from django.test import Client

from tests.conftest import local
from tests.visits.pages import every, only
from tests.visits.sheets import ABOUT_YOU, chosen, stored, survey_of, tree
from visits import actions
from visits.codes import key_hash, private_key
from visits.models import AuditEvent, SurveyResponse, Visit
from visits.models.survey import ELEMENTS

pytestmark = pytest.mark.django_db

# PermenPANRB 14/2017, typed out once more.
QUESTIONNAIRE = [
    (
        "requirements",
        "Bagaimana pendapat Saudara tentang kesesuaian persyaratan pelayanan dengan jenis pelayanannya?",
        ["Tidak sesuai", "Kurang sesuai", "Sesuai", "Sangat sesuai"],
    ),
    (
        "procedure",
        "Bagaimana pemahaman Saudara tentang kemudahan prosedur pelayanan di unit ini?",
        ["Tidak mudah", "Kurang mudah", "Mudah", "Sangat mudah"],
    ),
    (
        "speed",
        "Bagaimana pendapat Saudara tentang kecepatan waktu dalam memberikan pelayanan?",
        ["Tidak cepat", "Kurang cepat", "Cepat", "Sangat cepat"],
    ),
    (
        "cost",
        "Bagaimana pendapat Saudara tentang kewajaran biaya/tarif dalam pelayanan?",
        ["Sangat mahal", "Cukup mahal", "Murah", "Gratis"],
    ),
    (
        "product",
        "Bagaimana pendapat Saudara tentang kesesuaian produk pelayanan antara yang tercantum dalam standar pelayanan "
        "dengan hasil yang diberikan?",
        ["Tidak sesuai", "Kurang sesuai", "Sesuai", "Sangat sesuai"],
    ),
    (
        "competence",
        "Bagaimana pendapat Saudara tentang kompetensi/kemampuan petugas dalam pelayanan?",
        ["Tidak kompeten", "Kurang kompeten", "Kompeten", "Sangat kompeten"],
    ),
    (
        "conduct",
        "Bagaimana pendapat Saudara tentang perilaku petugas dalam pelayanan terkait kesopanan dan keramahan?",
        ["Tidak sopan dan ramah", "Kurang sopan dan ramah", "Sopan dan ramah", "Sangat sopan dan ramah"],
    ),
    (
        "facilities",
        "Bagaimana pendapat Saudara tentang kualitas sarana dan prasarana?",
        ["Buruk", "Cukup", "Baik", "Sangat baik"],
    ),
    (
        "complaints",
        "Bagaimana pendapat Saudara tentang penanganan pengaduan pengguna layanan?",
        ["Tidak ada", "Ada tetapi tidak berfungsi", "Berfungsi kurang maksimal", "Dikelola dengan baik"],
    ),
]


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_official_questions_and_answers_word_for_word(client, ended):
    root = tree(client.get(survey_of(ended)))
    asked = [
        (
            fieldset.find(".//input").get("name"),
            only(fieldset, "legend"),
            [(radio.get("value"), radio.get("required")) for radio in fieldset.iter("input")],
            every(fieldset, "label"),
        )
        for fieldset in root.iter("fieldset")
    ]

    assert asked == [
        (element, f"{number} dari 9. {question}", [(value, "") for value in "1234"], answers)
        for number, (element, question, answers) in enumerate(QUESTIONNAIRE, start=1)
    ]
    assert chosen(root) == {}, "nothing is suggested"


def test_the_page_says_what_it_asks_and_keeps(client, ended):
    root = tree(client.get(survey_of(ended)))
    words = " ".join(every(root, "p"))

    assert "boleh tidak diisi" in words
    assert "Nama, nomor HP, dan jam tidak ikut disimpan." in words
    assert "petugas tidak dapat melihat jawaban ini dari tiket siapa" in words
    assert ended.name not in root.find(".//main").itertext()
    assert root.find(".//select[@name='purpose']") is None, "the ticket knows the service"
    assert root.find(".//header//a").get("href") == f"/t/{actions.ticket_key(ended)}/"


# --- the sheet -------------------------------------------------------------------------------------------------------


def test_a_sheet_is_kept_and_thanked_for(client, ended, survey_fields):
    told = {"comment": "Ruang tunggu\nsejuk", "sex": "P", "age": "41", "education": "D3/S1", "job": "swasta"}
    response = client.post(survey_of(ended), survey_fields(**told, speed="2", complaints="1"))

    assert response.status_code == 303
    assert response.headers["Location"] == f"{survey_of(ended)}terima-kasih/"
    nine = {**dict.fromkeys(ELEMENTS, 4), "speed": 2, "complaints": 1}
    assert stored() == [{**nine, **told, "age": 41}]
    sheet = SurveyResponse.objects.get()
    assert (sheet.office, sheet.purpose, sheet.day) == (ended.office, ended.purpose, ended.office.today())
    assert AuditEvent.objects.count() == 0

    thanks = tree(client.get(response.headers["Location"]))
    assert only(thanks, "h1") == "Terima kasih"
    links = [link.get("href") for link in thanks.find(".//main").iter("a")]
    assert links == [f"/t/{actions.ticket_key(ended)}/", survey_of(ended)]
    assert not any(word in " ".join(every(thanks, "main")) for word in ["100", "indeks", "nilai A", "rata-rata"])


def test_nothing_leads_from_the_row_to_the_visit(client, ended, survey_fields, settings):
    client.post(survey_of(ended), survey_fields())

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(s)::text FROM visits_surveyresponse s")
        row = cursor.fetchone()[0]
    assert set(json.loads(row)) == {
        "id",
        "office_id",
        "day",
        "purpose_id",
        "ticket_hash",
        "submission_id",
        "flagged_reason",
        *ELEMENTS,
        *ABOUT_YOU,
        "anonymized_at",
    }
    for trace in [ended.name, ended.phone, str(ended.submission_id), ended.key_hash, actions.ticket_key(ended)]:
        assert trace not in row
    columns = json.loads(row)
    assert (columns["submission_id"], columns["anonymized_at"], columns["day"]) == (None, None, str(ended.day))
    # Somebody with the database and without LINK_SECRET can't try out the visits one by one.
    settings.LINK_SECRET = "another secret"
    assert columns["ticket_hash"] != key_hash(private_key("survey", ended.submission_id))


def test_one_ticket_one_sheet_and_the_first_day_stays(client, make_visit, survey_fields, clock, office):
    clock.set(local(office, "2026-07-14", "10:00"))
    visit = actions.close(make_visit(arrived_at=local(office, "2026-07-14", "09:00")))
    client.post(survey_of(visit), survey_fields(4, comment="Cepat", sex="L"))
    first = SurveyResponse.objects.get()

    clock.set(local(office, "2026-07-20", "10:00"))
    root = tree(client.get(survey_of(visit)))
    assert chosen(root) == dict.fromkeys(ELEMENTS, "4")
    assert only(root, "textarea[@name='comment']") == "Cepat"
    assert root.find(".//select[@name='sex']/option[@selected]").get("value") == "L"
    assert root.find(".//details").get("open") is not None
    assert "Jawaban dapat diubah sampai Selasa, 28 Juli." in " ".join(every(root, "p"))

    client.post(survey_of(visit), survey_fields(3, comment="", sex=""))
    changed = SurveyResponse.objects.get()
    assert (changed.pk, changed.day) == (first.pk, date(2026, 7, 14))
    assert stored() == [{**dict.fromkeys(ELEMENTS, 3), **dict.fromkeys(ABOUT_YOU, ""), "age": None}]


def test_a_sheet_made_under_an_earlier_secret_is_changed_not_doubled(client, ended, survey_fields, settings):
    earlier = settings.LINK_SECRET
    client.post(survey_of(ended), survey_fields(2))

    settings.LINK_SECRET, settings.LINK_SECRET_FALLBACKS = "a new secret", [earlier]
    assert chosen(tree(client.get(survey_of(ended)))) == dict.fromkeys(ELEMENTS, "2")
    client.post(survey_of(ended), survey_fields(4))

    assert [row["speed"] for row in stored()] == [4]


def test_the_service_is_that_of_the_visit_as_it_now_stands(client, ended, survey_fields, office):
    client.post(survey_of(ended), survey_fields(purpose=str(office.purposes.last().pk)))
    assert SurveyResponse.objects.get().purpose == ended.purpose

    Visit.objects.filter(pk=ended.pk).update(purpose=office.purposes.last())
    client.post(survey_of(ended), survey_fields())
    assert SurveyResponse.objects.get().purpose == office.purposes.last()


@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_are_one_sheet(ended, survey_fields):
    address, fields = survey_of(ended), survey_fields()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _tap: _post_and_hang_up(address, fields), range(8)))

    assert statuses == [303] * 8
    assert SurveyResponse.objects.count() == 1


def _post_and_hang_up(address, fields) -> int:
    try:
        return Client().post(address, fields).status_code
    finally:
        connection.close()


def test_the_post_takes_few_statements(client, ended, survey_fields, django_assert_num_queries):
    # The visit, and its lock; the sheet under any secret; the sheet's lock, and the sheet.
    with django_assert_num_queries(11) as captured:
        client.post(survey_of(ended), survey_fields())
    verbs = [query["sql"].split()[0] for query in captured]
    assert [verb for verb in verbs if verb not in {"SAVEPOINT", "RELEASE"}] == ["SELECT"] * 4 + ["INSERT"]
