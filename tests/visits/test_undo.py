"""Staff close, reopen, exclude and count again; each leaves one audit line, and a second tap leaves none."""

from uuid import uuid4

import pytest

from visits import actions
from visits.models import AuditEvent, Visit

pytestmark = pytest.mark.django_db


def trail() -> list[tuple]:
    events = AuditEvent.objects.order_by("pk")
    return list(events.values_list("action", "actor", "object_type", "object_id", "office_id", "details"))


def test_each_step_is_done_once_and_traced(alice, office, make_visit):
    visit = make_visit()

    for _ in range(2):
        actions.close(visit, by=alice)
    visit.refresh_from_db()
    assert (visit.left_at is None, visit.ended_by) == (False, "petugas")

    for _ in range(2):
        actions.reopen(visit, by=alice)
    for _ in range(2):
        actions.exclude(visit, reason="Isian uji coba", by=alice)
    visit.refresh_from_db()
    assert (visit.excluded_reason, list(Visit.objects.counted())) == ("Isian uji coba", [])

    for _ in range(2):
        actions.include(visit, by=alice)
    assert list(Visit.objects.open()) == [visit]

    steps = ["visit.closed", "visit.reopened", "visit.excluded", "visit.included"]
    assert trail() == [(step, "alice", "visit", visit.pk, office.pk, {}) for step in steps]


def test_an_excluded_visit_keeps_its_row_and_number(alice, make_visit):
    first = make_visit()
    actions.exclude(first, reason="Ganda", by=alice)

    second = make_visit()

    assert (Visit.objects.count(), first.number, second.number) == (2, 1, 2)


def test_staff_register_a_visitor_once(alice, office):
    data = {
        "submission_id": uuid4(),
        "name": "Mbah Karto",
        "phone": "",
        "visitor_kind": "ormas",
        "organization": "",
        "district": None,
        "purpose": office.purposes.first().pk,
        "meeting_with": "ketua",
        "party_size": 1,
        "note": "",
    }

    first = actions.register(office=office, data=data, by=alice)
    again = actions.register(office=office, data=data, by=alice)

    assert first == again
    assert (first.entered_by, first.point, first.number, first.division.name) == (alice, None, 1, "Ketua")
    assert trail() == [("visit.registered", "alice", "visit", first.pk, office.pk, {})]
