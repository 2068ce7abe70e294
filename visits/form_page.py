"""A form that visitors send: its page, empty or with what was typed and what to mend, and what sending it leads to."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from django.db import InterfaceError, OperationalError
from django.shortcuts import render

from visits import errors, snapshot
from visits.abuse import FloodError
from visits.actions import OtherContentError
from visits.kept_pages import same_for_all
from visits.origin import is_same_origin
from visits.public_pages import point_or_404


@dataclass(frozen=True)
class FormPage:
    """A form of a check-in point. `form(office)` makes an empty one, `form(office, data)` a sent one."""

    template: str
    form: Callable

    def empty(self, request, point):
        return same_for_all(request, self.template, point, lambda: {"form": self.form(point.office)})

    def filled(self, request, point, form, *, status: int, notice: str = ""):
        """`notice` names the sentence above the form."""
        context = {
            "point": point,
            "office": point.office,
            "opening": point.office.opening(),
            "form": form,
            "notice": notice,
            "submission_id": next_id(form, notice),
        }
        return render(request, self.template, context, status=status)

    def with_new_choices(self, request, point):
        """What was chosen has gone since the page was made: the form once more, with what there is now."""
        snapshot.forget()
        point = point_or_404(point.code)
        return self.filled(request, point, self.form(point.office, request.POST), status=422)


def next_id(form, notice: str):
    """A correction or a second try keeps its id, so that it can't become a second row."""
    if not form.is_bound or notice == "other_content" or "submission_id" in form.errors:
        return uuid4()
    return form.cleaned_data["submission_id"]


def submit(request, form, *, earlier: Callable, store: Callable, see: Callable, show: Callable):
    """What a sent form leads to, exactly once: `see(row)`, or the form again with everything typed still in it.

    `earlier(submission_id, content)` finds the row that this form made before, `store(form)` makes it;
    `show(form, status=..., notice=...)` is the page with the form.
    """
    if not is_same_origin(request):
        return show(form, status=403, notice="other_site")
    try:
        return _submit(form, earlier, store, see, show)
    except FloodError as flood:
        return later(show(form, status=429, notice="flood"), flood.seconds)
    except (OperationalError, InterfaceError):
        return later(show(form, status=503, notice="unavailable"), errors.RETRY_AFTER_SECONDS)


def later(response, seconds: int):
    response.headers["Retry-After"] = str(seconds)
    return response


def _submit(form, earlier, store, see, show):
    """The same form again leads to the same place, even when its choices have changed since."""
    valid = form.is_valid()
    submission_id = form.cleaned_data.get("submission_id")
    if submission_id is None:
        return show(form, status=422, notice="incomplete_page")
    try:
        row = earlier(submission_id, form.content())
        if row is None and not valid:
            return show(form, status=422)
        return see(row or store(form))
    except OtherContentError:
        return show(form, status=409, notice="other_content")
