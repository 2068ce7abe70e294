"""/healthz and /readyz."""

import pytest
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from dilaku import health


@pytest.fixture(autouse=True)
def _nothing_remembered():
    health._require_migrations.cache_clear()
    yield
    health._require_migrations.cache_clear()


def answer(client, path, **headers):
    response = client.get(path, **headers)
    return response.status_code, response.content.decode(), response["Content-Type"], response["Cache-Control"]


def test_healthz_touches_no_database(client):
    # Without the mark for it, pytest-django refuses every connection.
    assert answer(client, "/healthz") == (200, "ok", "text/plain", "no-store")


def test_ready(client, db):
    assert answer(client, "/readyz") == (200, "ready", "text/plain", "no-store")


def test_ready_is_one_statement_from_the_second_time_on(client, db, django_assert_num_queries):
    client.get("/readyz")
    with django_assert_num_queries(1):
        client.get("/readyz")


def test_missing_migration(client, db):
    [latest] = MigrationLoader(connection).graph.leaf_nodes("visits")
    MigrationRecorder(connection).record_unapplied(*latest)
    assert answer(client, "/readyz") == (503, "migrations", "text/plain", "no-store")


def test_new_database_without_any_table(client, db):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_migrations RENAME TO elsewhere")
    assert answer(client, "/readyz") == (503, "migrations", "text/plain", "no-store")


def test_database_away(client, db, monkeypatch):
    def refuse():
        raise OperationalError("connection to server at 10.1.2.3 refused, user dilaku")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        seen = answer(client, "/readyz")
    assert seen == (503, "database", "text/plain", "no-store")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_need_neither_our_host_nor_tls(client, db, settings, path):
    settings.ALLOWED_HOSTS = ["dilaku.test"]
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(path, headers={"host": "127.0.0.1:8000"}).status_code == 200
    assert client.get("/healthz/", headers={"host": "127.0.0.1:8000"}).status_code == 400


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_asked_not_told(client, path):
    response = client.post(path)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
