"""A check-in point gets another code: the old one was copied, pasted over, or is known to the wrong people."""

from django.db import transaction

from visits.actions import record
from visits.codes import new_code
from visits.models import CheckInPoint, ReplacedCode


@transaction.atomic
def replace_code(point: CheckInPoint, *, by, request=None) -> CheckInPoint:
    """The old code explains itself for a while, then it is unknown; it is never given out again."""
    point = _locked(point)
    code = new_code()
    while _is_taken(code):
        code = new_code()
    _change(point, code)
    record(action="checkinpoint.code_replaced", by=by, request=request, office_id=point.office_id, target=point)
    return point


@transaction.atomic
def restore_code(point: CheckInPoint, *, code: str, by, request=None) -> CheckInPoint:
    """Undo: the posters with an earlier code of this point count again. Any other code changes nothing."""
    point = _locked(point)
    if ReplacedCode.objects.explaining().filter(point=point, code=code).delete()[0] == 0:
        return point
    _change(point, code)
    record(action="checkinpoint.code_restored", by=by, request=request, office_id=point.office_id, target=point)
    return point


def _locked(point: CheckInPoint) -> CheckInPoint:
    return CheckInPoint.objects.select_for_update().get(pk=point.pk)


def _is_taken(code: str) -> bool:
    return CheckInPoint.objects.filter(code=code).exists() or ReplacedCode.objects.filter(code=code).exists()


def _change(point: CheckInPoint, code: str) -> None:
    ReplacedCode.objects.create(code=point.code, point=point)
    point.code = code
    point.save(update_fields=["code"])
