"""Passwords that are made here, shown once, and changed by their owner at the first log-in."""

import secrets

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from visits import sessions
from visits.models import OneTimePassword

# Without the letters and digits that look alike.
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


def new_password() -> str:
    """About 79 bits."""
    return random_groups(4)


def random_groups(count: int) -> str:
    """Of four letters and digits each, as they can be read out: about 20 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(count))


def set_one_time_password(user) -> str:
    """Ends every session of the account."""
    password = new_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    is_shared(user)
    return password


def is_shared(user) -> None:
    """Somebody else chose the password: its owner has to change it, within seven days."""
    OneTimePassword.objects.update_or_create(user=user, defaults={"issued_at": timezone.now()})
    sessions.end_all(user)


def take_away(user) -> None:
    """No password opens this account again, also when it is switched on later: a new one is needed then."""
    user.set_unusable_password()
    user.save(update_fields=["password"])
    is_changed(user)
    sessions.end_all(user)


def must_be_changed(user) -> bool:
    return user.is_authenticated and OneTimePassword.objects.filter(user=user.pk).exists()


def is_changed(user) -> None:
    """By its owner: from now on nobody else knows it."""
    OneTimePassword.objects.filter(user=user.pk).delete()


class DifferentFromOld:
    """For AUTH_PASSWORD_VALIDATORS: a one-time password can't be kept by "changing" it to itself."""

    def validate(self, password, user=None):
        if user is not None and user.password and check_password(password, user.password):
            raise ValidationError("Sandi baru harus berbeda dari sandi sekarang.", code="password_unchanged")

    def get_help_text(self):
        return "Sandi baru harus berbeda dari sandi sekarang."
