"""Writes to a feedback thread, each one transaction. Those of staff say who did it (`by=`) and leave an audit line; a
visitor's own letters leave none.

A thread waits (`waiting_since`) from the visitor's first unanswered letter until the office replies or closes it. Every
change after the first letter locks the thread's row, so that a letter and a reply at the same moment see one another.
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from visits.abuse import NOBODY, Sender, suspicion
from visits.actions import OtherContentError, record
from visits.codes import content_digest, is_content, key_hash, private_key, private_keys
from visits.models import Division, Feedback, FeedbackNumber, Message
from visits.privacy import notice_version
from visits.snapshot import PointSnapshot


def thread_key(feedback: Feedback) -> str | None:
    """The thread's private key, under whichever secret made it; None once it is anonymised."""
    if feedback.submission_id is None:
        return None
    keys = private_keys("feedback", feedback.submission_id)
    return next((key for key in keys if key_hash(key) == feedback.key_hash), None)


def locked(feedback: Feedback) -> Feedback:
    """The row as it is now, ours until the transaction ends. Raises DoesNotExist once it is anonymised."""
    threads = Feedback.objects.select_for_update(of=["self"]).select_related("office").defer("office__emblem")
    return threads.get(pk=feedback.pk, anonymized_at=None)


def earlier_thread(submission_id: UUID, content: dict[str, str]) -> Feedback | None:
    """The thread that this form began already. Raises OtherContentError when it held something else."""
    feedback = Feedback.objects.filter(submission_id=submission_id).first()
    if feedback and not is_content(feedback.content_digest, content):
        raise OtherContentError
    return feedback


def send(
    *, point: PointSnapshot, data: dict, content: dict[str, str], language: str, sender: Sender = NOBODY
) -> Feedback:
    """A visitor's form becomes one thread, however often and however concurrently it arrives.

    `data` is FeedbackForm.cleaned_data, `content` what was typed. What looks odd is kept, and waits for nobody until
    staff have looked. Raises FloodError.
    """
    try:
        return _begin(point=point, data=data, content=content, language=language, sender=sender)
    except IntegrityError as error:
        earlier = earlier_thread(data["submission_id"], content)
        if earlier is None:  # the id belongs to a letter of another thread
            raise OtherContentError from error
        return earlier


@transaction.atomic
def _begin(*, point: PointSnapshot, data: dict, content: dict[str, str], language: str, sender: Sender) -> Feedback:
    now = timezone.now()
    flagged_reason = suspicion(point.code, sender)
    feedback = Feedback(
        office_id=point.office.id,
        point_id=point.id,
        submission_id=data["submission_id"],
        key_hash=key_hash(private_key("feedback", data["submission_id"])),
        content_digest=content_digest(content),
        number=FeedbackNumber.objects.take(point.office.id),
        category=data["category"],
        name=data["name"],
        phone=data["phone"],
        language=language,
        created_at=now,
        waiting_since=None if flagged_reason else now,
        flagged_reason=flagged_reason,
        notice_version=notice_version(point.office),
    )
    feedback.save(force_insert=True)
    _write(feedback, data, now)
    return feedback


def earlier_letter(feedback: Feedback, submission_id: UUID, content: dict[str, str]) -> Message | None:
    """The letter that this form wrote already. Raises OtherContentError when the id holds anything else."""
    letter = Message.objects.filter(submission_id=submission_id).first()
    if letter and (letter.feedback_id, letter.body) != (feedback.pk, content["body"]):
        raise OtherContentError
    return letter


def add_letter(feedback: Feedback, *, data: dict, content: dict[str, str], sender: Sender = NOBODY) -> Message:
    """The visitor writes again, once however often it arrives; a closed thread is open again.

    `data` is LetterForm.cleaned_data, `content` what was typed. Raises FloodError.
    """
    try:
        return _add_letter(feedback, data, sender)
    except IntegrityError:
        earlier = earlier_letter(feedback, data["submission_id"], content)
        if earlier is None:
            raise
        return earlier


@transaction.atomic
def _add_letter(feedback: Feedback, data: dict, sender: Sender) -> Message:
    suspicion(feedback.point.code, sender)  # only a flood: whoever holds the key has written here before
    feedback = locked(feedback)
    now = timezone.now()
    letter = _write(feedback, data, now)
    feedback.waiting_since = None if feedback.flagged_reason else feedback.waiting_since or now
    feedback.closed_at, feedback.closed_by = None, ""
    feedback.save(update_fields=["waiting_since", "closed_at", "closed_by"])
    return letter


def _write(feedback: Feedback, data: dict, now: datetime) -> Message:
    return feedback.messages.create(
        submission_id=data["submission_id"], author=Message.Author.VISITOR, body=data["body"], created_at=now
    )


@transaction.atomic
def close_by_visitor(feedback: Feedback) -> Feedback:
    """ "Ya, sudah cukup". Only where the office has replied to everything: an old page never closes a newer letter."""
    feedback = locked(feedback)
    if not feedback.is_answered:
        return feedback
    feedback.closed_at, feedback.closed_by = timezone.now(), Feedback.ClosedBy.VISITOR
    feedback.save(update_fields=["closed_at", "closed_by"])
    return feedback


class NewerLettersError(Exception):
    """The thread has moved on since the page was shown: somebody wrote, closed it or opened it again."""


class OtherDivisionError(Exception):
    """Somebody has given the thread to another division since the page was shown, or taken it from one."""


def opened(feedback: Feedback, *, by, request=None) -> None:
    """For every staff page that shows the letters, also one that comes back because of a mistake."""
    _trace("opened", feedback, by, request)


def told(feedback: Feedback, *, by, request=None) -> None:
    """Somebody has taken the thread's private link, to send it to the writer."""
    _trace("told", feedback, by, request)


def standing(feedback: Feedback) -> str:
    """How far a page of the thread has read: the last letter, note or reply, and whether it is closed."""
    last = feedback.messages.order_by("pk").values_list("pk", flat=True).last()
    return f"{last}-tutup" if feedback.is_closed else f"{last}"


@transaction.atomic
def reply(
    feedback: Feedback, *, submission_id: UUID, body: str, seen: str, closes: bool = False, by, request=None
) -> Feedback:
    """The office answers, once however often it arrives; `seen` is the `standing` that the page showed.

    Raises NewerLettersError where there is more to read first, OtherContentError where the page has sent another
    reply already, and DoesNotExist once the thread is anonymised.
    """
    feedback = locked(feedback)
    if earlier_letter(feedback, submission_id, {"body": body}):
        return feedback
    _refuse_unless_read(feedback, seen)
    now = timezone.now()
    _write_as_staff(feedback, Message.Author.OFFICE, submission_id=submission_id, body=body, by=by, now=now)
    feedback.first_replied_at, feedback.waiting_since = feedback.first_replied_at or now, None
    feedback.flagged_reason = ""  # whoever answers takes it for a letter
    feedback.save(update_fields=["first_replied_at", "waiting_since", "flagged_reason"])
    _trace("replied", feedback, by, request)
    if closes and not feedback.is_closed:
        _close_by_staff(feedback, now, by, request)
    return feedback


@transaction.atomic
def note(feedback: Feedback, *, submission_id: UUID, body: str, by, request=None) -> Feedback:
    """Staff among themselves: nothing is answered by it, and the visitor never sees it."""
    feedback = locked(feedback)
    if earlier_letter(feedback, submission_id, {"body": body}):
        return feedback
    now = timezone.now()
    _write_as_staff(feedback, Message.Author.NOTE, submission_id=submission_id, body=body, by=by, now=now)
    _trace("noted", feedback, by, request)
    return feedback


@transaction.atomic
def assign(feedback: Feedback, *, division: Division | None, instead_of: int | None, by, request=None) -> Feedback:
    """`instead_of` is the id of the division that the page showed. Raises OtherDivisionError."""
    feedback = locked(feedback)
    if feedback.division_id == (division and division.pk):
        return feedback
    if feedback.division_id != instead_of:
        raise OtherDivisionError
    feedback.division = division
    feedback.save(update_fields=["division"])
    _trace("assigned", feedback, by, request, fields=["division"])
    return feedback


@transaction.atomic
def close(feedback: Feedback, *, seen: str, by, request=None) -> Feedback:
    """With or without a reply. A closed one stays as it is. Raises NewerLettersError like `reply`."""
    feedback = locked(feedback)
    if feedback.is_closed:
        return feedback
    _refuse_unless_read(feedback, seen)
    _close_by_staff(feedback, timezone.now(), by, request)
    return feedback


@transaction.atomic
def reopen(feedback: Feedback, *, by, request=None) -> Feedback:
    """Undo of close, whoever closed it: what was never answered waits again, since it was written."""
    feedback = locked(feedback)
    if not feedback.is_closed:
        return feedback
    feedback.closed_at, feedback.closed_by, feedback.flagged_reason = None, "", ""
    feedback.waiting_since = _unanswered_since(feedback)
    feedback.save(update_fields=["closed_at", "closed_by", "flagged_reason", "waiting_since"])
    _trace("reopened", feedback, by, request)
    return feedback


def _refuse_unless_read(feedback: Feedback, seen: str) -> None:
    if seen != standing(feedback):
        raise NewerLettersError


def _write_as_staff(feedback: Feedback, author: str, *, submission_id: UUID, body: str, by, now) -> None:
    letter = Message(feedback=feedback, submission_id=submission_id, author=author, written_by=by, body=body)
    letter.created_at = now
    try:
        with transaction.atomic():
            letter.save(force_insert=True)
    except IntegrityError as error:  # the id was used in another thread at the same moment
        raise OtherContentError from error


def _close_by_staff(feedback: Feedback, now: datetime, by, request) -> None:
    feedback.closed_at, feedback.closed_by, feedback.waiting_since = now, Feedback.ClosedBy.STAFF, None
    feedback.save(update_fields=["closed_at", "closed_by", "waiting_since"])
    _trace("closed", feedback, by, request)


def _unanswered_since(feedback: Feedback) -> datetime | None:
    """When the oldest of the visitor's letters behind the office's last reply was written."""
    replies = feedback.messages.filter(author=Message.Author.OFFICE)
    last_reply = replies.order_by("pk").values_list("pk", flat=True).last() or 0
    letters = feedback.messages.filter(author=Message.Author.VISITOR, pk__gt=last_reply)
    return letters.order_by("pk").values_list("created_at", flat=True).first()


def _trace(verb: str, feedback: Feedback, by, request, **details) -> None:
    record(action=f"feedback.{verb}", by=by, request=request, office_id=feedback.office_id, target=feedback, **details)
