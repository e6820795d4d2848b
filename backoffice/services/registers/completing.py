"""Completing a date: its register is done, and each booking becomes completed or a no-show by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, Refused
from backoffice.domain.statuses import check_move
from backoffice.domain.times import say_instant
from backoffice.models import Booking
from backoffice.services import audit, schedules, work_items
from backoffice.services.corporate import following
from backoffice.services.registers.changes import Difference
from backoffice.services.registers.corrections import settle_bookings
from backoffice.services.registers.dates import list_live
from backoffice.services.registers.marking import Held, hold, save
from backoffice.services.registers.reading import Day, Row, missing_of

ABSENT = "absent"
MOST_NAMED = 5


@dataclass(frozen=True)
class Completed:
    """What became of the bookings; the references of those that are pending still and were left alone."""

    schedule_id: UUID
    completed: int
    no_show: int
    pending: tuple[str, ...]
    marked_absent: int


def complete(
    schedule_id: UUID, actor: Actor, now: datetime | None = None, *, unmarked: str | None = None
) -> Completed:
    """Close a date that has ended and whose register is full; `unmarked="absent"` marks the rest absent first.

    A booking is completed when one of its people was there on one day, and a no-show otherwise. Pending ones stay.
    Raises Forbidden, NotFound; Refused (status_move, not_over, not_marked).
    """
    if unmarked not in (None, ABSENT):
        raise Invalid("unknown_word", "Who is not marked can only be marked absent.", field="unmarked")
    now = now or datetime.now(UTC)
    held = hold(schedule_id, actor, now)
    check_move("schedule", held.date.status, "completed")
    if held.date.ends_at > now and actor.kind != "import":
        when = say_instant(held.date.ends_at, held.date.time_zone)
        raise Refused("not_over", f"It ends on {when}: complete it after that.")
    missing = missing_of(held.rows.values(), held.days)
    if missing and unmarked != ABSENT:
        raise Refused("not_marked", say_missing(missing, len(held.days)))
    save(held, [_absent(row, days) for row, days in missing], actor)
    return _close(held, len(missing), actor)


def say_missing(missing: Sequence[tuple[Row, list[Day]]], day_count: int) -> str:
    """Who is not marked, in a sentence."""
    names = [_name(row, days, day_count) for row, days in missing[:MOST_NAMED]]
    more = len(missing) - MOST_NAMED
    if more > 0:
        names.append(f"and {more} more")
    return f"Not marked yet: {', '.join(names)}. Mark them, or mark the rest absent."


def _name(row: Row, days: Sequence[Day], day_count: int) -> str:
    if day_count == len(days):
        return row.name
    return f"{row.name} ({', '.join(day.label for day in days)})"


def _absent(row: Row, days: Sequence[Day]) -> tuple[Row, Difference]:
    return row, Difference({day.number: ABSENT for day in days}, {})


def _close(held: Held, marked_absent: int, actor: Actor) -> Completed:
    decided = settle_bookings(held.date, actor)
    pending = [booking for booking in list_live(held.date.id) if booking.status == "pending"]
    for booking in pending:
        _list_for_office(booking)
    done = sum(booking.status == "completed" for booking in decided)
    result = Completed(
        held.date.id,
        done,
        len(decided) - done,
        tuple(booking.reference for booking in pending),
        marked_absent,
    )
    schedules.close(held.date)
    shown = {"status": "completed", "completed": result.completed, "no_show": result.no_show}
    audit.record(actor, "schedule:complete", held.date, old={"status": "published"}, new=shown)
    following.follow(held.date, actor)
    return result


def _list_for_office(booking: Booking) -> None:
    sentence = f"{booking.reference} was still pending when its date was completed: confirm or cancel it."
    work_items.add("pending_at_completion", booking, sentence)
