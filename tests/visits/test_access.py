"""Who may open what. Every address of the staff area stands in the table below; a new one has to be added."""

import re

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLResolver

from visits import actions
from visits.models import AuditEvent

CAST = ["anonymous", "alice", "bob", "charlie", "dewi", "ratna", "root"]
OUTCOMES = {
    "login": "sent to the login page",
    "ok": 200,
    "no": 403,
    "none": 404,
    "verb": 405,
    "on": "sent on to another page",
}

TABLE = {}


def staff_addresses():
    """name -> parameters, of everything under /staf/."""
    staff = next(entry for entry in get_resolver().url_patterns if str(entry.pattern) == "staf/")
    return dict(flat(staff))


def flat(resolver):
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from flat(entry)
        else:
            yield entry.name or str(entry.pattern), str(entry.pattern)

def test_x():
    for k,v in staff_addresses().items(): print(k,v)
