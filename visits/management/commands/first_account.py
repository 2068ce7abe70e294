"""`manage.py first_account`: IT's own account, with a password that is shown once."""

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from visits.management.commands import start


class Command(BaseCommand):
    help = "Makes the account admin with a one-time password, if there is no account yet."

    def handle(self, **options):
        if get_user_model().objects.exists():
            self.stdout.write("There is an account already; nothing was changed.")
            self.stdout.write("A new password for an account: manage.py reset_access <account>")
            return
        start.Command(stdout=self.stdout).make_first_account()
