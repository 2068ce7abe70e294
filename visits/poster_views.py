"""Staff look whether a poster is ours, and give a point another code. What is drawn on a poster is in posters.py."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from visits import code_actions
from visits.models import CheckInPoint
from visits.poster_check import UnreadablePhotoError, codes_in, judge

PHOTO_AT_MOST = 4_900_000  # bytes; docs/deploy/Caddyfile takes 5 MB for a whole request


class PosterCheckForm(forms.Form):
    photo = forms.FileField(
        label="Foto poster",
        required=False,
        help_text="Ambil dari depan, sampai kode QR terlihat utuh.",
        widget=forms.ClearableFileInput(attrs={"accept": "image/*", "capture": "environment"}),
    )
    address = forms.CharField(
        label="Alamat atau kode di poster",
        required=False,
        max_length=500,
        help_text="Yang muncul di ponsel saat kode QR dipindai, atau enam huruf dan angka di bawahnya.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )

    def clean_photo(self):
        photo = self.cleaned_data["photo"]
        if photo is None:
            return []
        if photo.size > PHOTO_AT_MOST:
            raise forms.ValidationError("Foto terlalu besar. Paling banyak 4,9 MB.")
        return _texts(photo.read())

    def clean(self):
        data = super().clean()
        if not self.errors and not data["photo"] and not data["address"]:
            raise forms.ValidationError("Ambil foto poster, atau ketik alamatnya.")
        return data

    def texts(self) -> list[str]:
        address = self.cleaned_data["address"]
        return [*self.cleaned_data["photo"], *([address] if address else [])]


def _texts(photo: bytes) -> list[str]:
    try:
        texts = codes_in(photo)
    except UnreadablePhotoError as error:
        raise forms.ValidationError("Berkas ini bukan foto yang dapat dibaca. Pakai JPEG atau PNG.") from error
    if not texts:
        raise forms.ValidationError("Tidak ada kode QR yang terbaca di foto ini. Dekatkan kamera, lalu coba lagi.")
    return texts


@require_http_methods(["GET", "HEAD", "POST"])
def poster_check(request):
    if not request.user.has_perm("visits.view_checkinpoint"):
        raise PermissionDenied
    is_sent = request.method == "POST"
    form = PosterCheckForm(request.POST, request.FILES) if is_sent else PosterCheckForm()
    findings = [judge(text, request.user) for text in form.texts()] if is_sent and form.is_valid() else []
    context = {**admin.site.each_context(request), "title": "Periksa poster", "form": form, "findings": findings}
    status = 422 if is_sent and form.errors else 200
    return TemplateResponse(request, "admin/poster_check.html", context, status=status)


@require_POST
def replace_code(request, code):
    point = code_actions.replace_code(_point(request, code), by=request.user, request=request)
    messages.success(
        request, f"Kode {point.name} sekarang {point.code}. Cetak dan tempel poster yang baru; kode lama tidak berlaku."
    )
    return HttpResponseRedirect(reverse("admin:poster", args=[point.code]))


@require_POST
def restore_code(request, code):
    """`code` is the point's code of today; the earlier one is in the form."""
    wanted = request.POST.get("earlier", "")
    point = code_actions.restore_code(_point(request, code), code=wanted, by=request.user, request=request)
    if point.code == wanted:
        messages.success(request, f"Kode {point.code} berlaku lagi. Poster lama bisa dipakai terus.")
    else:
        messages.error(request, "Kode itu tidak bisa dipakai lagi.")
    return HttpResponseRedirect(reverse("admin:poster", args=[point.code]))


def _point(request, code) -> CheckInPoint:
    if not request.user.has_perm("visits.change_checkinpoint"):
        raise PermissionDenied
    return get_object_or_404(CheckInPoint.objects.for_staff(request.user), code=code.upper())
