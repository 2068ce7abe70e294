"""`manage.py restore FILE`: a dump takes the place of the database."""

import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from dilaku import restore
from dilaku.dump_files import DumpFileError
from dilaku.owner import as_owner
from dilaku.pg_tools import ToolError
from visits.management.commands.start import check_database
from visits.models import Visit

WORD = "ganti"
WAITING = "Requests about personal data that wait, also those that were decided after the dump was made: {:,}."
NO_LOG = "{} and its copy beside the dump are missing or empty: if anybody's data were erased since, they come back."


class Command(BaseCommand):
    help = "Checks a dump, restores it beside the database, and exchanges the two. The earlier one stays for a week."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--rehearse", action="store_true", help="everything but the exchange: would it work?")
        parser.add_argument(
            "--despite-damage", action="store_true", help="although erasures.log is damaged or cut short"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask, also if the database holds visits")

    def handle(self, *, file, rehearse, despite_damage, yes, **options):
        try:
            with as_owner():
                check_database()
                restore.check(file.resolve(), despite_damage=despite_damage)
                self.stdout.write(f"{file.name} is whole and can be opened.")
                if not any(log.stat().st_size for log in restore.erasure_logs(file.resolve())):
                    self.stdout.write(NO_LOG.format(settings.ERASURE_LOG))
                if not (rehearse or yes):
                    self.ask()
                self.tell(restore.restore(file.resolve(), rehearsal=rehearse))
        except (restore.RestoreError, DumpFileError, ToolError) as error:
            raise CommandError(f"Nothing was changed: {error}") from error

    def ask(self):
        visits = number_of_visits()
        if not visits:
            return
        question = f"The database holds {visits:,} visits. They stay under another name for a week."
        if not sys.stdin.isatty():
            raise CommandError(f"Nothing was changed: {question} Add --yes to go on.")
        if input(f"{question} Type {WORD} to go on: ").strip() != WORD:
            raise CommandError("Nothing was changed.")

    def tell(self, restored: restore.Restored):
        newest = f", the newest of {timezone.localtime(restored.newest):%Y-%m-%d %H:%M}" if restored.newest else ""
        self.stdout.write(f"{restored.visits:,} visits{newest}. Erased once more: {restored.erased:,} rows.")
        if restored.damaged:
            self.stdout.write(f"Damaged lines of erasures.log that were left out: {restored.damaged:,}.")
        if restored.waiting:
            self.stdout.write(WAITING.format(restored.waiting))
        if restored.earlier:
            self.stdout.write(f"Restored. The earlier database stays for a week as {restored.earlier}.")
        else:
            self.stdout.write("Rehearsal: this dump can be restored. Nothing was changed.")


def number_of_visits() -> int:
    try:
        return Visit.objects.count()
    except DatabaseError:
        return 0  # there are no tables yet
