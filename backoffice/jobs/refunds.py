"""Money on its way back through a gateway: asked for with the refund's own id, so that asking twice gives back once."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from uuid import UUID

from backoffice.domain.gateway_terms import GatewayDelayed, GatewayRefused, RefundAsk, RefundStanding
from backoffice.gateways.protocol import Gateway
from backoffice.jobs.gateways import actor_of
from backoffice.services import gateway_accounts, refund_standings, refunds
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once

log = logging.getLogger(__name__)


def carry_out(tenant_id: str, refund_id: str) -> None:
    """Carry a refund on that is due: ask the gateway for it, or how it stands."""
    with tenant_scope(UUID(tenant_id)):
        carry_on(UUID(refund_id))


def carry_on(refund_id: UUID) -> None:
    """The same inside a scope. Nothing happens to one that is not due."""
    found = commit_once(lambda: _claim(refund_id))
    if found is None:
        return
    gateway, ask, is_first = found
    try:
        standing = _give_back(gateway, ask, is_first)
    except GatewayDelayed as error:
        log.warning("refund not answered", extra={"refund_id": refund_id, "cause": str(error)})
        return
    except GatewayRefused as error:
        standing = RefundStanding(
            "failed", ask.amount_minor, ask.currency, "", refund_id=refund_id, failure_reason=str(error)
        )
    actor, payment_id = actor_of(gateway.name), ask.payment.payment_id
    commit_once(lambda: refund_standings.follow(payment_id, standing, actor, datetime.now(UTC)))


def _claim(refund_id: UUID) -> tuple[Gateway, RefundAsk, bool] | None:
    refund = refunds.claim_carrying(refund_id, datetime.now(UTC))
    if refund is None:
        return None
    gateway = gateway_accounts.open_account(refund.payment.gateway_account)
    return gateway, refunds.ask_of(refund), refund.checks == 1


def _give_back(gateway: Gateway, ask: RefundAsk, is_first: bool) -> RefundStanding:
    """After a lost reply the gateway is asked first: its memory of our ids ends after a day, a refund's does not."""
    known = None if is_first else gateway.ask_refund(ask)
    return known or gateway.refund(ask)
