"""What the first page of the staff area shows: figures from reports, people from the front desk."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode

from reports.charts import day_bars
from reports.numbers import Number, written
from reports.period import Period
from reports.queries import Figures, figures_now, sheets, visits_per_day
from reports.survey import index_of
from visits import desk, flagged, inbox, request_inbox
from visits.models import Office, Visit
from visits.opening import hours_on

CHART_DAYS = 30


@dataclass(frozen=True)
class Card:
    label: str
    value: Number | None  # None where there is none yet
    hint: str  # one line of context
    url: str  # empty for those who may not see the visits behind the figure
    is_late: bool = False  # past a limit that the law sets

    @property
    def text(self) -> str:
        return "–" if self.value is None else written(self.value)


def may_see(user) -> bool:
    """Figures, or the visits behind them."""
    return user.has_perm("visits.view_figures") or user.has_perm("visits.view_visit")


def dashboard(office: Office, user, *, is_one_of_several: bool) -> dict:
    """The context of admin/_today.html. Whoever may see figures only gets no row with a name into the page."""
    now = timezone.now()
    today = office.local(now).date()
    visits = Visit.objects.filter(office=office)
    figures, links = figures_now(visits, now, today), _links(office.slug if is_one_of_several else "")
    letters = inbox.of(office) if user.has_perm("visits.view_feedback") else None
    sees_visits = user.has_perm("visits.view_visit")
    cards = [
        *_cards(figures, today, now, links=links if sees_visits else {}),
        *_feedback_cards(letters, links),
        *_request_cards(office, user, links),
        *_index_cards(office, user, today, links),
    ]
    context = {"office": office, "today": today, "now": desk.clock(office, now), "query": links["office"]}
    context |= {"cards": cards, "letters": letters, "letters_url": links["letters"]}
    if user.has_perm("visits.view_figures"):
        context |= _chart(office, visits, today)
    if user.has_perm("visits.exclude_visit"):
        context["flagged"] = flagged.size(office)
    return context | (_people(office, user, figures, links) if sees_visits else {})


def _people(office: Office, user, figures: Figures, links: dict[str, str]) -> dict:
    """Who is here and who is expected, and how many more than there is room for."""
    rows, announced = desk.here_today(office, user), desk.announced(office, user)
    return {
        "rows": rows,
        "more": max(0, figures.today - len(rows)),
        "more_url": links["today"],
        "announced": announced,
        "more_announced": max(0, figures.announced - len(announced)),
        "announced_url": links["announced"],
        "may_close": user.has_perm("visits.close_visit"),
    }


def _links(slug: str) -> dict[str, str]:
    """What a card counts, as a list; `slug` where the list would otherwise mix offices."""
    visits = reverse("admin:visits_visit_changelist")
    feedback = reverse("admin:visits_feedback_changelist")
    requests = reverse("admin:visits_datarequest_changelist")
    office = {"kantor": slug} if slug else {}
    inside = reverse("admin:inside")
    return {
        "today": f"{visits}?{urlencode({**office, 'waktu': 'hari-ini'})}",
        "inside": f"{visits}?{urlencode({**office, 'status': 'berkunjung'})}",
        "people": f"{inside}?{urlencode(office)}" if office else inside,
        "announced": f"{visits}?{urlencode({**office, 'status': 'dikabarkan'})}",
        "letters": f"{feedback}?{urlencode({**office, 'status': 'menunggu'})}",
        "requests": f"{requests}?{urlencode({**office, 'status': 'menunggu'})}",
        "office": f"?{urlencode(office)}" if office else "",
    }


def _cards(figures: Figures, today: date, now: datetime, *, links: dict[str, str]) -> list[Card]:
    weekday = date_format(today, "l")
    return [
        Card(
            "Kunjungan hari ini",
            figures.today,
            f"{weekday} lalu pada jam yang sama: {figures.last_week}",
            links.get("today", ""),
        ),
        Card(
            "Sedang berkunjung",
            figures.inside,
            _longest("Paling lama", figures.oldest_inside, now) or "Belum ada yang di dalam",
            links.get("inside", ""),
        ),
        Card("Orang di dalam", figures.people_inside, "Daftar untuk keadaan darurat", links.get("people", "")),
        Card(
            "Dikabarkan daring",
            figures.announced,
            _longest("Paling lama menunggu", figures.oldest_announced, now) or "Tidak ada yang ditunggu",
            links.get("announced", ""),
        ),
    ]


def _feedback_cards(letters: inbox.Inbox | None, links: dict[str, str]) -> list[Card]:
    if letters is None:
        return []
    late = f"{letters.late} lewat batas. " if letters.late else ""
    hint = f"{late}Paling lama: {letters.longest}" if letters.waiting else "Semua sudah dibalas"
    return [Card("Saran menunggu", letters.waiting, hint, links["letters"])]


def _request_cards(office: Office, user, links: dict[str, str]) -> list[Card]:
    """For those who decide, and only when something waits."""
    requests = request_inbox.of(office) if user.has_perm("visits.decide_datarequest") else None
    if requests is None or not requests.waiting:
        return []
    hint = f"{requests.late} lewat 72 jam" if requests.late else f"Batas {requests.due}"
    return [Card("Permintaan data", requests.waiting, hint, links["requests"], is_late=bool(requests.late))]


def _index_cards(office: Office, user, today: date, links: dict[str, str]) -> list[Card]:
    """The satisfaction index of the month so far, as the report of that month tells it."""
    if not user.has_perm("visits.view_figures"):
        return []
    month = Period.containing(today)
    days = month.cut_at(today)
    index = index_of(sheets(office, [days])[days])
    known = f"Mutu {index.grade.letter} dari {written(index.n)} penilaian" if index else "Belum ada penilaian"
    url = reverse("admin:report", args=[month]) + links["office"]
    return [Card("Indeks kepuasan", index and index.rounded, f"{known} bulan ini", url)]


def _longest(words: str, since: datetime | None, now: datetime) -> str:
    return f"{words} {desk.duration_words(now - since)}" if since else ""


def _chart(office: Office, visits, today: date) -> dict:
    end = today + timedelta(days=1)
    first = end - timedelta(days=CHART_DAYS)
    chart = day_bars(visits_per_day(visits, first, end), today)
    open_days = _open_days(office, first, end)
    return {"chart": chart, "average": chart.total / open_days if open_days else None}


def _open_days(office: Office, first: date, end: date) -> int:
    week = office.weekly_hours()
    closed = dict(office.closed_days.filter(day__gte=first, day__lt=end).values_list("day", "name"))
    days = (first + timedelta(days=offset) for offset in range(CHART_DAYS))
    return sum(hours_on(day, week, closed) is not None for day in days)
