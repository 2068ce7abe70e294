"""The audit trail, to be read only."""

from django.conf import settings
from django.contrib import admin
from django.db.models import OuterRef, Subquery

from visits.admin.base import AuditedAdmin
from visits.audit_words import action_words, detail_words, moment_words, object_words
from visits.models import AuditEvent, Office
from visits.models.office import offices_of


@admin.register(AuditEvent)
class AuditEventAdmin(AuditedAdmin):
    list_display = ["when", "who", "what", "which", "details_shown", "address"]
    list_display_links = None
    list_per_page = 50
    ordering = ["-pk"]

    def get_queryset(self, request):
        zone = Office.objects.filter(pk=OuterRef("office_id")).values("time_zone")
        events = super().get_queryset(request).annotate(zone=Subquery(zone))
        return events if request.user.is_superuser else events.filter(office_id__in=offices_of(request.user))

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

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
