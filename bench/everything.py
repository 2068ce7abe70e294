"""The order of measuring. A history that grows: first the report at each size, then all the rest on the largest."""

import argparse
from pathlib import Path

from bench import files, load, migrating, queries
from bench.history import History, make_staff
from bench.measure import Row, progress
from bench.place import serving

SIZES = [10_000, 1_000_000, 10_000_000]


def measure(folder: Path, options: argparse.Namespace, rows: list[Row]) -> None:
    rounds = options.rounds
    history = History()
    people = make_staff(history)
    rows += _reports(history, options)
    offices = load.write_offices(folder, history.spread)
    # As behind a proxy on this machine, so that visitors come from many addresses.
    with serving(TRUSTED_PROXIES="127.0.0.1") as project:
        rows += files.weight_rows(project, history)
        rows += load.rows(project, offices, rounds=rounds, seconds=options.seconds)
        visitors = load.Visitors(project, offices, options.seconds)
        rows += files.export_rows(project, history, people, visitors, size=options.rows, rounds=rounds)
    rows += queries.list_rows(people, rounds)
    rows += files.sheet_rows(history, people, rounds)
    rows += migrating.rows(history)


def _reports(history: History, options: argparse.Namespace) -> list[Row]:
    """At 10,000 visits and at each larger size up to the one that was asked for."""
    rows: list[Row] = []
    for size in sorted({size for size in SIZES if size < options.visits} | {options.visits}):
        progress(f"Growing the history to {size:,} visits.")
        history.grow(size)
        rows += queries.report_rows(history, options.rounds, rows)
    history.fill_large_office(options.rows)
    return rows
