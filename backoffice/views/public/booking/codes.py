"""Discount codes that are typed by anybody: all that do not work are answered alike, and guessing ends soon (D9)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

from flask import request, session

from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.pricing import Quote
from backoffice.services import rate_limits, web_bookings
from backoffice.services.rate_limits import TooMany
from backoffice.services.web_bookings import DateForSale, DraftKey, Typed
from backoffice.services.web_bookings.holding import CODE_REFUSED
from backoffice.services.web_bookings.offering import Price
from backoffice.views.requests import current_tenant, signed_in

REFUSED = "code_refused"
# The last code that did not work, for the date and the places: showing the page again is no other guess.
KEPT = "refused_code"


@contextmanager
def tried(key: DraftKey, typed: Typed) -> Iterator[None]:
    """Around an order that may name a code: it counts, unless it is taken. Raises TooMany, and what comes from within."""
    if not typed.discount_code:
        yield
        return
    limits = rate_limits.code_limits(request.remote_addr)
    rate_limits.take(limits)
    try:
        yield
    except DomainError as error:
        if error.code == REFUSED:
            session[KEPT] = _name(key.schedule_id.hex, typed)
        else:
            rate_limits.give_back(limits)
        raise
    rate_limits.give_back(limits)


def priced(date: DateForSale, typed: Typed) -> tuple[Quote, DomainError | None]:
    """The price of what was typed, and why its code takes nothing off; TooMany when there was too much guessing."""
    tenant, now = current_tenant(), datetime.now(UTC)

    def price_with(code: str) -> Price:
        return web_bookings.price_of(date, typed.places, code, tenant, now, customer_id=_own_id(typed))

    if not typed.discount_code:
        return price_with("").quote, None
    name = _name(date.schedule.id.hex, typed)
    if session.get(KEPT) == name:
        return price_with("").quote, _refusal()
    limits = rate_limits.code_limits(request.remote_addr)
    try:
        rate_limits.take(limits)
    except TooMany as error:
        return price_with("").quote, error
    found = price_with(typed.discount_code)
    if found.refused is None:
        rate_limits.give_back(limits)
        return found.quote, None
    session[KEPT] = name
    return found.quote, _refusal()


def _own_id(typed: Typed) -> UUID | None:
    """Whoever is signed in as a customer and books with their own address; only their past counts (F13)."""
    known = signed_in()
    if known is None or known.role != "customer" or not known.email:
        return None
    return known.user_id if typed.email.strip().lower() == known.email else None


def _refusal() -> Invalid:
    return Invalid(REFUSED, CODE_REFUSED, field="discount_code")


def _name(schedule: str, typed: Typed) -> str:
    about = f"{schedule}/{typed.places}/{typed.discount_code.upper()}"
    return hashlib.sha256(about.encode()).hexdigest()[:24]
