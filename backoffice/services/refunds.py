"""Money back: asked for, approved, paid out. From approval on it reserves its payment."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from uuid import UUID

from sqlalchemy import func, or_, select

from backoffice.database import add_rows, db, lock_row, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, Invalid, NotFound, Refused
from backoffice.domain.gateway_terms import RefundAsk
from backoffice.domain.statuses import RESERVING_REFUND, check_move
from backoffice.domain.text import clean_line, refuse_card_number
from backoffice.models import Allocation, Attendee, Booking, Payment, Refund, Tenant
from backoffice.services import audit, credit, gateway_accounts, ledger, refund_mails, settling, work_items
from backoffice.services.outbox import ring_after_commit
from backoffice.services.references import next_reference
from backoffice.tenancy import current_tenant_id

# When a gateway is asked again about a refund whose answer did not come, or is not the last one.
CARRY_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 300, 900, 3600))
# After so many questions without a last word a refund on its way is put before people: M-Pesa, which answers none,
# after more than an hour; a bank's own refund may take days.
MOST_CHECKS = {"mpesa": len(CARRY_PAUSES) + 1}
MOST_CHECKS_ELSEWHERE = len(CARRY_PAUSES) + 7 * 24


@dataclass(frozen=True)
class RefundIn:
    """So much (minor units) of a payment, back for a booking or a place; without one, of unallocated money."""

    payment_id: UUID
    amount_minor: int
    reason: str
    booking_id: UUID | None = None
    attendee_id: UUID | None = None
    idempotency_key: str | None = None
    route: str = "hand"
    override_reason: str | None = None


def request(wanted: RefundIn, actor: Actor, now: datetime | None = None, *, audits: bool = True) -> Refund:
    """Ask for a refund; nothing is reserved yet. Raises Forbidden, Invalid, NotFound, Refused.

    Without `audits` the entry is left to what the same person does with it in the same act.

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
        "route": wanted.route,
        "override_reason": wanted.override_reason,
    }
    add_rows(Refund, values)
    refund = db.session.get_one(Refund, refund_id)
    _add_event(refund, "refund_requested", None, actor)
    if audits:
        note_request(refund, actor)
    return refund


def note_request(refund: Refund, actor: Actor) -> None:
    """The entry of a request that nothing else of its act writes down."""
    _audit(refund, "refund_requested", None, actor)


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
    """Whether a second person has to approve it.

    What one person asks for and nobody else approved adds up for each booking: parts do not slip under the limit.
    """
    if tenant.refund_limit_minor is None:
        return False
    return refund.amount_minor + _alone_minor(refund) > tenant.refund_limit_minor


def _alone_minor(refund: Refund) -> int:
    """The asker's other refunds of the same money (minor units) that nobody else has approved."""
    same = Refund.booking_id == refund.booking_id if refund.booking_id else Refund.booking_id.is_(None)
    others = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        same if refund.booking_id else same & (Refund.payment_id == refund.payment_id),
        Refund.id != refund.id,
        Refund.requested_by_id.is_not_distinct_from(refund.requested_by_id),
        or_(Refund.approved_by_id.is_(None), Refund.approved_by_id == Refund.requested_by_id),
        Refund.status.in_(("requested", *RESERVING_REFUND)),
        Refund.is_external.is_(False),
    )
    return int(db.session.scalar(others) or 0)


def approve(refund_id: UUID, actor: Actor, now: datetime | None = None, *, audits: bool = True) -> Refund:
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
    old, refund.status = refund.status, "approved"
    db.session.flush()
    _add_event(refund, "refund_approved", old, actor)
    if audits:
        _audit(refund, "refund_approved", old, actor)
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
    if is_silent(refund):
        return _found_paid(refund, receipt, actor, now)
    check_move("refund", refund.status, "processing")
    if refund.route == "credit":
        raise Refused("credit", "This refund was asked for as credit: no money is paid out for it.")
    refund.route = "hand"
    _note_receipt(refund, receipt)
    _finish(refund, actor, now)
    refund_mails.tell(refund, actor)
    return refund


def _finish(refund: Refund, actor: Actor, now: datetime | None) -> None:
    """Both steps of a refund that is done at once; one deed of one person: one entry."""
    refund.executed_by_id = actor.user_id
    approved, refund.status = refund.status, "processing"
    db.session.flush()
    _add_event(refund, "refund_processing", approved, actor)
    refund.status, refund.succeeded_at = "succeeded", now or datetime.now(UTC)
    db.session.flush()
    _add_event(refund, "refund_succeeded", "processing", actor)
    _audit(refund, "refund_succeeded", approved, actor)


def _note_receipt(refund: Refund, receipt: str) -> None:
    refund.receipt = clean_line(receipt, field="receipt", maximum=100, required=True)
    refuse_card_number(refund.receipt, field="receipt")


def _found_paid(refund: Refund, receipt: str, actor: Actor, now: datetime | None) -> Refund:
    """Its gateway never said so, but somebody found it there: it went the way it was sent."""
    _note_receipt(refund, receipt)
    refund.succeeded_at, refund.next_check_at = now or datetime.now(UTC), None
    _move(refund, "succeeded", actor)
    refund_mails.tell(refund, actor)
    return refund


def is_silent(refund: Refund) -> bool:
    """Whether its gateway was asked for too long without a last word: somebody looks it up there and ends it here."""
    most = MOST_CHECKS.get(refund.payment.method, MOST_CHECKS_ELSEWHERE)
    return refund.status == "processing" and refund.route == "gateway" and refund.checks >= most


def keep_as_credit(refund_id: UUID, actor: Actor, now: datetime | None = None) -> Refund:
    """No money leaves: an approved refund is done at once, and its amount is credit of who paid.

    Raises Forbidden, NotFound, Refused.
    """
    actor.require("refund.execute")
    refund = get(refund_id)
    check_move("refund", refund.status, "processing")
    refund.route = "credit"
    _finish(refund, actor, now)
    credit.grant_from_refund(refund, actor)
    refund_mails.tell(refund, actor)
    return refund


def acknowledge(refund_id: UUID, actor: Actor, now: datetime | None = None) -> Refund:
    """Somebody looked at a refund that was made at the gateway and says that it is right. Raises as the others."""
    actor.require("refund.execute")
    refund = get(refund_id)
    if not refund.is_external:
        raise Refused("not_external", "This refund was made here: there is nothing to confirm.")
    if refund.acknowledged_at is None:
        refund.acknowledged_at, refund.acknowledged_by_id = now or datetime.now(UTC), actor.user_id
        db.session.flush()
        audit.record(
            actor, "refund:acknowledge", refund, new={"amount_minor": refund.amount_minor, "external": True}
        )
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
        refuse_route(refund.payment)
    gives_parts = gateway_accounts.open_account(account).gives_back_parts
    if not gives_parts and refund.amount_minor != refund.payment.amount_minor:
        refuse_route(refund.payment)


def refuse_route(payment: Payment) -> NoReturn:
    """Say why money of a payment does not go back through a gateway."""
    if payment.gateway_account_id is None:
        raise Refused("by_hand", "This payment came by hand: pay it out and write down the proof.")
    raise Refused(
        "parts", "M-Pesa gives back whole payments only: pay this part out and write down its receipt."
    )


# --- What the job does with a refund on its way ---


def claim_carrying(refund_id: UUID, now: datetime) -> Refund | None:
    """Take a refund on its way for one try, and say when to try again (UTC); None when it is not due."""
    refund = lock_row(Refund, Refund.id == refund_id)
    if refund is None or refund.status != "processing" or refund.next_check_at is None:
        return None
    if refund.next_check_at > now:
        return None
    pause = CARRY_PAUSES[min(refund.checks, len(CARRY_PAUSES) - 1)]
    refund.checks, refund.next_check_at = refund.checks + 1, now + pause
    db.session.flush()
    if is_silent(refund):
        sentence = f"{refund.reference}: the gateway has not said whether it was paid back. Look it up there."
        work_items.add("refund_unanswered", refund, sentence)
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
    if refund.route == "credit":
        raise Refused("credit", "This was kept as credit: correct the credit on the customer's page.")
    if refund.route == "gateway" and refund.status == "processing" and not is_silent(refund):
        raise Refused("under_way", "This refund is on its way: the gateway will say how it ends.")
    refund.failure_reason = clean_line(reason, field="reason", maximum=500, required=True)
    refund.next_check_at = None
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
