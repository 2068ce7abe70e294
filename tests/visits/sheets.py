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


def words(element) -> str:
    """What is read out, in one line."""
    return " ".join("".join(element.itertext()).split())


def every(root, path: str) -> list[str]:
    return [words(element) for element in root.findall(f".//{path}")]


def only(root, path: str) -> str:
    (found,) = every(root, path)
    return found


def stored() -> list[dict]:
    return list(SurveyResponse.objects.values(*ELEMENTS, *ABOUT_YOU))


def chosen(root) -> dict[str, str]:
    """The answers that are ticked, by question."""
    return {
        radio.get("name"): radio.get("value")
        for radio in root.iter("input")
        if radio.get("type") == "radio" and radio.get("checked") is not None
    }
