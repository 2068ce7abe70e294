"""`manage.py affected`: whom a breach concerns, as CSV. docs/kebocoran-data.md says what to do with it."""

import os
from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from visits import affected
from visits.models import Office


class Command(BaseCommand):
    help = "Lists names and numbers of the people whose data is stored, and leaves a line in the audit trail."

    def add_arguments(self, parser):
        day = {"type": date.fromisoformat, "metavar": "YYYY-MM-DD"}
        parser.add_argument("--since", **day, help="who left their data on or after this day; else from the beginning")
        parser.add_argument("--until", **day, help="on or before this day; else today")
        parser.add_argument("--office", metavar="SLUG", help="of one office only")
        parser.add_argument(
            "--output", type=Path, metavar="FILE", help="a new file that only you may read; else printed"
        )

    def handle(self, *, since, until, office, output, **options):
        until = until or timezone.localdate()
        if since and since > until:
            raise CommandError("--since is later than --until.")
        offices = Office.objects.filter(slug=office) if office else Office.objects.all()
        if not offices.exists():
            raise CommandError(f"There is no office {office}." if office else "There is no office.")
        if output is None:
            affected.write(affected.list_people(offices.order_by("name"), since, until), self.stdout)
            return
        with new_private_file(output) as file:
            people = affected.list_people(offices.order_by("name"), since, until)
            affected.write(people, file)
        self.stderr.write(f"{output}: {len(people):,} people. Delete it once they have been told.")


def new_private_file(path: Path):
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandError(f"{path} can't be made: {error.strerror}.") from error
    return os.fdopen(handle, "w", encoding="utf-8", newline="")
