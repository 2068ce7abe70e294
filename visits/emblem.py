"""An office's emblem: whatever picture is uploaded becomes a small PNG of our own making."""

import io
import struct

from PIL import Image, ImageOps, UnidentifiedImageError

LARGEST_SIDE = 512  # pixels kept
LARGEST_UPLOAD = 2 * 1024 * 1024  # bytes
LARGEST_PICTURE = 24_000_000  # pixels: a camera's; unpacking more would eat the memory of a small server


def as_png(upload: bytes) -> bytes:
    """PNG or JPEG in, PNG of at most 512 x 512 pixels out, nothing else of the file kept. Raises ValueError."""
    if len(upload) > LARGEST_UPLOAD:
        raise ValueError("too many bytes")
    try:
        with Image.open(io.BytesIO(upload), formats=["PNG", "JPEG"]) as picture:
            if picture.width * picture.height > LARGEST_PICTURE:
                raise ValueError("too many pixels")
            picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
            small = upright(picture).convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("no picture") from error
    file = io.BytesIO()
    small.save(file, "PNG", optimize=True)
    return file.getvalue()


def upright(picture: Image.Image) -> Image.Image:
    """As the camera was held. A note of it that can't be read is no reason to refuse the picture."""
    try:
        return ImageOps.exif_transpose(picture)
    except (SyntaxError, ValueError, TypeError, struct.error):
        return picture
