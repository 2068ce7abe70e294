"""The QR code of a check-in point, the A4 poster for the door and the picture for social media.

Pure functions: text in, bytes out; no ORM and no temporary files. The drawings are `templates/visits/poster*.typ`.
Their texts arrive as JSON strings: nothing that anybody types is ever read as Typst markup.
"""

import base64
import io
import json
import unicodedata
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import qrcode
import typst
from PIL import Image

DRAWINGS = Path(__file__).resolve().parent.parent / "templates" / "visits"
DEFAULT_PORTS = {"http": 80, "https": 443}
QUIET_ZONE = 4  # modules, white, on each side
SMALLEST_QR_PNG = 1000  # pixels
LARGEST_EMBLEM = 600  # pixels: 20 mm at 760 dots per inch
A4_WIDTH = 210 / 25.4  # inches


@dataclass(frozen=True)
class Poster:
    """What one sheet says. Every text may be empty and hold any characters; long ones are set smaller."""

    office_name: str  # "Bawaslu Kabupaten Contoh"
    letterhead_institution: str  # first line: "Badan Pengawas Pemilihan Umum"
    letterhead_unit: str  # second line, larger: "Kabupaten Contoh"
    address: str  # what the QR code opens, as check_in_address() makes it
    host: str  # what people type: "dilaku.contoh.go.id", "192.168.1.20:8000"
    code: str  # then this: "7GQ4M2", one box for each character
    point_name: str  # where the sheet hangs: "Meja depan"
    hours_text: str  # follows "Jam layanan:": "Senin–Kamis 08.00–16.00 WIB"
    poster_number: str  # follows "Poster": "P-01"
    printed_on: str  # follows "dicetak": "14 Juli 2026"
    emblem_png: bytes | None = None  # None, or what is no picture, gives a plain ring


def check_in_address(site_url: str, code: str) -> str:
    """`https://host/k/CODE/`: scheme and host in lower case, no default port, the code in upper case."""
    parts = urlsplit(site_url.strip().lower())
    host = parts.netloc
    if parts.port == DEFAULT_PORTS.get(parts.scheme):
        host = host.rpartition(":")[0]
    return f"{parts.scheme}://{host}/k/{code.upper()}/"


def qr_content(address: str) -> str:
    """The address in upper case: scanners open the same page, and the code needs a quarter fewer modules."""
    return address.upper()


@lru_cache(maxsize=256)
def modules(address: str) -> tuple[tuple[bool, ...], ...]:
    """Rows of dark (True) and light modules at level H, without the quiet zone: 33 x 33 up to 50 characters."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_H, border=0)
    code.add_data(qr_content(address), optimize=0)
    return tuple(tuple(map(bool, row)) for row in code.get_matrix())


def qr_png(address: str) -> bytes:
    """Black on white, 1 bit a pixel, quiet zone included; whole pixels a module, at least 1000 pixels square."""
    rows = modules(address)
    side = len(rows) + 2 * QUIET_ZONE
    picture = Image.new("1", (side, side), 1)
    for y, row in enumerate(rows, start=QUIET_ZONE):
        for x, dark in enumerate(row, start=QUIET_ZONE):
            if dark:
                picture.putpixel((x, y), 0)
    pixels = side * -(-SMALLEST_QR_PNG // side)
    return _png(picture.resize((pixels, pixels), Image.Resampling.NEAREST))


def qr_svg(address: str) -> bytes:
    """One black path on white, one unit a module, quiet zone included."""
    rows = modules(address)
    side = len(rows) + 2 * QUIET_ZONE
    bars = "".join(
        f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h{length}v1h-{length}z"
        for y, row in enumerate(rows)
        for x, length in _bars(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side * 25}" height="{side * 25}" viewBox="0 0 {side} {side}"'
        f' shape-rendering="crispEdges"><rect width="{side}" height="{side}" fill="#fff"/><path d="{bars}"/></svg>\n'
    ).encode()


def pdf(poster: Poster) -> bytes:
    """One A4 page with its fonts; the same poster always gives the same bytes."""
    return _draw("poster.typ", poster, format="pdf", timestamp=0)


def page_png(poster: Poster, *, width: int) -> bytes:
    """The A4 page for the screen, `width` pixels wide."""
    return _draw("poster.typ", poster, format="png", ppi=width / A4_WIDTH)


def social_png(poster: Poster) -> bytes:
    """1080 x 1350 pixels, the portrait format of social media; legible on a phone at a third of that."""
    return _draw("poster_social.typ", poster, format="png", ppi=72)


def _draw(drawing: str, poster: Poster, **output) -> bytes:
    return typst.compile(DRAWINGS / drawing, font_paths=_fonts(), sys_inputs={"data": _data(poster)}, **output)


@cache
def _fonts() -> typst.Fonts:
    """Only our own five weights of Inter, so that every machine prints the same sheet; read once, in 2 ms."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[DRAWINGS / "fonts"])


def _data(poster: Poster) -> str:
    texts = {name: _plain(value) for name, value in asdict(poster).items() if isinstance(value, str)}
    pictures = {
        "qr_svg": qr_svg(poster.address).decode(),
        "qr_side": len(modules(poster.address)) + 2 * QUIET_ZONE,
        "emblem_svg": emblem_svg(poster.emblem_png) if poster.emblem_png else "",
    }
    return json.dumps(texts | pictures)


def _plain(text: str) -> str:
    """One line: no control characters, no half characters (lone surrogates), single spaces."""
    kept = "".join(" " if unicodedata.category(character) in {"Cc", "Cs"} else character for character in text)
    return " ".join(kept.split())


@lru_cache(maxsize=16)
def emblem_svg(content: bytes) -> str:
    """The emblem as an SVG around a small PNG, since Typst takes text only; empty when it is no picture."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP")) as picture:
            small = picture.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return ""
    small.thumbnail((LARGEST_EMBLEM, LARGEST_EMBLEM))
    href = "data:image/png;base64," + base64.b64encode(_png(small)).decode()
    size = f'width="{small.width}" height="{small.height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><image {size} href="{href}"/></svg>'


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _bars(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    """(start, length) of each run of dark modules."""
    bars: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and bars and sum(bars[-1]) == x:
            bars[-1] = (bars[-1][0], bars[-1][1] + 1)
        elif dark:
            bars.append((x, 1))
    return bars
