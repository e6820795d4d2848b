"""What a plan runs into: shown beside the form, before and after it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import among, db
from backoffice.domain.errors import Invalid
from backoffice.domain.times import to_local
from backoffice.models import Instructor, Venue
from backoffice.services import availability, courses, schedules
from backoffice.services.availability import Availability
from backoffice.services.schedules import Clash, Day
from backoffice.services.schedules.days import Span, spans
from backoffice.views.admin.schedules.forms import DateForm, venue_words
from backoffice.views.requests import current_tenant

OFFERS_MAXIMUM = 9  # one key each
Choice = tuple[UUID, str]


ADVICE = "It can be planned all the same: write below why it is all right."


@dataclass(frozen=True)
class Check:
    """The other dates in the way, what takes a reason, and what could be used instead."""

    clashes: list[Clash]
    venues: list[Choice]
    instructors: list[Choice]
    problem: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def advice(self) -> str:
        return ADVICE if self.warnings and not self.clashes else ""

    def as_json(self) -> dict[str, Any]:
        """What the planning page's script shows."""
        return {
            "clashes": [str(clash) for clash in self.clashes],
            "warnings": list(self.warnings),
            "advice": self.advice,
            "venues": [[str(row_id), words] for row_id, words in self.venues],
            "instructors": [[str(row_id), words] for row_id, words in self.instructors],
            "problem": self.problem,
        }


NOTHING = Check([], [], [])


def check(form: DateForm, except_id: UUID | None) -> Check | None:
    """Look the plan up in the diary and in the hours and leave; None while the days are not filled in."""
    days = [day for day in form.entered_days() if None not in day]
    if not days:
        return None
    try:
        found = schedules.clashes(days, form.venue_id.data, _people(form), except_id)
        wanted = spans(days, current_tenant().time_zone)
        warnings = _warnings(_people(form), wanted)
        if not found and not warnings:
            return NOTHING
        return _with_offers(form, Found(days, found, warnings), schedules.free(days, except_id))
    except Invalid as error:
        return Check([], [], [], error.message)


@dataclass(frozen=True)
class Found:
    days: list[Day]
    clashes: list[Clash]
    warnings: tuple[str, ...]


def _warnings(ids: list[UUID], wanted: list[Span]) -> tuple[str, ...]:
    """Who is on leave then, or outside their hours."""
    people = list(db.session.scalars(select(Instructor).where(among(Instructor.id, ids)))) if ids else []
    in_order = sorted(people, key=lambda person: ids.index(person.id))
    return tuple(str(each) for each in _known(in_order, wanted).objections(wanted))


def _known(people: list[Instructor], wanted: list[Span]) -> Availability:
    zone = current_tenant().time_zone
    return availability.load(people, zone, to_local(wanted[0].starts_at, zone).date())


def _willing(people: list[Instructor], days: list[Day]) -> list[Instructor]:
    """Those who are neither on leave nor outside their hours."""
    wanted = spans(days, current_tenant().time_zone)
    against = {each.instructor_id for each in _known(people, wanted).objections(wanted)}
    return [person for person in people if person.id not in against]


def _people(form: DateForm) -> list[UUID]:
    people = form.people()
    if people is not None or "course_id" not in form or not form.course_id.data:
        return people or []
    usual = courses.default_instructor_id(form.course_id.data)
    return [usual] if usual else []


def _with_offers(form: DateForm, found: Found, free: schedules.Free) -> Check:
    kinds = {clash.kind for clash in found.clashes} | ({"instructor"} if found.warnings else set())
    places = form.capacity.data or 1
    venues = [
        (row.id, venue_words(row))
        for row in _nearest_first(free.venues, form.venue_id.data)
        if row.capacity >= places
    ]
    venues = venues[:OFFERS_MAXIMUM] if "venue" in kinds else []
    people = (
        [(row.id, row.name) for row in _willing(free.instructors, found.days)]
        if "instructor" in kinds
        else []
    )
    return Check(found.clashes, venues, people[: OFFERS_MAXIMUM - len(venues)], warnings=found.warnings)


def _nearest_first(venues: list[Venue], instead_of: UUID | None) -> list[Venue]:
    """Those in the town of the one that is taken come first."""
    taken = db.session.get(Venue, instead_of) if instead_of else None
    town = taken.city if taken else None
    return sorted(venues, key=lambda venue: venue.city != town)
