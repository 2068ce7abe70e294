"""An office's own settings: letterhead, hours, closed days, divisions, districts."""

from django.contrib import admin
from django.http import Http404, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html

from visits.admin.base import AuditedAdmin, OfficeScopedAdmin
from visits.models import ClosedDay, District, Division, Office, ServiceHours
from visits.staff_forms import OfficeForm, ServiceHoursForm


class InUseStays:
    """What visits refer to is switched off, never deleted: reports of past months would change."""

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and obj.visits.exists())


class ServiceHoursInline(admin.TabularInline):
    model = ServiceHours
    form = ServiceHoursForm
    extra = 0
    max_num = 7


@admin.register(Office)
class OfficeAdmin(AuditedAdmin):
    form = OfficeForm
    inlines = [ServiceHoursInline]
    list_display = ["name", "unit", "time_zone", "retention_months"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "address", "whatsapp", "time_zone"]}),
        ("Kop surat dan lambang", {"fields": ["institution", "unit", "shown_emblem", "new_emblem", "no_emblem"]}),
        ("Penanda tangan laporan", {"fields": ["signatory_name", "signatory_title", "signatory_number"]}),
        ("Data pribadi", {"fields": ["retention_months", "privacy_contact"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).for_staff(request.user)

    def get_readonly_fields(self, request, obj=None):
        """The slug is part of published addresses: IT changes it, if anybody."""
        return ["shown_emblem"] if request.user.is_superuser else ["shown_emblem", "slug"]

    def has_delete_permission(self, request, obj=None):
        return False

    def office_of(self, row):
        return row

    def get_urls(self):
        emblem = path("<int:pk>/lambang.png", self.admin_site.admin_view(self.emblem_view), name="visits_office_emblem")
        return [emblem, *super().get_urls()]

    def emblem_view(self, request, pk):
        office = self.get_object(request, str(pk))
        if not self.has_view_permission(request, office) or not office.emblem:
            raise Http404
        return HttpResponse(bytes(office.emblem), content_type="image/png")

    @admin.display(description="Lambang sekarang")
    def shown_emblem(self, office):
        if not office.pk or not office.emblem:
            return "Belum ada. Poster memakai lingkaran polos."
        url = reverse("admin:visits_office_emblem", args=[office.pk])
        return format_html('<img class="dk-emblem-now" src="{}" alt="Lambang {}" height="96">', url, office.name)


class OrderedListAdmin(InUseStays, OfficeScopedAdmin):
    """Short lists that the visitor's form offers, in the order that staff give them."""

    list_display = ["name", "order", "is_active"]
    list_editable = ["order", "is_active"]
    list_per_page = 100
    fields = ["office", "name", "order", "is_active"]


@admin.register(Division)
class DivisionAdmin(OrderedListAdmin):
    pass


@admin.register(District)
class DistrictAdmin(OrderedListAdmin):
    pass


@admin.register(ClosedDay)
class ClosedDayAdmin(OfficeScopedAdmin):
    list_display = ["day", "name"]
    fields = ["office", "day", "name"]
    ordering = ["-day"]
