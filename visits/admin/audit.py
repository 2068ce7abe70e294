"""The audit trail: to be read, filtered and taken out, never changed."""

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from visits import audit_export, exports
from visits.admin import audit_filters as filters
from visits.admin.base import AuditedAdmin, OnlyToRead
from visits.admin.visit_export import download, record_download
from visits.audit_words import action_words, detail_words, moment_words, object_words
from visits.models import AuditEvent, Office
from visits.models.office import offices_of

LARGEST_ID = 2**63 - 1


@admin.register(AuditEvent)
class AuditEventAdmin(OnlyToRead, AuditedAdmin):
    list_display = ["when", "who", "what", "which", "details_shown", "address"]
    list_display_links = None
    list_filter = [
        filters.OfficeFilter,
        filters.PeriodFilter,
        filters.PersonFilter,
        filters.KindFilter,
        filters.ObjectFilter,
    ]
    list_per_page = 50
    list_max_show_all = 0
    ordering = ["-pk"]
    search_fields = ["actor"]  # makes the box appear; get_search_results decides
    search_help_text = "Nama pengguna, atau nomor objek."

    def get_queryset(self, request):
        zone = Office.objects.filter(pk=OuterRef("office_id")).values("time_zone")
        events = super().get_queryset(request).annotate(zone=Subquery(zone))
        return events if request.user.is_superuser else events.filter(office_id__in=offices_of(request.user))

    def get_search_results(self, request, events, text):
        text = text.strip().removeprefix("#")
        if text.isdecimal():
            return events.filter(object_id=min(int(text), LARGEST_ID)), False
        return events.filter(actor__istartswith=text) if text else events, False

    def lookup_allowed(self, lookup, value, request=None):
        return lookup in filters.PeriodFilter.PARAMETERS or super().lookup_allowed(lookup, value, request)

    def get_urls(self):
        view = self.admin_site.admin_view(self.export_view)
        return [path("unduh/", view, name="visits_auditevent_export"), *super().get_urls()]

    @method_decorator(require_safe)
    def export_view(self, request):
        """What the list shows, with its filters."""
        if not self.has_view_permission(request) or not Office.objects.for_staff(request.user).exists():
            raise PermissionDenied
        events = self.get_changelist_instance(request).get_queryset(request)
        newest = events.order_by("-pk").values_list("pk", flat=True).first() or 0
        events = events.filter(pk__lte=newest)  # without the line about this download
        used = {name for name in [*_PARAMETERS, "q"] if request.GET.get(name)}
        record_download("auditevent.exported", request, exports.count_by_office(events), filters=used)
        return download(audit_export.workbook(events), request, "jejak-audit")

    @admin.display(description="waktu")
    def when(self, event):
        return moment_words(event.at, event.zone or settings.TIME_ZONE)

    @admin.display(description="pengguna")
    def who(self, event):
        return event.actor or "-"

    @admin.display(description="tindakan")
    def what(self, event):
        return action_words(event.action)

    @admin.display(description="objek")
    def which(self, event):
        return object_words(event) or "-"

    @admin.display(description="rincian")
    def details_shown(self, event):
        return detail_words(event) or "-"


_PARAMETERS = [
    *filters.PeriodFilter.PARAMETERS,
    *(one.parameter_name for one in AuditEventAdmin.list_filter if one is not filters.PeriodFilter),
]
