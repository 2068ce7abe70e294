"""What staff send from their own WhatsApp: that the office has replied, and where to read it."""

from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from visits.feedback_actions import thread_key
from visits.models import Feedback


def link_to_writer(feedback: Feedback) -> str | None:
    """Opens a chat with the words ready, in the writer's language. None without a number, or once anonymised."""
    key = thread_key(feedback)
    if not feedback.phone or not key:
        return None
    place = {"link": f"{settings.SITE_URL}{reverse('thread', args=[key])}", "office": feedback.office.name}
    with override(feedback.language):
        text = _("%(office)s sudah membalas Anda (nomor %(number)s). Baca di sini: %(link)s")
    query = urlencode({"text": text % {**place, "number": feedback.label}})
    return f"https://wa.me/{feedback.phone.removeprefix('+')}?{query}"
