"""The second step of a log-in: a code of an app on the person's phone, or one of ten recovery codes on paper."""

import base64
import io
import math

import qrcode
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import default_key

from visits import sessions
from visits.actions import record_for_account
from visits.codes import private_key, private_keys
from visits.models import Authenticator
from visits.passwords import random_groups

RECOVERY_CODES = 10
DIGITS = 6
# In the session of whoever has signed in with a code: the app that counts.
APP = "second_factor"


class TooSoonError(Exception):
    """After a wrong code the next one has to wait, each time twice as long."""

    def __init__(self, seconds: int):
        super().__init__(seconds)
        self.seconds = seconds


def is_required(user) -> bool:
    """Of whoever can let others in."""
    return settings.SECOND_FACTOR == "required" and user.has_perm("visits.change_membership")


def app_of(user) -> Authenticator | None:
    return _devices(user, Authenticator).first()


def codes_left(user) -> int:
    return StaticToken.objects.filter(device__user=user.pk).count()


@transaction.atomic
def is_code(user, typed: str) -> bool:
    """Takes a code of the app, or a recovery code; neither works twice. Raises TooSoonError."""
    code = _plain(typed)
    is_of_app = _is_of_app(code)
    # Ours until the transaction ends: the same code sent twice at once is taken once.
    device = _devices(user, Authenticator if is_of_app else StaticDevice).select_for_update().first()
    if device is None:
        return False
    is_allowed, why = device.verify_is_allowed()
    if not is_allowed:
        raise TooSoonError(math.ceil((why["locked_until"] - timezone.now()).total_seconds()))
    return device.verify_token(code if is_of_app else _stored(device, code))


def _plain(typed: str) -> str:
    return typed.replace(" ", "").replace("-", "").lower()


def _is_of_app(code: str) -> bool:
    return len(code) == DIGITS and code.isdecimal()


def _devices(user, model):
    return model.objects.filter(user=user.pk, confirmed=True)


def _stored(device: StaticDevice, code: str) -> str:
    """The row of this recovery code, under whichever LINK_SECRET made it; empty when there is none."""
    stored = [key[:16] for key in private_keys("recovery", f"{device.user_id}:{code}")]
    return device.token_set.filter(token__in=stored).values_list("token", flat=True).first() or ""


def new_app(user, key: str = "") -> Authenticator:
    """Not stored: it counts once a code of it has been seen."""
    return Authenticator(user=user, name="app", key=key or default_key())


def is_shown_by(app: Authenticator, typed: str) -> bool:
    """Is this the code that the new app shows now? Then that code is used up."""
    code, totp = _plain(typed), TOTP(app.bin_key)
    is_right = _is_of_app(code) and totp.verify(int(code), app.tolerance)
    app.last_t, app.drift = totp.t(), totp.drift
    return is_right


@transaction.atomic
def set_up(app: Authenticator, *, by, request) -> list[str]:
    """In place of the app before it, if any. Returns ten recovery codes, which nobody can see again."""
    user = User.objects.select_for_update().get(pk=by.pk)
    Authenticator.objects.filter(user=user).delete()
    app.save()
    request.session[APP] = app.pk
    sessions.end_others(request)
    record_for_account(by, action="secondfactor.set_up", by=by, request=request)
    return _new_codes(user)


@transaction.atomic
def renew_codes(*, by, request) -> list[str]:
    """The earlier ones end."""
    record_for_account(by, action="secondfactor.codes_renewed", by=by, request=request)
    return _new_codes(User.objects.select_for_update().get(pk=by.pk))


def _new_codes(user) -> list[str]:
    """The rows hold what LINK_SECRET makes of them: a stolen dump of the database holds no code."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="kertas")
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    rows = [private_key("recovery", f"{user.pk}:{_plain(code)}")[:16] for code in codes]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=row) for row in rows)
    return codes


def _new_code() -> str:
    """About 40 bits; nobody gets many tries."""
    return random_groups(2)


@transaction.atomic
def turn_off(*, by, request) -> None:
    remove(by)
    record_for_account(by, action="secondfactor.turned_off", by=by, request=request)


def remove(user) -> bool:
    """Was there one? Sessions that began with it open nothing any more (visits/door.py)."""
    StaticDevice.objects.filter(user=user.pk).delete()
    return Authenticator.objects.filter(user=user.pk).delete()[0] > 0


def has_to_wait(user) -> bool:
    """After wrong codes, of the app or on paper."""
    devices = [_devices(user, model).first() for model in [Authenticator, StaticDevice]]
    return any(device and not device.verify_is_allowed()[0] for device in devices)


def lift_wait(user) -> None:
    """The next code is looked at at once, however many were wrong."""
    for model in [Authenticator, StaticDevice]:
        model.objects.filter(user=user.pk).update(throttling_failure_timestamp=None, throttling_failure_count=0)


def typed_key(app: Authenticator) -> str:
    """What the QR code holds, for typing: `JBSW Y3DP ...`."""
    text = base64.b32encode(app.bin_key).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def qr_image(app: Authenticator) -> str:
    """As an address that a picture takes: nothing is stored, and no further request is made."""
    picture = io.BytesIO()
    qrcode.make(app.config_url, error_correction=qrcode.ERROR_CORRECT_M, box_size=4).save(picture)
    return f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"
