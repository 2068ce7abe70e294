"""The one public stylesheet: two files of static/css, made small, inlined in public pages and allowed by its hash."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

CSS = Path(__file__).resolve().parent.parent / "static" / "css"


@cache
def public_stylesheet() -> str:
    """tokens.css and public.css without comments and needless white space."""
    text = "".join((CSS / name).read_text(encoding="utf-8") for name in ["tokens.css", "public.css"])
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    return re.sub(r" ?([{};,]) ?", r"\1", text).replace(";}", "}").strip()


@cache
def public_stylesheet_hash() -> str:
    """The Content-Security-Policy source that allows exactly this stylesheet."""
    digest = hashlib.sha256(public_stylesheet().encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
