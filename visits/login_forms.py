"""What is asked at the door: name and password, the code, and both once more before the second factor changes."""

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth import authenticate
from django.core import signing
from django.core.exceptions import ValidationError

from visits import lockout, second_factor
from visits.models import OneTimePassword

EXPIRED = "Sandi sekali pakai ini sudah lewat tujuh hari. Minta yang baru kepada Admin kantor."
WRONG_CODE = "Kode tidak cocok, atau sudah pernah dipakai. Tunggu kode berikutnya di aplikasi, lalu coba lagi."
WRONG_NEW_CODE = "Kode tidak cocok. Periksa jam di ponsel Anda, lalu ketik kode yang sedang tampil."
LOCKED_OUT = "Terlalu banyak sandi yang salah. Tunggu 15 menit, lalu coba lagi."
TOO_OLD = "Halaman ini terbuka terlalu lama. Pindai kode QR yang baru ini."
NEW_KEY_SECONDS = 60 * 60


class LoginForm(AdminAuthenticationForm):
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": "Nama pengguna atau sandi salah. Huruf besar dan kecil dibedakan.",
    }

    def __init__(self, request=None, *args, **kwargs):
        super().__init__(lockout.bare(request), *args, **kwargs)

    def clean(self):
        username = self.cleaned_data.get("username")
        if username and lockout.is_flooded(self.request, username):
            self.request.axes_locked_out = True
            raise self.get_invalid_login_error()
        return super().clean()

    def confirm_login_allowed(self, user):
        super().confirm_login_allowed(user)
        password = OneTimePassword.objects.filter(user=user).first()
        if password and password.has_expired:
            raise ValidationError(EXPIRED, code="expired")

    @property
    def is_locked_out(self) -> bool:
        return getattr(self.request, "axes_locked_out", False)


def code_field(label: str, **attrs) -> forms.CharField:
    """No keyboard of digits: recovery codes have letters."""
    attrs = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", **attrs}
    messages = {"required": "Tulis kodenya."}
    return forms.CharField(label=label, max_length=20, widget=forms.TextInput(attrs), error_messages=messages)


class CodeForm(forms.Form):
    """The second step of a log-in."""

    code = code_field("Kode dari aplikasi, atau kode cadangan", autofocus=True)

    def __init__(self, user, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.user = user

    def clean_code(self):
        return taken_code(self.user, self.cleaned_data["code"])


def taken_code(user, code: str) -> str:
    try:
        if second_factor.is_code(user, code):
            return code
    except second_factor.TooSoonError as error:
        wait = f"Kode sebelumnya salah. Tunggu {error.seconds} detik, lalu coba lagi."
        raise ValidationError(wait, code="too_soon") from error
    raise ValidationError(WRONG_CODE, code="wrong")


def own_password(request, user, password: str) -> str:
    """Counted and written down like a log-in: nobody guesses on an unlocked computer. `request` is a bare one."""
    if authenticate(request, username=user.get_username(), password=password):
        return password
    lockout.record_refusal(request, user.get_username(), request=request)
    locked_out = getattr(request, "axes_locked_out", False)
    raise ValidationError(LOCKED_OUT if locked_out else "Sandi tidak cocok.", code="wrong")


class NewPasswordForm(AdminPasswordChangeForm):
    def __init__(self, request, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = lockout.bare(request)

    def clean_old_password(self):
        return own_password(self.request, self.user, self.cleaned_data["old_password"])


class PasswordForm(forms.Form):
    """The own password once more: whoever finds a computer unlocked has none."""

    password = forms.CharField(
        label="Sandi Anda",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Tulis sandi Anda."},
    )

    def __init__(self, request, data=None):
        super().__init__(data, label_suffix="")
        self.user, self.request = request.user, lockout.bare(request)

    def clean_password(self):
        """Wrong ones are counted: not before all above it is right."""
        return "" if self.errors else own_password(self.request, self.user, self.cleaned_data["password"])


class ProofForm(PasswordForm):
    """Before the second factor changes, that as well."""

    code = code_field("Kode dari aplikasi sekarang, atau kode cadangan")

    def clean_code(self):
        """Used up by being looked at: not before all above it is right."""
        return None if self.errors else taken_code(self.user, self.cleaned_data["code"])


class FirstAppForm(PasswordForm):
    """A code of the app that has just scanned the key. The key travels with the page: no GET stores anything."""

    key = forms.CharField(required=False)
    new_code = code_field("Kode enam angka di aplikasi", inputmode="numeric")
    field_order = ["key", "new_code", "password", "code"]

    def __init__(self, request, data=None):
        super().__init__(request, data)
        self.app = second_factor.new_app(self.user, self._key_sent())
        self.signed_key = signing.dumps([self.user.pk, self.app.key], salt="visits.new_app")

    def _key_sent(self) -> str:
        """The one that the page showed; none when it is too old, or not this person's."""
        try:
            user_id, key = signing.loads(self.data.get("key", ""), salt="visits.new_app", max_age=NEW_KEY_SECONDS)
        except signing.BadSignature:
            return ""
        return key if user_id == self.user.pk else ""

    def clean_key(self):
        if not self._key_sent():
            raise ValidationError(TOO_OLD, code="too_old")

    def clean_new_code(self):
        code = self.cleaned_data["new_code"]
        if "key" in self.cleaned_data and not second_factor.is_shown_by(self.app, code):
            raise ValidationError(WRONG_NEW_CODE, code="wrong")
        return code


class NextAppForm(FirstAppForm, ProofForm):
    """In place of an earlier app, for who proves to have that."""
