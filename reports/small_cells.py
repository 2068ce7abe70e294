"""Which parts of a whole are too small to be told apart, since they would lead to persons. Pure."""

from collections.abc import Mapping

FEWEST = 5  # of a part that is told
OTHERS = "Layanan lain"  # the name of those that aren't, taken together


def hidden(counts: Mapping[str, int]) -> set[str]:
    """The labels below FEWEST; where even together they are, the smallest of the rest too: the whole less all that is
    told would otherwise be theirs."""
    ascending = sorted(counts, key=lambda label: (counts[label], label.casefold()))
    few = [label for label in ascending if counts[label] < FEWEST]
    if few and sum(counts[label] for label in few) < FEWEST:
        few = ascending[: len(few) + 1]
    return set(few)
