"""E-mails: queued in the transaction that causes them, written when they are sent, kept as they were sent.

queued → sent → bounced
   ↓↑
 failed
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import Together, db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound, Refused
from backoffice.domain.statuses import LIVE_BOOKING, check_move
from backoffice.models import Booking, Message
from backoffice.services import audit
from backoffice.services.outbox import ring_after_commit
from backoffice.tenancy import current_tenant_id


@dataclass(frozen=True)
class Template:
    """What a mail is called on the screens, what it is about, and while which statuses it is still true."""

    title: str
    about: str  # "booking" | "user" | "request": of a company, by its id in `data`
    is_secret: bool = False
    wanted_while: frozenset[str] = frozenset()
    calendar_method: str = ""


# The whole catalogue. Each has a folder of this name in templates/emails.
TEMPLATES: dict[str, Template] = {
    "booking_received": Template("Places held", "booking", wanted_while=frozenset({"pending"})),
    "booking_confirmed": Template(
        "Booking confirmed",
        "booking",
        wanted_while=LIVE_BOOKING - {"pending"},
        calendar_method="PUBLISH",
    ),
    "booking_changed": Template(
        "Booking changed", "booking", wanted_while=LIVE_BOOKING, calendar_method="PUBLISH"
    ),
    "booking_cancelled": Template(
        "Booking cancelled", "booking", wanted_while=frozenset({"cancelled"}), calendar_method="CANCEL"
    ),
    "date_called_off": Template(
        "Date called off",
        "booking",
        is_secret=True,
        wanted_while=frozenset({"cancelled"}),
        calendar_method="CANCEL",
    ),
    "date_called_off_reminder": Template("Choice not made yet", "booking", is_secret=True),
    "choice_received": Template("Choice received", "booking"),
    "joining_instructions": Template(
        "Joining instructions", "booking", wanted_while=frozenset({"confirmed"}), calendar_method="PUBLISH"
    ),
    "date_changed": Template(
        "Course changed", "booking", wanted_while=LIVE_BOOKING, calendar_method="PUBLISH"
    ),
    "place_cancelled": Template("Place cancelled", "booking", calendar_method="CANCEL"),
    "reminder": Template("Reminder", "booking", wanted_while=frozenset({"confirmed"})),
    "thanks": Template("Thanks", "booking", wanted_while=frozenset({"confirmed", "completed"})),
    "certificate_expiring": Template("Certificate expires", "booking"),
    "certificate_digest": Template("Certificates of a company", "booking"),
    "names_missing": Template("Names missing", "booking", wanted_while=frozenset({"pending", "confirmed"})),
    "bulk_mail": Template("Mail to a date", "booking", wanted_while=LIVE_BOOKING),
    "hold_ended": Template("Hold ended", "booking", wanted_while=frozenset({"expired"})),
    "waiting_joined": Template("On the waiting list", "user"),
    "waiting_offer": Template("Places offered", "booking", wanted_while=frozenset({"pending"})),
    "waiting_lapsed": Template("Offer not answered", "booking", wanted_while=frozenset({"expired"})),
    "waiting_ended": Template("Awaited date called off", "user"),
    "payment_received": Template("Payment received", "booking"),
    "payment_link": Template("Payment link", "booking", wanted_while=LIVE_BOOKING | {"expired"}),
    "certificate_issued": Template("Certificate", "booking"),
    "refund_made": Template("Refund made", "user"),
    "invitation": Template("Invitation", "user", is_secret=True),
    "report": Template("Report", "user"),
    "password_reset": Template("New password", "user", is_secret=True),
    "sign_in": Template("Link to sign in", "user", is_secret=True),
    "company_request_received": Template("Company request received", "request"),
    "company_request_new": Template("New company request", "request"),
    "company_quote": Template("Quote for a company", "request"),
    "company_quote_answered": Template("Quote answered", "request"),
    "company_request_rejected": Template("Company request rejected", "request"),
}

# After each try that may succeed later; after the last one the message has failed.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
MAXIMUM_TRIES = len(PAUSES) + 1
# How long a claim holds: longer than one try may take, and short, for a killed worker's message waits for it.
CLAIM = timedelta(seconds=30)


def queue(
    template: str,
    *,
    recipient: str | None,
    recipient_name: str = "",
    booking_id: UUID | None = None,
    user_id: UUID | None = None,
    data: dict[str, Any] | None = None,
    once_key: str | None = None,
    actor: Actor,
) -> UUID | None:
    """Have a mail sent after the commit; its id, or None without an address or when `once_key` was used.

    `data` holds what the rows do not say: {"payment_id": …} for payment_received, {"note": …} for words of ours.
    """
    _check(template, booking_id, user_id, data)
    if not recipient:
        return None
    values = _row(
        template,
        recipient,
        actor,
        booking_id=booking_id,
        user_id=user_id,
        recipient_name=recipient_name,
        data=data,
        once_key=once_key,
    )
    statement = (
        insert(Message).values(values).on_conflict_do_nothing(index_elements=["tenant_id", "once_key"])
    )
    message_id = db.session.execute(statement.returning(Message.id)).scalar()
    if message_id:
        ring_after_commit("message", message_id)
    return message_id


def queue_with(rows: Together, template: str, recipient: str, actor: Actor, **about: Any) -> None:
    """As `queue`, among the rows of one statement. `about` may be booking_id, user_id, recipient_name and data."""
    _check(template, about.get("booking_id"), about.get("user_id"), about.get("data"))
    values = _row(template, recipient, actor, **about)
    rows.add(Message, values)
    ring_after_commit("message", values["id"])


def _row(
    template: str,
    recipient: str,
    actor: Actor,
    *,
    booking_id: UUID | None = None,
    user_id: UUID | None = None,
    recipient_name: str = "",
    data: dict[str, Any] | None = None,
    once_key: str | None = None,
) -> dict[str, Any]:
    return {
        "tenant_id": current_tenant_id(),
        "id": new_id(),
        "template": template,
        "recipient": recipient,
        "recipient_name": recipient_name,
        "booking_id": booking_id,
        "user_id": user_id,
        "queued_by_id": actor.user_id,
        "data": data or {},
        "once_key": once_key,
    }


def _check(template: str, booking_id: UUID | None, user_id: UUID | None, data: dict[str, Any] | None) -> None:
    about = TEMPLATES[template].about
    request_id = (data or {}).get("corporate_request_id")
    if {"booking": booking_id, "user": user_id, "request": request_id}[about] is None:
        raise ValueError(f"{template} needs a {about}")


# --- What the sending job does with a row ---


def claim(message_id: UUID) -> int | None:
    """Take the message for one try: its number, or None when it is not due, not queued, or somebody else's.

    Commit before sending: whoever dies then leaves a message that is due again after CLAIM.
    """
    statement = (
        update(Message)
        .where(Message.id == message_id, Message.status == "queued", Message.next_attempt_at <= func.now())
        .values(attempts=Message.attempts + 1, next_attempt_at=func.now() + CLAIM)
        .returning(Message.attempts)
    )
    return db.session.execute(statement).scalar()


def mark_sent(message_id: UUID, **as_sent: str | None) -> None:
    """The mail server has it. `as_sent` are subject, body_text, body_html, calendar_file."""
    _update(message_id, status="sent", sent_at=func.now(), last_error=None, **as_sent)


def mark_failed(message_id: UUID, reason: str, *, is_overtaken: bool = False) -> None:
    """No further try will be made; overtaken means that nobody needs to look at it."""
    _update(message_id, status="failed", last_error=reason[:1000], is_overtaken=is_overtaken)


def postpone(message_id: UUID, reason: str) -> bool:
    """Try again later, with growing pauses; False when that was the last try, and the message has failed."""
    attempts = db.session.scalar(select(Message.attempts).where(Message.id == message_id)) or 1
    if attempts >= MAXIMUM_TRIES:
        mark_failed(message_id, reason)
        return False
    _update(message_id, next_attempt_at=func.now() + PAUSES[attempts - 1], last_error=reason[:1000])
    return True


def _update(message_id: UUID, **values: Any) -> None:
    # Only what is still queued: a second worker whose claim ran out must not undo the first one's word.
    table = cast(Table, Message.__table__)
    is_meant = (table.c.id == message_id) & (table.c.status == "queued")
    # Past the ORM: each mail that is sent costs one of these.
    db.session.connection().execute(update(table).where(is_meant).values(**values))


def why_unwanted(message: Message) -> str | None:
    """A sentence when the mail is no longer true, because its booking has moved on meanwhile."""
    wanted = TEMPLATES[message.template].wanted_while
    if not wanted or message.booking_id is None:
        return None
    booking = db.session.get(Booking, message.booking_id)
    status = booking.status if booking else None
    if status in wanted:
        return None
    return f"Not sent: the booking was {(status or 'removed').replace('_', '-')} before this mail went out."


# --- What people do with a row ---


def needs_attention() -> ColumnElement[bool]:
    """The criterion of the work queue: failed or bounced, and not simply overtaken by events."""
    return and_(Message.status.in_(("failed", "bounced")), Message.is_overtaken.is_(False))


def list_failed(at_most: int) -> Sequence[Message]:
    """Those of the work queue, the latest first."""
    wanted = select(Message).where(needs_attention()).order_by(Message.created_at.desc(), Message.id)
    return db.session.scalars(wanted.limit(at_most)).all()


def resend(message_id: UUID, actor: Actor) -> UUID:
    """Send again: a failed one is queued once more, of a sent or bounced one a new copy; the id of that row.

    Raises Forbidden, NotFound, Refused for one that is still queued.
    """
    actor.require("message.send")
    message = get(message_id)
    if message.status == "queued":
        raise Refused("still_queued", "This mail is still waiting to be sent.")
    if message.status == "failed":
        return _queue_again(message, actor)
    return _queue_copy(message, actor)


def _queue_again(message: Message, actor: Actor) -> UUID:
    audit.record(actor, "message:resend", message, old={"status": message.status}, new={"status": "queued"})
    message.status, message.attempts, message.is_overtaken = "queued", 0, False
    message.next_attempt_at = func.now()
    ring_after_commit("message", message.id)
    return message.id


def _queue_copy(message: Message, actor: Actor) -> UUID:
    copy_id = queue(
        message.template,
        recipient=message.recipient,
        recipient_name=message.recipient_name,
        booking_id=message.booking_id,
        user_id=message.user_id,
        data=message.data,
        actor=actor,
    )
    if copy_id is None:
        raise Refused("no_address", "This mail has no address to go to.")
    audit.record(actor, "message:resend", message, new={"copy_id": copy_id})
    return copy_id


def mark_bounced(message_id: UUID, actor: Actor, *, reason: str = "") -> None:
    """Note that a sent mail came back. Raises Forbidden, NotFound, Refused unless it was sent."""
    actor.require("message.send")
    message = get(message_id)
    check_move("message", message.status, "bounced")
    audit.record(
        actor,
        "message:bounce",
        message,
        old={"status": message.status},
        new={"status": "bounced", "reason": reason},
    )
    message.status, message.last_error = "bounced", (reason or "Came back as undeliverable.")[:1000]


def get(message_id: UUID) -> Message:
    """The message; raises NotFound."""
    message = db.session.scalar(select(Message).where(Message.id == message_id))
    if message is None:
        raise NotFound("This message does not exist.")
    return message
