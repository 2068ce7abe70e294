"""The visitor's side of feedback: the form, and the private page of the thread that it begins."""

import base64
from functools import partial, wraps

from django.conf import settings
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt  # noqa: TID251 - docs/decisions/003
from django.views.decorators.http import require_http_methods

from visits import errors, feedback_actions, posters
from visits.abuse import Sender
from visits.codes import key_hash
from visits.feedback_forms import FeedbackForm, LetterForm
from visits.form_page import FormPage, next_id, submit
from visits.inbox import Calendar
from visits.language import in_chosen_language
from visits.models import Feedback
from visits.models.feedback import REPLY_WITHIN
from visits.origin import is_same_origin
from visits.public_pages import at_point, private, see_private_page, speak_language_of

FEEDBACK = FormPage("visits/feedback_form.html", lambda office, data=None: FeedbackForm(data))
HEADINGS = {
    Feedback.Category.SUGGESTION: gettext_lazy("Saran Anda"),
    Feedback.Category.QUESTION: gettext_lazy("Pertanyaan Anda"),
    Feedback.Category.COMPLAINT: gettext_lazy("Pengaduan Anda"),
    Feedback.Category.PRAISE: gettext_lazy("Apresiasi Anda"),
}


@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(no_cache=True)
@at_point
def feedback_form(request, point):
    if request.method != "POST":
        return FEEDBACK.empty(request, point)
    return submit(
        request,
        FeedbackForm(request.POST),
        earlier=feedback_actions.earlier_thread,
        store=partial(_send, point, Sender.of(request)),
        see=_see_thread,
        show=partial(FEEDBACK.filled, request, point),
    )


def _send(point, sender, form):
    return feedback_actions.send(
        point=point, data=form.cleaned_data, content=form.content(), language=get_language(), sender=sender
    )


def _see_thread(feedback):
    return see_private_page("thread", feedback_actions.thread_key(feedback), feedback)


def of_thread(view):
    """Hands the view the thread of its key. Wrong, cut off, of a secret that is no longer honoured, or anonymised,
    meanwhile too: the page is the same."""

    @wraps(view)
    def wrapper(request, key):
        threads = Feedback.objects.select_related("office", "point").defer("office__emblem")
        try:
            feedback = threads.get(key_hash=key_hash(key))
            return view(request, feedback, key) if feedback_actions.thread_key(feedback) else _no_thread(request)
        except Feedback.DoesNotExist:
            return _no_thread(request)

    return wrapper


def _no_thread(request):
    return errors.page(
        request,
        404,
        _("Saran tidak ditemukan"),
        _("Mungkin tautannya terpotong, atau masa simpannya sudah lewat. Pindai lagi kode QR yang Anda simpan."),
    )


@private
@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@of_thread
def thread(request, feedback, key):
    show = partial(_thread_page, request, feedback, key)
    speak_language_of(request, feedback)
    if request.method != "POST":
        return show(LetterForm())
    return submit(
        request,
        LetterForm(request.POST),
        earlier=partial(feedback_actions.earlier_letter, feedback),
        store=partial(_add_letter, feedback, Sender.of(request)),
        see=lambda letter: _see_thread(feedback),
        show=show,
    )


def _add_letter(feedback, sender, form):
    return feedback_actions.add_letter(feedback, data=form.cleaned_data, content=form.content(), sender=sender)


@private
@in_chosen_language
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@of_thread
def enough(request, feedback, key):
    """ "Ya, sudah cukup". A GET, such as a reload, only shows the thread."""
    if request.method == "POST" and is_same_origin(request):
        feedback_actions.close_by_visitor(feedback)
    return _see_thread(feedback)


def _thread_page(request, feedback, key, form, *, status=200, notice=""):
    link = f"{settings.SITE_URL}{reverse('thread', args=[key])}"
    context = {
        "feedback": feedback,
        "office": feedback.office,
        "point": feedback.point,
        "heading": HEADINGS[feedback.category],
        "letters": feedback.messages.shown_to_visitor(),
        "state": _state(feedback),
        **_promise(feedback),
        "key": key,
        "link": link,
        "qr": base64.b64encode(posters.qr_png(link)).decode(),
        "form": form,
        "notice": notice,
        "submission_id": next_id(form, notice),
    }
    return render(request, "visits/thread.html", context, status=status)


def _state(feedback) -> str:
    if feedback.is_closed:
        return "closed"
    return "answered" if feedback.is_answered else "waiting"


def _promise(feedback) -> dict:
    """By when the office means to answer what waits, and whether that day is over."""
    waits = feedback.waiting_since
    day = Calendar.of(feedback.office).due(waits) if waits else None
    return {"reply_within": REPLY_WITHIN, "reply_day": day, "is_late": day and day < feedback.office.today()}
