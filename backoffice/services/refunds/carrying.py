"""A refund on its way through a gateway: sent off by somebody, carried to its end by a job."""

from datetime import UTC, datetime, timedelta
from typing import NoReturn
from uuid import UUID

from backoffice.database import db, lock_row
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Refused
from backoffice.domain.gateway_terms import RefundAsk
from backoffice.domain.statuses import check_move
from backoffice.models import Payment, Refund
from backoffice.services import gateway_accounts, settling, work_items
from backoffice.services.outbox import ring_after_commit
from backoffice.services.refunds import history
from backoffice.services.refunds.history import get

# When a gateway is asked again about a refund whose answer did not come, or is not the last one.
CARRY_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 300, 900, 3600))
# After so many questions without a last word a refund on its way is put before people: M-Pesa, which answers none,
# after more than an hour; a bank's own refund may take days.
MOST_CHECKS = {"mpesa": len(CARRY_PAUSES) + 1}
MOST_CHECKS_ELSEWHERE = len(CARRY_PAUSES) + 7 * 24


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
    history.move(refund, "processing", actor)
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


def is_silent(refund: Refund) -> bool:
    """Whether its gateway was asked for too long without a last word: somebody looks it up there and ends it here."""
    most = MOST_CHECKS.get(refund.payment.method, MOST_CHECKS_ELSEWHERE)
    return refund.status == "processing" and refund.route == "gateway" and refund.checks >= most


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
