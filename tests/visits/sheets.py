"""What tests of the survey share: addresses, what stands on a page, what is stored."""

import html5lib

from visits import actions
from visits.models import SurveyResponse
from visits.models.survey import ELEMENTS

ABOUT_YOU = ["comment", "sex", "age", "education", "job"]


def survey_of(visit) -> str:
    return f"/t/{actions.ticket_key(visit)}/penilaian/"


def tree(response):
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(response.content.decode())


def stored() -> list[dict]:
    return list(SurveyResponse.objects.values(*ELEMENTS, *ABOUT_YOU))


def chosen(root) -> dict[str, str]:
    """The answers that are ticked, by question."""
    return {
        radio.get("name"): radio.get("value")
        for radio in root.iter("input")
        if radio.get("type") == "radio" and radio.get("checked") is not None
    }
