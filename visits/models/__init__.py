"""The rows of DILAKU, one file per noun."""

from visits.models.account import OneTimePassword
from visits.models.audit import AuditEvent
from visits.models.feedback import Feedback, FeedbackNumber, Message, ReplyTemplate
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
from visits.models.survey import SurveyResponse
from visits.models.visit import DailyNumber, Visit

__all__ = [
    "AuditEvent",
    "CheckInPoint",
    "ClosedDay",
    "DailyNumber",
    "District",
    "Division",
    "Feedback",
    "FeedbackNumber",
    "Membership",
    "Message",
    "Office",
    "OneTimePassword",
    "Purpose",
    "ReplyTemplate",
    "RequiredDocument",
    "ServiceHours",
    "SurveyResponse",
    "Visit",
]
