"""Asking for money through a gateway: the attempt is written down first, then the gateway is asked, then its answer is kept.

An edge does the three with `work.commit_around`, so that no lock is held while the gateway thinks, and a reply that is lost
leaves a pending payment that is asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from backoffice.database import add_rows, db, lock_rows
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.gateway_terms import Charge, Standing, Started
from backoffice.models import Allocation, Booking, GatewayAccount, Payment, PaymentEvent, Tenant
from backoffice.services import audit, gateway_accounts, ledger, settling
from backoffice.tenancy import current_tenant_id

# How long an attempt can be paid. Stripe's checkout lives at least 30 minutes; a prompt on a telephone one or two.
LIFE = {
    "stripe": timedelta(minutes=31),
    "mpesa": timedelta(minutes=3),
    "flutterwave": timedelta(minutes=30),
}
# An open attempt that can still be paid for so long is shown again instead of making another.
STILL_GOOD = timedelta(minutes=5)
FIRST_CHECK = timedelta(seconds=10)


@dataclass(frozen=True)
class Wish:
    """Who wants to pay what, and how (minor units; None: all that is due). `key` makes a double click one attempt."""

    gateway: str
    bookings: tuple[UUID, ...]
    amount_minor: int | None = None
    payer_name: str = ""
    payer_email: str | None = None
    payer_phone: str | None = None
    success_url: str = ""
    cancel_url: str = ""
    saves_method: bool = False
    # Whoever pays is known to be the customer, by signing in: only then their saved card is offered.
    is_customer: bool = False
    key: str | None = None


@dataclass(frozen=True)
class Attempt:
    """A pending payment and what its gateway is to be asked; without a charge it was started before."""

    payment_id: UUID
    account_id: UUID
    charge: Charge | None
    url: str | None = None


def prepare(wish: Wish, actor: Actor, now: datetime) -> Attempt:
    """Write the attempt down. Raises Invalid, NotFound, Refused (nothing_due, no_account).

    A repeated key, or an open page for the same money, gives the attempt that is there.
    """
    account = gateway_accounts.get_in_use(wish.gateway)
    known = _find_by_key(wish.key)
    if known:
        return _once_more(known, wish, account)
    bookings = _locked_bookings(wish.bookings)
    amount = _amount(wish, bookings)
    _refuse_lost(bookings, now)
    open_one = _find_open(wish, bookings, account, amount, now)
    if open_one:
        return _as_it_is(open_one)
    _refuse_second_prompt(wish, bookings)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    values = ledger.payment_values(
        tenant,
        now,
        status="pending",
        customer_id=bookings[0].customer_id,
        company_id=bookings[0].company_id,
        booking_group_id=bookings[0].booking_group_id if len(bookings) > 1 else None,
        method=wish.gateway,
        amount_minor=amount,
        gateway_account_id=account.id,
        ends_at=now + LIFE[wish.gateway],
        next_check_at=now + FIRST_CHECK,
        taken_by_id=actor.user_id if actor.kind == "user" else None,
        idempotency_key=wish.key,
    )
    add_rows(Payment, values)
    ledger.spread(values["id"], amount, bookings)
    ledger.add_event(
        values["id"], "started", actor, new_status="pending", amount_minor=amount, data=dict(_terms(wish))
    )
    payment = db.session.get_one(Payment, values["id"])
    audit.record(actor, "payment:start", payment, new={"method": wish.gateway, "amount_minor": amount})
    return Attempt(payment.id, account.id, _charge(wish, payment, account, bookings))


def _find_by_key(key: str | None) -> Payment | None:
    return db.session.scalar(select(Payment).where(Payment.idempotency_key == key)) if key else None


def _once_more(payment: Payment, wish: Wish, account: GatewayAccount) -> Attempt:
    """As it is; where the gateway's first answer was lost, the same question again, which is the same page there.

    A telephone is not asked twice: its prompt may be open.
    """
    is_unanswered = payment.status == "pending" and payment.gateway_reference is None
    if not is_unanswered or wish.gateway == "mpesa" or payment.gateway_account_id != account.id:
        return _as_it_is(payment)
    return Attempt(payment.id, account.id, _charge(wish, payment, account, _locked_bookings(wish.bookings)))


def _as_it_is(payment: Payment) -> Attempt:
    if payment.gateway_account_id is None:
        raise Refused("key_used", "This key was used for another payment.")
    return Attempt(payment.id, payment.gateway_account_id, None, payment.checkout_url)


def _locked_bookings(ids: Sequence[UUID]) -> list[Booking]:
    """Locked in the order of their ids, given back in the order they were named."""
    found = {booking.id: booking for booking in lock_rows(Booking, Booking.id.in_(ids))}
    if not ids or len(found) != len(set(ids)):
        raise NotFound("This booking does not exist.")
    return [found[booking_id] for booking_id in dict.fromkeys(ids)]


def _refuse_lost(bookings: Sequence[Booking], now: datetime) -> None:
    """A hold that ran out can be paid while its date is ahead, on sale, and its places are still free."""
    for booking in bookings:
        schedule = booking.schedule
        if booking.status != "expired":
            continue
        if schedule.seats_left < booking.seats:
            raise Refused("fully_booked", "The hold ended and the date is full now: choose another date.")
        if schedule.starts_at <= now or schedule.status != "published":
            raise Refused("not_on_sale", "The hold ended and the date is over or called off: choose another.")


def _amount(wish: Wish, bookings: Sequence[Booking]) -> int:
    due = sum(booking.payable_minor for booking in bookings)
    if due <= 0:
        raise Refused("nothing_due", "Nothing is due any more: this booking is paid or was cancelled.")
    amount = due if wish.amount_minor is None else wish.amount_minor
    if not 0 < amount <= due:
        raise Invalid("amount", "This is not what is due for the booking.", field="amount")
    if wish.gateway == "mpesa" and amount % 100:
        raise Invalid("amount", "M-Pesa takes whole shillings only.", field="amount")
    return amount


def _find_open(
    wish: Wish, bookings: Sequence[Booking], account: GatewayAccount, amount: int, now: datetime
) -> Payment | None:
    """A page that asks for the same money on the same terms and can still be paid."""
    if wish.gateway == "mpesa":
        return None
    for payment in settling.open_attempts(bookings[0].id):
        ids = db.session.scalars(select(Allocation.booking_id).where(Allocation.payment_id == payment.id))
        is_same = payment.gateway_account_id == account.id and payment.amount_minor == amount
        is_open = payment.checkout_url and payment.ends_at and payment.ends_at > now + STILL_GOOD
        is_for_these = set(ids) == {booking.id for booking in bookings}
        if is_same and is_open and is_for_these and _terms_of(payment.id) == _terms(wish):
            return payment
    return None


def _terms(wish: Wish) -> dict[str, bool]:
    """What the gateway's page does besides taking money: it is nobody else's page."""
    terms = {"saves_method": wish.saves_method, "is_customer": wish.is_customer}
    return {name: True for name, is_so in terms.items() if is_so}


def _terms_of(payment_id: UUID) -> dict[str, bool] | None:
    return db.session.scalar(
        select(PaymentEvent.data).where(PaymentEvent.payment_id == payment_id, PaymentEvent.kind == "started")
    )


def _refuse_second_prompt(wish: Wish, bookings: Sequence[Booking]) -> None:
    """Two prompts on a telephone would be paid twice."""
    if wish.gateway != "mpesa":
        return
    if any(payment.method == "mpesa" for payment in settling.open_attempts(bookings[0].id)):
        raise Refused(
            "prompt_open",
            "A prompt was sent to the telephone already: it can be answered, or is gone in a minute or two.",
        )


def _charge(wish: Wish, payment: Payment, account: GatewayAccount, bookings: Sequence[Booking]) -> Charge:
    first = bookings[0]
    more = f" and {len(bookings) - 1} more" if len(bookings) > 1 else ""
    return Charge(
        payment_id=payment.id,
        reference=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        description=f"{first.schedule.course.title} ({first.reference}{more})"[:200],
        ends_at=payment.ends_at or payment.created_at,
        success_url=wish.success_url,
        cancel_url=wish.cancel_url,
        notice_url=gateway_accounts.notice_url(account, payment.id),
        payer_name=wish.payer_name or first.contact_name,
        payer_email=wish.payer_email or first.contact_email,
        payer_phone=wish.payer_phone or first.contact_phone,
        saved_customer=settling.find_customer(payment.customer_id, account.id) if wish.is_customer else None,
        saves_method=wish.saves_method,
    )


def note_started(payment_id: UUID, started: Started) -> Payment:
    """Keep what the gateway calls the attempt and where it is paid. Raises NotFound."""
    payment = ledger.lock_payment(payment_id)
    payment.gateway_reference = payment.gateway_reference or started.gateway_reference
    payment.checkout_url = started.url
    payment.ends_at = started.ends_at or payment.ends_at
    db.session.flush()
    return payment


def note_refused(payment_id: UUID, reason: str, actor: Actor, now: datetime) -> None:
    """The gateway said no before anybody could pay: the attempt has failed."""
    settling.settle(payment_id, Standing("failed", failure_reason=reason), actor, now)
