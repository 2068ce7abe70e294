"""What DILAKU knows of an account beyond Django's own columns."""

import hashlib
import hmac
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.module_loading import import_string
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice


class OneTimePassword(models.Model):
    """A row stands for a password that somebody else knows too: nothing opens until its owner has changed it."""

    VALID_FOR = timedelta(days=7)

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="one_time_password",
        verbose_name="pengguna",
    )
    issued_at = models.DateTimeField("dibuat")

    class Meta:
        verbose_name = "sandi sekali pakai"
        verbose_name_plural = "sandi sekali pakai"
        default_permissions = ()

    def __str__(self):
        return f"sandi sekali pakai {self.pk}"

    @property
    def has_expired(self) -> bool:
        return self.issued_at + self.VALID_FOR < timezone.now()


class StaffSession(AbstractBaseSession):
    """Django's session, and whose it is, so that a person's log-ins can be listed and ended."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,  # until the log-in is complete
        related_name="+",
        verbose_name="pengguna",
    )

    class Meta:
        verbose_name = "sesi"
        verbose_name_plural = "sesi"
        default_permissions = ()

    def __str__(self):
        return "sesi"  # its key would open it

    @classmethod
    def get_session_store_class(cls):
        return import_string(f"{settings.SESSION_ENGINE}.SessionStore")


class Authenticator(TOTPDevice):
    """An app on somebody's phone that shows a new code every 30 seconds.

    What the app knows is computed from the stored key and LINK_SECRET, so a stolen dump of the database makes no codes.
    """

    link_secret = None  # which of them; today's by default

    class Meta:
        proxy = True
        default_permissions = ()

    @property
    def bin_key(self) -> bytes:
        secret = self.link_secret or settings.LINK_SECRET
        return hmac.digest(secret.encode(), f"authenticator:{self.key}".encode(), hashlib.sha256)[:20]

    def verify_token(self, token) -> bool:
        """Also under an earlier LINK_SECRET: changing that shuts nobody out."""
        self.link_secret = next((one for one in settings.LINK_SECRET_FALLBACKS if self._matches(token, one)), None)
        return super().verify_token(token)

    def _matches(self, token, link_secret: str) -> bool:
        self.link_secret = link_secret
        return TOTP(self.bin_key, drift=self.drift).verify(int(token), self.tolerance)
