"""Another date instead of the one that was called off: a new booking at the old price, and the money moves over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Refused
from backoffice.models import Attendee, Booking, ScheduleChoice
from backoffice.services import audit, bookings, ledger
from backoffice.services.bookings import AttendeeIn, Order
from backoffice.services.bookings.confirming import confirm_if_paid, make_firm, tell
from backoffice.services.called_off.standing import Share, shares
from backoffice.services.customers import CustomerIn


def take_another_date(
    choice: ScheduleChoice, schedule_id: UUID, override_reason: str | None, actor: Actor, now: datetime
) -> UUID:
    """Book the same people on another date at what they had agreed to pay; the id of the new booking.

    Raises Refused (fully_booked, not_on_sale, same_date …), Invalid.
    """
    old: Booking = choice.booking
    if schedule_id == choice.schedule_id:
        raise Refused("same_date", "This is the date that was called off.", field="schedule_id")
    placed = bookings.place(_order(choice, schedule_id, override_reason), actor, now)
    new = db.session.get_one(Booking, placed.booking_id)
    _keep_price(new, old)
    new.payment_method, new.discount_rule_id = old.payment_method, None
    new.adjustment_reason = f"At the price of {old.reference}, whose date was called off"
    db.session.flush()
    db.session.refresh(new)
    _move_money(old, new, actor)
    _make_as_firm(old, new, actor, now)
    audit.record(actor, "booking:rebooked", new, new={"booking": old.reference})
    return new.id


def _order(choice: ScheduleChoice, schedule_id: UUID, override_reason: str | None) -> Order:
    old: Booking = choice.booking
    return Order(
        schedule_id=schedule_id,
        places=len(old.active_attendees),
        customer=_customer(old),
        payment_method="bank_transfer",  # nothing is taken now; the old booking's word is written afterwards
        attendees=tuple(_attendee(each, old) for each in old.active_attendees),
        source=old.source,
        purchase_order=old.purchase_order,
        special_requirements=old.special_requirements,
        notes=old.notes,
        idempotency_key=f"choice:{choice.id}",
        override_reason=override_reason or old.override_reason,
        send_mail=False,
        booking_group_id=old.booking_group_id,
        instead_of=old.id,
    )


def _customer(old: Booking) -> CustomerIn:
    return CustomerIn(
        user_id=old.customer_id,
        first_name=old.contact_first_name,
        last_name=old.contact_last_name,
        email=old.contact_email,
        phone=old.contact_phone,
        company_id=old.company_id,
    )


def _attendee(old: Attendee, booking: Booking) -> AttendeeIn:
    return AttendeeIn(
        first_name=old.first_name,
        last_name=old.last_name,
        email=old.email,
        phone=old.phone,
        birth_date=date.fromisoformat(old.birth_date) if old.birth_date else None,
        requirements=old.requirements,
        is_customer=old.user_id is not None and old.user_id == booking.customer_id,
    )


def _keep_price(new: Booking, old: Booking) -> None:
    """Each place costs what it cost: the difference to the new date's price stands as an adjustment."""
    for attendee, before in zip(new.active_attendees, old.active_attendees, strict=True):
        attendee.discount_minor = min(before.discount_minor, attendee.price_minor)
        attendee.adjustment_minor = before.net_minor - (attendee.price_minor - attendee.discount_minor)


def _move_money(old: Booking, new: Booking, actor: Actor) -> None:
    """What lay on the old booking pays the new one; what is more than that stays the customer's."""
    parts: Sequence[Share] = shares(old.id)
    ledger.release_surplus(old, actor)
    due = new.payable_minor
    for part in parts:
        amount = min(part.amount_minor, due)
        if amount <= 0:
            break
        ledger.allocate(part.payment_id, new.id, amount)
        ledger.add_event(
            part.payment_id, "allocated", actor, amount_minor=amount, data={"booking": new.reference}
        )
        due -= amount
    db.session.refresh(new)


def _make_as_firm(old: Booking, new: Booking, actor: Actor, now: datetime) -> None:
    """Paid, or on somebody's word before: it is so again. Otherwise it holds its places as any new one."""
    if confirm_if_paid(new, actor, now) or new.status != "pending":
        return
    if old.confirmed_at:
        make_firm(new, actor, now)
    else:
        tell(new, "booking_received", actor)
