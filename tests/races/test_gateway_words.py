"""A gateway's words, the office and the customer at the same moment: nothing is lost and nothing is booked twice."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.gateway_terms import Dispute, RefundStanding, Standing, Started
from backoffice.models import Booking, Message, Payment, Refund
from backoffice.services import bookings, collecting, disputes, refund_standings, settling
from backoffice.services.collecting import Wish
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests.paying import STRIPE, account_of, word
from tests.races import sums
from tests.races.arena import Arena
from tests.services.booked import ADMIN, placed

DISPUTE = Dispute(None, "ch_1", 20_00, "GBP", "fraudulent", is_open=True, name="du_1")


def now() -> datetime:
    return datetime.now(UTC)


def attempts(arena: Arena, number: int) -> tuple[UUID, list[tuple[UUID, Standing]]]:
    """A pending booking with so many open pages, each with the word that it was paid."""
    with arena.apps[0].app_context(), tenant_scope(arena.tenant_id):
        account_of()
        booking_id = placed().id
        made = []
        for each in range(number):
            wish = Wish("stripe", (booking_id,), saves_method=bool(each % 2), is_customer=each > 1)
            attempt = commit_once(lambda: collecting.prepare(wish, ADMIN, now()))  # noqa: B023
            known = Started(f"cs_{attempt.payment_id}", "https://pay.example/1")
            commit_once(lambda: collecting.note_started(attempt.payment_id, known))  # noqa: B023
            payment = db.session.get_one(Payment, attempt.payment_id)
            made.append((payment.id, word(payment)))
        db.session.remove()
    return booking_id, made


def settle(payment_id: UUID, standing: Standing) -> str:
    return settling.settle(payment_id, standing, STRIPE, now())


def read(arena: Arena, query: Any) -> list[Any]:
    with arena.apps[0].app_context(), tenant_scope(arena.tenant_id):
        return list(db.session.scalars(query))


def test_every_page_paid_while_the_booking_is_cancelled_keeps_every_penny(arena: Arena) -> None:
    """Settling takes payments, then the booking; cancelling the booking, then its payments."""
    for _ in range(4):
        booking_id, made = attempts(arena, 3)
        words = [partial(settle, *each) for each in made for _ in range(3)]
        cancel = partial(bookings.cancel, booking_id, "Ill", ADMIN)
        said = arena.run(*words, cancel)
        assert [each for each in said[:-1] if not isinstance(each, str)] == []
        assert sorted(set(said[:-1])) == ["already succeeded", "succeeded"]
        assert said.count("succeeded") == 3
        (booking,) = read(arena, select(Booking).where(Booking.id == booking_id))
        free = read(
            arena,
            select(func.sum(Payment.amount_minor - Payment.allocated_minor)).where(
                Payment.id.in_([payment_id for payment_id, _ in made])
            ),
        )
        assert booking.paid_minor + int(free[0]) == 3 * 75_00
    assert sums.that_differ(arena.urls.owner) == []


def test_a_payments_word_a_thousandfold_has_one_effect_and_one_mail(arena: Arena) -> None:
    booking_id, [(payment_id, standing)] = attempts(arena, 1)
    said = arena.run(*[partial(settle, payment_id, standing)] * 200)
    assert said.count("succeeded") == 1
    mails = select(func.count()).where(
        Message.booking_id == booking_id, Message.template == "booking_confirmed"
    )
    assert read(arena, mails) == [1]


def test_refunds_made_elsewhere_and_a_lost_dispute_told_at_once_count_once_each(arena: Arena) -> None:
    _, [(payment_id, standing)] = attempts(arena, 1)
    arena.run(partial(settle, payment_id, standing))
    back = RefundStanding("succeeded", 10_00, "GBP", "re_1", standing.gateway_payment_id)
    lost = replace(DISPUTE, is_open=False, is_lost=True)
    told = [
        partial(refund_standings.follow, payment_id, back, STRIPE, now()),
        partial(refund_standings.follow, payment_id, replace(back, gateway_refund_id="re_2"), STRIPE, now()),
        partial(disputes.note, payment_id, DISPUTE, STRIPE, now()),
        partial(disputes.note, payment_id, lost, STRIPE, now()),
    ]
    said = arena.run(*told * 6)
    assert [each for each in said if not isinstance(each, str)] == []
    amounts = read(arena, select(Refund.amount_minor).where(Refund.payment_id == payment_id))
    assert sorted(amounts) == [10_00, 10_00, 20_00]
    assert sums.that_differ(arena.urls.owner) == []
