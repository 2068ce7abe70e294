"""Who did what, when, from where. The database refuses to change or delete a row (migrations 0002 and 0005)."""

from datetime import UTC, datetime

from django.db import models
from django.db.models import F, Q


class AuditEvent(models.Model):
    """No foreign keys: an event outlives what it speaks of. No personal values: fields are named, never quoted."""

    at = models.DateTimeField("waktu", auto_now_add=True)
    actor_id = models.BigIntegerField("nomor pengguna", null=True)
    actor = models.CharField("pengguna", max_length=150, blank=True)
    office_id = models.BigIntegerField("nomor kantor", null=True)
    action = models.CharField("tindakan", max_length=40)
    object_type = models.CharField("jenis objek", max_length=40, blank=True)
    object_id = models.BigIntegerField("nomor objek", null=True)
    details = models.JSONField("rincian", default=dict)
    address = models.GenericIPAddressField("alamat jaringan", null=True)

    class Meta:
        verbose_name = "jejak audit"
        verbose_name_plural = "jejak audit"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["office_id", "-id"], name="audit_by_office"),
            models.Index(fields=["office_id", "action"], name="audit_by_office_and_action"),
            models.Index(fields=["office_id", "actor", "-id"], name="audit_by_office_and_actor"),
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_by_object"),
        ]
        constraints = [
            # PostgreSQL knows years that Python does not: one line of them would end sealing, reading and verifying.
            models.CheckConstraint(
                name="audit_event_of_our_time",
                condition=Q(at__gte=datetime(2000, 1, 1, tzinfo=UTC), at__lt=datetime(9999, 1, 1, tzinfo=UTC)),
            ),
        ]

    def __str__(self):
        return f"{self.action} {self.object_type} {self.object_id or ''}".strip()


class AuditSeal(models.Model):
    """The events `first_id` to `last_id` as they stood when they were sealed (visits/audit_seals.py)."""

    # 1, 2, 3 without a gap: a seal that was taken away is missed.
    number = models.BigIntegerField("nomor", primary_key=True)
    first_id = models.BigIntegerField("dari kejadian")
    last_id = models.BigIntegerField("sampai kejadian")
    count = models.PositiveIntegerField("jumlah kejadian")
    sealed_at = models.DateTimeField("disegel")
    # Over the seal before and over every event of the range.
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = "segel jejak audit"
        verbose_name_plural = "segel jejak audit"
        default_permissions = ()
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["first_id"], name="audit_seal_of_a_range_once"),
            models.CheckConstraint(
                name="audit_seal_of_a_range",
                condition=Q(count__gte=1, count__lte=F("last_id") - F("first_id") + 1),
            ),
        ]

    def __str__(self):
        return f"segel {self.number}"
