"""The rows of DILAKU, one file per noun."""

from visits.models.abuse import SubmissionCount
from visits.models.account import Authenticator, OneTimePassword, StaffSession
from visits.models.audit import AuditEvent, AuditSeal
from visits.models.feedback import Feedback, FeedbackNumber, Message, ReplyTemplate
from visits.models.office import (
    CheckInPoint,
    ClosedDay,
    District,
    Division,
    Membership,
    Office,
    ReplacedCode,
    ServiceHours,
    SettingsVersion,
)
from visits.models.purpose import Purpose, RequiredDocument
from visits.models.rights import DataRequest
from visits.models.survey import SurveyResponse
from visits.models.visit import DailyNumber, Visit

__all__ = [
    "AuditEvent",
    "AuditSeal",
    "Authenticator",
    "CheckInPoint",
    "ClosedDay",
    "DailyNumber",
    "DataRequest",
    "District",
    "Division",
    "Feedback",
    "FeedbackNumber",
    "Membership",
    "Message",
    "Office",
    "OneTimePassword",
    "Purpose",
    "ReplacedCode",
    "ReplyTemplate",
    "RequiredDocument",
    "ServiceHours",
    "SettingsVersion",
    "StaffSession",
    "SubmissionCount",
    "SurveyResponse",
    "Visit",
]
