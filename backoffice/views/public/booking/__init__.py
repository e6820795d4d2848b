"""The booking pages of the public site: places and people, the terms, then the payment page, and the end."""

from backoffice.views.public.booking import agreeing, done, form  # noqa: F401 - they bring the pages
from backoffice.views.public.booking.blueprint import blueprint

__all__ = ["blueprint"]
