"""What a visitor comes for, and what to bring."""

from django.db import models
from django.db.models import F
from django.db.models.functions import Lower

from visits.models.office import Office, OfficeOwnedQuerySet, plain_text
from visits.text import validate_readable


class Purpose(models.Model):
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="purposes", verbose_name="kantor")
    name = models.CharField("nama", max_length=80, validators=[validate_readable])
    description = models.CharField("keterangan singkat", max_length=120, blank=True)
    advice = models.TextField(
        "yang perlu diketahui tamu",
        max_length=400,
        blank=True,
        help_text="Tampil saat keperluan ini dipilih. Misalnya batas waktu laporan.",
    )
    elsewhere_url = models.URLField(
        "tautan layanan daring", blank=True, help_text="Bila urusan ini bisa diselesaikan tanpa datang."
    )
    order = models.PositiveSmallIntegerField("urutan", default=0)
    is_active = models.BooleanField("dipakai", default=True)
    is_confidential = models.BooleanField(
        "rahasia",
        default=False,
        help_text="Nama, nomor HP, instansi, dan catatan hanya terlihat oleh Penerima laporan.",
    )

    objects = OfficeOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "layanan dan syarat"
        verbose_name_plural = "layanan dan syarat"
        ordering = ["office", "order", "name"]
        constraints = [
            models.UniqueConstraint(
                F("office"), Lower("name"), name="purpose_once", violation_error_message="Layanan ini sudah ada."
            ),
            plain_text("purpose_is_plain_text", "name", "description"),
        ]

    def __str__(self):
        return self.name


class RequiredDocument(models.Model):
    purpose = models.ForeignKey(Purpose, on_delete=models.CASCADE, related_name="required_documents")
    name = models.CharField("yang perlu disiapkan", max_length=120, validators=[validate_readable])
    order = models.PositiveSmallIntegerField("urutan", default=0)

    class Meta:
        verbose_name = "persyaratan"
        verbose_name_plural = "persyaratan"
        ordering = ["order", "pk"]
        constraints = [plain_text("required_document_is_plain_text", "name")]

    def __str__(self):
        return self.name
