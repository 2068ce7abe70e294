"""Measuring side by side, and the one table. Every list of figures has one for each round."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from django.db import connection

NOTHING = "—"
SILENT_SECONDS = 5  # at most without a line of progress, if the measures allow it


@dataclass(frozen=True)
class Row:
    """One line of the table. Without figures it says why in its note."""

    what: str
    project: list[float]
    unit: str  # of both: "/s", "ms", "s", "MB", "kB"
    budget: str = NOTHING
    reference: list[float] | None = None
    note: str = ""  # what the reference is, and what else there is to know

    @property
    def ratio(self) -> float | None:
        """The median of the rounds' own ratios: what slows the machine for a round slows both."""
        if not self.project or not self.reference:
            return None
        return median(own / other for own, other in zip(self.project, self.reference, strict=True) if other)

    def cells(self) -> list[str]:
        ratio = NOTHING if self.ratio is None else f"{_digits(self.ratio)} x"
        return [self.what, shown(self.project, self.unit), shown(self.reference, self.unit), ratio, self.budget]


def shown(figures: list[float] | None, unit: str) -> str:
    """The median, with three digits that mean something."""
    if not figures:
        return NOTHING
    return f"{_digits(median(figures))}{unit if unit.startswith('/') else f' {unit}'}"


def _digits(value: float) -> str:
    size = abs(value)
    return f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 else 3}f}"


def table(rows: list[Row]) -> str:
    """Plain text: names to the left, figures to the right, the note last."""
    lines = [["what", "project", "reference", "ratio", "budget", "note"], *[[*row.cells(), row.note] for row in rows]]
    widths = [max(len(line[place]) for line in lines) for place in range(5)]
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: list[str], widths: list[int]) -> str:
    what, *figures, budget, note = cells
    right = [figure.rjust(width) for figure, width in zip(figures, widths[1:4], strict=True)]
    return "  ".join([what.ljust(widths[0]), *right, budget.ljust(widths[4]), note]).rstrip()


def side_by_side(title: str, rounds: int, **measures: Callable[[], float]) -> dict[str, list[float]]:
    """Each measure once a round, in turns. Name -> its figures."""
    figures: dict[str, list[float]] = {name: [] for name in measures}
    told = 0.0
    for number in range(1, rounds + 1):
        if time.monotonic() - told > SILENT_SECONDS:
            progress(f"  {title}: round {number} of {rounds}")
            told = time.monotonic()
        for name, measure in measures.items():
            figures[name].append(measure())
    return figures


def milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def sql_milliseconds(work: Callable[[], object]) -> float:
    """The time between sending a statement and holding its rows, summed over all statements of this process."""
    with _stopwatch() as spent:
        work()
    return sum(spent)


@contextmanager
def _stopwatch() -> Iterator[list[float]]:
    spent: list[float] = []

    def timed(execute, *arguments):
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            spent.append((time.perf_counter() - began) * 1000)

    with connection.execute_wrapper(timed):
        yield spent


def progress(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
