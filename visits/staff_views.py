"""Pages of the staff area that belong to no single model: who is inside, the posters."""

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from visits import actions, desk, snapshot
from visits import posters as drawing
from visits.models import CheckInPoint
from visits.posters import Poster, check_in_address
from visits.reach import lan_address, reaches_only_this_machine
from visits.templatetags.visitor import clock, open_days, zone_label

SHEET_WIDTH = 900  # pixels of the preview


def _page(request, template, title, **context):
    return TemplateResponse(request, template, {**admin.site.each_context(request), "title": title, **context})


def _require(request, permission):
    if not request.user.has_perm(permission):
        raise PermissionDenied


@require_safe
def inside(request):
    """Everybody in the building, on paper too: names stay masked, and nobody is left out of the count."""
    office = desk.office_for(request, "visits.view_visit")
    rows = desk.inside(office, request.user)
    actions.record(action="inside.listed", by=request.user, request=request, office_id=office.pk, rows=len(rows))
    now = timezone.now()
    context = {
        "office": office,
        "offices": desk.offices_to_choose(request),
        "rows": rows,
        "people": sum(row.party_size for row in rows),
        "day": office.local(now).date(),
        "now": desk.clock(office, now),
    }
    return _page(request, "admin/inside.html", "Tamu di dalam", **context)


@require_safe
def posters(request):
    _require(request, "visits.view_checkinpoint")
    points = CheckInPoint.objects.for_staff(request.user).select_related("office").defer("office__emblem")
    return _page(request, "admin/posters.html", "Poster QR", points=points, **_reach())


@require_safe
def poster(request, code):
    point = _point(request, code)
    context = {
        "point": point,
        "address": check_in_address(settings.SITE_URL, point.code),
        "replaced_codes": point.replaced_codes.explaining(),
        **_reach(),
    }
    return _page(request, "admin/poster.html", f"Poster {point.name}", **context)


@require_safe
def poster_pdf(request, code):
    point = _point(request, code)
    file = drawing.pdf(_poster(point))
    if request.method == "GET":
        actions.record(
            action="poster.downloaded", by=request.user, request=request, office_id=point.office_id, target=point
        )
    return _file(file, "application/pdf", f"poster-{point.code}.pdf")


@require_safe
def poster_png(request, code):
    point = _point(request, code)
    address = check_in_address(settings.SITE_URL, point.code)
    return _file(drawing.qr_png(address), "image/png", f"qr-{point.code}.png")


@require_safe
def poster_svg(request, code):
    point = _point(request, code)
    address = check_in_address(settings.SITE_URL, point.code)
    return _file(drawing.qr_svg(address), "image/svg+xml", f"qr-{point.code}.svg")


@require_safe
def poster_social(request, code):
    point = _point(request, code)
    return _file(drawing.social_png(_poster(point)), "image/png", f"poster-{point.code}-sosial.png")


@require_safe
def poster_sheet(request, code):
    """The A4 page as a picture, for the preview."""
    return _file(drawing.page_png(_poster(_point(request, code)), width=SHEET_WIDTH), "image/png")


def _point(request, code) -> CheckInPoint:
    _require(request, "visits.view_checkinpoint")
    points = CheckInPoint.objects.for_staff(request.user).select_related("office")
    return get_object_or_404(points, code=code.upper())


def _poster(point) -> Poster:
    office = snapshot.for_code(point.code).office
    hours = [f"{days} {clock(day.opens_at)}–{clock(day.closes_at)}" for days, day in open_days(office)]
    address = check_in_address(settings.SITE_URL, point.code)
    return Poster(
        office_name=office.name,
        letterhead_institution=office.institution,
        letterhead_unit=office.unit,
        address=address,
        host=address.split("/")[2],
        code=point.code,
        point_name=point.name,
        hours_text=f"{', '.join(hours)} {zone_label(office)}" if hours else "",
        poster_number=f"P-{point.pk:02d}",
        printed_on=date_format(point.office.today(), "j F Y"),
        emblem_png=bytes(point.office.emblem) if point.office.emblem else None,
    )


def _reach() -> dict:
    """A poster that carries this machine's own name opens on no phone: say so, with the command that mends it."""
    if not reaches_only_this_machine(settings.SITE_URL):
        return {}
    port = settings.SITE_URL.rpartition(":")[2]
    url = f"http://{lan_address() or '<alamat komputer ini>'}:{port if port.isdecimal() else 8000}"
    return {"unreachable": settings.SITE_URL, "command": f"make run HOST=0.0.0.0 SITE_URL={url}"}


def _file(content: bytes, kind: str, name: str = "") -> HttpResponse:
    headers = {"Content-Disposition": f'inline; filename="{name}"'} if name else {}
    return HttpResponse(content, content_type=kind, headers=headers)
