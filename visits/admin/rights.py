"""What visitors ask about their own data: what waits longest on top, then one request and the office's decision."""

from functools import partial

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from visits import actions, desk, request_inbox, rights
from visits.admin.base import OfficeScopedAdmin, OnlyToRead
from visits.admin.filters import OfficeFilter, SetFilter
from visits.decision_forms import DecisionForm
from visits.models import DataRequest, Visit
from visits.templatetags.visitor import icon

# As staff name it; the model's own labels are the visitor's words.
KINDS = {"perbaikan": "Perbaikan", "pembatasan": "Pembatasan", "penghapusan": "Penghapusan"}
SAID = {
    "perbaikan": "Permintaan perbaikan dikabulkan.",
    "pembatasan": "Permintaan dikabulkan: data tamu ini dibatasi.",
    "penghapusan": "Permintaan dikabulkan: data tamu ini sudah dihapus.",
}


class DecisionFilter(SetFilter):
    title = "status"
    parameter_name = "status"
    SETS = {
        "menunggu": ("Menunggu keputusan", lambda requests: requests.waiting()),
        "lewat-batas": ("Lewat 72 jam", lambda requests: requests.late()),
        "diputuskan": ("Sudah diputuskan", lambda requests: requests.decided()),
    }


@admin.register(DataRequest)
class DataRequestAdmin(OnlyToRead, OfficeScopedAdmin):
    """Requests begin with a visitor; deciding has a permission of its own."""

    list_display = ["about", "state", "received", "outcome"]
    list_filter = [OfficeFilter, DecisionFilter]
    list_per_page = 25
    list_max_show_all = 0

    def get_queryset(self, request):
        requests = super().get_queryset(request).select_related("office", "visit", "decided_by")
        return requests.defer("office__emblem").most_urgent_first()

    @admin.display(description="Permintaan")
    def about(self, asked):
        """The visit's number, never the name: whoever decides opens the request."""
        day = desk.day(asked.office, asked.visit.arrived_at or asked.visit.created_at)
        return format_html("{}<small>{}, {}</small>", KINDS[asked.kind], asked.visit, day)

    @admin.display(description="Batas 72 jam")
    def state(self, asked):
        return badge(asked)

    @admin.display(description="Diterima")
    def received(self, asked):
        clock, day = desk.clock(asked.office, asked.created_at), desk.day(asked.office, asked.created_at)
        return format_html("{}<small>{}</small>", day, clock)

    @admin.display(description="Keputusan")
    def outcome(self, asked):
        return format_html("{}<small>{}</small>", *decision(asked)) if asked.decided_at else "-"

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def change_view(self, request, object_id, form_url="", extra_context=None):
        asked = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, asked):
            raise PermissionDenied
        show = partial(_page, self, request, asked.pk)
        return _decide(request, asked, show) if request.method == "POST" else show(DecisionForm(asked))


def badge(asked):
    """Never by colour alone: a sign and words."""
    if asked.decided_at:
        in_time = asked.decided_at <= asked.due_at
        return format_html('<span class="badge done">{}</span>', "Tepat waktu" if in_time else "Terlambat")
    left = request_inbox.clock(asked)
    if left.is_late:
        return format_html('<span class="badge is-late">{}{}</span>', icon("alert"), left.words)
    if left.is_near:
        return format_html('<span class="badge is-near">{}{}</span>', icon("clock"), left.words)
    return format_html('<span class="badge is-waiting">{}</span>', left.words)


def decision(asked) -> tuple[str, str]:
    """What was decided; when and by whom. Nobody's name where the office's period or an erasure has settled it."""
    by = asked.decided_by.get_username() if asked.decided_by else "otomatis: datanya sudah dihapus"
    words = "Dikabulkan" if asked.is_granted else "Ditolak"
    return words, f"{desk.day(asked.office, asked.decided_at)}, {by}"


def _decide(request, asked, show):
    if not request.user.has_perm("visits.decide_datarequest"):
        raise PermissionDenied
    form = DecisionForm(asked, request.POST)
    if not form.is_valid():
        return show(form, status=422)
    try:
        rights.decide(
            asked, is_granted=form.is_granted, answer=form.cleaned_data["answer"], by=request.user, request=request
        )
    except rights.AlreadyDecidedError:
        return show(form, status=409)
    said = SAID[asked.kind] if form.is_granted else "Permintaan ditolak. Tamu membaca alasannya di tiketnya."
    messages.success(request, said)
    return HttpResponseRedirect(request.path)


@transaction.atomic
def _page(model_admin, request, pk, form, *, status=200):
    """As the request stands now. 409: a colleague was faster, and what this person wrote is not stored."""
    asked = model_admin.get_object(request, str(pk))
    visits = Visit.objects.as_seen_by(request.user).select_related("office", "purpose", "point").defer("office__emblem")
    visit = visits.get(pk=asked.visit_id)
    actions.opened(visit, by=request.user, request=request)
    context = {
        **model_admin.admin_site.each_context(request),
        **_facts(visit, request.user),
        "title": f"Permintaan {KINDS[asked.kind].lower()}",
        "subtitle": str(visit),
        "asked": asked,
        "badge": badge(asked),
        "due": request_inbox.moment_words(asked.office, asked.due_at),
        "decision": decision(asked) if asked.decided_at else None,
        "form": form,
        "is_too_late": status == 409,
        "may_decide": not asked.decided_at and request.user.has_perm("visits.decide_datarequest"),
        "opts": model_admin.opts,
    }
    return TemplateResponse(request, "admin/visits/datarequest/request.html", context, status=status)


def _facts(visit, user) -> dict:
    """Of a confidential purpose the visitor's words and the answer are for the same few as the name: they may hold it.
    Those about a restricted visit stay readable, or nobody could decide."""
    hides_words = visit.purpose.is_confidential and not user.has_perm("visits.view_confidential")
    return {
        "visit": visit,
        "office": visit.office,
        "name": desk.shown_name(visit),
        "origin": desk.shown_origin(visit),
        "phone": desk.shown_phone(visit),
        "hides_words": hides_words,
        "may_open_visit": user.has_perm("visits.view_visit"),
    }
