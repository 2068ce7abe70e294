"""Staff look at what the machine has flagged, and decide pile by pile; single visits are decided on their own page."""

import re
from collections import Counter

from django.contrib import admin, messages
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from visits import desk, flagged

ANSWERS = {"hitung": True, "abaikan": False}


@require_http_methods(["GET", "HEAD", "POST"])
def flagged_page(request):
    office = desk.office_for(request, "visits.exclude_visit")
    return _decide(request, office) if request.method == "POST" else _page(request, office)


def _page(request, office, status=200):
    context = {
        **admin.site.each_context(request),
        "title": "Perlu diperiksa",
        "office": office,
        "offices": desk.offices_to_choose(request),
        "piles": flagged.piles(office),
    }
    return TemplateResponse(request, "admin/flagged.html", context, status=status)


def _decide(request, office):
    kind, answer = request.POST.get("kind"), request.POST.get("answer")
    mark = request.POST.get("mark", "")
    if kind not in flagged.KINDS or answer not in ANSWERS or not re.fullmatch(r"[0-9]{1,18}", mark):
        raise Http404
    try:
        decided = flagged.decide(kind, office, mark=int(mark), counts=ANSWERS[answer], by=request.user, request=request)
    except flagged.ChangedError:
        messages.warning(request, "Isian berubah sejak halaman ini dibuka. Lihat lagi, lalu putuskan.")
        return _page(request, office, status=409)
    if decided.rows:
        messages.success(request, f"{decided.rows} isian {'dihitung' if ANSWERS[answer] else 'tidak dihitung'}.")
    for title, rows in Counter(decided.locked).items():
        messages.warning(request, f"{rows} isian tidak bisa dihitung lagi: laporan {title} sudah disahkan.")
    if decided.rows + len(decided.locked) == flagged.AT_ONCE:
        messages.info(request, "Sisanya masih di bawah.")
    return HttpResponseRedirect(f"{reverse('admin:flagged')}?kantor={office.slug}")
