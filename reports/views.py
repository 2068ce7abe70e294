"""The report of one office and period: page, files, locking. Who may see figures may see and download all of it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from reports import actions, archive, page, pdf, tidy_csv, workbook
from reports.archive import DamagedArchiveError, Issue
from reports.forms import LockForm, UnlockForm
from reports.period import Period
from visits import desk, posters, xlsx_stream
from visits.actions import record
from visits.models import Office


@dataclass(frozen=True)
class FileType:
    content_type: str
    write: Callable[[Office, Issue], bytes]


def _pdf(office: Office, issue: Issue) -> bytes:
    emblem = posters.emblem_svg(bytes(office.emblem)) if office.emblem else ""
    return pdf.pdf(issue.report, issue.letterhead, emblem)


def _xlsx(office: Office, issue: Issue) -> bytes:
    return workbook.xlsx(issue.report, issue.letterhead)


def _csv(office: Office, issue: Issue) -> bytes:
    return tidy_csv.tidy_csv(issue.report)


FILE_TYPES = {
    "pdf": FileType("application/pdf", _pdf),
    "xlsx": FileType(xlsx_stream.CONTENT_TYPE, _xlsx),
    "csv": FileType("text/csv; charset=utf-8", _csv),
}


@require_safe
def latest(request):
    """On to the last full month."""
    office = _office(request)
    return _to(request, Period.containing(office.today()).previous)


@require_safe
def report(request, period):
    office = _office(request, period)
    _trace(request, "report.opened", office, period)
    return _page(request, office, period)


@require_safe
def report_pdf(request, period):
    return _file(request, period, "pdf")


@require_safe
def report_xlsx(request, period):
    return _file(request, period, "xlsx")


@require_safe
def report_csv(request, period):
    return _file(request, period, "csv")


@require_POST
def lock_report(request, period):
    office = _office(request, period)
    _require(request, "reports.lock_report")
    form = LockForm(request.POST or None)
    if form.is_valid() and _done(form, actions.lock, request, office, period, **form.cleaned_data):
        messages.success(request, f"Laporan {period.named()} disahkan. Angkanya tidak berubah lagi.")
        return _to(request, period)
    return _page(request, office, period, form)


@require_POST
def unlock_report(request, period):
    office = _office(request, period)
    _require(request, "reports.lock_report")
    form = UnlockForm(request.POST or None)
    if form.is_valid() and _done(form, actions.unlock, request, office, period, **form.cleaned_data):
        messages.success(request, f"Laporan {period.named()} dibuka lagi. Sahkan kembali bila sudah benar.")
        return _to(request, period)
    return _page(request, office, period, form)


def _done(form, act, request, office, period, **typed) -> bool:
    try:
        act(office=office, period=period, by=request.user, request=request, **typed)
    except actions.RefusedError as refusal:
        form.add_error(None, str(refusal))
    except DamagedArchiveError:
        return False  # the page will tell
    return not form.errors


def _require(request, permission):
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _office(request, period=None) -> Office:
    office = desk.office_for(request, "visits.view_figures")
    if period and not period.has_begun(office.today()):
        raise Http404
    return office


def _to(request, period):
    return HttpResponseRedirect(reverse("admin:report", args=[period]) + desk.office_query(request))


def _trace(request, action, office, period, **details):
    record(action=action, by=request.user, request=request, office_id=office.pk, period=str(period), **details)


def _page(request, office, period, form=None):
    try:
        issue = archive.issue_of(office, period)
    except DamagedArchiveError:
        return _damaged(request, office, period, form)
    context = _frame(request, office, period) | page.context(office, issue) | ({"form": form} if form else {})
    return TemplateResponse(request, "reports/report.html", context, status=422 if form and form.errors else 200)


def _damaged(request, office, period, form=None):
    """Says so instead of showing figures that nobody has signed."""
    _trace(request, "report.damaged", office, period)
    archived = archive.current(office, period)
    context = _frame(request, office, period) | {
        "archived": archived,
        "stored_on": office.local(archived.stored_at).date(),
        "form": (form or UnlockForm()) if archived.is_locked else None,
    }
    return TemplateResponse(request, "reports/damaged.html", context, status=409)


def _frame(request, office, period) -> dict:
    return {
        **admin.site.each_context(request),
        "title": f"Laporan kunjungan {period.named()}",
        "office": office,
        "offices": desk.offices_to_choose(request),
        "query": desk.office_query(request),
        "period": period,
    }


def _file(request, period, kind):
    office = _office(request, period)
    try:
        issue = archive.issue_of(office, period)
    except DamagedArchiveError:
        return _damaged(request, office, period)
    content = FILE_TYPES[kind].write(office, issue)
    _trace(request, "report.downloaded", office, period, format=kind)
    name = f"{period.file_stem(office.slug)}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=FILE_TYPES[kind].content_type, headers=headers)
