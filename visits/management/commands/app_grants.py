"""`manage.py app_grants`: what the application's role may do in the database, as SQL to read. `prepare` applies it."""

from django.core.management.base import BaseCommand, CommandError

from dilaku.owner import app_role, as_owner, statements


class Command(BaseCommand):
    help = "Prints the GRANTs that prepare applies where MIGRATE_DATABASE_URL names the owner of the tables."

    def add_arguments(self, parser):
        parser.add_argument("role", nargs="?", help="a role; the one in DATABASE_URL if none is named")

    def handle(self, *, role, **options):
        with as_owner():
            role = role or app_role()
            if not role:
                raise CommandError("Name a role, or set MIGRATE_DATABASE_URL: without it the application is the owner.")
            self.stdout.write("BEGIN;\n" + "".join(f"{line};\n" for line in statements(role)) + "COMMIT;")
