"""Booking on the public site: what is typed is kept, the places are held, the terms accepted; then it is paid, or firm."""

from backoffice.services.web_bookings.accepting import Accepted, accept
from backoffice.services.web_bookings.drafts import DraftKey, find, renew, save, typed_of
from backoffice.services.web_bookings.holding import hold
from backoffice.services.web_bookings.offering import DateForSale, find_date, price_of
from backoffice.services.web_bookings.reading import Proved
from backoffice.services.web_bookings.standing import Standing, standing_of
from backoffice.services.web_bookings.typed import PersonTyped, Typed

__all__ = [
    "Accepted",
    "DateForSale",
    "DraftKey",
    "PersonTyped",
    "Proved",
    "Standing",
    "Typed",
    "accept",
    "find",
    "find_date",
    "hold",
    "price_of",
    "renew",
    "save",
    "standing_of",
    "typed_of",
]
