"""One figure now and earlier. Pure."""

from dataclasses import dataclass

from reports.numbers import Number, percent


@dataclass(frozen=True)
class Change:
    base: Number  # the figure then
    difference: Number  # now - then
    percent: int | None  # of then, half-up; None where then was 0


@dataclass(frozen=True)
class Compared:
    """None where a figure can't be told."""

    value: Number | None
    previous: Number | None
    last_year: Number | None

    @property
    def since_previous(self) -> Change | None:
        return self._since(self.previous)

    @property
    def since_last_year(self) -> Change | None:
        return self._since(self.last_year)

    def _since(self, base: Number | None) -> Change | None:
        if self.value is None or base is None:
            return None
        difference = self.value - base
        return Change(base, difference, percent(difference, base))
