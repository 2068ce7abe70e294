"""What people type, made fit to be kept: pure functions on strings."""

import re
import unicodedata

from django.core.exceptions import ValidationError

# Letters and signs by their category, and yet nothing to read: Hangul fillers, the empty Braille pattern, and the mark
# that stands for what could not be decoded.
BLANKS = "\u115f\u1160\u3164\uffa0\u2800\ufffd"
# The categories Cc and Cs, and the two non-characters that Excel files can't hold; joiners of scripts and emoji stay.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def one_line(text: str) -> str:
    """Without control characters, with single spaces: what people see is what is kept."""
    return re.sub(r" +", " ", CONTROLS.sub("", re.sub(r"\s", " ", text))).strip()


def several_lines(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(one_line(line) for line in lines).strip()


def is_readable(text: str) -> bool:
    """At least one character that shows on paper: not only spaces, joiners, marks, blank letters."""
    return any(unicodedata.category(character)[0] in "LNPS" and character not in BLANKS for character in text)


def validate_readable(text: str) -> None:
    """For names that visitors choose from."""
    if not is_readable(text):
        raise ValidationError("Tulis nama yang dapat dibaca.", code="unreadable")
