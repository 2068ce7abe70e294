"""An office's own settings: letterhead, hours, closed days, divisions, districts."""

from django.contrib import admin
from django.http import Http404, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html

from visits import starter
from visits.admin import first_day, many_at_once
from visits.admin.base import AuditedAdmin, InUseStays, OfficeScopedAdmin, TableInline
from visits.models import ClosedDay, District, Division, Office, ServiceHours
from visits.staff_forms import OfficeForm, ServiceHoursForm


class ServiceHoursInline(TableInline):
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
        ("Keterbukaan", {"fields": ["publishes_figures"]}),
    ]

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        return [*fieldsets, ("Beranda", {"fields": ["first_day_state"]})] if obj else fieldsets

    def get_queryset(self, request):
        return super().get_queryset(request).for_staff(request.user)

    def get_readonly_fields(self, request, obj=None):
        """The slug is part of published addresses: IT changes it, if anybody."""
        shown = ["shown_emblem", "first_day_state"]
        return shown if request.user.is_superuser else [*shown, "slug"]

    def save_related(self, request, form, formsets, change):
        """A new office begins like the first one: with services, divisions and a poster to adapt."""
        super().save_related(request, form, formsets, change)
        if not change:
            starter.furnish(form.instance)

    def has_delete_permission(self, request, obj=None):
        return False

    def office_of(self, row):
        return row

    def get_urls(self):
        pages = [
            ("lambang.png", self.emblem_view, "emblem"),
            ("hari-pertama/<slug:key>/sesuai/", first_day.confirm_view(self), "first_day_confirm"),
            ("hari-pertama/sembunyikan/", first_day.hide_view(self), "first_day_hide"),
            ("hari-pertama/tampilkan/", first_day.call_back_view(self), "first_day_show"),
        ]
        wrap = self.admin_site.admin_view
        ours = [path(f"<int:pk>/{at}", wrap(view), name=f"visits_office_{name}") for at, view, name in pages]
        return [*ours, *super().get_urls()]

    def emblem_view(self, request, pk):
        office = self.get_object(request, str(pk))
        if not self.has_view_permission(request, office) or not office.emblem:
            raise Http404
        return HttpResponse(bytes(office.emblem), content_type="image/png")

    @admin.display(description="Daftar hari pertama")
    def first_day_state(self, office):
        return first_day.state(office)

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
    def get_urls(self):
        view = self.admin_site.admin_view(many_at_once.paste_view(self))
        return [path("tempel/", view, name="visits_district_paste"), *super().get_urls()]


@admin.register(ClosedDay)
class ClosedDayAdmin(OfficeScopedAdmin):
    list_display = ["day", "name"]
    fields = ["office", "day", "name"]
    ordering = ["-day"]

    def get_urls(self):
        view = self.admin_site.admin_view(many_at_once.offer_view(self))
        return [path("libur-nasional/", view, name="visits_closedday_offer"), *super().get_urls()]
