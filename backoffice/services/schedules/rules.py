"""What a date must obey when it is planned or changed; what only the database can hold is not here."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.booking_rules import learners_per_instructor_ok
from backoffice.domain.errors import Changed, Invalid, NotFound, Refused
from backoffice.domain.text import clean_line
from backoffice.domain.times import say_instant, to_local
from backoffice.models import (
    Course,
    Instructor,
    Schedule,
    ScheduleDay,
    ScheduleDayInstructor,
    Venue,
)
from backoffice.services import availability
from backoffice.services.schedules.days import Span

REASON_MAXIMUM = 500
OBJECTIONS_SHOWN = 3
UNAVAILABLE = {"leave": "on_leave", "hours": "outside_hours"}
INSTRUCTORS_MAXIMUM = 20


class Override:
    """A reason given against the rules: asked for only when a rule is broken, kept only then."""

    def __init__(self, reason: str | None, actor: Actor) -> None:
        self.given = clean_line(reason, field="override_reason", maximum=REASON_MAXIMUM)
        self.actor = actor
        self.used: str | None = None

    def against(self, refusal: Invalid) -> None:
        """Let a broken rule pass, or raise its refusal: a reason and the right are needed."""
        if not self.given:
            raise refusal
        self.actor.require("schedule.override")
        self.used = self.given


def get_for_change(schedule_id: UUID, version: int | None = None) -> Schedule:
    """The date, locked against other changes but not against bookings' foreign keys. NotFound or Changed."""
    row = db.session.scalar(
        select(Schedule)
        .where(Schedule.id == schedule_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("This date does not exist.")
    if version is not None and row.version != version:
        raise Changed()
    return row


def get_course(course_id: UUID) -> Course:
    row = db.session.scalar(select(Course).where(Course.id == course_id))
    if row is None:
        raise Invalid("unknown_course", "Choose a course of the list.", field="course_id")
    return row


def lock_venue(venue_id: UUID) -> Venue:
    """The venue, locked: two plans for one room come one after the other, instead of into a deadlock."""
    row = db.session.scalar(select(Venue).where(Venue.id == venue_id).with_for_update(key_share=True))
    if row is None:
        raise Invalid("unknown_venue", "Choose a venue of the list.", field="venue_id")
    return row


def lock_instructors(instructor_ids: Sequence[UUID]) -> list[Instructor]:
    """The instructors in the order given, locked in the order of their ids. Invalid for unknown ones."""
    wanted = list(dict.fromkeys(instructor_ids))[: INSTRUCTORS_MAXIMUM + 1]
    if len(wanted) > INSTRUCTORS_MAXIMUM:
        raise Invalid("too_many", f"Choose at most {INSTRUCTORS_MAXIMUM}.", field="instructor_ids")
    if not wanted:
        return []
    rows = db.session.scalars(
        select(Instructor)
        .where(Instructor.id.in_(wanted))
        .order_by(Instructor.id)
        .with_for_update(key_share=True)
    )
    found = {row.id: row for row in rows}
    if len(found) < len(wanted):
        raise Invalid("unknown_instructor", "Choose instructors of the list.", field="instructor_ids")
    return [found[each] for each in wanted]


def check_offered(*rows: Course | Venue | Instructor) -> None:
    """What was archived is not used for anything new."""
    fields = {Course: "course_id", Venue: "venue_id", Instructor: "instructor_ids"}
    for row in rows:
        if row.archived_at is not None:
            raise Invalid("archived", f"{row} is archived: choose another.", field=fields[type(row)])


def check_future(new_spans: Sequence[Span], time_zone: str, override: Override) -> None:
    """New days lie in the future; an import brings the past with it."""
    past = [span for span in new_spans if span.starts_at <= datetime.now(UTC)]
    if not past or override.actor.kind == "import":
        return
    override.against(
        Invalid(
            "in_the_past",
            f"{say_instant(past[0].starts_at, time_zone)} has passed: choose a day to come, "
            "or write why it is entered now.",
            field="days",
        )
    )


def check_room(capacity: int, venue: Venue) -> None:
    """A date has at most as many places as its venue."""
    if capacity > venue.capacity:
        raise Invalid(
            "capacity", f"{venue.name} takes {venue.capacity} people: enter at most {venue.capacity}.",
            field="capacity",
        )  # fmt: skip


def check_ratio(capacity: int, instructors: int, course: Course, override: Override) -> None:
    """So many learners to an instructor, 12 unless the course says otherwise (HSE first-aid guidance)."""
    most = course.learners_per_instructor
    if not learners_per_instructor_ok(capacity, instructors, most):
        override.against(
            Invalid(
                "too_few_instructors",
                f"One instructor may teach {most} people: add an instructor, lower the capacity, "
                "or write why it is all right.",
                field="capacity",
            )
        )


def check_available(
    new_spans: Sequence[Span], people: Sequence[Instructor], time_zone: str, override: Override
) -> None:
    """Nobody teaches on leave or outside their hours without a reason; an import says what was agreed elsewhere."""
    if not new_spans or not people or override.actor.kind == "import":
        return
    since = min(to_local(span.starts_at, time_zone).date() for span in new_spans)
    found = availability.load(people, time_zone, since).objections(new_spans)
    if not found:
        return
    said = " ".join(str(each) for each in found[:OBJECTIONS_SHOWN])
    advice = "Choose somebody else or another time, or write why it is all right."
    override.against(Invalid(UNAVAILABLE[found[0].kind], f"{said} {advice}", field="instructor_ids"))


def check_changeable(schedule: Schedule) -> None:
    if schedule.status not in ("draft", "published"):
        raise Refused("not_changeable", f"This date is {schedule.status} and cannot be changed any more.")


def spans_of(schedule: Schedule) -> list[Span]:
    """The stored days, in order."""
    days = select(ScheduleDay.starts_at, ScheduleDay.ends_at).where(ScheduleDay.schedule_id == schedule.id)
    return [Span(*row) for row in db.session.execute(days.order_by(ScheduleDay.starts_at))]


def instructors_of(schedule: Schedule) -> list[Instructor]:
    """Who teaches on the date, the lead first."""
    days = select(ScheduleDay.id).where(ScheduleDay.schedule_id == schedule.id)
    rows = db.session.execute(
        select(Instructor, ScheduleDayInstructor.duty, ScheduleDayInstructor.id)
        .join(ScheduleDayInstructor, ScheduleDayInstructor.instructor_id == Instructor.id)
        .where(ScheduleDayInstructor.schedule_day_id.in_(days))
    )
    in_order = sorted(rows, key=lambda row: (row.duty != "lead", row.id))
    return list(dict.fromkeys(row[0] for row in in_order))
