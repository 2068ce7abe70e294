"""What visitors ask about their own data, beyond what they can do themselves on the page of their ticket."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from visits.models.office import Office, OfficeOwnedQuerySet, plain_lines
from visits.models.visit import Visit

ANSWER_WITHIN = timedelta(hours=72)  # 3 x 24 hours, UU 27/2022
MAX_WORDS = 500  # characters, of the visitor and of the office alike


class DataRequestQuerySet(OfficeOwnedQuerySet):
    def waiting(self):
        return self.filter(decided_at__isnull=True)

    def decided(self):
        return self.filter(decided_at__isnull=False)

    def late(self):
        return self.waiting().filter(created_at__lt=timezone.now() - ANSWER_WITHIN)

    def most_urgent_first(self):
        """What waits, the longest first; then the rest, the latest decided first."""
        waiting_since = models.Case(models.When(decided_at=None, then="created_at"))
        return self.order_by(waiting_since.asc(nulls_last=True), F("decided_at").desc(), "-pk")


class DataRequest(models.Model):
    class Kind(models.TextChoices):
        CORRECTION = "perbaikan", _("Perbaiki yang lain")
        RESTRICTION = "pembatasan", _("Batasi pemakaian data saya")
        ERASURE = "penghapusan", _("Hapus data saya")

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+", verbose_name="kantor")
    visit = models.ForeignKey(
        Visit, on_delete=models.PROTECT, related_name="data_requests", verbose_name="kunjungan", editable=False
    )
    kind = models.CharField("permintaan", max_length=12, choices=Kind, editable=False)
    words = models.TextField("penjelasan tamu", max_length=MAX_WORDS, blank=True, editable=False)
    created_at = models.DateTimeField("diterima", default=timezone.now, editable=False)
    decided_at = models.DateTimeField("diputuskan", null=True, editable=False)
    # None for what retention has settled meanwhile.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="diputuskan oleh",
        null=True,
        editable=False,
    )
    is_granted = models.BooleanField("dikabulkan", null=True, editable=False)
    answer = models.TextField("jawaban kantor", max_length=MAX_WORDS, blank=True, editable=False)

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "permintaan data"
        verbose_name_plural = "permintaan data"
        default_permissions = ("view",)
        permissions = [("decide_datarequest", "Memutuskan permintaan data dan menghapus data tamu")]
        indexes = [models.Index(fields=["office"], name="data_request_waiting", condition=Q(decided_at__isnull=True))]
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "kind"], name="data_request_waits_once", condition=Q(decided_at__isnull=True)
            ),
            models.CheckConstraint(
                name="data_request_decided_either_way",
                condition=Q(decided_at__isnull=True, is_granted__isnull=True, decided_by__isnull=True, answer="")
                | Q(decided_at__isnull=False, is_granted=True)
                | Q(decided_at__isnull=False, is_granted=False, answer__regex=r"\S"),
                violation_error_message="Penolakan perlu alasan yang dapat dibaca tamu.",
            ),
            plain_lines("data_request_without_control_characters", "words", "answer"),
        ]

    def __str__(self):
        """Never a name: Django's own log stores this."""
        return f"Permintaan data #{self.pk}"

    @property
    def due_at(self) -> datetime:
        return self.created_at + ANSWER_WITHIN

    @property
    def is_late(self) -> bool:
        return self.decided_at is None and timezone.now() > self.due_at
