"""Reports as they were issued. A period without a current row here is counted live."""

from hashlib import sha256

from django.conf import settings
from django.db import models
from django.db.models import Q

from visits.models import Office


class ArchivedReportQuerySet(models.QuerySet):
    def current(self):
        return self.filter(ended_at__isnull=True)


class ArchivedReport(models.Model):
    """The figures of one office and period, as they were when the report was locked or stored.

    Once written they never change; a report that is opened again ends, and stays here. While it lasts the database
    refuses to let visits into or out of the count of its days (migration 0002), or survey answers (0003).
    """

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=7)  # slug
    title = models.CharField(max_length=40)  # "Juni 2026", "triwulan I 2026": what a refusal by the database calls it
    first_day = models.DateField()
    last_day = models.DateField()
    # Empty: stored without being signed, since personal data that the figures rest on is gone.
    number = models.CharField("nomor laporan", max_length=80, blank=True)
    figures = models.TextField()  # MonthlyReport.to_json()
    letterhead = models.TextField()  # Letterhead.to_json()
    checksum = models.CharField(max_length=64)  # of what stands above
    stored_at = models.DateTimeField()
    stored_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    ended_reason = models.CharField(max_length=200, blank=True)

    objects = ArchivedReportQuerySet.as_manager()

    class Meta:
        verbose_name = "laporan tersimpan"
        verbose_name_plural = "laporan tersimpan"
        default_permissions = ()
        permissions = [("lock_report", "Mengesahkan laporan dan membukanya lagi")]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "period"], condition=Q(ended_at__isnull=True), name="archived_report_once_per_period"
            ),
            models.UniqueConstraint(
                fields=["office", "number"],
                condition=Q(ended_at__isnull=True) & ~Q(number=""),
                name="archived_report_number_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_reason="") | Q(ended_at__isnull=False) & ~Q(ended_reason=""),
                name="archived_report_ended_with_reason",
            ),
        ]

    def __str__(self):
        return f"laporan {self.period} #{self.pk}"

    @property
    def is_locked(self) -> bool:
        return bool(self.number)

    @property
    def is_intact(self) -> bool:
        return self.checksum == self.computed_checksum()

    def computed_checksum(self) -> str:
        """Hexadecimal SHA-256 of period, number, letterhead and figures, a line each."""
        content = "\n".join([self.period, self.number, self.letterhead, self.figures])
        return sha256(content.encode()).hexdigest()
