"""A visitor's rights over the own visit (UU 27/2022, art. 30 to 41): see it and who has, correct it, take back the
consent, have it restricted or erased. Each write is one transaction with its audit line.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from visits import erasures, retention, roles, survey_actions
from visits.abuse import NOBODY, Sender, suspicion
from visits.actions import AlreadyErasedError, edit, record
from visits.models import AuditEvent, DataRequest, Feedback, Message, SurveyResponse, Visit

CORRECTABLE = ["name", "phone", "organization", "meeting_with", "note"]
TRAIL_LINES = 50
IT, SOMEBODY = "IT", "Pegawai kantor"  # the latter: whoever has no role any more
_RULES = {rule.model: rule for rule in retention.RULES}


class OvertakenError(Exception):
    """Somebody else has changed the same fields since the visitor saw them."""

    def __init__(self, visit: Visit, fields: list[str]):
        super().__init__(*fields)
        self.visit = visit  # as it is stored
        self.fields = fields


@dataclass(frozen=True)
class Trace:
    """Somebody saw or changed the visit."""

    at: datetime
    role: str  # "Petugas", IT or SOMEBODY, never a name; empty for the visitor
    action: str  # "visit.opened"
    fields: list[str]  # what was changed, by the names of the columns


def trail(visit: Visit) -> list[Trace]:
    """The newest 50 lines."""
    events = list(AuditEvent.objects.filter(object_type="visit", object_id=visit.pk)[:TRAIL_LINES])
    role_of = _roles({event.actor_id for event in events if event.actor_id})
    return [Trace(event.at, _role(event, role_of), event.action, event.details.get("fields", [])) for event in events]


def _role(event: AuditEvent, role_of: dict[int, str]) -> str:
    return role_of.get(event.actor_id, SOMEBODY) if event.actor_id else ""


def _roles(ids: set[int]) -> dict[int, str]:
    """What each of these accounts is in the office now: the highest of its groups."""
    ranked = [roles.OFFICE_ADMIN, roles.STAFF, roles.LEADERSHIP, roles.REPORT_RECEIVER]
    found = {}
    for account in get_user_model().objects.filter(pk__in=ids).prefetch_related("groups"):
        groups = {group.name for group in account.groups.all()}
        found[account.pk] = IT if account.is_superuser else next((role for role in ranked if role in groups), SOMEBODY)
    return found


@transaction.atomic
def correct(visit: Visit, *, changes: dict[str, tuple[str, str]], sender: Sender = NOBODY) -> None:
    """The visitor writes anew who came, and what for. `changes` tells of CORRECTABLE what the visitor saw, and what it
    is to be; what holds that already stays.

    Raises FloodError, AlreadyErasedError, OvertakenError.
    """
    _count(visit, sender)
    visit = _locked(visit)
    changes = {name: (was, wanted) for name, (was, wanted) in changes.items() if getattr(visit, name) != wanted}
    if overtaken := [name for name, (was, _wanted) in changes.items() if getattr(visit, name) != was]:
        raise OvertakenError(visit, overtaken)
    for name, (_was, wanted) in changes.items():
        setattr(visit, name, wanted)
    if changes:
        edit(visit, fields=list(changes), action="visit.corrected")


@transaction.atomic
def withdraw_consent(visit: Visit) -> None:
    """Twice does nothing."""
    visit = _locked(visit)
    if visit.consent_at:
        visit.consent_at = None
        visit.save(update_fields=["consent_at"])
        _trace("visit.consent_withdrawn", visit)
        erasures.note(Visit, [visit.pk], emptied={"consent_at": None})


@transaction.atomic
def lift_restriction(visit: Visit, *, by=None, request=None) -> Visit:
    """By the visitor, unless staff say so on the visitor's word. Twice does nothing. Raises AlreadyErasedError."""
    visit = _locked(visit)
    if visit.restricted_at:
        visit.restricted_at = None
        visit.save(update_fields=["restricted_at"])
        _trace("visit.restriction_lifted", visit, by=by, request=request)
        # The other way round than all else that is noted: a restriction may come back, but must not be lost.
        lifted = {"restricted_at": None}
        transaction.on_commit(lambda: erasures.note(Visit, [visit.pk], emptied=lifted), robust=True)
    return visit


@transaction.atomic
def ask(visit: Visit, *, kind: str, words: str, sender: Sender = NOBODY) -> DataRequest:
    """One of a kind waits at a time: asked again it is the same one. Raises FloodError, AlreadyErasedError."""
    _count(visit, sender)
    visit = _locked(visit)
    earlier = visit.data_requests.waiting().filter(kind=kind).first()
    if earlier:
        return earlier
    asked = visit.data_requests.create(office_id=visit.office_id, kind=kind, words=words)
    _trace("datarequest.received", visit, kind=kind)
    return asked


class AlreadyDecidedError(Exception):
    """Somebody else was faster."""


class AlreadyRestrictedError(Exception):
    """Nobody reads it as it is."""


@transaction.atomic
def decide(asked: DataRequest, *, is_granted: bool, answer: str, by, request=None) -> DataRequest:
    """What was granted is done at once; a correction staff have made by then. Raises AlreadyDecidedError."""
    visit = Visit.objects.select_for_update().get(pk=asked.visit_id)
    asked = DataRequest.objects.select_for_update().get(pk=asked.pk)
    if asked.decided_at:
        raise AlreadyDecidedError
    asked.decided_at, asked.decided_by, asked.is_granted, asked.answer = timezone.now(), by, is_granted, answer
    asked.save()
    verb = "granted" if is_granted else "refused"
    _trace(f"datarequest.{verb}", visit, by=by, request=request, kind=asked.kind)
    if is_granted and asked.kind == DataRequest.Kind.RESTRICTION:
        _restrict(visit)
    if is_granted and asked.kind == DataRequest.Kind.ERASURE:
        _erase_visit(visit)
    return asked


@transaction.atomic
def restrict(visit: Visit, *, by, request=None) -> None:
    """On the word of a visitor who came without the ticket. Raises AlreadyErasedError, AlreadyRestrictedError."""
    visit = _locked(visit)
    if visit.restricted_at:
        raise AlreadyRestrictedError
    _restrict(visit)
    _trace("visit.restricted", visit, by=by, request=request)


def _restrict(visit: Visit) -> None:
    """From now on, or since it was asked for before."""
    if visit.restricted_at is None:
        visit.restricted_at = timezone.now()
        visit.save(update_fields=["restricted_at"])
        erasures.note(Visit, [visit.pk], emptied={"restricted_at": visit.restricted_at})


@transaction.atomic
def erase_visit(visit: Visit, *, by, request=None) -> None:
    """On the word of a visitor who came without the ticket. Raises AlreadyErasedError."""
    visit = _locked(visit)
    _trace("visit.erased", visit, by=by, request=request)
    _erase_visit(visit)


def _erase_visit(visit: Visit) -> None:
    """With the sheet that was filled in from its ticket, and what was asked and answered about it."""
    sheet = survey_actions.sheet_of(visit)
    if sheet:
        retention.erase(_RULES[SurveyResponse], [sheet.pk])
    retention.erase(_RULES[Visit], [visit.pk])
    retention.erase(_RULES[DataRequest], list(visit.data_requests.values_list("pk", flat=True)))


@transaction.atomic
def erase_thread(feedback: Feedback, *, by, request=None) -> None:
    """With all its letters. Raises AlreadyErasedError."""
    feedback = Feedback.objects.select_for_update().get(pk=feedback.pk)
    if feedback.anonymized_at:
        raise AlreadyErasedError
    _trace("feedback.erased", feedback, by=by, request=request)
    retention.erase(_RULES[Message], list(feedback.messages.values_list("pk", flat=True)))
    retention.erase(_RULES[Feedback], [feedback.pk])


def _count(visit: Visit, sender: Sender) -> None:
    """Only a flood is refused: whoever holds the key has written here before. Of a visit that staff recorded the ticket
    itself is what it all comes through."""
    suspicion(visit.point.code if visit.point else f"ticket {visit.pk}", sender)


def _locked(visit: Visit) -> Visit:
    visits = Visit.objects.select_for_update(of=["self"]).select_related("office", "point").defer("office__emblem")
    visit = visits.get(pk=visit.pk)
    if visit.anonymized_at:
        raise AlreadyErasedError
    return visit


def _trace(action: str, row, *, by=None, request=None, **details) -> None:
    record(action=action, by=by, request=request, office_id=row.office_id, target=row, **details)
