"""Every address. PRODUCT's contract: printed and bookmarked, never changed."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("staf/", admin.site.urls),
    path("", include("visits.urls")),
]

handler400 = "visits.errors.bad_request"
handler403 = "visits.errors.permission_denied"
handler404 = "visits.errors.page_not_found"
handler500 = "visits.errors.server_error"
