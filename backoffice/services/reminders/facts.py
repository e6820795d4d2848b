"""What the mails of the rules say beside the facts of the booking."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.errors import NotFound
from backoffice.models import Attendee, Booking, Tenant
from backoffice.services.reminders import names_link
from backoffice.services.schedules import rules

MOST_NAMES: Final = 50
TEMPLATES: Final = frozenset(
    {"joining_instructions", "reminder", "thanks", "names_missing", "date_changed", "place_cancelled"}
)


def of_booking(booking: Booking, data: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """For the booker, or for the attendee that `data` names. Raises NotFound."""
    attendee = _attendee(booking, data)
    return {
        "attendee": attendee,
        "named": [each.name for each in booking.active_attendees if each.name][:MOST_NAMES],
        "names_missing": names_link.missing(booking) if attendee is None else 0,
        "instructors": ", ".join(person.name for person in rules.instructors_of(booking.schedule)),
        "review_url": tenant.settings.get("review_url", ""),
    }


def _attendee(booking: Booking, data: dict[str, Any]) -> Attendee | None:
    """The one that a mail is for; None: it is for the booker, who may read of prices and of everybody."""
    if "attendee_id" not in data:
        return None
    wanted = select(Attendee).where(
        Attendee.id == UUID(str(data["attendee_id"])), Attendee.booking_id == booking.id
    )
    found = db.session.scalar(wanted)
    if found is None:
        raise NotFound("The attendee this mail is about does not exist.")
    return found
