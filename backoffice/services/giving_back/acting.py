"""Money back in one act: which payments it comes from, which way it goes, and whether places end with it.

One act may be several refunds: one for each payment, and for each place that is named. Its database part is one
transaction; what goes through a gateway is carried on by the job.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db, lock_rows
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, Invalid, NotFound, Refused
from backoffice.domain.text import clean_line
from backoffice.models import Allocation, Attendee, Booking, Payment, Refund, Tenant
from backoffice.services import ledger, refunds
from backoffice.services.bookings import changing
from backoffice.services.giving_back.sources import (
    Source,
    by_policy,
    left_minor,
    lines_of,
    sources_of,
    sources_of_payment,
)
from backoffice.services.refunds import RefundIn
from backoffice.tenancy import current_tenant_id

# Gateways that give back whole payments only.
WHOLE_ONLY = frozenset({"mpesa"})
CANCELLABLE = frozenset({"pending", "confirmed"})


@dataclass(frozen=True)
class GiveBack:
    """What to give back (minor units): an amount, the lines of places, or all that is left.

    Without a booking it is what a payment has left over. `way`: "gateway", "hand", "credit"; "" the way it came.
    """

    reason: str
    booking_id: UUID | None = None
    payment_id: UUID | None = None
    amount_minor: int | None = None
    attendee_ids: tuple[UUID, ...] = ()
    keeps_fee: bool = True
    override_reason: str = ""
    way: str = ""
    receipt: str = ""
    cancels: bool = False
    tells: bool = True
    version: int | None = None
    seen_left: int | None = None
    key: str | None = None


@dataclass(frozen=True)
class Piece:
    """So much of a payment (minor units), for a place or for none in particular."""

    payment: Payment
    amount_minor: int
    attendee_id: UUID | None = None


@dataclass
class _Act:
    """What is worked out before anything is written."""

    booking: Booking | None
    sources: list[Source]
    wanted: list[tuple[UUID | None, int]] = field(default_factory=list)


def give_back(wanted: GiveBack, actor: Actor, now: datetime | None = None) -> list[Refund]:
    """Ask for the refunds of one act; who may pay out and stays within the limit approves and starts them at once.

    A repeated key returns what was made the first time. Raises Changed, Forbidden, Invalid, NotFound, Refused.
    """
    actor.require("refund.request")
    now = now or datetime.now(UTC)
    act = _prepare(wanted)
    known = _made_with(wanted.key)
    if known:
        return known
    _check_seen(wanted, act)
    override = _settle_amounts(wanted, act, now)
    pieces = list(_spread(act))
    if wanted.cancels and act.booking:
        _cancel(wanted, act.booking, actor)
    made = [
        refunds.request(_asked(wanted, piece, number, override), actor, now, audits=False)
        for number, piece in enumerate(pieces)
    ]
    _carry_out(made, wanted.receipt, actor, now)
    return made


def _made_with(key: str | None) -> list[Refund]:
    if not key:
        return []
    same = select(Refund).where(Refund.idempotency_key.startswith(f"{key}:", autoescape=True))
    return list(db.session.scalars(same.order_by(Refund.id)))


def _prepare(wanted: GiveBack) -> _Act:
    """The rows, locked in the order in which the triggers take them: payments, then the booking."""
    if wanted.booking_id is None:
        return _Act(None, sources_of_payment(ledger.lock_payment(_payment_of(wanted))))
    paid = select(Allocation.payment_id).where(Allocation.booking_id == wanted.booking_id)
    lock_rows(Payment, Payment.id.in_(db.session.scalars(paid).all()))
    booking = ledger.lock_booking(wanted.booking_id)
    found = sources_of(booking)
    if wanted.payment_id:
        found = [source for source in found if source.payment.id == wanted.payment_id]
    return _Act(booking, found)


def _payment_of(wanted: GiveBack) -> UUID:
    if wanted.payment_id is None:
        raise NotFound("This payment does not exist.")
    return wanted.payment_id


def _check_seen(wanted: GiveBack, act: _Act) -> None:
    is_other = wanted.version is not None and act.booking and act.booking.version != wanted.version
    if is_other or wanted.seen_left not in (None, left_minor(act.sources)):
        raise Changed("Somebody else changed this booking or its money while you had it open.")


def _settle_amounts(wanted: GiveBack, act: _Act, now: datetime) -> str | None:
    """Fill in what goes back for which place; returns the reason for more than the rules give, if it is more."""
    bases = _bases(wanted, act)
    places = {place.id: place for place in act.booking.attendees} if act.booking else {}
    proposed = [_by_rules(act.booking, base, now, places.get(place)) for place, base in bases]
    takes_rules = wanted.keeps_fee and wanted.amount_minor is None
    amounts = proposed if takes_rules else [base for _, base in bases]
    most = _by_rules(act.booking, left_minor(act.sources), now) if wanted.amount_minor else sum(proposed)
    if not 0 < sum(amounts) <= left_minor(act.sources):
        raise Invalid(
            "amount", "Give back an amount above 0 and not more than what can be given back.", field="amount"
        )
    act.wanted = [(place, amount) for (place, _), amount in zip(bases, amounts, strict=True) if amount > 0]
    if sum(amounts) <= most:
        return None
    return clean_line(wanted.override_reason, field="override_reason", maximum=500) or _lacks_reason()


def _lacks_reason() -> str:
    sentence = "This is more than the course's rules give back: write why."
    raise Invalid("override_reason", sentence, field="override_reason")


def _by_rules(booking: Booking | None, base_minor: int, now: datetime, place: Attendee | None = None) -> int:
    return by_policy(booking, base_minor, now, place=place)[0] if booking else base_minor


def _bases(wanted: GiveBack, act: _Act) -> list[tuple[UUID | None, int]]:
    if wanted.amount_minor is not None:
        place = wanted.attendee_ids[0] if len(wanted.attendee_ids) == 1 else None
        return [(place, wanted.amount_minor)]
    if not wanted.attendee_ids:
        return [(None, left_minor(act.sources))]
    return list(lines_of(_places(wanted, act.booking)).items())


def _places(wanted: GiveBack, booking: Booking | None) -> list[Attendee]:
    chosen = set(wanted.attendee_ids)
    found = [place for place in booking.attendees if place.id in chosen] if booking else []
    if len(found) != len(chosen):
        raise NotFound("This place does not exist.")
    return found


def _spread(act: _Act) -> list[Piece]:
    """Each amount out of the payments in their order: the newest first."""
    pieces = []
    for place, amount in act.wanted:
        for source in act.sources:
            part = min(amount, source.left_minor)
            if part > 0:
                pieces.append(Piece(source.payment, part, place))
                source.left_minor -= part
                amount -= part
    return pieces


def _cancel(wanted: GiveBack, booking: Booking, actor: Actor) -> None:
    if booking.status not in CANCELLABLE:
        raise Refused("not_live", "This booking is over already: leave the tick for cancelling away.")
    if not wanted.attendee_ids:
        changing.cancel(booking.id, wanted.reason, actor, send_mail=wanted.tells)
        return
    live = {place.id for place in booking.active_attendees}
    ending = [place for place in wanted.attendee_ids if place in live]
    if ending:
        changing.cancel_attendees(booking.id, ending, wanted.reason, actor, send_mail=wanted.tells)


def _asked(wanted: GiveBack, piece: Piece, number: int, override: str | None) -> RefundIn:
    return RefundIn(
        payment_id=piece.payment.id,
        amount_minor=piece.amount_minor,
        reason=wanted.reason,
        booking_id=wanted.booking_id,
        attendee_id=piece.attendee_id,
        idempotency_key=f"{wanted.key}:{number}" if wanted.key else None,
        route=route_of(piece.payment, piece.amount_minor, wanted.way),
        override_reason=override,
    )


def route_of(payment: Payment, amount_minor: int, way: str = "") -> str:
    """Which way an amount of a payment goes back; "" takes the way it came. Raises Refused, Invalid."""
    if way in ("hand", "credit"):
        return way
    if way not in ("", "gateway"):
        raise Invalid("way", "Choose how the money goes back.", field="way")
    if payment.method == "credit":
        return "credit"
    is_possible = payment.method not in WHOLE_ONLY or amount_minor == payment.amount_minor
    if payment.gateway_account_id is not None and is_possible:
        return "gateway"
    if way == "gateway":
        refunds.refuse_route(payment)
    return "hand"


def _carry_out(made: Sequence[Refund], receipt: str, actor: Actor, now: datetime) -> None:
    """Approve and start them, unless a second person must: then none of the act goes on."""
    tenant = db.session.get_one(Tenant, current_tenant_id())
    if not actor.may("refund.execute") or any(refunds.is_large(refund, tenant) for refund in made):
        for refund in made:
            refunds.note_request(refund, actor)
        return
    for refund in made:
        waits = refund.route == "hand" and not receipt.strip()
        refunds.approve(refund.id, actor, now, audits=waits)
        send(refund, actor, now, receipt=receipt)


def try_again(refund_id: UUID, actor: Actor, now: datetime) -> Refund:
    """A new refund with the values of one that failed; a failed one is tried again once, however often it is asked.

    Raises Forbidden, Invalid, NotFound, Refused.
    """
    actor.require("refund.execute")
    failed = refunds.get(refund_id)
    if failed.status != "failed":
        raise Refused("not_failed", "Only a refund that failed can be tried again.")
    known = find_next_try(refund_id)
    if known:
        return known
    wanted = RefundIn(
        payment_id=failed.payment_id,
        amount_minor=failed.amount_minor,
        reason=failed.reason,
        booking_id=failed.booking_id,
        attendee_id=failed.attendee_id,
        idempotency_key=f"{_again(failed.id)}:0",
        route=failed.route,
        override_reason=failed.override_reason,
    )
    made = refunds.request(wanted, actor, now, audits=False)
    _carry_out([made], "", actor, now)
    return made


def find_next_try(refund_id: UUID) -> Refund | None:
    """The refund that was made in the place of one that failed."""
    return next(iter(_made_with(_again(refund_id))), None)


def _again(refund_id: UUID) -> str:
    return f"again:{refund_id}"


def send(refund: Refund, actor: Actor, now: datetime, *, receipt: str = "") -> None:
    """Let an approved refund go its way; one by hand waits as approved until its receipt is known."""
    if refund.route == "credit":
        refunds.keep_as_credit(refund.id, actor, now)
    elif refund.route == "gateway":
        refunds.begin(refund.id, actor, now)
    elif receipt.strip():
        refunds.execute(refund.id, receipt, actor, now)
