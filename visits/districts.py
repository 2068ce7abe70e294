"""A list of kecamatan, pasted as it stands in a letter, a table or a web page."""

import re
from dataclasses import dataclass

from django.db import transaction

from visits.actions import record
from visits.models import District, Office

AT_MOST = 300
LAST_ORDER = 32_767  # what the column holds
SEPARATORS = re.compile(r"[\n,;]")
NUMBERING = re.compile(r"^(?:\d{1,3}[.)]|[-•*])\s+")


@dataclass(frozen=True)
class Plan:
    """What a pasted list would do to the office's own. Nothing is ever deleted."""

    new: list[str]
    back: list[District]  # switched off until now
    present: list[str]

    @property
    def changes(self) -> int:
        return len(self.new) + len(self.back)

    def words(self) -> str:
        """`21 kecamatan ditambahkan, 1 dipakai lagi, 2 sudah ada`."""
        back = f", {len(self.back)} dipakai lagi" if self.back else ""
        present = f", {len(self.present)} sudah ada" if self.present else ""
        return f"{len(self.new)} kecamatan ditambahkan{back}{present}"


def names_in(text: str) -> list[str]:
    """Each name once, as it stands first, in the order of the list: between line ends, commas or semicolons, without
    numbering and without what holds no letter."""
    once: dict[str, str] = {}
    for piece in SEPARATORS.split(text):
        name = NUMBERING.sub("", piece.strip())
        if any(character.isalpha() for character in name):
            once.setdefault(name.casefold(), name)
    return list(once.values())


def plan(office: Office, names: list[str]) -> Plan:
    known = {district.name.casefold(): district for district in office.districts.all()}
    found = [known[name.casefold()] for name in names if name.casefold() in known]
    return Plan(
        new=[name for name in names if name.casefold() not in known],
        back=[district for district in found if not district.is_active],
        present=[district.name for district in found if district.is_active],
    )


@transaction.atomic
def add(*, office: Office, names: list[str], by, request=None) -> Plan:
    """New ones after those that are there, in the order of the list; what was switched off is in use again."""
    Office.objects.select_for_update(no_key=True).only("pk").get(pk=office.pk)
    planned = plan(office, names)
    if not planned.changes:
        return planned
    last = max(office.districts.values_list("order", flat=True), default=0)
    first = min(last + 1, LAST_ORDER - AT_MOST)
    District.objects.bulk_create(
        District(office=office, name=name, order=order) for order, name in enumerate(planned.new, start=first)
    )
    office.districts.filter(pk__in=[district.pk for district in planned.back]).update(is_active=True)
    counts = {"added": len(planned.new), "reactivated": len(planned.back)}
    record(action="district.pasted", by=by, request=request, office_id=office.pk, **counts)
    return planned
