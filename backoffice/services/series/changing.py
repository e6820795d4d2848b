"""Dates of a series changed together: one, this and the later ones, or all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from backoffice.database import db, lock_rows
from backoffice.domain.actor import Actor
from backoffice.domain.availability import WEEKDAYS
from backoffice.domain.errors import Changed, Invalid, NotFound
from backoffice.domain.money import format_money
from backoffice.domain.times import say_date
from backoffice.models import Instructor, Schedule, ScheduleSeries, Venue
from backoffice.services import audit, schedules
from backoffice.services.catalogue import current_tenant
from backoffice.services.schedules import PlanIn, rules
from backoffice.services.schedules.days import Day, Span, local_days
from backoffice.services.schedules.plan import checked_capacity, checked_price
from backoffice.services.series.proposals import Proposal, check_reason, choose, judge
from backoffice.services.series.reading import find_series, list_dates

SCOPES = {
    "one": "Only this date",
    "later": "This date and the later ones",
    "all": "All dates of the series",
}
_STATES = {"completed": "It is completed", "cancelled": "It is cancelled"}


@dataclass(frozen=True)
class ChangeIn:
    """What to change; None leaves it. `weekday` is an ISO number, each date staying in its week; `start` and `end` are
    wall times for all of its days; `instructor_ids` has the lead first, () is nobody; prices in minor units."""

    weekday: int | None = None
    start: time | None = None
    end: time | None = None
    venue_id: UUID | None = None
    instructor_ids: Sequence[UUID] | None = None
    capacity: int | None = None
    price_minor: int | None = None
    override_reason: str | None = None

    @property
    def is_nothing(self) -> bool:
        kept = (self.weekday, self.start, self.end, self.venue_id, self.instructor_ids)
        return all(each is None for each in (*kept, self.capacity, self.price_minor))


@dataclass(frozen=True)
class Part:
    """Which dates of a series: `scope` is one of SCOPES, counted from the date `from_id`."""

    series_id: UUID
    from_id: UUID
    scope: str


def preview_change(part: Part, change: ChangeIn) -> list[Proposal]:
    """What the dates would become, those that stay as they are included. Nothing is saved.

    Raises Invalid for a change that fits no date, NotFound for a date of another series.
    """
    series, dates = _dates_of(part)
    if change.is_nothing:
        raise Invalid("nothing", "Fill in what is to change.")
    new = _New.of(change)
    rows = [_proposal(schedule, change, new) for schedule in dates]
    judge(rows, series.course, current_tenant().time_zone)
    return rows


def apply_change(part: Part, change: ChangeIn, chosen: Collection[str], actor: Actor) -> int:
    """Change the dates whose keys are chosen, all of them or none; returns how many.

    Their bookers are told by the mail of a changed date. Raises Invalid, Refused, Forbidden, and Changed when somebody
    changed one of them since the preview; an overlap leaves as the database's error.
    """
    actor.require("schedule.edit")
    lock_rows(Schedule, Schedule.series_id == part.series_id)
    _, dates = _dates_of(part)
    _check_unchanged(dates, chosen)
    rows = choose(preview_change(part, change), chosen)
    check_reason(rows, change.override_reason)
    by_id = {schedule.id: schedule for schedule in dates}
    for row in _in_safe_order(rows, by_id):
        schedule = by_id[_id_of(row)]
        schedules.revise(schedule.id, _wanted(row, schedule, change), actor)
    series = db.session.get_one(ScheduleSeries, part.series_id)
    audit.record(actor, "schedule_series:change", series, new=_audited(rows, change))
    return len(rows)


def _dates_of(part: Part) -> tuple[ScheduleSeries, list[Schedule]]:
    series = find_series(part.series_id)
    if series is None:
        raise NotFound("This series does not exist.")
    if part.scope not in SCOPES:
        raise Invalid("scope", "Choose which dates to change.", field="scope")
    dates = list_dates(series.id)
    begin = next((number for number, each in enumerate(dates) if each.id == part.from_id), None)
    if begin is None:
        raise Invalid("unknown_date", "Choose a date of this series.", field="from_id")
    ends = {"one": begin + 1, "later": len(dates), "all": len(dates)}
    return series, dates[0 if part.scope == "all" else begin : ends[part.scope]]


@dataclass(frozen=True)
class _New:
    """The rows that a change names, found and offered."""

    venue: Venue | None
    people: list[Instructor] | None

    @classmethod
    def of(cls, change: ChangeIn) -> _New:
        venue = rules.lock_venue(change.venue_id) if change.venue_id else None
        people = None if change.instructor_ids is None else rules.lock_instructors(change.instructor_ids)
        rules.check_offered(*([venue] if venue else []), *(people or []))
        if change.capacity is not None:
            checked_capacity(change.capacity)
        if change.price_minor is not None:
            checked_price("priced", change.price_minor)
        return cls(venue, people)


def _proposal(schedule: Schedule, change: ChangeIn, new: _New) -> Proposal:
    now = local_days(_spans(schedule), schedule.time_zone)
    people = _people(schedule)
    row = Proposal(
        key=key_of(schedule),
        days=_moved(now, change),
        venue=new.venue or schedule.venue,
        people=people if new.people is None else new.people,
        capacity=schedule.capacity if change.capacity is None else change.capacity,
        schedule_id=schedule.id,
        fixed=_why_fixed(schedule),
    )
    if not row.fixed:
        _say_change(row, schedule, Before(now, people), change)
    return row


def key_of(schedule: Schedule) -> str:
    """A date as it was looked at: once somebody changes it, it has another key."""
    return f"{schedule.id}:{schedule.version}"


def _id_of(row: Proposal) -> UUID:
    return UUID(row.key.partition(":")[0])


def _spans(schedule: Schedule) -> list[Span]:
    return [Span(day.starts_at, day.ends_at) for day in schedule.days]


def _people(schedule: Schedule) -> list[Instructor]:
    """Who teaches on any of the days, the lead first."""
    duties = [duty for day in schedule.days for duty in day.instructors]
    in_order = sorted(duties, key=lambda duty: (duty.duty != "lead", duty.id))
    return list(dict.fromkeys(duty.instructor for duty in in_order))


def _why_fixed(schedule: Schedule) -> str:
    if schedule.status in _STATES:
        return f"{_STATES[schedule.status]} and stays as it is."
    if schedule.starts_at <= datetime.now(UTC):
        return "It has begun: change it on its own page."
    return ""


def _moved(days: Sequence[Day], change: ChangeIn) -> list[Day]:
    """The days on another weekday of the same week, at other wall times."""
    by = timedelta(days=change.weekday - days[0][0].isoweekday() if change.weekday else 0)
    return [(on + by, change.start or start, change.end or end) for on, start, end in days]


@dataclass(frozen=True)
class Before:
    days: list[Day]
    people: list[Instructor]


def _say_change(row: Proposal, schedule: Schedule, before: Before, change: ChangeIn) -> None:
    said = _changes(row, schedule, before, change)
    if not said:
        row.fixed = "Nothing changes."
        return
    row.notes += said
    known = {person.id for person in before.people}
    if row.days == before.days:
        row.asked_people = [person for person in row.people if person.id not in known]
    row.asks_ratio = row.capacity > schedule.capacity or len(row.people) < len(before.people)
    taken = schedule.seats_taken
    if row.capacity < taken:
        row.clashes.append(f"{taken} places are taken: the capacity cannot be lower than that.")
    if taken and _is_told(row, schedule, before):
        row.notes.append(
            f"{taken} place{' is' if taken == 1 else 's are'} taken: the bookers are told by e-mail."
        )


def _is_told(row: Proposal, schedule: Schedule, before: Before) -> bool:
    names, known = {each.id for each in row.people}, {each.id for each in before.people}
    return row.days != before.days or row.venue.id != schedule.venue_id or names != known


def _changes(row: Proposal, schedule: Schedule, before: Before, change: ChangeIn) -> list[str]:
    """A line for each thing that is another one afterwards."""
    price = schedule.price_minor if change.price_minor is None else change.price_minor
    pairs = [
        ("", [_say_day(day) for day in before.days], [_say_day(day) for day in row.days]),
        ("", [schedule.venue.name], [row.venue.name]),
        ("", [each.name for each in before.people], [each.name for each in row.people]),
        ("Places: ", [str(schedule.capacity)], [str(row.capacity)]),
        ("Price: ", [_say_price(schedule.price_minor, schedule)], [_say_price(price, schedule)]),
    ]
    return [f"{label}{_join(old)} → {_join(new)}" for label, old, new in pairs if old != new]


def _say_day(day: Day) -> str:
    on, start, end = day
    return f"{say_date(on)}, {start:%H:%M}–{end:%H:%M}"


def _say_price(price_minor: int | None, schedule: Schedule) -> str:
    return (
        schedule.pricing.replace("_", " ")
        if price_minor is None
        else format_money(price_minor, schedule.currency)
    )


def _join(words: Sequence[str]) -> str:
    return "; ".join(words) or "nobody"


def _check_unchanged(dates: Sequence[Schedule], chosen: Collection[str]) -> None:
    now = {str(schedule.id): schedule.version for schedule in dates}
    for key in chosen:
        schedule_id, _, version = key.partition(":")
        if schedule_id in now and str(now[schedule_id]) != version:
            raise Changed("Somebody else changed one of these dates meanwhile: look at them again.")


def _in_safe_order(rows: Sequence[Proposal], by_id: dict[UUID, Schedule]) -> list[Proposal]:
    """Each date leaves its old place before the next one needs it: those that move later go from the last on."""
    later = [row for row in rows if row.spans[0].starts_at > by_id[_id_of(row)].starts_at]
    earlier = [row for row in rows if row not in later]
    return [*reversed(later), *earlier]


def _wanted(row: Proposal, schedule: Schedule, change: ChangeIn) -> PlanIn:
    return PlanIn(
        course_id=schedule.course_id,
        venue_id=row.venue.id,
        days=row.days,
        instructor_ids=[person.id for person in row.people],
        capacity=change.capacity,
        price_minor=change.price_minor,
        code=schedule.code,
        notes=schedule.notes,
        override_reason=change.override_reason,
    )


def _audited(rows: Sequence[Proposal], change: ChangeIn) -> dict[str, object]:
    said = {
        "weekday": WEEKDAYS[change.weekday - 1] if change.weekday else None,
        "start": f"{change.start:%H:%M}" if change.start else None,
        "end": f"{change.end:%H:%M}" if change.end else None,
        "venue": rows[0].venue.name if change.venue_id else None,
        "instructors": None if change.instructor_ids is None else [each.name for each in rows[0].people],
        "capacity": change.capacity,
        "price_minor": change.price_minor,
    }
    return {"dates": len(rows)} | {name: value for name, value in said.items() if value is not None}
