"""A new series: its dates as they would be, and the act of making those that are wanted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid
from backoffice.domain.recurrence import (
    HORIZON,
    TIMES_MAXIMUM,
    YEARS_MAXIMUM,
    Found,
    Rule,
    find_days,
    months_without,
    say_rule,
)
from backoffice.domain.times import say_date
from backoffice.models import Course, ScheduleSeries, Venue
from backoffice.services import audit, bank_holidays, schedules
from backoffice.services.catalogue import current_tenant
from backoffice.services.schedules import PlanIn, rules
from backoffice.services.schedules.days import Day, spans
from backoffice.services.schedules.plan import planned_capacity, planned_people
from backoffice.services.series.proposals import Proposal, check_reason, choose, judge


@dataclass(frozen=True)
class SeriesIn:
    """A series as it is asked for: its first date, which the others are like, and the rule."""

    first: PlanIn
    rule: Rule


@dataclass(frozen=True)
class Preview:
    """The dates of a series, those that the rule leaves out among them, and what to know of it as a whole."""

    rows: list[Proposal]
    notes: list[str]


def preview(wanted: SeriesIn) -> Preview:
    """What the series would be. Nothing is saved. Raises Invalid for what no date of it could be planned with."""
    first, time_zone = wanted.first, current_tenant().time_zone
    course = rules.get_course(first.course_id)
    days = _checked_days(wanted, time_zone)
    venue = rules.lock_venue(first.venue_id)
    people = planned_people(first, course)
    rules.check_offered(course, venue, *people)
    capacity = planned_capacity(first, course, venue)
    rules.check_room(capacity, venue)
    found = _find_days(wanted.rule, days)
    rows = [Proposal(each.on.isoformat(), _moved(days, each), venue, people, capacity) for each in found]
    for row, each in zip(rows, found, strict=True):
        row.left_out = each.left_out
    judge(rows, course, time_zone)
    _note_holidays(rows, wanted.rule)
    return Preview(rows, _notes(wanted.rule, found))


def make(
    wanted: SeriesIn, chosen: Collection[str], actor: Actor, *, series_id: UUID | None = None
) -> ScheduleSeries:
    """Make the dates whose keys are chosen, all of them or none. Flushes.

    `series_id` is the id that the form was opened with: sent twice, the second is refused (pk_schedule_series).
    Raises Invalid, Forbidden; an overlap that came up meanwhile leaves as the database's error.
    """
    actor.require("schedule.edit")
    rows = choose(preview(wanted).rows, chosen)
    if len(rows) > TIMES_MAXIMUM:
        raise Invalid("too_many", f"A series has at most {TIMES_MAXIMUM} dates.", field="chosen")
    check_reason(rows, wanted.first.override_reason)
    series = _start(wanted, series_id or new_id())
    for row in rows:
        schedules.plan(_like(wanted.first, row, series), actor)
    audit.record(actor, "schedule_series:plan", series, new=_audited(wanted, rows))
    return series


def _checked_days(wanted: SeriesIn, time_zone: str) -> list[Day]:
    """The days of the first date in order. The first one's own wall times may be skipped: the grid says so."""
    days = sorted(wanted.first.days)
    try:
        spans(days, time_zone)
    except Invalid as error:
        if error.code != "no_such_time":
            raise
    if days[0][0] != wanted.rule.first_on:
        raise ValueError("the rule begins on the first of the days")
    return days


def _find_days(rule: Rule, days: Sequence[Day]) -> list[Found]:
    holidays = bank_holidays.find_holidays(
        rule.first_on,
        rule.first_on + HORIZON + (days[-1][0] - days[0][0]),
        current_tenant().country,
        rule.region,
    )
    found = find_days(rule, holidays, {(day[0] - rule.first_on).days for day in days})
    if not any(not each.left_out for each in found):
        raise Invalid("only_holidays", "Every date would be on a public holiday.", field="skips_holidays")
    return found


def _moved(days: Sequence[Day], found: Found) -> list[Day]:
    """The days of the first date, so that they begin on another day, at the same wall times."""
    by = found.on - days[0][0]
    return [(on + by, start, end) for on, start, end in days]


def _note_holidays(rows: Sequence[Proposal], rule: Rule) -> None:
    """Where public holidays are not skipped, they are named."""
    if rule.skips_holidays:
        return
    last = rows[-1].days[-1][0]
    names = bank_holidays.find_holidays(rule.first_on, last, current_tenant().country, rule.region)
    for row in rows:
        found = [f"{say_date(day[0])} is {names[day[0]]}." for day in row.days if day[0] in names]
        row.notes += found


def _notes(rule: Rule, found: Sequence[Found]) -> list[str]:
    number = sum(not each.left_out for each in found)
    short = ""
    if number < rule.times:
        short = f"A series ends after {YEARS_MAXIMUM} years: it has {number} dates instead of {rule.times}."
    return [note for note in (months_without(rule), short) if note]


def _start(wanted: SeriesIn, series_id: UUID) -> ScheduleSeries:
    first = wanted.first
    series = ScheduleSeries(
        id=series_id,
        course=db.session.get_one(Course, first.course_id),
        venue=db.session.get_one(Venue, first.venue_id),
        rule=wanted.rule.as_json(),
    )
    db.session.add(series)
    db.session.flush()
    return series


def _like(first: PlanIn, row: Proposal, series: ScheduleSeries) -> PlanIn:
    people = [person.id for person in row.people]
    return replace(first, days=row.days, instructor_ids=people, capacity=row.capacity, series_id=series.id)


def _audited(wanted: SeriesIn, rows: Sequence[Proposal]) -> dict[str, object]:
    return {"rule": say_rule(wanted.rule), "dates": len(rows), "first": rows[0].title, "last": rows[-1].title}
