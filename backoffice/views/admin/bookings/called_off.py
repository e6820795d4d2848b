"""What the page of a booking says when its date was called off and its booker has not chosen yet."""

from __future__ import annotations

from markupsafe import Markup

from backoffice.domain.times import say_instant
from backoffice.models import Booking
from backoffice.services import called_off
from backoffice.views.admin.bookings.money import waiting_refunds
from backoffice.views.admin.pieces import record_link

OTHERWISE = {"refunded": "the money goes back", "credited": "the money becomes credit"}


def called_off_words(booking: Booking) -> list[Markup]:
    """Until when the money waits, in place of the word that too much was paid; nothing otherwise."""
    if booking.status != "cancelled" or waiting_refunds(booking):
        return []
    choice = called_off.find_of_booking(booking.id)
    if choice is None or choice.status != "open":
        return []
    until = say_instant(choice.deadline_at, choice.schedule.time_zone)
    text = Markup(
        "Its date was called off, and the booker may choose until {}; without an answer, {}. Answer for them on {}."
    )
    link = record_link("schedules", choice.schedule_id, "the page of the date")
    return [text.format(until, OTHERWISE[choice.fallback], link)]
