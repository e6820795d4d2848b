"""A provider's colour: six hexadecimal digits, and dark enough to be read on white paper."""

from __future__ import annotations

import re

from backoffice.domain.errors import Invalid

# WCAG 2.2, 1.4.3: text of a usual size against its ground.
READABLE = 4.5
_SHAPE = re.compile(r"#[0-9a-f]{6}")


def clean_colour(value: object, *, field: str = "colour") -> str:
    """`value` as "#rrggbb" in small letters; raises Invalid where it is none, or too pale for white paper."""
    colour = _shape_of(value, field)
    if contrast_with_white(colour) < READABLE:
        raise Invalid(
            "colour_pale", "This colour is too pale to be read on white. Choose a darker one.", field=field
        )
    return colour


def _shape_of(value: object, field: str) -> str:
    colour = str(value or "").strip().lower()
    if not colour.startswith("#"):
        colour = f"#{colour}"
    if not _SHAPE.fullmatch(colour):
        raise Invalid(
            "colour", "Write the colour as # and six digits or letters a to f, as #0b5c6b.", field=field
        )
    return colour


def contrast_with_white(colour: str) -> float:
    """The contrast of "#rrggbb" with white, from 1 (white) to 21 (black), as WCAG 2.2 defines it."""
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


# The ground of the public pages.
PAPER = "#f5f5f1"


def contrast(one: str, other: str) -> float:
    """The contrast of two colours "#rrggbb", from 1 to 21, as WCAG 2.2 defines it."""
    ratio = contrast_with_white(other) / contrast_with_white(one)
    return max(ratio, 1 / ratio)


def pale(colour: str) -> str:
    """A tint of the colour, as a ground for letters."""
    return mixed(colour, "#ffffff", 8)


def legibility(colour: str) -> float:
    """The least contrast that the public pages have with this colour: under white letters, as letters on their grounds."""
    return min(contrast(colour, ground) for ground in ("#ffffff", PAPER, pale(colour)))


def darkened(colour: str) -> str:
    """`colour` itself where the public pages can be read in it, otherwise the lightest darker shade that will do."""
    shades = (mixed(colour, "#000000", percent) for percent in range(100, 0, -1))
    return next((shade for shade in shades if legibility(shade) >= READABLE), "#000000")


def mixed(colour: str, other: str, percent: int) -> str:
    """So many percent of `colour`, the rest of `other`; both "#rrggbb"."""
    pairs = ((int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    parts = ((one * percent + two * (100 - percent)) // 100 for one, two in pairs)
    return "#" + "".join(f"{part:02x}" for part in parts)


def clean_ground(value: object, *, field: str = "colour") -> str:
    """A colour of the public pages as "#rrggbb". Raises Invalid; for a pale one the sentence names the nearest that works."""
    colour = _shape_of(value, field)
    if legibility(colour) < READABLE:
        raise Invalid(
            "colour_pale",
            "White letters cannot be read on this colour, nor it on white. Choose a darker one: "
            f"{darkened(colour)} is the nearest that works.",
            field=field,
        )
    return colour
