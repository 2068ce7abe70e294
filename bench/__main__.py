"""python -m bench: measures for a few minutes, then prints one table. Says what is, never whether it is enough."""

import argparse
import signal
import sys
import time
from contextlib import suppress

from bench import place
from bench.measure import Row, progress, table

FEWEST, USUAL, FULL = 1000, 1_000_000, 10_000_000


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended by SIGTERM."))
    began = time.monotonic()
    rows: list[Row] = []
    try:
        measure(options, rows)
    except place.PlaceError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        progress("\nInterrupted; this much was measured.")
        sys.exit(130)
    finally:
        if rows:
            show(rows, options, time.monotonic() - began)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--visits", default="", help=f"size of the history, or full ({FULL:,}); default {USUAL:,}")
    parser.add_argument("--rows", type=int, default=0, help="rows of the raw export; default 20,000, full 100,000")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured")
    parser.add_argument("--seconds", type=int, default=2, help="of load in each round")
    options = parser.parse_args()
    full = options.visits == "full"
    if not full and options.visits and (not options.visits.isdecimal() or int(options.visits) < FEWEST):
        parser.error(f"BENCH is {options.visits!r}; use full, or a number of visits such as {USUAL}, at least {FEWEST}")
    options.visits = FULL if full else int(options.visits or USUAL)
    options.rows = options.rows or (100_000 if full else 20_000)
    return options


def measure(options: argparse.Namespace, rows: list[Row]) -> None:
    """Adds to `rows` as it goes."""
    folder = place.make_folder(options.visits)
    progress(f"A database of its own in {folder}, gone at the end.")
    rows += start_rows(folder, options.rounds)

    import django  # noqa: PLC0415 - the settings need the folder; they start PostgreSQL

    django.setup()
    from bench import everything  # noqa: PLC0415 - models

    everything.measure(folder, options, rows)


def start_rows(folder, rounds: int) -> list[Row]:
    progress("manage.py start, for the first time and again.")
    first = place.start_seconds(folder)
    again = [place.start_seconds(folder) for _round in range(rounds)]
    note = f"to the line Ready; {first:.1f} s the first time (initdb, migrations, static files)"
    return [Row("second start", again, "s", "<= 5 s", note=note)]


def show(rows: list[Row], options: argparse.Namespace, seconds: float) -> None:
    progress(
        f"\n{options.visits:,} visits, {options.rounds} rounds, {seconds / 60:.1f} minutes. Medians of the rounds; "
        "ratio is project / reference, the median of each round's own.\n"
    )
    progress(table(rows))


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
