"""Figures of locked reports for everybody: a page, a CSV file, a card for the office's own website."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice

from csp.decorators import csp_replace
from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt  # noqa: TID251 - docs/decisions/003
from django.views.decorators.http import require_safe

from reports import archive, public
from reports.archive import DamagedArchiveError
from reports.models import ArchivedReport
from reports.monthly import MonthlyReport
from reports.tidy_csv import cell
from visits.language import in_chosen_language
from visits.models import Office
from visits.safe_csv import safe, write

MONTHS = 24
FRESH_SECONDS = 300


@in_chosen_language
@csrf_exempt
@require_safe
@cache_control(public=True, max_age=FRESH_SECONDS)
def figures(request, slug):
    office = _office(slug)
    card_address = f"{settings.SITE_URL}{reverse('public_card', args=[office.slug])}"
    context = {"office": office, "months": _months(office), "card_address": card_address}
    return render(request, "reports/public.html", context)


@in_chosen_language
@csrf_exempt
@require_safe
@cache_control(public=True, max_age=FRESH_SECONDS)
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
def card(request, slug):
    """The only page that other sites may frame: no form, no key, no cookie."""
    office = _office(slug)
    months = public.public_months(islice(_intact(_locked(office)), 1))
    response = render(request, "reports/public_card.html", {"office": office, "month": months[0] if months else None})
    # For sites that are strict about what they frame (Cross-Origin-Embedder-Policy).
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@csrf_exempt
@require_safe
@cache_control(public=True, max_age=FRESH_SECONDS)
def figures_csv(request, slug):
    """As tidy_csv: it opens by a double click in an Indonesian Excel."""
    office = _office(slug)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="angka-kunjungan-{office.slug}.csv"'
    rows = public.rows_of(_months(office))
    write(response, public.HEADER, ([f"{day:%Y-%m}", safe(what), cell(value)] for day, what, value in rows))
    return response


def _office(slug: str) -> Office:
    office = Office.objects.filter(slug=slug, publishes_figures=True).first()
    if office is None:
        raise Http404
    return office


def _months(office: Office) -> list[public.PublicMonth]:
    """The newest first."""
    return public.public_months(_intact(_locked(office)))


def _locked(office: Office) -> QuerySet[ArchivedReport]:
    locked = ArchivedReport.objects.current().filter(office=office, period__regex="^....-[0-9]{2}$").exclude(number="")
    return locked.order_by("-period")[:MONTHS]


def _intact(rows: Iterable[ArchivedReport]) -> Iterator[MonthlyReport]:
    """Without the damaged ones: archive.read has told the log, and staff see it on the report's page."""
    for row in rows:
        with suppress(DamagedArchiveError):
            yield archive.read(row)[0]
