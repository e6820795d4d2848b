"""One date of a series before it is saved, and what stands against it.

As with a single date the preview explains and the database decides: two people may plan at the same moment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from backoffice.domain import clock_changes
from backoffice.domain.booking_rules import learners_per_instructor_ok
from backoffice.domain.errors import Invalid
from backoffice.domain.times import say_date, say_instant, to_local
from backoffice.models import Course, Instructor, Venue
from backoffice.services import availability, schedules
from backoffice.services.schedules.days import Day, Span, spans

SHOWN_MAXIMUM = 3


@dataclass
class Proposal:
    """A date that may be made or changed, with what it would be then.

    `clashes` rule it out; `objections` take a reason; `notes` are good to know; `left_out` is the public holiday
    that the rule skips; `fixed` is why an existing date stays as it is. `key` names it among its series.
    """

    key: str
    days: list[Day]
    venue: Venue
    people: list[Instructor]
    capacity: int
    clashes: list[str] = field(default_factory=list)
    objections: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: str = ""
    fixed: str = ""
    spans: list[Span] = field(default_factory=list)
    schedule_id: UUID | None = None
    # What was agreed before is not asked again: who of the people is new to these times, and whether the ratio is.
    asked_people: list[Instructor] | None = None
    asks_ratio: bool = True

    @property
    def can_be_made(self) -> bool:
        return not self.clashes and not self.fixed

    @property
    def is_proposed(self) -> bool:
        """Whether it is ticked to begin with: nothing at all speaks against it."""
        return self.can_be_made and not self.objections and not self.left_out

    @property
    def title(self) -> str:
        return say_date(self.days[0][0])


def judge(rows: Sequence[Proposal], course: Course, time_zone: str) -> None:
    """Find out what stands against each of the rows: all of them together cost a handful of statements."""
    for row in rows:
        if not row.fixed:
            _set_spans(row, time_zone)
    open_rows = [row for row in rows if row.spans and not row.fixed]
    if not open_rows:
        return
    _note_clocks(open_rows, time_zone)
    _object_to_people(open_rows, time_zone)
    _find_clashes(open_rows)
    for row in open_rows:
        _check_places(row, course)
    _find_overlaps(open_rows, time_zone)


def _set_spans(row: Proposal, time_zone: str) -> None:
    """A wall time that the clock skips is a clash."""
    try:
        row.spans = spans(row.days, time_zone)
    except Invalid as error:
        row.clashes.append(error.message)
        return
    now = datetime.now(UTC)
    passed = next((span for span in row.spans if span.starts_at <= now), None)
    if passed:
        row.objections.append(f"{say_instant(passed.starts_at, time_zone)} has passed.")


def _note_clocks(rows: Sequence[Proposal], time_zone: str) -> None:
    before: Proposal | None = None
    for row in rows:
        if before:
            way = clock_changes.changed_between(before.spans[0].starts_at, row.spans[0].starts_at, time_zone)
            at = to_local(row.spans[0].starts_at, time_zone)
            if way:
                row.notes.append(
                    f"The clock has gone {way} since the date before: {at:%H:%M} stays {at:%H:%M}."
                )
        for on, start, end in row.days:
            row.notes += clock_changes.notes(on, start, end, time_zone)
        before = row


def _object_to_people(rows: Sequence[Proposal], time_zone: str) -> None:
    people = {person.id: person for row in rows for person in row.people}
    since = to_local(min(row.spans[0].starts_at for row in rows), time_zone).date()
    known = availability.load(list(people.values()), time_zone, since)
    for row in rows:
        asked = row.people if row.asked_people is None else row.asked_people
        mine = availability.Availability(asked, time_zone, known.hours, known.leave)
        row.objections += [str(each) for each in mine.objections(row.spans)]


def _find_clashes(rows: Sequence[Proposal]) -> None:
    span = Span(min(row.spans[0].starts_at for row in rows), max(row.spans[-1].ends_at for row in rows))
    rooms = {row.venue.id for row in rows if row.venue.kind == "room"}
    people = {person.id for row in rows for person in row.people}
    themselves = [row.schedule_id for row in rows if row.schedule_id]
    taken: dict[UUID, list[schedules.Clash]] = {}
    for clash in schedules.busy(span, rooms, people, themselves):
        taken.setdefault(clash.taken_id, []).append(clash)
    for row in rows:
        found = [
            clash for need in _needs(row) for clash in taken.get(need, ()) if _overlaps(clash, row.spans)
        ]
        row.clashes += _shortened([str(clash) for clash in found])


def _needs(row: Proposal) -> list[UUID]:
    """The room, where only one date fits into it, and the people."""
    room = [row.venue.id] if row.venue.kind == "room" else []
    return room + [person.id for person in row.people]


def _overlaps(clash: schedules.Clash, wanted: Iterable[Span]) -> bool:
    return any(clash.starts_at < span.ends_at and span.starts_at < clash.ends_at for span in wanted)


def _shortened(said: Collection[str]) -> list[str]:
    first = list(said)[:SHOWN_MAXIMUM]
    more = len(said) - len(first)
    return [*first, f"And {more} more."] if more else first


def _check_places(row: Proposal, course: Course) -> None:
    if row.capacity > row.venue.capacity:
        row.clashes.append(f"{row.venue.name} takes {row.venue.capacity} people, not {row.capacity}.")
    most = course.learners_per_instructor
    if row.asks_ratio and not learners_per_instructor_ok(row.capacity, len(row.people), most):
        row.objections.append(f"One instructor may teach {most} people: {row.capacity} places are too many.")


def _find_overlaps(rows: Sequence[Proposal], time_zone: str) -> None:
    """Dates of one series must not be in each other's way; the first of two stays."""
    for need in dict.fromkeys(need for row in rows for need in _needs(row)):
        latest: tuple[Span, Proposal] | None = None
        mine = sorted(
            ((span, row) for row in rows if row.can_be_made and need in _needs(row) for span in row.spans),
            key=lambda each: each[0],
        )
        for span, row in mine:
            if (
                latest
                and latest[1] is not row
                and span.starts_at < latest[0].ends_at
                and latest[1].can_be_made
            ):
                when = say_instant(latest[0].starts_at, time_zone)
                row.clashes.append(f"It overlaps the date of {when} of this series.")
            elif latest is None or span.ends_at >= latest[0].ends_at:
                latest = (span, row)


def choose(rows: Sequence[Proposal], keys: Collection[str]) -> list[Proposal]:
    """The ticked rows. Raises Invalid when none is, when one is not among them, or when one cannot be made."""
    chosen = [row for row in rows if row.key in keys]
    if not chosen:
        raise Invalid("none_chosen", "Tick at least one date.", field="chosen")
    if len(chosen) < len(set(keys)):
        raise Invalid("changed_plan", "The dates are other ones by now: look at them again.", field="chosen")
    for row in chosen:
        if not row.can_be_made:
            why = " ".join(row.clashes) or row.fixed
            raise Invalid("clash", f"{row.title}: {why} Take its tick away.", field="chosen")
    return chosen


def check_reason(rows: Sequence[Proposal], reason: str | None) -> None:
    """What takes a reason has one. Said of all rows at once; each date asks again when it is saved."""
    against = next((row for row in rows if row.objections), None)
    if against and not (reason or "").strip():
        raise Invalid(
            "needs_reason",
            f"{against.title}: {against.objections[0]} Take its tick away, or write why it is all right.",
            field="override_reason",
        )
