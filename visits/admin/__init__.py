"""The staff side: Django's admin, one module per noun, one office-scoped base class."""

from visits.admin import audit, feedback, office, people, points, purposes, reply_templates, rights, survey, visits

__all__ = [
    "audit",
    "feedback",
    "office",
    "people",
    "points",
    "purposes",
    "reply_templates",
    "rights",
    "survey",
    "visits",
]
