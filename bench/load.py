"""Visitors in numbers: wrk on the project's pages and on the references, in turns on the same machine."""

# ruff: noqa: S603 - wrk, with arguments of our own

import random  # noqa: TID251 - spreads the load
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
from django.db import connection

from bench.measure import Row, side_by_side
from bench.place import PlaceError, Server, serving
from bench.reference import FIELDS, INSERT, make_table
from visits.models import CheckInPoint, Office

SCRIPT = Path(__file__).with_name("visit.lua")
MANY, FEW = 16, 4  # connections
COMMITTERS = 2
WRK_MISSING = "wrk is missing: apt install wrk"


def has_wrk() -> bool:
    return shutil.which("wrk") is not None


@dataclass
class Visitors:
    """Loads one server for some seconds at a time."""

    server: Server
    offices: Path  # lines of: code, purpose, district
    seconds: int
    failed: int = field(default=0, init=False)

    def per_second(self, way: str, path: str = "") -> float:
        return self._run(way, path, MANY)[0]

    def p99(self, way: str, path: str = "") -> float:
        """Milliseconds, with four visitors at a time."""
        return self._run(way, path, FEW)[1]

    def _run(self, way: str, path: str, connections: int) -> tuple[float, float]:
        # Left alone, wrk counts an answer of more than two seconds as a failure.
        wrk = ["wrk", "-t1", f"-c{connections}", f"-d{self.seconds}s", "--latency", "--timeout", "20s"]
        seed = random.randrange(2**30)  # noqa: S311 - no secret
        arguments = ["-s", str(SCRIPT), self.server.address, "--", way, path, str(self.offices), str(seed)]
        output = subprocess.run([*wrk, *arguments], capture_output=True, text=True, check=False)
        result = next((line for line in output.stdout.splitlines() if line.startswith("RESULT")), None)
        if result is None:
            raise PlaceError(f"wrk failed: {output.stdout}{output.stderr}")
        rate, p99, failed = map(float, result.split()[1:])
        self.failed += int(failed)
        return rate, p99


def write_offices(folder: Path, offices: list[Office]) -> Path:
    """For visit.lua: where the visitors go, and what they may choose there."""
    file = folder / "offices.txt"
    points = CheckInPoint.objects.filter(office__in=offices).prefetch_related("office__purposes", "office__districts")
    lines = [f"{p.code} {p.office.purposes.all()[0].pk} {p.office.districts.all()[0].pk}" for p in points]
    file.write_text("\n".join(lines) + "\n")
    return file


def rows(project: Server, offices: Path, *, rounds: int, seconds: int) -> list[Row]:
    if not has_wrk():
        return [Row(what, [], "/s", note=WRK_MISSING) for what in ["form, GET", "visit, POST"]]
    make_table()
    with (
        serving("bench.reference_wsgi", **_reference("bare")) as bare,
        serving("bench.reference_wsgi", **_reference("guestbook")) as guestbook,
    ):
        visitors = [Visitors(server, offices, seconds) for server in (project, bare, guestbook)]
        return _rows(*visitors, rounds=rounds)


def _reference(kind: str) -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": "bench.reference_settings", "BENCH_REFERENCE": kind}


def _rows(project: Visitors, bare: Visitors, guestbook: Visitors, *, rounds: int) -> list[Row]:
    form = f"/k/{project.offices.read_text().split()[0]}/kunjungan/"
    measures = {
        "bare": lambda: bare.per_second("get", "/"),
        "landing": lambda: project.per_second("get", form.removesuffix("kunjungan/")),
        "form": lambda: project.per_second("get", form),
        "forms": lambda: project.per_second("get"),
        "visit": lambda: project.per_second("post"),
        "insert": lambda: bare.per_second("post", "/satu/"),
        "guestbook": lambda: guestbook.per_second("post-with-token", "/tamu/"),
        "same rules": lambda: guestbook.per_second("post-with-token", "/kunjungan/"),
        "commits": lambda: commits_per_second(project.offices, project.seconds),
        "visit p99": lambda: project.p99("post"),
        "insert p99": lambda: bare.p99("post", "/satu/"),
    }
    for warm_up in ["landing", "form", "forms", "visit", "insert", "guestbook", "same rules"]:
        measures[warm_up]()
    project.failed = bare.failed = guestbook.failed = 0
    got = side_by_side("visitors", rounds, **measures)
    note = f"; {project.failed} REFUSED" if project.failed else ""
    other = f"; {bare.failed + guestbook.failed} REFUSED" if bare.failed + guestbook.failed else ""
    return [
        Row("form, GET", got["form"], "/s", ">= 0.30 x", got["bare"], f"bare view, no middleware; ours gzipped{note}"),
        Row("form, GET, 200 offices", got["forms"], "/s", ">= 0.30 x", got["bare"], "bare view"),
        Row("landing, GET", got["landing"], "/s", reference=got["bare"], note="bare view"),
        Row("visit, POST", got["visit"], "/s", ">= 0.12 x", got["bare"], f"bare view, GET; {MANY} connections{note}"),
        Row("", got["visit"], "/s", ">= 2.5 x", got["same rules"], f"ModelForm of the same table and number{other}"),
        Row("", got["visit"], "/s", reference=got["guestbook"], note=f"ModelForm of a table without a rule{other}"),
        Row("", got["visit"], "/s", reference=got["insert"], note="a view with one INSERT and no check"),
        Row("", got["visit"], "/s", reference=got["commits"], note=f"{COMMITTERS} connections, one INSERT a commit"),
        Row(
            "visit, POST, p99", got["visit p99"], "ms", "<= 25 ms", got["insert p99"], f"one INSERT; {FEW} connections"
        ),
    ]


def commits_per_second(offices: Path, seconds: int) -> float:
    """Single rows, committed one by one: what PostgreSQL gives without a web server before it."""
    _code, purpose, district, *_others = offices.read_text().split()
    row = dict.fromkeys(FIELDS, "") | {"name": "Siti Rahmawati", "phone": "+628123456789", "party_size": 2}
    values = [(row | {"purpose": purpose, "district": district})[name] for name in FIELDS]
    until = time.monotonic() + seconds

    def commit(_number: int) -> int:
        count = 0
        with closing(new_connection()) as own, own.cursor() as cursor:
            own.autocommit = True
            while time.monotonic() < until:
                cursor.execute(INSERT, values)
                count += 1
        return count

    with ThreadPoolExecutor(COMMITTERS) as pool:
        return sum(pool.map(commit, range(COMMITTERS))) / seconds


def new_connection():
    """Of psycopg2's own, to the same database."""
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    return psycopg2.connect(**{name: value for name, value in parameters.items() if name != "client_encoding"})
