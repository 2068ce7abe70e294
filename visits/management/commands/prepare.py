"""`manage.py prepare`: what a new installation, and an update, needs before it serves."""

from django.core.management import call_command
from django.core.management.base import BaseCommand

from dilaku.owner import as_owner
from visits.management.commands.start import check_database, migrate, one_start_at_a_time
from visits.models import Office


class Command(BaseCommand):
    help = "Migrates the database, however long that takes, and makes a starter office if there is none."

    def handle(self, **options):
        with as_owner():
            check_database()
            # The lock also lifts the time limit of a statement, which `migrate` alone would keep.
            with one_start_at_a_time():
                migrate()
                if not Office.objects.exists():
                    call_command("starter_office", stdout=self.stdout)
        self.stdout.write("Database: up to date.")
