"""Somebody without a ticket asks for the own data: staff find them by the phone number, or by the number of the visit
or thread, and erase or restrict them.

What is typed is only ever posted: an address would keep it in histories and logs.
"""

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from visits import actions, by_phone, desk
from visits.decision_forms import OwnDataSearchForm

NOTHING_CHOSEN = "Centang dulu data yang dimaksud."
IDENTITY = "Pastikan dulu siapa yang meminta, lalu centang pernyataannya."
THREADS_STAY = "Saran tidak dapat dibatasi. Lepas centang sarannya, atau hapus."
NOTHING_LEFT = "Tidak ada yang berubah: data itu sudah dihapus atau dibatasi sebelumnya."


@require_http_methods(["GET", "HEAD", "POST"])
def by_phone_page(request):
    office = desk.office_for(request, "visits.decide_datarequest")
    form = OwnDataSearchForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, office, form)
    found = by_phone.find(office, **form.cleaned_data, by=request.user)
    deed = by_phone.DEEDS.get(request.POST.get("do"))
    return _act(request, office, form, found, deed) if deed else _page(request, office, form, found=found)


def _act(request, office, form, found, deed):
    """First what it would do, then, from that page, doing it."""
    chosen = found.only(request.POST.getlist("visit"), request.POST.getlist("thread"))
    is_confirmed = "confirmed" in request.POST
    mistake = "" if is_confirmed and not chosen.size else _mistake(request, chosen, deed)
    if mistake:
        return _page(request, office, form, found=found, chosen=chosen, mistake=mistake)
    if not is_confirmed:
        return _question(request, office, form, chosen, deed)
    rows = by_phone.act(deed, chosen, by=request.user, request=request)
    (messages.success if rows else messages.info)(request, _said(rows, deed))
    return HttpResponseRedirect(f"{reverse('admin:own_data_by_phone')}?kantor={office.slug}")


def _mistake(request, chosen, deed) -> str:
    if not chosen.size:
        return NOTHING_CHOSEN
    if chosen.threads and deed.to_thread is None:
        return THREADS_STAY
    return "" if "identity" in request.POST else IDENTITY


def _said(rows: int, deed) -> str:
    """No name, no number: messages wait in a cookie."""
    return f"{rows} data {deed.done}." if rows else NOTHING_LEFT


def _page(request, office, form, *, found=None, chosen=None, mistake=""):
    if found:
        _seen(request, office, found)
    context = {
        **admin.site.each_context(request),
        "title": "Cari data tamu",
        "office": office,
        "offices": [] if found else desk.offices_to_choose(request),
        "form": form,
        "found": found,
        "chosen": {row.pk for row in chosen.visits} if chosen else set(),
        "chosen_threads": {row.pk for row in chosen.threads} if chosen else set(),
        "has_identity": "identity" in request.POST,
        "mistake": mistake,
    }
    return TemplateResponse(request, "admin/by_phone.html", context, status=422 if mistake else 200)


def _question(request, office, form, chosen, deed):
    _seen(request, office, chosen)
    context = {
        **admin.site.each_context(request),
        "title": f"{deed.verb} {chosen.size} data?",
        "office": office,
        "form": form,
        "found": chosen,
        "do": request.POST["do"],
    }
    return TemplateResponse(request, "admin/by_phone_confirm.html", context)


def _seen(request, office, found) -> None:
    """Whatever is shown leaves a trace: how many rows, not whose."""
    actions.record(action="rights.searched", by=request.user, request=request, office_id=office.pk, rows=found.size)
