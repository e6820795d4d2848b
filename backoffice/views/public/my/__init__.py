"""Customers' own pages under /my/: signing in by a mailed link, their bookings, and what they may change of them."""

from backoffice.views.public.my import booking, changing, details, overview, papers, signing_in
from backoffice.views.public.my.blueprint import blueprint

__all__ = ["blueprint", "booking", "changing", "details", "overview", "papers", "signing_in"]
