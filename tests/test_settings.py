"""Every variable, wrong or missing, stops the start with one sentence; production settings pass Django's own checks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
# Nobody listens there: no start that is meant to fail gets that far.
DATABASE_URL = "postgresql://nobody@127.0.0.1:9/none"
PRODUCTION = {
    "SITE_URL": "https://dilaku.test",
    "SECRET_KEY": settings.SECRET_KEY,
    "LINK_SECRET": settings.LINK_SECRET,
    "DATABASE_URL": DATABASE_URL,
    "TRUSTED_PROXIES": "unix",
}
OURS = {
    *PRODUCTION,
    "ALLOWED_HOSTS",
    "BIND",
    "DEBUG",
    "HOST",
    "LINK_SECRET_FALLBACKS",
    "PORT",
    "SECOND_FACTOR",
    "VAR_DIR",
    "WEB_CONCURRENCY",
}


def run(*command: str, **variables: str | None) -> subprocess.CompletedProcess:
    inherited = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in OURS}
    ours = {name: value for name, value in (PRODUCTION | variables).items() if value is not None}
    return subprocess.run(
        [sys.executable, *command],
        env=inherited | ours,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def show(expression: str, **variables: str | None) -> str:
    """What a setting becomes."""
    code = f"from django.conf import settings; print(repr({expression}))"
    result = run("-c", code, DJANGO_SETTINGS_MODULE="dilaku.settings", **variables)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_production_settings_pass_the_deployment_checks():
    result = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SITE_URL": "dilaku.test"}, "SITE_URL is 'dilaku.test'; use an address such as https://dilaku.kantor.go.id"),
        (
            {"SITE_URL": "https://[::1"},
            "SITE_URL is 'https://[::1'; use an address such as https://dilaku.kantor.go.id",
        ),
        ({"SITE_URL": "https://a:0"}, "SITE_URL is 'https://a:0'; use an address such as https://dilaku.kantor.go.id"),
        ({"SITE_URL": "https://a/b"}, "SITE_URL is 'https://a/b'; use an address such as https://dilaku.kantor.go.id"),
        ({"SITE_URL": "https://a@b"}, "SITE_URL is 'https://a@b'; use an address such as https://dilaku.kantor.go.id"),
        ({"SITE_URL": None, "PORT": "acht"}, "PORT is 'acht'; use a whole number."),
        ({"SECRET_KEY": None}, "SECRET_KEY is not set; give it at least 50 random characters, or set SECRET_KEY_FILE."),
        ({"SECRET_KEY": "x" * 49}, "SECRET_KEY is too short; use at least 50 random characters."),
        (
            {"LINK_SECRET": None},
            "LINK_SECRET is not set; give it at least 50 random characters, or set LINK_SECRET_FILE.",
        ),
        ({"LINK_SECRET": "x"}, "LINK_SECRET is too short; use at least 50 random characters."),
        (
            {"SECRET_KEY": None, "SECRET_KEY_FILE": "/no"},
            "SECRET_KEY_FILE: /no can't be read (No such file or directory).",
        ),
        (
            {"SECRET_KEY": None, "SECRET_KEY_FILE": sys.executable},
            f"SECRET_KEY_FILE: {sys.executable} is not a text file.",
        ),
        ({"SECRET_KEY_FILE": "/no"}, "SECRET_KEY and SECRET_KEY_FILE are both set; keep one of them."),
        ({"DATABASE_URL": None}, "DATABASE_URL is not set; with SITE_URL=https://... name a PostgreSQL server."),
        (
            {"DATABASE_URL": "mysql://root:geheim@db/x"},
            "DATABASE_URL is not the address of a PostgreSQL database; use postgres://user:password@host:5432/name, "
            "with special characters of the password percent-encoded.",
        ),
        (
            {"DATABASE_URL": None, "DATABASE_URL_FILE": "/no"},
            "DATABASE_URL_FILE: /no can't be read (No such file or directory).",
        ),
        ({"DATABASE_URL_FILE": "/no"}, "DATABASE_URL and DATABASE_URL_FILE are both set; keep one of them."),
        (
            {"TRUSTED_PROXIES": None},
            "TRUSTED_PROXIES is not set; with SITE_URL=https://... name the proxy that speaks TLS, or unix.",
        ),
        (
            {"TRUSTED_PROXIES": "10.0.0.1, caddy"},
            "TRUSTED_PROXIES is '10.0.0.1, caddy'; use the proxy's address or network, or unix.",
        ),
        (
            {"TRUSTED_PROXIES": "0.0.0.0/0"},
            "TRUSTED_PROXIES is '0.0.0.0/0'; use the proxy's address or network, or unix.",
        ),
        ({"WEB_CONCURRENCY": "dua"}, "WEB_CONCURRENCY is 'dua'; use a whole number."),
        ({"WEB_CONCURRENCY": "101"}, "WEB_CONCURRENCY is '101'; use 1 to 100 server processes."),
        ({"DEBUG": "1"}, "DEBUG is on; with SITE_URL=https://... it would show visitors' data in error pages."),
        ({"DEBUG": "ja"}, "DEBUG is 'ja'; use 1 or 0."),
        ({"SECOND_FACTOR": "no"}, "SECOND_FACTOR is 'no'; use required or optional."),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS holds '*'; use names such as dilaku.kantor.go.id, no port."),
        (
            {"ALLOWED_HOSTS": "a.test,https://b.test"},
            "ALLOWED_HOSTS holds 'https://b.test'; use names such as dilaku.kantor.go.id, no port.",
        ),
        (
            {"SITE_URL": None, "SECRET_KEY": None, "VAR_DIR": "/proc/none"},
            "VAR_DIR=/proc/none can't be used (No such file or directory); name another.",
        ),
    ],
)
def test_wrong_or_missing_variable_is_one_sentence(variables, sentence):
    result = run("manage.py", "check", **variables)
    assert (result.returncode, result.stdout, result.stderr) == (1, "", sentence + "\n")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SITE_URL": "dilaku"}, "SITE_URL is 'dilaku'; use an address such as https://dilaku.kantor.go.id"),
        ({"BIND": "/run/app.sock"}, "BIND is '/run/app.sock'; use host:port or unix:/path/of/a/socket."),
        ({"WEB_CONCURRENCY": "0"}, "WEB_CONCURRENCY is '0'; use 1 to 100 server processes."),
    ],
)
def test_server_says_the_same_sentence(variables, sentence):
    result = run("-m", "gunicorn", "--config", "dilaku/gunicorn.py", **variables)
    assert (result.returncode, result.stdout, result.stderr) == (1, "", sentence + "\n")


def test_production_answers_to_its_configured_names_only():
    assert show("settings.ALLOWED_HOSTS") == "['dilaku.test']"
    assert show("settings.ALLOWED_HOSTS", ALLOWED_HOSTS="tamu.test, .kantor.test") == str(
        ["dilaku.test", "tamu.test", ".kantor.test"]
    )
    assert show("settings.ALLOWED_HOSTS", SITE_URL="https://[2001:db8::1]:8443") == "['[2001:db8::1]']"


def test_without_tls_this_machine_may_be_called_by_its_usual_names():
    assert show("settings.ALLOWED_HOSTS", SITE_URL="http://192.168.1.20:8000") == str(
        ["192.168.1.20", "localhost", "127.0.0.1", "[::1]"]
    )


@pytest.mark.parametrize(
    ("variables", "needed"),
    [
        ({}, "required"),
        ({"SECOND_FACTOR": "optional"}, "optional"),
        ({"SITE_URL": None}, "optional"),
        ({"SITE_URL": None, "SECOND_FACTOR": "required"}, "required"),
    ],
)
def test_over_tls_admins_need_a_second_factor(variables, needed):
    assert show("settings.SECOND_FACTOR", **variables) == repr(needed)


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({"SITE_URL": "HTTPS://Dilaku.Test/"}, "https://dilaku.test"),
        ({"SITE_URL": None}, "http://127.0.0.1:8000"),
        ({"SITE_URL": "", "HOST": "::1", "PORT": ""}, "http://[::1]:8000"),
    ],
)
def test_address_of_the_site(variables, url):
    assert show("settings.SITE_URL", **variables) == repr(url)


def test_secrets_come_from_files(tmp_path):
    for name in ["secret_key", "link_secret", "database_url"]:
        (tmp_path / name).write_text("x" * 50 + "\n" if name != "database_url" else DATABASE_URL + "\n")
    files = {
        name: value
        for variable in ["SECRET_KEY", "LINK_SECRET", "DATABASE_URL"]
        for name, value in [(variable, None), (f"{variable}_FILE", str(tmp_path / variable.lower()))]
    }
    values = show("(settings.SECRET_KEY, settings.LINK_SECRET, settings.DATABASES['default']['USER'])", **files)
    assert values == str(("x" * 50, "x" * 50, "nobody"))
