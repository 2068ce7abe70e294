"""Accounts, groups and who works where: for IT alone, for now."""

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponseRedirect
from django.urls import reverse
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from visits import passwords, roles
from visits.admin.base import AuditedAdmin, TableInline
from visits.models import Membership

VERBS = {"add": "Menambah", "change": "Mengubah", "delete": "Menghapus", "view": "Melihat"}


class MembershipInline(TableInline):
    model = Membership
    extra = 1
    verbose_name_plural = "Bertugas di kantor"


admin.site.unregister(User)
admin.site.unregister(Group)
# Their pages show secrets; people keep their own on "Akun saya".
admin.site.unregister([StaticDevice, TOTPDevice])


class ForITAlone:
    def get_object(self, request, object_id, from_field=None):
        """Refused for a number that nobody has, too: others are not to count accounts by asking."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return super().get_object(request, object_id, from_field)


class AccountForm(UserChangeForm):
    def clean(self):
        data = super().clean()
        if not (data.get("is_superuser") and data.get("is_active")) and self._is_last_superuser():
            raise ValidationError("Ini satu-satunya pengelola DILAKU yang aktif. Jadikan akun lain pengelola dulu.")
        return data

    def _is_last_superuser(self) -> bool:
        """Locked until the end: of two who step down at once the second finds out."""
        managers = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").select_for_update()
        return list(managers.values_list("pk", flat=True)) == [self.instance.pk]


class NewPasswordForm(AdminPasswordChangeForm):
    """Django also offers to take the password away, for other ways in; here there are none, and accounts are switched
    off."""

    def __init__(self, user, *args, **kwargs):
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)
        for field in self.fields.values():
            field.required = True


@admin.register(User)
class AccountAdmin(ForITAlone, AuditedAdmin, UserAdmin):
    """An account is switched off, never deleted: visits and the audit trail name it."""

    form = AccountForm
    add_form = UserCreationForm
    change_password_form = NewPasswordForm
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
        if not change:
            passwords.is_shared(obj)
        elif "is_active" in form.changed_data and not obj.is_active:
            passwords.take_away(obj)

    @transaction.atomic
    def user_change_password(self, request, id, form_url=""):
        """Somebody else's, with its audit line; Django stores it by itself. For one's own the old one is asked."""
        user = self.get_object(request, unquote(id))
        if user.pk == request.user.pk:
            return HttpResponseRedirect(reverse("admin:password_change"))
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            passwords.is_shared(user)
        return response


class PermissionChoice(forms.ModelMultipleChoiceField):
    def label_from_instance(self, permission):
        """Django names its own permissions in English."""
        verb = permission.codename.partition("_")[0]
        if verb not in VERBS or permission.name.startswith("Melihat"):
            return permission.name
        return f"{VERBS[verb]} {permission.content_type.model_class()._meta.verbose_name}"


@admin.register(Group)
class RoleAdmin(ForITAlone, AuditedAdmin, GroupAdmin):
    filter_horizontal = []

    def has_delete_permission(self, request, obj=None):
        return False

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        ours = roles.grantable(Permission).exclude(codename__endswith="dailynumber")
        widget = forms.CheckboxSelectMultiple(attrs={"class": "dk-checks"})
        return PermissionChoice(ours.select_related("content_type"), label="Hak akses", required=False, widget=widget)
