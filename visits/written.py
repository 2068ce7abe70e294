"""Days and hours as people in Indonesia write them, by hand and in Excel. Pure; ValueError with a sentence to show."""

import re
from datetime import date, datetime, time, timedelta

MONTHS = {
    spelling: number
    for number, spellings in enumerate(
        [
            "januari jan january",
            "februari feb pebruari peb february",
            "maret mar march",
            "april apr",
            "mei may",
            "juni jun june",
            "juli jul july",
            "agustus agu agt ags aug august",
            "september sep sept",
            "oktober okt oct october",
            "november nov nopember nop",
            "desember des dec december",
        ],
        start=1,
    )
    for spelling in spellings.split()
}
WEEKDAY = re.compile(r"^(senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|ahad)\s*[,/]?\s*", re.I)
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
NUMBERS = re.compile(r"(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4}|\d{2})")
WORDS = re.compile(r"(\d{1,2})[\s.-]*([a-z]+)[\s.,-]*(\d{4})", re.I)
CLOCK = re.compile(r"(?:pukul|jam)?\s*(\d{1,2})[.:](\d{2})(?:[.:](\d{2}))?\s*(?:WIB|WITA|WIT)?", re.I)

WRONG_DAY = "Tulis tanggal seperti 5 Januari 2026 atau 05/01/2026."
WRONG_CLOCK = "Tulis jam seperti 08.30."


def day(value) -> date:
    """Day before month, always: nobody in Indonesia writes 01/05/2026 for 5 January."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        year, month, number = _day_parts(WEEKDAY.sub("", str(value).strip()))
        return date(year, month, number)
    except ValueError:
        raise ValueError(WRONG_DAY) from None


def _day_parts(text: str) -> tuple[int, int, int]:
    """A time of day behind it does not matter here."""
    if match := ISO.match(text):
        year, month, number = map(int, match.groups())
    elif match := NUMBERS.match(text):
        number, month, year = map(int, match.groups())
    elif match := WORDS.match(text):
        number, month, year = int(match[1]), MONTHS.get(match[2].lower(), 0), int(match[3])
    else:
        raise ValueError(text)
    return (year + 2000 if year < 100 else year), month, number


def clock(value) -> time:
    """To the minute. A moment gives its time of day; a number is what Excel made of 08.30."""
    if isinstance(value, datetime):
        value = value.time()
    if isinstance(value, timedelta):
        value = value / timedelta(days=1)
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0)
    try:
        return _clock_of_number(value) if isinstance(value, int | float) else _clock_of_text(str(value).strip())
    except (ValueError, OverflowError):
        raise ValueError(WRONG_CLOCK) from None


def _clock_of_number(value: float) -> time:
    """0.354 is a part of a day, as Excel stores 08:30; 8.3 is 08.30 taken for a decimal number."""
    if 0 <= value < 1:
        minutes = round(value * 24 * 60)
        return time(minutes // 60 % 24, minutes % 60)
    hours = int(value)
    return time(hours, round((value - hours) * 100))


def _clock_of_text(text: str) -> time:
    """The last thing that looks like one: "05/01/2026 08.30" holds two."""
    if match := CLOCK.fullmatch(text.split(" ", 1)[-1] if NUMBERS.match(text) or ISO.match(text) else text):
        return time(int(match[1]), int(match[2]))
    raise ValueError(text)
