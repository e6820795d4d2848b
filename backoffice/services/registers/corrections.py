"""What follows when a register is changed after its date was completed: bookings follow, certificates are looked at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select, update

from backoffice.database import among, db
from backoffice.domain.actor import Actor
from backoffice.domain.attendance import booking_status
from backoffice.domain.statuses import check_move
from backoffice.models import Attendance, Attendee, Booking, Certificate, Schedule, ScheduleDay
from backoffice.services import audit
from backoffice.services.registers.changes import Difference
from backoffice.services.registers.dates import list_live
from backoffice.services.registers.reading import Row

# What the register of a completed date decides; a pending booking waits for the office.
DECIDED = ("confirmed", "completed", "no_show")


def follow(date: Schedule, changes: Sequence[tuple[Row, Difference]], actor: Actor) -> None:
    """Have certificates follow, and bookings once the date is completed; a note or a proof of identity changes neither.

    A date that was completed and is open again has certificates as well.
    """
    changed = [row for row, differs in changes if differs.marks or "outcome" in differs.values]
    if not changed:
        return
    flag_certificates([row.attendee_id for row in changed])
    if date.status == "completed":
        settle_bookings(date, actor, only={row.booking_id for row in changed})


def flag_certificates(attendee_ids: Sequence[UUID]) -> None:
    """Have somebody look at the valid certificates of these people."""
    db.session.execute(
        update(Certificate)
        .where(among(Certificate.attendee_id, attendee_ids), Certificate.status == "valid")
        .values(needs_review=True)
    )


def settle_bookings(date: Schedule, actor: Actor, *, only: Collection[UUID] | None = None) -> list[Booking]:
    """Bring the decided bookings of a date, all or `only` these, to what its register says; returns them."""
    bookings = [
        booking
        for booking in list_live(date.id)
        if booking.status in DECIDED and (only is None or booking.id in only)
    ]
    marks = _marks_by_booking(date.id)
    day_count = db.session.scalars(select(func.count()).where(ScheduleDay.schedule_id == date.id)).one()
    for booking in bookings:
        status = booking_status(marks.get(booking.id, ()), booking.seats * day_count)
        _settle(booking, status or booking.status, actor)
    db.session.flush()
    return bookings


def _settle(booking: Booking, status: str, actor: Actor) -> None:
    if status == booking.status:
        return
    check_move("booking", booking.status, status)
    old, booking.status = booking.status, status
    audit.record(actor, f"booking:{status}", booking, old={"status": old}, new={"status": status})


def _marks_by_booking(schedule_id: UUID) -> dict[UUID, list[str]]:
    rows = db.session.execute(
        select(Attendee.booking_id, Attendance.status)
        .join(Attendance, Attendance.attendee_id == Attendee.id)
        .join(ScheduleDay, ScheduleDay.id == Attendance.schedule_day_id)
        .where(
            Attendee.schedule_id == schedule_id,
            ScheduleDay.schedule_id == schedule_id,
            Attendee.holds_place,
        )
    )
    found: dict[UUID, list[str]] = {}
    for booking_id, status in rows:
        found.setdefault(booking_id, []).append(status)
    return found
