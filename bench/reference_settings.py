"""Settings of the reference servers: the project's database and gunicorn, and none of its pages."""

import os

from dilaku.settings import *  # noqa: F403

ROOT_URLCONF = "bench.reference"
# Nothing at all, or what `startproject` gives a guest book.
MIDDLEWARE = {
    "bare": [],
    "guestbook": [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
}[os.environ["BENCH_REFERENCE"]]
