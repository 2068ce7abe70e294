"""Further databases on the server of the test database, each with an owner and a role for the application."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import psycopg2
from django.db import connection
from psycopg2 import sql


@dataclass(frozen=True)
class Database:
    name: str
    app_url: str
    owner_url: str

    @property
    def variables(self) -> dict[str, str]:
        return {"DATABASE_URL": self.app_url, "MIGRATE_DATABASE_URL": self.owner_url}


@contextmanager
def new_database(purpose: str) -> Iterator[Database]:
    """Empty. For this process of the test run alone."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    name = f"{connection.settings_dict['NAME']}_{purpose}_{worker}"
    roles = {"owner": f"{name}_owner", "app": f"{name}_app"}
    with closing(psycopg2.connect(**server(), dbname="postgres")) as session, session.cursor() as cursor:
        session.autocommit = True
        _remove(cursor, name, roles.values())
        for role in roles.values():
            password = server().get("password", "")
            cursor.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD %s").format(sql.Identifier(role)), [password])
        owner, app = map(sql.Identifier, roles.values())
        cursor.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(owner))
        cursor.execute(sql.SQL("GRANT {} TO {}").format(app, owner))
        cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), owner))
        try:
            yield Database(name, _url(name, roles["app"]), _url(name, roles["owner"]))
        finally:
            _remove(cursor, name, roles.values())


def server() -> dict[str, str]:
    """Where the test database is, wherever its address says so."""
    parameters = connection.get_connection_params()
    return {name: parameters[name] for name in ("host", "port", "user", "password") if parameters.get(name)}


def _url(name: str, role: str) -> str:
    where = {key: value for key, value in server().items() if key in {"host", "port"}}
    password = server().get("password", "")
    return f"postgresql://{quote(role)}{':' if password else ''}{quote(password)}@/{quote(name)}?{urlencode(where)}"


def _remove(cursor, name: str, roles) -> None:
    """With what a restore has put beside it."""
    cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [name.replace("_", r"\_") + "%"])
    for (database,) in cursor.fetchall():
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
    for role in roles:
        cursor.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
