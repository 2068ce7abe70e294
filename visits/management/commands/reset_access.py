"""`manage.py reset_access ACCOUNT`: a way back in for whoever nobody else can help, IT above all."""

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from visits import colleagues


class Command(BaseCommand):
    help = "Gives an account a one-time password; ends its log-ins, its lock-out and its second factor."

    def add_arguments(self, parser):
        parser.add_argument("account", help="the user name")

    def handle(self, *, account, **options):
        user = get_user_model().objects.filter(username=account).first()
        if user is None:
            raise CommandError(f"There is no account {account!r}.")
        password = colleagues.reset_access(user)
        self.stdout.write(f"{account}, one-time password {password} (shown this once; works for seven days)")
        if not user.is_active:
            self.stdout.write("It is switched off and stays so; switch it on in the staff area, under Pengguna.")
