"""The rows of DILAKU, one file per noun."""

from visits.models.account import OneTimePassword
from visits.models.audit import AuditEvent
from visits.models.office import (
    CheckInPoint,
    ClosedDay,
    District,
    Division,
    Membership,
    Office,
    ServiceHours,
)
from visits.models.purpose import Purpose, RequiredDocument
from visits.models.visit import DailyNumber, Visit

__all__ = [
    "AuditEvent",
    "CheckInPoint",
    "ClosedDay",
    "DailyNumber",
    "District",
    "Division",
    "Membership",
    "Office",
    "OneTimePassword",
    "Purpose",
    "RequiredDocument",
    "ServiceHours",
    "Visit",
]
