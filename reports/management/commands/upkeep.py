"""`manage.py upkeep`: what time itself brings about. Idempotent; run it every 15 minutes."""

import logging
import os
import time

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, close_old_connections

from reports import retention
from visits import abuse, actions, audit_seals, lockout, sessions, uploads

logger = logging.getLogger("visits.upkeep")


class Command(BaseCommand):
    help = "Closes and lapses visits, erases personal data whose time is over, seals the audit trail."

    def add_arguments(self, parser):
        parser.add_argument("--every", type=int, metavar="MINUTES", help="go on, every so many minutes")

    def handle(self, *, every, **options):
        if every is None:
            run_once()
        elif every < 1:
            raise CommandError("--every takes a whole number of minutes, 1 or more.")
        else:
            run_for_good(every * 60)


def run_once() -> None:
    for leftovers in [uploads, sessions, lockout, abuse]:
        leftovers.forget_old()
    try:
        closed, lapsed = actions.close_overdue(), actions.lapse_announcements()
    finally:
        try:
            erased = retention.erase_over()
        finally:  # also where nothing can be erased since nothing can be noted: a full disk
            sealed = audit_seals.seal_settled()
    logger.info("upkeep: closed=%d lapsed=%d erased=%d sealed=%d", closed, lapsed, erased, sealed)


def run_for_good(seconds: int) -> None:
    """A database that is away is no reason to end, nor a disk that is full, nor a row that is refused: the next time
    will do."""
    parent, goes_on = os.getppid(), True
    while goes_on:
        try:
            run_once()
        except (OperationalError, InterfaceError) as error:
            logger.warning("upkeep: database not reachable (%s); next time", type(error).__name__)
        except OSError as error:
            logger.error("upkeep: nothing was erased, which could not be noted (%s); next time", error)
        except Exception:
            logger.exception("upkeep stumbled; next time")
        close_old_connections()
        goes_on = _sleep_while_child_of(parent, seconds)


def _sleep_while_child_of(parent: int, seconds: int) -> bool:
    """False as soon as the process that started us is gone: nobody would stop us otherwise."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if os.getppid() != parent:
            return False
        time.sleep(1)
    return True
