"""Which company a booking is of, once somebody in the office has looked."""

from __future__ import annotations

from uuid import UUID

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.text import clean_line, refuse_card_number
from backoffice.models import Booking, Company
from backoffice.services import audit, companies
from backoffice.services.bookings.changing import get, touch


def set_company(
    booking_id: UUID, company_id: UUID | None, new_name: str, actor: Actor, *, version: int | None = None
) -> Booking:
    """Say of which company a booking from the web is: one on record, or a new one without terms.

    The price and how it is paid stay. Raises Forbidden, NotFound, Changed; Refused where it has a company already;
    Invalid where neither or both are named.
    """
    actor.require("booking.edit")
    booking = get(booking_id, version)
    if booking.company_id is not None:
        raise Refused("has_company", "This booking is of a company already.")
    name = clean_line(new_name, field="new_name", maximum=200)
    refuse_card_number(name, field="new_name")
    if bool(company_id) == bool(name):
        sentence = "Choose a company, or write the name of a new one: just one of them."
        raise Invalid("company", sentence, field="company_id")
    if company_id and db.session.get(Company, company_id) is None:
        raise NotFound("This company does not exist.")
    booking.company_id = company_id or companies.find_or_make(name, actor)
    touch(booking)
    db.session.refresh(booking)
    about = {"company": str(booking.company), "as_typed": booking.company_named}
    audit.record(actor, "booking:company", booking, new=about)
    return booking
