"""DILAKU that waits longer for PostgreSQL: a machine that stalls in the middle of a test is no fault of its pages."""

from dilaku import deadline
from dilaku.wsgi import application  # noqa: F401
from visits import snapshot

deadline.VISITOR_SECONDS = snapshot.READ_SECONDS = 20.0
