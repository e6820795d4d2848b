"""What else happens at a time: which dates clash with a plan, and which rooms and people are free.

The planning screen explains with it; nothing is decided by it. What decides are the exclusion constraints of
schedule_days and schedule_day_instructors, because two plans may be made at the same moment.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.dialects.postgresql import Range

from backoffice.database import db
from backoffice.domain.times import say_span
from backoffice.models import (
    Course,
    Instructor,
    Schedule,
    ScheduleDay,
    ScheduleDayInstructor,
    Venue,
)
from backoffice.services.catalogue import current_tenant
from backoffice.services.schedules.days import Day, Span, spans

CLASHES_MAXIMUM = 50
BUSY_MAXIMUM = 20_000


@dataclass(frozen=True)
class Clash:
    """A day of another date that takes the room or the person; `kind` is "venue" or "instructor".

    `taken_id` is the id of that room or person."""

    schedule_id: UUID
    kind: str
    taken_id: UUID
    who: str
    course: str
    status: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str

    def __str__(self) -> str:
        state = ", a draft" if self.status == "draft" else ""
        when = say_span(self.starts_at, self.ends_at, self.time_zone)
        taken = "is taken by" if self.kind == "venue" else "teaches"
        return f"{self.who} {taken} {self.course} ({when}{state})."


@dataclass(frozen=True)
class Free:
    """Who and what could take a plan: unarchived, and nothing else on at its times."""

    venues: list[Venue]
    instructors: list[Instructor]


def clashes(
    days: Iterable[Day], venue_id: UUID | None, instructor_ids: Sequence[UUID], except_id: UUID | None = None
) -> list[Clash]:
    """The live dates, drafts included, that a plan would overlap; at most 50, in order of time.

    Client-site and online venues never clash. Raises Invalid for days that make no sense.
    """
    wanted, others = spans(days, current_tenant().time_zone), [except_id] if except_id else []
    asked = Asked(wanted, others, CLASHES_MAXIMUM)
    return _clashes(asked, [venue_id] if venue_id else [], instructor_ids)


def busy(
    span: Span,
    venue_ids: Collection[UUID],
    instructor_ids: Collection[UUID],
    others_than: Collection[UUID] = (),
) -> list[Clash]:
    """Every day that live dates, drafts included, need these rooms or people between two instants (UTC).

    What a series asks once for all of its dates; `others_than` are the dates that it is about itself.
    """
    return _clashes(Asked([span], others_than, BUSY_MAXIMUM), venue_ids, instructor_ids)


@dataclass(frozen=True)
class Asked:
    """When, of which dates not, and how many at most."""

    wanted: Sequence[Span]
    others_than: Collection[UUID]
    most: int


def _clashes(asked: Asked, venue_ids: Collection[UUID], instructor_ids: Collection[UUID]) -> list[Clash]:
    found = _venue_clashes(asked, venue_ids) if venue_ids else []
    if instructor_ids:
        found += _instructor_clashes(asked, instructor_ids)
    return sorted(found, key=lambda clash: (clash.starts_at, clash.kind))


def free(days: Iterable[Day], except_id: UUID | None = None) -> Free:
    """The venues and instructors that nothing else needs at these times. Raises Invalid."""
    wanted = spans(days, current_tenant().time_zone)
    others = [except_id] if except_id else []
    busy_rooms = _of_others(select(ScheduleDay.venue_id), others).where(
        ScheduleDay.is_live, ScheduleDay.is_exclusive, _overlaps(ScheduleDay.during, wanted)
    )
    busy_people = _of_others(
        select(ScheduleDayInstructor.instructor_id).join(ScheduleDayInstructor.day), others
    ).where(ScheduleDayInstructor.is_live, _overlaps(ScheduleDayInstructor.during, wanted))
    venues = select(Venue).where(Venue.archived_at.is_(None), Venue.id.not_in(busy_rooms))
    people = select(Instructor).where(Instructor.archived_at.is_(None), Instructor.id.not_in(busy_people))
    return Free(
        list(db.session.scalars(venues.order_by(Venue.name, Venue.id))),
        list(db.session.scalars(people.order_by(Instructor.name, Instructor.id))),
    )


def _venue_clashes(asked: Asked, venue_ids: Collection[UUID]) -> list[Clash]:
    statement = _clashing(ScheduleDay.venue_id, Venue.name, asked)
    return _read(
        "venue",
        statement.join(Venue, Venue.id == ScheduleDay.venue_id).where(
            ScheduleDay.venue_id.in_(venue_ids),
            ScheduleDay.is_live,
            ScheduleDay.is_exclusive,
            _overlaps(ScheduleDay.during, asked.wanted),
        ),
    )


def _instructor_clashes(asked: Asked, instructor_ids: Collection[UUID]) -> list[Clash]:
    statement = (
        _clashing(ScheduleDayInstructor.instructor_id, Instructor.name, asked)
        .join(ScheduleDayInstructor, ScheduleDayInstructor.schedule_day_id == ScheduleDay.id)
        .join(Instructor, Instructor.id == ScheduleDayInstructor.instructor_id)
    )
    return _read(
        "instructor",
        statement.where(
            ScheduleDayInstructor.instructor_id.in_(instructor_ids),
            ScheduleDayInstructor.is_live,
            _overlaps(ScheduleDayInstructor.during, asked.wanted),
        ),
    )


def _clashing(taken_id: Any, name: Any, asked: Asked) -> Select[Any]:
    columns = (Schedule.id, taken_id, name, Course.title, Schedule.status)
    times = (ScheduleDay.starts_at, ScheduleDay.ends_at, Schedule.time_zone)
    statement = select(*columns, *times).select_from(ScheduleDay)
    statement = statement.join(Schedule, Schedule.id == ScheduleDay.schedule_id)
    statement = statement.join(Course, Course.id == Schedule.course_id)
    statement = _of_others(statement, asked.others_than)
    return statement.order_by(ScheduleDay.starts_at).limit(asked.most)


def _of_others(statement: Select[Any], ids: Collection[UUID]) -> Select[Any]:
    return statement.where(ScheduleDay.schedule_id.not_in(ids)) if ids else statement


def _overlaps(during: Any, wanted: Sequence[Span]) -> ColumnElement[bool]:
    """Written with the range itself, so that the index of the exclusion constraint answers it."""
    return or_(*[during.overlaps(Range(span.starts_at, span.ends_at, bounds="[)")) for span in wanted])


def _read(kind: str, statement: Select[Any]) -> list[Clash]:
    rows = db.session.execute(statement)
    return [Clash(row[0], kind, *row[1:]) for row in rows]
