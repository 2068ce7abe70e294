"""What people keep of their own account: the second factor, and where they are signed in."""

from dataclasses import asdict
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from visits import desk, second_factor, sessions
from visits.actions import record_for_account
from visits.login_forms import FirstAppForm, NextAppForm, ProofForm


@require_safe
def account(request):
    zone, app = _zone(request), second_factor.app_of(request.user)
    context = {
        "since": app and _moment(app.created_at, zone),
        "codes_left": second_factor.codes_left(request.user),
        "is_required": second_factor.is_required(request.user),
        "log_ins": [_line(log_in, zone) for log_in in sessions.of(request)],
    }
    return _page(request, "admin/account.html", "Akun saya", **context)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def app(request):
    """Sets one up; in place of an earlier one only for who proves to have that."""
    has_one = second_factor.app_of(request.user) is not None
    form = (NextAppForm if has_one else FirstAppForm)(request, _sent(request))
    if form.is_valid():
        return _codes_page(request, second_factor.set_up(form.app, by=request.user, request=request))
    is_first = not has_one and second_factor.is_required(request.user)
    context = {
        "form": form,
        "has_one": has_one,
        "qr": second_factor.qr_image(form.app),
        "typed_key": second_factor.typed_key(form.app),
        "is_first": is_first,
        "is_nav_sidebar_enabled": not is_first,
    }
    return _page(request, "admin/second_factor.html", "Verifikasi dua langkah", **context)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_codes(request):
    if second_factor.app_of(request.user) is None:
        return HttpResponseRedirect(reverse("admin:second_factor"))
    form = ProofForm(request, _sent(request))
    if form.is_valid():
        return _codes_page(request, second_factor.renew_codes(by=request.user, request=request))
    return _page(request, "admin/recovery_codes_new.html", "Kode cadangan baru", form=form)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor_off(request):
    if second_factor.is_required(request.user):
        raise PermissionDenied
    if second_factor.app_of(request.user) is None:
        return HttpResponseRedirect(reverse("admin:account"))
    form = ProofForm(request, _sent(request))
    if form.is_valid():
        second_factor.turn_off(by=request.user, request=request)
        messages.success(request, "Verifikasi dua langkah dimatikan.")
        return HttpResponseRedirect(reverse("admin:account"))
    return _page(request, "admin/second_factor_off.html", "Matikan verifikasi dua langkah", form=form)


@require_POST
def end_sessions(request):
    """The one that the button names, or all but this one."""
    name = request.POST.get("session")
    if sessions.end(request, name) if name else sessions.end_others(request):
        record_for_account(request.user, action="session.ended", by=request.user, request=request)
        messages.success(request, "Perangkat itu sudah dikeluarkan." if name else "Semua perangkat lain dikeluarkan.")
    return HttpResponseRedirect(reverse("admin:account"))


def _sent(request):
    return request.POST if request.method == "POST" else None


def _codes_page(request, codes):
    """The only time that anybody sees them: on this page, which no cache keeps."""
    return _page(request, "admin/recovery_codes.html", "Kode cadangan", codes=codes)


def _zone(request) -> ZoneInfo:
    office = desk.chosen_office(request)
    return ZoneInfo(office.time_zone if office else settings.TIME_ZONE)


def _line(log_in: sessions.LogIn, zone: ZoneInfo) -> dict:
    times = {"started": _moment(log_in.started_at, zone), "seen": _moment(log_in.seen_at, zone)}
    return {**asdict(log_in), **times}


def _moment(moment, zone: ZoneInfo) -> str:
    return date_format(moment.astimezone(zone), "j M H.i")


def _page(request, template, title, **context):
    return TemplateResponse(request, template, {**admin.site.each_context(request), "title": title, **context})


# (route, view, name).
PAGES = [
    ("akun/", account, "account"),
    ("akun/verifikasi/", app, "second_factor"),
    ("akun/verifikasi/kode/", recovery_codes, "recovery_codes"),
    ("akun/verifikasi/matikan/", second_factor_off, "second_factor_off"),
    ("akun/perangkat/", end_sessions, "end_sessions"),
]
