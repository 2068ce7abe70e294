"""Every address that Django's resolver knows, filled with rows. By hand stands here only what may fill a place in an
address: one with an unknown place fails whichever test asks for it.
"""

import io
import re
import zipfile
from urllib.parse import quote

import pypdf
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from visits import actions, feedback_actions
from visits.models import Visit

PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
NUMBERS = {"pk", "object_id", "id"}
# Two of admin's are regular expressions.
READABLE = {"^(?P<app_label>visits|auth)/$": "<app_label>/", "(?P<url>.*)$": "<url>"}
CANARY = {"name": "Kenari Terbuka", "phone": "+6285550009876", "organization": "Rumah Kenari", "note": "Catatan kenari"}
# Whose number it is, where the address does not name a model.
MODELS = {"staf/rekan/": "user", "staf/r/": "visit"}


def routes(start: str = "") -> list[str]:
    """`staf/visits/visit/<path:object_id>/change/`, of the whole site."""
    return sorted({route for route in _flat(get_resolver(), "") if route.startswith(start)})


def _flat(resolver, before):
    for entry in resolver.url_patterns:
        route = before + READABLE.get(str(entry.pattern), str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from _flat(entry, route)
        else:
            yield route


def places(route: str) -> list[str]:
    return PLACE.findall(route)


def filled(route: str, rows: dict, **words) -> str:
    """With one row of each model, by its name: /staf/visits/visit/17/change/. `words` go before the usual ones."""

    def word(place):
        return quote(str(words[place[1]] if place[1] in words else usual_word(route, place[1], rows)), safe="")

    return "/" + PLACE.sub(word, route)


def usual_word(route: str, place: str, rows: dict):
    if place in NUMBERS:
        return row_of(route, rows).pk
    if place == "key":
        return _key(route, rows)
    words = {
        "code": rows["checkinpoint"].code,
        "slug": rows["office"].slug,
        "period": f"{rows['visit'].day:%Y-%m}",
        "content_type_id": ContentType.objects.get_for_model(Visit).pk,
        "app_label": "visits",
        "url": "tidak-ada/",
    }
    assert place in words, f"no argument known for <{place}> of {route}"
    return words[place]


def row_of(route: str, rows: dict):
    named = re.match(r"staf/(?:visits|auth)/(\w+)/", route)
    model = named[1] if named else next((MODELS[start] for start in MODELS if route.startswith(start)), "")
    assert model in rows, f"no row known for {route}"
    return rows[model]


def _key(route: str, rows: dict) -> str:
    keys = {
        "t": actions.ticket_key(rows["visit"]),
        "s": feedback_actions.thread_key(rows["feedback"]),
        "staf": "hours",
    }
    kind = route.partition("/")[0].lower()
    assert kind in keys, f"no argument known for <key> of {route}"
    return keys[kind]


class Asking:
    """One person's browser. Whatever a request does is undone, a log-out too; `within` looks before that."""

    def __init__(self, client: Client):
        self.client = client
        self.cookies = {name: morsel.value for name, morsel in client.cookies.items()}

    def __call__(self, method: str, address: str, data=None, within=lambda response: None):
        self.client.cookies.clear()
        self.client.cookies.load(self.cookies)
        with transaction.atomic():
            response = getattr(self.client, method)(address, data)
            response.body = b"".join(response.streaming_content) if response.streaming else response.content
            response.told = told(response)
            response.found = within(response)
            transaction.set_rollback(True)
        return response


def told(response) -> str:
    """Everything that is answered: what stands in a file too."""
    body, head = response.body, f"{response.headers} {response.cookies.output()}"
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            body = b"\n".join(parts.read(name) for name in parts.namelist())
    if body.startswith(b"%PDF"):
        return head + "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)
    return head + body.decode("utf-8", "replace")


def is_page(response) -> bool:
    return "text/html" in response.headers.get("Content-Type", "")
