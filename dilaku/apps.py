"""The staff area is Django's admin with one office-scoped site."""

from django.contrib.admin.apps import AdminConfig


class StaffConfig(AdminConfig):
    default_site = "dilaku.staff.StaffSite"
