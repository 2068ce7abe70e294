"""The page of the visit form: empty, or with what was typed and what to mend."""

from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language

from visits import errors
from visits.forms import VisitForm
from visits.snapshot import PointSnapshot

TEMPLATE = "visits/visit_form.html"
PLACEHOLDER = "submission-id-goes-here"
KEPT_AT_MOST = 500  # empty pages per process, of about 25 kB each

_kept: dict[tuple[str, str, bool], tuple[PointSnapshot, str]] = {}


def empty_page(request, point):
    """Everybody's empty page is the same, but for the submission_id. Rendering takes ten times as long as all the rest
    of the request, so it is done once per process, language and change of the office's settings.
    """
    opening = point.office.opening()
    key = (point.code, get_language(), opening.is_open)
    made_of, page = _kept.get(key, (None, ""))
    if made_of != point:
        context = _context(point, VisitForm(point.office), opening)
        page = render_to_string(TEMPLATE, {**context, "submission_id": PLACEHOLDER}, request)
        if len(_kept) >= KEPT_AT_MOST:
            _kept.clear()
        _kept[key] = (point, page)
    return HttpResponse(page.replace(PLACEHOLDER, str(uuid4())))


def filled_page(request, point, form, *, status: int, notice: str = ""):
    """`notice` names the sentence above the form."""
    context = {
        **_context(point, form, point.office.opening()),
        "notice": notice,
        "submission_id": _submission_id(form, is_new=notice == "other_content"),
    }
    response = render(request, TEMPLATE, context, status=status)
    if status == 503:
        response.headers["Retry-After"] = str(errors.RETRY_AFTER_SECONDS)
    return response


def _context(point, form, opening):
    return {"point": point, "office": point.office, "opening": opening, "form": form}


def _submission_id(form, *, is_new: bool):
    """A correction or a second try keeps its id, so that it can't become a second visit."""
    if is_new or "submission_id" in form.errors:
        return uuid4()
    return form.cleaned_data["submission_id"]
