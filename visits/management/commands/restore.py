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
NO_LOG = "There is no {}, nor one beside the dump: if anybody's data were erased since, they come back."


class Command(BaseCommand):
    help = "Checks a dump, restores it beside the database, and exchanges the two. The earlier one stays for a week."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--rehearse", action="store_true", help="everything but the exchange: would it work?")
        parser.add_argument("--yes", action="store_true", help="do not ask, also if the database holds visits")

    def handle(self, *, file, rehearse, yes, **options):
        try:
            with as_owner():
                check_database()
                restore.check(file.resolve())
                self.stdout.write(f"{file.name} is whole and can be opened.")
                if not restore.erasure_logs(file.resolve()):
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
        if restored.earlier:
            self.stdout.write(f"Restored. The earlier database stays for a week as {restored.earlier}.")
        else:
            self.stdout.write("Rehearsal: this dump can be restored. Nothing was changed.")


def number_of_visits() -> int:
    try:
        return Visit.objects.count()
    except DatabaseError:
        return 0  # there are no tables yet
