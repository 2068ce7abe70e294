"""What the first page of the staff area shows: figures from reports, people from the front desk."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode

from reports.charts import day_bars
from reports.queries import Figures, figures_now, visits_per_day
from visits import desk
from visits.models import Office, Visit
from visits.opening import DayHours, hours_on

CHART_DAYS = 30


@dataclass(frozen=True)
class Card:
    label: str
    value: int
    hint: str  # one line of context
    url: str  # empty for those who may not see the visits behind the figure


def may_see(user) -> bool:
    """Figures, or the visits behind them."""
    return user.has_perm("visits.view_figures") or user.has_perm("visits.view_visit")


def dashboard(office: Office, user, *, is_one_of_several: bool) -> dict:
    """The context of admin/_today.html. Whoever may see figures only gets no row with a name into the page."""
    now = timezone.now()
    today = office.local(now).date()
    visits = Visit.objects.filter(office=office)
    figures = figures_now(visits, now, today)
    context = {"office": office, "today": today, "now": desk.clock(office, now)}
    if user.has_perm("visits.view_figures"):
        context |= _chart(office, visits, today)
    if not user.has_perm("visits.view_visit"):
        return context | {"cards": _cards(figures, today, now, links={})}
    links = _links(office.slug if is_one_of_several else "")
    rows, announced = desk.here_today(office, user), desk.announced(office, user)
    return context | {
        "cards": _cards(figures, today, now, links=links),
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
    office = {"kantor": slug} if slug else {}
    inside = reverse("admin:inside")
    return {
        "today": f"{visits}?{urlencode({**office, 'waktu': 'hari-ini'})}",
        "inside": f"{visits}?{urlencode({**office, 'status': 'berkunjung'})}",
        "people": f"{inside}?{urlencode(office)}" if office else inside,
        "announced": f"{visits}?{urlencode({**office, 'status': 'dikabarkan'})}",
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


def _longest(words: str, since: datetime | None, now: datetime) -> str:
    return f"{words} {desk.duration_words(now - since)}" if since else ""


def _chart(office: Office, visits, today: date) -> dict:
    end = today + timedelta(days=1)
    first = end - timedelta(days=CHART_DAYS)
    chart = day_bars(visits_per_day(visits, first, end), today)
    open_days = _open_days(office, first, end)
    return {"chart": chart, "average": chart.total / open_days if open_days else None}


def _open_days(office: Office, first: date, end: date) -> int:
    week = {hours.weekday: DayHours(hours.opens_at, hours.closes_at) for hours in office.service_hours.all()}
    closed = dict(office.closed_days.filter(day__gte=first, day__lt=end).values_list("day", "name"))
    days = (first + timedelta(days=offset) for offset in range(CHART_DAYS))
    return sum(hours_on(day, week, closed) is not None for day in days)
