"""Who is on leave, and who does not teach at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from backoffice.database import among, db
from backoffice.domain.availability import WEEKDAYS, Hours, is_within, say_hours
from backoffice.domain.times import say_date, to_local
from backoffice.models import Instructor, InstructorLeave, WorkingHours

# UTC instants: the start, and the end, which is not part of it
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Objection:
    """Why somebody would rather not teach then; `kind` is "leave" or "hours"."""

    instructor_id: UUID
    kind: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


@dataclass
class Availability:
    """Hours and leave of some people, read once, asked about any number of times."""

    people: list[Instructor]
    time_zone: str
    hours: dict[UUID, dict[int, list[Hours]]] = field(default_factory=dict)
    leave: dict[UUID, list[tuple[date, date]]] = field(default_factory=dict)

    def objections(self, spans: Sequence[Span]) -> list[Objection]:
        """What stands against these people teaching at these times: leave first, each said once."""
        local = [(to_local(start, self.time_zone), to_local(end, self.time_zone)) for start, end in spans]
        found = [self._on_leave(person, local) for person in self.people]
        found += [self._outside_hours(person, local) for person in self.people]
        return [objection for each in found for objection in each]

    def _on_leave(self, person: Instructor, local: Sequence[Span]) -> list[Objection]:
        leaves = [
            (begin, end)
            for begin, end in self.leave.get(person.id, ())
            if any(start.date() <= end and begin <= finish.date() for start, finish in local)
        ]
        return [Objection(person.id, "leave", _say_leave(person.name, *leave)) for leave in leaves]

    def _outside_hours(self, person: Instructor, local: Sequence[Span]) -> list[Objection]:
        """Whoever has no hours at all teaches at any time."""
        week = self.hours.get(person.id)
        if not week:
            return []
        outside = [
            start for start, end in local if not is_within(start, end, week.get(start.isoweekday(), ()))
        ]
        said = dict.fromkeys(_say_hours(person.name, start.isoweekday(), week) for start in outside)
        return [Objection(person.id, "hours", sentence) for sentence in said]


def _say_leave(name: str, begin: date, end: date) -> str:
    until = "" if begin == end else f" to {say_date(end)}"
    return f"{name} is on leave {'on' if begin == end else 'from'} {say_date(begin)}{until}."


def _say_hours(name: str, weekday: int, week: dict[int, list[Hours]]) -> str:
    hours, day = week.get(weekday), WEEKDAYS[weekday - 1]
    return (
        f"The hours of {name} on {day}s are {say_hours(hours)}."
        if hours
        else f"{name} does not teach on {day}s."
    )


def load(people: Sequence[Instructor], time_zone: str, since: date | None = None) -> Availability:
    """Hours and leave of these people; leave that ended before `since` (a local day) is left out."""
    found = Availability(list(people), time_zone)
    if not people:
        return found
    ids = [person.id for person in people]
    leave = select(InstructorLeave.instructor_id, InstructorLeave.starts_on, InstructorLeave.ends_on)
    leave = leave.where(among(InstructorLeave.instructor_id, ids)).order_by(InstructorLeave.starts_on)
    if since:
        leave = leave.where(InstructorLeave.ends_on >= since)
    by_person = defaultdict(list)
    for instructor_id, begin, end in db.session.execute(leave):
        by_person[instructor_id].append((begin, end))
    found.leave = dict(by_person)
    found.hours = _hours_of(ids)
    return found


def _hours_of(ids: Sequence[UUID]) -> dict[UUID, dict[int, list[Hours]]]:
    rows = db.session.scalars(
        select(WorkingHours)
        .where(among(WorkingHours.instructor_id, ids))
        .order_by(WorkingHours.weekday, WorkingHours.starts)
    )
    found: dict[UUID, dict[int, list[Hours]]] = {}
    for row in rows:
        found.setdefault(row.instructor_id, {}).setdefault(row.weekday, []).append((row.starts, row.ends))
    return found


def get_hours(instructor_id: UUID) -> dict[int, list[Hours]]:
    """The hours of one instructor by ISO weekday; {} means at any time."""
    return _hours_of([instructor_id]).get(instructor_id, {})


def list_leave(instructor_id: UUID, since: date) -> list[InstructorLeave]:
    """Leave that has not ended before a local day, in order."""
    return list(
        db.session.scalars(
            select(InstructorLeave)
            .where(InstructorLeave.instructor_id == instructor_id, InstructorLeave.ends_on >= since)
            .order_by(InstructorLeave.starts_on)
        )
    )
