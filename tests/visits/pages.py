"""What stands on a visitor's page, and where the pages are."""

import html5lib

from visits import actions


def tree(response):
    """Parsed as strictly as the standard is: the first mistake raises. Without what only a script would show."""
    root = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(response.content.decode())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == "template" or child.get("hidden") is not None:
                parent.remove(child)
    return root


def words(element) -> str:
    """What is read out, in one line."""
    return " ".join("".join(element.itertext()).split())


def every(root, path: str) -> list[str]:
    return [words(element) for element in root.findall(f".//{path}")]


def only(root, path: str) -> str:
    (found,) = every(root, path)
    return found


def form_of(point) -> str:
    return f"/k/{point.code}/kunjungan/"


def feedback_form_of(point) -> str:
    return f"/k/{point.code}/saran/"


def ticket_of(visit) -> str:
    return f"/t/{actions.ticket_key(visit)}/"
