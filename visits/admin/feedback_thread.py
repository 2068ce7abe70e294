"""One thread: its letters, and what staff do to it. Whatever happens, what stands in a box is not lost."""

from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from visits import feedback_actions, inbox, phones, whatsapp
from visits.actions import OtherContentError
from visits.admin.feedback_fields import badge
from visits.feedback_actions import NewerLettersError, OtherDivisionError
from visits.models import Feedback
from visits.reply_forms import ThreadForm

ERASED = "Data saran ini sudah dihapus sesuai masa simpan, jadi tidak ada lagi yang bisa membaca balasannya."


def thread_view(model_admin):
    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request, pk):
        feedback = model_admin.get_object(request, pk)
        if not model_admin.has_view_permission(request, feedback):
            raise PermissionDenied
        show = partial(_page, model_admin, request, pk)
        return _act(request, feedback, show) if request.method == "POST" else show(ThreadForm(feedback))

    return view


def _act(request, feedback, show):
    if not request.user.has_perm("visits.reply_feedback"):
        raise PermissionDenied
    form = ThreadForm(feedback, request.POST)
    if not form.is_valid():
        return show(form, status=422)
    try:
        ACTS[form.button](request, feedback, form)
    except NewerLettersError:
        return show(form, status=409, obstacle="outdated")
    except OtherDivisionError:
        return show(form, status=409, obstacle="divided")
    except OtherContentError:
        form.write_anew("internal_note" if form.button == "note" else "reply")
        return show(form, status=409, obstacle="reused")
    except Feedback.DoesNotExist:
        messages.error(request, ERASED)
        return HttpResponseRedirect(request.path)
    return show(form) if form.has_unsent() else HttpResponseRedirect(request.path)


def _reply(request, feedback, form, *, closes=False):
    letter = {**form.letter("reply"), "seen": form.cleaned_data["seen"], "closes": closes}
    feedback = feedback_actions.reply(feedback, **letter, by=request.user, request=request)
    form.empty("reply")
    is_closed = closes and feedback.is_closed
    said = f"Balasan untuk {feedback.label} terkirim" + (", dan sarannya ditutup." if is_closed else ".")
    buttons = [_whatsapp_button(feedback), _undo(feedback, "Buka lagi") if is_closed else ""]
    messages.success(request, format_html("{} {} {}", said, *buttons))


def _note(request, feedback, form):
    feedback_actions.note(feedback, **form.letter("internal_note"), by=request.user, request=request)
    form.empty("internal_note")
    messages.success(request, "Catatan internal tersimpan.")


def _assign(request, feedback, form):
    division = form.cleaned_data["division"]
    instead_of = form.cleaned_data["instead_of"]
    feedback_actions.assign(feedback, division=division, instead_of=instead_of, by=request.user, request=request)
    messages.success(
        request, f"{feedback.label} ditangani {division}." if division else f"{feedback.label} belum dibagi."
    )


def _close(request, feedback, form):
    feedback_actions.close(feedback, seen=form.cleaned_data["seen"], by=request.user, request=request)
    messages.success(request, format_html("{} ditutup. {}", feedback.label, _undo(feedback, "Batalkan")))


def _reopen(request, feedback, form):
    feedback_actions.reopen(feedback, by=request.user, request=request)
    messages.success(request, f"{feedback.label} dibuka lagi.")


def _fill_in(request, feedback, form):
    form.fill_in(form.cleaned_data["template"])


ACTS = {
    "reply": _reply,
    "reply-close": partial(_reply, closes=True),
    "note": _note,
    "assign": _assign,
    "close": _close,
    "reopen": _reopen,
    "template": _fill_in,
}


def _undo(feedback, label):
    page = reverse("admin:visits_feedback_change", args=[feedback.pk])
    button = '<button class="dk-btn small-size" form="desk" formaction="{}" name="do" value="reopen">{}</button>'
    return format_html(button, page, label)


def _whatsapp_button(feedback):
    """In a message too, which waits in a cookie: it holds neither number nor key."""
    if whatsapp.link_to_writer(feedback) is None:
        return ""
    return format_html(
        '<a class="dk-btn small-size" href="{}" target="_blank" rel="noopener noreferrer">Kabari lewat WhatsApp</a>',
        reverse("admin:visits_feedback_whatsapp", args=[feedback.pk]),
    )


def whatsapp_view(model_admin):
    """A link to ourselves that leads on to WhatsApp: so the private key stands in no page, and its use leaves a trace.

    Not a form: browsers hold the redirects of a form to `form-action`, and ours names nobody else.
    """

    @require_safe
    def view(request, pk):
        feedback = model_admin.get_object(request, str(pk))
        if not request.user.has_perm("visits.reply_feedback"):
            raise PermissionDenied
        link = whatsapp.link_to_writer(feedback)
        if link is None:
            raise Http404
        if request.method == "GET":
            feedback_actions.told(feedback, by=request.user, request=request)
        return HttpResponseRedirect(link)

    return view


def _page(model_admin, request, pk, form, *, status=200, obstacle=""):
    """As the thread stands now. `obstacle` says why nothing was stored: there is more to read, or the page is spent."""
    feedback = model_admin.get_object(request, pk)
    seen = form.last_seen()
    if form.is_bound:
        form.show_again(feedback, tells_division=obstacle == "divided")
    feedback_actions.opened(feedback, by=request.user, request=request)
    letters = feedback.messages.select_related("written_by")
    letters = [(letter, bool(obstacle) and letter.pk > seen) for letter in letters]
    context = {
        **model_admin.admin_site.each_context(request),
        **_facts(feedback),
        "title": inbox.sender(feedback),
        "subtitle": f"{feedback.get_category_display()} {feedback.label}",
        "letters": letters,
        "has_new": any(is_new for _letter, is_new in letters),
        "form": form,
        "obstacle": obstacle,
        "templates": form.fields["template"].queryset,
        "may_reply": request.user.has_perm("visits.reply_feedback") and not feedback.anonymized_at,
        "opts": model_admin.opts,
    }
    return TemplateResponse(request, "admin/visits/feedback/thread.html", context, status=status)


def _facts(feedback):
    calendar = inbox.Calendar.of(feedback.office)
    waits = inbox.wait(feedback, calendar)
    return {
        "feedback": feedback,
        "office": feedback.office,
        "badge": badge(feedback, waits),
        "waits": waits,
        "answer": inbox.answer_words(feedback, calendar) if feedback.first_replied_at else "",
        "phone": phones.display(feedback.phone),
        "whatsapp_button": _whatsapp_button(feedback) if feedback.first_replied_at else "",
    }
