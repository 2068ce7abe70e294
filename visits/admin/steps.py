"""What staff do to a visit with one button: it ends, it goes on, it has arrived, it counts again; and its undo."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from visits import actions, desk, rights
from visits.models import Visit
from visits.staff_forms import REASONS, ExclusionForm

UNFIT = "{} sudah berubah sementara itu. Tidak ada yang diubah."


@dataclass(frozen=True)
class Step:
    name: str
    slug: str  # its place in the address
    label: str  # on the button
    permission: str
    act: Callable  # an action that takes (visit, by=, request=)
    fits: Callable[[Visit], bool]  # does it make sense as the visit stands now?
    said: str  # afterwards, after "Kunjungan 014"
    undo: str = ""  # the name of the step that takes it back


STEPS = {
    step.name: step
    for step in [
        Step(
            name="close",
            slug="selesai",
            label="Selesai",
            permission="visits.close_visit",
            act=actions.close,
            fits=lambda visit: visit.is_open,
            said="selesai.",
            undo="reopen",
        ),
        Step(
            name="reopen",
            slug="batal-selesai",
            label="Batalkan selesai",
            permission="visits.close_visit",
            act=actions.reopen,
            fits=lambda visit: visit.left_at is not None and visit.excluded_at is None and visit.is_of_today,
            said="dibuka lagi: tamu masih berkunjung.",
        ),
        Step(
            name="arrive",
            slug="datang",
            label="Sudah datang",
            permission="visits.close_visit",
            act=actions.arrive,
            fits=lambda visit: visit.is_announced,
            said="tercatat datang.",
            undo="unarrive",
        ),
        Step(
            name="unarrive",
            slug="batal-datang",
            label="Batalkan kedatangan",
            permission="visits.close_visit",
            act=actions.unarrive,
            fits=lambda visit: visit.is_open and visit.is_of_today and visit.was_announced,
            said="kembali menunggu: tamu belum datang.",
        ),
        Step(
            name="include",
            slug="hitung-lagi",
            label="Hitung lagi",
            permission="visits.exclude_visit",
            act=actions.include,
            fits=lambda visit: visit.excluded_at is not None,
            said="dihitung lagi.",
        ),
        Step(
            name="dismiss",
            slug="tidak-dihitung",
            label="Jangan dihitung",
            permission="visits.exclude_visit",
            act=actions.keep_excluded,
            fits=lambda visit: bool(visit.flagged_reason),
            said="tidak dihitung.",
            undo="include",
        ),
        Step(
            name="lift",
            slug="cabut-pembatasan",
            label="Cabut pembatasan",
            permission="visits.decide_datarequest",
            act=rights.lift_restriction,
            fits=lambda visit: visit.restricted_at is not None and visit.anonymized_at is None,
            said="tidak dibatasi lagi: data tamu tampil seperti semula.",
        ),
    ]
}


def offered(user, visit) -> list[Step]:
    return [step for step in STEPS.values() if step.fits(visit) and user.has_perm(step.permission)]


def take(request, visit, step: Step) -> None:
    """Does it and says so, with the undo beside it."""
    if not request.user.has_perm(step.permission):
        raise PermissionDenied
    if not step.fits(visit):
        messages.info(request, UNFIT.format(visit))
        return
    try:
        visit = step.act(visit, by=request.user, request=request)
    except actions.AlreadyErasedError:
        messages.info(request, UNFIT.format(visit))
    except actions.ArchivedPeriodError as refusal:
        messages.error(request, _refused(visit, refusal))
    else:
        messages.success(request, _said(visit, step.said, STEPS.get(step.undo)))


def _refused(visit, refusal: actions.ArchivedPeriodError):
    url = reverse("admin:report", args=[refusal.period]) + f"?kantor={visit.office.slug}"
    return format_html(
        "{} tidak berubah: laporan {} sudah dikunci, jadi jumlah kunjungannya tetap."
        ' Admin kantor bisa membukanya lagi di <a href="{}">halaman laporan</a>; sesudah itu coba sekali lagi.',
        *(visit, refusal.title, url),
    )


def _said(visit, said: str, undo: Step | None):
    """The number, never the name: messages wait in a cookie."""
    if undo is None:
        return f"{visit} {said}"
    url = reverse(f"admin:visits_visit_{undo.name}", args=[visit.pk])
    button = format_html('<button class="dk-btn small-size" form="desk" formaction="{}">Batalkan</button>', url)
    return format_html("{} {} {}", visit, said, button)


def step_view(model_admin, step: Step):
    @require_POST
    def view(request, pk):
        take(request, model_admin.get_object(request, str(pk)), step)
        return HttpResponseRedirect(_back(request))

    return view


def exclusion_view(model_admin):
    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request, pk):
        visit = model_admin.get_object(request, str(pk))
        if not request.user.has_perm("visits.exclude_visit"):
            raise PermissionDenied
        form = ExclusionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            _exclude(request, visit, form.cleaned_data["reason"])
            return HttpResponseRedirect(reverse("admin:visits_visit_change", args=[visit.pk]))
        return _exclusion_page(model_admin, request, visit, form)

    return view


def _exclude(request, visit, reason: str) -> None:
    try:
        actions.exclude(visit, reason=reason, by=request.user, request=request)
    except actions.ArchivedPeriodError as refusal:
        messages.error(request, _refused(visit, refusal))
    else:
        messages.success(request, _said(visit, "tidak dihitung lagi.", STEPS["include"]))


def _exclusion_page(model_admin, request, visit, form):
    actions.opened(visit, by=request.user, request=request)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Kecualikan dari hitungan",
        "subtitle": str(visit),
        "visit": visit,
        "name": desk.shown_name(visit),
        "form": form,
        "reasons": REASONS,
        "opts": model_admin.opts,
    }
    return TemplateResponse(request, "admin/visits/visit/exclude.html", context, status=422 if form.errors else 200)


def _back(request) -> str:
    """The page whose button it was."""
    page = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return page
    return reverse("admin:visits_visit_changelist")
