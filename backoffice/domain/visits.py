"""What is counted of visits to the public site: the steps on the way to a booking, in their order."""

from __future__ import annotations

from typing import Final

# step -> what people call it. What became of a held booking is asked of the booking itself.
STEPS: Final[dict[str, str]] = {
    "catalogue_view": "Looked at courses or dates",
    "course_view": "Looked at a course",
    "booking_begun": "Began to book",
    "booking_held": "Held places",
    "terms_accepted": "Accepted the terms",
    "payment_begun": "Began to pay",
}
# The steps that belong to a booking.
OF_BOOKING: Final = frozenset({"booking_held", "terms_accepted", "payment_begun"})
DEVICES: Final = ("phone", "tablet", "computer")
KEPT_MONTHS: Final = 13
