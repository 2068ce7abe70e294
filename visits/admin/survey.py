"""Sheets of the satisfaction survey, to be read only: by month and not by day, in no order of arrival, never beside a
visit, and without what respondents told about themselves. Whoever was at the desk that day shouldn't guess whose it is:
a service that few have rated in a month isn't named, as in the report.
"""

import re
from datetime import date, timedelta

from django.contrib import admin
from django.db.models import Count, Window
from django.db.models.functions import TruncMonth
from django.utils.dateformat import format as formatted
from django.utils.html import format_html, format_html_join

from visits import desk
from visits.admin import filters
from visits.admin.base import OfficeScopedAdmin, OnlyToRead
from visits.models import SurveyResponse
from visits.models.survey import ELEMENTS, FEWEST_NAMED
from visits.survey_questions import QUESTIONS

FEW = "Layanan lain"  # as the report calls them
LOW = 2  # answers up to this one are to be seen at a glance


class MonthFilter(admin.SimpleListFilter):
    title = "bulan"
    parameter_name = "bulan"

    def lookups(self, request, model_admin):
        months = SurveyResponse.objects.for_staff(request.user).dates("day", "month", order="DESC")
        return [(f"{month:%Y-%m}", formatted(month, "F Y")) for month in months]

    def queryset(self, request, sheets):
        if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", self.value() or ""):
            return sheets
        first = date.fromisoformat(f"{self.value()}-01")
        return sheets.filter(day__gte=first, day__lt=(first + timedelta(days=31)).replace(day=1))


@admin.register(SurveyResponse)
class SurveyAdmin(OnlyToRead, OfficeScopedAdmin):
    list_display = ["about", "shown_comment", "answers"]
    list_display_links = None
    list_filter = [filters.OfficeFilter, MonthFilter]
    list_per_page = 25
    list_max_show_all = 0
    list_select_related = ["office", "purpose"]
    ordering = [TruncMonth("day").desc(), "pk"]  # by random ids within a month

    def get_queryset(self, request):
        of_service = Window(Count("pk"), partition_by=["office", TruncMonth("day"), "purpose"])
        sheets = super().get_queryset(request).as_seen_by(request.user).defer("office__emblem")
        return sheets.annotate(of_service=of_service)

    def get_urls(self):
        """The list and nothing else: a sheet of its own has nothing more to say."""
        return [page for page in super().get_urls() if page.name == "visits_surveyresponse_changelist"]

    @admin.display(description="layanan")
    def about(self, sheet):
        name = sheet.purpose.name if sheet.purpose else "Tidak disebutkan"
        doubt = ", perlu diperiksa" if sheet.flagged_reason else ""
        return format_html(
            "{}<small>{}{}</small>", name if _is_named(sheet) else FEW, formatted(sheet.day, "F Y"), doubt
        )

    @admin.display(description="catatan")
    def shown_comment(self, sheet):
        """That words are hidden would tell the service too."""
        return desk.MASKED if sheet.is_masked and _is_named(sheet) else sheet.seen_comment or "-"

    @admin.display(description="jawaban")
    def answers(self, sheet):
        low = [element for element in ELEMENTS if getattr(sheet, element) <= LOW]
        summary = f"{len(low)} jawaban rendah" if low else "Semua baik"
        lines = format_html_join("", "<li>{}: {}</li>", [_in_words(sheet, element) for element in ELEMENTS])
        return format_html("<details><summary>{}</summary><ul>{}</ul></details>", summary, lines)


def _is_named(sheet) -> bool:
    return sheet.of_service >= FEWEST_NAMED


def _in_words(sheet, element: str) -> tuple:
    label = SurveyResponse._meta.get_field(element).verbose_name
    return label.capitalize(), QUESTIONS[element].words(getattr(sheet, element))
