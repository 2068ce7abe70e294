"""The inbox: what waits longest on top. One thread is opened, answered and closed in feedback_thread.py."""

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import F
from django.urls import path

from visits import inbox
from visits.admin import feedback_filters, feedback_thread
from visits.admin.base import OfficeScopedAdmin, OnlyToRead, TracedSearch
from visits.admin.feedback_fields import FeedbackFields
from visits.admin.filters import OfficeFilter
from visits.models import Feedback


@admin.register(Feedback)
class FeedbackAdmin(FeedbackFields, TracedSearch, OnlyToRead, OfficeScopedAdmin):
    """Threads begin with a visitor; replies have a permission of their own."""

    list_filter = [
        OfficeFilter,
        feedback_filters.StateFilter,
        feedback_filters.CategoryFilter,
        feedback_filters.DivisionFilter,
    ]
    list_per_page = 25
    list_max_show_all = 0
    list_select_related = ["office", "division"]
    ordering = [F("waiting_since").asc(nulls_last=True), "-pk"]
    search_fields = ["name"]  # makes the box appear; get_search_results decides
    search_help_text = "Nomor saran, nama pengirim, atau kata di dalam surat."

    def get_queryset(self, request):
        threads = super().get_queryset(request).select_related("office", "division", "point").defer("office__emblem")
        return inbox.with_words(threads).prefetch_related("office__service_hours", "office__closed_days")

    def get_search_results(self, request, threads, text):
        return (inbox.found(threads, text) if text.strip() else threads), False

    def get_urls(self):
        view = self.admin_site.admin_view(feedback_thread.whatsapp_view(self))
        return [path("<int:pk>/whatsapp/", view, name="visits_feedback_whatsapp"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return feedback_thread.thread_view(self)(request, unquote(object_id))
