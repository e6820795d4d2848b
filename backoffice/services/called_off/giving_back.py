"""The money of a called-off booking goes back: each payment's part once, the way it came, or as credit."""

from __future__ import annotations

from datetime import datetime

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Refused
from backoffice.models import Refund, ScheduleChoice, Tenant
from backoffice.services import giving_back, refunds
from backoffice.services.called_off.standing import Share, shares
from backoffice.services.refunds import RefundIn
from backoffice.tenancy import current_tenant_id

REASON = "The date was called off"


def give_back(choice: ScheduleChoice, way: str, now: datetime) -> list[Refund]:
    """A refund for each payment of the booking, keyed by choice and payment, so that there is never a second one."""
    promised = promise_of(choice)
    return [_give(choice, share, way, promised, now) for share in shares(choice.booking_id)]


def promise_of(choice: ScheduleChoice) -> Actor:
    """Who called the date off asked for and approved this money then; above the limit a second person must."""
    return Actor("system", user_id=choice.called_off_by_id, name="Called-off date")


def _give(choice: ScheduleChoice, share: Share, way: str, promised: Actor, now: datetime) -> Refund:
    wanted = RefundIn(
        share.payment_id,
        share.amount_minor,
        REASON,
        booking_id=choice.booking_id,
        idempotency_key=f"choice:{choice.id}:{share.payment_id}",
    )
    refund = refunds.request(wanted, promised, now)
    refund.route = _route(refund, way)
    db.session.flush()
    tenant = db.session.get_one(Tenant, current_tenant_id())
    if refund.status != "requested" or refunds.is_large(refund, tenant):
        return refund  # it waits for a second person on the queue of refunds
    refunds.approve(refund.id, promised, now)
    _send(refund, promised, now)
    return refund


def _route(refund: Refund, way: str) -> str:
    """What was paid by credit goes back there in any case: no money came then."""
    return giving_back.route_of(refund.payment, refund.amount_minor, "credit" if way == "credited" else "")


def _send(refund: Refund, promised: Actor, now: datetime) -> None:
    """As credit at once, or through its gateway; what came by hand stays on the queue of refunds to pay out."""
    if refund.route == "credit":
        refunds.keep_as_credit(refund.id, promised, now)
    elif refund.route == "gateway":
        _begin(refund, promised, now)


def _begin(refund: Refund, promised: Actor, now: datetime) -> None:
    try:
        refunds.begin(refund.id, promised, now)
    except Refused as error:
        if error.code not in ("by_hand", "parts"):
            raise
        refund.route = "hand"
        db.session.flush()
