"""Every address. PRODUCT's contract: printed and bookmarked, never changed."""

from django.contrib import admin
from django.urls import include, path

from dilaku.metrics import metrics

urlpatterns = [
    path("staf/", admin.site.urls),
    path("metrics", metrics),
    path("", include("visits.urls")),
    path("", include("reports.urls")),
]

handler400 = "visits.errors.bad_request"
handler403 = "visits.errors.permission_denied"
handler404 = "visits.errors.page_not_found"
handler500 = "visits.errors.server_error"
