"""The one place where somebody is asked for money: written down and committed, the gateway asked, its answer committed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import or_, update

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import DomainError, Refused
from backoffice.domain.gateway_terms import GatewayDelayed, GatewayRefused, Started
from backoffice.models import Payment
from backoffice.services import collecting, gateway_accounts, settling
from backoffice.services.collecting import Attempt, Wish
from backoffice.services.outbox import ring_after_commit
from backoffice.work import commit_around, commit_once

log = logging.getLogger(__name__)

# What the payer reads when the gateway says no: its own words are for the staff, and stand with the payment.
REFUSED = "The payment could not be started. Nothing was taken. Try another way to pay, or call us."
TWIN = "already_sent"


@dataclass(frozen=True)
class Begun:
    """An attempt to pay as it is now: where to pay it, when there is a page; no `url`: wait for it."""

    payment_id: UUID
    status: str
    url: str | None = None
    reason: str | None = None  # the gateway's own words, for the staff


def start(wish: Wish, actor: Actor) -> Begun:
    """Ask for the money once, however often the same is wished. Raises DomainError with a sentence for the payer.

    A reply that is late leaves the attempt open: it is asked about, and the same wish again is the same attempt.
    """
    try:
        return _start(wish, actor)
    except DomainError as error:
        if error.code != TWIN:
            raise
        return _start(wish, actor)  # its twin was written a moment ago, and is found now


def _start(wish: Wish, actor: Actor) -> Begun:
    return commit_around(
        lambda: collecting.prepare(wish, actor, datetime.now(UTC)),
        _ask,
        lambda attempt, said: _keep(attempt, said, actor),
    )


def _ask(attempt: Attempt) -> Started | GatewayRefused | None:
    """The gateway's answer; None where there is nothing to ask, or no answer yet."""
    if attempt.charge is None:
        return None
    account = gateway_accounts.get(attempt.account_id)
    gateway = gateway_accounts.open_account(account)
    db.session.rollback()  # nothing is open while the gateway thinks
    try:
        return gateway.start(attempt.charge)
    except GatewayRefused as error:
        return error
    except GatewayDelayed as error:
        log.warning("no answer yet", extra={"payment_id": attempt.payment_id, "cause": str(error)})
        return None


def _keep(attempt: Attempt, said: Started | GatewayRefused | None, actor: Actor) -> Begun:
    if isinstance(said, GatewayRefused):
        log.warning("attempt refused", extra={"payment_id": attempt.payment_id, "cause": str(said)})
        collecting.note_refused(attempt.payment_id, str(said), actor, datetime.now(UTC))
        return Begun(attempt.payment_id, "failed", reason=str(said))
    if said is not None:
        collecting.note_started(attempt.payment_id, said)
    payment = db.session.get_one(Payment, attempt.payment_id)
    return Begun(payment.id, payment.status, payment.checkout_url)


def refuse_failed(begun: Begun) -> Begun:
    """The same, unless the gateway has said no. Raises Refused."""
    if begun.status == "failed":
        raise Refused("gateway_refused", REFUSED)
    return begun


def ask_soon(payment_id: UUID) -> None:
    """Have the gateway asked about an open attempt now: somebody came back from its page."""
    commit_once(lambda: _ask_soon(payment_id))


def _ask_soon(payment_id: UUID) -> None:
    """One statement: the gateway's own word may arrive at this moment, and whoever came back is told how it stands."""
    now = datetime.now(UTC)
    is_later = or_(Payment.next_check_at.is_(None), Payment.next_check_at > now)
    asked = update(Payment).where(Payment.id == payment_id, Payment.status.in_(settling.OPEN))
    db.session.execute(
        asked.where(is_later).values(next_check_at=now), execution_options={"synchronize_session": False}
    )
    ring_after_commit("payment", payment_id)
