"""The one settings file. README.md documents every environment variable read here."""

import os
import re
import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from dilaku import postgres
from dilaku.proxy import TrustedProxies
from dilaku.stylesheet import public_stylesheet_hash

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str = "") -> str:
    """The variable, or the content of the file that NAME_FILE points to, or the default."""
    path, value = os.environ.get(f"{name}_FILE", ""), os.environ.get(name, "").strip()
    if path and value:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one of them.")
    try:
        return (Path(path).read_text(encoding="utf-8").strip() if path else value) or default
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: {path} can't be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"{name}_FILE: {path} is not a text file.") from error


def env_flag(name: str) -> bool:
    value = env(name, "0").lower()
    if value not in {"0", "1", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} is {value!r}; use 1 or 0.")
    return value in {"1", "true", "yes"}


def env_number(name: str, default: int) -> int:
    value = env(name, str(default))
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} is {value!r}; use a whole number.")
    return int(value)


def env_list(name: str) -> list[str]:
    return [item.strip() for item in env(name).split(",") if item.strip()]


def site_url() -> str:
    """Where visitors reach this site, without a trailing slash; posters carry it."""
    host = env("HOST", "127.0.0.1")
    url = env("SITE_URL") or f"http://{f'[{host}]' if ':' in host else host}:{env_number('PORT', 8000)}"
    match = re.fullmatch(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?/?", url.lower(), re.ASCII)
    if not match or int(match[1] or 1) not in range(1, 65536):
        raise ImproperlyConfigured(f"SITE_URL is {url!r}; use an address such as https://dilaku.kantor.go.id")
    return url.lower().rstrip("/")


def host_names(*names: str) -> list[str]:
    """For ALLOWED_HOSTS: a foreign name could send staff's password links, or a poster, elsewhere."""
    for name in names:
        if not re.fullmatch(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9a-f:.]+\]", name):
            raise ImproperlyConfigured(f"ALLOWED_HOSTS holds {name!r}; use names such as dilaku.kantor.go.id, no port.")
    return list(names)


def trusted_proxies() -> TrustedProxies:
    try:
        proxies = TrustedProxies.named(env_list("TRUSTED_PROXIES"))
    except ValueError as error:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES is {env('TRUSTED_PROXIES')!r}; use the proxy's address or network, or unix."
        ) from error
    if OVER_TLS and not proxies:
        raise ImproperlyConfigured(
            "TRUSTED_PROXIES is not set; with SITE_URL=https://... name the proxy that speaks TLS, or unix."
        )
    return proxies


# Everything that this installation writes to disk: embedded database, generated secrets, collected static files.
VAR_DIR = Path(env("VAR_DIR") or BASE_DIR / "var").resolve()

SITE_URL = site_url()
OVER_TLS = SITE_URL.startswith("https://")


def secret(name: str) -> str:
    """From the environment; on a plain `make run` made once and kept under var/, never in the repository."""
    value = env(name)
    if value:
        if len(value) < 50:
            raise ImproperlyConfigured(f"{name} is too short; use at least 50 random characters.")
        return value
    if OVER_TLS:
        raise ImproperlyConfigured(f"{name} is not set; give it at least 50 random characters, or set {name}_FILE.")
    try:
        return secret_kept_in(VAR_DIR / "secrets" / name.lower())
    except OSError as error:
        raise ImproperlyConfigured(f"VAR_DIR={VAR_DIR} can't be used ({error.strerror}); name another.") from error


def secret_kept_in(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(value := secrets.token_urlsafe(48))
    return value


SECRET_KEY = secret("SECRET_KEY")
# Makes the private keys of tickets and threads. Kept apart from database dumps.
LINK_SECRET = secret("LINK_SECRET")
LINK_SECRET_FALLBACKS = env_list("LINK_SECRET_FALLBACKS")

DEBUG = env_flag("DEBUG")
if DEBUG and OVER_TLS:
    raise ImproperlyConfigured("DEBUG is on; with SITE_URL=https://... it would show visitors' data in error pages.")

ALLOWED_HOSTS = host_names(re.sub(r":\d+$", "", urlsplit(SITE_URL).netloc), *env_list("ALLOWED_HOSTS"))
if not OVER_TLS:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
TRUSTED_PROXIES = trusted_proxies()
ROOT_URLCONF = "dilaku.urls"
WSGI_APPLICATION = "dilaku.wsgi.application"

INSTALLED_APPS = [
    "dilaku.apps.StaffConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "visits",
    "reports",
]

# Who may read /metrics. Without it nothing is measured.
METRICS_TOKEN = env("METRICS_TOKEN")
if METRICS_TOKEN and len(METRICS_TOKEN) < 20:
    raise ImproperlyConfigured("METRICS_TOKEN is too short; use at least 20 random characters.")

MIDDLEWARE = [
    "dilaku.request_id.name_requests",
    "dilaku.proxy.believe_only_our_proxy",
    "dilaku.deadline.limit_waits",
    "dilaku.health.answer_probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "dilaku.middleware.PolicyMiddleware",
    "dilaku.middleware.refuse_impossible_text",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
if METRICS_TOKEN:
    MIDDLEWARE = [
        "django_prometheus.middleware.PrometheusBeforeMiddleware",
        *MIDDLEWARE,
        "django_prometheus.middleware.PrometheusAfterMiddleware",
    ]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

WEB_CONCURRENCY = env_number("WEB_CONCURRENCY", 2)
if not 1 <= WEB_CONCURRENCY <= 100:
    raise ImproperlyConfigured(f"WEB_CONCURRENCY is '{WEB_CONCURRENCY}'; use 1 to 100 server processes.")

if OVER_TLS and not postgres.database_url():
    raise ImproperlyConfigured("DATABASE_URL is not set; with SITE_URL=https://... name a PostgreSQL server.")
DATABASES = {"default": postgres.database(VAR_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "visits.passwords.DifferentFromOld"},
]
# Axes refuses whoever has guessed too often, and hands on to Django's.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"  # a `next` that leads to another site is refused

# Five wrong passwords for one account from one network; docs/decisions/016-the-door.md.
AXES_FAILURE_LIMIT = 5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# It keeps a number in place of the name, the network, and nothing else; our own audit trail holds the rest.
AXES_USERNAME_CALLABLE = "visits.lockout.counted_name"
AXES_CLIENT_IP_CALLABLE = "visits.lockout.counted_network"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
# The log-in page answers by itself (visits/login_views.py): no middleware of theirs.
SILENCED_SYSTEM_CHECKS = ["axes.W002"]

# Of those who can let others in: a code after the password.
SECOND_FACTOR = env("SECOND_FACTOR", "required" if OVER_TLS else "optional")
if SECOND_FACTOR not in {"required", "optional"}:
    raise ImproperlyConfigured(f"SECOND_FACTOR is {SECOND_FACTOR!r}; use required or optional.")
# How the app on the phone names this account.
OTP_TOTP_ISSUER = f"DILAKU {urlsplit(SITE_URL).hostname}"

LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
# The process's own zone; every page shows the time of its office.
TIME_ZONE = "Asia/Jakarta"
USE_TZ = True

# Dumps, and the key that encrypts them (dilaku/backup.py).
BACKUP_DIR = Path(env("BACKUP_DIR") or VAR_DIR / "backups").resolve()
BACKUP_KEY = env("BACKUP_KEY")
# Outside the database, so that a restored dump learns what was erased after it was made (visits/erasures.py).
ERASURE_LOG = Path(env("ERASURE_LOG") or VAR_DIR / "erasures.log").resolve()

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dilaku.static_files.StaticFiles"},
}

# Cookies are the staff's; visitors need none.
SESSION_ENGINE = "visits.sessions"
SESSION_COOKIE_AGE = 2 * 60 * 60  # without a sign of life; visits/sessions.py
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = OVER_TLS
SESSION_COOKIE_NAME = "__Host-sessionid" if OVER_TLS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if OVER_TLS else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "visits.errors.csrf_failure"

SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if OVER_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

# Should a version of the service worker ever do harm: it is then taken off every phone (docs/it.md).
SERVICE_WORKER_OFF = env_flag("SERVICE_WORKER_OFF")

# One policy for every page: own files only, and the one public stylesheet inline, by its hash.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", public_stylesheet_hash()],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

# visits.export_visit and visits.import_visit. Without these import-export lets every staff account export everything.
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "import"

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

LOG_FORMAT = env("LOG_FORMAT", "json" if OVER_TLS else "line")
if LOG_FORMAT not in {"json", "line"}:
    raise ImproperlyConfigured(f"LOG_FORMAT is {LOG_FORMAT!r}; use json or line.")

# Personal data never reaches a log: no request bodies, no addresses after /t/ and /s/.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "brief_refusals": {"()": "dilaku.logs.BriefRefusals"},
        "with_request_id": {"()": "dilaku.request_id.WithRequestId"},
        "without_private_keys": {"()": "dilaku.logs.WithoutPrivateKeys"},
    },
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} [{request_id}] {message}", "style": "{"},
        "json": {"()": "dilaku.logs.JsonLines"},
    },
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": LOG_FORMAT,
            "filters": ["brief_refusals", "without_private_keys", "with_request_id"],
        }
    },
    "root": {"handlers": ["stdout"], "level": "INFO"},
    "loggers": {
        "django": {"level": "INFO"},
        # Every failure and lock-out is in the audit trail.
        "axes": {"level": "ERROR"},
        "django.server": {"handlers": ["stdout"], "propagate": False},
        # Scanners name other hosts and send too much all day; the access line with its 400 is enough.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django.security.RequestDataTooBig": {"level": "CRITICAL"},
        "django.security.TooManyFieldsSent": {"level": "CRITICAL"},
    },
}
