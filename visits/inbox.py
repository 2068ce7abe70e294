"""The letters that an office has to answer: what waits, since when and by when, and how to find one."""

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Left
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator

from visits.models import Feedback, Message, Office
from visits.models.feedback import REPLY_WITHIN
from visits.opening import DayHours, nth_working_day, nth_working_day_back, working_days_between

SHOWN_ON_DASHBOARD = 3
FIRST_WORDS = 140  # characters of a letter in a list
FOUND_AT_MOST = 200
SOUGHT_WORDS_AT_MOST = 8
NO_NAME = "Tanpa nama"
ERASED = "Data sudah dihapus"
NUMBER = re.compile(r"(?:s\s*-?\s*)?0*([1-9]\d{0,5})", re.I | re.ASCII)  # "S-0032", "s32", "32"


@dataclass(frozen=True)
class Calendar:
    """The days on which an office works."""

    office: Office
    week: dict[int, DayHours]
    closed_days: dict[date, str]

    @classmethod
    def of(cls, office: Office) -> "Calendar":
        return cls(office, office.weekly_hours(), office.closed_dates())

    def working_days(self, start: datetime, end: datetime) -> int:
        days = (self.office.local(moment).date() for moment in (start, end))
        return working_days_between(*days, self.week, self.closed_days)

    def due(self, written: datetime) -> date | None:
        """The last day on which an answer is in time; None where the office hardly ever opens."""
        return nth_working_day(self.office.local(written).date(), REPLY_WITHIN, self.week, self.closed_days)

    def late_before(self) -> datetime | None:
        """What was written before this moment and still waits is late: it was due before today."""
        day = nth_working_day_back(self.office.today(), REPLY_WITHIN, self.week, self.closed_days)
        return datetime.combine(day, time.min, self.office.zone) if day else None


@dataclass(frozen=True)
class Wait:
    """How long the oldest unanswered letter of a thread has waited, in words."""

    age: str  # "4 hari kerja"
    due: str  # "Lewat 1 hari kerja", "Batas besok"; empty where the office hardly ever opens
    is_late: bool
    is_near: bool  # due today or tomorrow


@dataclass(frozen=True)
class Letter:
    """One waiting thread on the dashboard, ready to print."""

    id: int
    label: str  # "S-0032"
    words: str  # how the letter begins
    sender: str
    wait: Wait


@dataclass(frozen=True)
class Inbox:
    """What waits in one office."""

    waiting: int
    late: int
    longest: str  # how long the oldest has waited; empty where nothing waits
    first: list[Letter]  # the most urgent ones

    @property
    def more(self) -> int:
        return self.waiting - len(self.first)


def of(office: Office) -> Inbox:
    calendar, waiting = Calendar.of(office), Feedback.objects.filter(office=office).waiting()
    late = Count("pk", filter=late_condition([calendar]))
    counts = waiting.aggregate(waiting=Count("pk"), late=late, oldest=Min("waiting_since"))
    oldest = counts.pop("oldest")
    first = with_words(waiting).most_urgent_first()[:SHOWN_ON_DASHBOARD]
    return Inbox(
        **counts,
        longest=age_words(oldest, calendar) if oldest else "",
        first=[Letter(row.pk, row.label, first_words(row), sender(row), wait(row, calendar)) for row in first],
    )


def late_condition(calendars: list[Calendar]) -> Q:
    """Of waiting threads: past the target. Each office has its own calendar; most of them agree."""
    offices = defaultdict(list)
    for calendar in calendars:
        offices[calendar.late_before()].append(calendar.office.pk)
    late = Q(pk__in=[])
    for moment, ids in offices.items():
        late |= Q(waiting_since__lt=moment, office__in=ids) if moment else Q(pk__in=[])
    return late


def wait(feedback: Feedback, calendar: Calendar) -> Wait | None:
    """None where nothing waits."""
    if feedback.waiting_since is None:
        return None
    today, due = calendar.office.today(), calendar.due(feedback.waiting_since)
    return Wait(
        age=age_words(feedback.waiting_since, calendar),
        due=_due_words(due, today, calendar) if due else "",
        is_late=due is not None and due < today,
        is_near=due is not None and today <= due <= today + timedelta(days=1),
    )


def age_words(since: datetime, calendar: Calendar) -> str:
    """`sejak hari ini`, `4 hari kerja`."""
    if calendar.office.local(since).date() == calendar.office.today():
        return "sejak hari ini"
    days = calendar.working_days(since, timezone.now())
    return f"{days} hari kerja" if days else "belum 1 hari kerja"


def answer_words(feedback: Feedback, calendar: Calendar) -> str:
    """How long the first answer took: `pada hari yang sama`, `setelah 2 hari kerja`."""
    received, replied = (calendar.office.local(at) for at in (feedback.created_at, feedback.first_replied_at))
    if received.date() == replied.date():
        return "pada hari yang sama"
    days = calendar.working_days(received, replied)
    return f"setelah {days} hari kerja" if days else "sebelum hari kerja berikutnya"


def _due_words(due: date, today: date, calendar: Calendar) -> str:
    """On a closed day right after the deadline no working day is over it yet, and still it is over."""
    if due < today:
        late = working_days_between(due, today, calendar.week, calendar.closed_days)
        return f"Lewat {late} hari kerja" if late else "Lewat batas"
    near = {today: "hari ini", today + timedelta(days=1): "besok"}
    return f"Batas {near.get(due) or date_format(due, 'l' if due < today + timedelta(days=7) else 'l, j F')}"


def sender(feedback: Feedback) -> str:
    if feedback.anonymized_at:
        return ERASED
    return feedback.name or NO_NAME


def with_words(threads):
    """Adds `words`: how the letter begins that waits, or else the first one."""
    letters = Message.objects.filter(feedback=OuterRef("pk"), author=Message.Author.VISITOR).order_by("pk")
    begins = letters.annotate(begins=Left("body", FIRST_WORDS + 1)).values("begins")
    waiting = begins.filter(created_at__gte=OuterRef("waiting_since"))
    return threads.annotate(words=Coalesce(Subquery(waiting[:1]), Subquery(begins[:1])))


def first_words(feedback: Feedback) -> str:
    """Of a thread that went through `with_words`."""
    return Truncator(" ".join((feedback.words or "").split())).chars(FIRST_WORDS) or ERASED


def found(threads, text: str):
    """At most 200 threads by number (S-0032, 32), or by words that stand in the name or in any letter."""
    text = text.strip()
    number = NUMBER.fullmatch(text)
    condition = Q(number=int(number[1])) if number else _holds_every_word(text.split()[:SOUGHT_WORDS_AT_MOST])
    # Searched once, though the list asks twice: for the number of rows and for a page of them.
    urgent = list(threads.filter(condition).most_urgent_first().values_list("pk", flat=True)[:FOUND_AT_MOST])
    return threads.filter(pk__in=urgent).most_urgent_first()


def _holds_every_word(words: list[str]) -> Q:
    condition = Q() if words else Q(pk__in=[])
    for word in words:
        letters = Message.objects.filter(feedback=OuterRef("pk"), body__icontains=word)
        condition &= Q(name__icontains=word) | Q(Exists(letters))
    return condition
