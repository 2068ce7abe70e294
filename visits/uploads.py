"""A file between its check and the "Simpan" of the person who sent it. It holds visitors' data: readable for the server
alone, gone when it has been used, and at the latest after half an hour and the next upkeep."""

import secrets
import time
from pathlib import Path

from django.conf import settings
from django.core import signing

LIFETIME = 30 * 60  # seconds
SALT = "visits.uploads"


def keep(content: bytes, *, of: list) -> str:
    """A ticket for `fetch` and `drop`. `of` tells whose file this is; the same has to be shown again."""
    forget_old()
    name = secrets.token_hex(16)
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    path = _folder() / name
    path.touch(mode=0o600)
    path.write_bytes(content)
    return signing.dumps([name, of], salt=SALT)


def fetch(ticket: str, *, of: list) -> bytes | None:
    """None where the file is gone, somebody else's, or too old."""
    try:
        name, owner = signing.loads(ticket, salt=SALT, max_age=LIFETIME)
        return (_folder() / name).read_bytes() if owner == of else None
    except (signing.BadSignature, FileNotFoundError):
        return None


def drop(ticket: str) -> None:
    name, _owner = signing.loads(ticket, salt=SALT)
    (_folder() / name).unlink(missing_ok=True)


def forget_old() -> int:
    """How many were left behind, by people who closed the page. Safe to run twice at once."""
    oldest, forgotten = time.time() - LIFETIME, 0
    for path in _folder().glob("*"):
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
                forgotten += 1
        except FileNotFoundError:
            continue  # somebody else was quicker
    return forgotten


def _folder() -> Path:
    return settings.VAR_DIR / "uploads"
