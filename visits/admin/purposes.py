"""What visitors come for, and what they have to bring."""

from django.contrib import admin

from visits.admin.base import InUseStays, OfficeScopedAdmin, TableInline
from visits.models import Purpose, RequiredDocument


class RequiredDocumentInline(TableInline):
    model = RequiredDocument
    fields = ["name", "order"]
    extra = 1


@admin.register(Purpose)
class PurposeAdmin(InUseStays, OfficeScopedAdmin):
    inlines = [RequiredDocumentInline]
    list_display = ["name", "order", "is_active", "is_confidential"]
    list_editable = ["order", "is_active"]
    list_per_page = 100
    fields = ["office", "name", "description", "advice", "elsewhere_url", "order", "is_active", "is_confidential"]

    def get_readonly_fields(self, request, obj=None):
        """Switching confidentiality off would show every name behind it: only for those who may see them anyway."""
        if obj and obj.is_confidential and not request.user.has_perm("visits.view_confidential"):
            return ["is_confidential"]
        return []
