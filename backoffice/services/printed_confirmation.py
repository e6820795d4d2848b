"""A booking as the letter that is printed for a caller without e-mail."""

from datetime import UTC, datetime
from uuid import UUID

from backoffice.documents.confirmation import Confirmation
from backoffice.domain.text import say_phone
from backoffice.domain.times import say_date, to_local
from backoffice.models import Booking, Tenant
from backoffice.services import mail_facts


def of_booking(booking_id: UUID, tenant: Tenant, now: datetime | None = None) -> Confirmation:
    """Everything that the letter says, from the rows as they are now. Raises NotFound."""
    facts = mail_facts.of_booking(booking_id, tenant)
    booking, venue = facts["booking"], facts["venue"]
    today = to_local(now or datetime.now(UTC), tenant.time_zone).date()
    places = booking.active_attendees
    list_minor = sum(place.price_minor + place.adjustment_minor for place in places)
    return Confirmation(
        tenant_name=tenant.name,
        reference=booking.reference,
        course=facts["course"].title,
        days=tuple(facts["days"]),
        venue_name=venue.name,
        currency=booking.currency,
        list_minor=list_minor,
        total_minor=booking.total_minor,
        discount_minor=booking.discount_minor,
        discount_label=_discount_label(booking),
        vat_minor=mail_facts.vat_included(places),
        paid_minor=booking.paid_minor - booking.refunded_minor,
        attendees=tuple(place.name for place in places),
        customer_name=booking.contact_name,
        issued_on=say_date(today),
        venue_address=venue.address,
        getting_there="\n".join(each for each in (venue.directions, venue.parking_info) if each),
        held_until=facts["held_until"] if booking.status == "pending" else "",
        payment_instructions=tenant.bank_details or "",
        contact_phone=say_phone(tenant.phone, tenant.country),
        contact_email=tenant.email or "",
        tenant_address=tenant.address or "",
    )


def _discount_label(booking: Booking) -> str:
    if booking.discount_code is not None:
        return f"Discount, code {booking.discount_code}"
    return str(booking.discount_rule or "")
