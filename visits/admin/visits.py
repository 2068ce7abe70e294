"""Visits: the list, one visit, and "Catat tamu". Everything personal is read from the `seen_*` columns."""

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.urls import path
from django.utils.formats import date_format

from visits import actions, desk
from visits.admin import filters, steps
from visits.admin.base import OfficeScopedAdmin, TracedSearch
from visits.admin.visit_export import VisitExport
from visits.admin.visit_fields import VisitFields
from visits.admin.visit_import import import_view
from visits.models import Visit
from visits.models.visit import NEWEST_FIRST
from visits.search import newest_found
from visits.staff_forms import DeskForm, VisitEditForm


@admin.register(Visit)
class VisitAdmin(VisitExport, VisitFields, TracedSearch, OfficeScopedAdmin):
    form = VisitEditForm
    list_filter = [
        filters.OfficeFilter,
        filters.PeriodFilter,
        filters.StatusFilter,
        filters.PurposeFilter,
        filters.KindFilter,
        filters.EntryFilter,
    ]
    list_per_page = 25
    list_max_show_all = 0
    list_select_related = ["office", "purpose", "district", "point", "entered_by"]
    ordering = NEWEST_FIRST
    search_fields = ["name"]  # makes the box appear; get_search_results decides
    search_help_text = "Nama, instansi, angka terakhir nomor HP, atau nomor kunjungan."

    def get_queryset(self, request):
        visits = super().get_queryset(request).as_seen_by(request.user)
        return visits.select_related(*self.list_select_related).defer("office__emblem")

    def get_object(self, request, object_id, from_field=None):
        visit = super().get_object(request, object_id, from_field)
        visit.viewer = request.user
        return visit

    def get_search_results(self, request, visits, text):
        found = newest_found(visits, text, request.user) if text.strip() else visits
        return found, False

    def has_delete_permission(self, request, obj=None):
        """A visit is excluded with a reason, never deleted."""
        return False

    def get_urls(self):
        def page(slug, view, name):
            return path(f"<int:pk>/{slug}/", self.admin_site.admin_view(view), name=f"visits_visit_{name}")

        buttons = [page(step.slug, steps.step_view(self, step), step.name) for step in steps.STEPS.values()]
        buttons.append(page("kecualikan", steps.exclusion_view(self), "exclude"))
        import_page = path("import/", self.admin_site.admin_view(import_view(self)), name="visits_visit_import")
        return [*buttons, import_page, *super().get_urls()]

    @transaction.atomic
    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method == "POST":
            # Of two people at once the second waits, and then sees what the first has stored.
            Visit.objects.select_for_update().get(pk=self.get_object(request, unquote(object_id)).pk)
        response = super().change_view(request, object_id, form_url, extra_context)
        if visit := getattr(response, "context_data", {}).get("original"):
            actions.opened(visit, by=request.user, request=request)
        return response

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        office = obj.office if obj else desk.chosen_office(request)
        context["divisions"] = office.divisions.filter(is_active=True)
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        if obj:
            context |= _heading(obj)
            context["may_exclude"] = obj.excluded_at is None and request.user.has_perm("visits.exclude_visit")
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request, visit, form, change):
        if form.changed_data:
            actions.edit(visit, fields=form.changed_data, by=request.user, request=request)

    def log_change(self, request, visit, message):
        """actions.edit has left the audit line."""

    def response_change(self, request, visit):
        """A button on the page takes its step after what was typed has been stored."""
        step = steps.STEPS.get(request.POST.get("_step", ""))
        if step is None:
            return super().response_change(request, visit)
        steps.take(request, visit, step)
        return HttpResponseRedirect(request.get_full_path())

    def add_view(self, request, form_url="", extra_context=None):
        """ "Catat tamu": afterwards the page is ready for the next visitor."""
        office = desk.chosen_office(request)
        if office is None or not self.has_add_permission(request):
            raise PermissionDenied
        form = DeskForm(office, request.POST or None)
        if request.method == "POST" and form.is_valid() and (visit := self._register(request, office, form)):
            messages.success(request, f"Tercatat: nomor {visit.label}.")
            return HttpResponseRedirect(request.get_full_path())
        return self._desk_page(request, office, form)

    def _register(self, request, office, form):
        try:
            return actions.register(office=office, data=form.data_to_store(), by=request.user, request=request)
        except actions.OtherContentError:
            form.start_anew()
            form.add_error(None, "Halaman ini sudah dipakai untuk mencatat tamu lain. Simpan lagi bila ini tamu baru.")
        except actions.StaleChoicesError:
            form.add_error(None, "Pilihan keperluan atau kecamatan baru saja berubah. Pilih sekali lagi.")
        return None

    def _desk_page(self, request, office, form):
        form.focus_first_mistake()
        context = {
            **self.admin_site.each_context(request),
            "title": "Catat tamu",
            "subtitle": office.name,
            "adminform": helpers.AdminForm(form, [(None, {"fields": list(form.fields)})], {}, (), model_admin=self),
            "errors": helpers.AdminErrorList(form, []),
            "inline_admin_formsets": [],
            "media": self.media + form.media,
            "preserved_filters": "",
            "office": office,
            "offices": desk.offices_to_choose(request),
        }
        return self.render_change_form(request, context, add=True)


def _heading(visit):
    day = visit.office.local(visit.arrived_at or visit.created_at)
    return {
        "title": desk.shown_name(visit),
        "subtitle": f"{visit}, {date_format(day, 'l, j F Y')}",
        "office": visit.office,
    }
