"""The report on paper: A4, drawn by Typst from `templates/reports/report.typ`. Pure: a MonthlyReport in, bytes out.

Texts arrive as JSON strings: nothing that anybody has typed is ever read as Typst markup.
"""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path

import typst

from reports.letterhead import Letterhead
from reports.monthly import MonthlyReport
from reports.period import Kind
from reports.shown import shown
from reports.shown_opinions import opinions

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
DRAWING = TEMPLATES / "reports" / "report.typ"


def pdf(report: MonthlyReport, letterhead: Letterhead, emblem_svg: str = "") -> bytes:
    """With its fonts; the same report always gives the same bytes. Without an emblem a plain ring keeps its place."""
    data = {
        **asdict(shown(report)),
        **asdict(opinions(report)),
        "heading": f"Bulan {report.period.label}" if report.period.kind == Kind.MONTH else report.period.label,
        "letterhead": {**asdict(letterhead), "address": letterhead.address.splitlines()},
        "emblem_svg": emblem_svg,
    }
    return typst.compile(DRAWING, format="pdf", font_paths=_fonts(), sys_inputs={"data": json.dumps(data)}, timestamp=0)


@cache
def _fonts() -> typst.Fonts:
    """Only our own five weights of Inter, so that every machine prints the same sheet; read once."""
    folder = TEMPLATES / "visits" / "fonts"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
