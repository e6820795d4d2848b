"""Money that pays no booking and was not given back as such: what a payment still has."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.statuses import RESERVING_REFUND
from backoffice.models import Payment, Refund


def free_minor(payment: Payment) -> int:
    """What a payment still has for other bookings (minor units); 0 for one that is not in."""
    return free_minors([payment])[payment.id]


def free_minors(payments: Sequence[Payment]) -> dict[UUID, int]:
    """`free_minor` of several payments in one statement.

    A refund of a booking gives back what was used for it; only a refund of left-over money lowers what is free.
    """
    given = db.session.execute(
        select(Refund.payment_id, func.sum(Refund.amount_minor))
        .where(
            Refund.payment_id.in_([payment.id for payment in payments]),
            Refund.booking_id.is_(None),
            Refund.status.in_(RESERVING_REFUND),
        )
        .group_by(Refund.payment_id)
    )
    back = {payment_id: int(amount) for payment_id, amount in given}
    return {
        payment.id: payment.unallocated_minor - back.get(payment.id, 0)
        if payment.status == "succeeded"
        else 0
        for payment in payments
    }
