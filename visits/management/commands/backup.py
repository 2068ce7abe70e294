"""`manage.py backup`: a dump of the database into BACKUP_DIR. Old ones go by themselves."""

import time
from datetime import timedelta

import pyrage
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from dilaku import backup, dump_files, restore
from dilaku.owner import as_owner
from dilaku.pg_tools import ToolError
from visits import erasures
from visits.management.commands.start import check_database

AGAIN_AFTER = 10 * 60  # seconds, when it has failed


class Command(BaseCommand):
    help = (
        "Dumps the database into BACKUP_DIR, encrypted if BACKUP_KEY is set, and deletes what is older than it may be."
    )

    def add_arguments(self, parser):
        parser.add_argument("--every", type=int, metavar="HOURS", help="go on, every so many hours")
        parser.add_argument(
            "--new-key", action="store_true", help="print a new key for BACKUP_KEY, and do nothing else"
        )

    def handle(self, *, every, new_key, **options):
        if new_key:
            self.print_key()
        elif every is None:
            self.run_once()
        elif every < 1:
            raise CommandError("--every takes a whole number of hours, 1 or more.")
        else:
            self.run_for_good(timedelta(hours=every))

    def print_key(self):
        opens, locks = dump_files.new_key()
        self.stdout.write(opens)
        self.stderr.write(
            "Keep a copy away from this server: without it no dump can be read.\n"
            f"A server that shall only write dumps does with the other half: {locks}"
        )

    def run_once(self):
        try:
            with as_owner():
                check_database()
                path = backup.make()
                self.forget_earlier()
        except (backup.BackupError, ToolError, dump_files.DumpFileError) as error:
            raise CommandError(f"No backup: {error}") from error
        except (OSError, pyrage.EncryptError) as error:
            raise CommandError(f"No backup into {settings.BACKUP_DIR}: {error}") from error
        locked = "encrypted" if settings.BACKUP_KEY else "not encrypted, BACKUP_KEY is not set"
        self.stdout.write(f"Backup: {path}, {path.stat().st_size / 1e6:.1f} MB, {locked}.")
        if damaged := erasures.damaged(settings.ERASURE_LOG):
            self.stderr.write(f"{restore.damage(damaged)} See docs/it.md, The log of erasures.")

    def forget_earlier(self):
        try:
            for name in restore.forget_earlier():
                self.stdout.write(f"Deleted: the database {name}, which a restore had left.")
        except (restore.RestoreError, DatabaseError):
            pass  # somebody restores just now; the next backup will do

    def run_for_good(self, pause: timedelta):
        """Also after a restart the next one is due when the last one says so."""
        while True:
            wait = self.seconds_left(pause)
            if wait <= 0:
                try:
                    self.run_once()
                except CommandError as error:
                    self.stderr.write(str(error))
                    wait = AGAIN_AFTER
            self.stdout.flush()
            time.sleep(max(wait, 1))

    def seconds_left(self, pause: timedelta) -> float:
        newest = backup.newest(settings.BACKUP_DIR)
        if newest is None:
            return 0
        return (newest + pause - timezone.localtime().replace(tzinfo=None)).total_seconds()
