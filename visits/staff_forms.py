"""The staff's forms: a visitor at the desk, a correction, an exclusion, the office's settings."""

from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from visits import emblem, phones
from visits.forms import PhoneField, TextLine, TextLines
from visits.models import District, Office, Purpose, ServiceHours, Visit
from visits.models.visit import MAX_PARTY_SIZE

REASONS = ["Catatan ganda", "Uji coba", "Isian tidak sungguh-sungguh"]
WRONG_NUMBER = "Nomor kurang lengkap. Contoh: 0812-3456-7890"


def text_input(**attrs):
    return forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off", **attrs})


def _text_area():
    return forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})


def _party_size(**options):
    return forms.IntegerField(
        label="Jumlah tamu",
        min_value=1,
        max_value=MAX_PARTY_SIZE,
        widget=forms.NumberInput(attrs={"class": "dk-short", "inputmode": "numeric"}),
        **options,
    )


class DeskForm(forms.Form):
    """ "Catat tamu": a visitor without a phone at hand, in the order in which the desk asks."""

    submission_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    name = TextLine(
        label="Nama lengkap",
        max_length=100,
        widget=text_input(autofocus=True),
        error_messages={"required": "Tulis nama tamu."},
    )
    visitor_kind = forms.ChoiceField(label="Datang sebagai", choices=Visit.VisitorKind, initial="perorangan")
    organization = TextLine(label="Nama instansi (opsional)", max_length=120, required=False, widget=text_input())
    purpose = forms.ModelChoiceField(
        Purpose.objects.none(),
        label="Keperluan",
        empty_label="Pilih keperluan",
        error_messages={"required": "Pilih keperluan tamu."},
    )
    meeting_with = TextLine(
        label="Ingin bertemu (opsional)", max_length=80, required=False, widget=text_input(list="divisions")
    )
    party_size = _party_size(initial=1)
    district = forms.ModelChoiceField(
        District.objects.none(), label="Kecamatan asal (opsional)", required=False, empty_label="Tidak ditanyakan"
    )
    phone = PhoneField(
        label="Nomor HP (opsional)",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
        error_messages={"invalid": WRONG_NUMBER},
    )
    note = TextLines(label="Catatan (opsional)", max_length=500, required=False, widget=_text_area())

    def __init__(self, office, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["purpose"].queryset = office.purposes.filter(is_active=True)
        self.fields["district"].queryset = office.districts.filter(is_active=True)

    def data_to_store(self):
        """As actions.register takes it: rows by their number."""
        chosen = {name: self.cleaned_data[name] for name in ["purpose", "district"]}
        return self.cleaned_data | {name: row and row.pk for name, row in chosen.items()}

    def focus_first_mistake(self):
        """Instead of the name: the next key that is pressed mends something."""
        wrong = next((field.name for field in self.visible_fields() if field.errors), "name")
        del self.fields["name"].widget.attrs["autofocus"]
        self.fields[wrong].widget.attrs["autofocus"] = True

    def start_anew(self):
        """The same page with a new identity: saving it again makes another visit."""
        self.data = self.data.copy()
        self.data["submission_id"] = str(uuid4())


class VisitEditForm(forms.ModelForm):
    """What staff may correct. Each field carries along what was shown, so that only what this person changed is
    stored, and nobody overwrites what a colleague has changed meanwhile."""

    purpose = forms.ModelChoiceField(
        Purpose.objects.none(), label="Keperluan", empty_label=None, show_hidden_initial=True
    )
    meeting_with = TextLine(
        label="Ingin bertemu",
        max_length=80,
        required=False,
        show_hidden_initial=True,
        widget=text_input(list="divisions"),
    )
    party_size = _party_size(show_hidden_initial=True)
    visitor_kind = forms.ChoiceField(label="Asal tamu", choices=Visit.VisitorKind, show_hidden_initial=True)
    district = forms.ModelChoiceField(
        District.objects.none(),
        label="Kecamatan asal",
        required=False,
        empty_label="Tidak ditanyakan",
        show_hidden_initial=True,
    )
    staff_note = TextLines(
        label="Catatan petugas",
        max_length=500,
        required=False,
        show_hidden_initial=True,
        help_text=Visit._meta.get_field("staff_note").help_text,
        widget=_text_area(),
    )

    class Meta:
        model = Visit
        fields = ["purpose", "meeting_with", "party_size", "visitor_kind", "district", "staff_note"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, choices in [("purpose", "purposes"), ("district", "districts")]:
            if name in self.fields:
                offered = Q(is_active=True) | Q(pk=getattr(self.instance, f"{name}_id"))
                self.fields[name].queryset = getattr(self.instance.office, choices).filter(offered)

    def clean_visitor_kind(self):
        kind, visit = self.cleaned_data["visitor_kind"], self.instance
        may_lack_institution = visit.organization or visit.entered_by_id or visit.anonymized_at
        if kind not in {visit.visitor_kind, Visit.VisitorKind.INDIVIDUAL} and not may_lack_institution:
            raise ValidationError("Tamu ini tidak menulis nama instansi, jadi asalnya tetap perorangan.")
        return kind

    def clean(self):
        data = super().clean()
        for name in self.changed_data:
            if name in data and self._changed_by_another(name, data[name]):
                self._refuse(name)
        return data

    def _changed_by_another(self, name, wanted):
        field, stored = self.fields[name], self.initial[name]
        return field.has_changed(self._shown(name), stored) and field.has_changed(stored, field.prepare_value(wanted))

    def _shown(self, name):
        try:
            return self.fields[name].to_python(self.data.get(self.add_initial_prefix(name)))
        except ValidationError:
            return None

    def _refuse(self, name):
        """Shows what is stored now; saving once more is then a decision."""
        stored = self.initial[name]
        self.data = self.data.copy()
        self.data[self.add_initial_prefix(name)] = stored
        words = dict(getattr(self.fields[name], "choices", ())).get(stored or "", stored)
        self.add_error(
            name,
            f"Isian ini baru saja diubah menjadi “{words}”. Simpan lagi bila isian Anda yang benar.",
        )


class ExclusionForm(forms.Form):
    """Why a visit no longer counts."""

    reason = TextLine(
        label="Alasan",
        max_length=200,
        widget=text_input(autofocus=True, list="reasons"),
        help_text="Misalnya catatan ganda dengan nomor 012. Jangan menulis nama tamu.",
        error_messages={"required": "Tulis alasannya."},
    )


class OfficeForm(forms.ModelForm):
    new_emblem = forms.FileField(
        label="Ganti lambang",
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
        help_text="PNG atau JPEG, paling besar 2 MB. Disimpan sebagai PNG paling besar 512 × 512 piksel.",
    )
    no_emblem = forms.BooleanField(label="Hapus lambang", required=False)
    whatsapp = PhoneField(
        label="Nomor WhatsApp resmi",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel"}),
        help_text=Office._meta.get_field("whatsapp").help_text,
        error_messages={"invalid": WRONG_NUMBER},
    )

    class Meta:
        model = Office
        fields = [
            "name",
            "slug",
            "institution",
            "unit",
            "address",
            "whatsapp",
            "time_zone",
            "retention_months",
            "privacy_contact",
            "signatory_name",
            "signatory_title",
            "signatory_number",
        ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["whatsapp"] = phones.display(self.instance.whatsapp)

    def clean_new_emblem(self):
        upload = self.cleaned_data["new_emblem"]
        if not upload:
            return None
        try:
            return emblem.as_png(upload.read(emblem.LARGEST_UPLOAD + 1))
        except ValueError as error:
            raise ValidationError("Pilih gambar PNG atau JPEG yang lebih kecil dari 2 MB.", code="invalid") from error

    def save(self, commit=True):
        if self.cleaned_data.get("no_emblem"):
            self.instance.emblem = None
        if self.cleaned_data.get("new_emblem"):
            self.instance.emblem = self.cleaned_data["new_emblem"]
        return super().save(commit)


def _clock(**options):
    """Typed as people write it, 08.00: a browser's own field would ask for AM and PM on an English computer."""
    return forms.TimeField(
        input_formats=["%H.%M", "%H:%M"],
        widget=forms.TimeInput(format="%H.%M", attrs={"class": "dk-time-input", "placeholder": "08.00"}),
        error_messages={"invalid": "Tulis jam seperti 08.00."},
        **options,
    )


class ServiceHoursForm(forms.ModelForm):
    opens_at = _clock(label="Buka")
    closes_at = _clock(label="Tutup")
    break_starts_at = _clock(label="Istirahat mulai", required=False)
    break_ends_at = _clock(label="Istirahat selesai", required=False)

    class Meta:
        model = ServiceHours
        fields = ["weekday", "opens_at", "closes_at", "break_starts_at", "break_ends_at"]
