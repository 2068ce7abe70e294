"""Many rows in one step: a pasted list of districts, the national closed days."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from visits import closed_days, desk, districts
from visits.office_forms import ClosedDaysForm, PastedDistrictsForm


def paste_view(model_admin):
    """First what the list would do, then, with another button, doing it."""

    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request):
        office = desk.office_for(request, "visits.add_district", "visits.change_district")
        form, plan = PastedDistrictsForm(request.POST or None), None
        if request.method == "POST" and form.is_valid():
            names = form.cleaned_data["names"]
            if "add" in request.POST:
                plan = districts.add(office=office, names=names, by=request.user, request=request)
                messages.success(request, f"{plan.words()}.")
                return _to_list(model_admin)
            plan = districts.plan(office, names)
        return _page(model_admin, request, "paste.html", "Tempel daftar kecamatan", office=office, form=form, plan=plan)

    return view


def offer_view(model_admin):
    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request):
        office = desk.office_for(request, "visits.add_closedday")
        years = closed_days.offered(office)
        form = ClosedDaysForm([day for days in years.values() for day in days], request.POST or None)
        if request.method == "POST" and form.is_valid():
            chosen = form.cleaned_data["days"]
            added = closed_days.add(office=office, days=chosen, by=request.user, request=request)
            messages.success(request, f"{added} hari tutup ditambahkan.")
            return _to_list(model_admin)
        return _page(model_admin, request, "offer.html", "Libur nasional", office=office, form=form, years=years)

    return view


def _to_list(model_admin):
    return HttpResponseRedirect(reverse(f"admin:visits_{model_admin.opts.model_name}_changelist"))


def _page(model_admin, request, template, title, **context):
    context |= {"title": title, "offices": desk.offices_to_choose(request), "opts": model_admin.opts}
    path = f"admin/visits/{model_admin.opts.model_name}/{template}"
    return TemplateResponse(request, path, {**model_admin.admin_site.each_context(request), **context})
