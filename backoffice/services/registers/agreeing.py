"""A booking marked by hand as completed or a no-show agrees with its register, and the register with it."""

from __future__ import annotations

from datetime import datetime

from backoffice.domain.actor import Actor
from backoffice.domain.attendance import WAS_THERE
from backoffice.domain.errors import Refused
from backoffice.models import Booking
from backoffice.services.registers.changes import Difference
from backoffice.services.registers.marking import hold, save
from backoffice.services.registers.reading import Row, unmarked_days


def agree(booking: Booking, status: str, actor: Actor, now: datetime) -> None:
    """Refuse what the register says otherwise; a no-show marks its people absent on the days that have begun.

    Presence is never made up: who is completed by hand without a register gets no certificate by it.
    Raises Refused (was_there, nobody_was_there).
    """
    held = hold(booking.schedule_id, actor, now)
    rows = [row for row in held.rows.values() if row.booking_id == booking.id]
    there = [row for row in rows if WAS_THERE & set(row.attendance.values())]
    if status == "completed":
        if not there and any(row.attendance for row in rows):
            raise Refused(
                "nobody_was_there", "The register says that nobody of it came: correct the register."
            )
        return
    if there:
        raise Refused("was_there", f"The register says that {there[0].name} came: correct the register.")
    begun = [day for day in held.days if day.has_begun]
    unmarked = [(row, unmarked_days(row, begun)) for row in rows]
    save(held, [_absent(row, days) for row, days in unmarked if days], actor)


def _absent(row: Row, days: list) -> tuple[Row, Difference]:
    return row, Difference({day.number: "absent" for day in days}, {})
