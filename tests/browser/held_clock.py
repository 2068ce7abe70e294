"""DILAKU with its clock held at a Tuesday morning, for pictures that change only when the pages do."""

from datetime import UTC, datetime

from django.utils import timezone

MORNING = datetime(2026, 7, 14, 4, 0, tzinfo=UTC)  # 11.00 WIB

timezone.now = lambda: MORNING

from dilaku.wsgi import application  # noqa: E402, F401 - everything that asks for the time must find it held
