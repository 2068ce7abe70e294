"""The sheet of the satisfaction survey, as visitors fill it in."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from visits.forms import TextLines
from visits.models import SurveyResponse
from visits.models.survey import ELEMENTS, MAX_COMMENT
from visits.survey_questions import QUESTIONS, Question

OLDEST = 120  # years
ABOUT_YOU = ["sex", "age", "education", "job"]


class AnswerField(forms.TypedChoiceField):
    """One question. What is missing is told by the number, since the questions are long."""

    def __init__(self, number: int, question: Question):
        unanswered = _("Pilih jawaban pertanyaan %(number)d.") % {"number": number}
        super().__init__(
            choices=[(str(value), words) for value, words in enumerate(question.answers, start=1)],
            coerce=int,
            error_messages={"required": unanswered, "invalid_choice": unanswered},
        )
        self.number, self.question = number, question


class OptionalChoice(forms.TypedChoiceField):
    default_error_messages = {"invalid_choice": gettext_lazy("Pilih dari daftar, atau kosongkan.")}

    def __init__(self, label, choices=(), **kwargs):
        super().__init__(label=label, choices=choices, required=False, **kwargs)


class SurveyForm(forms.Form):
    """For the holder of a ticket: nine questions, and what may stay empty."""

    comment = TextLines(label=gettext_lazy("Catatan untuk kantor ini"), max_length=MAX_COMMENT, required=False)
    sex = OptionalChoice(gettext_lazy("Jenis kelamin"), SurveyResponse.Sex.choices)
    age = forms.IntegerField(
        label=gettext_lazy("Umur"),
        min_value=1,
        max_value=OLDEST,
        required=False,
        error_messages=dict.fromkeys(
            ["invalid", "min_value", "max_value"], gettext_lazy("Tulis umur dengan angka, atau kosongkan.")
        ),
    )
    education = OptionalChoice(gettext_lazy("Pendidikan terakhir"), SurveyResponse.Education.choices)
    job = OptionalChoice(gettext_lazy("Pekerjaan"), SurveyResponse.Job.choices)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for number, element in enumerate(ELEMENTS, start=1):
            self.fields[element] = AnswerField(number, QUESTIONS[element])
        self.order_fields(ELEMENTS)

    @classmethod
    def of(cls, sheet: SurveyResponse | None):
        """Empty, or with what was answered before."""
        names = [*ELEMENTS, *cls.base_fields]
        return cls(initial={name: getattr(sheet, name) for name in names} if sheet else None)

    def questions(self):
        return [self[element] for element in ELEMENTS]

    def about_you(self):
        return [self[name] for name in ABOUT_YOU]

    def says_something_about_you(self) -> bool:
        return any(field.value() or field.errors for field in self.about_you())

    def answers(self) -> dict:
        """Columns of the row; after a mistake those that are right."""
        return self.cleaned_data


class SurveyAtPointForm(SurveyForm):
    """For those without a ticket: they may say which service it was."""

    submission_id = forms.UUIDField(widget=forms.HiddenInput)
    purpose = OptionalChoice(gettext_lazy("Layanan yang Anda terima"), coerce=int, empty_value=None)

    def __init__(self, office, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = [(purpose.id, purpose.name) for purpose in office.purposes]

    def answers(self) -> dict:
        columns = {"submission_id": None, "purpose": "purpose_id"}
        return {column: value for name, value in self.cleaned_data.items() if (column := columns.get(name, name))}

    content = answers  # by which a page that was sent twice is known
