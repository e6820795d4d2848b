"""Money that pays no booking: used once or given back once, whatever else happens to its payment."""

from uuid import UUID

import pytest
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.errors import Invalid, Refused
from backoffice.models import Booking, Payment, Tenant
from backoffice.services import left_over, payments, refunds
from backoffice.services.payments import PaymentIn
from backoffice.services.refunds import RefundIn
from backoffice.work import commit_once
from tests import factories
from tests.views.admin.money_desk import get, place

ADMIN = factories.actor("admin")


def pay(booking: Booking, amount_minor: int) -> Payment:
    paid = PaymentIn("cash", amount_minor, (booking.id,), send_mail=False)
    return commit_once(lambda: payments.take(paid, ADMIN))


def give_back(payment: Payment, amount_minor: int, booking_id: UUID | None = None) -> None:
    def work() -> None:
        wanted = RefundIn(payment.id, amount_minor, "ill", booking_id)
        refund = refunds.request(wanted, ADMIN)
        refunds.approve(refund.id, ADMIN)
        refunds.execute(refund.id, "R 1", ADMIN)

    commit_once(work)
    db.session.refresh(payment)


def test_left_over_money_is_given_back_once(tenant: Tenant) -> None:
    booking = get(place())
    payment = pay(booking, 10_000)
    give_back(payment, 2500)
    assert left_over.free_minor(payment) == 0
    with pytest.raises((Invalid, Refused)):
        give_back(payment, 1)
    give_back(payment, 7500, booking.id)
    assert payment.refunded_minor == payment.amount_minor


def test_a_refund_of_a_booking_leaves_the_rest_to_be_used(tenant: Tenant) -> None:
    booking, other = get(place()), get(place())
    payment = pay(booking, 10_000)
    give_back(payment, 7500, booking.id)
    assert left_over.free_minor(payment) == 2500
    commit_once(lambda: payments.allocate(payment, other, 2500, ADMIN))
    assert left_over.free_minor(db.session.scalars(select(Payment)).one()) == 0


def test_money_that_was_used_meanwhile_is_not_given_back(tenant: Tenant) -> None:
    booking, other = get(place()), get(place())
    payment = pay(booking, 10_000)
    asked = commit_once(lambda: refunds.request(RefundIn(payment.id, 2500, "overpaid"), ADMIN))
    commit_once(lambda: payments.allocate(payment, other, 2500, ADMIN))
    with pytest.raises(Refused):
        commit_once(lambda: refunds.approve(asked.id, ADMIN))


def test_money_that_was_given_back_pays_nothing(tenant: Tenant) -> None:
    booking, other = get(place()), get(place())
    payment = pay(booking, 10_000)
    give_back(payment, 2500)
    with pytest.raises(Invalid, match="left of the payment"):
        payments.allocate(payment, other, 1, ADMIN)
