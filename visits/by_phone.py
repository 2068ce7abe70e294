"""What an office still holds under one phone number, and what a visitor without the ticket may ask of it.

A visit whose purpose is confidential to this person is not found: the hit itself would tell who came. One that was
restricted is, without its name: the visitor may have it erased, and who searches here could lift the restriction, too.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models.functions import Reverse

from visits import actions, inbox, rights
from visits.models import Feedback, Office, Visit
from visits.models.visit import confidential_to


@dataclass(frozen=True)
class Found:
    """The newest first; visits as this person may see them, threads with how they begin."""

    visits: list[Visit]
    threads: list[Feedback]

    @property
    def size(self) -> int:
        return len(self.visits) + len(self.threads)

    def only(self, visits: list[str], threads: list[str]) -> "Found":
        """Those with these keys; any other key is nobody's."""
        chosen = [row for row in self.visits if str(row.pk) in visits]
        return Found(chosen, [row for row in self.threads if str(row.pk) in threads])


def find(office: Office, phone: str, *, by) -> Found:
    visits, threads = _visits(office, phone, by), _threads(office, phone)
    return Found(list(visits.newest_first()), list(threads.order_by("-pk")))


def _visits(office: Office, phone: str, user):
    """The index on phone numbers holds them turned round."""
    visits = Visit.objects.filter(office=office).exclude(confidential_to(user)).as_seen_by(user)
    visits = visits.alias(turned_phone=Reverse("phone")).filter(turned_phone=phone[::-1])
    return visits.select_related("office", "purpose").defer("office__emblem")


def _threads(office: Office, phone: str):
    threads = inbox.with_words(Feedback.objects.filter(office=office, phone=phone))
    return threads.select_related("office").defer("office__emblem")


@dataclass(frozen=True)
class Deed:
    """What may be done with what was found."""

    verb: str  # "Hapus"
    done: str  # "dihapus"
    to_visit: Callable
    to_thread: Callable | None  # None where threads have no such thing


DEEDS = {
    "hapus": Deed("Hapus", "dihapus", rights.erase_visit, rights.erase_thread),
    "batasi": Deed("Batasi", "dibatasi", rights.restrict, None),
}


def act(deed: Deed, chosen: Found, *, by, request=None) -> int:
    """How many rows; what was erased or restricted before is not among them. One transaction each: what is done stays
    done."""
    deeds = [(deed.to_visit, row) for row in chosen.visits] + [(deed.to_thread, row) for row in chosen.threads]
    return sum(_is_done(do, row, by, request) for do, row in deeds)


def _is_done(do: Callable, row: Visit | Feedback, by, request) -> bool:
    try:
        do(row, by=by, request=request)
    except (actions.AlreadyErasedError, rights.AlreadyRestrictedError):
        return False
    return True
