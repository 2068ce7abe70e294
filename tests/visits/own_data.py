"""What tests of the own-data page share."""

from tests.visits.threads import tree, words
from visits import actions

DAY = "2026-07-14"  # a Tuesday
END = ["", "perbaikan/", "permintaan/", "persetujuan/", "pembatasan/"]


def own_data_of(visit) -> str:
    return f"/t/{actions.ticket_key(visit)}/data/"


def facts_of(root) -> dict[str, str]:
    return {words(row.find("dt")): words(row.find("dd")) for row in root.findall(".//dl/div")}


def section_of(root, name: str):
    return next(section for section in root.iter("section") if section.get("aria-labelledby") == name)


def trail_of(client, visit) -> list[str]:
    """Without the times; or that nobody has looked."""
    trail = section_of(tree(client.get(own_data_of(visit))), "trail")
    lines = trail.findall(".//li/span")
    for line in lines:
        line.remove(line.find("small"))
    return [words(line) for line in lines] or [words(trail.find("p"))]


def held(visit) -> tuple[str, ...]:
    visit.refresh_from_db()
    return visit.name, visit.phone, visit.organization, visit.meeting_with, visit.note
