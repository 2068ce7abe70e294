"""Error pages: calm, in Indonesian, and still holding what was typed."""

import sys

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from visits.feedback_forms import FeedbackForm
from visits.forms import VisitForm
from visits.language import in_chosen_language
from visits.models import DataRequest, Feedback, Visit
from visits.origin import is_same_origin
from visits.reply_forms import ThreadForm
from visits.rights_forms import RequestForm
from visits.survey_forms import SurveyForm

RETRY_AFTER_SECONDS = 5
NEVER_SHOWN_AGAIN = {"csrfmiddlewaretoken", "queued_seconds"}
SHOWN_AGAIN = ["name", "phone", "visitor_kind", "organization", "meeting_with", "party_size", "note"]
CHOICES = {
    "visitor_kind": dict(Visit.VisitorKind.choices),
    "category": dict(Feedback.Category.choices),
    "kind": dict(DataRequest.Kind.choices),
}


def kept(request) -> list[tuple[str, str]]:
    """What was typed, to be shown and sent again. Nothing of a form with a password in it."""
    if request.method != "POST":
        return []
    try:
        fields = [(name, value) for name, values in request.POST.lists() for value in values]
    except (UnreadablePostError, BadRequest, SuspiciousOperation, MultiPartParserError):
        return []  # unreadable: that is why we are here
    if any("password" in name for name, _value in fields):
        return []
    return [(name, value) for name, value in fields if name not in NEVER_SHOWN_AGAIN]


def typed(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The kept fields as people read them: the labels of the form, the words of a choice. Ids say nothing to them."""
    labels = {
        **{name: capfirst(Visit._meta.get_field(name).verbose_name) for name in ["staff_note", "excluded_reason"]},
        **{name: VisitForm.base_fields[name].label for name in SHOWN_AGAIN},
        **{name: FeedbackForm.base_fields[name].label for name in ["category", "body"]},
        **{name: ThreadForm.base_fields[name].label for name in ["reply", "internal_note"]},
        **{name: RequestForm.base_fields[name].label for name in ["kind", "words"]},
        "comment": SurveyForm.base_fields["comment"].label,
    }
    return [(labels[name], _in_words(name, value)) for name, value in fields if name in labels and value]


def _in_words(name: str, value: str):
    return CHOICES.get(name, {}).get(value, value)


def page(request, status: int, title: str, text: str, *, for_staff: str = "", can_resend: bool = False):
    """One error page. `for_staff` replaces the text in the staff area; `can_resend` offers a button that sends the same
    form again."""
    fields, is_staff_page = kept(request), request.path.startswith("/staf/")
    response = render(
        request,
        "visits/error.html",
        {
            "title": title,
            "text": for_staff if for_staff and is_staff_page else text,
            "status": status,
            "kept": fields,
            "typed": typed(fields),
            "can_resend": can_resend and bool(fields) and is_same_origin(request),
            "is_staff_page": is_staff_page,
        },
        status=status,
    )
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    return response


@in_chosen_language
def bad_request(request, exception=None):
    return page(
        request,
        400,
        _("Alamat atau isian tidak terbaca"),
        _("Ada bagian yang tidak dapat kami baca. Pindai lagi kode QR di poster, atau tanya petugas di meja depan."),
        for_staff="Mungkin tautannya terpotong. Bukalah halamannya lagi dari beranda.",
    )


@in_chosen_language
def permission_denied(request, exception=None):
    return page(
        request,
        403,
        _("Halaman ini bukan untuk akun Anda"),
        _("Minta Admin kantor bila Anda memerlukannya untuk bekerja."),
    )


def csrf_failure(request, reason=""):
    """The staff's page token is too old, or another site sent the form."""
    return page(
        request,
        403,
        _("Halaman ini sudah terlalu lama terbuka"),
        _("Isian Anda belum tersimpan. Kirim lagi dari halaman ini, atau masuk lagi bila diminta."),
        can_resend=True,
    )


@in_chosen_language
def page_not_found(request, exception=None):
    return page(
        request,
        404,
        _("Halaman tidak ditemukan"),
        _("Mungkin tautannya terpotong. Pindai lagi kode QR di poster, atau tanya petugas di meja depan."),
        for_staff="Mungkin tautannya terpotong, atau datanya bukan milik kantor Anda.",
    )


@in_chosen_language
def server_error(request):
    """503 when PostgreSQL is away, 500 for a fault of ours. Called while the exception is being handled."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    return page(
        request,
        500,
        _("Maaf, ada gangguan di sistem kami"),
        _("Isian Anda belum terkirim. Coba lagi, atau hubungi petugas di meja depan."),
        for_staff="Pekerjaan Anda belum tersimpan. Coba lagi. Bila terulang, beri tahu TI.",
        can_resend=True,
    )


@in_chosen_language
def unavailable(request):
    return page(
        request,
        503,
        _("Sistem sedang tidak dapat dihubungi"),
        _("Biasanya hanya sebentar. Isian Anda belum terkirim; coba lagi, atau hubungi petugas di meja depan."),
        for_staff="Biasanya hanya sebentar. Pekerjaan Anda belum tersimpan; coba lagi. Bila terulang, beri tahu TI.",
        can_resend=True,
    )
