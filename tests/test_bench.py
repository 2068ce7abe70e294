"""`python -m bench` on a tiny history: every line of its table has its figures. Nobody asks whether they are good."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "bench", "--visits", "1500", "--rows", "300", "--rounds", "1", "--seconds", "1"]
FIGURE = r"[\d,]+(?:\.\d+)?(?:/s| ms| s| kB| MB)"
# What is measured, and whether beside a reference. A line without a name goes on with the one above.
LINES = [
    ("second start", False),
    ("report, SQL, 1,500 visits", False),
    ("report, all of it, 1,500 visits", True),
    ("landing, HTML and CSS", False),
    ("form, HTML and CSS", False),
    ("its JavaScript", False),
    ("form, GET", True),
    ("form, GET, 200 offices", True),
    ("landing, GET", True),
    ("visit, POST", True),
    ("", True),
    ("", True),
    ("", True),
    ("", True),
    ("visit, POST, p99", True),
    ("export, 300 rows", True),
    ("export, 300 rows, first byte", False),
    ("export, 300 rows, memory", False),
    ("visit, POST, during exports", True),
    ("", True),
    *[
        (f"{what}, {who}", True)
        for who in ["one office", "all offices"]
        for what in [
            "list, first page",
            "list, last page",
            "list, filter that fits nothing",
            "search, rare name",
            "search, common name",
            "search, last digits",
        ]
    ],
    ("monthly workbook, xlsx", False),
    ("monthly report, PDF", False),
    ("poster, PDF", False),
    ("QR, PNG", False),
    ("migrations, longest wait of a reader", True),
]


def shape(line: str) -> tuple[str, bool]:
    """What it measures, and whether there is a reference and a ratio; AssertionError where a figure is missing."""
    match = re.fullmatch(rf"(.*?) +{FIGURE} +(?:({FIGURE}) +[\d,.]+ x|— +—)  .*", line)
    assert match, f"not a line with figures: {line}"
    return match[1].strip(), bool(match[2])


@pytest.fixture
def folder(tmp_path_factory) -> Path:
    """With a short path: PostgreSQL's socket goes into it."""
    return tmp_path_factory.mktemp("bench")


def test_every_line_has_its_figures_and_nothing_stays_behind(folder):
    environment = {**os.environ, "TMPDIR": str(folder)}
    run = subprocess.run(COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")
    _head, header, *lines = [line for line in run.stdout.partition("Medians of")[2].splitlines() if line]
    assert header.split() == ["what", "project", "reference", "ratio", "budget", "note"]
    assert [shape(line) for line in lines] == LINES
    # A machine that stalls for two seconds lets each of 16 connections wait in vain, once.
    assert [said for said in re.findall(r"(\d+) REFUSED", run.stdout) if int(said) > 16] == []
    assert list(folder.iterdir()) == []


def test_an_interrupted_run_shows_what_it_has_and_cleans_up(folder):
    environment = {**os.environ, "TMPDIR": str(folder)}
    # A test run in the background ignores Ctrl+C, and what it starts would too.
    heed = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as bench:
        signal.signal(signal.SIGINT, heed)
        next(line for line in bench.stdout if "offices" in line)
        bench.send_signal(signal.SIGINT)
        rest = bench.stdout.read()

    assert bench.returncode == 130
    assert "Interrupted" in rest
    assert "second start" in rest
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("visits", ["many", "0", "-1"])
def test_a_wrong_size_is_told_in_one_sentence(visits):
    run = subprocess.run(
        [sys.executable, "-m", "bench", f"--visits={visits}"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert run.returncode == 2
    assert f"BENCH is '{visits}'; use full, or a number of visits such as 1000000, at least 1000" in run.stderr
