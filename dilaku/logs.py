"""What a log may not hold, the private keys in addresses and the rows that PostgreSQL quotes in its errors; and its
lines as JSON, for whoever collects them.
"""

import json
import logging
import re
from datetime import UTC, datetime

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation

# A slash, or one that was percent-encoded, however often: %2F, %252F.
_SLASH = r"(?:/|%(?:25)*2F)"
# Or none, at the beginning of a word: Django's "not found" error quotes the path without its first slash.
_START = rf"(?:{_SLASH}+|(?<![^\s\"'(=]))"
# What follows of a key that was typed in groups, as Django's own lines print it: up to the slash behind it.
_SPACED = r"(?:(?: +(?!HTTP/)[^\s/?\"']+)+ *(?=/))?"
# "t" or "s"; a client may send even these encoded (%74 is t), and Django would still find the page.
_PRIVATE_KEY = re.compile(
    rf"{_START}(?:(?P<ticket>t|%(?:25)*[57]4)|(?:s|%(?:25)*[57]3)){_SLASH}+(?:(?!{_SLASH})[^\s?\"'])+{_SPACED}",
    re.IGNORECASE,
)
# "DETAIL:  Failing row contains (7, Siti, 0812...)", "LINE 1: INSERT INTO ...", up to what follows psycopg's message.
_QUOTED_ROW = re.compile(r"^(DETAIL|LINE \d+):.*?(?=\n\n(?:The above|During handling)|\Z)", re.MULTILINE | re.DOTALL)
_formatter = logging.Formatter()
# What becomes a 403 or a 400.
REFUSALS = (PermissionDenied, SuspiciousOperation, BadRequest)


def without_private_keys(text: str) -> str:
    """/t/<key> and /s/<key> as /t/*** and /s/***; what follows the key stays."""
    return _PRIVATE_KEY.sub(lambda match: "/t/***" if match["ticket"] else "/s/***", text)


def _clean(text: str) -> str:
    return without_private_keys(_QUOTED_ROW.sub(r"\1: ***", text))


class BriefRefusals(logging.Filter):
    """For handlers. What was refused is one line: its traceback tells of Django, not of a fault of ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], REFUSALS):
            record.exc_info = record.exc_text = None
        return True


class WithoutPrivateKeys(logging.Filter):
    """For handlers. Rewrites the final message, so that no argument can bring a key back."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _clean(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = _formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = _clean(record.exc_text)
        if record.stack_info:
            record.stack_info = _clean(record.stack_info)
        return True


class JsonLines(logging.Formatter):
    """One object a line, of these fields and no others: what Django adds to its records (the request itself, for one)
    leads to addresses and to what people typed."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            line["exception"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)
