"""What a form of the booking pages sent: read as text, bounded, and changed as its buttons ask."""

from __future__ import annotations

from dataclasses import replace

from flask import request

from backoffice.domain.errors import Invalid
from backoffice.domain.web_holds import MOST_PLACES
from backoffice.services.web_bookings import PersonTyped, Typed
from backoffice.services.web_bookings.typed import CONTACT, PERSON, shorten

LONGEST_NUMBER = 6


def typed() -> Typed:
    """The form as it was sent."""
    contact = {name: _text(name) for name in CONTACT}
    asked = _number(_text("places"))
    shown = _number(_text("people"))
    found = Typed(
        **contact,
        places=shown,
        attends=_ticked("attends"),
        is_prepared=_ticked("is_prepared"),
        special_requirements=_text("special_requirements"),
        discount_code=_text("discount_code"),
        people=tuple(_person(number) for number in range(shown)),
    )
    return found.for_places(asked)


def check_places() -> None:
    """Raises Invalid for what is no number of places; the form goes on with one, or the most."""
    text = request.form.get("places", "").strip()
    if _number(text[:LONGEST_NUMBER]) != _whole(text):
        sentence = f"Enter a number of places from 1 to {MOST_PLACES}."
        raise Invalid("places", sentence, field="places")


def _whole(text: str) -> int | None:
    is_number = len(text) < LONGEST_NUMBER and text.isascii() and text.isdecimal()
    return int(text) if is_number else None


def changed(known: Typed, change: str) -> Typed:
    """The same as one of the form's own buttons asks: add, remove-<number>, or anything else for "look again"."""
    if change == "add":
        return known.for_places(known.places + 1)
    verb, _, number = change.partition("-")
    if verb == "remove" and number.isdecimal() and len(number) < 4:
        return known.without_person(int(number))
    return known


def with_contact(known: Typed, name: str, email: str, phone: str) -> Typed:
    """Filled in from the record of the customer who is signed in."""
    first, _, last = name.partition(" ")
    return replace(known, first_name=first, last_name=last, email=email, phone=phone)


def _person(number: int) -> PersonTyped:
    return PersonTyped(**{name: _text(f"people.{number}.{name}", name) for name in PERSON})


def _text(field: str, name: str = "") -> str:
    return shorten(name or field, request.form.get(field, ""))


def _ticked(field: str) -> bool:
    return request.form.get(field) == "1"


def _number(text: str) -> int:
    """From 1 to the most; what is no number is 1."""
    return max(1, min(_whole(text) or 1, MOST_PLACES))
