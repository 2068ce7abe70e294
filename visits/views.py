"""The visitor's side: one function a page."""

from datetime import datetime, time, timedelta
from functools import partial

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt  # noqa: TID251 - docs/decisions/003
from django.views.decorators.http import require_http_methods, require_safe

from visits import actions, snapshot, survey_actions
from visits.abuse import Sender
from visits.form_page import FormPage, submit
from visits.forms import CodeForm, VisitForm
from visits.kept_pages import same_for_all
from visits.language import in_chosen_language, localized
from visits.models import CheckInPoint, Office, Visit
from visits.models.visit import ANNOUNCEMENT_LASTS
from visits.origin import is_same_origin
from visits.privacy import notice_version
from visits.public_pages import at_point, at_ticket, private, see_private_page, speak_language_of

VISIT = FormPage("visits/visit_form.html", VisitForm)


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
@at_point
def landing(request, point):
    return same_for_all(request, "visits/landing.html", point)


@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(no_cache=True)
@at_point
def visit_form(request, point):
    if request.method != "POST":
        return VISIT.empty(request, point)
    try:
        return submit(
            request,
            VisitForm(point.office, request.POST),
            earlier=actions.earlier_visit,
            store=partial(_check_in, point, Sender.of(request)),
            see=_see_ticket,
            show=partial(VISIT.filled, request, point),
        )
    except actions.StaleChoicesError:
        return VISIT.with_new_choices(request, point)


def _check_in(point, sender, form):
    return actions.check_in(
        point=point,
        data=form.cleaned_data,
        content=form.content(),
        language=translation.get_language(),
        sender=sender,
    )


def _see_ticket(visit):
    return see_private_page("ticket", actions.ticket_key(visit), visit)


@in_chosen_language
@csrf_exempt
@require_safe
@cache_control(no_cache=True)
@at_point
def requirements(request, point):
    return same_for_all(request, "visits/requirements.html", point)


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


@private
@in_chosen_language
@csrf_exempt
@require_safe
@at_ticket
def ticket(request, visit, key):
    speak_language_of(request, visit)
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
        "survey": survey_actions.offer(visit),
        "feedback_point": _feedback_point(visit),
    }
    return render(request, "visits/ticket.html", context, status=status)


def _feedback_point(visit) -> CheckInPoint | None:
    """Where a suggestion is written: at the visit's own point, or, without an active one, at a poster of the office."""
    if visit.arrived_at is None:
        return None
    if visit.point and visit.point.is_active:
        return visit.point
    return _posters(visit).order_by("pk").first()


def _posters(visit):
    return CheckInPoint.objects.filter(office=visit.office_id, kind=CheckInPoint.Kind.POSTER, is_active=True)


def _state(visit) -> str:
    """The one word that says what the ticket has to say."""
    if visit.excluded_at and not visit.flagged_reason:  # a visitor who is suspected is not told
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
@at_ticket
def check_out(request, visit, key):
    """The visitor's own "Selesai". A GET, such as a reload, only shows the ticket."""
    if request.method == "POST" and is_same_origin(request):
        actions.close(visit)
    return _see_ticket(visit)


@private
@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@at_ticket
def check_in_at_door(request, visit, key):
    """An announced visitor has scanned, or typed, the poster at the door."""
    if request.method == "POST" and is_same_origin(request):
        form = CodeForm(request.POST)
        if not _is_poster_here(form, visit):
            return _ticket_page(request, visit, key, form=form, status=422)
        actions.arrive(visit)
    return _see_ticket(visit)


def _is_poster_here(form, visit) -> bool:
    """Is the code that of a poster of the visit's office? If not, the form says so."""
    code = form.cleaned_data["kode"] if form.is_valid() else ""
    if code and _posters(visit).filter(code=code).exists():
        return True
    if code:
        form.add_error("kode", _("Kode ini bukan dari poster kantor ini. Periksa enam huruf dan angka di poster."))
    return False
