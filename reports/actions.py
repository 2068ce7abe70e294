"""Locking a report, storing it, opening it again. Each is one transaction with its audit line."""

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from reports import archive
from reports.letterhead import Letterhead
from reports.models import ArchivedReport
from reports.monthly import MonthlyReport, build
from reports.period import Period, Span
from visits import retention
from visits.actions import record
from visits.models import Office, Visit


class RefusedError(Exception):
    """The reason, as a sentence for the person who asked."""


@transaction.atomic
def lock(*, office: Office, period: Period, number: str, by, request=None) -> ArchivedReport:
    """From now on the report of this period is what it is at this moment. Raises RefusedError, DamagedArchiveError."""
    _take_turns(office)
    stored = archive.current(office, period)
    _refuse_lock(office, period, number, stored)
    report = archive.read(stored)[0] if stored else build(office, period)
    if report.now.still_open:
        raise RefusedError("Masih ada kunjungan yang belum selesai pada periode ini. Tandai selesai, lalu sahkan.")
    if stored:
        _end(stored, reason="Disahkan", by=by)
    day = Span(office.today(), office.today()).named()
    letterhead = Letterhead.of(office, report_number=number, locked_text=f"Disahkan {day}")
    archived = _store(office, report, letterhead, by=by)
    _record("report.locked", archived, by, request)
    return archived


def _refuse_lock(office: Office, period: Period, number: str, stored: ArchivedReport | None) -> None:
    if not period.is_over(office.today()):
        raise RefusedError("Periode ini belum selesai, jadi laporannya belum bisa disahkan.")
    if stored and stored.is_locked:
        raise RefusedError(f"Laporan ini sudah disahkan dengan nomor {stored.number}.")
    if ArchivedReport.objects.current().filter(office=office, number=number).exists():
        raise RefusedError(f"Nomor {number} sudah dipakai laporan lain.")


@transaction.atomic
def unlock(*, office: Office, period: Period, reason: str, by, request=None) -> None:
    """The report is counted anew; where personal data behind it is gone, its figures stay. Raises RefusedError."""
    _take_turns(office)
    archived = archive.current(office, period)
    if archived is None or not archived.is_locked:
        raise RefusedError("Laporan ini tidak sedang disahkan.")
    _end(archived, reason=reason, by=by)
    if archived.is_intact and _rests_on_erased_data(office, report := archive.read(archived)[0]):
        _store(office, report, Letterhead.of(office), by=None)
    _record("report.unlocked", archived, by, request)


@transaction.atomic
def store(*, office: Office, period: Period) -> None:
    """Keeps the figures of a period that is over, before personal data behind them is erased; once."""
    _take_turns(office)
    if archive.current(office, period) is None:
        _store(office, build(office, period), Letterhead.of(office), by=None)


def _take_turns(office: Office) -> None:
    """With one another, and with whoever moves a visit into or out of the count (migration 0002)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reports_take_turns(%s)", [office.pk])


def _rests_on_erased_data(office: Office, report: MonthlyReport) -> bool:
    """Also on what upkeep is erasing just now, or will as the next thing."""
    spans = [report.now.span, report.previous.span, report.last_year.span]
    is_erased = Q(anonymized_at__isnull=False) | Q(arrived_at__lt=retention.over_since(office))
    erased = Visit.objects.filter(is_erased, office=office)
    return any(erased.during(*span.bounds(office.zone)).exists() for span in spans)


def _store(office: Office, report: MonthlyReport, letterhead: Letterhead, *, by) -> ArchivedReport:
    archived = ArchivedReport(
        office=office,
        period=str(report.period),
        title=report.period.named(),
        first_day=report.period.first_day,
        last_day=report.period.last_day,
        number=letterhead.report_number,
        figures=report.to_json(),
        letterhead=letterhead.to_json(),
        stored_at=timezone.now(),
        stored_by=by,
    )
    archived.checksum = archived.computed_checksum()
    archived.save(force_insert=True)
    return archived


def _end(archived: ArchivedReport, *, reason: str, by) -> None:
    archived.ended_at, archived.ended_by, archived.ended_reason = timezone.now(), by, reason
    archived.save(update_fields=["ended_at", "ended_by", "ended_reason"])


def _record(action: str, archived: ArchivedReport, by, request) -> None:
    """With the checksum: whoever changes an archived report and its checksum can't change this line."""
    details = {"period": archived.period, "number": archived.number, "checksum": archived.checksum}
    record(action=action, by=by, request=request, office_id=archived.office_id, target=archived, **details)
