"""An office and what hangs on its walls: service hours, closed days, divisions, districts, posters, staff."""

import zoneinfo
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from visits.codes import CODE_ALPHABET, CODE_LENGTH, new_code
from visits.opening import DayHours
from visits.text import validate_readable

REPLACED_CODE_EXPLAINS = timedelta(days=30)
TIME_ZONES = [
    ("Asia/Jakarta", "WIB"),
    ("Asia/Makassar", "WITA"),
    ("Asia/Jayapura", "WIT"),
]
WEEKDAYS = [
    (1, _("Senin")),
    (2, _("Selasa")),
    (3, _("Rabu")),
    (4, _("Kamis")),
    (5, _("Jumat")),
    (6, _("Sabtu")),
    (7, _("Minggu")),
]


def offices_of(user) -> list[int]:
    """Asked once a request, as Django does with permissions. Numbers let PostgreSQL walk its index on office and time
    in order; a join through Membership would make it sort all visits of the office."""
    if not hasattr(user, "_office_ids"):
        user._office_ids = list(Membership.objects.filter(user=user.pk).values_list("office_id", flat=True))
    return user._office_ids


class OfficeQuerySet(models.QuerySet):
    def for_staff(self, user):
        """The offices a staff member works for; a superuser (IT) sees every office."""
        if user.is_superuser:
            return self
        return self.filter(pk__in=offices_of(user))


class OfficeManager(models.Manager.from_queryset(OfficeQuerySet)):
    def get_queryset(self):
        """Without the emblem's bytes: only posters and reports need them, and they load when asked for."""
        return super().get_queryset().defer("emblem")


def plain_text(constraint_name: str, *columns: str) -> models.CheckConstraint:
    """No control character in these columns: it would break a page or an Excel file later."""
    return _without(r"[\u0001-\u001f\u007f\ufffe\uffff]", constraint_name, columns)


def plain_lines(constraint_name: str, *columns: str) -> models.CheckConstraint:
    """The same, but lines may break."""
    return _without(r"[\u0001-\u0009\u000b-\u001f\u007f\ufffe\uffff]", constraint_name, columns)


def _without(characters: str, constraint_name: str, columns: Iterable[str]) -> models.CheckConstraint:
    condition = Q()
    for column in columns:
        condition &= ~Q(**{f"{column}__regex": characters})
    return models.CheckConstraint(
        name=constraint_name,
        condition=condition,
        violation_error_message="Teks memuat tanda yang tidak dapat disimpan.",
    )


class Office(models.Model):
    name = models.CharField(
        "nama kantor", max_length=120, validators=[validate_readable], help_text="Misalnya Bawaslu Kabupaten Banyuasin."
    )
    slug = models.SlugField("nama di alamat web", unique=True)
    institution = models.CharField(
        "baris kop pertama", max_length=120, help_text="Misalnya Badan Pengawas Pemilihan Umum."
    )
    unit = models.CharField("baris kop kedua", max_length=120, help_text="Misalnya Kabupaten Banyuasin.")
    address = models.TextField("alamat", blank=True, max_length=300)
    whatsapp = models.CharField(
        "nomor WhatsApp resmi",
        max_length=16,
        blank=True,
        help_text="Tampil di halaman tamu. Contoh: 0812-3456-7890.",
    )
    time_zone = models.CharField("zona waktu", max_length=32, choices=TIME_ZONES, default="Asia/Jakarta")
    retention_months = models.PositiveSmallIntegerField(
        "data pribadi disimpan (bulan)",
        default=12,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text="Sesudahnya nama, nomor HP, dan catatan dihapus. Jumlah kunjungan tetap.",
    )
    privacy_contact = models.CharField(
        "kontak urusan data pribadi", max_length=200, blank=True, help_text="Nama jabatan, telepon, atau surel."
    )
    signatory_name = models.CharField("nama penanda tangan", max_length=100, blank=True)
    signatory_title = models.CharField("jabatan penanda tangan", max_length=100, blank=True)
    signatory_number = models.CharField("NIP penanda tangan", max_length=40, blank=True)
    emblem = models.BinaryField("lambang (PNG)", null=True, blank=True, editable=True)
    publishes_figures = models.BooleanField(
        "angka publik",
        default=True,
        help_text="Angka dari laporan yang sudah disahkan dapat dilihat siapa saja, tanpa nama.",
    )
    first_day_hidden_at = models.DateTimeField("daftar hari pertama disembunyikan", null=True, editable=False)

    objects = OfficeManager()

    class Meta:
        verbose_name = "kantor"
        verbose_name_plural = "kantor"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="office_time_zone_is_indonesian",
                condition=Q(time_zone__in=[zone for zone, _label in TIME_ZONES]),
                violation_error_message="Pilih WIB, WITA, atau WIT.",
            ),
            models.CheckConstraint(
                name="office_retention_1_to_120_months",
                condition=Q(retention_months__gte=1, retention_months__lte=120),
                violation_error_message="Masa simpan 1 sampai 120 bulan.",
            ),
            models.CheckConstraint(
                name="office_whatsapp_is_e164",
                condition=Q(whatsapp="") | Q(whatsapp__regex=r"^\+[1-9][0-9]{6,14}$"),
                violation_error_message="Nomor WhatsApp kurang lengkap. Contoh: 0812-3456-7890.",
            ),
            plain_text("office_names_are_plain_text", "name", "institution", "unit"),
        ]

    def __str__(self):
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)

    def today(self) -> date:
        return self.local(timezone.now()).date()

    # Both may have been prefetched, for many rows of one office.

    def weekly_hours(self) -> dict[int, DayHours]:
        """ISO weekday -> hours, of the days on which it opens."""
        return {hours.weekday: DayHours(hours.opens_at, hours.closes_at) for hours in self.service_hours.all()}

    def closed_dates(self) -> dict[date, str]:
        """Day -> why it is closed."""
        return {closed_day.day: closed_day.name for closed_day in self.closed_days.all()}


class OfficeOwnedQuerySet(models.QuerySet):
    """Rows with an `office` column."""

    def for_staff(self, user):
        if user.is_superuser:
            return self
        return self.filter(office__in=offices_of(user))


class Membership(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships", verbose_name="pengguna"
    )
    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="memberships", verbose_name="kantor")

    class Meta:
        verbose_name = "penugasan"
        verbose_name_plural = "penugasan"
        constraints = [models.UniqueConstraint(fields=["user", "office"], name="membership_once_per_office")]

    def __str__(self):
        return f"penugasan {self.pk}"


class ServiceHours(models.Model):
    """One weekday on which the office is open. No row: closed."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="service_hours", verbose_name="kantor")
    weekday = models.PositiveSmallIntegerField("hari", choices=WEEKDAYS)
    opens_at = models.TimeField("buka")
    closes_at = models.TimeField("tutup")
    break_starts_at = models.TimeField("istirahat mulai", null=True, blank=True)
    break_ends_at = models.TimeField("istirahat selesai", null=True, blank=True)

    objects = OfficeOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "jam layanan"
        verbose_name_plural = "jam layanan"
        ordering = ["office", "weekday"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "weekday"],
                name="service_hours_once_per_weekday",
                # So that two rows can swap their days: they are stored one after the other.
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message="Hari ini sudah ada.",
            ),
            models.CheckConstraint(name="service_hours_weekday_1_to_7", condition=Q(weekday__gte=1, weekday__lte=7)),
            models.CheckConstraint(
                name="service_hours_open_before_close",
                condition=Q(opens_at__lt=F("closes_at")),
                violation_error_message="Jam buka harus sebelum jam tutup.",
            ),
            models.CheckConstraint(
                name="service_hours_break_inside",
                condition=Q(break_starts_at__isnull=True, break_ends_at__isnull=True)
                | Q(
                    break_starts_at__isnull=False,
                    break_ends_at__isnull=False,
                    break_starts_at__gte=F("opens_at"),
                    break_starts_at__lt=F("break_ends_at"),
                    break_ends_at__lte=F("closes_at"),
                ),
                violation_error_message="Istirahat harus di dalam jam layanan. Isi atau kosongkan keduanya.",
            ),
        ]

    def __str__(self):
        return f"{self.get_weekday_display()} {self.opens_at:%H.%M}–{self.closes_at:%H.%M}"


class ClosedDay(models.Model):
    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="closed_days", verbose_name="kantor")
    day = models.DateField("tanggal")
    name = models.CharField("keterangan", max_length=120, validators=[validate_readable])

    objects = OfficeOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "hari tutup"
        verbose_name_plural = "hari tutup"
        ordering = ["office", "day"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "day"],
                name="closed_day_once",
                violation_error_message="Tanggal ini sudah ada.",
            ),
            plain_text("closed_day_name_is_plain_text", "name"),
        ]

    def __str__(self):
        return f"{self.day:%d-%m-%Y} {self.name}"


class Division(models.Model):
    """A part of the office that a visitor meets."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="divisions", verbose_name="kantor")
    name = models.CharField("nama", max_length=80, validators=[validate_readable])
    order = models.PositiveSmallIntegerField("urutan", default=0)
    is_active = models.BooleanField("dipakai", default=True)

    objects = OfficeOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "divisi"
        verbose_name_plural = "divisi"
        ordering = ["office", "order", "name"]
        constraints = [
            models.UniqueConstraint(
                F("office"), Lower("name"), name="division_once", violation_error_message="Divisi ini sudah ada."
            ),
            plain_text("division_name_is_plain_text", "name"),
        ]

    def __str__(self):
        return self.name


class District(models.Model):
    """Kecamatan, or any other answer to "where do you come from"."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="districts", verbose_name="kantor")
    name = models.CharField("nama", max_length=80, validators=[validate_readable])
    order = models.PositiveSmallIntegerField("urutan", default=0)
    is_active = models.BooleanField("dipakai", default=True)

    objects = OfficeOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "kecamatan"
        verbose_name_plural = "kecamatan"
        ordering = ["office", "order", "name"]
        constraints = [
            models.UniqueConstraint(
                F("office"), Lower("name"), name="district_once", violation_error_message="Kecamatan ini sudah ada."
            ),
            plain_text("district_name_is_plain_text", "name"),
        ]

    def __str__(self):
        return self.name


class SettingsVersion(models.Model):
    """Counts the changes of what visitors see of an office. Triggers keep it (migration 0004), whoever the writer is.

    The row is locked until the change is committed, so a reader who sees a version sees all that it counts. No foreign
    key: the count goes on when the office itself is deleted.
    """

    office_id = models.BigIntegerField(primary_key=True)
    version = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.office_id} {self.version}"


class CheckInPoint(models.Model):
    """A place where a QR code hangs, or a channel (web, Instagram) through which a visit is announced."""

    class Kind(models.TextChoices):
        POSTER = "poster", _("Poster di kantor")
        ONLINE = "online", _("Daring (mengabarkan kedatangan)")

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="points", verbose_name="kantor")
    name = models.CharField(
        "nama titik", max_length=80, validators=[validate_readable], help_text="Misalnya Pintu depan, atau Instagram."
    )
    code = models.CharField(
        "kode",
        max_length=CODE_LENGTH,
        unique=True,
        default=new_code,
        editable=False,
        validators=[RegexValidator(rf"^[{CODE_ALPHABET}]{{{CODE_LENGTH}}}$")],
    )
    kind = models.CharField("jenis", max_length=8, choices=Kind, default=Kind.POSTER)
    is_active = models.BooleanField(
        "berlaku", default=True, help_text="Bila dimatikan, kode QR lama menjelaskan bahwa ia tidak berlaku lagi."
    )

    objects = OfficeOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = "titik check-in"
        verbose_name_plural = "titik check-in"
        ordering = ["office", "name"]
        constraints = [
            models.CheckConstraint(
                name="point_code_is_unambiguous",
                condition=Q(code__regex=rf"^[{CODE_ALPHABET}]{{{CODE_LENGTH}}}$"),
                violation_error_message="Kode titik check-in tidak sah.",
            ),
            plain_text("point_name_is_plain_text", "name"),
        ]

    def __str__(self):
        return f"{self.name} ({self.code})"


class ReplacedCodeQuerySet(models.QuerySet):
    def explaining(self):
        """Those whose posters may still hang somewhere: they say where to go."""
        return self.filter(replaced_at__gt=timezone.now() - REPLACED_CODE_EXPLAINS)


class ReplacedCode(models.Model):
    """A code that a check-in point had before; never given out again."""

    code = models.CharField(max_length=CODE_LENGTH, primary_key=True)
    point = models.ForeignKey(CheckInPoint, on_delete=models.CASCADE, related_name="replaced_codes")
    replaced_at = models.DateTimeField(default=timezone.now)

    objects = ReplacedCodeQuerySet.as_manager()

    class Meta:
        verbose_name = "kode lama"
        verbose_name_plural = "kode lama"
        default_permissions = ()
        ordering = ["-replaced_at"]

    def __str__(self):
        return self.code

    @property
    def explains_until(self) -> datetime:
        return self.replaced_at + REPLACED_CODE_EXPLAINS
