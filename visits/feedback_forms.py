"""The visitor's letters: the first one, which begins a thread, and those that follow."""

from django import forms
from django.utils.translation import gettext_lazy

from visits.forms import PhoneField, TextLine, TextLines
from visits.models.feedback import MAX_BODY, Feedback
from visits.text import is_readable, several_lines


class LetterForm(forms.Form):
    """One letter more, on the page of its thread."""

    content_fields = ["body"]  # what makes two forms the same form

    submission_id = forms.UUIDField(widget=forms.HiddenInput)
    body = TextLines(
        label=gettext_lazy("Tulisan Anda"),
        max_length=MAX_BODY,
        error_messages={
            "required": gettext_lazy("Tulis yang ingin Anda sampaikan."),
            "max_length": gettext_lazy(
                "Terlalu panjang. Paling banyak %(limit_value)s huruf, sekarang %(show_value)s."
            ),
        },
    )

    def content(self) -> dict[str, str]:
        """What was typed, before any reading of it: the same form sent again has the same content."""
        return {name: several_lines(self.data.get(name, "")) for name in self.content_fields}


class FeedbackForm(LetterForm):
    """The first letter. Who writes it need not say their name."""

    content_fields = ["category", "body", "name", "phone"]
    field_order = ["submission_id", *content_fields]

    category = forms.ChoiceField(
        label=gettext_lazy("Apa yang ingin Anda sampaikan?"),
        choices=Feedback.Category.choices,
        error_messages={
            "required": gettext_lazy("Pilih salah satu: saran, pertanyaan, pengaduan, atau apresiasi."),
            "invalid_choice": gettext_lazy("Pilih salah satu: saran, pertanyaan, pengaduan, atau apresiasi."),
        },
    )
    name = TextLine(label=gettext_lazy("Nama"), max_length=100, required=False)
    phone = PhoneField(label=gettext_lazy("Nomor HP atau WhatsApp"), max_length=40, required=False)

    def clean_name(self):
        """What shows nothing on paper is no name."""
        return self.cleaned_data["name"] if is_readable(self.cleaned_data["name"]) else ""
