"""The staff's form on a thread, whichever of its buttons is pressed, and the words that an office uses often."""

from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from visits.feedback_actions import standing
from visits.forms import TextLine, TextLines
from visits.models import Division, ReplyTemplate
from visits.models.feedback import MAX_BODY
from visits.staff_forms import text_input
from visits.text import is_readable

# Each button with the fields that it reads: a mistake in another one does not stand in its way.
BUTTONS = {
    "reply": ["submission_id", "seen", "reply"],
    "reply-close": ["submission_id", "seen", "reply"],
    "note": ["note_id", "internal_note"],
    "assign": ["division", "instead_of"],
    "close": ["seen"],
    "reopen": [],
    "template": ["template"],
}
# The boxes with what makes each letter one letter.
BOXES = {"reply": "submission_id", "internal_note": "note_id"}
BROKEN = {"invalid": "Halaman ini tidak lengkap. Kirim sekali lagi."}


class LongText(TextLines):
    def widget_attrs(self, widget):
        """No `maxlength`: with it browsers cut off pasted text without a word."""
        return {}


def _box(label, help_text, rows):
    return LongText(
        label=label,
        help_text=help_text,
        max_length=MAX_BODY,
        required=False,
        widget=forms.Textarea(attrs={"rows": rows, "dir": "auto"}),
    )


def _submission_id():
    return forms.UUIDField(required=False, widget=forms.HiddenInput, error_messages=BROKEN)


class ThreadForm(forms.Form):
    """One form for the whole page, so that no button throws away what stands in a box that is not its own."""

    submission_id = _submission_id()
    note_id = _submission_id()
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    instead_of = forms.IntegerField(required=False, widget=forms.HiddenInput, error_messages=BROKEN)
    division = forms.ModelChoiceField(
        Division.objects.none(),
        label="Ditangani divisi",
        required=False,
        empty_label="Belum dibagi",
        error_messages={"invalid_choice": "Divisi ini baru saja berubah. Pilih sekali lagi."},
    )
    template = forms.ModelChoiceField(
        ReplyTemplate.objects.none(),
        label="Contoh balasan",
        required=False,
        error_messages={"invalid_choice": "Contoh ini baru saja berubah. Pilih sekali lagi."},
    )
    reply = _box("Balasan", "Dibaca pengirim di tautannya, atas nama kantor. Nama Anda tidak ditampilkan.", rows=7)
    internal_note = _box("Catatan internal", "Untuk rekan sekantor. Pengirim tidak melihatnya.", rows=3)

    def __init__(self, feedback, data=None):
        super().__init__(data, initial=_as_shown(feedback) | {box_id: uuid4() for box_id in BOXES.values()})
        office = feedback.office
        current = Q(is_active=True) | Q(pk=feedback.division_id)
        self.fields["division"].queryset = office.divisions.filter(current)
        self.fields["template"].queryset = office.reply_templates.filter(is_active=True)

    @property
    def button(self) -> str:
        return self.data.get("do", "reply")

    def clean_reply(self):
        return self._required("reply", ["reply", "reply-close"], "Tulis balasannya.")

    def clean_internal_note(self):
        return self._required("internal_note", ["note"], "Tulis catatannya.")

    def clean_template(self):
        if self.button == "template" and self.cleaned_data["template"] is None:
            raise ValidationError("Pilih contohnya.", code="required")
        return self.cleaned_data["template"]

    def clean(self):
        if self.button not in BUTTONS:
            raise ValidationError(BROKEN["invalid"], code="unknown")
        for name in set(self.errors) - set(BUTTONS[self.button]):
            del self.errors[name]

    def _required(self, name, buttons, words):
        if self.button in buttons and not is_readable(self.cleaned_data[name]):
            raise ValidationError(words, code="required")
        return self.cleaned_data[name]

    def letter(self, box) -> dict:
        """What a box holds, as the actions take it."""
        return {"submission_id": self.cleaned_data[BOXES[box]] or uuid4(), "body": self.cleaned_data[box]}

    def last_seen(self) -> int:
        """The last letter that the page showed; all of them where it can't be told."""
        number = self.data.get("seen", "").partition("-")[0]
        return int(number) if number.isdecimal() and len(number) < 19 else 0

    # The page comes back: what is known meanwhile is shown, what was typed stays.

    def show_again(self, feedback, *, tells_division):
        known = _as_shown(feedback)
        if self._has_chosen_division(known["division"]):
            del known["division"]
            if not tells_division:
                del known["instead_of"]  # else a colleague's would be replaced unseen
        self._put(**{name: "" if value is None else value for name, value in known.items()})
        for box_id in BOXES.values():
            if box_id in self.errors or not self.data.get(box_id):
                self._put(**{box_id: uuid4()})

    def write_anew(self, box):
        """Sent under a new identity, it is another letter."""
        self._put(**{BOXES[box]: uuid4()})

    def empty(self, box):
        self.write_anew(box)
        self._put(**{box: ""})

    def fill_in(self, template):
        """Below what has been written already."""
        written = self.data.get("reply", "").rstrip()
        self._put(reply=f"{written}\n\n{template.body}" if written else template.body, template="")

    def _has_chosen_division(self, stored: int | None) -> bool:
        known = {self.data.get("instead_of", ""), str(stored or "")}
        return self.data.get("division", "") not in known and "division" in self.cleaned_data

    def has_unsent(self) -> bool:
        return any(self.data.get(box, "").strip() for box in BOXES)

    def _put(self, **values):
        self.data = self.data.copy()
        self.data.update({name: str(value) for name, value in values.items()})


def _as_shown(feedback) -> dict:
    return {"seen": standing(feedback), "division": feedback.division_id, "instead_of": feedback.division_id}


class ReplyTemplateForm(forms.ModelForm):
    title = TextLine(
        label="Judul",
        max_length=ReplyTemplate._meta.get_field("title").max_length,
        help_text="Untuk dipilih petugas; tidak ikut terkirim.",
        widget=text_input(),
        error_messages={"required": "Tulis judulnya."},
    )
    body = LongText(
        label="Isi balasan",
        max_length=MAX_BODY,
        help_text="Masuk ke kotak balasan; petugas masih bisa mengubahnya sebelum dikirim.",
        widget=forms.Textarea(attrs={"rows": 10, "class": "vLargeTextField"}),
        error_messages={"required": "Tulis isi balasannya."},
    )

    class Meta:
        model = ReplyTemplate
        fields = ["office", "title", "body", "order", "is_active"]
