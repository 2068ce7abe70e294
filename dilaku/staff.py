"""The staff area's frame: title, menu and dashboard. What stands in it is registered in visits/admin.py."""

from django.contrib.admin import AdminSite


class StaffSite(AdminSite):
    site_header = "DILAKU"
    site_title = "DILAKU"
    index_title = "Beranda"
    site_url = "/"
