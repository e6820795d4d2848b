"""A payment without a booking at hand: whose it is, and what it pays."""

from __future__ import annotations

from uuid import UUID

from backoffice.domain.errors import Invalid
from backoffice.models import Booking
from backoffice.services.payments import PaymentIn
from backoffice.views.admin.bookings.verbs import received_at
from backoffice.views.admin.choosing import due_bookings
from backoffice.views.admin.formats import page_zone
from backoffice.views.admin.payment_forms import TakeForm


def payment_of(form: TakeForm) -> PaymentIn:
    """Whose payment it is and what it pays. Raises Invalid unless exactly one payer is named."""
    named = [each.data for each in (form.customer, form.company, form.group) if each.data]
    if len(named) != 1:
        raise Invalid(
            "payer", "Choose a customer, a company or a booking group: one of them.", field="customer"
        )
    bookings = _bookings_to_pay(form)
    if form.company.data and not bookings:
        raise Invalid(
            "company", "Nothing is due from this company: choose the customer who paid.", field="company"
        )
    return PaymentIn(
        method=form.method.data,
        amount_minor=form.amount.data or 0,
        bookings=tuple(bookings),
        booking_group_id=form.group.data.id if form.group.data else None,
        customer_id=_payer(form),
        paid_at=received_at(form, page_zone()),
        payer_reference=form.payer_reference.data,
        note=form.note.data,
        idempotency_key=form.once.data,
    )


def _bookings_to_pay(form: TakeForm) -> list[UUID]:
    if form.company.data:
        return [each.id for each in due_bookings(Booking.company_id == form.company.data.id)]
    if form.customer.data and form.pay_due.data:
        return [each.id for each in due_bookings(Booking.customer_id == form.customer.data.id)]
    return []


def _payer(form: TakeForm) -> UUID | None:
    if form.customer.data:
        return form.customer.data.id
    return form.group.data.customer_id if form.group.data else None
