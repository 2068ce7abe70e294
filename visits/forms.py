"""The visitor's forms: parse what was typed, say in one sentence what to mend."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from visits import phones
from visits.codes import CODE_ALPHABET, CODE_LENGTH
from visits.models.visit import MAX_PARTY_SIZE, Visit
from visits.text import is_readable, one_line, several_lines

# The fields that make two forms the same form, as they are named in the page.
CONTENT_FIELDS = [
    "name",
    "phone",
    "visitor_kind",
    "organization",
    "district",
    "purpose",
    "meeting_with",
    "party_size",
    "note",
    "consent",
]
QUEUED_AT_MOST = 12 * 60 * 60  # seconds
TOO_LONG = {"max_length": gettext_lazy("Terlalu panjang. Paling banyak %(limit_value)s huruf.")}


class TextLine(forms.CharField):
    """One that is required has to show something on paper."""

    default_error_messages = TOO_LONG
    tidied = staticmethod(one_line)

    def to_python(self, value):
        return self.tidied(super().to_python(value))

    def validate(self, value):
        if self.required and not is_readable(value):
            raise ValidationError(self.error_messages["required"], code="required")
        if self.max_length and len(value) > self.max_length:
            numbers = {"limit_value": self.max_length, "show_value": len(value)}
            params = {name: number_format(number, force_grouping=True) for name, number in numbers.items()}
            raise ValidationError(self.error_messages["max_length"], code="max_length", params=params)


class TextLines(TextLine):
    tidied = staticmethod(several_lines)


class PhoneField(TextLine):
    default_error_messages = {
        "invalid": gettext_lazy("Nomor HP kurang lengkap. Contoh: 0812 3456 7890"),
    }

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return ""
        e164 = phones.parse(text)
        if e164 is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return e164


class VisitForm(forms.Form):
    """One visit, from a poster's or an online point's page. Choices come from the point's snapshot: no query."""

    submission_id = forms.UUIDField(widget=forms.HiddenInput)
    name = TextLine(
        label=gettext_lazy("Nama lengkap"),
        max_length=100,
        error_messages={"required": gettext_lazy("Tulis nama lengkap Anda.")},
    )
    phone = PhoneField(
        label=gettext_lazy("Nomor HP atau WhatsApp"),
        max_length=40,
        error_messages={"required": gettext_lazy("Tulis nomor HP Anda. Contoh: 0812 3456 7890")},
    )
    visitor_kind = forms.ChoiceField(
        label=gettext_lazy("Anda datang sebagai"),
        choices=Visit.VisitorKind.choices,
        error_messages={
            "required": gettext_lazy("Pilih Anda datang sebagai apa."),
            "invalid_choice": gettext_lazy("Pilih Anda datang sebagai apa."),
        },
    )
    organization = TextLine(label=gettext_lazy("Nama instansi"), max_length=120, required=False)
    district = forms.TypedChoiceField(
        label=gettext_lazy("Kecamatan asal"),
        coerce=int,
        empty_value=None,
        error_messages={
            "required": gettext_lazy("Pilih kecamatan asal Anda."),
            "invalid_choice": gettext_lazy("Pilihan kecamatan sudah berubah. Pilih sekali lagi."),
        },
    )
    purpose = forms.TypedChoiceField(
        label=gettext_lazy("Apa keperluan Anda hari ini?"),
        coerce=int,
        error_messages={
            "required": gettext_lazy("Pilih keperluan Anda hari ini."),
            "invalid_choice": gettext_lazy("Keperluan yang Anda pilih sudah tidak dilayani. Pilih yang lain."),
        },
    )
    meeting_with = TextLine(label=gettext_lazy("Ingin bertemu siapa?"), max_length=80, required=False)
    party_size = forms.IntegerField(
        label=gettext_lazy("Jumlah tamu"),
        min_value=1,
        max_value=MAX_PARTY_SIZE,
        required=False,
        error_messages={
            "invalid": gettext_lazy("Tulis jumlah tamu dengan angka, 1 sampai 99."),
            "min_value": gettext_lazy("Jumlah tamu paling sedikit 1, termasuk Anda."),
            "max_value": gettext_lazy("Jumlah tamu paling banyak 99 dalam satu isian."),
        },
    )
    note = TextLines(label=pgettext_lazy("visit", "Catatan"), max_length=500, required=False)
    consent = forms.BooleanField(
        label=gettext_lazy("Boleh dihubungi lewat WhatsApp untuk tindak lanjut"), required=False
    )
    queued_seconds = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, office, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.office = office
        self.fields["district"].choices = [(choice.id, choice.name) for choice in office.districts]
        self.fields["district"].required = bool(office.districts)
        self.fields["purpose"].choices = [(purpose.id, purpose.name) for purpose in office.purposes]

    def content(self) -> dict[str, str]:
        """What was typed, before any reading of it: the same form sent again has the same content."""
        return {name: several_lines(self.data.get(name, "")) for name in CONTENT_FIELDS}

    def clean_party_size(self):
        return self.cleaned_data["party_size"] or 1

    def clean_queued_seconds(self):
        """How long the form waited on the phone; nonsense counts as no wait."""
        typed = self.cleaned_data["queued_seconds"]
        return min(int(typed), QUEUED_AT_MOST) if re.fullmatch(r"[0-9]{1,12}", typed) else 0

    def clean(self):
        data = super().clean()
        if data.get("visitor_kind") == Visit.VisitorKind.INDIVIDUAL:
            data["organization"] = ""
            self.errors.pop("organization", None)  # the field is hidden then: what is wrong with it can't be seen
        elif "visitor_kind" in data and "organization" in data and not is_readable(data["organization"]):
            self.add_error("organization", ValidationError(_("Tulis nama instansi Anda."), code="required"))
        return data


class CodeForm(forms.Form):
    """The six characters of a poster, typed by hand."""

    kode = TextLine(
        label=gettext_lazy("Kode kantor"),
        max_length=20,
        error_messages={"required": gettext_lazy("Tulis enam huruf dan angka di poster.")},
    )

    def clean_kode(self):
        code = re.sub(r"[\s-]", "", self.cleaned_data["kode"]).upper()
        if not re.fullmatch(rf"[{CODE_ALPHABET}]{{{CODE_LENGTH}}}", code):
            raise ValidationError(
                _("Kode kantor tidak ditemukan. Periksa enam huruf dan angka di poster."), code="unknown"
            )
        return code
