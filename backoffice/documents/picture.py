"""A picture that somebody uploads, made into one of our own: a JPEG of a known size and nothing else in it."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from backoffice.domain.errors import Invalid

MOST_BYTES = 1024 * 1024
# As many as a telephone's camera makes; a bomb of a few kilobytes claims thousands of millions.
MOST_PIXELS = 16_000_000
LARGEST = (1200, 600)
SMALLEST_SIDE = 16
_UNREADABLE = "This file cannot be read as a picture. Save it again as PNG or JPEG."


@dataclass(frozen=True)
class Picture:
    """A JPEG and its size in pixels."""

    content: bytes
    width: int
    height: int


def read_picture(uploaded: bytes, *, field: str = "logo") -> Picture:
    """The picture as a JPEG on white, made smaller where it is large. The same file gives the same bytes.

    Takes PNG and JPEG by their content, whatever the name says; nothing of the file but its pixels is kept.
    Raises Invalid: too many bytes or pixels, another kind of file, a broken one.
    """
    if not uploaded:
        raise Invalid("required", "Choose a picture.", field=field)
    if len(uploaded) > MOST_BYTES:
        raise Invalid("too_large", "The picture is larger than 1 MB. Save it smaller.", field=field)
    try:
        image = Image.open(io.BytesIO(uploaded), formats=("PNG", "JPEG"))
    except Image.DecompressionBombError:
        raise _too_many_pixels(field) from None
    except (OSError, ValueError, SyntaxError):
        raise Invalid("no_picture", "Choose a PNG or JPEG file.", field=field) from None
    # Asked of the header, before anything is unpacked.
    if image.width * image.height > MOST_PIXELS:
        raise _too_many_pixels(field)
    if min(image.size) < SMALLEST_SIDE:
        raise Invalid("too_small", "The picture is too small to be printed.", field=field)
    try:
        return _as_jpeg(image)
    except (OSError, ValueError, SyntaxError, MemoryError):
        raise Invalid("no_picture", _UNREADABLE, field=field) from None


def _too_many_pixels(field: str) -> Invalid:
    return Invalid("too_large", "The picture has too many pixels. Save it smaller.", field=field)


def _as_jpeg(image: Image.Image) -> Picture:
    upright = ImageOps.exif_transpose(image)
    seen = upright.convert("RGBA")
    seen.thumbnail(LARGEST)
    paper = Image.new("RGB", seen.size, "white")
    paper.paste(seen, mask=seen.getchannel("A"))
    written = io.BytesIO()
    paper.save(written, "JPEG", quality=90, optimize=True)
    return Picture(written.getvalue(), *paper.size)
