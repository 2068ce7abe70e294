"""What public pages need to know of an office, read in one statement and kept for two seconds per process.

A form can then be shown while PostgreSQL is away: an old snapshot is served when a new one can't be had.
"""

import time
from dataclasses import dataclass
from datetime import date, timedelta
from datetime import time as time_of_day
from functools import cached_property
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db import InterfaceError, OperationalError
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils import timezone

from visits.models import CheckInPoint, ClosedDay, District, Division, Purpose, RequiredDocument, ServiceHours
from visits.models.office import TIME_ZONES
from visits.opening import DAYS_AHEAD, DayHours, Opening, opening

FRESH_SECONDS = 2.0
KEPT_AT_MOST = 2000  # codes per process; one takes about 10 kB


@dataclass(frozen=True)
class PurposeSnapshot:
    id: int
    name: str
    description: str
    advice: str
    elsewhere_url: str
    required_documents: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    id: int
    name: str


@dataclass(frozen=True)
class OfficeSnapshot:
    id: int
    name: str
    slug: str
    institution: str
    unit: str
    address: str
    whatsapp: str
    time_zone: str
    retention_months: int
    privacy_contact: str
    week: dict[int, DayHours]
    closed_days: dict[date, str]
    purposes: tuple[PurposeSnapshot, ...]
    districts: tuple[Choice, ...]
    divisions: tuple[Choice, ...]

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def zone_label(self) -> str:
        return dict(TIME_ZONES)[self.time_zone]

    def opening(self) -> Opening:
        return opening(timezone.now(), self.week, self.closed_days, self.zone)


@dataclass(frozen=True)
class PointSnapshot:
    id: int
    code: str
    name: str
    kind: str
    is_active: bool
    office: OfficeSnapshot

    @property
    def is_online(self) -> bool:
        return self.kind == CheckInPoint.Kind.ONLINE


_kept: dict[str, tuple[float, PointSnapshot]] = {}


def for_code(code: str) -> PointSnapshot | None:
    """The point with that code, at most two seconds old; None where there is no such code.

    Raises OperationalError or InterfaceError when PostgreSQL is away and nothing was kept.
    """
    code = code.upper()
    read_at, point = _kept.get(code, (0.0, None))
    if point and time.monotonic() - read_at < FRESH_SECONDS:
        return point
    try:
        fresh = _read(code)
    except (OperationalError, InterfaceError):
        if point is None:
            raise
        return point
    if fresh is None:
        _kept.pop(code, None)
        return None
    if len(_kept) >= KEPT_AT_MOST:
        _kept.clear()
    _kept[code] = (time.monotonic(), fresh)
    return fresh


def forget() -> None:
    """The next look-up reads the database."""
    _kept.clear()


def _read(code: str) -> PointSnapshot | None:
    row = _points(code).first()
    return _point(row) if row else None


def _points(code: str):
    """One statement: the point, its office, and the office's lists as arrays of JSON."""
    office = OuterRef("office_id")
    today = timezone.now().date()
    documents = RequiredDocument.objects.filter(purpose=OuterRef("pk")).order_by("order", "pk").values("name")
    return (
        CheckInPoint.objects.select_related("office")
        .defer("office__emblem")
        .filter(code=code)
        .annotate(
            hours=ArraySubquery(
                ServiceHours.objects.filter(office=office).values(
                    json=JSONObject(
                        weekday="weekday",
                        opens_at="opens_at",
                        closes_at="closes_at",
                        break_starts_at="break_starts_at",
                        break_ends_at="break_ends_at",
                    )
                )
            ),
            closed=ArraySubquery(
                ClosedDay.objects.filter(
                    office=office, day__gte=today - timedelta(days=1), day__lte=today + timedelta(days=DAYS_AHEAD + 1)
                ).values(json=JSONObject(day="day", name="name"))
            ),
            purposes=ArraySubquery(
                Purpose.objects.filter(office=office, is_active=True)
                .order_by("order", "name")
                .values(
                    json=JSONObject(
                        id="id",
                        name="name",
                        description="description",
                        advice="advice",
                        elsewhere_url="elsewhere_url",
                        required_documents=ArraySubquery(documents),
                    )
                )
            ),
            districts=ArraySubquery(_choices(District, office)),
            divisions=ArraySubquery(_choices(Division, office)),
        )
    )


def _choices(model, office):
    active = model.objects.filter(office=office, is_active=True).order_by("order", "name")
    return active.values(json=JSONObject(id="id", name="name"))


def _point(row) -> PointSnapshot:
    office = row.office
    return PointSnapshot(
        id=row.id,
        code=row.code,
        name=row.name,
        kind=row.kind,
        is_active=row.is_active,
        office=OfficeSnapshot(
            id=office.id,
            name=office.name,
            slug=office.slug,
            institution=office.institution,
            unit=office.unit,
            address=office.address,
            whatsapp=office.whatsapp,
            time_zone=office.time_zone,
            retention_months=office.retention_months,
            privacy_contact=office.privacy_contact,
            week={hours.pop("weekday"): _day_hours(hours) for hours in row.hours},
            closed_days={date.fromisoformat(closed["day"]): closed["name"] for closed in row.closed},
            purposes=tuple(
                PurposeSnapshot(**{**purpose, "required_documents": tuple(purpose["required_documents"])})
                for purpose in row.purposes
            ),
            districts=tuple(Choice(**choice) for choice in row.districts),
            divisions=tuple(Choice(**choice) for choice in row.divisions),
        ),
    )


def _day_hours(hours: dict[str, str | None]) -> DayHours:
    return DayHours(**{name: value and time_of_day.fromisoformat(value) for name, value in hours.items()})
