"""Check-in points: each has a code, and a poster or a link that carries it."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from visits.admin.base import OfficeScopedAdmin
from visits.models import CheckInPoint


@admin.register(CheckInPoint)
class CheckInPointAdmin(OfficeScopedAdmin):
    list_display = ["name", "code", "kind", "is_active", "poster_link"]
    readonly_fields = ["code", "poster_link"]
    list_per_page = 100

    def get_fields(self, request, obj=None):
        shown_later = ["code", "poster_link"] if obj else []
        office = "office" if obj is None or self.has_change_permission(request, obj) else "office_name"
        return [office, "name", "kind", "is_active", *shown_later]

    def has_delete_permission(self, request, obj=None):
        """A code is revoked, never forgotten: printed posters outlive it."""
        return False

    @admin.display(description="kantor")
    def office_name(self, point):
        """To read only, Django would link the office, whose page refuses whoever may not change the point."""
        return point.office.name

    @admin.display(description="poster")
    def poster_link(self, point):
        if point.pk is None:
            return "-"
        return format_html('<a href="{}">Lihat poster</a>', reverse("admin:poster", args=[point.code]))
