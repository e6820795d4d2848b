"""A picture that somebody uploads for the public site, made into two of our own: WebP, upright, without metadata."""

from __future__ import annotations

import io
import re
import threading
from dataclasses import dataclass
from typing import Any

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from backoffice.domain.errors import Invalid

MOST_BYTES = 10 * 1024 * 1024
# A JPEG is unpacked at the scale that is needed; the others whole, at four bytes a pixel.
MOST_PIXELS = {"JPEG": 50_000_000, "PNG": 25_000_000, "WEBP": 25_000_000, "GIF": 25_000_000}
# A camera's picture has one scan, one that comes into view bit by bit some ten.
MOST_SCANS = 50
SMALL, LARGE = 480, 960
# A portrait is no taller than this many times the width.
TALLEST = 1.25
# What one picture may weigh: the first load of a page has 100 KB for everything.
SMALL_BYTES, LARGE_BYTES = 18 * 1024, 44 * 1024
QUALITIES = (80, 70, 60, 50, 40, 30, 20)
SMALLEST_SIDE = 32
FLATTEST = 12
# How a camera was held, and what turns its picture upright. Pillow's own way writes the camera's other words anew, and
# fails where one of them is odd.
ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# In a JPEG: the beginning of a part that says its length, except within the pixels themselves.
_MARKER = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")
_SCAN, _END = b"\xff\xda", b"\xff\xd9"
KINDS = "JPEG, PNG, WebP or GIF"
_UNREADABLE = "This file cannot be read as a picture. Save it again as JPEG or PNG."

# Unpacking takes up to 250 MB, of a WebP 450: one upload at a time in each process.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class WebPicture:
    """The same picture in two sizes, as WebP; `width` and `height` are those of the large one, in pixels."""

    small: bytes
    large: bytes
    width: int
    height: int
    small_width: int


def read_web_picture(uploaded: bytes, *, field: str = "picture") -> WebPicture:
    """The uploaded picture at 480 and 960 pixels, turned upright; nothing of the file but its pixels is kept.

    Takes JPEG, PNG, WebP and GIF (its first frame) by their content, whatever the name says. Raises Invalid: too many
    bytes or pixels, too small or too flat, another kind of file, a broken one.
    """
    if not uploaded:
        raise Invalid("required", "Choose a picture.", field=field)
    if len(uploaded) > MOST_BYTES:
        raise Invalid("too_large", "The picture is larger than 10 MB. Save it smaller.", field=field)
    with _one_at_a_time:
        image = _open(uploaded, field)
        try:
            return _in_both_sizes(image)
        except (OSError, ValueError, SyntaxError, MemoryError, EOFError, IndexError):
            raise Invalid("no_picture", _UNREADABLE, field=field) from None


def _open(uploaded: bytes, field: str) -> Image.Image:
    """The picture by its header alone: nothing is unpacked yet."""
    try:
        image = Image.open(io.BytesIO(uploaded), formats=tuple(MOST_PIXELS))
    except Image.DecompressionBombError:
        raise _too_many_pixels(field) from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError):
        raise Invalid("no_picture", f"Choose a {KINDS} file.", field=field) from None
    kind = "JPEG" if isinstance(image, JpegImageFile) else image.format or "PNG"
    if image.width * image.height > MOST_PIXELS[kind]:
        raise _too_many_pixels(field)
    if kind == "JPEG" and _count_scans(uploaded) > MOST_SCANS:
        raise Invalid("no_picture", _UNREADABLE, field=field)
    if min(image.size) < SMALLEST_SIDE:
        raise Invalid("too_small", "The picture is too small to be shown. Choose a larger one.", field=field)
    if max(image.size) > FLATTEST * min(image.size):
        raise Invalid("too_flat", "The picture is too long and thin. Cut it to what matters.", field=field)
    return image


def _count_scans(jpeg: bytes) -> int:
    """How many times a JPEG goes over its picture: each costs the work of a whole one, in as little as 75 bytes."""
    at, found = 2, 0
    while (marker := _MARKER.search(jpeg, at)) and marker[0] != _END:
        found += marker[0] == _SCAN
        length = jpeg[marker.end() : marker.end() + 2]
        at = marker.end() + int.from_bytes(length, "big")
    return found


def _too_many_pixels(field: str) -> Invalid:
    return Invalid("too_large", "The picture has too many pixels. Save it smaller.", field=field)


def _in_both_sizes(image: Image.Image) -> WebPicture:
    image.draft("RGB", (2 * LARGE, 2 * LARGE))  # a JPEG only: the decoder leaves out what nobody will see
    seen = _bare(image)
    large, large_size = _as_webp(_within(seen, LARGE), LARGE_BYTES)
    small, small_size = _as_webp(_within(seen, SMALL), SMALL_BYTES)
    return WebPicture(small, large, *large_size, small_width=small_size[0])


def _bare(image: Image.Image) -> Image.Image:
    """The upright pixels on a new canvas: what came with the file stays behind."""
    image.load()
    said: Any = image.getexif().get(ORIENTATION)
    turn = TURNS.get(said)
    seen = _in_colours(image)
    seen.thumbnail((2 * LARGE, 2 * LARGE))  # before it is copied: a whole one takes 200 MB
    upright = seen if turn is None else seen.transpose(turn)
    canvas = Image.new(upright.mode, upright.size)
    canvas.paste(upright)
    return canvas


def _in_colours(image: Image.Image) -> Image.Image:
    """The same as RGB, or RGBA where something is transparent."""
    if image.mode.startswith("I"):  # sixteen bits of grey: the upper eight are seen
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    mode = "RGBA" if has_alpha else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _within(image: Image.Image, width: int) -> Image.Image:
    """A copy that is at most so wide, and not much taller; never larger than it was."""
    copy = image.copy()
    copy.thumbnail((width, int(width * TALLEST)), Image.Resampling.LANCZOS)
    return copy


def _as_webp(image: Image.Image, budget: int) -> tuple[bytes, tuple[int, int]]:
    """The best quality that keeps to the budget in bytes, and its size; what no quality brings there is made smaller."""
    for quality in QUALITIES:
        written = io.BytesIO()
        image.save(written, "WEBP", quality=quality, method=4)
        if written.tell() <= budget:
            return written.getvalue(), image.size
    return _as_webp(image.reduce(2), budget)
