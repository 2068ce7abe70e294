"""`manage.py starter_office`: an office to begin with, when there is none."""

from django.core.management.base import BaseCommand

from visits.models import Office
from visits.starter import make_office


class Command(BaseCommand):
    help = "Makes an office to begin with, if there is none yet."

    def handle(self, **options):
        if Office.objects.exists():
            self.stdout.write("There is an office already; nothing was changed.")
            return
        office = make_office()
        self.stdout.write(f"Starter office made: {office.name}. Change name and letterhead under Pengaturan.")
