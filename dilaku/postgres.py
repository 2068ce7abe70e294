"""Which database: the server that DATABASE_URL names, else the embedded PostgreSQL under var/."""

import os
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from dilaku.embedded import EmbeddedPostgres

# No wait without an end: not for a connection, a statement, a lock, or a transaction that somebody forgot. And nothing
# goes on, with its locks, for a client that has gone. All this needs a server that lives; dilaku/deadline.py does not.
CONNECTION_OPTIONS = {
    "application_name": "dilaku",
    "connect_timeout": 2,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": (
        "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
        " -c client_connection_check_interval=1s"
    ),
}
SCHEMES = {"postgres", "postgresql"}


def database(var_dir: Path) -> dict:
    """DATABASES["default"]; starts the embedded PostgreSQL when it is the one. Raises ImproperlyConfigured."""
    owner_address()  # a mistake in it is told now
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": _options({}),
        **(app_address() or EmbeddedPostgres(var_dir).start()),
    }


def database_url() -> str:
    """DATABASE_URL, or the content of the file that DATABASE_URL_FILE points to, or nothing."""
    return _url("DATABASE_URL", os.environ.get("DATABASE_URL", ""), os.environ.get("DATABASE_URL_FILE", ""))


def app_address() -> dict | None:
    """What DATABASE_URL names; None for the embedded server. Raises ImproperlyConfigured."""
    url = database_url()
    return _named_by(url, "DATABASE_URL") if url else None


def owner_address() -> dict | None:
    """What MIGRATE_DATABASE_URL names: the role that owns the tables, where it is not the application's.

    Raises ImproperlyConfigured.
    """
    name = "MIGRATE_DATABASE_URL"
    url = _url(name, os.environ.get("MIGRATE_DATABASE_URL", ""), os.environ.get("MIGRATE_DATABASE_URL_FILE", ""))
    if not url:
        return None
    owner, app = _named_by(url, name), app_address()
    if app is None:
        raise ImproperlyConfigured(f"{name} is set without DATABASE_URL; set both, or neither.")
    if app["NAME"] != owner["NAME"] or not app["USER"]:
        raise ImproperlyConfigured(
            f"{name} and DATABASE_URL have to name the same database, each with its role: postgresql://role@/name."
        )
    return owner


def _url(name: str, url: str, path: str) -> str:
    if not path:
        return url.strip()
    if url.strip():
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one of them.")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: {path} can't be read ({error.strerror}).") from error


def url_of(settings: dict) -> str:
    """DATABASE_URL for a child process, which then uses the embedded server without owning it."""
    address = urlencode({"host": settings["HOST"], "port": settings["PORT"]})
    return f"postgresql://{settings['USER']}@/{settings['NAME']}?{address}"


def _named_by(url: str, variable: str) -> dict:
    # The sentence never repeats the address: it holds a password.
    wrong = ImproperlyConfigured(
        f"{variable} is not the address of a PostgreSQL database; use postgres://user:password@host:5432/name, "
        "with special characters of the password percent-encoded."
    )
    try:
        if urlsplit(url).scheme not in SCHEMES:
            raise wrong
        parsed = dj_database_url.parse(url)
    except ValueError:
        raise wrong from None
    if not parsed["NAME"]:
        raise wrong
    address = {key: parsed[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT") if key in parsed}
    return {**address, "OPTIONS": _options(parsed.get("OPTIONS", {}))}


def _options(from_url: dict) -> dict:
    options = CONNECTION_OPTIONS | from_url
    if "options" in from_url:
        # Later ones win: what the address says about a timeout holds.
        options["options"] = f"{CONNECTION_OPTIONS['options']} {from_url['options']}"
    return options
