"""Who may allow a refund, and above which amount it needs a second person."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, or_, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, Refused
from backoffice.domain.statuses import RESERVING_REFUND, check_move
from backoffice.domain.text import clean_line
from backoffice.models import Refund, Tenant
from backoffice.services import audit
from backoffice.services.refunds import history
from backoffice.services.refunds.history import get
from backoffice.tenancy import current_tenant_id


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
    history.add_event(refund, "refund_approved", old, actor)
    if audits:
        history.write_entry(refund, "refund_approved", old, actor)
    return refund


def decline(refund_id: UUID, reason: str, actor: Actor) -> Refund:
    """Say no, with the reason. Raises Forbidden, NotFound, Refused."""
    actor.require("refund.execute")
    refund = get(refund_id)
    check_move("refund", refund.status, "declined")
    refund.failure_reason = clean_line(reason, field="reason", maximum=500, required=True)
    history.move(refund, "declined", actor)
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
