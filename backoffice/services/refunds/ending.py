"""A refund's end: paid out by hand, kept as credit, or come back."""

from datetime import UTC, datetime
from uuid import UUID

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Refused
from backoffice.domain.statuses import check_move
from backoffice.domain.text import clean_line, refuse_card_number
from backoffice.models import Refund
from backoffice.services import credit, refund_mails
from backoffice.services.refunds import history
from backoffice.services.refunds.carrying import is_silent
from backoffice.services.refunds.history import get


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


def _finish(refund: Refund, actor: Actor, now: datetime | None) -> None:
    """Both steps of a refund that is done at once; one deed of one person: one entry."""
    refund.executed_by_id = actor.user_id
    approved, refund.status = refund.status, "processing"
    db.session.flush()
    history.add_event(refund, "refund_processing", approved, actor)
    refund.status, refund.succeeded_at = "succeeded", now or datetime.now(UTC)
    db.session.flush()
    history.add_event(refund, "refund_succeeded", "processing", actor)
    history.write_entry(refund, "refund_succeeded", approved, actor)


def _note_receipt(refund: Refund, receipt: str) -> None:
    refund.receipt = clean_line(receipt, field="receipt", maximum=100, required=True)
    refuse_card_number(refund.receipt, field="receipt")


def _found_paid(refund: Refund, receipt: str, actor: Actor, now: datetime | None) -> Refund:
    """Its gateway never said so, but somebody found it there: it went the way it was sent."""
    _note_receipt(refund, receipt)
    refund.succeeded_at, refund.next_check_at = now or datetime.now(UTC), None
    history.move(refund, "succeeded", actor)
    refund_mails.tell(refund, actor)
    return refund


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
    history.move(refund, "failed", actor)
    return refund
