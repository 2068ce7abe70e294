"""The satisfaction survey: with a ticket one sheet that can be changed for a while, without one a sheet a page."""

from functools import partial

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt  # noqa: TID251 - docs/decisions/003
from django.views.decorators.http import require_http_methods, require_safe

from visits import errors, survey_actions
from visits.abuse import Sender
from visits.actions import ArchivedPeriodError, StaleChoicesError
from visits.form_page import FormPage, later, submit
from visits.language import in_chosen_language, localized
from visits.origin import is_same_origin
from visits.public_pages import at_point, at_ticket, private, see_private_page, speak_language_of
from visits.survey_forms import SurveyAtPointForm, SurveyForm

SHEET = FormPage("visits/survey.html", SurveyAtPointForm)


@private
@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@at_ticket
def survey(request, visit, key):
    speak_language_of(request, visit)
    reason = survey_actions.why_closed(visit)
    if reason:
        return _closed(request, visit, key, reason)
    if request.method != "POST":
        return _form_or_final(request, visit, key)
    form = SurveyForm(request.POST)
    if not is_same_origin(request):
        return _form_page(request, visit, key, form, status=403, notice="other_site")
    if not form.is_valid():
        return _form_page(request, visit, key, form, status=422)
    return _rate(request, visit, key, form)


def _form_or_final(request, visit, key):
    sheet = survey_actions.sheet_of(visit)
    title = survey_actions.locked_report(sheet)
    if title:
        return _closed(request, visit, key, "archived", period=title)
    return _form_page(request, visit, key, SurveyForm.of(sheet))


def _rate(request, visit, key, form):
    try:
        survey_actions.rate(visit, answers=form.answers())
    except ArchivedPeriodError as archived:
        return _closed(request, visit, key, "archived", period=archived.title)
    except (OperationalError, InterfaceError):
        page = _form_page(request, visit, key, form, status=503, notice="unavailable")
        return later(page, errors.RETRY_AFTER_SECONDS)
    return see_private_page("survey_thanks", key, visit)


def _form_page(request, visit, key, form, *, status=200, notice=""):
    context = {
        "office": visit.office,
        "visit": visit,
        "key": key,
        "form": form,
        "notice": notice,
        "last_day": survey_actions.last_day(visit),
    }
    return render(request, "visits/survey.html", context, status=status)


def _closed(request, visit, key, reason, **details):
    """The words that were typed meanwhile are shown, to be told at the desk."""
    context = {
        "office": visit.office,
        "visit": visit,
        "key": key,
        "reason": reason,
        "last_day": visit.day and survey_actions.last_day(visit),
        "typed": errors.typed(errors.kept(request)),
        **details,
    }
    return render(request, "visits/survey_closed.html", context, status=409 if request.method == "POST" else 200)


@private
@in_chosen_language
@csrf_exempt
@require_safe
@at_ticket
def survey_thanks(request, visit, key):
    speak_language_of(request, visit)
    sheet = survey_actions.sheet_of(visit)
    if sheet is None:
        return see_private_page("survey", key, visit)
    is_final = survey_actions.why_closed(visit) or survey_actions.locked_report(sheet)
    last_day = None if is_final else survey_actions.last_day(visit)
    context = {"office": visit.office, "key": key, "last_day": last_day}
    return render(request, "visits/survey_thanks.html", context)


@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(no_cache=True)
@at_point
def survey_at_point(request, point):
    if request.method != "POST":
        return SHEET.empty(request, point)
    try:
        return submit(
            request,
            SurveyAtPointForm(point.office, request.POST),
            earlier=survey_actions.earlier_sheet,
            store=partial(_rate_without_ticket, point, Sender.of(request)),
            see=lambda _sheet: _see_thanks(point),
            show=partial(SHEET.filled, request, point),
        )
    except StaleChoicesError:
        return SHEET.with_new_choices(request, point)


def _rate_without_ticket(point, sender, form):
    return survey_actions.rate_without_ticket(
        point, submission_id=form.cleaned_data["submission_id"], answers=form.answers(), sender=sender
    )


def _see_thanks(point):
    return HttpResponse(
        status=303, headers={"Location": localized(reverse("survey_thanks_at_point", args=[point.code]))}
    )


@in_chosen_language
@csrf_exempt
@require_safe
@cache_control(no_cache=True)
@at_point
def survey_thanks_at_point(request, point):
    return render(request, "visits/survey_thanks.html", {"office": point.office, "point": point})
