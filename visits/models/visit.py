"""One visit by one person or party."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import Reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from visits.models.office import CheckInPoint, District, Division, Office, OfficeOwnedQuerySet
from visits.models.purpose import Purpose

NEWEST_FIRST = [F("arrived_at").desc(nulls_last=True), "-pk"]
ANNOUNCEMENT_LASTS = timedelta(days=7)
MAX_PARTY_SIZE = 99
# What a confidential purpose hides from staff without the permission `view_confidential`.
CONFIDENTIAL_FIELDS = ["name", "phone", "organization", "note", "staff_note", "excluded_reason"]
# PostgreSQL takes "H.Ahmad" or "Maju/Jaya" for a host or a path, one word; to those who search they are two.
WORD_BREAKS = "./\\@:_-'’‘`\"&+,;#()"


def _words(field: str) -> Func:
    spaces = " " * len(WORD_BREAKS)
    return Func(F(field), Value(WORD_BREAKS), Value(spaces), function="translate", output_field=models.TextField())


def confidential_to(user) -> Q:
    """The visits of which this person may not even know whose number came: none with the permission."""
    return Q(pk__in=[]) if user.has_perm("visits.view_confidential") else Q(purpose__is_confidential=True)


def masked_for(user) -> Q:
    """The visits of which this person may not see whose they are: searches leave them out too."""
    return Q(restricted_at__isnull=False) | confidential_to(user)


class VisitQuerySet(OfficeOwnedQuerySet):
    """Named sets. A visit counts once it has arrived and as long as it is not excluded."""

    def arrived(self):
        return self.filter(arrived_at__isnull=False)

    def counted(self):
        return self.arrived().filter(excluded_at__isnull=True)

    def open(self):
        """Who is inside now."""
        return self.counted().filter(left_at__isnull=True)

    def left(self):
        return self.counted().filter(left_at__isnull=False)

    def excluded(self):
        return self.filter(excluded_at__isnull=False)

    def flagged(self):
        """Taken by the machine for what it may not be, and left out of the count until staff have looked."""
        return self.excluded().exclude(flagged_reason="")

    def announced(self):
        """Announced online, not yet here, not lapsed, and somebody to wait for."""
        return self.filter(
            anonymized_at__isnull=True,
            arrived_at__isnull=True,
            lapsed_at__isnull=True,
            excluded_at__isnull=True,
            created_at__gt=timezone.now() - ANNOUNCEMENT_LASTS,
        )

    def lapsing(self):
        """Announced, and over time."""
        return self.filter(
            arrived_at__isnull=True, lapsed_at__isnull=True, created_at__lte=timezone.now() - ANNOUNCEMENT_LASTS
        )

    def on(self, day: date):
        """Arrivals of one office day."""
        return self.filter(day=day)

    def during(self, start: datetime, end: datetime):
        """Arrivals in the half-open range [start, end)."""
        return self.filter(arrived_at__gte=start, arrived_at__lt=end)

    def newest_first(self):
        return self.order_by(*NEWEST_FIRST)

    def of_submission(self, submission_id: UUID) -> "Visit | None":
        """Every form that is sent asks, nearly always in vain: in plain SQL, since making Django's query of forty
        columns takes ten times as long as the answer."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM visits_visit WHERE submission_id = %s", [submission_id])
            is_known = cursor.rowcount > 0
        return self.filter(submission_id=submission_id).first() if is_known else None

    def as_seen_by(self, user):
        """Adds seen_name, seen_phone, ...: staff pages and exports read these, never the bare columns."""
        masked = masked_for(user)
        return self.annotate(
            is_masked=Case(When(masked, then=True), default=False, output_field=models.BooleanField()),
            **{
                f"seen_{field}": Case(When(masked, then=Value("")), default=F(field), output_field=models.TextField())
                for field in CONFIDENTIAL_FIELDS
            },
        )


class Visit(models.Model):
    class VisitorKind(models.TextChoices):
        INDIVIDUAL = "perorangan", _("Perorangan")
        PARTY = "parpol", _("Partai politik")
        GOVERNMENT = "pemerintah", _("Instansi pemerintah")
        MEDIA = "media", _("Media")
        ACADEMIC = "akademisi", _("Mahasiswa/akademisi")
        CIVIL_SOCIETY = "ormas", _("Ormas/LSM")
        ELECTION_BODY = "penyelenggara", _("Penyelenggara pemilu")

    class EndedBy(models.TextChoices):
        VISITOR = "tamu", _("Tamu")
        STAFF = "petugas", _("Petugas")
        AUTOMATIC = "otomatis", _("Otomatis")

    # Without an index of its own: several of those below begin with it.
    office = models.ForeignKey(
        Office, on_delete=models.PROTECT, related_name="visits", verbose_name="kantor", db_index=False
    )
    point = models.ForeignKey(
        CheckInPoint,
        on_delete=models.PROTECT,
        related_name="visits",
        verbose_name="titik check-in",
        null=True,
        help_text="Kosong bila dicatat petugas.",
    )
    # Made with the page; one row per id. Cleared, with the two below, when the visit is anonymised.
    submission_id = models.UUIDField(unique=True, null=True, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)
    content_digest = models.CharField(max_length=64, blank=True, editable=False)

    # The office's calendar day of arrival and the number on that day, fixed when the visit is counted.
    day = models.DateField("hari", null=True, editable=False)
    number = models.PositiveIntegerField("nomor", null=True, editable=False)

    name = models.CharField("nama lengkap", max_length=100, blank=True)
    phone = models.CharField("nomor HP/WhatsApp", max_length=16, blank=True)
    visitor_kind = models.CharField("asal tamu", max_length=16, choices=VisitorKind)
    organization = models.CharField("nama instansi", max_length=120, blank=True)
    district = models.ForeignKey(
        District,
        on_delete=models.PROTECT,
        related_name="visits",
        verbose_name="kecamatan asal",
        null=True,
        blank=True,
    )
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="visits", verbose_name="keperluan")
    meeting_with = models.CharField("ingin bertemu", max_length=80, blank=True)
    division = models.ForeignKey(
        Division,
        on_delete=models.SET_NULL,
        related_name="visits",
        verbose_name="divisi",
        null=True,
        blank=True,
    )
    party_size = models.PositiveSmallIntegerField(
        "jumlah tamu", default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_PARTY_SIZE)]
    )
    note = models.TextField("catatan tamu", max_length=500, blank=True)
    staff_note = models.TextField(
        "catatan petugas", max_length=500, blank=True, help_text="Hanya dibaca petugas. Tidak tampil di tiket tamu."
    )
    language = models.CharField("bahasa", max_length=2, choices=settings.LANGUAGES, default="id")

    created_at = models.DateTimeField("dicatat", default=timezone.now, editable=False)
    arrived_at = models.DateTimeField("datang", null=True, editable=False)
    left_at = models.DateTimeField("pulang", null=True, editable=False)
    ended_by = models.CharField("ditutup oleh", max_length=8, choices=EndedBy, blank=True, editable=False)
    lapsed_at = models.DateTimeField("gugur", null=True, editable=False)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="dicatat oleh",
        null=True,
        editable=False,
    )
    notice_version = models.CharField("versi pemberitahuan privasi", max_length=20, blank=True, editable=False)
    consent_at = models.DateTimeField("setuju dihubungi", null=True, editable=False)
    anonymized_at = models.DateTimeField("dianonimkan", null=True, editable=False)
    # The visitor has asked that nobody reads who it was: masked for everybody, whatever the purpose.
    restricted_at = models.DateTimeField("dibatasi", null=True, editable=False)
    excluded_at = models.DateTimeField("dikecualikan", null=True, editable=False)
    excluded_reason = models.CharField("alasan dikecualikan", max_length=200, blank=True, editable=False)
    # Why the machine has excluded it (visits/abuse.py); empty again once staff have decided.
    flagged_reason = models.CharField("perlu diperiksa", max_length=60, blank=True, editable=False)

    # Word prefixes of name and organisation, without any extension: see docs/decisions.
    search = models.GeneratedField(
        expression=SearchVector(_words("name"), _words("organization"), config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = "kunjungan"
        verbose_name_plural = "kunjungan"
        permissions = [
            ("view_confidential", "Melihat nama pada keperluan rahasia"),
            ("close_visit", "Menandai kunjungan selesai atau datang"),
            ("exclude_visit", "Mengecualikan kunjungan dari hitungan"),
            ("view_figures", "Melihat angka kunjungan"),
            ("export_visit", "Mengunduh kunjungan sebagai Excel"),
            ("import_visit", "Mengimpor buku tamu lama"),
        ]
        indexes = [
            models.Index(F("office"), F("arrived_at").desc(nulls_last=True), F("id").desc(), name="visit_newest"),
            models.Index(F("arrived_at").desc(nulls_last=True), F("id").desc(), name="visit_newest_anywhere"),
            models.Index(
                fields=["office", "arrived_at"],
                name="visit_open",
                condition=Q(arrived_at__isnull=False, left_at__isnull=True),
            ),
            models.Index(fields=["office", "created_at"], name="visit_announced", condition=Q(arrived_at__isnull=True)),
            models.Index(
                fields=["office", "arrived_at"], name="visit_excluded", condition=Q(excluded_at__isnull=False)
            ),
            models.Index(
                fields=["office", "arrived_at"], name="visit_not_erased", condition=Q(anonymized_at__isnull=True)
            ),
            models.Index(fields=["office"], name="visit_flagged", condition=~Q(flagged_reason="")),
            models.Index(fields=["office", "number", "-day"], name="visit_by_number"),
            models.Index(fields=["visitor_kind", "office"], name="visit_by_kind"),
            models.Index(OpClass(Reverse("phone"), "text_pattern_ops"), name="visit_by_last_digits"),
            GinIndex(fields=["search"], name="visit_by_word"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["office", "day", "number"], name="visit_number_once_a_day"),
            models.CheckConstraint(name="visit_number_from_1", condition=Q(number__isnull=True) | Q(number__gte=1)),
            models.CheckConstraint(
                name="visit_counted_once_arrived",
                condition=Q(arrived_at__isnull=True, day__isnull=True, number__isnull=True)
                | Q(arrived_at__isnull=False, day__isnull=False, number__isnull=False, lapsed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="visit_left_after_arrival",
                condition=Q(left_at__isnull=True, ended_by="")
                | Q(
                    left_at__isnull=False,
                    arrived_at__isnull=False,
                    left_at__gte=F("arrived_at"),
                    ended_by__in=["tamu", "petugas", "otomatis"],
                ),
                violation_error_message="Jam pulang harus sesudah jam datang.",
            ),
            models.CheckConstraint(
                name="visit_party_size_1_to_99",
                condition=Q(party_size__gte=1, party_size__lte=MAX_PARTY_SIZE),
                violation_error_message="Jumlah tamu 1 sampai 99 orang.",
            ),
            models.CheckConstraint(
                name="visit_excluded_with_reason",
                condition=Q(excluded_at__isnull=True, excluded_reason="")
                | Q(excluded_at__isnull=False, excluded_reason__regex=r"\S"),
                violation_error_message="Tulis alasan pengecualian.",
            ),
            models.CheckConstraint(
                name="visit_flagged_is_excluded",
                condition=Q(flagged_reason="") | Q(excluded_at__isnull=False),
            ),
            models.CheckConstraint(
                name="visit_phone_is_e164", condition=Q(phone="") | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$")
            ),
            models.CheckConstraint(name="visit_has_a_name", condition=~Q(name="") | Q(anonymized_at__isnull=False)),
            models.CheckConstraint(
                name="visit_phone_unless_entered_by_staff",
                condition=~Q(phone="") | Q(entered_by__isnull=False) | Q(anonymized_at__isnull=False),
            ),
            models.CheckConstraint(
                name="visit_kind_is_known",
                condition=Q(
                    visitor_kind__in=[
                        "perorangan",
                        "parpol",
                        "pemerintah",
                        "media",
                        "akademisi",
                        "ormas",
                        "penyelenggara",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="visit_organization_unless_individual",
                condition=~Q(organization="")
                | Q(visitor_kind="perorangan")
                | Q(entered_by__isnull=False)
                | Q(anonymized_at__isnull=False),
            ),
            # A control character would break an Excel file; cleaning every cell at export costs four times as much.
            models.CheckConstraint(
                name="visit_text_without_control_characters",
                condition=~Q(name__regex=r"[\u0001-\u001f\u007f\ufffe\uffff]")
                & ~Q(organization__regex=r"[\u0001-\u001f\u007f\ufffe\uffff]")
                & ~Q(meeting_with__regex=r"[\u0001-\u001f\u007f\ufffe\uffff]")
                & ~Q(note__regex=r"[\u0001-\u0009\u000b-\u001f\u007f\ufffe\uffff]")
                & ~Q(staff_note__regex=r"[\u0001-\u0009\u000b-\u001f\u007f\ufffe\uffff]")
                & ~Q(excluded_reason__regex=r"[\u0001-\u001f\u007f\ufffe\uffff]"),
                violation_error_message="Teks memuat tanda yang tidak dapat disimpan.",
            ),
        ]

    def __str__(self):
        """Never a name: Django's own log stores this."""
        return f"Kunjungan {self.label}" if self.number else f"Kunjungan #{self.pk}"

    @property
    def label(self) -> str:
        """The number as visitor and desk say it: 014."""
        return f"{self.number:03d}" if self.number else ""

    @property
    def is_open(self) -> bool:
        """A flagged one goes on like any other until staff have looked."""
        is_excluded = self.excluded_at is not None and not self.flagged_reason
        return self.arrived_at is not None and self.left_at is None and not is_excluded

    @property
    def is_of_today(self) -> bool:
        """Arrived on the office day that it is now: what was recorded may still be taken back."""
        return self.day == self.office.today()

    @property
    def was_announced(self) -> bool:
        """Online, whether or not anybody has come since."""
        return self.point is not None and self.point.kind == CheckInPoint.Kind.ONLINE

    @property
    def is_announced(self) -> bool:
        """Like VisitQuerySet.announced: also before upkeep has noticed that the time is over."""
        ends = [self.arrived_at, self.lapsed_at, self.excluded_at, self.anonymized_at]
        return not any(ends) and timezone.now() < self.created_at + ANNOUNCEMENT_LASTS


class DailyNumberManager(models.Manager):
    def take(self, office_id: int, day: date, count: int = 1) -> int:
        """The next numbers of that day, starting at 1: the last of them. The row is locked until the transaction ends:
        no twin, and no gap but where an arrival was taken back."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO visits_dailynumber (office_id, day, last) VALUES (%s, %s, %s) ON CONFLICT (office_id, day)"
                " DO UPDATE SET last = visits_dailynumber.last + excluded.last RETURNING last",
                [office_id, day, count],
            )
            return cursor.fetchone()[0]


class DailyNumber(models.Model):
    """The last visit number given out by an office on a day."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    last = models.PositiveIntegerField(default=0)

    objects = DailyNumberManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["office", "day"], name="daily_number_once")]

    def __str__(self):
        return f"{self.day} {self.last}"
