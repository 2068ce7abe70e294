"""Bringing in an old guest book: choose a file, read what would happen, then store it."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from dilaku import deadline
from visits import desk, imports, spreadsheets, uploads
from visits.actions import ArchivedPeriodError
from visits.import_rows import COLUMNS

IMPORT_SECONDS = 120.0  # at most: ten thousand rows take some six
SHOWN_MISTAKES = 200
SHOWN_PLACES = 10  # of one mistake
LOST = "Berkas sudah tidak ada di server. Pilih berkasnya sekali lagi."


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Berkas Excel (.xlsx) atau CSV",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text="Paling besar 4 MB dan 10.000 baris. Berkas diperiksa dahulu; belum ada yang disimpan.",
        error_messages={"required": "Pilih berkas buku tamu.", "empty": "Berkas ini kosong."},
    )

    def clean_file(self):
        """As rows: what can't be read is told beside the field."""
        upload = self.cleaned_data["file"]
        self.content = upload.read(spreadsheets.LARGEST + 1)
        try:
            return spreadsheets.read(self.content)
        except spreadsheets.UnreadableError as error:
            raise ValidationError(str(error), code="unreadable") from error


def import_view(model_admin):
    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request):
        office = desk.office_for(request, "visits.import_visit")
        deadline.extend(IMPORT_SECONDS)
        if "ticket" in request.POST:
            return _store(model_admin, request, office)
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" and request.POST else UploadForm()
        if form.is_bound and form.is_valid():
            return _check(model_admin, request, office, form)
        return _page(model_admin, request, office, form)

    return view


def _check(model_admin, request, office, form):
    try:
        plan = imports.rehearse(office, form.cleaned_data["file"], by=request.user)
    except (spreadsheets.UnreadableError, ArchivedPeriodError) as error:
        form.add_error("file", _reason(office, error))
        return _page(model_admin, request, office, form)
    ticket = uploads.keep(form.content, of=_owner(request, office)) if plan.new and not plan.mistakes else ""
    return _page(model_admin, request, office, UploadForm(), plan=plan, ticket=ticket, mistakes=_shown(plan))


def _store(model_admin, request, office):
    ticket = request.POST["ticket"]
    content = uploads.fetch(ticket, of=_owner(request, office))
    if content is None:
        messages.error(request, LOST)
        return HttpResponseRedirect(request.get_full_path())
    try:
        plan = imports.store(office, spreadsheets.read(content), by=request.user, request=request)
    except (spreadsheets.UnreadableError, ArchivedPeriodError) as error:
        messages.error(request, _reason(office, error))
        return HttpResponseRedirect(request.get_full_path())
    uploads.drop(ticket)
    known = plan.known + plan.repeated
    more = f" {known} baris lain sudah tercatat." if known else ""
    messages.success(request, f"{len(plan.new)} kunjungan dari buku tamu lama tersimpan.{more}")
    return HttpResponseRedirect(f"{reverse('admin:visits_visit_changelist')}?cara=petugas")


def _owner(request, office) -> list:
    return [request.user.pk, office.pk]


def _reason(office, error):
    if not isinstance(error, ArchivedPeriodError):
        return str(error)
    url = reverse("admin:report", args=[error.period]) + f"?kantor={office.slug}"
    return format_html(
        "Tidak ada yang disimpan: laporan {} sudah dikunci, jadi jumlah kunjungannya tetap."
        ' Admin kantor bisa membukanya lagi di <a href="{}">halaman laporan</a>; sesudah itu impor sekali lagi.',
        *(error.title, url),
    )


def _shown(plan) -> list[dict]:
    """Those that stand in the most rows first."""
    ordered = sorted(plan.mistakes.items(), key=lambda item: -len(item[1]))
    return [
        {"header": header, "text": text, "places": places[:SHOWN_PLACES], "others": len(places[SHOWN_PLACES:])}
        for (header, text), places in ordered[:SHOWN_MISTAKES]
    ]


def _page(model_admin, request, office, form, **found):
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Impor buku tamu lama",
        "subtitle": office.name,
        "office": office,
        "offices": desk.offices_to_choose(request),
        "form": form,
        "columns": COLUMNS,
        "purposes": office.purposes.all(),
        "opts": model_admin.opts,
        **found,
    }
    is_wrong = form.errors or found.get("mistakes")
    return TemplateResponse(request, "admin/visits/visit/import.html", context, status=422 if is_wrong else 200)
