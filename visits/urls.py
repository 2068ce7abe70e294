"""The public addresses. They are printed and bookmarked: never change them."""

from django.urls import include, path, register_converter

from visits import feedback_views, rights_views, site_files, survey_views, views
from visits.codes import plain_key


class CodeConverter:
    """Six letters and digits in any case; pages link to the upper-case form, as posters show it."""

    regex = "[0-9A-Za-z]{6}"

    def to_python(self, value):
        return value.upper()

    def to_url(self, value):
        return value


class KeyConverter:
    """A private key in base32, read aloud or typed. One with an O read as 0, or a full stop behind it, is a wrong key
    like any other: its page tells more than "no such page"."""

    regex = "[^/]{1,200}"

    def to_python(self, value):
        return plain_key(value)

    def to_url(self, value):
        return value


register_converter(CodeConverter, "code")
register_converter(KeyConverter, "key")

point_patterns = [
    path("", views.landing, name="landing"),
    path("kunjungan/", views.visit_form, name="visit_form"),
    path("saran/", feedback_views.feedback_form, name="feedback_form"),
    path("syarat/", views.requirements, name="requirements"),
    path("penilaian/", survey_views.survey_at_point, name="survey_at_point"),
    path("penilaian/terima-kasih/", survey_views.survey_thanks_at_point, name="survey_thanks_at_point"),
]

urlpatterns = [
    path("", views.home, name="home"),
    # QR codes hold the address in upper case. Links are written small: reverse() takes the last of equal names.
    path("K/<code:code>/", include(point_patterns)),
    path("k/<code:code>/", include(point_patterns)),
    path("S/<key:key>/", feedback_views.thread, name="thread"),
    path("s/<key:key>/", feedback_views.thread, name="thread"),
    path("s/<key:key>/cukup/", feedback_views.enough, name="thread_enough"),
    path("t/<key:key>/", views.ticket, name="ticket"),
    path("t/<key:key>/selesai/", views.check_out, name="check_out"),
    path("t/<key:key>/datang/", views.check_in_at_door, name="check_in_at_door"),
    path("t/<key:key>/penilaian/", survey_views.survey, name="survey"),
    path("t/<key:key>/penilaian/terima-kasih/", survey_views.survey_thanks, name="survey_thanks"),
    path("t/<key:key>/data/", rights_views.own_data, name="own_data"),
    path("t/<key:key>/data/perbaikan/", rights_views.correct, name="own_data_correct"),
    path("t/<key:key>/data/permintaan/", rights_views.ask, name="own_data_ask"),
    path("t/<key:key>/data/persetujuan/", rights_views.withdraw_consent, name="own_data_consent"),
    path("t/<key:key>/data/pembatasan/", rights_views.lift_restriction, name="own_data_restriction"),
    path("privasi/", views.privacy, name="privacy"),
    path("robots.txt", site_files.robots, name="robots"),
    path(".well-known/security.txt", site_files.security, name="security"),
    path("manifest.webmanifest", site_files.manifest, name="manifest"),
    path("sw.js", site_files.service_worker, name="service_worker"),
]
