"""Is this a visitor? Nobody has to solve a puzzle: what looks odd is kept, flagged, and left out of the figures until
staff have looked; only a flood is refused.

Limits are per ten minutes. A hundred people may queue behind one office Wi-Fi, and a whole town behind one address of a
telephone company, so an address is suspected at one poster only, and refused only far beyond that.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from dilaku.proxy import subscriber
from visits.models import SubmissionCount

WINDOW = timedelta(minutes=10)
# Forms in one window; the next one is flagged.
ADDRESS_AT_CODE, CODE = 200, 600
# Forms in one window; the next one is refused.
ADDRESS_FLOOD, CODE_FLOOD = 3000, 6000

TRAP = "situs"  # the field's name
HONEYPOT = "kolom jebakan terisi"
TOO_MANY_FROM_ADDRESS = "terlalu banyak isian dari satu jaringan"
TOO_MANY_AT_CODE = "terlalu banyak isian lewat satu kode"


@dataclass(frozen=True)
class Sender:
    """Whoever sends a form: the address as our own proxy tells it, or none; and what stands in the field of
    templates/visits/_trap.html, which people don't see."""

    address: str = ""
    trap: str = ""

    @classmethod
    def of(cls, request) -> "Sender":
        return cls(request.META.get("REMOTE_ADDR", ""), request.POST.get(TRAP, ""))


NOBODY = Sender()


class FloodError(Exception):
    """Too much from this address, or through this code. `seconds` until it is worth trying again."""

    def __init__(self, seconds: int):
        super().__init__(seconds)
        self.seconds = seconds


def suspicion(code: str, sender: Sender) -> str:
    """Counts this form, and says why staff should look at it; empty where nothing is odd. Raises FloodError.

    For use inside the transaction that stores the form: what is not stored is not counted.
    """
    now = timezone.now()
    window = _window(now)
    at_code, from_address, from_address_at_code = _keys(code, sender.address)
    counts = SubmissionCount.objects.add({at_code, from_address, from_address_at_code} - {""}, window)
    if counts[at_code] > CODE_FLOOD or counts.get(from_address, 0) > ADDRESS_FLOOD:
        raise FloodError(int((window + WINDOW - now).total_seconds()) + 1)
    if sender.trap.strip():
        return HONEYPOT
    if counts.get(from_address_at_code, 0) > ADDRESS_AT_CODE:
        return TOO_MANY_FROM_ADDRESS
    return TOO_MANY_AT_CODE if counts[at_code] > CODE else ""


def forget_old() -> None:
    """For upkeep: windows that no limit looks at any more."""
    SubmissionCount.objects.filter(window_start__lt=timezone.now() - 2 * WINDOW).delete()


def _window(now: datetime) -> datetime:
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def _keys(code: str, address: str) -> tuple[str, str, str]:
    network = subscriber(address)
    return _key(f"code {code}"), network and _key(network), network and _key(f"{network} {code}")


def _key(text: str) -> str:
    return hmac.digest(settings.SECRET_KEY.encode(), f"abuse:{text}".encode(), hashlib.sha256).hex()[:40]
