"""Accounts, groups and who works where: for IT alone, for now."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group, Permission, User

from visits.admin.base import AuditedAdmin, TableInline
from visits.models import Membership

VERBS = {"add": "Menambah", "change": "Mengubah", "delete": "Menghapus", "view": "Melihat"}


class MembershipInline(TableInline):
    model = Membership
    extra = 1
    verbose_name_plural = "Bertugas di kantor"


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class AccountAdmin(AuditedAdmin, UserAdmin):
    """An account is switched off, never deleted: visits and the audit trail name it."""

    add_form = UserCreationForm
    inlines = [MembershipInline]
    list_display = ["username", "first_name", "last_name", "is_active", "last_login"]
    list_filter = []
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password", "first_name", "last_name"]}),
        ("Wewenang", {"fields": ["is_active", "groups", "is_superuser"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "first_name", "last_name", "password1", "password2", "groups"]})]
    search_fields = ["username", "first_name", "last_name"]

    def has_delete_permission(self, request, obj=None):
        return False

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        kwargs["widget"] = forms.CheckboxSelectMultiple(attrs={"class": "dk-checks"})
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        """Every account is one of staff: visitors have none."""
        obj.is_staff = True
        super().save_model(request, obj, form, change)


class PermissionChoice(forms.ModelMultipleChoiceField):
    def label_from_instance(self, permission):
        """Django names its own permissions in English."""
        verb = permission.codename.partition("_")[0]
        if verb not in VERBS or permission.name.startswith("Melihat"):
            return permission.name
        return f"{VERBS[verb]} {permission.content_type.model_class()._meta.verbose_name}"


@admin.register(Group)
class RoleAdmin(AuditedAdmin, GroupAdmin):
    filter_horizontal = []

    def has_delete_permission(self, request, obj=None):
        return False

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        ours = Permission.objects.filter(content_type__app_label="visits").exclude(codename__endswith="dailynumber")
        widget = forms.CheckboxSelectMultiple(attrs={"class": "dk-checks"})
        return PermissionChoice(ours.select_related("content_type"), label="Hak akses", required=False, widget=widget)
