"""What comes from the payment gateways, and what they are asked: no lock is held while they think."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from backoffice.domain.actor import Actor
from backoffice.domain.errors import DomainError
from backoffice.domain.gateway_terms import (
    GATEWAY_LABELS,
    GatewayDelayed,
    GatewayRefused,
    Notice,
    Pointer,
    Standing,
)
from backoffice.gateways.protocol import Gateway
from backoffice.jobs.trouble import sentence_of
from backoffice.models import Payment
from backoffice.services import disputes, gateway_accounts, gateway_events, refund_standings, settling
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once

log = logging.getLogger(__name__)

WORN_OUT = "Every try ended without an answer, as when the worker itself dies."
UNKNOWN = "about nothing of ours"


def actor_of(gateway: str) -> Actor:
    """The house, acting on the word of a gateway."""
    return Actor("system", name=GATEWAY_LABELS.get(gateway, gateway))


# --- Events ---


def apply_event(tenant_id: str, event_id: str) -> None:
    """Apply a kept event if it is still to be applied; what it changes is committed with its end."""
    with tenant_scope(UUID(tenant_id)):
        _apply(UUID(event_id))


def _apply(event_id: UUID) -> None:
    tries = commit_once(lambda: gateway_events.claim(event_id))
    if tries is None:
        return
    try:
        if tries > gateway_events.MAXIMUM_TRIES:
            raise GatewayRefused(WORN_OUT)
        _apply_now(event_id)
    except DBAPIError:
        raise  # the row cannot be written now either; it is due again when the claim runs out
    except Exception as error:
        _note(event_id, error)


def _note(event_id: UUID, error: Exception) -> None:
    """Another try later, or the end; what people may read of the reason stays with the event."""
    is_expected = isinstance(error, GatewayDelayed | GatewayRefused | DomainError)
    reason = str(error) if is_expected else sentence_of(error)
    is_dead = commit_once(lambda: gateway_events.note_failure(event_id, reason))
    log.log(
        logging.ERROR if is_dead else logging.WARNING,
        "gateway event is dead" if is_dead else "gateway event failed",
        extra={"event_id": event_id, "cause": reason},
        exc_info=None if is_expected else error,
    )


def _apply_now(event_id: UUID) -> None:
    event = gateway_events.get(event_id)
    account_id, gateway = event.gateway_account_id, gateway_accounts.open_account(event.account)
    notice = gateway.understand(event.payload)
    payment = _payment_of(account_id, notice)
    if payment is None:
        commit_once(lambda: gateway_events.mark_applied(event_id, UNKNOWN, None))
        return
    payment_id, actor = payment.id, actor_of(event.gateway)
    standing = _proven(gateway, payment, notice)
    commit_once(lambda: _apply_all(event_id, payment_id, notice, standing, actor))


def _payment_of(account_id: UUID, notice: Notice) -> Payment | None:
    """The payment of ours that is spoken of, however it is named."""
    if notice.payment:
        return settling.find_payment(account_id, notice.payment)
    if notice.refund:
        return refund_standings.find_payment(account_id, notice.refund)
    if notice.dispute:
        named = Standing(
            "succeeded",
            gateway_payment_id=notice.dispute.gateway_payment_id,
            gateway_charge_id=notice.dispute.gateway_charge_id,
        )
        return settling.find_payment(account_id, named)
    return None


def _proven(gateway: Gateway, payment: Payment, notice: Notice) -> Standing | None:
    """What may be believed: a signed word as it is, any other only as the gateway's answer to our question."""
    if notice.payment is None or notice.is_proof:
        return notice.payment
    pointer = settling.pointer(payment)
    commit_once(lambda: None)  # nothing is open while the gateway thinks
    return gateway.ask(pointer, notice)


def _apply_all(
    event_id: UUID, payment_id: UUID, notice: Notice, standing: Standing | None, actor: Actor
) -> None:
    now = datetime.now(UTC)
    said = []
    if standing:
        said.append(follow(payment_id, standing, actor, now))
    if notice.refund:
        said.append(refund_standings.follow(payment_id, notice.refund, actor, now))
    if notice.dispute:
        said.append(disputes.note(payment_id, notice.dispute, actor, now))
    gateway_events.mark_applied(event_id, "; ".join(said) or "nothing to do", payment_id)


def follow(payment_id: UUID, standing: Standing, actor: Actor, now: datetime) -> str:
    """Bring a payment and its refunds to where the gateway has them; in words."""
    said = settling.settle(payment_id, standing, actor, now)
    if said == settling.PAID_TWICE:
        return said  # what was given back of that other sum is nothing of this one
    for refund in standing.refunds:
        refund_standings.follow(payment_id, refund, actor, now)
    if standing.refunded_minor:
        refund_standings.follow_total(payment_id, standing.refunded_minor, actor, now)
    return said


# --- Open payments ---


def check_payment(tenant_id: str, payment_id: str) -> None:
    """Ask the gateway about an open payment that is due, and end it there when nothing is owed any more."""
    with tenant_scope(UUID(tenant_id)):
        check(UUID(payment_id))


def check(payment_id: UUID) -> str:
    """The same inside a scope, whether it is due or not is asked first; what came of it, in words."""
    found = commit_once(lambda: _claim(payment_id))
    if found is None:
        return "not due"
    gateway, pointer, is_wanted = found
    try:
        standing = gateway.ask(pointer) if is_wanted else gateway.end(pointer)
    except GatewayDelayed as error:
        log.warning("gateway did not answer", extra={"payment_id": payment_id, "cause": str(error)})
        return "no answer"
    except GatewayRefused as error:
        log.error("gateway refused", extra={"payment_id": payment_id, "cause": str(error)})
        standing = _after_refusal(pointer, str(error))
    return keep_standing(payment_id, standing, actor_of(gateway.name))


def _claim(payment_id: UUID) -> tuple[Gateway, Pointer, bool] | None:
    payment = settling.claim_check(payment_id, datetime.now(UTC))
    if payment is None:
        return None
    gateway = gateway_accounts.open_account(payment.gateway_account)
    return gateway, settling.pointer(payment), settling.is_wanted(payment)


def _after_refusal(pointer: Pointer, reason: str) -> Standing:
    """A gateway that does not know the attempt: over once its time is up, asked again until then."""
    is_over = pointer.ends_at is not None and pointer.ends_at < datetime.now(UTC)
    return Standing("cancelled", failure_reason=reason) if is_over else Standing("pending")


def end_attempts(booking_id: UUID) -> None:
    """Stop every open attempt to pay this booking at its gateway; what was paid meanwhile is booked.

    What cannot be stopped stays open, and with it the booking's places.
    """
    found = [
        (each.id, each.gateway_account, settling.pointer(each)) for each in settling.open_attempts(booking_id)
    ]
    opened = [(payment_id, gateway_accounts.open_account(account), at) for payment_id, account, at in found]
    commit_once(lambda: None)  # nothing is open while the gateways think
    for payment_id, gateway, at in opened:
        try:
            keep_standing(payment_id, gateway.end(at), actor_of(gateway.name))
        except GatewayDelayed as error:
            log.warning("attempt not ended", extra={"payment_id": payment_id, "cause": str(error)})
        except GatewayRefused as error:
            keep_standing(payment_id, _after_refusal(at, str(error)), actor_of(gateway.name))


def keep_standing(payment_id: UUID, standing: Standing, actor: Actor) -> str:
    """Commit what a gateway answered about a payment; in words."""
    return commit_once(lambda: follow(payment_id, standing, actor, datetime.now(UTC)))
