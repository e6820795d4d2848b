"""Bookings: one function per verb. `place` is the one way in."""

from backoffice.services.bookings.changing import (
    BookingEdit,
    cancel,
    cancel_attendees,
    confirm,
    edit,
    mark_completed,
    mark_no_show,
    rename_attendee,
)
from backoffice.services.bookings.checks import same_people
from backoffice.services.bookings.holds import extend_hold, let_go, release_ended_hold
from backoffice.services.bookings.moving import Move, move
from backoffice.services.bookings.order import AttendeeIn, Order, Placed
from backoffice.services.bookings.placing import place
from backoffice.services.bookings.quoting import quote_for

__all__ = [
    "AttendeeIn",
    "BookingEdit",
    "Move",
    "Order",
    "Placed",
    "cancel",
    "cancel_attendees",
    "confirm",
    "edit",
    "extend_hold",
    "let_go",
    "mark_completed",
    "mark_no_show",
    "move",
    "place",
    "quote_for",
    "release_ended_hold",
    "rename_attendee",
    "same_people",
]
