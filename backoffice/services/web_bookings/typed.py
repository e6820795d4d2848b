"""What a visitor has typed, as they typed it: kept sealed, shown again, and made an order of when it is sent."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from backoffice.domain.web_holds import MOST_PLACES

# One character more than is allowed is kept: enough to say that it is too long.
LONGEST = {
    "requirements": 2001,
    "special_requirements": 2001,
    "email": 255,
    "company_name": 201,
    "places": 10,
}
LONGEST_LINE = 101
PERSON = ("first_name", "last_name", "email", "birth_date", "requirements")
CONTACT = ("first_name", "last_name", "email", "phone", "company_name", "purchase_order")


@dataclass(frozen=True)
class PersonTyped:
    """One place; everything may be left for later, unless the course has a minimum age."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    birth_date: str = ""
    requirements: str = ""

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, name) for name in PERSON)


@dataclass(frozen=True)
class Typed:
    """The whole form. `attends`: the first place is the booker's own, whose name need not be typed twice."""

    places: int = 1
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    company_name: str = ""
    purchase_order: str = ""
    attends: bool = True
    is_prepared: bool = False  # everybody brings and holds what the course asks for
    special_requirements: str = ""
    discount_code: str = ""
    people: tuple[PersonTyped, ...] = field(default_factory=lambda: (PersonTyped(),))

    def for_places(self, places: int) -> Typed:
        """The same with as many people as places; who is too many goes from the end, the empty ones first."""
        places = max(1, min(places, MOST_PLACES))
        people = list(self.people)
        while len(people) > places:
            people.pop(_least_needed(people, self.attends))
        people += [PersonTyped()] * (places - len(people))
        return replace(self, places=places, people=tuple(people))

    def without_person(self, number: int) -> Typed:
        """The same without one of the people and their place; the last one stays."""
        if len(self.people) < 2 or not 0 <= number < len(self.people):
            return self
        people = (*self.people[:number], *self.people[number + 1 :])
        attends = self.attends and number > 0
        return replace(self, attends=attends, places=len(people), people=people)

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    @property
    def digest(self) -> bytes:
        """Tells whether the same was sent again."""
        return hashlib.sha256(self.as_json().encode()).digest()


def _least_needed(people: list[PersonTyped], attends: bool) -> int:
    first = 1 if attends else 0
    empty = [number for number in range(first, len(people)) if people[number].is_empty]
    return empty[-1] if empty else len(people) - 1


def from_json(text: str) -> Typed:
    """What `as_json` wrote."""
    known: dict[str, Any] = json.loads(text)
    people = tuple(PersonTyped(**each) for each in known.pop("people"))
    return Typed(**known, people=people)


def shorten(name: str, text: str) -> str:
    """What is worth keeping of a text that may be endless."""
    return text.strip()[: LONGEST.get(name, LONGEST_LINE)]
