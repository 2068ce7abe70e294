"""What public pages need to know of an office, read in one statement and kept by each process until it changes.

Every two seconds one request reads its office anew and, in the same statement, the version of every office's settings:
what has the same version is good for two seconds more. A form can then be shown while PostgreSQL is away: an old
snapshot is served when a new one can't be had. See docs/decisions/015.
"""

import time
from dataclasses import dataclass
from datetime import date, timedelta
from datetime import time as time_of_day
from functools import cached_property
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db import InterfaceError, OperationalError
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONArray, JSONObject
from django.utils import timezone

from dilaku import deadline
from visits.models import (
    CheckInPoint,
    ClosedDay,
    District,
    Division,
    Purpose,
    ReplacedCode,
    RequiredDocument,
    ServiceHours,
    SettingsVersion,
)
from visits.opening import DAYS_AHEAD, DayHours, Opening, opening

FRESH_SECONDS = 2.0
READ_SECONDS = 1.0  # at most; an old snapshot, or a visitor who is told to try again, is better than a longer wait
# Time changes things too: which closed days are near, how long a replaced code explains itself.
READ_ANEW_SECONDS = 600.0
KEPT_AT_MOST = 2000  # codes per process; one takes about 10 kB


@dataclass(frozen=True)
class PurposeSnapshot:
    id: int
    name: str
    description: str
    advice: str
    elsewhere_url: str
    is_confidential: bool
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
    def formal_reports(self) -> tuple[PurposeSnapshot, ...]:
        """What has a procedure and a time limit of its own, so that no suggestion can stand for it."""
        return tuple(purpose for purpose in self.purposes if purpose.is_confidential)

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


@dataclass(frozen=True)
class _Kept:
    point: PointSnapshot
    version: int | None  # of its office's settings, read in the same statement
    read_at: float


class _Memory:
    """One process's snapshots, and the versions of all settings as the last statement has found them."""

    def __init__(self):
        self.kept: dict[str, _Kept] = {}
        self._versions: dict[int, int] = {}
        self._versions_read_at = self._away_until = float("-inf")

    def is_current(self, kept: _Kept) -> bool:
        now = time.monotonic()
        return now < self._away_until or (
            now - self._versions_read_at < FRESH_SECONDS
            and now - kept.read_at < READ_ANEW_SECONDS
            and kept.version == self._versions.get(kept.point.office.id)
        )

    def keep(self, point: PointSnapshot, versions: dict[int, int], *, read_at: float) -> None:
        """`read_at`: when it was asked for. Two threads may be answered in the other order."""
        self._versions, self._versions_read_at, self._away_until = versions, read_at, float("-inf")
        if len(self.kept) >= KEPT_AT_MOST:
            self.kept.clear()
        self.kept[point.code] = _Kept(point, versions.get(point.office.id), read_at)

    def database_is_away(self) -> None:
        """One request has waited for it; in the next two seconds nobody else does."""
        self._away_until = time.monotonic() + FRESH_SECONDS


_memory = _Memory()


def for_code(code: str) -> PointSnapshot | None:
    """The point with that code, at most two seconds old; None where there is no such code.

    Raises OperationalError or InterfaceError when PostgreSQL is away and nothing was kept.
    """
    code = code.upper()
    kept = _memory.kept.get(code)
    if kept and _memory.is_current(kept):
        return kept.point
    try:
        with deadline.within(READ_SECONDS):
            return _read(code)
    except (OperationalError, InterfaceError):
        if kept is None:
            raise
        _memory.database_is_away()
        return kept.point


def forget() -> None:
    """The next look-up reads the database."""
    _memory.kept.clear()


def _read(code: str) -> PointSnapshot | None:
    read_at = time.monotonic()
    row = _points(code).first()
    if row is None:
        _memory.kept.pop(code, None)
        return None
    point = _point(row, code)
    _memory.keep(point, dict(row.versions), read_at=read_at)
    return point


def _points(code: str):
    """One statement: the point, its office, the office's lists as arrays of JSON; and the version of all settings."""
    office = OuterRef("office_id")
    today = timezone.now().date()
    documents = RequiredDocument.objects.filter(purpose=OuterRef("pk")).order_by("order", "pk").values("name")
    return (
        CheckInPoint.objects.select_related("office")
        .defer("office__emblem")
        .filter(Q(code=code) | Q(pk__in=ReplacedCode.objects.explaining().filter(code=code).values("point")))
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
                        is_confidential="is_confidential",
                        required_documents=ArraySubquery(documents),
                    )
                )
            ),
            districts=ArraySubquery(_choices(District, office)),
            divisions=ArraySubquery(_choices(Division, office)),
            versions=ArraySubquery(SettingsVersion.objects.values(json=JSONArray("office_id", "version"))),
        )
    )


def _choices(model, office):
    active = model.objects.filter(office=office, is_active=True).order_by("order", "name")
    return active.values(json=JSONObject(id="id", name="name"))


def _point(row, code: str) -> PointSnapshot:
    """A code that was replaced not long ago is known, and revoked."""
    office = row.office
    return PointSnapshot(
        id=row.id,
        code=code,
        name=row.name,
        kind=row.kind,
        is_active=row.is_active and row.code == code,
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
