"""Bookings as the desk takes them."""

from typing import Any
from uuid import UUID

from backoffice.services import bookings
from backoffice.services.bookings import AttendeeIn, Order
from backoffice.services.customers import CustomerIn
from backoffice.work import commit_once
from tests import factories


def book(
    email: str | None = "jane@x.example", *, name: tuple[str, str] = ("Jane", "Doe"), **values: Any
) -> UUID:
    """A booking of one place, paid in cash unless told otherwise; its mail is queued. Returns its id."""
    schedule_id = values.pop("schedule_id", None) or factories.make_schedule().id
    order: dict[str, Any] = {
        "schedule_id": schedule_id,
        "places": 1,
        "customer": CustomerIn(first_name=name[0], last_name=name[1], email=email),
        "payment_method": "cash",
        "attendees": (AttendeeIn(*name),),
    }
    placed = commit_once(lambda: bookings.place(Order(**order | values), factories.actor()))
    return placed.booking_id
