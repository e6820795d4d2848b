"""The queues of the day's work. A new kind of work is a select of `line` columns and a row of QUEUES."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.services.work_queues.booking_work import choices, holds, names, unpaid
from backoffice.services.work_queues.certificate_work import (
    certificates,
    certificates_expiring,
    certificates_to_issue,
)
from backoffice.services.work_queues.corporate_work import corporate_requests
from backoffice.services.work_queues.failures import attention, dead, mails
from backoffice.services.work_queues.kinds import Day, Line, Queue
from backoffice.services.work_queues.money_work import events, external, refunds
from backoffice.services.work_queues.register_work import registers
from backoffice.services.work_queues.review_work import reviews
from backoffice.services.work_queues.waiting_work import waiting

MOST_COUNTED = 1000
MOST_LISTED = 200

# fmt: off  # one line for each: name, label, hint, right, tone, and where its lines come from
QUEUES: tuple[Queue, ...] = (
    Queue("unpaid", "Unpaid before start", "starts within two weeks", "booking.read", "bad", unpaid),
    Queue("names", "Names missing", "starts within a week", "booking.read", "wait", names),
    Queue("holds", "Holds that end today", "paid, or released tonight", "booking.read", "wait", holds),
    Queue("refunds", "Refunds to approve or pay", "asked for and still open", "refund.read", "wait", refunds),
    Queue(
        "external", "Refunds made elsewhere", "at a gateway: to be confirmed", "refund.read", "wait", external
    ),
    Queue(
        "requests",
        "Requests of companies",
        "new, or the quote was answered",
        "corporate.read",
        "wait",
        corporate_requests,
    ),
    Queue("waiting", "Waiting lists", "parties for full dates", "booking.read", "wait", waiting),
    Queue("choices", "Choices waiting", "of dates that were called off", "booking.read", "wait", choices),
    Queue("registers", "Registers to mark", "taught, and not completed", "register.mark", "wait", registers),
    Queue(
        "certificates_to_issue",
        "Certificates to issue",
        "of dates that are completed",
        "certificate.issue",
        "wait",
        certificates_to_issue,
    ),
    Queue(
        "certificates",
        "Certificates to look at",
        "register corrected, or not made",
        "certificate.read",
        "bad",
        certificates,
    ),
    Queue(
        "expiring",
        "Certificates expiring",
        "within 90 days, and not renewed",
        "certificate.read",
        "wait",
        certificates_expiring,
    ),
    Queue(
        "reviews", "Reviews to look at", "before the public reads them", "review.moderate", "wait", reviews
    ),
    Queue("mails", "Failed mails", "not delivered, or come back", "message.read", "bad", mails),
    Queue("attention", "To look at", "found by an import or a job", "booking.read", "wait", attention),
    Queue(
        "gateway_events",
        "Gateway messages given up",
        "a payment may be missing",
        "payment.read",
        "bad",
        events,
    ),
    Queue("dead", "Stopped jobs", "given up after many tries", "settings.read", "bad", dead),
)
# fmt: on


@dataclass(frozen=True)
class Counted:
    """A queue and how much waits in it; MOST_COUNTED means that or more."""

    queue: Queue
    count: int


def find_queue(name: str, actor: Actor) -> Queue | None:
    """The queue of this name, if the actor may see it."""
    return next((queue for queue in QUEUES if queue.name == name and actor.may(queue.right)), None)


def count_queues(day: Day, actor: Actor) -> list[Counted]:
    """How much waits in each queue that the actor may see; one statement."""
    mine = [queue for queue in QUEUES if actor.may(queue.right)]
    if not mine:
        return []
    counts = [_count(queue, day).label(queue.name) for queue in mine]
    row = db.session.execute(select(*counts)).one()
    return [Counted(queue, getattr(row, queue.name)) for queue in mine]


def _count(queue: Queue, day: Day) -> Any:
    capped = queue.find(day).order_by(None).limit(MOST_COUNTED).subquery()
    return select(func.count()).select_from(capped).scalar_subquery()


def list_queue(queue: Queue, day: Day) -> list[Line]:
    """What waits, the most urgent first; at most MOST_LISTED."""
    rows = db.session.execute(queue.find(day).limit(MOST_LISTED))
    return [Line(**row._mapping) for row in rows]
