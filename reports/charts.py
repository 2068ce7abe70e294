"""Bars of a chart, as pure arithmetic: the last days on the dashboard, the whole period in a report.

The SVG has no viewBox: x in percent, y in pixels, so it stretches without shrinking its text. Coordinates are strings:
in Indonesian a template would print a number as `3,33`, which SVG drops.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

LABEL_HEIGHT = 18  # pixels above the tallest bar
PLOT_HEIGHT = 104  # pixels
REPORT_HEIGHT = 150  # pixels, the same in a report
AXIS_HEIGHT = 22  # pixels below the base line
BAR_SHARE = 0.72  # of the room that a day has
LOWEST_BAR = 2.0  # pixels: one visit beside a thousand stays visible
LABELS_COLLIDE = 16  # pixels
EDGE = 7.0  # percent: a date nearer to the edge is written inwards


@dataclass(frozen=True)
class Bar:
    day: date
    count: int
    x: str  # percent, left edge
    y: str  # pixels, top
    width: str  # percent
    height: str  # pixels
    middle: str  # percent
    count_y: str  # pixels, base line of the number above
    is_today: bool
    shows_count: bool  # the peak and today
    date_anchor: str  # "start", "middle" or "end" where the date stands below; else empty


@dataclass(frozen=True)
class BarChart:
    bars: list[Bar]
    total: int
    height: int  # pixels
    base: int  # pixels, y of the base line
    date_y: int  # pixels, y of the dates


def day_bars(counts: Sequence[tuple[date, int]], today: date) -> BarChart:
    """One bar a day; the numbers of the peak and of today, the dates of Mondays."""
    room = 100 / len(counts)
    top = max(count for _day, count in counts) or 1
    heights = [max(count / top * PLOT_HEIGHT, LOWEST_BAR) if count else 0.0 for _day, count in counts]
    labelled = _labelled(counts, heights, today)
    bars = [
        _bar(day, count, index * room, room, heights[index], today, index in labelled)
        for index, (day, count) in enumerate(counts)
    ]
    base = LABEL_HEIGHT + PLOT_HEIGHT
    return BarChart(bars, sum(count for _day, count in counts), base + AXIS_HEIGHT, base, base + AXIS_HEIGHT - 5)


def _labelled(counts: Sequence[tuple[date, int]], heights: list[float], today: date) -> set[int]:
    """Today's number, and the peak's unless the two would run into one another."""
    days = [day for day, _count in counts]
    labelled = {days.index(today)} if today in days and counts[days.index(today)][1] else set()
    peak = heights.index(max(heights))
    if heights[peak] and all(_apart(peak, other, heights) for other in labelled):
        labelled.add(peak)
    return labelled


def _apart(one: int, other: int, heights: list[float]) -> bool:
    return abs(one - other) > 2 or abs(heights[one] - heights[other]) > LABELS_COLLIDE


def _bar(day: date, count: int, left: float, room: float, height: float, today: date, shows_count: bool) -> Bar:
    middle = left + room / 2
    y = LABEL_HEIGHT + PLOT_HEIGHT - height
    return Bar(
        day=day,
        count=count,
        x=f"{left + room * (1 - BAR_SHARE) / 2:.2f}%",
        y=f"{y:.1f}",
        width=f"{room * BAR_SHARE:.2f}%",
        height=f"{height:.1f}",
        middle=f"{middle:.2f}%",
        count_y=f"{y - 5:.1f}",
        is_today=day == today,
        shows_count=shows_count,
        date_anchor=_anchor(middle) if day.isoweekday() == 1 else "",
    )


def _anchor(middle: float) -> str:
    if middle < EDGE:
        return "start"
    return "end" if middle > 100 - EDGE else "middle"


# In a report every bar carries its number, and what stands below is up to the period.


@dataclass(frozen=True)
class Column:
    name: str  # "Senin, 15 Juni 2026", "Juni 2026"
    label: str  # below the bar: "15", "Jun"
    is_ticked: bool  # on a screen only some days have room for their label
    count: int
    number: str  # above the bar: "1.234"


@dataclass(frozen=True)
class PlacedColumn:
    column: Column
    x: str  # percent, left edge
    y: str  # pixels, top
    width: str  # percent
    height: str  # pixels
    middle: str  # percent
    number_y: str  # pixels, base line of the number above
    is_peak: bool  # the first of the highest; on phones it alone keeps its number
    anchor: str  # "start", "middle" or "end", of the tick


@dataclass(frozen=True)
class ColumnChart:
    columns: list[PlacedColumn]
    height: int  # pixels
    base: int  # pixels, y of the base line
    tick_y: int  # pixels, y of the ticks


def column_chart(columns: Sequence[Column]) -> ColumnChart:
    room = 100 / len(columns)
    counts = [column.count for column in columns]
    top = max(counts) or 1
    peak = counts.index(top) if any(counts) else -1
    placed = [_placed(column, index * room, room, top, index == peak) for index, column in enumerate(columns)]
    base = LABEL_HEIGHT + REPORT_HEIGHT
    return ColumnChart(placed, base + AXIS_HEIGHT, base, base + AXIS_HEIGHT - 5)


def _placed(column: Column, left: float, room: float, top: int, is_peak: bool) -> PlacedColumn:
    height = max(column.count / top * REPORT_HEIGHT, LOWEST_BAR)
    y, middle = LABEL_HEIGHT + REPORT_HEIGHT - height, left + room / 2
    return PlacedColumn(
        column=column,
        x=f"{left + room * (1 - BAR_SHARE) / 2:.2f}%",
        y=f"{y:.1f}",
        width=f"{room * BAR_SHARE:.2f}%",
        height=f"{height:.1f}",
        middle=f"{middle:.2f}%",
        number_y=f"{y - 5:.1f}",
        is_peak=is_peak,
        anchor=_anchor(middle) if room < EDGE else "middle",
    )
