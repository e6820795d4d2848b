"""Sending to a date: a batch, a pause, the next batch; and stopping what has not left the house.

The row of the bulk mail is the lock: a batch and the stop wait for each other, and two schedulers share one batch.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update

from backoffice.database import db, lock_row, lock_rows
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound, Refused
from backoffice.models import Booking, BulkMail, Message
from backoffice.services import audit
from backoffice.services.bulk_mails import people
from backoffice.services.bulk_mails.drafts import take_draft
from backoffice.services.messages import CLAIM

# So that a mail to three hundred people is not taken for spam, and a mistake can still be stopped.
BATCH: Final = 50
PAUSE: Final = timedelta(minutes=1)

STOPPED: Final = "Not sent: this mail to the date was stopped."
MOVED: Final = "Not sent: the booking is on another date now."


@dataclass(frozen=True)
class Progress:
    """How far a mail is, in mails. `not_sent` are those that were stopped or overtaken by a cancellation."""

    total: int
    sent: int
    waiting: int
    failed: int
    not_sent: int

    @property
    def done(self) -> int:
        return self.sent + self.failed + self.not_sent


def send(bulk_id: UUID, actor: Actor, *, version: int) -> BulkMail:
    """Begin to send the draft as it was seen. Raises Forbidden, NotFound, Changed, Refused for nobody or twice."""
    actor.require("message.send")
    bulk = take_draft(bulk_id, version)
    if not people.count_people(bulk):
        raise Refused("nobody", "Nobody on this date has an address that this mail goes to.")
    bulk.sent_at, bulk.asked_by_id = datetime.now(UTC), actor.user_id
    _queue_batch(bulk, bulk.sent_at)
    audit.record(actor, "bulk_mail:send", bulk, new={"audience": bulk.audience, "mails": bulk.total})
    return bulk


def queue_due(now: datetime) -> int:
    """Queue the batches that are due at `now` (UTC); how many mails. The sweeper rings for them, not this."""
    due = (BulkMail.status == "sending", BulkMail.next_batch_at <= now)
    if not db.session.scalar(select(func.count()).select_from(BulkMail).where(*due)):
        return 0
    return sum(_queue_batch(bulk, now) for bulk in lock_rows(BulkMail, *due))


def _queue_batch(bulk: BulkMail, now: datetime) -> int:
    """The next ones, in the transaction that counts them: whoever dies in between has queued nobody."""
    queued = people.queue_some(bulk, BATCH)
    left = people.count_left(bulk)
    bulk.queued += queued
    bulk.total = bulk.queued + left
    if left:
        bulk.status, bulk.next_batch_at = "sending", now + PAUSE
    else:
        bulk.status, bulk.next_batch_at, bulk.ended_at = "done", None, now
    db.session.flush()
    return queued


def stop(bulk_id: UUID, actor: Actor) -> int:
    """Send no further mail of it; how many were kept back. What a mail server is being handed right now still goes.

    Raises Forbidden, NotFound, Refused when nothing is left to stop.
    """
    actor.require("message.send")
    bulk = lock_row(BulkMail, BulkMail.id == bulk_id)
    if bulk is None:
        raise NotFound("This mail does not exist.")
    waiting = _count(bulk)["queued"]
    if bulk.status not in ("sending", "done") or (bulk.status == "done" and not waiting):
        raise Refused("nothing_to_stop", "Nothing of this mail is waiting any more.")
    kept_back = bulk.total - bulk.queued + _keep_back(bulk)
    bulk.status, bulk.next_batch_at, bulk.ended_at = "stopped", None, datetime.now(UTC)
    db.session.flush()
    audit.record(actor, "bulk_mail:stop", bulk, new={"kept_back": kept_back})
    return kept_back


def _keep_back(bulk: BulkMail) -> int:
    """Fail what waits. A mail in a worker's hands is left to it: `why_unwanted` is asked right before it goes."""
    in_hand = and_(Message.attempts > 0, Message.next_attempt_at.between(func.now(), func.now() + CLAIM))
    statement = (
        update(Message)
        .where(*_of(bulk), Message.status == "queued", ~in_hand)
        .values(status="failed", last_error=STOPPED, is_overtaken=True)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(db.session.execute(statement), "rowcount", 0))


def why_unwanted(message: Message) -> str | None:
    """A sentence when a mail to a date is not to go any more; None for every other mail, and for a test."""
    if message.template != people.TEMPLATE or message.data.get("is_test"):
        return None
    row = db.session.execute(
        select(BulkMail.status, BulkMail.schedule_id, Booking.schedule_id.label("booked"))
        .where(BulkMail.id == UUID(str(message.data["bulk_id"])))
        .join(Booking, Booking.id == message.booking_id)
    ).first()
    if row is None or row.status == "stopped":
        return STOPPED
    return None if row.schedule_id == row.booked else MOVED


def progress_of(bulk: BulkMail) -> Progress:
    """How far it is now."""
    counts = _count(bulk)
    failed = counts["failed"] + counts["bounced"]
    left = 0 if bulk.status == "stopped" else bulk.total - bulk.queued
    not_sent = counts["overtaken"] + (bulk.total - bulk.queued if bulk.status == "stopped" else 0)
    return Progress(bulk.total, counts["sent"], counts["queued"] + left, failed, not_sent)


def _count(bulk: BulkMail) -> Counter[str]:
    rows = db.session.execute(
        select(Message.status, Message.is_overtaken, func.count())
        .where(*_of(bulk))
        .group_by(Message.status, Message.is_overtaken)
    )
    counts: Counter[str] = Counter()
    for status, is_overtaken, number in rows:
        counts["overtaken" if status == "failed" and is_overtaken else status] += number
    return counts


def _of(bulk: BulkMail) -> tuple[ColumnElement[bool], ...]:
    """Its mails, but not the tests; found by the index over template and time."""
    return (
        Message.template == people.TEMPLATE,
        # The clocks of two machines differ a little.
        Message.created_at >= bulk.created_at - PAUSE,
        Message.data["bulk_id"].astext == str(bulk.id),
        Message.data["is_test"].astext.is_(None),
    )
