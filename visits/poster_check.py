"""Is the poster on this wall ours? Judges what a QR code or a typed address says; the pages are in poster_views.

A swapped sheet is the cheapest attack on a QR guest book: it looks the same and leads elsewhere. So only an address
that is exactly one of ours passes, letter by letter, whatever it resembles.
"""

import io
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

import zxingcpp
from django.conf import settings
from PIL import Image, UnidentifiedImageError

from visits.codes import CODE_ALPHABET, CODE_LENGTH
from visits.emblem import upright
from visits.models import CheckInPoint, ReplacedCode
from visits.posters import check_in_address

_CODE = rf"[{CODE_ALPHABET}]{{{CODE_LENGTH}}}"
READ_AT_MOST = 500  # characters of a QR code's text that are looked at
PHOTO_SIDE = 2000  # pixels; larger pictures are made smaller before they are read
PHOTO_PIXELS = 60_000_000  # more is no photograph of a poster


class Verdict(StrEnum):
    OURS = "ours"
    REVOKED = "revoked"
    REPLACED = "replaced"
    OTHER_OFFICE = "other_office"
    UNKNOWN_CODE = "unknown_code"
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Finding:
    verdict: Verdict
    text: str  # what was read, as it was read
    host: str = ""  # where a foreign address leads, as browsers would write it
    point: CheckInPoint | None = None  # of an office of the person who asks
    replaced_at: datetime | None = None
    is_code_only: bool = False  # typed from the sheet: where its QR code leads has not been looked at


class UnreadablePhotoError(Exception):
    """The file is no picture, or one that nobody can open safely."""


def codes_in(photo: bytes) -> list[str]:
    """What the QR codes of a photograph say, each once."""
    found = zxingcpp.read_barcodes(_opened(photo), formats=zxingcpp.BarcodeFormat.QRCode)
    return list(dict.fromkeys(code.text[:READ_AT_MOST] for code in found if code.text))


def _opened(photo: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(photo), formats=["JPEG", "PNG", "WEBP"])
        if image.width * image.height > PHOTO_PIXELS:
            raise UnreadablePhotoError
        image.draft("L", (PHOTO_SIDE, PHOTO_SIDE))
        image.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
        return upright(image).convert("L")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadablePhotoError from error


def judge(text: str, user) -> Finding:
    """`text` is an address, as a QR code holds it, or the six characters under it."""
    text = text.strip()[:READ_AT_MOST]
    bare = re.sub(r"[\s-]", "", text).upper()
    if re.fullmatch(_CODE, bare):
        return _of_code(bare, text, user, is_code_only=True)
    code = _code_at_our_address(text)
    return _of_code(code, text, user) if code else Finding(Verdict.FOREIGN, text, host=_host(text))


def _code_at_our_address(text: str) -> str:
    """The code, where the address is that of one of our posters or of a page behind it; empty for any other."""
    begins = re.escape(check_in_address(settings.SITE_URL, "").removesuffix("/"))
    match = re.fullmatch(rf"{begins}({_CODE})(?:/[a-z]*)*(?:\?lang=en)?", text, re.IGNORECASE | re.ASCII)
    return match[1].upper() if match else ""


def _host(text: str) -> str:
    """Where a browser would go; empty where it is no address."""
    try:
        host = urlsplit(text.replace("\\", "/")).hostname or ""
        return host.encode("idna").decode() if host else ""
    except (ValueError, UnicodeError):
        return ""


def _of_code(code: str, text: str, user, *, is_code_only: bool = False) -> Finding:
    point = CheckInPoint.objects.select_related("office").filter(code=code).first()
    replaced = None if point else ReplacedCode.objects.select_related("point__office").filter(code=code).first()
    point = replaced.point if replaced else point
    if point is None:
        return Finding(Verdict.UNKNOWN_CODE, text, is_code_only=is_code_only)
    if not CheckInPoint.objects.for_staff(user).filter(pk=point.pk).exists():
        return Finding(Verdict.OTHER_OFFICE, text, is_code_only=is_code_only)
    verdict = Verdict.REPLACED if replaced else Verdict.OURS if point.is_active else Verdict.REVOKED
    replaced_at = replaced.replaced_at if replaced else None
    return Finding(verdict, text, point=point, replaced_at=replaced_at, is_code_only=is_code_only)
