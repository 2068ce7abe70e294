"""What two of the made-up visitors of the demo ask about their own data: one waits, one has been decided on."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from visits.models import DataRequest, Visit

WAITS_SINCE = timedelta(hours=31)
ASKED_BEFORE = timedelta(days=9)
DECIDED_WITHIN = timedelta(hours=5)


def requests(visits: list[Visit], *, now: datetime, by: User) -> list[DataRequest]:
    """About the last visits that had ended when they were asked. Nothing is saved here."""
    waiting, decided = _last_before(visits, now - WAITS_SINCE), _last_before(visits, now - ASKED_BEFORE)
    return [
        DataRequest(
            office=waiting.office,
            visit=waiting,
            kind=DataRequest.Kind.ERASURE,
            words="Urusan saya sudah selesai. Mohon nama dan nomor saya tidak disimpan lagi.",
            created_at=now - WAITS_SINCE,
        ),
        DataRequest(
            office=decided.office,
            visit=decided,
            kind=DataRequest.Kind.CORRECTION,
            words="Kami datang berdua, bukan sendiri.",
            created_at=now - ASKED_BEFORE,
            decided_at=now - ASKED_BEFORE + DECIDED_WITHIN,
            decided_by=by,
            is_granted=True,
            answer="Jumlah tamu sudah kami perbaiki. Terima kasih sudah memberi tahu.",
        ),
    ]


def _last_before(visits: list[Visit], moment: datetime) -> Visit:
    ended = [visit for visit in visits if visit.left_at and visit.left_at < moment and not visit.excluded_at]
    return max((visit for visit in ended if not visit.purpose.is_confidential), key=lambda visit: visit.left_at)
