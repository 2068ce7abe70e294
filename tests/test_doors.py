"""The doors between the rooms of the house: who may import whom. See docs and the house style."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# visits, from the ground up: a floor imports from itself and from below. What isn't named lives on the floor of
# actions, and models may use it as well (pure modules such as opening and phones).
FLOORS = [
    {"models"},
    {"actions", "feedback_actions", "survey_actions", "code_actions", "flagged", "retention", "rights"}
    | {"posters", "snapshot"},
    {
        "forms",
        "feedback_forms",
        "reply_forms",
        "survey_forms",
        "rights_forms",
        "decision_forms",
        "staff_forms",
        "login_forms",
        "office_forms",
        "imports",
        "import_rows",
    },
    {
        "views",
        "feedback_views",
        "survey_views",
        "staff_views",
        "colleague_views",
        "login_views",
        "account_views",
        "poster_views",
        "flagged_views",
        "rights_views",
        "by_phone_views",
        "errors",
        "form_page",
        "public_pages",
        "site_files",
    },
    {"admin", "urls", "management"},
]
# These see a MonthlyReport and nothing else: no queries, no rows.
BLIND = {
    *{"reports.charts", "reports.workbook", "reports.workbook_lines", "reports.workbook_opinions", "reports.pdf"},
    *{"reports.satisfaction", "reports.survey", "reports.feedback", "reports.compared", "reports.period"},
    *{"reports.shown", "reports.shown_opinions", "reports.small_cells", "reports.public"},
}
ROWS = ("visits", "django.db", "reports.models", "reports.queries")


def floor(module: str) -> int | None:
    app, _, rest = module.partition(".")
    room = rest.partition(".")[0]
    return next((number for number, rooms in enumerate(FLOORS) if app == "visits" and room in rooms), None)


def imports(source: str) -> Iterator[str]:
    """Every module named by an import, wherever it stands; `from a import b` may mean a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def closed_doors(module: str, source: str) -> list[str]:
    """The imports that this module may not have."""
    return [f"{module} -> {target}" for target in imports(source) if is_closed(module, target)]


def is_closed(module: str, target: str) -> bool:
    if module in BLIND:
        return any(f"{target}.".startswith(f"{rows}.") for rows in ROWS)
    if not module.startswith("visits."):
        return False
    own = floor(module)
    return target.startswith("reports") or (floor(target) or 0) > (1 if own is None else own)


def modules() -> list[tuple[str, Path]]:
    files = [file for app in ("visits", "reports") for file in sorted((ROOT / app).rglob("*.py"))]
    return [(".".join(file.relative_to(ROOT).with_suffix("").parts), file) for file in files]


@pytest.mark.parametrize(("module", "file"), modules(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_import_goes_through_an_open_door(module, file):
    assert closed_doors(module, file.read_text()) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("visits.models.visit", "from visits import actions"),
        ("visits.models.visit", "def f():\n    from visits.forms import VisitForm"),
        ("visits.actions", "import visits.forms"),
        ("visits.opening", "from visits.views import ticket"),
        ("visits.forms", "from visits.views import ticket"),
        ("visits.views", "from visits import admin"),
        ("visits.posters", "from visits.management.commands.start import port"),
        ("visits.views", "from reports.monthly import build"),
        ("visits.admin", "import reports"),
        ("reports.charts", "from visits.models import Visit"),
        ("reports.workbook", "from django.db import connection"),
        ("reports.pdf", "from reports import queries"),
    ],
)
def test_closed_doors_are_noticed(module, source):
    assert len(closed_doors(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("visits.models.office", "from visits.opening import DayHours"),
        ("visits.actions", "from visits.models import Visit"),
        ("visits.admin", "from visits import actions, forms, models, views"),
        ("visits.views", "from django.db import connection"),
        ("reports.queries", "from visits.models import Visit"),
        ("reports.pdf", "from reports.monthly import MonthlyReport"),
        ("visits.urls", "from visits import views"),
    ],
)
def test_open_doors(module, source):
    assert closed_doors(module, source) == []
