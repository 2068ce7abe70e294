"""What `make run` and `make demo` execute: prepare everything, then become gunicorn."""

import errno
import hashlib
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, NotSupportedError, connection, transaction

from dilaku import gunicorn, postgres
from dilaku.owner import RoleError, app_role, as_owner, grant
from visits.actions import record
from visits.models import CheckInPoint, Office, Visit
from visits.passwords import new_password
from visits.reach import lan_address, reaches_only_this_machine

UPKEEP_MINUTES = 15
PORT_SECONDS = 2
# Any number: two starts on one database take turns by this advisory lock.
TURN = 3573


class Command(BaseCommand):
    help = "Prepares the database, the static files and the first account, then serves with gunicorn."

    def add_arguments(self, parser):
        parser.add_argument("--demo", action="store_true", help="Fill an empty database with a year of example visits.")

    def handle(self, *, demo, **options):
        check_port()
        with as_owner():
            check_database()
            with one_start_at_a_time():
                self.prepare(demo)
        check_database()
        self.print_addresses(demo)
        self.stdout.flush()
        connection.close()
        become_server()

    def prepare(self, demo):
        migrate()
        self.stdout.write("Database: up to date.")
        if collect_static_files():
            self.stdout.write("Static files: collected.")
        if demo:
            self.prepare_demo()
        if not Office.objects.exists():
            call_command("starter_office")
        if not get_user_model().objects.exists():
            self.make_first_account()

    def prepare_demo(self):
        if not Visit.objects.exists():
            self.stdout.write("Demo: filling a year of visits, this takes a moment.")
            self.stdout.flush()
            call_command("demo")
            return
        self.stdout.write(
            "Demo: the visits and accounts of the first start are unchanged. "
            f"A new password for one of them: {manage('reset_access')} ACCOUNT"
        )

    @transaction.atomic
    def make_first_account(self):
        password = new_password()
        user = get_user_model().objects.create_superuser("admin", password=password)
        record(action="user.added", target=user)
        self.stdout.write(f"First account: admin, password {password} (shown this once; change it after signing in)")

    def print_addresses(self, demo):
        point = CheckInPoint.objects.filter(is_active=True).order_by("pk").first()
        if point:
            self.stdout.write(f"Poster:      {settings.SITE_URL}/staf/poster/{point.code}/")
            self.stdout.write(f"Visit form:  {settings.SITE_URL}/k/{point.code}/kunjungan/")
        self.stdout.write(f"Staff area:  {settings.SITE_URL}/staf/")
        if reaches_only_this_machine(settings.SITE_URL):
            target = "demo" if demo else "run"
            url = f"http://{lan_address() or '<address-of-this-machine>'}:{port()}"
            self.stdout.write(
                f"A phone can't open {settings.SITE_URL}, so posters with it are of no use. Reachable from phones:\n"
                f"    make {target} HOST=0.0.0.0 PORT={port()} SITE_URL={url}"
            )


def port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CommandError(f"PORT is {text!r}; use a number from 1 to 65535.")
    return int(text)


def check_port() -> None:
    """Fail now, with a way out, rather than after minutes of preparation."""
    if os.environ.get("BIND"):
        return
    host = os.environ.get("HOST") or "127.0.0.1"
    patience = time.monotonic() + PORT_SECONDS
    while problem := port_problem(host):
        # A server that was killed a moment ago is about to let go.
        if problem.errno != errno.EADDRINUSE:
            raise CommandError(f"Can't listen at {host}:{port()}, change HOST=... or PORT=...: {problem.strerror}")
        if time.monotonic() > patience:
            raise CommandError(f"Port {port()} is taken by another program; choose another with PORT=...")
        time.sleep(0.1)


def port_problem(host: str) -> OSError | None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port(), type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None


def migrate() -> None:
    """And what the application's role may do then, where it is not the owner's."""
    call_command("migrate", verbosity=0, interactive=False)
    if role := app_role():
        try:
            grant(role)
        except RoleError as error:
            raise CommandError(str(error)) from error


def check_database() -> None:
    try:
        connection.ensure_connection()
    except NotSupportedError as error:
        raise CommandError(str(error)) from error
    except DatabaseError as error:
        # Never the address from DATABASE_URL: it holds the password. libpq names host, port and user itself.
        reason = " ".join(str(error).split())
        raise CommandError(f"The database can't be reached, check DATABASE_URL: {reason}") from error


@contextmanager
def one_start_at_a_time() -> Iterator[None]:
    """Two starts on one database migrate after each other; and a migration may take its time."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [TURN])
        # Waiting for a table blocks everybody behind us: better to fail and start again.
        cursor.execute("RESET lock_timeout")
        yield
        cursor.execute("SELECT pg_advisory_unlock(%s)", [TURN])


def collect_static_files() -> bool:
    """Only when a file has changed: compressing the admin's takes seconds. Was it needed?"""
    stamp = settings.STATIC_ROOT / "sources.sha256"
    fingerprint = static_fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return False
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(fingerprint)
    return True


def static_fingerprint() -> str:
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            with storage.open(path) as file:
                digest.update(path.encode() + b"\0" + hashlib.sha256(file.read()).digest())
    return digest.hexdigest()


def manage(command: str) -> str:
    program = shlex.join([sys.executable, str(settings.BASE_DIR / "manage.py"), command])
    return f"VAR_DIR={shlex.quote(str(settings.VAR_DIR))} {program}"


def become_server() -> None:
    os.chdir(settings.BASE_DIR)
    start_upkeep()
    config = settings.BASE_DIR / "dilaku" / "gunicorn.py"
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "--config", str(config)])  # noqa: S606


def start_upkeep() -> None:
    """A child of this process, which becomes gunicorn; it ends with it, however that ends."""
    environment = dict(os.environ)
    if not postgres.database_url():
        # Only one process owns the embedded server: gunicorn's end is not held up by upkeep.
        environment["DATABASE_URL"] = postgres.url_of(settings.DATABASES["default"])
    subprocess.Popen(  # noqa: S603
        [sys.executable, "manage.py", "upkeep", "--every", str(UPKEEP_MINUTES)],
        env=environment,
        stdin=subprocess.DEVNULL,
        # A session of its own: Ctrl-C is for gunicorn, whose end ends this one quietly.
        start_new_session=True,
        preexec_fn=gunicorn.end_with_parent,  # noqa: PLW1509 - there are no threads yet
    )
