"""Another time, another room, other people: what is booked on the date is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select, update

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.times import say_span
from backoffice.models import Instructor, Schedule, ScheduleDay, ScheduleDayInstructor, Venue
from backoffice.services import audit, live
from backoffice.services.schedules import rules, telling, terms
from backoffice.services.schedules.days import Day, Span, spans
from backoffice.services.schedules.plan import PlanIn, day_rows, duties


@dataclass(frozen=True)
class Move:
    """What a date changes to."""

    days: list[Span]
    venue: Venue
    people: list[Instructor]


def reschedule(
    schedule_id: UUID,
    days: Sequence[Day],
    venue_id: UUID,
    instructor_ids: Sequence[UUID],
    actor: Actor,
    *,
    version: int | None = None,
    override_reason: str | None = None,
) -> Schedule:
    """Give a date other days, another venue or other instructors (the lead first).

    Another time, place or instructor moves the calendar entry of every live booking on and queues its mail, and one
    for every attendee with an address of their own. Raises Invalid, Refused, Changed; overlaps leave as the
    database's error.
    """
    actor.require("schedule.edit")
    schedule = rules.get_for_change(schedule_id, version)
    before = _now(schedule)
    wanted = spans(days, schedule.time_zone)
    venue, people = rules.lock_venue(venue_id), rules.lock_instructors(instructor_ids)
    after = Move(wanted, venue, people)
    if _said(before, schedule) == _said(after, schedule):
        return schedule
    rules.check_changeable(schedule)
    override = rules.Override(override_reason, actor)
    _check(schedule, before, after, override)
    _write(schedule, before, after)
    live.touch(schedule.id)
    schedule.override_reason = override.used or schedule.override_reason
    db.session.flush()
    _record(schedule, before, after, override, actor)
    telling.tell(schedule, _said(before, schedule), _said(after, schedule), actor)
    return schedule


def revise(schedule_id: UUID, wanted: PlanIn, actor: Actor, *, version: int | None = None) -> Schedule:
    """Everything that the planning form holds, in one go; the course stays. What is None is left as it is."""
    schedule = rules.get_for_change(schedule_id, version)
    people = wanted.instructor_ids
    if people is None:
        people = [person.id for person in _now(schedule).people]
    reason = wanted.override_reason
    shrinks = wanted.capacity is not None and wanted.capacity < schedule.capacity
    if shrinks:  # a smaller room needs the smaller capacity first
        terms.change_capacity(schedule_id, wanted.capacity or 0, actor, override_reason=reason)
    reschedule(schedule_id, wanted.days, wanted.venue_id, people, actor, override_reason=reason)
    if wanted.capacity is not None and not shrinks:
        terms.change_capacity(schedule_id, wanted.capacity, actor, override_reason=reason)
    if wanted.pricing is not None or wanted.price_minor is not None:
        terms.change_price(schedule_id, wanted.price_minor, actor, pricing=wanted.pricing or "priced")
    return terms.change_notes(schedule_id, wanted.code, wanted.notes, actor)


def _now(schedule: Schedule) -> Move:
    return Move(rules.spans_of(schedule), schedule.venue, rules.instructors_of(schedule))


def _said(move: Move, schedule: Schedule) -> dict[str, object]:
    return {
        "days": [say_span(*day, schedule.time_zone) for day in move.days],
        "venue": move.venue.name,
        "instructors": [person.name for person in move.people],
    }


def _check(schedule: Schedule, before: Move, after: Move, override: rules.Override) -> None:
    new_days = [day for day in after.days if day not in before.days]
    rules.check_future(new_days, schedule.time_zone, override)
    if after.venue.id != before.venue.id:
        rules.check_offered(after.venue)
        rules.check_room(schedule.capacity, after.venue)
    known = {person.id for person in before.people}
    joining = [person for person in after.people if person.id not in known]
    staying = [person for person in after.people if person.id in known]
    rules.check_offered(*joining)
    rules.check_available(after.days, joining, schedule.time_zone, override)
    rules.check_available(new_days, staying, schedule.time_zone, override)
    if len(after.people) < len(before.people):
        rules.check_ratio(schedule.capacity, len(after.people), schedule.course, override)


def _write(schedule: Schedule, before: Move, after: Move) -> None:
    """Take the old days out before the new ones go in: a date must not clash with what it was itself.

    A day that stays as it was keeps its row, and with it what its register says; one that is marked cannot go.
    """
    days = select(ScheduleDay.id).where(ScheduleDay.schedule_id == schedule.id)
    db.session.execute(delete(ScheduleDayInstructor).where(ScheduleDayInstructor.schedule_day_id.in_(days)))
    kept = _keep_days(schedule, after.days)
    if before.days != after.days or before.venue.id != after.venue.id:
        schedule.venue_id = after.venue.id
        schedule.starts_at, schedule.ends_at = after.days[0].starts_at, after.days[-1].ends_at
        db.session.flush()
    new = [row for row in day_rows(schedule, after.days, ()) if row.day_number not in kept]
    db.session.add_all(new)
    ids = kept | {row.day_number: row.id for row in new}
    db.session.add_all([duty for number in sorted(ids) for duty in duties(ids[number], after.people)])
    db.session.flush()
    db.session.expire(schedule, ["days", "venue"])


def _keep_days(schedule: Schedule, wanted: Sequence[Span]) -> dict[int, UUID]:
    """Delete the days that are not wanted any more; the others by their new numbers."""
    numbers = {span: number for number, span in enumerate(wanted, 1)}
    stored = db.session.execute(
        select(ScheduleDay.id, ScheduleDay.day_number, ScheduleDay.starts_at, ScheduleDay.ends_at)
        .where(ScheduleDay.schedule_id == schedule.id)
        .order_by(ScheduleDay.day_number)
    ).all()
    staying = [(day, numbers[span]) for day in stored if (span := Span(*day[2:])) in numbers]
    leaving = {day.id for day in stored} - {day.id for day, _ in staying}
    db.session.execute(delete(ScheduleDay).where(ScheduleDay.id.in_(leaving)))
    # No two days have one number at any moment: those that move down go first, from below, then the others from above.
    down = [(day, number) for day, number in staying if number < day.day_number]
    up = [(day, number) for day, number in staying if number > day.day_number]
    for day, number in [*down, *reversed(up)]:
        db.session.execute(update(ScheduleDay).where(ScheduleDay.id == day.id).values(day_number=number))
    return {number: day.id for day, number in staying}


def _record(schedule: Schedule, before: Move, after: Move, override: rules.Override, actor: Actor) -> None:
    old, new = audit.differences(_said(before, schedule), _said(after, schedule))
    if override.used:
        new["override_reason"] = override.used
    audit.record(actor, "schedule:reschedule", schedule, old=old, new=new)
