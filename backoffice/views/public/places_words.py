"""What a public page says of a date's places: the same words when it is drawn and when it changes under the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from flask import Flask
from flask_babel import gettext as _
from flask_babel import ngettext

from backoffice.domain.places import CLOSED, FEW, FULL, say_places


class DateWithPlaces(Protocol):
    """What the macro in templates/public/places.html is given."""

    @property
    def id(self) -> UUID: ...
    @property
    def seats_left(self) -> int: ...
    @property
    def capacity(self) -> int: ...
    @property
    def starts_at(self) -> datetime: ...


@dataclass(frozen=True)
class Said:
    """A state for the style sheet and the script, and words for people."""

    state: str
    words: str


def set_up(app: Flask) -> None:
    app.jinja_env.globals.update(places_said=said_of)


def said_of(date: DateWithPlaces) -> Said:
    """The places of a date as they are known now."""
    is_open = date.starts_at > datetime.now(UTC)
    return say(date.seats_left, date.capacity) if is_open else say_closed()


def say(left: int, capacity: int) -> Said:
    """Places in words, in the language of the page."""
    state = say_places(left, capacity)
    if state == FULL:
        return Said(state, _("Fully booked"))
    if state == FEW:
        return Said(state, ngettext("Only %(num)s place left", "Only %(num)s places left", left))
    return Said(state, ngettext("%(num)s place left", "%(num)s places left", left))


def say_closed() -> Said:
    return Said(CLOSED, _("No longer bookable"))


def say_bookers(number: int) -> str:
    """How many others are booking a date at this moment; "" for nobody."""
    if not number:
        return ""
    return ngettext(
        "%(num)s other person is booking this date", "%(num)s others are booking this date", number
    )
