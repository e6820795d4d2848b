"""Money back: asked for, approved, paid out. From approval on it reserves its payment."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from backoffice.database import add_rows, db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, Invalid, NotFound, Refused
from backoffice.domain.gateway_terms import RefundAsk
from backoffice.domain.statuses import check_move
from backoffice.domain.text import clean_line, refuse_card_number
from backoffice.models import Allocation, Attendee, Booking, Payment, Refund, Tenant
from backoffice.services import audit, gateway_accounts, ledger, settling
from backoffice.services.outbox import ring_after_commit
from backoffice.services.references import next_reference
from backoffice.tenancy import current_tenant_id

# When a gateway is asked again about a refund whose answer did not come, or is not the last one.
CARRY_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 300, 900, 3600))


@dataclass(frozen=True)
class RefundIn:
    """So much (minor units) of a payment, back for a booking or a place; without one, of unallocated money."""

    payment_id: UUID
    amount_minor: int
    reason: str
    booking_id: UUID | None = None
    attendee_id: UUID | None = None
    idempotency_key: str | None = None


def request(wanted: RefundIn, actor: Actor, now: datetime | None = None) -> Refund:
    """Ask for a refund; nothing is reserved yet. Raises Forbidden, Invalid, NotFound, Refused.

    A repeated idempotency key returns the first one.
    """
    actor.require("refund.request")
    known = _find_by_key(wanted.idempotency_key)
    if known:
        return known
    reason = clean_line(wanted.reason, field="reason", maximum=500, required=True)
    refuse_card_number(reason, field="reason")
    payment = db.session.get(Payment, wanted.payment_id)
    if payment is None:
        raise NotFound("This payment does not exist.")
    _check(wanted, payment)
    now = now or datetime.now(UTC)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    refund_id = new_id()
    values = {
        "tenant_id": tenant.id,
        "id": refund_id,
        "reference": next_reference("refund", tenant, now),
        "payment_id": payment.id,
        "booking_id": wanted.booking_id,
        "attendee_id": wanted.attendee_id,
        "amount_minor": wanted.amount_minor,
        "currency": payment.currency,
        "status": "requested",
        "reason": reason,
        "requested_by_id": actor.user_id,
        "requested_at": now,
        "idempotency_key": wanted.idempotency_key,
    }
    add_rows(Refund, values)
    refund = db.session.get_one(Refund, refund_id)
    _write_down(refund, "refund_requested", None, actor)
    return refund


def _find_by_key(key: str | None) -> Refund | None:
    return db.session.scalar(select(Refund).where(Refund.idempotency_key == key)) if key else None


def _check(wanted: RefundIn, payment: Payment) -> None:
    """An early no in words; the database holds the sums at approval."""
    if payment.status != "succeeded":
        raise Refused("not_in", "This payment is not in: there is nothing to give back.")
    ceiling = _left_of_booking(wanted, payment) if wanted.booking_id else payment.unallocated_minor
    left = min(ceiling, payment.refundable_minor)
    if not 0 < wanted.amount_minor <= left:
        raise Invalid(
            "amount", "Enter an amount above 0 and not more than what can be given back.", field="amount"
        )
    if wanted.attendee_id:
        attendee = db.session.get(Attendee, wanted.attendee_id)
        if attendee is None or attendee.booking_id != wanted.booking_id:
            raise NotFound("This place does not exist.")


def _left_of_booking(wanted: RefundIn, payment: Payment) -> int:
    """What this payment paid of the booking, less what was given back (minor units)."""
    allocation = db.session.scalar(
        select(Allocation).where(
            Allocation.payment_id == payment.id, Allocation.booking_id == wanted.booking_id
        )
    )
    if allocation is None:
        raise NotFound("This payment did not pay this booking.")
    booking = db.session.get_one(Booking, wanted.booking_id)
    return min(allocation.amount_minor, booking.paid_minor - booking.refunded_minor)


def get(refund_id: UUID) -> Refund:
    """The refund; raises NotFound."""
    refund = db.session.get(Refund, refund_id)
    if refund is None:
        raise NotFound("This refund does not exist.")
    return refund


def is_large(refund: Refund, tenant: Tenant) -> bool:
    """Whether a second person has to approve it."""
    return tenant.refund_limit_minor is not None and refund.amount_minor > tenant.refund_limit_minor


def approve(refund_id: UUID, actor: Actor, now: datetime | None = None) -> Refund:
    """Allow a refund; its amount is reserved. Above the tenant's limit never by who asked for it.

    Admins approve all; managers those above the limit. Raises Forbidden, NotFound, Refused.
    """
    refund = get(refund_id)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    large = is_large(refund, tenant)
    if not (actor.may("refund.execute") or (large and actor.may("refund.approve_large"))):
        raise Forbidden("Your role does not approve this refund. Ask an administrator.")
    if large and actor.user_id == refund.requested_by_id:
        raise Refused(
            "second_person",
            "This refund is above the limit: somebody else than who asked for it must approve it.",
        )
    check_move("refund", refund.status, "approved")
    refund.approved_by_id, refund.approved_at = actor.user_id, now or datetime.now(UTC)
    _move(refund, "approved", actor)
    return refund


def decline(refund_id: UUID, reason: str, actor: Actor) -> Refund:
    """Say no, with the reason. Raises Forbidden, NotFound, Refused."""
    actor.require("refund.execute")
    refund = get(refund_id)
    check_move("refund", refund.status, "declined")
    refund.failure_reason = clean_line(reason, field="reason", maximum=500, required=True)
    _move(refund, "declined", actor)
    return refund


def execute(refund_id: UUID, receipt: str, actor: Actor, now: datetime | None = None) -> Refund:
    """The money was paid out by hand: write down the proof. Raises Forbidden, Invalid, NotFound, Refused."""
    actor.require("refund.execute")
    refund = get(refund_id)
    check_move("refund", refund.status, "processing")
    refund.receipt = clean_line(receipt, field="receipt", maximum=100, required=True)
    refuse_card_number(refund.receipt, field="receipt")
    refund.executed_by_id = actor.user_id
    approved, refund.status = refund.status, "processing"
    db.session.flush()
    _add_event(refund, "refund_processing", approved, actor)
    refund.status, refund.succeeded_at = "succeeded", now or datetime.now(UTC)
    db.session.flush()
    _add_event(refund, "refund_succeeded", "processing", actor)
    _audit(refund, "refund_succeeded", approved, actor)  # one deed of one person: one entry
    return refund


def begin(refund_id: UUID, actor: Actor, now: datetime | None = None) -> Refund:
    """Send an approved refund back through the gateway its payment came by; a job carries it to its end.

    Raises Forbidden, NotFound, Refused (by_hand, parts).
    """
    actor.require("refund.execute")
    refund = get(refund_id)
    check_move("refund", refund.status, "processing")
    _check_route(refund)
    refund.route, refund.executed_by_id = "gateway", actor.user_id
    refund.checks, refund.next_check_at = 0, now or datetime.now(UTC)
    _move(refund, "processing", actor)
    ring_after_commit("refund", refund.id)
    return refund


def _check_route(refund: Refund) -> None:
    account = refund.payment.gateway_account
    if account is None:
        raise Refused("by_hand", "This payment came by hand: pay it out and write down the proof.")
    gives_parts = gateway_accounts.open_account(account).gives_back_parts
    if not gives_parts and refund.amount_minor != refund.payment.amount_minor:
        raise Refused(
            "parts", "M-Pesa gives back whole payments only: pay this part out and write down its receipt."
        )


# --- What the job does with a refund on its way ---


def claim_carrying(refund_id: UUID, now: datetime) -> Refund | None:
    """Take a refund on its way for one try, and say when to try again (UTC); None when it is not due."""
    wanted = select(Refund).where(Refund.id == refund_id).with_for_update(key_share=True)
    refund = db.session.scalar(wanted, execution_options={"populate_existing": True})
    if refund is None or refund.status != "processing" or refund.next_check_at is None:
        return None
    if refund.next_check_at > now:
        return None
    pause = CARRY_PAUSES[min(refund.checks, len(CARRY_PAUSES) - 1)]
    refund.checks, refund.next_check_at = refund.checks + 1, now + pause
    db.session.flush()
    return refund


def ask_of(refund: Refund) -> RefundAsk:
    """The refund as its gateway is asked for it."""
    payment = refund.payment
    return RefundAsk(
        refund_id=refund.id,
        reference=refund.reference,
        payment=settling.pointer(payment),
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        reason=refund.reason,
        is_whole=refund.amount_minor == payment.amount_minor,
        gateway_refund_id=refund.gateway_refund_id,
        notice_url=gateway_accounts.notice_url(payment.gateway_account, refund.id),
    )


def fail(refund_id: UUID, reason: str, actor: Actor) -> Refund:
    """The money came back from the bank: the payment has it again. Raises Forbidden, NotFound, Refused."""
    actor.require("refund.execute")
    refund = get(refund_id)
    check_move("refund", refund.status, "failed")
    refund.failure_reason = clean_line(reason, field="reason", maximum=500, required=True)
    _move(refund, "failed", actor)
    return refund


def _move(refund: Refund, status: str, actor: Actor) -> None:
    old, refund.status = refund.status, status
    db.session.flush()
    _write_down(refund, f"refund_{status}", old, actor)


def _write_down(refund: Refund, kind: str, old_status: str | None, actor: Actor) -> None:
    _add_event(refund, kind, old_status, actor)
    _audit(refund, kind, old_status, actor)


def _add_event(refund: Refund, kind: str, old_status: str | None, actor: Actor) -> None:
    ledger.add_event(
        refund.payment_id,
        kind,
        actor,
        refund_id=refund.id,
        old_status=old_status,
        new_status=refund.status,
        amount_minor=refund.amount_minor,
    )


def _audit(refund: Refund, kind: str, old_status: str | None, actor: Actor) -> None:
    audit.record(
        actor,
        kind.replace("_", ":", 1),
        refund,
        old={"status": old_status} if old_status else {},
        new={"status": refund.status, "amount_minor": refund.amount_minor, "reason": refund.reason},
    )
