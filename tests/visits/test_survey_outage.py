"""PostgreSQL is away while somebody rates the service: nothing ticked or typed is lost, and nothing comes twice."""

import time
from uuid import uuid4

import html5lib
import pytest

from tests.servers import Wire, ask, ask_patiently, database_url, quicker_of_two, serving
from tests.visits.sheets import chosen, survey_of
from visits.models import SurveyResponse
from visits.models.survey import ELEMENTS

pytestmark = pytest.mark.django_db(transaction=True)


def parsed(page: str):
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)


def test_an_outage_loses_no_sheet(point, ended, survey_fields):
    wire = Wire()
    with_ticket = survey_fields(3, comment="Ruang tunggu sejuk")
    without = {**survey_fields(2, comment="Antre lama"), "submission_id": str(uuid4())}
    with serving(DATABASE_URL=database_url(host="127.0.0.1", port=wire.port), WEB_CONCURRENCY="1") as site:
        from_ticket, from_poster = f"{site}{survey_of(ended)}", f"{site}/k/{point.code}/penilaian/"
        assert [ask_patiently(address)[0] for address in [from_ticket, from_poster]] == [200, 200]

        wire.cut()
        time.sleep(2.1)  # the kept snapshot is stale by now
        assert ask(from_poster)[0] == 200
        status, headers, page, seconds = quicker_of_two(from_poster, without)
        assert (status, headers["Retry-After"], seconds < 3) == (503, "5", True)
        assert chosen(parsed(page)) == dict.fromkeys(ELEMENTS, "2")
        assert without["submission_id"] in page
        assert "Antre lama" in page

        status, headers, page, _seconds = ask(from_ticket, with_ticket)
        assert (status, headers["Retry-After"], headers["Cache-Control"]) == (503, "5", "no-store")
        assert "Ruang tunggu sejuk" in page
        hidden = {field.get("name"): field.get("value") for field in parsed(page).iter("input")}
        assert {element: hidden[element] for element in ELEMENTS} == dict.fromkeys(ELEMENTS, "3")

        wire.mend()
        for _again in range(2):
            assert ask_patiently(from_poster, without)[0] == 303
            assert ask_patiently(from_ticket, with_ticket)[0] == 303

    assert sorted(SurveyResponse.objects.values_list("speed", "comment")) == [
        (2, "Antre lama"),
        (3, "Ruang tunggu sejuk"),
    ]
