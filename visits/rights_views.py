"""The visitor's page of the own data, behind the key of the ticket: see it and who has, correct it, ask the office for
the rest."""

from functools import partial

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt  # noqa: TID251 - docs/decisions/003
from django.views.decorators.http import require_http_methods, require_safe

from visits import retention, rights, rights_words, survey_actions
from visits.abuse import FloodError, Sender
from visits.form_page import later
from visits.language import in_chosen_language
from visits.models import DataRequest
from visits.origin import is_same_origin
from visits.public_pages import at_ticket, private, see_private_page, speak_language_of
from visits.rights_forms import CorrectionForm, RequestForm

# What was done, as the address says it after the fact.
DONE = {
    "perbaikan": gettext_lazy("Data Anda sudah diperbaiki"),
    "tetap": gettext_lazy("Tidak ada yang berubah"),
    "permintaan": gettext_lazy("Permintaan Anda sudah kami terima"),
    "persetujuan": gettext_lazy("Persetujuan sudah ditarik"),
    "pembatasan": gettext_lazy("Pembatasan sudah dicabut"),
}


@private
@in_chosen_language
@csrf_exempt
@require_safe
@at_ticket
def own_data(request, visit, key):
    speak_language_of(request, visit)
    return _page(request, visit, key)


@private
@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@at_ticket
def correct(request, visit, key):
    def act(form):
        changes = form.changes()
        try:
            rights.correct(visit, changes=changes, sender=Sender.of(request))
        except rights.OvertakenError as overtaken:
            form.refuse(overtaken.visit, overtaken.fields)
            visit.refresh_from_db(fields=rights.CORRECTABLE)
            return show(form, status=409)
        # Sent twice over a weak signal it has been stored by the first: that is what its sender wants to hear.
        return _see(visit, key, done="perbaikan" if changes else "tetap")

    if request.method != "POST":
        return _see(visit, key)
    show = partial(_page, request, visit, key)
    return _submit(request, CorrectionForm(visit, request.POST), act, show)


@private
@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@at_ticket
def ask(request, visit, key):
    show = partial(_page, request, visit, key)

    def act(form):
        asked = rights.ask(visit, sender=Sender.of(request), **form.cleaned_data)
        if asked.words == form.cleaned_data["words"]:
            return _see(visit, key, done="permintaan")
        form.add_error("words", _("Permintaan seperti ini masih menunggu jawaban. Tunggu dulu, atau hubungi petugas."))
        return show(form, status=409)

    if request.method != "POST":
        return _see(visit, key)
    return _submit(request, RequestForm(request.POST), act, show)


@private
@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@at_ticket
def withdraw_consent(request, visit, key):
    if request.method != "POST" or not is_same_origin(request):
        return _see(visit, key)
    rights.withdraw_consent(visit)
    return _see(visit, key, done="persetujuan")


@private
@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@at_ticket
def lift_restriction(request, visit, key):
    if request.method != "POST" or not is_same_origin(request):
        return _see(visit, key)
    rights.lift_restriction(visit)
    return _see(visit, key, done="pembatasan")


def _submit(request, form, act, show):
    """`act(form)`, or the page with the form and everything typed still in it."""
    if not is_same_origin(request):
        return show(form, status=403, notice="other_site")
    if not form.is_valid():
        return show(form, status=422)
    try:
        return act(form)
    except FloodError as flood:
        return later(show(form, status=429, notice="flood"), flood.seconds)


def _see(visit, key, *, done=""):
    return see_private_page("own_data", key, visit, **({"sudah": done} if done else {}))


def _page(request, visit, key, form=None, *, status=200, notice=""):
    """`form` is the one of the two that was sent."""
    asking = form if isinstance(form, RequestForm) else RequestForm()
    correction = form if isinstance(form, CorrectionForm) else CorrectionForm(visit)
    asked = list(visit.data_requests.most_urgent_first())
    context = {
        "visit": visit,
        "office": visit.office,
        "key": key,
        "done": DONE.get(request.GET.get("sudah")),
        "contact": visit.office.privacy_contact or _("Petugas di meja depan kantor"),
        "kept_until": retention.erased_on(visit),
        "has_survey": survey_actions.sheet_of(visit) is not None,
        "trail": [rights_words.line(trace) for trace in rights.trail(visit)],
        "asked": asked,
        "kinds": _offered(visit, asked, asking["kind"].value()),
        "form": form or asking,
        "correction": correction,
        "asking": asking,
        "notice": notice,
    }
    return render(request, "visits/own_data.html", context, status=status)


def _offered(visit, asked, chosen) -> list:
    """What may be asked for now; what was chosen stays, with what is wrong about it."""
    pointless = {request.kind for request in asked if request.decided_at is None}
    if visit.restricted_at:
        pointless.add(DataRequest.Kind.RESTRICTION)
    return [kind for kind in DataRequest.Kind if kind == chosen or kind not in pointless]
