"""What tests of feedback share: addresses, what stands on a page, what is sent from there."""

from uuid import uuid4

import html5lib

from visits import feedback_actions
from visits.abuse import TRAP


def tree(response):
    """Parsed as strictly as the standard is: the first mistake raises."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(response.content.decode())


def words(element) -> str:
    """What is read out, in one line."""
    return " ".join("".join(element.itertext()).split())


def form_of(point) -> str:
    return f"/k/{point.code}/saran/"


def alert_of(response) -> str:
    return words(tree(response).find(".//div[@role='alert']"))


def values_of(response) -> dict[str, str]:
    """What stands in the form of the point's page, as people see it."""
    form = tree(response).find(".//form")
    inputs = [field for field in form.iter("input") if field.get("name") != TRAP]
    values = {field.get("name"): field.get("value") for field in inputs if field.get("type") != "radio"}
    values["category"] = next((field.get("value") for field in inputs if "checked" in field.attrib), "")
    return {**values, "body": form.find(".//textarea").text or ""}


def page_of(feedback) -> str:
    return f"/s/{feedback_actions.thread_key(feedback)}/"


def letter(body="Masih kurang dua kursi.", **kw) -> dict[str, str]:
    """What the form on the page sends."""
    return {"submission_id": str(uuid4()), "body": body, **kw}


def reply(feedback, *, by, body="Terima kasih. Kursi sudah kami tambah.") -> None:
    seen = feedback_actions.standing(feedback)
    feedback_actions.reply(feedback, submission_id=uuid4(), body=body, seen=seen, by=by)


def state_of(root) -> tuple[str, str, list[str]]:
    """The tag, the number, and what the buttons say."""
    tag, number = root.findall(".//p[@class='ref']/span")
    return words(tag), words(number), [words(button) for button in root.findall(".//form//button")]


def letters_of(root) -> list[tuple[str, str]]:
    """Who wrote, and what."""
    return [(words(article.find("header/h2")), words(article.find("div"))) for article in root.iter("article")]


def waits(feedback) -> tuple[bool, bool]:
    """Waits for an answer, is closed."""
    feedback.refresh_from_db()
    return feedback.waiting_since is not None, feedback.is_closed
