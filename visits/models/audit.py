"""Who did what, when, from where. The database refuses to change or delete a row (migration 0002)."""

from django.db import models


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
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_by_object"),
        ]

    def __str__(self):
        return f"{self.action} {self.object_type} {self.object_id or ''}".strip()
