"""The requests about visitors' own data that an office has to decide on, within 72 hours."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.formats import date_format

from visits import desk
from visits.models import DataRequest, Office
from visits.models.rights import ANSWER_WITHIN

NEAR = timedelta(hours=24)
HOURS_AT_MOST = 72  # from then on in days


@dataclass(frozen=True)
class Clock:
    """What is left of the 72 hours, in words."""

    words: str  # "Sisa 41 jam", "Lewat 3 jam"
    is_late: bool
    is_near: bool  # within a day


@dataclass(frozen=True)
class Inbox:
    """What waits in one office."""

    waiting: int
    late: int
    due: str  # "besok 09.14": by when the oldest is to be decided; empty where nothing waits


def of(office: Office) -> Inbox:
    waiting = DataRequest.objects.filter(office=office).waiting()
    late = Count("pk", filter=Q(created_at__lt=timezone.now() - ANSWER_WITHIN))
    counts = waiting.aggregate(waiting=Count("pk"), late=late, oldest=Min("created_at"))
    oldest = counts.pop("oldest")
    return Inbox(**counts, due=moment_words(office, oldest + ANSWER_WITHIN) if oldest else "")


def clock(asked: DataRequest) -> Clock:
    left = asked.due_at - timezone.now()
    is_late = left < timedelta(0)
    return Clock(f"{'Lewat' if is_late else 'Sisa'} {_length(abs(left))}", is_late, not is_late and left <= NEAR)


def _length(length: timedelta) -> str:
    """`40 menit`, `41 jam`, `4 hari`: never more than there is."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} menit" if minutes else "kurang dari 1 menit"
    hours = minutes // 60
    return f"{hours} jam" if hours <= HOURS_AT_MOST else f"{hours // 24} hari"


def moment_words(office: Office, moment: datetime) -> str:
    """`hari ini 09.14`, `besok 09.14`, `Kamis 09.14`, or with the date where that is over or far."""
    day, today = office.local(moment).date(), office.today()
    near = {today - timedelta(days=1): "kemarin", today: "hari ini", today + timedelta(days=1): "besok"}
    is_this_week = today < day < today + timedelta(days=7)
    words = near.get(day) or date_format(day, "l" if is_this_week else "l, j F")
    return f"{words} {desk.clock(office, moment)}"
