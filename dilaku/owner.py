"""The two roles of a production database. The owner (MIGRATE_DATABASE_URL) migrates, dumps and restores; the
application (DATABASE_URL) reads and writes rows, and to the audit trail it may only add at the end.

Without MIGRATE_DATABASE_URL one role does everything, as under `make run`: then only the triggers of migrations 0002
and 0005 hold, and an owner could switch them off.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.db import connection, transaction
from psycopg2 import sql

from dilaku import postgres

# Says that a table only grows, by standing in a trigger on it.
ONLY_GROWS = "visits_audit_only_grows"
READ_ONLY = {"django_migrations"}
# Who owns a table may switch its triggers off; who owns the schema or the database may drop it; the rest lead there.
AS_MIGHTY = """
    SELECT rolsuper OR rolcreaterole OR EXISTS (
        SELECT FROM pg_roles AS mighty WHERE pg_has_role(app.oid, mighty.oid, 'MEMBER') AND (
            mighty.rolname IN (current_user, 'pg_execute_server_program', 'pg_write_server_files')
            OR mighty.oid IN (SELECT datdba FROM pg_database WHERE datname = current_database())
            OR mighty.oid IN (SELECT nspowner FROM pg_namespace WHERE nspname = 'public')))
    FROM pg_roles AS app WHERE rolname = %s
"""


class RoleError(Exception):
    """The application's role is not one that the trail is safe from."""


@contextmanager
def as_owner() -> Iterator[None]:
    """The default connection is the owner's, where there are two roles."""
    address = postgres.owner_address()
    with connected(**address) if address else nullcontext():
        yield


@contextmanager
def connected(**address) -> Iterator[None]:
    """The default connection leads elsewhere: NAME, USER, ... as in DATABASES."""
    settings, before = connection.settings_dict, dict(connection.settings_dict)
    connection.close()
    settings.update(address)
    try:
        yield
    finally:
        connection.close()
        settings.clear()
        settings.update(before)


def app_role() -> str | None:
    """The application's role, where the owner is another one; whoever is connected just now."""
    return postgres.app_address()["USER"] if postgres.owner_address() else None


@transaction.atomic
def grant(role: str) -> None:
    """As the owner. What the application may do, and nothing that an earlier version has left. Raises RoleError."""
    with connection.cursor() as cursor:
        _check(cursor, role)
        for statement in _statements(cursor, role):
            cursor.execute(statement)


def statements(role: str) -> list[str]:
    """The same, for somebody who wants to read them first."""
    with connection.cursor() as cursor:
        return [statement.as_string(cursor.cursor) for statement in _statements(cursor, role)]


def _check(cursor, role: str) -> None:
    cursor.execute(AS_MIGHTY, [role])
    found = cursor.fetchone()
    if found is None:
        raise RoleError(f"There is no role {role} yet, which DATABASE_URL names; docs/it.md says how it is made.")
    if any(found):
        raise RoleError(f"The role {role} in DATABASE_URL could change the audit trail: it is the owner, or as mighty.")


def _statements(cursor, role: str) -> Iterator[sql.Composable]:
    to = sql.Identifier(role)
    yield sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {}").format(to)
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(to)
    yield sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {}").format(to)
    yield sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(to)
    growing = _growing_tables(cursor)
    for table in sorted(connection.introspection.table_names(cursor)):
        yield sql.SQL("REVOKE ALL ON {} FROM PUBLIC, {}").format(sql.Identifier(table), to)
        rights = _insert_at_the_end(cursor, table) if table in growing else sql.SQL("INSERT, UPDATE, DELETE")
        rights = sql.SQL("SELECT") if table in READ_ONLY else sql.SQL("SELECT, ") + rights
        yield sql.SQL("GRANT {} ON {} TO {}").format(rights, sql.Identifier(table), to)


def _growing_tables(cursor) -> set[str]:
    cursor.execute(
        "SELECT DISTINCT relname FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
        " JOIN pg_class ON pg_class.oid = tgrelid WHERE proname = %s",
        [ONLY_GROWS],
    )
    return {table for (table,) in cursor.fetchall()}


def _insert_at_the_end(cursor, table: str) -> sql.Composable:
    """Without the right to choose an id: nothing is slipped in between older lines."""
    columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    chosen = sql.SQL(", ").join(sql.Identifier(column) for column in columns if column != "id")
    return sql.SQL("INSERT ({})").format(chosen)
