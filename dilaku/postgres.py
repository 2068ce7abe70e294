"""Which database: the server that DATABASE_URL names, else the embedded PostgreSQL under var/."""

import os
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from dilaku.embedded import EmbeddedPostgres

# No wait without an end: not for a connection, a statement, a lock, or a transaction that somebody forgot.
CONNECTION_OPTIONS = {
    "application_name": "dilaku",
    "connect_timeout": 2,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s",
}
SCHEMES = {"postgres", "postgresql"}


def database(var_dir: Path) -> dict:
    """DATABASES["default"]; starts the embedded PostgreSQL when it is the one. Raises ImproperlyConfigured."""
    url = database_url()
    address = _named_by(url) if url else EmbeddedPostgres(var_dir).start()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        **address,
        "OPTIONS": _options(address.get("OPTIONS", {})),
    }


def database_url() -> str:
    """DATABASE_URL, or the content of the file that DATABASE_URL_FILE points to, or nothing."""
    path = os.environ.get("DATABASE_URL_FILE")
    if not path:
        return os.environ.get("DATABASE_URL", "").strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"DATABASE_URL_FILE: {path} can't be read ({error.strerror}).") from error


def url_of(settings: dict) -> str:
    """DATABASE_URL for a child process, which then uses the embedded server without owning it."""
    address = urlencode({"host": settings["HOST"], "port": settings["PORT"]})
    return f"postgresql://{settings['USER']}@/{settings['NAME']}?{address}"


def _named_by(url: str) -> dict:
    # The sentence never repeats the address: it holds a password.
    wrong = ImproperlyConfigured(
        "DATABASE_URL is not the address of a PostgreSQL database; use postgres://user:password@host:5432/name, "
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
    return {key: parsed[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS") if key in parsed}


def _options(from_url: dict) -> dict:
    options = CONNECTION_OPTIONS | from_url
    if "options" in from_url:
        # Later ones win: what the address says about a timeout holds.
        options["options"] = f"{CONNECTION_OPTIONS['options']} {from_url['options']}"
    return options
