"""A provider's colour: six hexadecimal digits, and dark enough to be read on white paper."""

from __future__ import annotations

import re

from backoffice.domain.errors import Invalid

# WCAG 2.2, 1.4.3: text of a usual size against its ground.
READABLE = 4.5
_SHAPE = re.compile(r"#[0-9a-f]{6}")


def clean_colour(value: object, *, field: str = "colour") -> str:
    """`value` as "#rrggbb" in small letters; raises Invalid where it is none, or too pale for white paper."""
    colour = str(value or "").strip().lower()
    if not colour.startswith("#"):
        colour = f"#{colour}"
    if not _SHAPE.fullmatch(colour):
        raise Invalid(
            "colour", "Write the colour as # and six digits or letters a to f, as #0b5c6b.", field=field
        )
    if contrast_with_white(colour) < READABLE:
        raise Invalid(
            "colour_pale", "This colour is too pale to be read on white. Choose a darker one.", field=field
        )
    return colour


def contrast_with_white(colour: str) -> float:
    """The contrast of "#rrggbb" with white, from 1 (white) to 21 (black), as WCAG 2.2 defines it."""
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
