"""Staff read what visitors answered: by month, office by office, without anything that tells whose sheet it is."""

import re
from datetime import date
from uuid import UUID

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports import small_cells
from tests.visits.pages import words
from visits.admin import survey
from visits.models import Membership, SurveyResponse
from visits.models.survey import FEWEST_NAMED

pytestmark = pytest.mark.django_db

LIST = "/staf/visits/surveyresponse/"


def rows_of(client, query="") -> list[list[str]]:
    """Service, month, comment, answers by their summary, office, of each row."""
    response = client.get(LIST + query)
    root = html5lib.HTMLParser(namespaceHTMLElements=False).parse(response.content.decode())
    return [_shown(*row) for row in root.findall(".//table[@id='result_list']/tbody/tr")]


def _shown(about, comment, answers, *office) -> list[str]:
    return [
        about.text,
        words(about.find("small")),
        words(comment),
        words(answers.find(".//summary")),
        *map(words, office),
    ]


@pytest.fixture
def sheets(office, make_survey):
    """Of July two with words, plain and confidential, and four more of each service; of June one without a service."""
    plain, confidential = (
        office.purposes.filter(is_confidential=False).first(),
        office.purposes.get(is_confidential=True),
    )
    make_survey(day=date(2026, 7, 14), purpose=plain, comment="Antre lama", speed=1, cost=2)
    make_survey(day=date(2026, 7, 1), purpose=confidential, comment="Petugas menyebut nama saya")
    for purpose in [plain, confidential] * 4:
        make_survey(day=date(2026, 7, 2), purpose=purpose)
    make_survey(day=date(2026, 6, 1), comment="Dari poster")
    return plain.name, confidential.name


def test_months_services_and_comments_but_no_days(client_of, alice, sheets):
    plain, confidential = sheets
    rows = rows_of(client_of(alice))

    assert sorted(rows[:-1]) == sorted(
        [
            *[[plain, "Juli 2026", "-", "Semua baik"]] * 4,
            [plain, "Juli 2026", "Antre lama", "2 jawaban rendah"],
            *[[confidential, "Juli 2026", "Dirahasiakan", "Semua baik"]] * 5,
        ]
    )
    assert rows[-1] == ["Layanan lain", "Juni 2026", "Dari poster", "Semua baik"]


def test_few_sheets_of_a_service_do_not_tell_which_it_is(client_of, alice, office, make_survey):
    confidential = office.purposes.get(is_confidential=True)
    for day in range(1, 5):
        make_survey(day=date(2026, 7, day), purpose=confidential)
    client = client_of(alice)
    assert {tuple(row[:3]) for row in rows_of(client)} == {(survey.FEW, "Juli 2026", "-")}
    assert confidential.name not in client.get(LIST).text, "nor as a filter"

    make_survey(day=date(2026, 7, 31), purpose=confidential)
    assert {tuple(row[:3]) for row in rows_of(client)} == {(confidential.name, "Juli 2026", "Dirahasiakan")}


def test_the_answers_in_words(client_of, alice, make_survey):
    make_survey(3, speed=1, complaints=2)
    page = client_of(alice).get(LIST).content.decode()
    root = html5lib.HTMLParser(namespaceHTMLElements=False).parse(page)

    assert [words(item) for item in root.findall(".//td//li")] == [
        "Kesesuaian persyaratan: Sesuai",
        "Kemudahan prosedur: Mudah",
        "Kecepatan pelayanan: Tidak cepat",
        "Kewajaran biaya: Murah",
        "Kesesuaian hasil layanan: Sesuai",
        "Kemampuan petugas: Kompeten",
        "Kesopanan dan keramahan: Sopan dan ramah",
        "Sarana dan prasarana: Baik",
        "Penanganan pengaduan: Ada tetapi tidak berfungsi",
    ]


def test_nothing_else_of_the_row_reaches_the_page(client_of, root, make_survey):
    sheet = make_survey(
        day=date(2026, 7, 14), sex="P", age=47, education="S3", job="wirausaha", ticket_hash="f" * 64, comment="Baik"
    )
    page = client_of(root).get(LIST).content.decode()

    for trace in ["14 Juli", "2026-07-14", str(sheet.pk), "f" * 64, "Perempuan", ">47", "Wirausaha"]:
        assert trace not in page
    assert re.search(r"\bS3\b", page) is None, "as a word: a token may hold the two signs"


def test_within_a_month_the_order_is_not_that_of_the_days(client_of, alice, make_survey):
    """By random ids: the last of the month may well be the first of the list."""
    for number, day in [(3, 1), (1, 2), (2, 3)]:
        make_survey(pk=UUID(int=number), day=date(2026, 7, day), comment=f"hari {day}")

    assert [row[2] for row in rows_of(client_of(alice))] == ["hari 2", "hari 3", "hari 1"]


@pytest.mark.parametrize(
    ("query", "comments"),
    [
        ("?bulan=2026-07", {"Antre lama", "-", "Dirahasiakan"}),
        ("?bulan=2026-06", {"Dari poster"}),
        ("?bulan=2026-05", set()),
        ("?bulan=2026-13", {"Antre lama", "-", "Dirahasiakan", "Dari poster"}),
        ("?bulan=abc", {"Antre lama", "-", "Dirahasiakan", "Dari poster"}),
    ],
)
def test_by_month(client_of, alice, sheets, query, comments):
    assert {row[2] for row in rows_of(client_of(alice), query)} == comments


@pytest.mark.parametrize(("person", "comment"), [("alice", "Dirahasiakan"), ("dewi", "Dirahasiakan")])
def test_comments_about_confidential_services_are_hidden(client_of, request, sheets, person, comment):
    client = client_of(request.getfixturevalue(person))

    assert {row[2] for row in rows_of(client) if row[0] == sheets[1]} == {comment}
    assert "menyebut nama saya" not in client.get(LIST).content.decode()


@pytest.mark.parametrize("person", ["ratna", "root"])
def test_and_shown_to_who_may_read_of_such_visits(client_of, request, sheets, person):
    rows = rows_of(client_of(request.getfixturevalue(person)))

    assert {row[2] for row in rows if row[0] == sheets[1]} == {"Petugas menyebut nama saya", "-"}


def test_another_office_sees_none_of_it(client_of, charlie, sheets, other_office, make_survey):
    client = client_of(charlie)
    assert rows_of(client) == []
    assert "Juli 2026" not in client.get(LIST).content.decode(), "not even as a filter"
    make_survey(office=other_office, comment="Punya kami")
    assert [row[2] for row in rows_of(client)] == ["Punya kami"]


def test_who_works_for_two_offices_sees_which(client_of, alice, other_office, make_survey):
    Membership.objects.create(user=alice, office=other_office)
    make_survey(office=other_office, comment="Sana")
    make_survey(comment="Sini")

    assert sorted(row[2::2] for row in rows_of(client_of(alice))) == [
        ["Sana", "Bawaslu Kota Lain"],
        ["Sini", "Bawaslu Kabupaten Contoh"],
    ]
    assert [row[2] for row in rows_of(client_of(alice), "?kantor=lain")] == ["Sana"]


def test_leadership_reads_the_index_in_the_report_not_the_sheets(client_of, bob, sheets):
    assert client_of(bob).get(LIST).status_code == 403
    assert "Penilaian" not in client_of(bob).get("/staf/").content.decode()


def test_the_menu_leads_there(client_of, alice, sheets):
    assert f'href="{LIST}"' in client_of(alice).get("/staf/").content.decode()


@pytest.mark.parametrize("page", ["add/", "{pk}/change/", "{pk}/delete/", "{pk}/history/"])
def test_there_is_nothing_to_change(client_of, root, make_survey, page):
    sheet = make_survey()
    for ask in [client_of(root).get, client_of(root).post]:
        assert ask(LIST + page.format(pk=sheet.pk)).status_code == 404
    assert SurveyResponse.objects.count() == 1


@pytest.mark.parametrize(
    "query", ["?comment__contains=Petugas", "?ticket_hash=f", "?day=2026-07-14", "?o=1", "?q=lama"]
)
def test_no_query_asks_for_more_than_the_filters_do(client_of, alice, sheets, query):
    response = client_of(alice).get(LIST + query)
    assert response.status_code == 400 or "menyebut nama saya" not in response.content.decode()


def test_more_rows_cost_no_more_statements(client_of, alice, office, make_survey):
    client = client_of(alice)
    counts = []
    for _round in range(2):
        make_survey(purpose=office.purposes.first())
        with CaptureQueriesContext(connection) as statements:
            client.get(LIST)
        counts.append(len(statements))
        make_survey(purpose=office.purposes.last())
    assert counts[0] == counts[1]


def test_the_report_calls_few_sheets_by_the_same_name():
    assert (FEWEST_NAMED, survey.FEW) == (small_cells.FEWEST, small_cells.OTHERS)
