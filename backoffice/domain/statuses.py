"""Every status and the moves between them. The database holds the same rows."""

from __future__ import annotations

from collections.abc import Mapping

from backoffice.domain.errors import Refused

Moves = Mapping[str, frozenset[str]]


def _moves(**table: str) -> dict[str, frozenset[str]]:
    return {source: frozenset(targets.split()) for source, targets in table.items()}


BOOKING = _moves(
    pending="confirmed cancelled expired",
    expired="confirmed",  # paid late, and the places could be taken again
    confirmed="completed no_show cancelled",
    completed="no_show",  # corrections of the register, audited
    no_show="completed",
    cancelled="",
)
PAYMENT = _moves(
    pending="processing succeeded failed cancelled",
    processing="succeeded failed cancelled",
    failed="succeeded",  # the gateway's later word
    cancelled="succeeded",
    succeeded="",
)
REFUND = _moves(
    requested="approved declined",
    approved="processing",
    processing="succeeded failed",
    succeeded="failed",  # a bank may return it
    declined="",
    failed="",
)
SCHEDULE = _moves(
    draft="published cancelled",
    published="completed cancelled draft",  # back to draft only while nothing is booked
    completed="published",  # audited correction
    cancelled="",
)
MESSAGE = _moves(queued="sent failed", failed="queued", sent="bounced", bounced="")
CERTIFICATE = _moves(valid="replaced revoked", replaced="", revoked="")
SCHEDULE_CHOICE = _moves(
    open="nothing_paid moved credited refunded",
    nothing_paid="open moved",  # money may come late, and another date may be taken without any
    moved="",
    credited="",
    refunded="",
)
# Quotes may be given again, and a date that is called off opens its request anew.
CORPORATE_REQUEST = _moves(
    pending="reviewing rejected",
    reviewing="quoted confirmed rejected",
    quoted="reviewing confirmed rejected",
    confirmed="completed reviewing",
    completed="confirmed",
    rejected="reviewing",
)
# A party that waits for places, and each date that it would take; they follow the offer's booking by trigger.
WAITING_ENTRY = _moves(
    waiting="offered accepted left ended",
    offered="waiting accepted left ended",  # back, where the party waits for other dates too
    ended="accepted",  # paid late, and the places could be taken again
    accepted="",
    left="",
)
WAITING_DATE = _moves(
    waiting="offered ended",
    offered="accepted declined lapsed",
    lapsed="accepted",
    accepted="",
    declined="",
    ended="",
)

TABLES: dict[str, dict[str, frozenset[str]]] = {
    "booking": BOOKING,
    "payment": PAYMENT,
    "refund": REFUND,
    "schedule": SCHEDULE,
    "message": MESSAGE,
    "certificate": CERTIFICATE,
    "schedule_choice": SCHEDULE_CHOICE,
    "corporate_request": CORPORATE_REQUEST,
    "waiting_entry": WAITING_ENTRY,
    "waiting_date": WAITING_DATE,
}
TRANSITIONS: frozenset[tuple[str, str, str]] = frozenset(
    (subject, source, target)
    for subject, moves in TABLES.items()
    for source, targets in moves.items()
    for target in targets
)

# A booking of these statuses keeps its places.
LIVE_BOOKING = frozenset({"pending", "confirmed", "completed", "no_show"})
# A refund of these statuses keeps its amount reserved on the payment.
RESERVING_REFUND = frozenset({"approved", "processing", "succeeded"})
PAYMENT_STATUSES = ("unpaid", "part_paid", "paid", "part_refunded", "refunded", "failed")
SCHEDULE_STATES = ("draft", "published", "full", "ongoing", "completed", "cancelled")

LABELS: dict[str, dict[str, str]] = {
    "booking": {
        "pending": "Pending",
        "confirmed": "Confirmed",
        "completed": "Completed",
        "no_show": "No-show",
        "cancelled": "Cancelled",
        "expired": "Expired",
    },
    "payment_status": {
        "unpaid": "Unpaid",
        "part_paid": "Part paid",
        "paid": "Paid",
        "part_refunded": "Part refunded",
        "refunded": "Refunded",
        "failed": "Payment failed",
    },
    "payment": {
        "pending": "Pending",
        "processing": "Processing",
        "succeeded": "Received",
        "failed": "Failed",
        "cancelled": "Cancelled",
    },
    "refund": {
        "requested": "Requested",
        "approved": "Approved",
        "declined": "Declined",
        "processing": "Processing",
        "succeeded": "Paid back",
        "failed": "Failed",
    },
    "schedule": {
        "draft": "Draft",
        "published": "Published",
        "full": "Full",
        "ongoing": "Under way",
        "completed": "Completed",
        "cancelled": "Cancelled",
    },
    "message": {"queued": "Queued", "sent": "Sent", "failed": "Failed", "bounced": "Bounced"},
    "certificate": {"valid": "Valid", "replaced": "Replaced", "revoked": "Revoked"},
    "schedule_choice": {
        "open": "Not answered",
        "nothing_paid": "Nothing paid",
        "moved": "Another date",
        "credited": "Credit",
        "refunded": "Money back",
    },
    "waiting_entry": {
        "waiting": "Waiting",
        "offered": "Places offered",
        "accepted": "Booked",
        "left": "Left the list",
        "ended": "Ended",
    },
    "waiting_date": {
        "waiting": "Waiting",
        "offered": "Offered",
        "accepted": "Booked",
        "declined": "Declined",
        "lapsed": "Not answered",
        "ended": "Ended",
    },
    "review": {"waiting": "To look at", "shown": "Shown", "hidden": "Hidden"},
    "corporate_request": {
        "pending": "New",
        "reviewing": "In review",
        "quoted": "Quoted",
        "confirmed": "Confirmed",
        "rejected": "Rejected",
        "completed": "Completed",
    },
}


def label(subject: str, status: str) -> str:
    """The word people read for a status; raises KeyError for one that does not exist."""
    return LABELS[subject][status]


def may_move(subject: str, source: str, target: str) -> bool:
    """Whether the subject's status may go from `source` to `target`; staying put is no move."""
    return (subject, source, target) in TRANSITIONS


def check_move(subject: str, source: str, target: str) -> None:
    """Raise Refused unless the move is in the table."""
    if may_move(subject, source, target):
        return
    before, after = label(subject, source).lower(), label(subject, target).lower()
    raise Refused("status_move", f"The {subject.replace('_', ' ')} is {before} and cannot become {after}.")
