"""Several bookings of one company under one payment."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from backoffice.database import add_rows, db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.text import clean_line
from backoffice.models import Booking, BookingGroup, Tenant
from backoffice.services import audit
from backoffice.services.references import next_reference
from backoffice.tenancy import current_tenant_id


def make(title: str, booking_ids: Sequence[UUID], actor: Actor, *, purchase_order: str = "") -> BookingGroup:
    """Join bookings under one group, of the first one's company and customer. Raises Invalid, NotFound, Refused."""
    actor.require("booking.edit")
    found = list(db.session.scalars(select(Booking).where(Booking.id.in_(booking_ids)).order_by(Booking.id)))
    if not found or len(found) != len(set(booking_ids)):
        raise NotFound("One of these bookings does not exist.")
    if any(booking.booking_group_id for booking in found):
        raise Refused("grouped", "One of these bookings is in a group already.")
    if len({booking.currency for booking in found}) > 1:
        raise Invalid("currency", "Bookings of one group are in one currency.", field="bookings")
    tenant = db.session.get_one(Tenant, current_tenant_id())
    group_id = new_id()
    values = {
        "tenant_id": tenant.id,
        "id": group_id,
        "reference": next_reference("group", tenant, datetime.now(UTC)),
        "title": clean_line(title, field="title", maximum=200, required=True),
        "company_id": found[0].company_id,
        "customer_id": found[0].customer_id,
        "purchase_order": clean_line(purchase_order, field="purchase_order", maximum=60) or None,
    }
    add_rows(BookingGroup, values)
    group = db.session.get_one(BookingGroup, group_id)
    for booking in found:
        booking.booking_group_id = group_id
    db.session.flush()
    audit.record(actor, "group:create", group, new={"bookings": [booking.reference for booking in found]})
    return group
