"""What a plan runs into: shown beside the form, before and after it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backoffice.database import db
from backoffice.domain.errors import Invalid
from backoffice.models import Venue
from backoffice.services import courses, schedules
from backoffice.services.schedules import Clash
from backoffice.views.admin.schedules.forms import DateForm, venue_words

OFFERS_MAXIMUM = 9  # one key each
Choice = tuple[UUID, str]


@dataclass(frozen=True)
class Check:
    """The other dates in the way and, where there are some, what could be used instead."""

    clashes: list[Clash]
    venues: list[Choice]
    instructors: list[Choice]
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        """What the planning page's script shows."""
        return {
            "clashes": [str(clash) for clash in self.clashes],
            "venues": [[str(row_id), words] for row_id, words in self.venues],
            "instructors": [[str(row_id), words] for row_id, words in self.instructors],
            "problem": self.problem,
        }


NOTHING = Check([], [], [])


def check(form: DateForm, except_id: UUID | None) -> Check | None:
    """Look the plan up in the diary; None while the days are not filled in."""
    days = [day for day in form.entered_days() if None not in day]
    if not days:
        return None
    try:
        found = schedules.clashes(days, form.venue_id.data, _people(form), except_id)
        return _with_offers(form, found, schedules.free(days, except_id)) if found else NOTHING
    except Invalid as error:
        return Check([], [], [], error.message)


def _people(form: DateForm) -> list[UUID]:
    people = form.people()
    if people is not None or "course_id" not in form or not form.course_id.data:
        return people or []
    usual = courses.default_instructor_id(form.course_id.data)
    return [usual] if usual else []


def _with_offers(form: DateForm, found: list[Clash], free: schedules.Free) -> Check:
    kinds = {clash.kind for clash in found}
    places = form.capacity.data or 1
    venues = [
        (row.id, venue_words(row))
        for row in _nearest_first(free.venues, form.venue_id.data)
        if row.capacity >= places
    ]
    people = [(row.id, row.name) for row in free.instructors]
    venues = venues[:OFFERS_MAXIMUM] if "venue" in kinds else []
    return Check(found, venues, people[: OFFERS_MAXIMUM - len(venues)] if "instructor" in kinds else [])


def _nearest_first(venues: list[Venue], instead_of: UUID | None) -> list[Venue]:
    """Those in the town of the one that is taken come first."""
    taken = db.session.get(Venue, instead_of) if instead_of else None
    town = taken.city if taken else None
    return sorted(venues, key=lambda venue: venue.city != town)
