"""What a certificate and its public check say in words: dates, and a name in full or by its initials."""

from __future__ import annotations

import unicodedata
from datetime import date

from backoffice.domain.text import fold

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def say_day(day: date) -> str:
    """A date as a certificate writes it: "3 March 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def say_taught(first: date, last: date) -> str:
    """The days from one date to another: "on 3 March 2026", "from 3 to 5 March 2026"."""
    if first == last:
        return f"on {say_day(first)}"
    if first.year != last.year:
        return f"from {say_day(first)} to {say_day(last)}"
    if first.month != last.month:
        return f"from {first.day} {_MONTHS[first.month - 1]} to {say_day(last)}"
    return f"from {first.day} to {say_day(last)}"


def initials(*names: str) -> str:
    """The first letter of each part of a name with its marks: "Siân Pryce-Jones" is "S. P.-J."."""
    words = unicodedata.normalize("NFC", " ".join(names)).split()
    return " ".join("-".join(_initial(part) for part in word.split("-") if part) for word in words).strip(
        "- "
    )


def _initial(part: str) -> str:
    """Upper case where the script has one; marks stay with their letter, and signs before it are left out."""
    letters = part.lstrip("".join(sign for sign in part if not sign.isalnum())) or part
    length = 1
    while length < len(letters) and unicodedata.category(letters[length]) in ("Mn", "Mc"):
        length += 1
    return f"{letters[:length].upper()}."


def name_key(name: str) -> str:
    """A surname as two people would write it alike: no case, no accents, no spaces, no signs."""
    return "".join(
        letter for letter in fold(name) if letter.isalnum() or unicodedata.category(letter) == "Mc"
    )
