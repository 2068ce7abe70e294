"""/healthz: this process answers. /readyz: the database answers too, and has every migration.

For container managers and monitors. Answered before every other middleware: a probe comes without TLS, without our
Host and without a person. Public, so that they say one word and nothing about versions, hosts or errors.
"""

from functools import cache

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, HttpResponseNotAllowed

PATHS = {"/healthz", "/readyz"}


class NotMigratedError(Exception):
    """The database lacks migrations of this code."""


def answer_probes(get_response):
    """Middleware."""

    def middleware(request):
        if request.path_info not in PATHS:
            return get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return _answer("ok") if request.path_info == "/healthz" else _answer(readiness())

    return middleware


def readiness() -> str:
    """`ready`, or what is missing: `database` or `migrations`."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        _require_migrations()
    except NotMigratedError:
        return "migrations"
    except Error:
        return "database"
    return "ready"


@cache
def _require_migrations() -> None:
    """Asked until it has succeeded once; a process does not lose its migrations."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotMigratedError


def _answer(word: str) -> HttpResponse:
    response = HttpResponse(word, content_type="text/plain", status=200 if word in {"ok", "ready"} else 503)
    response.headers["Cache-Control"] = "no-store"
    return response
