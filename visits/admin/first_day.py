"""The checklist's buttons: it is right as it is, hide the list, show it again."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from visits import first_day


def confirm_view(model_admin):
    @require_POST
    def view(request, pk, key):
        office = _office(model_admin, request, pk)
        if key not in first_day.CONFIRMABLE:
            raise Http404
        first_day.confirm(office, key, by=request.user, request=request)
        messages.success(request, "Tercatat: sudah sesuai.")
        return _dashboard(office)

    return view


def hide_view(model_admin):
    @require_POST
    def view(request, pk):
        office = _office(model_admin, request, pk)
        first_day.hide(office, by=request.user, request=request)
        settings = reverse("admin:visits_office_change", args=[office.pk])
        said = 'Daftar hari pertama disembunyikan. Anda bisa memunculkannya lagi di <a href="{}">pengaturan kantor</a>.'
        messages.success(request, format_html(said, settings))
        return _dashboard(office)

    return view


def call_back_view(model_admin):
    @require_POST
    def view(request, pk):
        office = _office(model_admin, request, pk)
        first_day.call_back(office, by=request.user, request=request)
        return _dashboard(office)

    return view


def state(office):
    """For the office's settings: how far the list is, and the button that brings it back."""
    if office.first_day_hidden_at:
        url = reverse("admin:visits_office_first_day_show", args=[office.pk])
        button = '<button class="dk-btn small-size" form="desk" formaction="{}">Tampilkan lagi di beranda</button>'
        return format_html(f"Disembunyikan. {button}", url)
    checklist = first_day.of(office)
    if checklist.is_complete:
        return "Semua sudah selesai."
    return f"Tampil di beranda: {checklist.done} dari {len(checklist.items)} selesai."


def _office(model_admin, request, pk):
    office = model_admin.get_object(request, str(pk))
    if not model_admin.has_change_permission(request, office):
        raise PermissionDenied
    return office


def _dashboard(office):
    return HttpResponseRedirect(f"{reverse('admin:index')}?{urlencode({'kantor': office.slug})}")
