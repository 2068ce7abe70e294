"""Forms with which an Admin kantor furnishes the office: colleagues, a pasted list of districts, closed days."""

from django import forms
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.formats import date_format

from visits import districts, roles
from visits.forms import TextLine
from visits.models import District
from visits.staff_forms import text_input
from visits.text import is_readable, several_lines

# What each role may do, beside its tick.
ROLE_WORDS = {
    roles.STAFF: "Mencatat tamu, melihat dan menutup kunjungan, membalas saran, mencetak poster.",
    roles.LEADERSHIP: "Melihat angka dan laporan, tanpa nama tamu.",
    roles.OFFICE_ADMIN: "Seperti petugas; juga pengaturan kantor, rekan, pengesahan laporan, dan jejak audit.",
    roles.REPORT_RECEIVER: "Tambahan bagi petugas: membaca data tamu pada layanan yang dirahasiakan.",
}
ALONE_OF_NO_USE = f"{roles.REPORT_RECEIVER} hanya tambahan. Pilih juga {roles.STAFF} atau {roles.OFFICE_ADMIN}."
TAKEN = "Nama pengguna ini sudah dipakai. Pilih yang lain, misalnya dengan nama kabupaten di belakangnya."
LONGEST_NAME = District._meta.get_field("name").max_length


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label="Wewenang",
        choices=[(role, role) for role in roles.ROLES],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Pilih paling sedikit satu wewenang."},
    )

    def clean_roles(self):
        chosen = self.cleaned_data["roles"]
        if roles.REPORT_RECEIVER in chosen and not {roles.STAFF, roles.OFFICE_ADMIN} & set(chosen):
            raise ValidationError(ALONE_OF_NO_USE, code="alone")
        return chosen

    def chosen(self):
        """As colleagues.change_roles takes it."""
        return {"chosen": self.cleaned_data["roles"]}

    def explained_roles(self):
        """Each tick with what the role may do."""
        return [(tick, ROLE_WORDS[tick.data["value"]]) for tick in self["roles"]]


class ColleagueForm(RolesForm):
    name = TextLine(
        label="Nama lengkap",
        max_length=100,
        widget=text_input(),
        error_messages={"required": "Tulis nama rekan."},
    )
    username = UsernameField(
        label="Nama pengguna",
        max_length=150,
        validators=[User.username_validator],
        help_text="Untuk masuk. Huruf, angka, dan tanda @ . + - _ tanpa spasi, misalnya rina.marlina.",
        widget=text_input(autocapitalize="none"),
        error_messages={"required": "Tulis nama pengguna."},
    )
    field_order = ["name", "username", "roles"]

    def clean_username(self):
        if User.objects.filter(username__iexact=self.cleaned_data["username"]).exists():
            raise ValidationError(TAKEN, code="taken")
        return self.cleaned_data["username"]

    def invitation(self):
        """As colleagues.invite takes it."""
        return {"name": self.cleaned_data["name"], "username": self.cleaned_data["username"], **self.chosen()}


class PastedList(forms.CharField):
    """Lines stay lines, and so do the cells of a table."""

    def to_python(self, value):
        return several_lines(super().to_python(value).replace("\t", "\n"))


class PastedDistrictsForm(forms.Form):
    names = PastedList(
        label="Daftar kecamatan",
        max_length=districts.AT_MOST * (LONGEST_NAME + 10),
        help_text="Satu nama per baris, atau dipisahkan koma. Nomor urut di depan nama dibuang.",
        widget=forms.Textarea(attrs={"rows": 12, "class": "vLargeTextField"}),
        error_messages={"required": "Tempel atau tulis nama kecamatan."},
    )

    def clean_names(self):
        names = [name for name in districts.names_in(self.cleaned_data["names"]) if is_readable(name)]
        if not names:
            raise ValidationError("Tempel atau tulis nama kecamatan.", code="required")
        if len(names) > districts.AT_MOST:
            raise ValidationError(f"Paling banyak {districts.AT_MOST} nama sekaligus; ini {len(names)}.", code="many")
        long = [name for name in names if len(name) > LONGEST_NAME]
        if long:
            raise ValidationError(f"Paling panjang {LONGEST_NAME} huruf: “{long[0][:60]}…”", code="long")
        return names


class ClosedDaysForm(forms.Form):
    """Ticks beside the offered days; those that the office has already can't be ticked."""

    days = forms.TypedMultipleChoiceField(error_messages={"required": "Pilih paling sedikit satu tanggal."})

    def __init__(self, offered, *args, **kwargs):
        super().__init__(*args, **kwargs)
        open_offers = {offer.day.isoformat(): offer for offer in offered if not offer.is_present}
        self.fields["days"].choices = [(day, date_format(offer.day)) for day, offer in open_offers.items()]
        self.fields["days"].coerce = open_offers.__getitem__
        self.ticked = set(self.data.getlist("days")) if self.is_bound else _ticked_at_first(open_offers)


def _ticked_at_first(offers):
    """What the decree has settled."""
    return {day for day, offer in offers.items() if not offer.is_estimated}
