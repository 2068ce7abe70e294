"""The columns of the inbox, and the badge that says how a thread stands."""

from django.contrib import admin
from django.utils.html import format_html

from visits import desk, inbox
from visits.models import Feedback
from visits.templatetags.visitor import icon


class FeedbackFields:
    """Mixed into FeedbackAdmin. Threads have gone through `inbox.with_words`; no phone number stands in a list."""

    list_display = ["numbered", "letter", "age", "division_name", "state"]

    @admin.display(description="Nomor")
    def numbered(self, feedback):
        return format_html("{}<small>{}</small>", feedback.label, feedback.get_category_display())

    @admin.display(description="Isi dan pengirim")
    def letter(self, feedback):
        words, sender = inbox.first_words(feedback), inbox.sender(feedback)
        return format_html('<span class="dk-text">{}</span><small>{}</small>', words, sender)

    @admin.display(description="Menunggu")
    def age(self, feedback):
        waits = inbox.wait(feedback, inbox.Calendar.of(feedback.office))
        received = desk.day(feedback.office, feedback.created_at)
        return format_html("{}<small>diterima {}</small>", waits.age if waits else "-", received)

    @admin.display(description="Divisi")
    def division_name(self, feedback):
        return feedback.division.name if feedback.division else "-"

    @admin.display(description="Status")
    def state(self, feedback):
        return badge(feedback, inbox.wait(feedback, inbox.Calendar.of(feedback.office)))


def badge(feedback, waits: inbox.Wait | None):
    """Never by colour alone: a sign and words."""
    if feedback.is_closed:
        by_visitor = feedback.closed_by == Feedback.ClosedBy.VISITOR
        return format_html('<span class="badge done">{}</span>', "Ditutup pengirim" if by_visitor else "Selesai")
    if waits is None and feedback.flagged_reason:
        return format_html('<span class="badge is-near">{}Perlu diperiksa</span>', icon("alert"))
    if waits is None:
        return format_html('<span class="badge is-answered">{}Dibalas</span>', icon("tick"))
    if waits.is_late:
        return format_html('<span class="badge is-late">{}{}</span>', icon("alert"), waits.due)
    if waits.is_near:
        return format_html('<span class="badge is-near">{}{}</span>', icon("clock"), waits.due)
    return format_html('<span class="badge is-waiting">Menunggu</span><small>{}</small>', waits.due)
