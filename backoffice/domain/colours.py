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


def darkened(colour: str) -> str:
    """`colour` itself where white letters can be read on it, otherwise the lightest darker shade where they can."""
    for percent in range(100, -1, -1):
        shade = mixed(colour, "#000000", percent)
        if contrast_with_white(shade) >= READABLE:
            return shade
    return "#000000"


def mixed(colour: str, other: str, percent: int) -> str:
    """So many percent of `colour`, the rest of `other`; both "#rrggbb"."""
    pairs = ((int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    parts = ((one * percent + two * (100 - percent)) // 100 for one, two in pairs)
    return "#" + "".join(f"{part:02x}" for part in parts)


def clean_ground(value: object, *, field: str = "colour") -> str:
    """As `clean_colour`, for a ground with white letters on it: the refusal names the nearest shade that will do."""
    try:
        return clean_colour(value, field=field)
    except Invalid as error:
        if error.code != "colour_pale":
            raise
    typed = "#" + str(value).strip().lower().removeprefix("#")
    raise Invalid(
        "colour_pale",
        f"White letters cannot be read on this colour. Choose a darker one: {darkened(typed)} is the nearest that works.",
        field=field,
    )
