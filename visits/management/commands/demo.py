"""`manage.py demo`: fills an empty database with a year of made-up visits."""

from datetime import date, datetime, time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from visits import demo

VISITS_PER_MARK = 12  # of a month's bar


class Command(BaseCommand):
    help = "Fills a database that holds no visits yet with a year of made-up ones."

    def add_arguments(self, parser):
        parser.add_argument(
            "--today", type=date.fromisoformat, metavar="YYYY-MM-DD", help="end with 11.00 of that day instead of now"
        )

    def handle(self, *, today, **options):
        now = datetime.combine(today, time(11), timezone.get_default_timezone()) if today else timezone.now()
        try:
            made = demo.fill(now=now, show=self.show_month)
        except demo.NotEmptyError as error:
            raise CommandError(str(error)) from error
        self.print_made(made)

    def show_month(self, month: date, visits: int):
        self.stdout.write(f"{month:%Y-%m}  {visits:4}  {'#' * round(visits / VISITS_PER_MARK)}")
        self.stdout.flush()

    def print_made(self, made: demo.Demo):
        self.stdout.write(f"{made.office.name}: {made.visits} visits. Accounts, passwords shown this once:")
        for account in made.accounts:
            self.stdout.write(f"  {account.username:12} {account.password}  ({account.role})")
        for point in made.points:
            self.stdout.write(f"{point.name + ':':12} {settings.SITE_URL}{reverse('landing', args=[point.code])}")
        self.stdout.write(f"{'Staff area:':12} {settings.SITE_URL}{reverse('admin:index')}")
