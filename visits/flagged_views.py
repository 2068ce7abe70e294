"""Staff look at what the machine has flagged, and decide pile by pile; single visits are decided on their own page."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from visits import desk, flagged
from visits.actions import ArchivedPeriodError

ANSWERS = {"hitung": True, "abaikan": False}


@require_http_methods(["GET", "HEAD", "POST"])
def flagged_page(request):
    office = desk.chosen_office(request)
    if office is None or not request.user.has_perm("visits.exclude_visit"):
        raise PermissionDenied
    if request.method == "POST":
        return _decide(request, office)
    context = {
        **admin.site.each_context(request),
        "title": "Perlu diperiksa",
        "office": office,
        "offices": desk.offices_to_choose(request),
        "piles": flagged.piles(office),
    }
    return TemplateResponse(request, "admin/flagged.html", context)


def _decide(request, office):
    kind, answer = request.POST.get("kind"), request.POST.get("answer")
    if kind not in flagged.KINDS or answer not in ANSWERS:
        raise Http404
    try:
        rows = flagged.decide(kind, office, counts=ANSWERS[answer], by=request.user, request=request)
    except ArchivedPeriodError as refusal:
        messages.error(request, f"Tidak ada yang berubah: laporan {refusal.title} sudah dikunci.")
    else:
        messages.success(request, f"{rows} isian {'dihitung' if ANSWERS[answer] else 'tidak dihitung'}.")
    return HttpResponseRedirect(f"{reverse('admin:flagged')}?kantor={office.slug}")
