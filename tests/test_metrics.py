"""/metrics on a real server of two processes, and the lines that it logs as JSON."""

import json
import re
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from django.test import Client

from tests.servers import PATIENT, serving

TOKEN = "token-for-the-test-of-metrics"
KEY = "mfrggzdfmztwq2lknnwg23tpob"


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), serving(PATIENT, METRICS_TOKEN=TOKEN, LOG_FORMAT="json") as address:
        yield address


def metrics(site: str, authorization: str = f"Bearer {TOKEN}") -> str:
    with urlopen(Request(f"{site}/metrics", headers={"Authorization": authorization})) as answer:
        return answer.read().decode()


def responses(page: str, status: int) -> float:
    lines = re.findall(rf'^django_http_responses_total_by_status_total{{status="{status}"}} (\S+)$', page, re.MULTILINE)
    return sum(map(float, lines))


def not_found(address: str) -> str:
    """The request id of a page that does not exist."""
    with pytest.raises(HTTPError) as missing:
        urlopen(address)
    with missing.value:
        assert missing.value.code == 404
        return missing.value.headers["X-Request-ID"]


def test_counts_are_those_of_all_processes_together(site):
    before = responses(metrics(site), 404)
    for _ in range(12):
        not_found(f"{site}/tidak-ada/")
    assert responses(metrics(site), 404) == before + 12


def test_metrics_name_views_and_no_addresses(site):
    not_found(f"{site}/t/{KEY}/")
    page = metrics(site)
    assert 'view="ticket"' in page
    assert KEY not in page


def log_of(site: str) -> str:
    return Path(settings.STATIC_ROOT.parent, f"gunicorn-{urlsplit(site).port}.log").read_text()


def lines_of(site: str, request_id: str) -> list[dict]:
    """Both of them; the access line is written after the answer has been sent."""
    for _ in range(300):
        lines = [json.loads(line) for line in log_of(site).splitlines() if line.startswith("{") and line.endswith("}")]
        if len(found := [line for line in lines if line["request_id"] == request_id]) == 2:
            return found
        time.sleep(0.1)
    raise AssertionError(log_of(site))


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "Bearer é"])
def test_strangers_learn_nothing(site, authorization):
    with pytest.raises(HTTPError) as refused:
        metrics(site, authorization.encode().decode("latin-1"))
    with refused.value:
        assert (refused.value.code, refused.value.read()) == (401, b"token?")


def test_without_a_token_there_is_no_such_page():
    answer = Client().get("/metrics", headers={"Authorization": "Bearer "})
    assert (answer.status_code, "Halaman tidak ditemukan" in answer.text) == (404, True)


def test_every_line_is_an_object_that_carries_the_request(site):
    request_id = not_found(f"{site}/t/{KEY}/?q=Siti")
    told, access = lines_of(site, request_id)
    assert (told["level"], told["logger"], told["message"]) == ("WARNING", "django.request", "Not Found: /t/***/")
    assert (access["logger"], access["method"], access["path"], access["status"]) == ("access", "GET", "/t/***/", 404)
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT[\d:.]+\+00:00", access["at"])
    assert KEY not in log_of(site)
    assert "Siti" not in log_of(site)


def test_a_client_does_not_choose_the_request_id():
    ids = {Client().get("/robots.txt", headers={"X-Request-ID": "mine"}).headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch("[0-9a-f]{8}", request_id) for request_id in ids)
