"""SQL and other oddities in every parameter that a page reads: no fault, no part of a statement, no more rows.

The parameters are read off the pages: the names of all fields of their forms, and of all queries in their links.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

import html5lib
import pytest
from django.db import connection

from tests.every_address import Asking, filled, is_page, places, routes
from visits.models import Visit

SQL = ["' OR '1'='1' --", "1;SELECT pg_sleep(30)--", "1) UNION SELECT username, password FROM auth_user --"]
ODD = [
    *SQL,
    "%27%20OR%201=1",
    "a\0b",
    '{"$ne": 1}',
    "9" * 40,
    "-1",
    "1e999",
    "²",
    "0001-01-01",
    "\ud800".encode("utf-8", "surrogatepass"),
    "A" * 5000,
]
# Read by our own code or by admin's on any page, whether or not a link shows them.
COMMON = ["q", "o", "p", "e", "all", "_popup", "_to_field", "_changelist_filters", "kantor", "lang", "next", "layar"]
SKIPPED = re.compile(r"^/[KS]/|/poster/|\.pdf$|/logout/")  # the same pages once more, and what takes long to draw


@pytest.fixture(autouse=True)
def _quick_hashes(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ask(client_of, root):
    """As somebody to whom everything is open. A fault of ours raises."""
    return Asking(client_of(root))


def survives(ask, method, address, data=None):
    """Answered calmly, and no row is gone."""
    visits = Visit.objects.count()
    with connection.execute_wrapper(passes_no_sql):
        response = ask(method, address, data, within=lambda _response: Visit.objects.count())
    assert response.status_code < 500, (address, data)
    assert response.found >= visits, (address, data)
    return response


def passes_no_sql(execute, statement, *arguments):
    """What was sent goes beside a statement, never into it."""
    assert [sent for sent in SQL if sent.lower() in str(statement).lower()] == []
    return execute(statement, *arguments)


def tree(response):
    return html5lib.parse(response.body, namespaceHTMLElements=False, transport_encoding="utf-8")


def parameters(response) -> list[str]:
    """Of forms that are sent by GET, and of links."""
    links = {name for link in tree(response).iterfind(".//a[@href]") for name in _names(link.get("href"))}
    forms = [form for form in tree(response).iterfind(".//form") if form.get("method", "get").lower() == "get"]
    return sorted(links | {field.get("name") for form in forms for field in fields(form)} | set(COMMON))


def _names(address: str) -> set[str]:
    return {name for name, _value in parse_qsl(urlsplit(address).query, keep_blank_values=True)}


def fields(form) -> list:
    named = [
        field for field in form.iter() if field.tag in {"input", "select", "textarea", "button"} and field.get("name")
    ]
    return [field for field in named if field.get("name") != "csrfmiddlewaretoken"]


class Sent(dict):
    """What the browser would send without anybody having typed."""

    def __init__(self, form):
        named = {field.get("name"): field for field in fields(form)}
        super().__init__({name: _value(field) for name, field in named.items()})
        self.texts = [name for name, field in named.items() if _takes_text(field)]
        # Of rows that are all alike the first.
        self.others = [name for name in set(named) - set(self.texts) if not re.search(r"-[1-9]-|__prefix__", name)]


def _takes_text(field) -> bool:
    return field.tag == "textarea" or (field.tag == "input" and field.get("type", "text") in {"text", "password"})


def _value(field) -> str:
    if field.tag == "textarea":
        return field.text or ""
    options = [option.get("value") for option in field.iterfind("option")]
    return field.get("value") or (options[-1] if options else "") or ""


def posted_forms(response) -> Iterator[Sent]:
    for form in tree(response).iterfind(".//form"):
        if form.get("method", "").lower() == "post" and "logout" not in form.get("action", ""):
            yield Sent(form)


def pages(ask, rows) -> Iterator[tuple[str, object]]:
    """Every address that answers with a page, and the answer."""
    for route in routes():
        address = filled(route, rows)
        response = ask("get", address) if not SKIPPED.search(address) else None
        if response and response.status_code == 200 and is_page(response):
            yield address, response


def is_list(response) -> bool:
    return "cl" in (response.context or {})


def listed(response) -> int:
    return response.context["cl"].result_count if is_list(response) else 0


def test_in_any_query(ask, rows):
    """Each parameter of a list by itself; otherwise all together."""
    for address, page in pages(ask, rows):
        names = parameters(page)
        queries = [dict.fromkeys(names, odd) for odd in ODD[::4]]
        if is_list(page):
            queries += [{name: ODD[0]} for name in names]
            queries += [{name: odd} for name in ["q", "kantor"] for odd in ODD[1:]]
        for query in queries:
            answer = survives(ask, "get", f"{address}?{urlencode(query)}")
            assert listed(answer) <= listed(page), (address, query)


def test_in_any_place_of_an_address(ask, rows):
    for route in routes():
        for place in set(places(route)):
            for odd in [ODD[0], ODD[4], ODD[6], ODD[9]]:
                survives(ask, "get", filled(route, rows, **{place: odd}))


def test_in_any_field(ask, rows):
    """All fields at once; all that take any text, so that the rest is well; every other one by itself."""
    tried = set()
    for address, page in pages(ask, rows):
        for form in posted_forms(page):
            kind = frozenset(re.sub(r"\d+", "0", name) for name in form)
            sent = [{**form, **dict.fromkeys(form, odd)} for odd in ODD[::6]]
            sent += [{**form, **dict.fromkeys(form.texts, odd)} for odd in ODD[1::5]]
            sent += [{**form, name: ODD[1]} for name in form.others]
            for data in sent if kind not in tried else []:
                survives(ask, "post", address, data)
            tried.add(kind)
    assert len(tried) > 20
