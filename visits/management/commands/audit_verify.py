"""`manage.py audit_verify`: is the audit trail what it was when it was sealed?"""

import time

from django.core.management.base import BaseCommand, CommandError

from visits import audit_seals
from visits.models import AuditSeal

PAUSE = 2  # seconds between two lines of progress
MISDATED = (
    "Dated otherwise than they came: {:,} events, the first is {}."
    " The clock was wrong then, or somebody wrote them past the application."
)


class Command(BaseCommand):
    help = "Computes every seal of the audit trail again. Ends with 1 and the first broken range when one differs."

    def add_arguments(self, parser):
        parser.add_argument("--expect", metavar="SHA256", help="of a seal in the log: is it still there?")

    def handle(self, *, expect, **options):
        self.next_line = time.monotonic() + PAUSE
        try:
            found = audit_seals.verify(shown=self.show)
        except audit_seals.BrokenError as broken:
            raise CommandError(f"The audit trail was tampered with: {broken}.") from broken
        if expect and not AuditSeal.objects.filter(sha256=expect.strip().lower()).exists():
            raise CommandError("The audit trail was cut short or written anew: no seal has this SHA-256.")
        newest = f", the newest is seal {found.newest.number}, sha256 {found.newest.sha256}" if found.newest else ""
        self.stdout.write(f"Intact: {found.events:,} events under their seals{newest}.")
        if found.misdated:
            self.stdout.write(MISDATED.format(len(found.misdated), found.misdated[0]))
        since = f", the oldest of {found.waits_since.astimezone():%Y-%m-%d %H:%M}" if found.waits_since else ""
        self.stdout.write(f"Not sealed yet: {found.waiting:,} events{since}.")

    def show(self, done: int, total: int):
        if time.monotonic() > self.next_line:
            self.stdout.write(f"{done:,} of {total:,} events")
            self.stdout.flush()
            self.next_line = time.monotonic() + PAUSE
