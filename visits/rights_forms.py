"""What visitors fill in on the page of their own data."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from visits import phones
from visits.forms import TextLines, VisitForm
from visits.models import DataRequest, Visit
from visits.models.rights import MAX_WORDS
from visits.rights import CORRECTABLE
from visits.text import is_readable

NO_KIND = gettext_lazy("Pilih apa yang Anda minta.")
NO_WORDS = gettext_lazy("Tulis apa yang keliru dan bagaimana seharusnya.")
OVERTAKEN = gettext_lazy(
    "Sejak halaman ini Anda buka, isian ini sudah diubah menjadi: %(words)s. Simpan lagi bila isian Anda yang benar."
)


class CorrectionForm(forms.Form):
    """The form of the door once more, as far as it can be mended by hand. What staff have recorded without a number or
    an institution may stay so.

    Each field carries along what was shown, so that only what the visitor changed is stored, and nothing that was
    changed meanwhile is overwritten.
    """

    name, phone, organization, meeting_with, note = [VisitForm.base_fields[name] for name in CORRECTABLE]

    def __init__(self, visit, data=None):
        held = _as_shown(visit)
        shown = {self.add_initial_prefix(name): value for name, value in held.items()}
        super().__init__(None if data is None else {**shown, **data.dict()}, initial=held)
        by_visitor = visit.entered_by_id is None
        self.fields["phone"].required = by_visitor
        is_individual = visit.visitor_kind == Visit.VisitorKind.INDIVIDUAL
        self.shows_institution = not is_individual or visit.organization != ""
        self.needs_institution = by_visitor and not is_individual

    def clean_organization(self):
        organization = self.cleaned_data["organization"]
        if not self.shows_institution:
            return ""
        if self.needs_institution and not is_readable(organization):
            raise ValidationError(_("Tulis nama instansi Anda."), code="required")
        return organization

    def as_shown(self) -> dict[str, str]:
        """By the names of hidden fields, beside what is typed over it."""
        names = {name: self.add_initial_prefix(name) for name in CORRECTABLE}
        return {hidden: self.data.get(hidden, self.initial[name]) for name, hidden in names.items()}

    def changes(self) -> dict[str, tuple[str, str]]:
        """What was shown, and what the visitor has made of it."""
        fields = [(name, self.fields[name]) for name in CORRECTABLE]
        shown = {name: field.to_python(self.data[self.add_initial_prefix(name)]) for name, field in fields}
        shown["phone"] = phones.parse(shown["phone"]) or ""
        wanted = self.cleaned_data
        return {name: (was, wanted[name]) for name, was in shown.items() if was != wanted[name]}

    def refuse(self, visit, names: list[str]) -> None:
        """Shows what is stored by now; saving once more is then a decision."""
        changes = self.changes()
        for name, stored in _as_shown(visit).items():
            self.data[self.add_initial_prefix(name)] = stored
            if name not in changes:
                self.data[name] = stored
            if name in names:
                self.add_error(name, OVERTAKEN % {"words": stored or _("(kosong)")})


def _as_shown(visit) -> dict[str, str]:
    return {name: getattr(visit, name) for name in CORRECTABLE} | {"phone": phones.display(visit.phone)}


class RequestForm(forms.Form):
    """What only the office can do."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Apa yang Anda minta?"),
        choices=DataRequest.Kind.choices,
        error_messages={"required": NO_KIND, "invalid_choice": NO_KIND},
    )
    words = TextLines(label=gettext_lazy("Penjelasan Anda"), max_length=MAX_WORDS, required=False)

    def clean(self):
        data = super().clean()
        is_correction = data.get("kind") == DataRequest.Kind.CORRECTION
        if is_correction and "words" in data and not is_readable(data["words"]):
            self.add_error("words", ValidationError(NO_WORDS, code="required"))
        return data
