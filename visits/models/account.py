"""What DILAKU knows of an account beyond Django's own columns."""

from django.conf import settings
from django.db import models


class OneTimePassword(models.Model):
    """A row stands for a password that somebody else knows too: nothing opens until its owner has changed it."""

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
