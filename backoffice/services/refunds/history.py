"""A refund as it is, and what is written down when it changes."""

from uuid import UUID

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound
from backoffice.models import Refund
from backoffice.services import audit, ledger


def get(refund_id: UUID) -> Refund:
    """The refund; raises NotFound."""
    refund = db.session.get(Refund, refund_id)
    if refund is None:
        raise NotFound("This refund does not exist.")
    return refund


def move(refund: Refund, status: str, actor: Actor) -> None:
    """Another status, in the payment's history and in the audit."""
    old, refund.status = refund.status, status
    db.session.flush()
    add_event(refund, f"refund_{status}", old, actor)
    write_entry(refund, f"refund_{status}", old, actor)


def add_event(refund: Refund, kind: str, old_status: str | None, actor: Actor) -> None:
    """A line of the payment's history."""
    ledger.add_event(
        refund.payment_id,
        kind,
        actor,
        refund_id=refund.id,
        old_status=old_status,
        new_status=refund.status,
        amount_minor=refund.amount_minor,
    )


def write_entry(refund: Refund, kind: str, old_status: str | None, actor: Actor) -> None:
    """The audit's entry, of who did it."""
    audit.record(
        actor,
        kind.replace("_", ":", 1),
        refund,
        old={"status": old_status} if old_status else {},
        new={"status": refund.status, "amount_minor": refund.amount_minor, "reason": refund.reason},
    )
