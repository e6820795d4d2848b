"""Marking a register: who was there on which day, the outcome, a note, proof of identity.

Two people may have the same register open, and a telephone may send hours later: a change of what somebody else has
marked meanwhile is not saved, and comes back as a conflict with both values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import add_rows, among, db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.attendance import COUNTS_AS_PRESENT, STATUSES
from backoffice.domain.errors import Invalid, NotFound
from backoffice.models import Attendance, AuditEvent, RegisterEntry, Schedule
from backoffice.services import audit
from backoffice.services.registers import corrections
from backoffice.services.registers.changes import NOT_MARKED, Change, Difference, clean, difference
from backoffice.services.registers.dates import NOT_HERE, hold_date, schedule_of
from backoffice.services.registers.reading import Day, Row, list_days, list_rows
from backoffice.tenancy import current_tenant_id


@dataclass(frozen=True)
class Conflict:
    """Somebody else marked this attendee since: what stands there, and what was wanted."""

    attendee_id: UUID
    name: str
    stored: Row
    wanted: Change


@dataclass(frozen=True)
class Marked:
    """How many attendees changed, who did not because of somebody else, and who left the register meanwhile."""

    saved: int
    conflicts: list[Conflict]
    gone: list[UUID]
    # The rows of those who were sent, as they stand now.
    rows: list[Row]


@dataclass(frozen=True)
class Held:
    """A register that nobody else changes now."""

    date: Schedule
    days: list[Day]
    rows: dict[UUID, Row]


def hold(schedule_id: UUID, actor: Actor, now: datetime) -> Held:
    """Take the register for a change. Raises Forbidden, NotFound, Refused."""
    date = hold_date(schedule_id, actor)
    days = list_days(date, now)
    return Held(date, days, {row.attendee_id: row for row in list_rows(date, days)})


def hold_person(attendee_id: UUID, actor: Actor, now: datetime) -> Held:
    """The register on which this attendee is, taken for a change. Raises as `hold`, and NotFound for who left it."""
    held = hold(schedule_of(attendee_id), actor, now)
    if attendee_id not in held.rows:  # cancelled or moved while we waited
        raise NotFound(NOT_HERE)
    return held


def mark(schedule_id: UUID, changes: Sequence[Change], actor: Actor, now: datetime | None = None) -> Marked:
    """Save what is wanted, attendee by attendee; values that stand there already are no change, however old.

    After the date is completed it is a correction: audited as one, the bookings follow, certificates are flagged.
    Raises Forbidden, NotFound, Refused (no_register), Invalid with the field (`marks.0.outcome`).
    """
    held = hold(schedule_id, actor, now or datetime.now(UTC))
    wanted = clean(changes, held.days, is_completed=held.date.status == "completed")
    here = [change for change in wanted if change.attendee_id in held.rows]
    pairs = [(held.rows[change.attendee_id], change) for change in here]
    differing = [(stored, change, difference(change, stored)) for stored, change in pairs]
    conflicts = [
        Conflict(stored.attendee_id, stored.name, stored, change)
        for stored, change, differs in differing
        if differs and change.seen_version != stored.version
    ]
    to_save = [
        (stored, differs)
        for stored, change, differs in differing
        if differs and change.seen_version == stored.version
    ]
    save(held, to_save, actor)
    gone = [change.attendee_id for change in wanted if change.attendee_id not in held.rows]
    return Marked(len(to_save), conflicts, gone, reread(held, [change.attendee_id for change in here]))


def reread(held: Held, attendee_ids: Sequence[UUID]) -> list[Row]:
    """The rows of these people as they stand after the change."""
    return [row for row in list_rows(held.date, held.days) if row.attendee_id in set(attendee_ids)]


def everybody(
    schedule_id: UUID, day_number: int, status: str, actor: Actor, now: datetime | None = None
) -> int:
    """Mark everybody who is not marked yet on a day; how many that were. Raises as `mark` does."""
    if status not in STATUSES:
        raise Invalid("unknown_word", "Choose present, late, left early or absent.", field="status")
    held = hold(schedule_id, actor, now or datetime.now(UTC))
    changes = [
        Change(row.attendee_id, row.version, {day_number: status})
        for row in held.rows.values()
        if day_number not in row.attendance
    ]
    clean(changes, held.days, is_completed=held.date.status == "completed")
    save(
        held, [(held.rows[each.attendee_id], Difference({day_number: status}, {})) for each in changes], actor
    )
    return len(changes)


def pass_the_rest(schedule_id: UUID, actor: Actor, now: datetime | None = None) -> int:
    """Have everybody pass who is not assessed yet and was present so far; how many that were. Raises as `mark` does."""
    held = hold(schedule_id, actor, now or datetime.now(UTC))
    passing = [row for row in held.rows.values() if row.outcome == "not_assessed" and _was_present(row)]
    save(held, [(row, Difference({}, {"outcome": "passed"})) for row in passing], actor)
    return len(passing)


def _was_present(row: Row) -> bool:
    """On every day that is marked, and on one at least; or an exception stands in."""
    marks = row.attendance.values()
    return bool(row.exception_reason) or (bool(marks) and COUNTS_AS_PRESENT.issuperset(marks))


def save(held: Held, changes: Sequence[tuple[Row, Difference]], actor: Actor) -> None:
    """Write what differs, each with its line in the history, and have what follows from it follow."""
    if not changes:
        return
    _write_marks(held, changes, actor)
    _write_entries(changes, actor)
    action = "booking:correct" if held.date.status == "completed" else "booking:mark"
    add_rows(AuditEvent, *[_entry(held, stored, differs, action, actor) for stored, differs in changes])
    corrections.follow(held.date, changes, actor)


def _write_marks(held: Held, changes: Sequence[tuple[Row, Difference]], actor: Actor) -> None:
    day_ids = {day.number: day.id for day in held.days}
    marks = [
        (stored.attendee_id, day_ids[number], status)
        for stored, differs in changes
        for number, status in differs.marks.items()
    ]
    for attendee_id, day_id, status in marks:
        if status == NOT_MARKED:
            db.session.execute(
                delete(Attendance).where(
                    Attendance.attendee_id == attendee_id, Attendance.schedule_day_id == day_id
                )
            )
    rows = [
        {
            "tenant_id": current_tenant_id(),
            "id": new_id(),
            "attendee_id": attendee_id,
            "schedule_day_id": day_id,
            "status": status,
            "marked_by_id": actor.user_id,
        }
        for attendee_id, day_id, status in marks
        if status != NOT_MARKED
    ]
    if rows:
        adding = insert(Attendance).values(rows)
        db.session.execute(
            adding.on_conflict_do_update(
                index_elements=["tenant_id", "attendee_id", "schedule_day_id"],
                set_={
                    "status": adding.excluded.status,
                    "marked_by_id": adding.excluded.marked_by_id,
                    "updated_at": func.now(),
                },
            )
        )


def _write_entries(changes: Sequence[tuple[Row, Difference]], actor: Actor) -> None:
    """The version of each goes up by one, whatever was marked."""
    entries = entries_of([stored.attendee_id for stored, _ in changes])
    for stored, differs in changes:
        entry = entries[stored.attendee_id]
        for name, value in differs.values.items():
            setattr(entry, name, value)
        touch(entry, actor)
    db.session.flush()


def touch(entry: RegisterEntry, actor: Actor) -> None:
    """Somebody changed something about this attendee: whoever has an older view is told."""
    entry.version += 1
    entry.marked_by_id = actor.user_id
    entry.updated_at = func.now()


def entries_of(attendee_ids: Sequence[UUID]) -> dict[UUID, RegisterEntry]:
    """The entries of these people by their ids, made where there is none yet."""
    rows = db.session.scalars(
        select(RegisterEntry)
        .where(among(RegisterEntry.attendee_id, attendee_ids))
        .execution_options(populate_existing=True)
    )
    found = {row.attendee_id: row for row in rows}
    new = {each: RegisterEntry(attendee_id=each, version=0) for each in attendee_ids if each not in found}
    db.session.add_all(new.values())
    return found | new


def _entry(held: Held, stored: Row, differs: Difference, action: str, actor: Actor) -> dict[str, Any]:
    """A line in the booking's history: days by their labels, the note hidden."""
    labels = {day.number: day.label for day in held.days}
    old: dict[str, Any] = {labels[number]: stored.attendance.get(number) for number in differs.marks}
    new: dict[str, Any] = {labels[number]: status or None for number, status in differs.marks.items()}
    for name, value in differs.values.items():
        was = getattr(stored, name)
        old[name], new[name] = (None, audit.HIDDEN) if name == "note" else (was, value)
    new = {"attendee": stored.name, **new}
    return audit.entry(actor, action, "bookings", stored.booking_id, stored.reference, old, new)
