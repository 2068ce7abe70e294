"""What leaves the house: the raw export beside COPY, report and poster, and the weight of the visitor's pages."""

import gzip
import http.client
import os
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse

from bench.history import History
from bench.load import WRK_MISSING, Visitors, has_wrk
from bench.measure import Row, milliseconds, side_by_side
from bench.place import PlaceError, Server
from bench.queries import client_of, get, last_month

COPY = """
COPY (SELECT number, day, arrived_at, left_at, visit.name, phone, visitor_kind, organization, district.name,
        purpose.name, meeting_with, party_size, note, point.name
    FROM visits_visit AS visit JOIN visits_purpose AS purpose ON purpose.id = purpose_id
        LEFT JOIN visits_district AS district ON district.id = district_id
        LEFT JOIN visits_checkinpoint AS point ON point.id = point_id
    WHERE visit.office_id = {office} ORDER BY arrived_at DESC) TO STDOUT WITH CSV
"""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


# The raw export.


@dataclass(frozen=True)
class Download:
    seconds: float
    first_byte: float  # seconds
    size: int  # bytes
    growth: float  # MB that the worker needed at its peak


class Exporter:
    """An office admin's browser: every visit of the office, with the usual columns."""

    def __init__(self, server: Server, user: User):
        self.server = server
        client = client_of(user)
        self._address = reverse("admin:visits_visit_export")
        self._form = _filled(get(client, self._address).content.decode())
        self._cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in client.cookies.values())

    def download(self) -> Download:
        before = {pid: _memory(pid, "VmRSS") for pid in self.server.workers}
        for pid in before:
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak begins anew
        seconds, first_byte, size = self._receive()
        growth = max(_memory(pid, "VmHWM") - memory for pid, memory in before.items())
        return Download(seconds, first_byte, size, growth)

    def _receive(self) -> tuple[float, float, int]:
        headers = {"Cookie": self._cookies, "Content-Type": "application/x-www-form-urlencoded"}
        wire = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=600)
        began = time.perf_counter()
        wire.request("POST", self._address, self._form, headers)
        response = wire.getresponse()
        if response.status != 200 or response.headers["Content-Type"] != XLSX:
            raise PlaceError(f"the export answered {response.status}")
        size = len(response.read(1))
        first_byte = time.perf_counter() - began
        while piece := response.read(65536):
            size += len(piece)
        wire.close()
        return time.perf_counter() - began, first_byte, size


def _filled(page: str) -> str:
    """The form of the page as it is shown, as a browser would send it."""
    inputs = [dict(re.findall(r'([\w-]+)="([^"]*)"', tag)) | {"tag": tag} for tag in re.findall(r"<input[^>]*>", page)]
    sent = {
        field["name"]: field.get("value", "on")
        for field in inputs
        if field.get("type") == "hidden" or (field.get("type") == "checkbox" and " checked" in field["tag"])
    }
    return urlencode(sent)


def _memory(pid: int, name: str) -> float:
    """MB, by a line of /proc/PID/status; 0 for a process that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1024


def copy_seconds(history: History) -> float:
    with connection.cursor() as cursor, Path(os.devnull).open("w") as sink:
        began = time.perf_counter()
        cursor.copy_expert(COPY.format(office=int(history.large.pk)), sink)
        return time.perf_counter() - began


def export_rows(
    server: Server, history: History, people: dict[str, User], visitors: Visitors, *, size: int, rounds: int
) -> list[Row]:
    exporter = Exporter(server, people["exporter"])
    exporter.download()
    downloads: list[Download] = []

    def export() -> float:
        downloads.append(exporter.download())
        return downloads[-1].seconds

    got = side_by_side("export", rounds, copy=lambda: copy_seconds(history), export=export)
    weight = f"{median(each.size for each in downloads) / 1e6:.1f} MB"
    what = f"export, {size:,} rows"
    return [
        Row(what, got["export"], "s", "<= 6 x", got["copy"], f"COPY to CSV of 14 of its 15 columns; xlsx of {weight}"),
        Row(f"{what}, first byte", [each.first_byte for each in downloads], "s", "<= 0.5 s"),
        Row(f"{what}, memory", [each.growth for each in downloads], "MB", "<= 50 MB", note="peak growth of a worker"),
        *_meanwhile(exporter, visitors, rounds),
    ]


def _meanwhile(exporter: Exporter, visitors: Visitors, rounds: int) -> list[Row]:
    what = "visit, POST, during exports"
    if not has_wrk():
        return [Row(what, [], "/s", ">= 0.5 x", note=WRK_MISSING)]
    measures = {
        "alone": lambda: visitors.per_second("post"),
        "one": lambda: _during(1, exporter, visitors),
        "two": lambda: _during(2, exporter, visitors),
    }
    got = side_by_side(what, rounds, **measures)
    return [
        Row(what, got["one"], "/s", ">= 0.5 x", got["alone"], "without; one export after another"),
        Row("", got["two"], "/s", reference=got["alone"], note="without; two at a time"),
    ]


def _during(how_many: int, exporter: Exporter, visitors: Visitors) -> float:
    """Visits a second while so many people export, each one file after another."""
    enough = threading.Event()

    def export() -> None:
        while not enough.is_set():
            exporter.download()

    with ThreadPoolExecutor(how_many) as pool:
        exports = [pool.submit(export) for _person in range(how_many)]
        try:
            return visitors.per_second("post")
        finally:
            enough.set()
            for each in exports:
                each.result()


# Report and poster.


def sheet_rows(history: History, people: dict[str, User], rounds: int) -> Iterator[Row]:
    """Each as somebody asks for it, from the request to the last byte, all queries included."""
    client, office = client_of(people["admin"]), history.measured
    month, code = last_month(office), office.points.get().code
    sheets = [
        ("monthly workbook, xlsx", f"/staf/laporan/{month}.xlsx", "<= 1,000 ms"),
        ("monthly report, PDF", f"/staf/laporan/{month}.pdf", "<= 300 ms"),
        ("poster, PDF", f"/staf/poster/{code}.pdf", "<= 100 ms"),
        ("QR, PNG", f"/staf/poster/{code}.png", "—"),
    ]
    for sheet in sheets:
        yield _sheet_row(client, *sheet, rounds=rounds)


def _sheet_row(client, what: str, address: str, budget: str, *, rounds: int) -> Row:
    if client.get(address).status_code == 404:
        return Row(what, [], "ms", budget, note="not built")
    got = side_by_side(what, rounds, sheet=lambda: milliseconds(lambda: get(client, address)))
    return Row(what, got["sheet"], "ms", budget)


# The visitor's pages.


def weight_rows(server: Server, history: History) -> list[Row]:
    """Bytes on the wire, compressed, without headers; everything but scripts that a page needs."""
    code = history.measured.points.get().code
    pages = [("landing", f"/k/{code}/"), ("form", f"/k/{code}/kunjungan/")]
    fetched = {what: _page(server, path) for what, path in pages}
    rows = [
        Row(f"{what}, HTML and CSS", [weight / 1000], "kB", "<= 14 kB", note="one request" if not css else f"+ {css}")
        for what, (weight, css, _scripts) in fetched.items()
    ]
    scripts = {source for _weight, _css, found in fetched.values() for source in found}
    weight = sum(len(_fetch(server, source)) for source in scripts) / 1000
    return [*rows, Row("its JavaScript", [weight], "kB", "<= 10 kB", note="deferred, not needed")]


def _page(server: Server, path: str) -> tuple[int, list[str], list[str]]:
    """Weight with its stylesheets; those; the scripts."""
    body = _fetch(server, path)
    text = gzip.decompress(body).decode()
    sheets = re.findall(r'<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"', text)
    return (
        len(body) + sum(len(_fetch(server, sheet)) for sheet in sheets),
        sheets,
        re.findall(r'src="([^"]+\.js)"', text),
    )


def _fetch(server: Server, path: str) -> bytes:
    """As it comes over the wire."""
    wire = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    wire.request("GET", urlsplit(path).path, headers={"Accept-Encoding": "gzip"})
    response = wire.getresponse()
    body = response.read()
    wire.close()
    if response.status != 200 or response.headers["Content-Encoding"] != "gzip":
        raise PlaceError(f"{path} answered {response.status}, not compressed")
    return body
