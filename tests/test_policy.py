"""Every answer carries the Content-Security-Policy, put together once; a page may replace a part of it for itself."""

import pytest
from csp.constants import HEADER
from csp.decorators import csp_exempt, csp_replace
from csp.middleware import CSPMiddleware
from django.http import HttpResponse

from dilaku.middleware import PolicyMiddleware


def own(request):
    return HttpResponse(headers={HEADER: "default-src 'self'"})


def usual(request):
    return HttpResponse()


@pytest.mark.parametrize(
    "view",
    [usual, own, csp_replace({"frame-ancestors": ["*"]})(usual), csp_exempt()(usual)],
    ids=["usual", "own", "replaced", "exempt"],
)
def test_the_policy_is_what_django_csp_would_say(rf, view):
    answers = [middleware(view)(rf.get("/")).headers.get(HEADER) for middleware in (CSPMiddleware, PolicyMiddleware)]

    assert answers[0] == answers[1]


def test_one_pages_own_policy_is_nobody_elses(rf):
    replaced = csp_replace({"frame-ancestors": ["*"]})(usual)
    first, second, third = [PolicyMiddleware(view)(rf.get("/")).headers[HEADER] for view in (usual, replaced, usual)]

    assert (first == third, first == second) == (True, False)
    assert first.replace("frame-ancestors 'none'", "frame-ancestors *") == second


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/nowhere/", "/staf/login/", "/robots.txt"])
def test_every_page_has_it(client, path):
    headers = client.get(path).headers

    assert "default-src 'none'" in headers[HEADER].split("; ")
    assert "unsafe" not in headers[HEADER]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
