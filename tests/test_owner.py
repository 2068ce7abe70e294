"""A production database with two roles: the application, which could be broken into, and the owner of the tables."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from psycopg2.errors import InsufficientPrivilege

from tests.databases import new_database, server

ROOT = Path(__file__).resolve().parent.parent
ADDED = "INSERT INTO visits_auditevent (at, actor, action, object_type, details) VALUES (now(), 'x', 'y', '', '{}')"
TABLES = ["visits_auditevent", "visits_auditseal"]
FAR_TOO_MUCH = """
    SELECT has_table_privilege('visits_auditevent', 'DELETE'),
        has_sequence_privilege('visits_auditevent_id_seq', 'UPDATE'), has_schema_privilege('public', 'CREATE')
"""


def manage(*arguments, **variables) -> subprocess.CompletedProcess:
    environment = {
        **os.environ,
        "VAR_DIR": str(settings.STATIC_ROOT.parent),
        "SECRET_KEY": settings.SECRET_KEY,
        "LINK_SECRET": settings.LINK_SECRET,
        **variables,
    }
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def database():
    with new_database("roles") as database:
        result = manage("prepare", **database.variables)
        assert (result.returncode, result.stderr) == (0, "")
        with closing(psycopg2.connect(database.app_url)) as session:
            session.cursor().execute(ADDED)
            session.commit()
        assert manage("upkeep", **database.variables).returncode == 0
        yield database


@pytest.fixture
def app(database):
    """A session of the application, which has written a line and a seal."""
    with closing(psycopg2.connect(database.app_url)) as session, session.cursor() as cursor:
        yield cursor


def rows(database) -> list:
    with closing(psycopg2.connect(database.owner_url)) as session, session.cursor() as cursor:
        held = []
        for table in TABLES:
            cursor.execute(f"SELECT t::text FROM {table} AS t ORDER BY 1")
            held.append(cursor.fetchall())
        return held


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "DROP TABLE {table}",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "ALTER TABLE {table} RENAME TO gone",
        "CREATE TRIGGER mine BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION visits_audit_only_grows()",
        "CREATE RULE mine AS ON INSERT TO {table} DO INSTEAD NOTHING",
        "ALTER TABLE {table} OWNER TO CURRENT_USER",
        "SET session_replication_role = replica",
        "DROP FUNCTION visits_audit_only_grows() CASCADE",
        "CREATE OR REPLACE FUNCTION visits_audit_only_grows() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
        "SELECT * FROM {table} FOR UPDATE",
        "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
        "ALTER TABLE {table} DISABLE TRIGGER USER",
        "ALTER TABLE {table} ENABLE REPLICA TRIGGER audit_rows_stay",
        "ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL",
        "CREATE TABLE mine () INHERITS ({table})",
        "CREATE FUNCTION now() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz'",
        "COPY {table} FROM PROGRAM 'true'",
        "COPY {table} FROM '/dev/null'",
    ],
)
def test_the_application_can_not_rewrite_what_is_written(database, app, table, statement):
    before = rows(database)
    assert all(before)
    with pytest.raises(InsufficientPrivilege):
        app.execute(statement.format(table=table, column="actor" if table == "visits_auditevent" else "count"))
    app.connection.rollback()
    assert rows(database) == before


@pytest.mark.parametrize(
    "statement",
    [
        ADDED.replace("(at,", "(id, at,").replace("VALUES (", "VALUES (1, "),
        ADDED.replace("(at,", "(id, at,").replace("VALUES (", "OVERRIDING SYSTEM VALUE VALUES (1, "),
        ADDED + " ON CONFLICT (id) DO UPDATE SET actor = ''",
        "SELECT setval('visits_auditevent_id_seq', 1)",
        "ALTER SEQUENCE visits_auditevent_id_seq RESTART",
        "TRUNCATE visits_auditevent RESTART IDENTITY",
        "COPY visits_auditevent (id, at, actor, action, object_type, details) FROM STDIN",
    ],
)
def test_the_application_can_not_choose_the_number_of_a_line(app, statement):
    with pytest.raises(InsufficientPrivilege):
        app.execute(statement)


def test_the_application_can_not_take_the_owners_place(database, app):
    owner = database.owner_url.partition("://")[2].partition("@")[0].partition(":")[0]
    for statement in [
        f"SET ROLE {owner}",
        f"DROP OWNED BY {owner}",
        "CREATE ROLE mine",
        "UPDATE django_migrations SET name = ''",
    ]:
        with pytest.raises(InsufficientPrivilege):
            app.execute(statement)
        app.connection.rollback()


def test_it_may_do_everything_with_every_other_table(app):
    app.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = {table for (table,) in app.fetchall()} - {*TABLES, "django_migrations"}
    refused = []
    for table in sorted(tables):
        app.execute(
            "SELECT bool_and(has_table_privilege(%s, verb))"
            " FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS verb",
            [table],
        )
        refused += [] if app.fetchone()[0] else [table]
    assert (refused, len(tables) > 20) == ([], True)


def test_a_second_prepare_takes_back_what_was_granted_by_hand(database, app):
    with closing(psycopg2.connect(database.owner_url)) as session:
        role = app.connection.info.user
        for to in [f'"{role}"', "PUBLIC"]:
            session.cursor().execute(f"GRANT ALL ON visits_auditevent, visits_auditseal TO {to}")
            session.cursor().execute(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {to}")
            session.cursor().execute(f"GRANT ALL ON SCHEMA public TO {to}")
        session.commit()
    app.execute(FAR_TOO_MUCH)
    assert app.fetchone() == (True,) * 3
    app.connection.commit()
    assert manage("prepare", **database.variables).returncode == 0
    app.execute(FAR_TOO_MUCH)
    assert app.fetchone() == (False,) * 3


def test_the_grants_can_be_read_first(database):
    said = manage("app_grants", **database.variables).stdout
    assert 'GRANT SELECT, INSERT ("at", "actor_id", "actor", ' in said
    assert 'GRANT SELECT ON "django_migrations" TO ' in said
    assert said.startswith("BEGIN;\n") and said.endswith("COMMIT;\n")
    with closing(psycopg2.connect(database.owner_url)) as session:
        session.cursor().execute(said)


MIGHT = [
    ("ALTER DATABASE {name} OWNER TO {app}", "ALTER DATABASE {name} OWNER TO {owner}"),
    ("ALTER SCHEMA public OWNER TO {app}", "ALTER SCHEMA public OWNER TO pg_database_owner"),
    ("ALTER ROLE {app} CREATEROLE", "ALTER ROLE {app} NOCREATEROLE"),
    ("GRANT pg_execute_server_program TO {app}", "REVOKE pg_execute_server_program FROM {app}"),
]


def as_superuser(statement: str, database) -> None:
    names = {"name": database.name, "app": f"{database.name}_app", "owner": f"{database.name}_owner"}
    with closing(psycopg2.connect(**server(), dbname=database.name)) as session, session.cursor() as cursor:
        cursor.execute(statement.format(**{key: f'"{name}"' for key, name in names.items()}))
        session.commit()


def test_a_role_that_is_the_owner_or_as_mighty_is_refused(database):
    result = manage("prepare", **{**database.variables, "DATABASE_URL": database.owner_url})
    assert result.returncode == 1
    assert "could change the audit trail: it is the owner, or as mighty." in result.stderr
    for might, back in MIGHT:
        as_superuser(might, database)
        result = manage("prepare", **database.variables)
        as_superuser(back, database)
        assert (result.returncode, "it is the owner, or as mighty." in result.stderr) == (1, True), might
    nobody = database.app_url.replace("_app", "_none")
    result = manage("prepare", **{**database.variables, "DATABASE_URL": nobody})
    assert "There is no role " in result.stderr and "docs/it.md says how" in result.stderr


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"DATABASE_URL": ""}, "MIGRATE_DATABASE_URL is set without DATABASE_URL; set both, or neither."),
        ({"MIGRATE_DATABASE_URL": "postgresql://x@/else"}, "have to name the same database, each with its role"),
        ({"DATABASE_URL": "postgresql:///x"}, "have to name the same database, each with its role"),
        ({"MIGRATE_DATABASE_URL": "mysql://geheim@/x"}, "MIGRATE_DATABASE_URL is not the address of a PostgreSQL"),
    ],
)
def test_mistakes_in_the_two_addresses_are_told_at_once(database, changes, mistake):
    result = manage("check", **{**database.variables, **changes})
    assert result.returncode == 1
    assert mistake in result.stderr and "geheim" not in result.stderr and result.stderr.count("\n") == 1


def test_the_address_of_the_owner_from_a_file(database, tmp_path):
    (tmp_path / "url").write_text(database.owner_url + "\n")
    variables = {"DATABASE_URL": database.app_url, "MIGRATE_DATABASE_URL_FILE": str(tmp_path / "url")}
    assert manage("prepare", **variables).stdout == "Database: up to date.\n"
