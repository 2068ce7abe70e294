"""Staff and a long history: milliseconds of SQL, as the pages and the report really ask."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from django.contrib.auth.models import User
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from bench.history import COMMON_NAME, LAST_DIGITS, MISSING_KIND, RARE_NAME, History
from bench.measure import Row, milliseconds, side_by_side, sql_milliseconds
from bench.place import PlaceError
from reports.monthly import build
from reports.period import Period
from visits.models import Visit

PAGE = 25
LAST_PAGE = 400  # of 25 visits: the list counts to 10,000
LIST_BUDGET = "<= 50 ms"


def client_of(user: User) -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    return client


def get(client: Client, address: str, query: dict | None = None):
    """The finished page. It must be one: a refusal would be fast."""
    response = client.get(address, query)
    if response.status_code != 200:
        raise PlaceError(f"{address} answered {response.status_code}")
    return response


# The report.


def report_rows(history: History, rounds: int, smaller: list[Row]) -> list[Row]:
    """At the history's size now; `smaller` are the rows of the first size, the reference for being flat."""
    office = history.measured
    period = last_month(office)
    report = build(office, period)
    measures = {
        "sql": lambda: sql_milliseconds(lambda: build(office, period)),
        "report": lambda: milliseconds(lambda: build(office, period)),
        "loop": lambda: milliseconds(lambda: naive_report(office, period)),
    }
    got = side_by_side(f"report at {_short(history.visits)}", rounds, **measures)
    first = smaller[0] if smaller else None
    note = f"the same at {first.what.rpartition(', ')[2]}" if first else f"a month of {report.now.visits} visits"
    size = _short(history.visits)
    return [
        Row(f"report, SQL, {size}", got["sql"], "ms", "<= 10 ms, flat", first.project if first else None, note),
        Row(f"report, all of it, {size}", got["report"], "ms", reference=got["loop"], note="a loop over its rows"),
    ]


def last_month(office) -> Period:
    return Period.containing(office.today()).previous


def naive_report(office, period: Period) -> list[list[Counter]]:
    """Three months by year and month, each row fetched with its names and counted in Python."""
    return [_counted(office, month) for month in (period, period.previous, period.same_period_last_year)]


def _counted(office, month: Period) -> list[Counter]:
    visits = office.visits.filter(arrived_at__year=month.year, arrived_at__month=month.number, excluded_at=None)
    counters = [Counter() for _dimension in range(7)]
    for visit in visits.select_related("purpose", "district", "division", "point"):
        names = [visit.purpose.name, visit.district.name, visit.division and visit.division.name, visit.point.name]
        for counter, key in zip(counters, [*names, visit.visitor_kind, visit.day, visit.phone], strict=True):
            counter[key] += 1
    return counters


# The list.


def list_rows(people: dict[str, User], rounds: int) -> Iterator[Row]:
    """For a clerk of one office, and for IT, who sees every office's visits."""
    for name, who in [("clerk", "one office"), ("it", "all offices")]:
        for what, *rest in _pages():
            yield _list_row(f"{what}, {who}", people[name], rounds, *rest)


def _pages() -> list[tuple[str, dict, Q, str]]:
    """(what, query of the page, the naive condition, budget)."""
    return [
        ("list, first page", {}, Q(), LIST_BUDGET),
        ("list, last page", {"p": LAST_PAGE}, Q(), LIST_BUDGET),
        ("list, filter that fits nothing", {"asal": MISSING_KIND}, Q(visitor_kind=MISSING_KIND), LIST_BUDGET),
        ("search, rare name", {"q": RARE_NAME}, _contains(RARE_NAME), LIST_BUDGET),
        ("search, common name", {"q": COMMON_NAME}, _contains(COMMON_NAME), "—"),
        ("search, last digits", {"q": LAST_DIGITS}, Q(phone__contains=LAST_DIGITS), LIST_BUDGET),
    ]


def _contains(name: str) -> Q:
    return Q(name__icontains=name) | Q(organization__icontains=name)


def _list_row(what: str, user: User, rounds: int, query: dict, condition: Q, budget: str) -> Row:
    client, address = client_of(user), reverse("admin:visits_visit_changelist")
    pages = get(client, address).context_data["cl"].paginator.num_pages
    query = {**query, "p": min(query.get("p", 1), pages)}
    found = get(client, address, query).context_data["cl"].result_count
    visits = Visit.objects.for_staff(user).filter(condition)
    measures: dict[str, Callable[[], float]] = {
        "page": lambda: sql_milliseconds(lambda: get(client, address, query)),
        "naive": lambda: sql_milliseconds(partial(naive_page, visits, (query["p"] - 1) * PAGE)),
    }
    got = side_by_side(what, rounds, **measures)
    note = "count(*), icontains" if "q" in query else "count(*), OFFSET"
    return Row(what, got["page"], "ms", budget, got["naive"], f"{note}; {found:,} found")


def naive_page(visits, offset: int) -> None:
    """What Django's admin does when it is left alone: how many there are, then a page by the time of arrival."""
    visits.count()
    related = visits.select_related("office", "purpose", "district", "point")
    list(related.defer("office__emblem").order_by("-arrived_at", "-pk")[offset : offset + PAGE])


def _short(visits: int) -> str:
    """10,000 visits; 1.0 million visits."""
    return f"{visits / 1e6:.1f} million visits" if visits >= 1e6 else f"{visits:,} visits"
