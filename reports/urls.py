"""Addresses that are printed and bookmarked: never change them. dilaku/staff.py puts PAGES behind the login."""

from django.urls import path, register_converter

from reports import public_views, views
from reports.period import Period


class PeriodConverter:
    regex = "[0-9ST-]{4,7}"  # what else it must be, to_python says: a ValueError is no match

    def to_python(self, slug):
        return Period.parse(slug)

    def to_url(self, period):
        return str(period)


register_converter(PeriodConverter, "period")

# (route, view, name).
PAGES = [
    ("laporan/", views.latest, "reports"),
    ("laporan/<period:period>/", views.report, "report"),
    ("laporan/<period:period>.pdf", views.report_pdf, "report_pdf"),
    ("laporan/<period:period>.xlsx", views.report_xlsx, "report_xlsx"),
    ("laporan/<period:period>.csv", views.report_csv, "report_csv"),
    ("laporan/<period:period>/sahkan/", views.lock_report, "report_lock"),
    ("laporan/<period:period>/buka/", views.unlock_report, "report_unlock"),
]

urlpatterns = [
    path("publik/<slug:slug>/", public_views.figures, name="public_figures"),
    path("publik/<slug:slug>/angka.csv", public_views.figures_csv, name="public_csv"),
    path("publik/<slug:slug>/sematan/", public_views.card, name="public_card"),
]
