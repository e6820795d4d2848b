"""A date that is there already, as it reads beside a row of the file."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.times import to_local
from backoffice.models import Course, Instructor, Schedule, ScheduleDay, ScheduleDayInstructor, Venue
from backoffice.services.imports.diary import Span


@dataclass(frozen=True)
class Stored:
    """A date that is there already, in the words of the file."""

    id: UUID
    seats_taken: int
    values: dict[str, Any]


def load_stored(codes: list[str]) -> dict[str, Stored]:
    """The dates of these codes, in the words of the file."""
    rows = db.session.execute(
        select(Schedule, Course.slug, Venue.slug)
        .join(Course, Course.id == Schedule.course_id)
        .join(Venue, Venue.id == Schedule.venue_id)
        .where(Schedule.code.in_(codes))
    ).all()
    spans = _spans_of([row[0].id for row in rows])
    teaching = _instructors_of([row[0].id for row in rows])
    return {
        str(schedule.code): Stored(
            schedule.id,
            schedule.seats_taken,
            {
                "code": schedule.code,
                "course": course,
                "venue": venue,
                "instructors": teaching.get(schedule.id, []),
                "spans": spans.get(schedule.id, []),
                "capacity": schedule.capacity,
                "status": schedule.status,
                "notes": schedule.notes,
            },
        )
        for schedule, course, venue in rows
    }


def _spans_of(schedule_ids: list[UUID]) -> dict[UUID, list[Span]]:
    found: dict[UUID, list[Span]] = {}
    for schedule_id, start, end in db.session.execute(
        select(ScheduleDay.schedule_id, ScheduleDay.starts_at, ScheduleDay.ends_at)
        .where(ScheduleDay.schedule_id.in_(schedule_ids))
        .order_by(ScheduleDay.starts_at)
    ):
        found.setdefault(schedule_id, []).append((_utc(start), _utc(end)))
    return found


def _instructors_of(schedule_ids: list[UUID]) -> dict[UUID, list[str]]:
    """The addresses of the first day's instructors, the lead first."""
    found: dict[UUID, list[str]] = {}
    for schedule_id, email in db.session.execute(
        select(ScheduleDay.schedule_id, func.lower(Instructor.email))
        .join(ScheduleDayInstructor, ScheduleDayInstructor.schedule_day_id == ScheduleDay.id)
        .join(Instructor, Instructor.id == ScheduleDayInstructor.instructor_id)
        .where(ScheduleDay.schedule_id.in_(schedule_ids), ScheduleDay.day_number == 1)
        .order_by(ScheduleDayInstructor.duty.desc(), ScheduleDayInstructor.id)
    ):
        found.setdefault(schedule_id, []).append(email)
    return found


def _utc(instant: datetime) -> datetime:
    return to_local(instant, "UTC")
