"""The words that an office uses often in its replies."""

from django.contrib import admin

from visits.admin.base import OfficeScopedAdmin
from visits.models import ReplyTemplate
from visits.reply_forms import ReplyTemplateForm


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(OfficeScopedAdmin):
    form = ReplyTemplateForm
    list_display = ["title", "order", "is_active"]
    list_editable = ["order", "is_active"]
    list_per_page = 100
    fields = ["office", "title", "body", "order", "is_active"]
