"""What Admin kantor types to lock a report or to open it again."""

from django import forms

from visits.forms import TextLine
from visits.staff_forms import text_input


class LockForm(forms.Form):
    number = TextLine(
        label="Nomor laporan",
        max_length=80,
        widget=text_input(),
        help_text="Dari buku agenda surat, misalnya 045/HM.02/K.CTH/07/2026.",
        error_messages={"required": "Tulis nomor laporan."},
    )


class UnlockForm(forms.Form):
    reason = TextLine(
        label="Alasan membuka lagi",
        max_length=200,
        widget=text_input(),
        help_text="Misalnya ada catatan ganda yang perlu dikecualikan. Jangan menulis nama tamu.",
        error_messages={"required": "Tulis alasannya."},
    )
