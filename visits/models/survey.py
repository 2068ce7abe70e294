"""The public satisfaction survey (SKM), PermenPANRB 14/2017: nine answers, and nothing that leads to a name."""

import uuid
from datetime import date

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from visits.models.office import Office, OfficeOwnedQuerySet, plain_lines
from visits.models.purpose import Purpose

# By meaning, never by number: the regulation and the usual questionnaire disagree about the last two.
ELEMENTS = [
    "requirements",
    "procedure",
    "speed",
    "cost",
    "product",
    "competence",
    "conduct",
    "facilities",
    "complaints",
]
MAX_COMMENT = 500
FEWEST_NAMED = 5  # sheets of a service in a month, before staff are told that they are of that service


class SurveyQuerySet(OfficeOwnedQuerySet):
    def counted(self):
        """Without those that staff have to look at first (visits/abuse.py)."""
        return self.filter(flagged_reason="")

    def flagged(self):
        return self.exclude(flagged_reason="")

    def given(self, first: date, last: date):
        """Counted answers of the office days `first` to `last`, both included."""
        return self.counted().filter(day__gte=first, day__lte=last)

    def as_seen_by(self, user):
        """Adds seen_comment: that of a confidential purpose is for those who may read of such visits."""
        is_hidden = Value(False) if user.has_perm("visits.view_confidential") else F("purpose__is_confidential")
        return self.annotate(
            is_masked=Coalesce(is_hidden, False),
            seen_comment=Case(
                When(is_masked=True, then=Value("")), default=F("comment"), output_field=models.TextField()
            ),
        )


def _answer(label: str) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(label, validators=[MinValueValidator(1), MaxValueValidator(4)])


class SurveyResponse(models.Model):
    """A date and no time, a random id and no serial one: the order of the rows can't be laid beside that of visits."""

    class Sex(models.TextChoices):
        MALE = "L", _("Laki-laki")
        FEMALE = "P", _("Perempuan")

    class Education(models.TextChoices):
        PRIMARY = "SD", _("SD")
        LOWER_SECONDARY = "SMP", _("SMP")
        UPPER_SECONDARY = "SMA", _("SMA")
        BACHELOR = "D3/S1", "D3/S1"
        MASTER = "S2", "S2"
        DOCTOR = "S3", "S3"

    class Job(models.TextChoices):
        CIVIL_SERVANT = "pns", _("PNS")
        MILITARY = "tni", _("TNI")
        POLICE = "polri", _("POLRI")
        EMPLOYEE = "swasta", _("Swasta")
        SELF_EMPLOYED = "wirausaha", _("Wirausaha")
        OTHER = "lainnya", _("Lainnya")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="survey_responses", verbose_name="kantor")
    day = models.DateField("tanggal", editable=False)
    purpose = models.ForeignKey(
        Purpose,
        on_delete=models.PROTECT,
        related_name="survey_responses",
        verbose_name="layanan",
        null=True,
        blank=True,
    )
    # codes.key_hash of a key of its own kind ("survey") from the visit's submission id: without LINK_SECRET nobody can
    # tell which visit it is, not even with a copy of the database. None for answers without a ticket.
    ticket_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)
    # Of those without a ticket; the same form sent again is one row.
    submission_id = models.UUIDField(unique=True, null=True, editable=False)

    requirements = _answer("kesesuaian persyaratan")
    procedure = _answer("kemudahan prosedur")
    speed = _answer("kecepatan pelayanan")
    cost = _answer("kewajaran biaya")
    product = _answer("kesesuaian hasil layanan")
    competence = _answer("kemampuan petugas")
    conduct = _answer("kesopanan dan keramahan")
    facilities = _answer("sarana dan prasarana")
    complaints = _answer("penanganan pengaduan")

    sex = models.CharField("jenis kelamin", max_length=1, choices=Sex, blank=True)
    age = models.PositiveSmallIntegerField("umur", null=True, blank=True)
    education = models.CharField("pendidikan terakhir", max_length=5, choices=Education, blank=True)
    job = models.CharField("pekerjaan", max_length=9, choices=Job, blank=True)
    comment = models.TextField("catatan", max_length=MAX_COMMENT, blank=True)
    flagged_reason = models.CharField("perlu diperiksa", max_length=60, blank=True, editable=False)
    anonymized_at = models.DateTimeField("dianonimkan", null=True, editable=False)

    objects = SurveyQuerySet.as_manager()

    class Meta:
        verbose_name = "penilaian"
        verbose_name_plural = "penilaian"
        indexes = [
            models.Index(fields=["office", "day"], name="survey_by_day"),
            models.Index(fields=["office"], name="survey_flagged", condition=~Q(flagged_reason="")),
        ]
        constraints = [
            *(
                models.CheckConstraint(
                    name=f"survey_{element}_1_to_4", condition=Q(**{f"{element}__gte": 1, f"{element}__lte": 4})
                )
                for element in ELEMENTS
            ),
            models.CheckConstraint(
                name="survey_age_is_plausible", condition=Q(age__isnull=True) | Q(age__gte=1, age__lte=120)
            ),
            plain_lines("survey_comment_without_control_characters", "comment"),
        ]

    def __str__(self):
        return f"Penilaian {self.day}"
