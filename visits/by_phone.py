"""What an office still holds under one phone number, or under the number of a visit or a thread where nobody left one,
and what a visitor without the ticket may ask of it.

A visit whose purpose is confidential to this person is not found: the hit itself would tell who came. One that was
restricted is, without its name: the visitor may have it erased, and who searches here could lift the restriction, too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

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


def find(office: Office, *, phone: str, day: date | None, number: int | None, thread_number: int | None, by) -> Found:
    """By the phone number, by the day and the visit's number on it, or by the thread's number: whichever is given."""
    visits, threads = _visits(office, by), _threads(office)
    if phone:
        # The index on phone numbers holds them turned round.
        visits = visits.alias(turned_phone=Reverse("phone")).filter(turned_phone=phone[::-1])
        threads = threads.filter(phone=phone)
    else:
        visits = visits.on(day).filter(number=number) if day and number else visits.none()
        threads = threads.filter(number=thread_number) if thread_number else threads.none()
    return Found(list(visits.newest_first()), list(threads.order_by("-pk")))


def _visits(office: Office, user):
    """Those that still hold something; the number stays when a visit is erased."""
    visits = Visit.objects.filter(office=office, anonymized_at__isnull=True).exclude(confidential_to(user))
    return visits.as_seen_by(user).select_related("office", "purpose").defer("office__emblem")


def _threads(office: Office):
    threads = inbox.with_words(Feedback.objects.filter(office=office, anonymized_at__isnull=True))
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
