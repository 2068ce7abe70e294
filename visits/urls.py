"""The public addresses. They are printed and bookmarked: never change them."""

from django.urls import include, path, register_converter

from visits import site_files, views


class CodeConverter:
    """Six letters and digits in any case; pages link to the upper-case form, as posters show it."""

    regex = "[0-9A-Za-z]{6}"

    def to_python(self, value):
        return value.upper()

    def to_url(self, value):
        return value


class KeyConverter:
    """A private key in base32; read aloud or typed it may carry hyphens and capitals, which do not count."""

    regex = "[2-7A-Za-z-]{1,64}"

    def to_python(self, value):
        return value.lower().replace("-", "")

    def to_url(self, value):
        return value


register_converter(CodeConverter, "code")
register_converter(KeyConverter, "key")

point_patterns = [
    path("", views.landing, name="landing"),
    path("kunjungan/", views.visit_form, name="visit_form"),
    path("syarat/", views.requirements, name="requirements"),
]

urlpatterns = [
    path("", views.home, name="home"),
    # QR codes hold the address in upper case. Links are written small: reverse() takes the last of equal names.
    path("K/<code:code>/", include(point_patterns)),
    path("k/<code:code>/", include(point_patterns)),
    path("t/<key:key>/", views.ticket, name="ticket"),
    path("t/<key:key>/selesai/", views.check_out, name="check_out"),
    path("t/<key:key>/datang/", views.check_in_at_door, name="check_in_at_door"),
    path("privasi/", views.privacy, name="privacy"),
    path("robots.txt", site_files.robots, name="robots"),
    path(".well-known/security.txt", site_files.security, name="security"),
    path("manifest.webmanifest", site_files.manifest, name="manifest"),
]
