"""The staff's forms about visitors' rights: a decision, a search by phone number."""

from django import forms
from django.core.exceptions import ValidationError

from visits.forms import PhoneField
from visits.models import DataRequest
from visits.models.rights import MAX_WORDS
from visits.reply_forms import LongText
from visits.staff_forms import WRONG_NUMBER, text_input
from visits.text import is_readable

GRANT, REFUSE = "grant", "refuse"


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


class PhoneSearchForm(forms.Form):
    phone = PhoneField(
        label="Nomor HP tamu",
        max_length=40,
        help_text="Boleh 0812…, +62812…, dengan spasi atau tanda hubung. Harus lengkap.",
        widget=text_input(type="tel"),
        error_messages={"required": "Tulis nomor HP tamu.", "invalid": WRONG_NUMBER},
    )
