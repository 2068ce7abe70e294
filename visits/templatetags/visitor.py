"""What visitors' pages need: days and hours as a desk officer says them, links that keep the language, icons."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import groupby
from urllib.parse import urlencode, urlsplit

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as formatted
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext

from dilaku import stylesheet
from visits import phones
from visits.language import localized
from visits.models.office import TIME_ZONES, WEEKDAYS
from visits.opening import DayHours

CLOSED_DAYS_SHOWN = timedelta(days=14)
KEY_GROUP = 4  # characters of a private link that are read aloud together
# On a grid of 24 x 24, drawn with a line.
ICONS = {
    "alert": '<circle cx="12" cy="12" r="9"/><path d="M12 7.5V13M12 16.4v.1"/>',
    "book": (
        '<path d="M12 6.5C10 5 7 4.5 3.5 5v13.5c3.5-.5 6.5 0 8.5 1.5 2-1.5 5-2 8.5-1.5V5C17 4.5 14 5 12 6.5V20"/>'
    ),
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5.5l3.5 2"/>',
    "done": '<circle cx="12" cy="12" r="9"/><path d="m8 12.5 2.75 2.75L16 9.5"/>',
    "down": '<path d="m5 9 7 7 7-7"/>',
    "left": '<path d="m14.5 5-7 7 7 7"/>',
    "list": '<path d="M5.5 3.5h13v17h-13zM8.5 8.5l1 1 2-2M8.5 15l1 1 2-2M14 9h1.5M14 15.5h1.5"/>',
    "lock": '<path d="M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3"/>',
    "message": '<path d="M4 4.5h16V16h-9.5L6 20v-4H4zM8 8.5h8M8 12h5"/>',
    "minus": '<path d="M5 12h14"/>',
    "plus": '<path d="M5 12h14M12 5v14"/>',
    "right": '<path d="m9 5 7 7-7 7"/>',
    "ring": '<circle cx="12" cy="12" r="9"/>',
    "signal": (
        '<path d="m4 3 16 18M8.6 15.4a5 5 0 0 1 5.6-.9M5.4 12a9.6 9.6 0 0 1 4-2.4M2.5 8.6A14.5 14.5 0 0 1 6 6.2M12 19v'
        '.1M13.2 9.2a9.6 9.6 0 0 1 5.4 2.8M10.3 4.9A14.5 14.5 0 0 1 21.5 8.6"/>'
    ),
    "tick": '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
}

register = template.Library()


@register.simple_tag
def public_stylesheet():
    return SafeString(stylesheet.public_stylesheet())


@register.simple_tag
def icon(name):
    """Beside words, never instead of them: screen readers pass over it."""
    return SafeString(f'<svg class="i" viewBox="0 0 24 24" aria-hidden="true">{ICONS[name]}</svg>')


@register.simple_tag
def address(name, *args, **query):
    """The address of a page, in the visitor's language."""
    return localized(reverse(name, args=args), **query)


@register.simple_tag(takes_context=True)
def other_language(context):
    """The same page in the other language. Spelt out both ways: a ticket without `lang` is in its own language."""
    office = context.get("named_office")
    chosen = {"kantor": office.slug} if office else {}
    return "?" + urlencode({**chosen, "lang": "id" if get_language() == "en" else "en"})


@register.simple_tag
def in_indonesian():
    """Marks an office's own words on an English page, so that they are read out the right way."""
    return SafeString(' lang="id"') if get_language() == "en" else ""


@register.simple_tag
def official_host():
    return urlsplit(settings.SITE_URL).netloc


@register.simple_tag
def private_link(key, page="t"):
    """Without the scheme and in groups, to be read aloud or typed."""
    key = key.upper()
    groups = [key[start : start + KEY_GROUP] for start in range(0, len(key), KEY_GROUP)]
    return format_html("{}/{}/<wbr>{}", official_host(), page, "-".join(groups))


@register.filter
def phone(e164: str) -> str:
    return phones.display(e164)


@register.filter
def mistakes(form) -> list:
    """The fields to mend, in the order of the page."""
    return [field for field in form.visible_fields() if field.errors]


@register.filter
def long_day(moment: datetime, office) -> str:
    """`Selasa, 14 Juli 2026` in the office's zone."""
    return long_date(moment.astimezone(office.zone))


@register.filter
def long_date(day: date) -> str:
    return formatted(day, "l, j F Y")


@register.filter
def near_day(moment: datetime, office) -> str:
    """`hari ini`, `besok`, `Senin`; from a week on `Senin, 20 Juli`."""
    day = moment.astimezone(office.zone).date()
    days = (day - _today(office)).days
    if days < 2:
        return gettext("besok") if days else gettext("hari ini")
    return formatted(day, "l" if days < 7 else "l, j F")


@register.filter
def short_day(day: date) -> str:
    return formatted(day, "l, j F")


@register.filter
def today(office) -> str:
    return formatted(_today(office), "l")


@register.filter
def clock(moment: datetime | time) -> str:
    """`09.42`; in English `09:42`."""
    return formatted(moment, "H:i" if get_language() == "en" else "H.i")


@register.filter
def clock_in(moment: datetime, office) -> str:
    """`09.42 WIB`."""
    return f"{clock(moment.astimezone(office.zone))} {zone_label(office)}"


@register.filter
def zone_label(office) -> str:
    return dict(TIME_ZONES)[office.time_zone]


@register.simple_tag
def open_days(office) -> list[tuple[str, DayHours]]:
    """Days of the same hours together: `("Senin–Kamis", hours)`."""
    return [(_days(days), hours) for hours, days in _week(office) if hours]


@register.simple_tag
def shut_days(office) -> str:
    """`Sabtu, Minggu, hari libur`."""
    return capfirst(", ".join([_days(days) for hours, days in _week(office) if not hours] + [gettext("hari libur")]))


@register.simple_tag
def closed_days_ahead(office) -> list[tuple[date, str]]:
    first = _today(office)
    return sorted((day, name) for day, name in office.closed_days.items() if first <= day <= first + CLOSED_DAYS_SHOWN)


def _today(office) -> date:
    return timezone.now().astimezone(office.zone).date()


def _week(office) -> Iterable[tuple[DayHours | None, list[int]]]:
    for hours, days in groupby(range(1, 8), key=office.week.get):
        yield hours, list(days)


def _days(weekdays: list[int]) -> str:
    names = [str(dict(WEEKDAYS)[weekday]) for weekday in weekdays]
    return f"{names[0]}–{names[-1]}" if len(names) > 2 else ", ".join(names)
