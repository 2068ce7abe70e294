"""Somebody without a ticket rates the service from the poster's page: one sheet a page, however often it is sent."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports.satisfaction import index_of_answers
from tests.conftest import local
from tests.reports.worked_example import worked_example_answers
from tests.visits.pages import every, only
from tests.visits.sheets import chosen, stored, tree
from visits.models import AuditEvent, CheckInPoint, Purpose, SurveyResponse
from visits.models.survey import ELEMENTS

pytestmark = pytest.mark.django_db


def survey_of(point) -> str:
    return f"/k/{point.code}/penilaian/"


@pytest.fixture
def sheet(survey_fields):
    """What the browser sends, with an id of its own."""

    def make(answers: int = 4, **kw) -> dict[str, str]:
        return survey_fields(answers, **{"submission_id": str(uuid4()), "purpose": "", **kw})

    return make


def purposes_of_rows() -> list:
    return list(SurveyResponse.objects.values_list("purpose__name", flat=True))


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_landing_has_a_quiet_link(client, point, online_point):
    for where in [point, online_point]:
        root = tree(client.get(f"/k/{where.code}/"))
        (link,) = [link for link in root.iter("a") if link.get("href") == survey_of(where)]
        assert ("".join(link.itertext()), link.get("class")) == ("Sudah dilayani? Beri penilaian", "more")


def test_every_page_has_an_id_of_its_own_and_asks_for_the_service(client, point):
    pages = [tree(client.get(survey_of(point))) for _ in range(2)]
    ids = {root.find(".//input[@name='submission_id']").get("value") for root in pages}

    assert len(ids) == 2
    services = every(pages[0], "select[@name='purpose']/option")
    assert services == [
        "Tidak disebutkan",
        *point.office.purposes.filter(is_active=True).values_list("name", flat=True),
    ]
    assert len(pages[0].findall(".//fieldset")) == 9
    assert "tiket" not in " ".join(every(pages[0], "main")).lower()


def test_the_address_of_a_qr_code_leads_there_too(client, point):
    assert only(tree(client.get(f"/K/{point.code.lower()}/penilaian/")), "h1") == "Penilaian layanan"


def test_it_costs_no_statement_once_the_settings_are_known(
    client, point, settings_stay_fresh, django_assert_num_queries
):
    client.get(survey_of(point))
    with django_assert_num_queries(0):
        client.get(survey_of(point))


# --- the sheet -------------------------------------------------------------------------------------------------------


def test_a_sheet_is_kept_and_thanked_for(client, point, sheet, clock):
    clock.set(local(point.office, "2026-07-14", "23:59"))
    purpose = point.office.purposes.first()
    fields = sheet(3, purpose=str(purpose.pk), comment="Antre lama", age="30")

    response = client.post(survey_of(point), fields)

    assert (response.status_code, response.headers["Location"]) == (303, f"{survey_of(point)}terima-kasih/")
    row = SurveyResponse.objects.get()
    assert (row.office, row.purpose, str(row.day)) == (point.office, purpose, "2026-07-14")
    assert (str(row.submission_id), row.ticket_hash) == (fields["submission_id"], None)
    assert [(sheet["speed"], sheet["comment"], sheet["age"]) for sheet in stored()] == [(3, "Antre lama", 30)]
    assert AuditEvent.objects.count() == 0

    thanks = tree(client.get(response.headers["Location"]))
    assert only(thanks, "h1") == "Terima kasih"
    assert [link.get("href") for link in thanks.find(".//main").iter("a")] == [f"/k/{point.code}/"]


def test_the_day_is_that_of_the_office(client, other_office, sheet, clock):
    point = other_office.points.get()
    clock.set(local(other_office, "2026-07-15", "00:01"))  # still the 14th in Jakarta
    client.post(survey_of(point), sheet())

    assert str(SurveyResponse.objects.get().day) == "2026-07-15"


def test_the_same_page_sent_again_is_one_sheet(client, point, sheet):
    fields = sheet(3, comment="Antre lama")
    locations = {client.post(survey_of(point), fields).headers["Location"] for _ in range(3)}

    assert (locations, len(stored())) == ({f"{survey_of(point)}terima-kasih/"}, 1)


def test_other_answers_from_the_same_page_are_kept_and_asked_about(client, point, sheet):
    fields = sheet(3)
    client.post(survey_of(point), fields)

    response = client.post(survey_of(point), {**fields, "speed": "1", "comment": "Orang lain"})

    root = tree(response)
    assert response.status_code == 409
    assert chosen(root) == {**dict.fromkeys(ELEMENTS, "3"), "speed": "1"}
    assert only(root, "textarea[@name='comment']") == "Orang lain"
    assert only(root, "button[@type='submit']") == "Kirim sebagai penilaian baru"
    assert every(root, "div[@role='alert']/p") == [
        "Penilaian Anda tadi sudah kami terima dan tetap berlaku; tanpa tiket tidak dapat diubah. "
        "Kirim lagi hanya bila ini penilaian orang lain."
    ]
    english = tree(client.post(f"{survey_of(point)}?lang=en", {**fields, "speed": "1"}))
    assert every(english, "div[@role='alert']/p") == [
        "We have received your rating from before and it still counts; without a ticket it can't be changed. "
        "Send again only if this is somebody else's rating."
    ]
    assert [row["speed"] for row in stored()] == [3]
    new_id = root.find(".//input[@name='submission_id']").get("value")
    client.post(survey_of(point), {**fields, "speed": "1", "comment": "Orang lain", "submission_id": new_id})
    assert sorted(row["speed"] for row in stored()) == [1, 3]


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_are_one_sheet(point, sheet):
    address, fields = survey_of(point), sheet()

    def tap(_number):
        try:
            return Client().post(address, fields).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(tap, range(8))) == [303] * 8
    assert SurveyResponse.objects.count() == 1


def test_the_post_takes_few_statements(client, point, sheet, settings_stay_fresh):
    client.get(survey_of(point))
    with CaptureQueriesContext(connection) as captured:
        client.post(survey_of(point), sheet())
    # The same id, what this address has sent, the sheet.
    verbs = [query["sql"].split()[0] for query in captured]
    assert verbs == ["SELECT", "SAVEPOINT", "INSERT", "INSERT", "RELEASE"]


@pytest.mark.parametrize("missing", ELEMENTS)
def test_a_missing_answer_keeps_the_rest_and_the_id(client, point, sheet, missing):
    fields = sheet(2, comment="Tetap ada")
    purpose = point.office.purposes.first()
    response = client.post(survey_of(point), {**fields, missing: "", "purpose": str(purpose.pk)})
    root = tree(response)

    assert (response.status_code, stored()) == (422, [])
    assert list(response.context["form"].errors) == [missing]
    assert chosen(root) == {element: "2" for element in ELEMENTS if element != missing}
    assert root.find(".//input[@name='submission_id']").get("value") == fields["submission_id"]
    assert only(root, "select[@name='purpose']/option[@selected]") == purpose.name


@pytest.mark.parametrize("submission_id", ["", "abc", "\0", "1" * 1000])
def test_a_page_that_came_incomplete_is_sent_once_more(client, point, sheet, submission_id):
    response = client.post(survey_of(point), sheet(2, submission_id=submission_id))
    root = tree(response)

    assert (response.status_code, stored()) == (422, [])
    assert chosen(root) == dict.fromkeys(ELEMENTS, "2")
    assert len(root.find(".//input[@name='submission_id']").get("value")) == 36


def test_the_service_is_one_of_this_office(client, point, other_office, sheet):
    for odd in [str(other_office.purposes.first().pk), "0", "-1", "9" * 30, "abc"]:
        response = client.post(survey_of(point), sheet(purpose=odd))
        assert (response.status_code, list(response.context["form"].errors)) == (422, ["purpose"])
    assert stored() == []


@pytest.mark.django_db(transaction=True)
def test_a_service_that_is_deleted_at_this_moment_is_told(client, point, sheet):
    purpose = Purpose.objects.create(office=point.office, name="Sebentar lagi hilang")
    client.get(survey_of(point))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # so that what is remembered stays in use
        cursor.execute("DELETE FROM visits_purpose WHERE id = %s", [purpose.pk])

    response = client.post(survey_of(point), sheet(2, purpose=str(purpose.pk)))

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["purpose"])
    assert chosen(tree(response)) == dict.fromkeys(ELEMENTS, "2")
    assert stored() == []


def test_another_site_sends_nothing_and_loses_nothing(client, point, sheet):
    fields = sheet(2)
    response = client.post(survey_of(point), fields, headers={"origin": "https://evil.example"})
    root = tree(response)

    assert (response.status_code, stored()) == (403, [])
    assert chosen(root) == dict.fromkeys(ELEMENTS, "2")
    assert root.find(".//input[@name='submission_id']").get("value") == fields["submission_id"]


def test_a_revoked_code_says_so_and_keeps_the_comment(client, point, sheet):
    CheckInPoint.objects.filter(pk=point.pk).update(is_active=False)

    for response in [client.get(survey_of(point)), client.post(survey_of(point), sheet(comment="Antre lama"))]:
        assert (response.status_code, only(tree(response), "h1")) == (410, "Kode ini tidak berlaku lagi")
    assert "Antre lama" in response.content.decode()
    assert client.get(f"{survey_of(point)}terima-kasih/").status_code == 410
    assert stored() == []


@pytest.mark.parametrize("path", ["/k/XXXXXX/penilaian/", "/k/XXXXXX/penilaian/terima-kasih/"])
def test_an_unknown_code_is_not_found(client, point, sheet, path):
    assert client.get(path).status_code == 404
    assert client.post("/k/XXXXXX/penilaian/", sheet()).status_code == 404
    assert stored() == []


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(client, point, method):
    assert getattr(client, method)(survey_of(point)).status_code == 405
    assert getattr(client, method)(f"{survey_of(point)}terima-kasih/").status_code == 405


def test_in_english_to_the_end(client, point, sheet):
    root = tree(client.get(survey_of(point), {"lang": "en"}))
    assert only(root, "h1") == "Rate our service"
    assert root.find(".//select[@name='purpose']/option[2]").get("lang") == "id"
    action = root.find(".//main//form").get("action")

    assert "Choose an answer to question 9." in client.post(action, sheet(complaints="")).content.decode()
    sent = client.post(action, sheet())
    assert sent.headers["Location"] == f"{survey_of(point)}terima-kasih/?lang=en"
    assert only(tree(client.get(sent.headers["Location"])), "h1") == "Thank you"


# --- all together ----------------------------------------------------------------------------------------------------


def test_57_sheets_of_the_worked_example_come_out_at_its_index(client, point, sheet):
    for answers in worked_example_answers():
        told = {element: str(answer) for element, answer in answers.items()}
        assert client.post(survey_of(point), sheet(**told)).status_code == 303

    index = index_of_answers(SurveyResponse.objects.values(*ELEMENTS))
    assert (index.n, str(index.rounded), index.grade.letter, index.grade.words) == (57, "88.45", "A", "Sangat Baik")
