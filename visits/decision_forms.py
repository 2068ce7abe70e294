"""The staff's forms about visitors' rights: a decision, a search for the data of somebody without a ticket."""

from django import forms
from django.core.exceptions import ValidationError

from visits import inbox
from visits.forms import PhoneField, TextLine
from visits.models import DataRequest
from visits.models.rights import MAX_WORDS
from visits.reply_forms import LongText
from visits.staff_forms import WRONG_NUMBER, text_input
from visits.text import is_readable

GRANT, REFUSE = "grant", "refuse"
ONE_WAY = "Isi salah satu: nomor HP, hari dan nomor kunjungan, atau nomor saran."
_NUMBER_RANGE = "Nomor kunjungan 1 sampai 999999."


class DecisionForm(forms.Form):
    do = forms.ChoiceField(
        choices=[(GRANT, "Kabulkan"), (REFUSE, "Tolak")],
        error_messages=dict.fromkeys(["required", "invalid_choice"], "Pilih: kabulkan atau tolak."),
    )
    answer = LongText(
        label="Jawaban untuk tamu",
        help_text="Tamu membacanya di halaman tiketnya. Bila ditolak, tulis alasannya.",
        max_length=MAX_WORDS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )
    is_understood = forms.BooleanField(label="Saya tahu penghapusan ini tidak dapat dibatalkan.", required=False)

    def __init__(self, asked: DataRequest, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if asked.kind != DataRequest.Kind.ERASURE:
            del self.fields["is_understood"]

    @property
    def is_granted(self) -> bool:
        return self.cleaned_data["do"] == GRANT

    def clean(self):
        data = super().clean()
        if data.get("do") == REFUSE and "answer" in data and not is_readable(data["answer"]):
            self.add_error("answer", ValidationError("Tulis alasan penolakan yang dapat dibaca tamu.", code="required"))
        if data.get("do") == GRANT and data.get("is_understood") is False:
            self.add_error(
                "is_understood", ValidationError("Centang dulu: penghapusan tidak dapat dibatalkan.", code="required")
            )
        return data


class ThreadNumberField(TextLine):
    """`S-0032`, `s32` and `32` are 32; nothing is None."""

    def clean(self, value):
        text = super().clean(value)
        written = inbox.NUMBER.fullmatch(text)
        if text and not written:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return int(written[1]) if written else None


class OwnDataSearchForm(forms.Form):
    """Three ways, of which one is taken."""

    phone = PhoneField(
        label="Nomor HP tamu",
        max_length=40,
        required=False,
        help_text="Boleh 0812…, +62812…, dengan spasi atau tanda hubung. Harus lengkap.",
        widget=text_input(type="tel"),
        error_messages={"invalid": WRONG_NUMBER},
    )
    day = forms.DateField(
        label="Hari kunjungan",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "vTextField"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Tulis harinya lengkap, misalnya 14/07/2026."},
    )
    number = forms.IntegerField(
        label="Nomor kunjungan",
        min_value=1,
        max_value=999999,
        required=False,
        help_text="Isi bersama harinya, misalnya 014.",
        widget=text_input(inputmode="numeric"),
        error_messages={
            "invalid": "Tulis angka saja, misalnya 14.",
            **dict.fromkeys(["min_value", "max_value"], _NUMBER_RANGE),
        },
    )
    thread_number = ThreadNumberField(
        label="Nomor saran",
        max_length=40,
        required=False,
        help_text="Misalnya S-0032.",
        widget=text_input(),
        error_messages={"invalid": "Tulis nomor saran seperti S-0032."},
    )

    def clean(self):
        data = super().clean()
        if self.errors:
            return data
        if sum(map(bool, [data["phone"], data["day"] or data["number"], data["thread_number"]])) != 1:
            raise ValidationError(ONE_WAY, code="required")
        if data["day"] and not data["number"]:
            self.add_error("number", ValidationError("Tulis juga nomor kunjungannya.", code="required"))
        elif data["number"] and not data["day"]:
            self.add_error("day", ValidationError("Isi juga hari kunjungannya.", code="required"))
        return data
