"""What staff send from their own WhatsApp: a visitor's ticket; that the office has replied, and where to read it."""

from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from visits.actions import ticket_key
from visits.feedback_actions import thread_key
from visits.models import Feedback, Visit


def link_to_visitor(visit: Visit) -> str | None:
    """To the own ticket, in the visitor's language. Of a visit that went through `as_seen_by`; None where staff may not
    see the number, or the visitor has not agreed to messages."""
    key = ticket_key(visit)
    if not visit.seen_phone or not visit.consent_at or not key:
        return None
    place = {"link": _address("ticket", key), "office": visit.office.name}
    with override(visit.language):
        text = _("Tiket kunjungan Anda di %(office)s: %(link)s")
        if visit.label:
            text = _("Tiket kunjungan Anda nomor %(number)s di %(office)s: %(link)s")
    return _chat(visit.seen_phone, text % {**place, "number": visit.label})


def link_to_writer(feedback: Feedback) -> str | None:
    """Opens a chat with the words ready, in the writer's language. None without a number, or once anonymised."""
    key = thread_key(feedback)
    if not feedback.phone or not key:
        return None
    place = {"link": _address("thread", key), "office": feedback.office.name}
    with override(feedback.language):
        text = _("%(office)s sudah membalas Anda (nomor %(number)s). Baca di sini: %(link)s")
    return _chat(feedback.phone, text % {**place, "number": feedback.label})


def _address(page: str, key: str) -> str:
    return f"{settings.SITE_URL}{reverse(page, args=[key])}"


def _chat(phone: str, text: str) -> str:
    return f"https://wa.me/{phone.removeprefix('+')}?{urlencode({'text': text})}"
