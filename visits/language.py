"""The visitor's language: Indonesian, or English by `?lang=en`. No cookie: every link carries the choice on."""

import re
from functools import wraps
from urllib.parse import urlencode

from django.utils import translation

CHOOSES_ENGLISH = re.compile(r"(?:^|&)lang=en(?:&|$)")


def in_chosen_language(view):
    """For public pages, and for error pages: it reads the bare query, which an unreadable request has too."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        language = "en" if CHOOSES_ENGLISH.search(request.META.get("QUERY_STRING", "")) else "id"
        with translation.override(language):
            return view(request, *args, **kwargs)

    return wrapper


def localized(url: str, **query: str) -> str:
    """The same address, with its query, in the visitor's language."""
    if translation.get_language() == "en":
        query["lang"] = "en"
    return f"{url}?{urlencode(query)}" if query else url
