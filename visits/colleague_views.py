"""Pages on which an Admin kantor keeps the accounts of the own office."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from visits import colleagues, desk, lockout, second_factor
from visits.office_forms import TAKEN, ColleagueForm, RolesForm

KEEPS_ACCOUNTS = "visits.change_membership"
LAST_ADMIN = "Setiap kantor perlu paling sedikit satu Admin kantor yang aktif. Jadikan rekan lain Admin kantor dulu."


@require_safe
def people(request):
    office = _office(request)
    rows = colleagues.list_of(office, request.user)
    return _page(request, "admin/colleagues.html", "Rekan kerja", office, people=rows)


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request):
    office = _office(request)
    form = ColleagueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user, password = colleagues.invite(office=office, by=request.user, request=request, **form.invitation())
        except IntegrityError:  # somebody else was quicker
            form.add_error("username", TAKEN)
        else:
            return _password_page(request, office, user, password)
    return _page(request, "admin/colleague_add.html", "Tambah rekan", office, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
def colleague(request, pk):
    office, user = _office(request), _person(request, pk)
    person = colleagues.colleague(user, request.user, office)
    form = RolesForm(request.POST or None, initial={"roles": person.roles})
    if request.method == "POST":
        if person.obstacle:
            raise PermissionDenied
        if form.is_valid():
            return _step(request, user, "Wewenang rekan tersimpan.", colleagues.change_roles, **form.chosen())
    context = {
        "is_locked": lockout.is_locked(user) or second_factor.has_to_wait(user),
        "has_second_factor": second_factor.app_of(user) is not None,
    }
    return _page(request, "admin/colleague.html", person.name, office, person=person, form=form, **context)


@require_POST
def renew_password(request, pk):
    office, user = _office(request), _person(request, pk)
    password = colleagues.renew_password(user, by=request.user, request=request)
    return _password_page(request, office, user, password)


@require_POST
def deactivate(request, pk):
    return _step(request, _person(request, pk), "Akun rekan dinonaktifkan.", colleagues.deactivate)


@require_POST
def reactivate(request, pk):
    office, user = _office(request), _person(request, pk)
    password = colleagues.reactivate(user, by=request.user, request=request)
    if password:
        return _password_page(request, office, user, password)
    return HttpResponseRedirect(reverse("admin:colleague", args=[pk]) + desk.office_query(request))


@require_POST
def unlock(request, pk):
    return _step(request, _person(request, pk), "Kunci akun rekan sudah dibuka.", colleagues.unlock)


@require_POST
def remove_second_factor(request, pk):
    said = "Verifikasi dua langkah rekan sudah dihapus. Ia harus masuk lagi."
    return _step(request, _person(request, pk), said, colleagues.remove_second_factor)


def _office(request):
    return desk.office_for(request, KEEPS_ACCOUNTS)


def _person(request, pk):
    """Somebody of one's own offices; nobody else exists."""
    if not request.user.has_perm(KEEPS_ACCOUNTS):
        raise PermissionDenied
    return get_object_or_404(colleagues.people_of(request.user), pk=pk)


def _step(request, user, said, act, **details):
    """Does it and says so. No name: messages wait in a cookie."""
    try:
        act(user, by=request.user, request=request, **details)
    except colleagues.LastAdminError:
        messages.error(request, LAST_ADMIN)
    else:
        messages.success(request, said)
    return HttpResponseRedirect(reverse("admin:colleague", args=[user.pk]) + desk.office_query(request))


def _password_page(request, office, user, password):
    """The only time that anybody sees it: on this page, which no cache keeps."""
    person = colleagues.colleague(user, request.user, office)
    context = {"person": person, "password": password}
    return _page(request, "admin/colleague_password.html", "Sandi sekali pakai", office, **context)


def _page(request, template, title, office, **context):
    context |= {
        "title": title,
        "office": office,
        "offices": desk.offices_to_choose(request),
        "query": desk.office_query(request),
    }
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


# (route, view, name).
PAGES = [
    ("rekan/", people, "colleagues"),
    ("rekan/tambah/", invite, "colleague_add"),
    ("rekan/<int:pk>/", colleague, "colleague"),
    ("rekan/<int:pk>/sandi/", renew_password, "colleague_password"),
    ("rekan/<int:pk>/nonaktifkan/", deactivate, "colleague_deactivate"),
    ("rekan/<int:pk>/aktifkan/", reactivate, "colleague_reactivate"),
    ("rekan/<int:pk>/buka-kunci/", unlock, "colleague_unlock"),
    ("rekan/<int:pk>/hapus-verifikasi/", remove_second_factor, "colleague_remove_second_factor"),
]
