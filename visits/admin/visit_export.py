"""The raw export: what the list shows, with its filters, as an Excel file for those who may have it.

django-import-export gives the permission, the filtered rows and the choice of columns; visits/exports.py makes the
file, since import-export's own way holds all of it in memory (docs/decisions).
"""

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import XLSX
from import_export.forms import SelectableFieldsExportForm
from import_export.resources import modelresource_factory

from visits import actions, exports
from visits.models import Office, Visit
from visits.xlsx_stream import CONTENT_TYPE

# The one list of columns, as import-export's form wants it.
NAMES = [column.name for column in exports.COLUMNS]
VisitResource = modelresource_factory(
    Visit,
    meta_options={"fields": NAMES, "export_order": NAMES},
    custom_fields={column.name: Field(column_name=column.header) for column in exports.COLUMNS},
)


class ColumnsForm(SelectableFieldsExportForm):
    """Which columns; the format is always the same."""

    def __init__(self, formats, resources, **kwargs):
        super().__init__(formats, resources, **kwargs)
        for name in ["format", "resource"]:
            self.fields[name].widget = forms.HiddenInput()
            self.fields[name].error_messages["invalid_choice"] = "Berkas hanya tersedia sebagai Excel (.xlsx)."
        for column in exports.COLUMNS:
            field = self.fields[self.create_boolean_field_name(VisitResource, column.name)]
            field.label, field.initial = column.header, column.is_usual

    def clean(self):
        if not any(value is True for value in self.cleaned_data.values()):
            raise forms.ValidationError("Pilih sedikitnya satu kolom.", code="required")
        return super().clean()

    def columns(self) -> list[exports.Column]:
        chosen = set(self.get_selected_resource_export_fields())
        return [column for column in exports.COLUMNS if column.name in chosen]

    def ticks(self):
        return [field for field in self.visible_fields() if getattr(field.field, "is_selectable_field", False)]


class VisitExport(ExportMixin):
    """Mixed into VisitAdmin. Who may: settings name the permission; import-export without them lets all staff in."""

    import_export_change_list_template = "admin/change_list.html"
    export_template_name = "admin/visits/visit/export.html"
    export_form_class = ColumnsForm
    resource_classes = [VisitResource]
    export_formats = [XLSX]

    def export_action(self, request):
        if not self.has_export_permission(request) or not Office.objects.for_staff(request.user).exists():
            raise PermissionDenied
        visits = self.get_export_queryset(request)
        counts = exports.count_by_office(visits)
        form = ColumnsForm(self.get_export_formats(), self.resource_classes, data=request.POST or None)
        if request.method == "POST" and form.is_valid():
            record_download("visit.exported", request, counts, filters=_filters(self, request))
            return download(exports.workbook(visits, form.columns()), request, "kunjungan")
        return self._export_page(request, form, sum(counts.values()))

    def _export_page(self, request, form, rows: int):
        context = {
            **self.admin_site.each_context(request),
            "title": "Unduh sebagai Excel",
            "form": form,
            "rows": rows,
            "is_filtered": bool(_filters(self, request)),
            "list_url": f"{reverse('admin:visits_visit_changelist')}?{request.GET.urlencode()}",
            "opts": self.opts,
        }
        return TemplateResponse(request, self.export_template_name, context, status=422 if form.errors else 200)


def _filters(model_admin, request) -> set[str]:
    """The names of those in use; never what was searched for."""
    known = {"q", *(list_filter.parameter_name for list_filter in model_admin.list_filter)}
    return {name for name in known if request.GET.get(name)}


@transaction.atomic
def record_download(action: str, request, counts: dict[int, int], *, filters: set[str]) -> None:
    """One line for each office whose rows leave, so that each of them can see it."""
    own = Office.objects.for_staff(request.user).values_list("pk", flat=True)
    details = {"by": request.user, "request": request, "filters": sorted(filters)}
    for office_id, rows in (counts or {own.first(): 0}).items():
        actions.record(action=action, office_id=office_id, rows=rows, **details)


def download(pieces, request, stem: str) -> StreamingHttpResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{_file_name(request, stem)}"',
        # Zipped already: GZipMiddleware leaves alone what says how it is encoded.
        "Content-Encoding": "identity",
    }
    return StreamingHttpResponse(pieces, content_type=CONTENT_TYPE, headers=headers)


def _file_name(request, stem: str) -> str:
    """With the office's name, unless it is about several."""
    offices = Office.objects.for_staff(request.user).only("slug", "time_zone")
    chosen = list(offices.filter(slug=request.GET.get("kantor", ""))) or list(offices[:2])
    slug = f"-{chosen[0].slug}" if len(chosen) == 1 else ""
    return f"{stem}{slug}-{chosen[0].today()}.xlsx"
