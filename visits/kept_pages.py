"""Pages that are the same for everybody, but for a fresh submission_id: rendered and compressed once per process,
language and change of what they show. Both take many times as long as all the rest of such a request.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from uuid import uuid4

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language

PLACEHOLDER = "a-submission-id-will-be-put-in-here-"  # as long as one
KEPT_AT_MOST = 1000  # pages per process, of about 30 kB each
# gzip, RFC 1952: no file name and no time; at the end an empty last block.
GZIP_HEAD, GZIP_LAST_BLOCK = b"\x1f\x8b\x08\0\0\0\0\0\2\xff", b"\3\0"


@dataclass(frozen=True)
class _Page:
    made_of: tuple
    pieces: list[bytes]  # around the submission_id
    compressed: list[bytes]

    @classmethod
    def made(cls, made_of: tuple, text: str) -> "_Page":
        pieces = text.encode().split(PLACEHOLDER.encode())
        return cls(made_of, pieces, list(_deflated(pieces)))

    def plain(self, submission_id: bytes) -> bytes:
        return submission_id.join(self.pieces)

    def gzipped(self, submission_id: bytes) -> bytes:
        """Nothing in it is secret from whoever can ask for it, so its length tells nothing (BREACH)."""
        plain = self.plain(submission_id)
        end = GZIP_LAST_BLOCK + struct.pack("<LL", zlib.crc32(plain), len(plain))
        return GZIP_HEAD + _stored(submission_id).join(self.compressed) + end


_kept: dict[tuple[str, str, str], _Page] = {}
_lock = Lock()


def same_for_all(request, template: str, point, more: Callable[[], dict] = dict) -> HttpResponse:
    """The page of a point that hangs on nothing but its settings, the hour and the language. `more()` is asked for the
    rest of the context when it is rendered."""
    opening = point.office.opening()
    made_of = (point, opening, timezone.localdate(timezone=point.office.zone))
    key = (template, point.code, get_language())
    page = _kept.get(key)
    if page is None or page.made_of != made_of:
        context = {"point": point, "office": point.office, "opening": opening, "submission_id": PLACEHOLDER, **more()}
        page = _keep(key, _Page.made(made_of, render_to_string(template, context, request)))
    return _answer(request, page, str(uuid4()).encode())


def forget() -> None:
    """The next one asked for is rendered."""
    _kept.clear()


def _keep(key, page: _Page) -> _Page:
    with _lock:
        _kept.pop(key, None)
        if len(_kept) >= KEPT_AT_MOST:
            del _kept[next(iter(_kept))]  # the oldest
        _kept[key] = page
    return page


def _answer(request, page: _Page, submission_id: bytes) -> HttpResponse:
    if re.search(r"\bgzip\b", request.headers.get("Accept-Encoding", "")):
        response = HttpResponse(page.gzipped(submission_id), headers={"Content-Encoding": "gzip"})
    else:
        response = HttpResponse(page.plain(submission_id))
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _deflated(pieces: list[bytes]) -> Iterator[bytes]:
    """Each ends at a whole byte. A later one may refer to an earlier one, over the id between them: for the compressor
    that is so many NULs, of which no page holds any."""
    compressor = zlib.compressobj(level=9, wbits=-zlib.MAX_WBITS)
    for piece in pieces:
        yield compressor.compress(piece) + compressor.flush(zlib.Z_SYNC_FLUSH)
        compressor.compress(bytes(len(PLACEHOLDER)))
        compressor.flush(zlib.Z_SYNC_FLUSH)


def _stored(submission_id: bytes) -> bytes:
    """A block of deflate that is not compressed, RFC 1951 3.2.4."""
    length = len(submission_id)
    return b"\0" + struct.pack("<HH", length, length ^ 0xFFFF) + submission_id
