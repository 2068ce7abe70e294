"""The visitor's side: one function a page."""

from datetime import datetime, time, timedelta
from functools import wraps

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt  # noqa: TID251 - docs/decisions/003
from django.views.decorators.http import require_http_methods, require_safe

from visits import actions, errors, snapshot
from visits.codes import key_hash
from visits.form_page import empty_page, filled_page
from visits.forms import CodeForm, VisitForm
from visits.language import in_chosen_language, localized
from visits.models import CheckInPoint, Office, Visit
from visits.models.visit import ANNOUNCEMENT_LASTS
from visits.origin import is_same_origin
from visits.privacy import notice_version


def private(view):
    """A page that only the holder of its link should see: never stored, never indexed."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store, private"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return wrapper


def _point_or_404(code: str) -> snapshot.PointSnapshot:
    point = snapshot.for_code(code)
    if point is None:
        raise Http404
    return point


def _revoked(request, point):
    """What was typed while the code was revoked is shown, to be read out at the desk."""
    context = {"point": point, "office": point.office, "typed": errors.typed(errors.kept(request))}
    return render(request, "visits/revoked.html", context, status=410)


@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def home(request):
    """Type the code of a poster."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if snapshot.for_code(form.cleaned_data["kode"]):
            return redirect(localized(reverse("landing", args=[form.cleaned_data["kode"]])), permanent=False)
        form.add_error("kode", _("Kode kantor tidak ditemukan. Periksa enam huruf dan angka di poster."))
    offices = list(Office.objects.all()[:2])
    only = offices[0] if len(offices) == 1 else None
    status = 422 if form.errors else 200
    return render(request, "visits/home.html", {"form": form, "office": only}, status=status)


@in_chosen_language
@csrf_exempt
@require_safe
@cache_control(no_cache=True)
def landing(request, code):
    point = _point_or_404(code)
    if not point.is_active:
        return _revoked(request, point)
    office = point.office
    return render(request, "visits/landing.html", {"point": point, "office": office, "opening": office.opening()})


@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(no_cache=True)
def visit_form(request, code):
    point = _point_or_404(code)
    if not point.is_active:
        return _revoked(request, point)
    if request.method != "POST":
        return empty_page(request, point)
    form = VisitForm(point.office, request.POST)
    if not is_same_origin(request):
        return filled_page(request, point, form, status=403, notice="other_site")
    try:
        return _submit(request, point, form)
    except (OperationalError, InterfaceError):
        return filled_page(request, point, form, status=503, notice="unavailable")


def _submit(request, point, form):
    """The same form again leads to the same ticket, even when its choices have changed since."""
    valid = form.is_valid()
    submission_id = form.cleaned_data.get("submission_id")
    if submission_id is None:
        return filled_page(request, point, form, status=422, notice="incomplete_page")
    try:
        visit = actions.earlier_visit(submission_id, form.content())
        if visit is None and not valid:
            return filled_page(request, point, form, status=422)
        visit = visit or actions.check_in(
            point=point, data=form.cleaned_data, content=form.content(), language=translation.get_language()
        )
    except actions.OtherContentError:
        return filled_page(request, point, form, status=409, notice="other_content")
    except actions.StaleChoicesError:
        snapshot.forget()
        return filled_page(request, point, VisitForm(_point_or_404(point.code).office, request.POST), status=422)
    return _see_ticket(visit)


def _see_ticket(visit):
    key = actions.ticket_key(visit)
    if key is None:
        raise Http404
    language = translation.get_language()
    query = {} if language == visit.language else {"lang": language}
    return HttpResponse(status=303, headers={"Location": localized(reverse("ticket", args=[key]), **query)})


@in_chosen_language
@csrf_exempt
@require_safe
@cache_control(no_cache=True)
def requirements(request, code):
    point = _point_or_404(code)
    if not point.is_active:
        return _revoked(request, point)
    return render(request, "visits/requirements.html", {"point": point, "office": point.office})


@in_chosen_language
@csrf_exempt
@require_safe
def privacy(request):
    """The notice of one office; where there are several and none is named, a list to choose from."""
    offices = list(Office.objects.all())
    named = next((office for office in offices if office.slug == request.GET.get("kantor")), None)
    office = named or (offices[0] if len(offices) == 1 else None)
    context = {
        "office": office,
        "offices": offices,
        "named_office": named,
        "version": notice_version(office) if office else "",
    }
    return render(request, "visits/privacy.html", context)


def _visit_or_none(key: str) -> Visit | None:
    visits = Visit.objects.select_related("office", "point", "purpose", "district").defer("office__emblem")
    return visits.filter(key_hash=key_hash(key)).first()


def _no_ticket(request):
    return errors.page(
        request,
        404,
        _("Tiket tidak ditemukan"),
        _("Mungkin tautannya terpotong. Petugas bisa membantu mencarinya."),
    )


@private
@in_chosen_language
@csrf_exempt
@require_safe
def ticket(request, key):
    visit = _visit_or_none(key)
    if visit is None:
        return _no_ticket(request)
    if visit.language == "en" and "lang" not in request.GET:
        translation.activate("en")
    return _ticket_page(request, visit, key)


def _ticket_page(request, visit, key, *, form=None, status=200):
    last_moment = _last_moment(visit)
    context = {
        "visit": visit,
        "office": visit.office,
        "key": key,
        "state": _state(visit),
        "last_moment": last_moment,
        "until": last_moment and int(last_moment.timestamp() * 1000),
        "form": form or CodeForm(),
    }
    return render(request, "visits/ticket.html", context, status=status)


def _state(visit) -> str:
    """The one word that says what the ticket has to say."""
    if visit.excluded_at:
        return "excluded"
    if visit.arrived_at is None:
        return "announced" if visit.is_announced else "lapsed"
    if visit.left_at is None:
        return "open"
    return "closed" if visit.ended_by == Visit.EndedBy.AUTOMATIC else "ended"


def _last_moment(visit) -> datetime | None:
    """How long the visitor's phone keeps the ticket: to the office's midnight, or the end of the announcement."""
    if visit.is_announced:
        return visit.created_at + ANNOUNCEMENT_LASTS
    if visit.is_open:
        return datetime.combine(visit.day + timedelta(days=1), time.min, visit.office.zone)
    return None


@private
@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def check_out(request, key):
    """The visitor's own "Selesai". A GET, such as a reload, only shows the ticket."""
    visit = _visit_or_none(key)
    if visit is None:
        return _no_ticket(request)
    if request.method == "POST" and is_same_origin(request):
        actions.close(visit)
    return _see_ticket(visit)


@private
@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def check_in_at_door(request, key):
    """An announced visitor has scanned, or typed, the poster at the door."""
    visit = _visit_or_none(key)
    if visit is None:
        return _no_ticket(request)
    if request.method == "POST" and is_same_origin(request):
        form = CodeForm(request.POST)
        if not _is_poster_here(form, visit):
            return _ticket_page(request, visit, key, form=form, status=422)
        actions.arrive(visit)
    return _see_ticket(visit)


def _is_poster_here(form, visit) -> bool:
    """Is the code that of a poster of the visit's office? If not, the form says so."""
    code = form.cleaned_data["kode"] if form.is_valid() else ""
    points = CheckInPoint.objects.filter(office=visit.office_id, kind=CheckInPoint.Kind.POSTER, is_active=True)
    if code and points.filter(code=code).exists():
        return True
    if code:
        form.add_error("kode", _("Kode ini bukan dari poster kantor ini. Periksa enam huruf dan angka di poster."))
    return False
