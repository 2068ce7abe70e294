"""The door's two pages, name and password, then the code where the account has one; and a new password."""

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from visits import door, errors, lockout, second_factor
from visits.actions import record_for_account
from visits.login_forms import CodeForm, LoginForm, NewPasswordForm


class Password(LoginView):
    """Django's own page. An account with a second factor is led to the code, not inside."""

    template_name = "admin/login.html"
    authentication_form = LoginForm

    def form_valid(self, form):
        user, going_to = form.get_user(), self.get_success_url()
        if second_factor.app_of(user):
            door.wait_for_code(self.request, user, going_to)
            return HttpResponseRedirect(reverse("admin:login_code"))
        door.enter(self.request, user)
        return HttpResponseRedirect(going_to)

    def form_invalid(self, form):
        if {"username", "password"} <= form.cleaned_data.keys():
            lockout.record_refusal(form.request, form.cleaned_data["username"], request=self.request)
        if form.is_locked_out:
            return locked_out(self.request)
        return self.render_to_response(self.get_context_data(form=form), status=422)


def locked_out(request):
    link = format_html('<a href="{}">Kembali ke halaman masuk</a>', reverse("admin:login"))
    wait = "Tunggu 15 menit, atau minta Admin kantor membuka kunci akun Anda. Rekan lain tetap bisa masuk."
    response = errors.page(request, 429, "Terlalu banyak percobaan masuk", format_html("{} {}.", wait, link))
    response.headers["Retry-After"] = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    return response


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def code(request):
    user = door.waiting(request)
    if user is None:
        return _from_the_beginning(request)
    form = CodeForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        return HttpResponseRedirect(door.enter(request, user))
    if form.has_error("code", "wrong"):
        record_for_account(user, action="login.code_refused", request=request)
    context = {**admin.site.each_context(request), "title": "Verifikasi dua langkah", "form": form}
    return TemplateResponse(request, "admin/login_code.html", context, status=422 if form.errors else 200)


class NewPassword(PasswordChangeView):
    """Django's own page. It saves the whole account: not while somebody switches that off."""

    form_class = NewPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self):
        accounts = User.objects.select_for_update() if self.request.method == "POST" else User.objects
        own = accounts.get(pk=self.request.user.pk)
        return {**super().get_form_kwargs(), "user": own, "request": self.request}


def _from_the_beginning(request):
    if request.method == "POST":
        messages.warning(request, "Waktu untuk mengisi kode sudah habis. Masuk lagi dari awal.")
    return HttpResponseRedirect(reverse("admin:login"))
