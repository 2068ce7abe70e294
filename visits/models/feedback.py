"""A suggestion, question, complaint or praise, and the letters that follow it."""

from datetime import datetime

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from visits.models.office import CheckInPoint, Division, Office, OfficeOwnedQuerySet, plain_lines, plain_text
from visits.text import validate_readable

MAX_BODY = 2000  # characters of one letter
REPLY_WITHIN = 3  # working days, as PermenPANRB 62/2018 has it for complaints


class FeedbackQuerySet(OfficeOwnedQuerySet):
    """Named sets. A thread waits from the visitor's first unanswered letter until the office replies or closes it."""

    def waiting(self):
        return self.filter(waiting_since__isnull=False)

    def answered(self):
        """The office has replied at least once."""
        return self.filter(first_replied_at__isnull=False)

    def settled(self):
        """The office has replied to everything, and nobody has closed the thread."""
        return self.answered().filter(waiting_since__isnull=True, closed_at__isnull=True)

    def closed(self):
        return self.filter(closed_at__isnull=False)

    def counted(self):
        """Without those that staff have to look at first (visits/abuse.py)."""
        return self.filter(flagged_reason="")

    def flagged(self):
        return self.exclude(flagged_reason="")

    def received(self, start: datetime, end: datetime):
        """Counted threads begun in the half-open range [start, end)."""
        return self.counted().filter(created_at__gte=start, created_at__lt=end)

    def most_urgent_first(self):
        """What waits, the longest first; then the rest, the newest first."""
        return self.order_by(F("waiting_since").asc(nulls_last=True), "-pk")


class FeedbackNumberManager(models.Manager):
    def take(self, office_id: int) -> int:
        """The next number of that office, starting at 1. The row is locked until the transaction ends."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO visits_feedbacknumber (office_id, last) VALUES (%s, 1) ON CONFLICT (office_id)"
                " DO UPDATE SET last = visits_feedbacknumber.last + 1 RETURNING last",
                [office_id],
            )
            return cursor.fetchone()[0]


class FeedbackNumber(models.Model):
    """The last feedback number given out by an office."""

    office = models.OneToOneField(Office, on_delete=models.CASCADE, primary_key=True, related_name="+")
    last = models.PositiveIntegerField(default=0)

    objects = FeedbackNumberManager()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.pk} {self.last}"


class Feedback(models.Model):
    class Category(models.TextChoices):
        SUGGESTION = "saran", pgettext_lazy("feedback", "Saran")
        QUESTION = "pertanyaan", pgettext_lazy("feedback", "Pertanyaan")
        COMPLAINT = "pengaduan", _("Pengaduan")
        PRAISE = "apresiasi", _("Apresiasi")

    class ClosedBy(models.TextChoices):
        VISITOR = "tamu", _("Tamu")
        STAFF = "petugas", _("Petugas")

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="feedback", verbose_name="kantor")
    point = models.ForeignKey(
        CheckInPoint, on_delete=models.PROTECT, related_name="feedback", verbose_name="titik check-in"
    )
    # Made with the page; one row per id. Cleared, with the two below, when the thread is anonymised.
    submission_id = models.UUIDField(unique=True, null=True, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)
    content_digest = models.CharField(max_length=64, blank=True, editable=False)

    number = models.PositiveIntegerField("nomor", editable=False)
    category = models.CharField("jenis", max_length=12, choices=Category)
    name = models.CharField("nama", max_length=100, blank=True)
    phone = models.CharField("nomor HP/WhatsApp", max_length=16, blank=True)
    language = models.CharField("bahasa", max_length=2, choices=settings.LANGUAGES, default="id")
    division = models.ForeignKey(
        Division,
        on_delete=models.SET_NULL,
        related_name="feedback",
        verbose_name="ditangani divisi",
        null=True,
        blank=True,
    )

    created_at = models.DateTimeField("diterima", default=timezone.now, editable=False)
    first_replied_at = models.DateTimeField("pertama dibalas", null=True, editable=False)
    # The visitor's oldest letter that the office has not answered; none where nothing waits.
    waiting_since = models.DateTimeField("menunggu sejak", null=True, editable=False)
    closed_at = models.DateTimeField("ditutup", null=True, editable=False)
    closed_by = models.CharField("ditutup oleh", max_length=8, choices=ClosedBy, blank=True, editable=False)
    # Why the machine takes it for what it may not be; it waits for nobody until staff have looked.
    flagged_reason = models.CharField("perlu diperiksa", max_length=60, blank=True, editable=False)
    notice_version = models.CharField("versi pemberitahuan privasi", max_length=20, blank=True, editable=False)
    anonymized_at = models.DateTimeField("dianonimkan", null=True, editable=False)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = "saran"
        verbose_name_plural = "saran"
        permissions = [("reply_feedback", "Membalas, menutup, dan membagi saran")]
        indexes = [
            models.Index(F("office"), F("waiting_since").asc(nulls_last=True), F("id").desc(), name="feedback_urgent"),
            models.Index(fields=["office", "created_at"], name="feedback_received"),
            models.Index(fields=["office"], name="feedback_flagged", condition=~Q(flagged_reason="")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["office", "number"], name="feedback_number_once"),
            models.CheckConstraint(name="feedback_number_from_1", condition=Q(number__gte=1)),
            models.CheckConstraint(
                name="feedback_category_is_known",
                condition=Q(category__in=["saran", "pertanyaan", "pengaduan", "apresiasi"]),
            ),
            models.CheckConstraint(
                name="feedback_phone_is_e164", condition=Q(phone="") | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$")
            ),
            models.CheckConstraint(
                name="feedback_closed_by_somebody",
                condition=Q(closed_at__isnull=True, closed_by="")
                | Q(closed_at__isnull=False, waiting_since__isnull=True, closed_by__in=["tamu", "petugas"]),
            ),
            plain_text("feedback_name_is_plain_text", "name"),
        ]

    def __str__(self):
        """Never a name: Django's own log stores this."""
        return f"Saran {self.label}"

    @property
    def label(self) -> str:
        """The number as visitor and office say it: S-0032."""
        return f"S-{self.number:04d}"

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    @property
    def is_answered(self) -> bool:
        """Open, and the office has replied to everything."""
        return self.first_replied_at is not None and self.waiting_since is None and not self.is_closed


class MessageQuerySet(models.QuerySet):
    def shown_to_visitor(self):
        """Everything but the staff's notes among themselves."""
        return self.exclude(author=Message.Author.NOTE)


class Message(models.Model):
    """One letter of a thread; the first is the visitor's."""

    class Author(models.TextChoices):
        VISITOR = "tamu", _("Tamu")
        OFFICE = "kantor", _("Kantor")
        NOTE = "catatan", _("Catatan internal")

    feedback = models.ForeignKey(Feedback, on_delete=models.CASCADE, related_name="messages", verbose_name="saran")
    # Made with the page: the same letter sent again is one row. Cleared when the thread is anonymised.
    submission_id = models.UUIDField(unique=True, null=True, editable=False)
    author = models.CharField("penulis", max_length=8, choices=Author, editable=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="ditulis oleh",
        null=True,
        editable=False,
    )
    body = models.TextField("isi", max_length=MAX_BODY, blank=True)
    created_at = models.DateTimeField("ditulis", default=timezone.now, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = "pesan"
        verbose_name_plural = "pesan"
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="message_by_visitor_or_staff",
                condition=Q(author="tamu", written_by__isnull=True)
                | Q(author__in=["kantor", "catatan"], written_by__isnull=False),
            ),
            plain_lines("message_without_control_characters", "body"),
        ]

    def __str__(self):
        return f"pesan {self.pk}"


class ReplyTemplate(models.Model):
    """Words that an office uses often in its replies; staff change them before they send."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="reply_templates", verbose_name="kantor")
    title = models.CharField("judul", max_length=80, validators=[validate_readable])
    body = models.TextField("isi balasan", max_length=MAX_BODY, validators=[validate_readable])
    order = models.PositiveSmallIntegerField("urutan", default=0)
    is_active = models.BooleanField("dipakai", default=True)

    objects = OfficeOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "contoh balasan"
        verbose_name_plural = "contoh balasan"
        ordering = ["office", "order", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "title"],
                name="reply_template_once",
                violation_error_message="Judul ini sudah ada.",
            ),
            plain_text("reply_template_title_is_plain_text", "title"),
            plain_lines("reply_template_without_control_characters", "body"),
        ]

    def __str__(self):
        return self.title
