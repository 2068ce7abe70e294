"""The staff area's frame: who may enter, the menu, the dashboard. What stands in it is registered in visits/admin/."""

from functools import wraps

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.cache import get_conditional_response
from django.utils.crypto import salted_hmac
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_safe

import reports.urls
from dilaku.dashboard import dashboard, may_see
from visits import (
    account_views,
    actions,
    by_phone_views,
    colleague_views,
    desk,
    door,
    errors,
    first_day,
    flagged_views,
    login_views,
    passwords,
    poster_views,
    sessions,
    staff_views,
)
from visits.models import Office

# Models by their name; pages by the name of their address, with the permission they ask for.
MENU = {
    "Layanan": [
        "Visit",
        ("Tamu di dalam", "inside", "visits.view_visit"),
        "Feedback",
        "SurveyResponse",
        "DataRequest",
        ("Poster QR", "posters", "visits.view_checkinpoint"),
    ],
    "Laporan": [("Laporan bulanan", "reports", "visits.view_figures")],
    "Pengaturan": [
        "Office",
        "Purpose",
        "Division",
        "District",
        "ClosedDay",
        "CheckInPoint",
        "ReplyTemplate",
        ("Rekan kerja", "colleagues", "visits.change_membership"),
        "User",
        "Group",
        "AuditEvent",
    ],
}
# What a page asks for by itself, with nobody there: it does not lengthen a session.
UNATTENDED = {"today"}


class StaffSite(AdminSite):
    site_header = "DILAKU"
    site_title = "DILAKU"
    index_title = "Beranda"
    site_url = None

    def get_urls(self):
        pages = [
            ("hari-ini/", self.today, "today"),
            ("di-dalam/", staff_views.inside, "inside"),
            ("diperiksa/", flagged_views.flagged_page, "flagged"),
            ("hak-data/", by_phone_views.by_phone_page, "own_data_by_phone"),
            ("poster/", staff_views.posters, "posters"),
            ("poster/periksa/", poster_views.poster_check, "poster_check"),
            ("poster/<slug:code>/", staff_views.poster, "poster"),
            ("poster/<slug:code>/ganti/", poster_views.replace_code, "poster_replace_code"),
            ("poster/<slug:code>/pakai-lagi/", poster_views.restore_code, "poster_restore_code"),
            ("poster/<slug:code>-sosial.png", staff_views.poster_social, "poster_social"),
            ("poster/<slug:code>-lembar.png", staff_views.poster_sheet, "poster_sheet"),
            ("poster/<slug:code>.pdf", staff_views.poster_pdf, "poster_pdf"),
            ("poster/<slug:code>.png", staff_views.poster_png, "poster_png"),
            ("poster/<slug:code>.svg", staff_views.poster_svg, "poster_svg"),
        ]
        pages += [*reports.urls.PAGES, *colleague_views.PAGES, *account_views.PAGES]
        return [
            path("login/kode/", login_views.code, name="login_code"),
            *[path(at, self.admin_view(view), name=name) for at, view, name in pages],
            *super().get_urls(),
        ]

    def admin_view(self, view, cacheable=False):
        """Nothing opens before what has to be done first (visits/door.py); a refusal leaves a trace."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def traced(request, *args, **kwargs):
            page, stop = request.resolver_match.url_name, door.first_stop(request)
            if request.method == "POST" and request.user.is_anonymous and page != "logout":
                return _signed_out(request)
            if stop and page not in {stop, "logout"}:
                return HttpResponseRedirect(reverse(f"admin:{stop}"))
            if page not in UNATTENDED:
                sessions.touch(request)
            try:
                return _told(inner(request, *args, **kwargs))
            except (PermissionDenied, Http404, SuspiciousOperation):
                if page:  # nobody is kept out of an address that does not exist
                    _record("refused", request, path=request.path)
                raise

        return traced

    def login(self, request, extra_context=None):
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        context = {
            **self.each_context(request),
            "title": "Masuk",
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            **(extra_context or {}),
        }
        return login_views.Password.as_view(extra_context=context)(request)

    def logout(self, request, extra_context=None):
        if request.method == "POST" and request.user.is_authenticated:
            actions.record_for_account(request.user, action="logout", by=request.user, request=request)
        return super().logout(request, extra_context)

    @method_decorator(transaction.atomic)
    def password_change(self, request, extra_context=None):
        is_first = passwords.must_be_changed(request.user)
        bare = {"is_first": True, "is_nav_sidebar_enabled": False} if is_first else {}
        context = {**self.each_context(request), **bare, **(extra_context or {})}
        response = login_views.NewPassword.as_view(extra_context=context)(request)
        if request.method == "POST" and response.status_code == 302:
            passwords.is_changed(request.user)
            sessions.end_others(request)
            _record("password.changed", request)
            if is_first:
                messages.success(request, "Sandi Anda sudah diganti. Selamat datang.")
                return HttpResponseRedirect(reverse("admin:index"))
        return response

    def each_context(self, request):
        offices = Office.objects.all() if request.user.is_anonymous else Office.objects.for_staff(request.user)
        names = list(offices.values_list("name", flat=True)[:2])
        return {**super().each_context(request), "office_name": names[0] if len(names) == 1 else ""}

    def get_app_list(self, request, app_label=None):
        if app_label:
            return super().get_app_list(request, app_label)
        models = {
            model["object_name"]: model for app in self._build_app_dict(request).values() for model in app["models"]
        }
        groups = []
        for title, menu in MENU.items():
            entries = [_page(entry, request) if isinstance(entry, tuple) else models.pop(entry, None) for entry in menu]
            groups.append(_group(title, entries))
        groups.append(_group("Lainnya", list(models.values())))
        return [group for group in groups if group["models"]]

    def app_index(self, request, app_label, extra_context=None):
        """The menu is one list, whatever the module; breadcrumbs lead here."""
        return HttpResponseRedirect(reverse("admin:index"))

    def index(self, request, extra_context=None):
        user, offices = request.user, desk.offices_to_choose(request)
        office = desk.chosen_office(request)
        context = {
            **self.each_context(request),
            **(dashboard(office, user, is_one_of_several=bool(offices)) if office and may_see(user) else {}),
            "title": self.index_title,
            "office": office,
            "may_see": may_see(user),
            "app_list": self.get_app_list(request),
            "offices": offices,
            "first_day": first_day.shown(office, user) if office else None,
        }
        return TemplateResponse(request, "admin/index.html", context)

    @method_decorator(require_safe)
    def today(self, request):
        """The living part of the dashboard. Asking for it changes nothing, so the session ends when it would anyway."""
        office = desk.chosen_office(request)
        if office is None or not may_see(request.user):
            raise PermissionDenied
        context = dashboard(office, request.user, is_one_of_several=bool(desk.offices_to_choose(request)))
        page = render_to_string("admin/_today.html", context, request)
        etag = f'"{salted_hmac("dilaku.staff.today", page).hexdigest()}"'
        return get_conditional_response(request, etag=etag) or HttpResponse(page, headers={"ETag": etag})


def _told(response):
    """A page that comes back with mistakes says so in its status too; Django's own say 200."""
    context = getattr(response, "context_data", None) or {}
    forms = [context.get("form"), getattr(context.get("cl"), "formset", None)]
    if context.get("errors") or any(form is not None and form.is_bound and not form.is_valid() for form in forms):
        response.status_code = 422
    return response


def _record(action, request, **details):
    """In the trail of the office that it concerns, so that its Admin kantor can read it."""
    actions.record(action=action, by=request.user, request=request, office_id=desk.office_concerned(request), **details)


def _signed_out(request):
    """The session ended while somebody was typing: a redirect to the login page would lose it."""
    link = format_html('<a href="{}" target="_blank">Masuk lagi di tab baru</a>', reverse("admin:login"))
    text = format_html("{}, lalu kirim lagi dari halaman ini.", link)
    return errors.page(request, 403, "Anda sudah keluar", text, can_resend=True)


def _group(title, models):
    return {
        "name": title,
        "app_label": title.lower(),
        "app_url": reverse("admin:index"),
        "has_module_perms": True,
        "models": [model for model in models if model],
    }


def _page(entry, request):
    name, url_name, permission = entry
    if not request.user.has_perm(permission):
        return None
    return {"name": name, "object_name": url_name, "admin_url": reverse(f"admin:{url_name}"), "view_only": True}
