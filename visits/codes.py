"""Check-in codes and the private keys of tickets.

A key is never stored: it is computed from LINK_SECRET and the submission's id, so a replay of the same form and the
staff's own button arrive at the same link, and a stolen database dump opens none. The row keeps SHA-256 of the key.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from uuid import UUID

from django.conf import settings

# No vowels, 0, 1, L or Y: little to misread, no words by accident. 27 characters in six places: 387 million codes.
CODE_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
CODE_LENGTH = 6
KEY_BYTES = 16


def new_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def private_key(kind: str, submission_id: UUID | str, *, secret: str | None = None) -> str:
    """26 characters of lower-case base32. `kind` is the model's name, so that two models never share a key."""
    message = f"{kind}:{submission_id}".encode()
    digest = hmac.digest((secret or settings.LINK_SECRET).encode(), message, hashlib.sha256)
    return base64.b32encode(digest[:KEY_BYTES]).decode().rstrip("=").lower()


def private_keys(kind: str, submission_id: UUID | str) -> Iterator[str]:
    """The key under today's secret, then under the earlier ones that are still honoured."""
    for secret in [settings.LINK_SECRET, *settings.LINK_SECRET_FALLBACKS]:
        yield private_key(kind, submission_id, secret=secret)


def private_id(text: str, *, secret: str | None = None) -> UUID:
    """Always the same for this text, and nobody without LINK_SECRET can compute it: a public form may ask about ids."""
    return UUID(bytes=hmac.digest((secret or settings.LINK_SECRET).encode(), f"id:{text}".encode(), "sha256")[:16])


def private_ids(text: str) -> list[UUID]:
    """The id under today's secret, then under the earlier ones that are still honoured."""
    return [private_id(text, secret=secret) for secret in [settings.LINK_SECRET, *settings.LINK_SECRET_FALLBACKS]]


def plain_key(typed: str) -> str:
    """Keys are typed and read aloud: case, spaces and hyphens do not count."""
    return typed.lower().replace("-", "").replace(" ", "")


def key_hash(key: str) -> str:
    """What a row keeps for look-up."""
    return hashlib.sha256(key.encode()).hexdigest()


def content_digest(content: dict[str, str], *, secret: str | None = None) -> str:
    """A keyed fingerprint of what a form held, to tell a replay from other content under the same id."""
    message = "\x1f".join(f"{name}={content[name]}" for name in sorted(content)).encode()
    return hmac.digest((secret or settings.LINK_SECRET).encode(), message, hashlib.sha256).hex()


def is_content(digest: str, content: dict[str, str]) -> bool:
    """Was the digest made of this content, under today's secret or an earlier one?"""
    return any(
        hmac.compare_digest(digest, content_digest(content, secret=secret))
        for secret in [settings.LINK_SECRET, *settings.LINK_SECRET_FALLBACKS]
    )
