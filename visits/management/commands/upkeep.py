"""`manage.py upkeep`: what time itself brings about. Idempotent; run it every 15 minutes."""

import logging
import os
import time

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections

from visits import actions

logger = logging.getLogger("visits.upkeep")


class Command(BaseCommand):
    help = "Menutup kunjungan yang lewat jam layanan dan menggugurkan kunjungan daring yang tidak datang."

    def add_arguments(self, parser):
        parser.add_argument("--every", type=int, metavar="MINUTES", help="go on, every so many minutes")

    def handle(self, *, every, **options):
        parent = os.getppid()
        self.run_once()
        while every:
            if not _sleep_while_child_of(parent, every * 60):
                return
            close_old_connections()
            self.run_once()

    def run_once(self):
        try:
            closed, lapsed = actions.close_overdue(), actions.lapse_announcements()
        except (OperationalError, InterfaceError) as error:
            logger.warning("upkeep: database not reachable (%s); next time", type(error).__name__)
            return
        logger.info("upkeep: closed=%d lapsed=%d", closed, lapsed)


def _sleep_while_child_of(parent: int, seconds: int) -> bool:
    """False as soon as the process that started us is gone: nobody would stop us otherwise."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if os.getppid() != parent:
            return False
        time.sleep(1)
    return True
