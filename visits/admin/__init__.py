"""The staff side: Django's admin, one module per noun, one office-scoped base class."""

from visits.admin import audit, office, people, points, purposes, visits

__all__ = ["audit", "office", "people", "points", "purposes", "visits"]
