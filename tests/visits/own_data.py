"""What tests of the own-data page share."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.test import Client

from tests.visits.threads import tree, words
from visits import actions
from visits.models import AuditEvent

DAY = "2026-07-14"  # a Tuesday
AS_IT_WAS = ("Siti Rahmawati", "+6281234567890", "Universitas Contoh", "", "")
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


def typed(**kw) -> dict[str, str]:
    """The form as the page brings it, but for what is told."""
    as_shown = {"name": "Siti Rahmawati", "phone": "0812-3456-7890", "organization": "Universitas Contoh"}
    return {**as_shown, "meeting_with": "", "note": "", **kw}


def correct(client, visit, **kw):
    headers = kw.pop("headers", None)
    return client.post(f"{own_data_of(visit)}perbaikan/", typed(**kw), headers=headers)


def values_of(response) -> dict[str, str]:
    """What stands in the two forms with fields."""
    root = tree(response)
    inputs = [field for field in root.iter("input") if field.get("type") != "radio"]
    values = {field.get("name"): field.get("value", "") for field in inputs}
    chosen = {field.get("name"): field.get("value") for field in root.iter("input") if "checked" in field.attrib}
    return {**values, **chosen, **{area.get("name"): (area.text or "") for area in root.iter("textarea")}}


def confirmation(client, response) -> str:
    return words(tree(client.get(response.headers["Location"])).find(".//p[@role='status']"))


def mistakes_of(response) -> list[str]:
    return [words(link) for link in tree(response).findall(".//div[@role='alert']//a")]


def audit() -> list[tuple[str, dict]]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", "details"))


def at_once(count: int, do) -> list[int]:
    def one(number):
        try:
            return do(Client(), number).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as people:
        return list(people.map(one, range(count)))
