"""What every page of the staff area shares: rows of one's own offices only, a trace of every change."""

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.text import capfirst

from visits import actions, audit_words, desk
from visits.models import AuditEvent, Office

COUNTED_AT_MOST = 10_000
HISTORY_LINES = 200


class CappedPaginator(Paginator):
    """Counts to 10,000 and no further: count(*) of a large table takes longer than its first page."""

    @cached_property
    def count(self):
        rows = self.object_list.values("pk")
        if not rows.query.is_sliced:
            rows = rows.order_by()[: COUNTED_AT_MOST + 1]
        return rows.count()

    @property
    def is_capped(self):
        return self.count > COUNTED_AT_MOST


class PlainChoices:
    """No pencils and plus signs beside a choice: every setting has a page of its own."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field


class LabelledRows:
    """Formsets in a table: its column heads are no labels, so every field says by itself what it is."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        for field in form.fields.values():
            place = "baris baru" if index is None else f"baris {index + 1}"
            field.widget.attrs["aria-label"] = f"{capfirst(field.label or '')}, {place}"

    def get_unique_error_message(self, unique_check):
        """Django would name the fields as the code does."""
        parent = getattr(self, "fk", None)
        fields = [self.model._meta.get_field(name) for name in unique_check]
        labels = " dan ".join(str(field.verbose_name) for field in fields if field != parent)
        return f"Ada dua baris dengan {labels} yang sama."


class LabelledFormSet(LabelledRows, forms.BaseModelFormSet):
    pass


class LabelledInlineFormSet(LabelledRows, forms.BaseInlineFormSet):
    pass


class TableInline(PlainChoices, admin.TabularInline):
    formset = LabelledInlineFormSet


class AuditedAdmin(PlainChoices, admin.ModelAdmin):
    """The audit trail in place of Django's own log: it can't be changed, and it holds no values."""

    object_history_template = "admin/object_history.html"
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    paginator = CappedPaginator
    actions = None
    # By name one could read masked ones off their neighbours; other lists have an order of their own.
    sortable_by = ()
    formfield_overrides = {
        models.DateField: {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")},
        models.URLField: {"assume_scheme": "https"},
    }

    def get_object(self, request, object_id, from_field=None):
        """A row of another office does not exist."""
        row = super().get_object(request, object_id, from_field)
        if row is None:
            raise Http404
        return row

    def lookup_allowed(self, lookup, value, request=None):
        """Only the filters on the page: with any other one could ask for names letter by letter."""
        return lookup in {getattr(list_filter, "parameter_name", list_filter) for list_filter in self.list_filter}

    def get_changelist_formset(self, request, **kwargs):
        return super().get_changelist_formset(request, formset=LabelledFormSet, **kwargs)

    def changelist_view(self, request, extra_context=None):
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def history_view(self, request, object_id, extra_context=None):
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        office = self.office_of(row)
        events = AuditEvent.objects.filter(object_type=self.opts.model_name, object_id=row.pk)[:HISTORY_LINES]
        context = {
            **self.admin_site.each_context(request),
            "title": "Riwayat",
            "subtitle": str(row),
            "events": [audit_words.line(event, office) for event in events],
            "object": row,
            "opts": self.opts,
            "preserved_filters": self.get_preserved_filters(request),
        }
        return TemplateResponse(request, self.object_history_template, context)

    def office_of(self, row):
        return getattr(row, "office", None)

    def log_addition(self, request, obj, message):
        self._record(request, obj, "added")

    def log_change(self, request, obj, message):
        fields = [name for part in message for name in _changed(part)]
        if fields:
            self._record(request, obj, "changed", fields=fields)

    def log_deletions(self, request, queryset):
        for row in queryset:
            self._record(request, row, "deleted")

    def _record(self, request, row, verb, **details):
        office = self.office_of(row)
        actions.record(
            action=f"{self.opts.model_name}.{verb}",
            by=request.user,
            request=request,
            office_id=office.pk if office else None,
            target=row,
            **details,
        )

    def construct_change_message(self, request, form, formsets, add=False):
        """Which fields, by their names in the code: `[{"fields": [...]}, {"name": ..., "fields": [...]}]`."""
        changed = [{"fields": form.changed_data}]
        for formset in formsets or []:
            name = formset.model._meta.model_name
            touched = {field for row_form in formset.forms for field in row_form.changed_data}
            changed.append({"name": name, "fields": sorted(touched)})
        return changed


def _changed(part):
    prefix = f"{part['name']}." if "name" in part else ""
    return [f"{prefix}{field}" for field in part["fields"]]


class OnlyToRead:
    """Mixed in where rows stay as they came: nobody adds, changes or deletes one."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class TracedSearch:
    """Mixed into lists with names in them: who has searched, and how much was found; never what for."""

    def changelist_view(self, request, extra_context=None):
        response = super().changelist_view(request, extra_context)
        found = getattr(response, "context_data", {}).get("cl")
        if found and found.query.strip():
            actions.record(
                action=f"{self.opts.model_name}.searched",
                by=request.user,
                request=request,
                office_id=desk.office_concerned(request),
                rows=found.result_count,
            )
        return response


class OfficeScopedAdmin(AuditedAdmin):
    """For models with an `office` column: no page shows, offers or accepts anything of somebody else's office."""

    def get_queryset(self, request):
        return super().get_queryset(request).for_staff(request.user)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        choices = db_field.related_model._default_manager
        if hasattr(choices, "for_staff"):
            kwargs["queryset"] = choices.for_staff(request.user)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        return _of_one_office(field) if field and db_field.related_model is Office else field

    def get_form(self, request, obj=None, change=False, **kwargs):
        """A row stays in its office. The field is there all the same: without it "once per office" goes unchecked."""
        form = super().get_form(request, obj, change, **kwargs)
        if obj and "office" in form.base_fields:
            form.base_fields["office"].disabled = True
        return form

    def get_list_display(self, request):
        columns = super().get_list_display(request)
        return [*columns, "office"] if _works_for_several(request.user) else columns


class InUseStays:
    """What visits refer to is switched off, never deleted: reports of past months would change."""

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and obj.visits.exists())


def _of_one_office(field):
    """Nothing to choose: the field keeps its value and disappears."""
    offices = list(field.queryset[:2])
    if len(offices) == 1:
        field.initial = offices[0].pk
        field.widget = forms.HiddenInput()
    return field


def _works_for_several(user):
    return Office.objects.for_staff(user).count() > 1
