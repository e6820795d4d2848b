"""A link of ours that leads whoever has it to pay one booking, or one group of them.

Each booking and each group has one living link; its address holds the secret, of which rows keep a digest and a sealed copy.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.models import Booking, BookingGroup, GatewayAccount, PaymentLink, Tenant
from backoffice.sealing import seal_for
from backoffice.services import audit, gateway_accounts, messages, tenants
from backoffice.services.sign_in import digest
from backoffice.tenancy import current_tenant_id

PAGE = "/pay/"
TOKEN_BYTES = 24
# Longer than any token of ours: not worth looking up.
LONGEST_TOKEN = 100


@dataclass(frozen=True)
class Subject:
    """What a link pays for: the id of a booking, or that of a group."""

    booking_id: UUID | None = None
    group_id: UUID | None = None

    @property
    def values(self) -> dict[str, UUID | None]:
        return {"booking_id": self.booking_id, "booking_group_id": self.group_id}


def make(subject: Subject, actor: Actor, amount_minor: int | None = None) -> PaymentLink:
    """The living link of a booking or a group, made if there is none.

    `amount_minor` (minor units) is asked for now, a deposit when it is less than what is due; None leaves the link
    as it is, and a new one asks for all that is due. Raises Forbidden, Invalid (amount), NotFound, Refused (nothing_due).
    """
    if actor.kind == "user":
        actor.require("payment.take")
    every = _bookings_of(subject)
    due = sum(booking.payable_minor for booking in every)
    if due <= 0:
        raise Refused("nothing_due", "Nothing is due any more: there is nothing to pay by a link.")
    if amount_minor is not None and not 0 < amount_minor <= due:
        raise Invalid("amount", "Ask for an amount above 0, at most what is due.", field="amount")
    is_part = amount_minor is not None and amount_minor < due
    until_paid = paid_for(every) + amount_minor if amount_minor and is_part else None
    _insert(subject, actor, until_paid)
    link = find_living(subject)
    if link is None:
        raise NotFound("This payment link was ended a moment ago.")
    if amount_minor is not None and link.amount_minor != until_paid:
        link.amount_minor = until_paid
        db.session.flush()
        _record(actor, "payment_link:amount", subject, {"amount_minor": amount_minor})
    return link


def paid_for(every: Sequence[Booking]) -> int:
    """What was paid for bookings and not given back (minor units)."""
    return sum(booking.paid_minor - booking.refunded_minor for booking in every)


def _insert(subject: Subject, actor: Actor, until_paid: int | None) -> None:
    """Of two at once one is made, and both find it."""
    if find_living(subject):
        return
    link_id, token = new_id(), secrets.token_urlsafe(TOKEN_BYTES)
    values = subject.values | {
        "tenant_id": current_tenant_id(),
        "id": link_id,
        "token_digest": digest(token),
        "token_sealed": seal_for("payment_links", link_id, "token_sealed", token),
        "amount_minor": until_paid,
        "created_by_id": actor.user_id if actor.kind == "user" else None,
    }
    made = insert(PaymentLink).values(values).on_conflict_do_nothing().returning(PaymentLink.id)
    if db.session.scalar(made):
        _record(actor, "payment_link:make", subject, {"amount_minor": until_paid} if until_paid else {})


def _record(actor: Actor, action: str, subject: Subject, new: dict[str, Any]) -> None:
    """Written in the history of what is paid, where people look."""
    row: Any = (
        db.session.get_one(Booking, subject.booking_id)
        if subject.booking_id
        else db.session.get_one(BookingGroup, subject.group_id)
    )
    audit.record(actor, action, row, new=new)


def subject_of(link: PaymentLink) -> Subject:
    return Subject(link.booking_id, link.booking_group_id)


def bookings_of(link: PaymentLink) -> list[Booking]:
    """What the link is for, as it is now, the earliest date first."""
    return _bookings_of(subject_of(link))


def _bookings_of(subject: Subject) -> list[Booking]:
    """Raises NotFound where there is none."""
    is_meant = (
        Booking.id == subject.booking_id
        if subject.booking_id
        else Booking.booking_group_id == subject.group_id
    )
    wanted = select(Booking).where(is_meant).order_by(Booking.starts_at, Booking.id)
    found = list(db.session.scalars(wanted, execution_options={"populate_existing": True}))
    if not found or (subject.booking_id is None and subject.group_id is None):
        raise NotFound("This booking does not exist.")
    return found


def find_living(subject: Subject) -> PaymentLink | None:
    """The link that works now, or None."""
    is_meant = (
        PaymentLink.booking_id == subject.booking_id
        if subject.booking_id
        else PaymentLink.booking_group_id == subject.group_id
    )
    return db.session.scalar(select(PaymentLink).where(is_meant, PaymentLink.ended_at.is_(None)))


def find(token: str) -> PaymentLink | None:
    """The link with this secret, in the tenant whose host was called; an ended one too."""
    if not 0 < len(token) <= LONGEST_TOKEN:
        return None
    return db.session.scalar(select(PaymentLink).where(PaymentLink.token_digest == digest(token)))


def get(link_id: UUID) -> PaymentLink:
    """The link; raises NotFound."""
    link = db.session.get(PaymentLink, link_id)
    if link is None:
        raise NotFound("This payment link does not exist.")
    return link


def url_of(link: PaymentLink) -> str:
    """The full address, at the tenant's own host. It is a secret: never written into a row or a log."""
    return tenants.base_url(db.session.get_one(Tenant, current_tenant_id())) + PAGE + link.token


def end(link_id: UUID, actor: Actor) -> None:
    """Let the link work no more; whoever has it is told to ask for another. Raises Forbidden, NotFound."""
    actor.require("payment.take")
    link = get(link_id)
    if link.ended_at is None:
        link.ended_at = func.now()
        db.session.flush()
        _record(actor, "payment_link:end", subject_of(link), {})


def mail(link_id: UUID, actor: Actor) -> str:
    """Send the link to the contact; the address it goes to. Raises Forbidden, NotFound, Refused."""
    actor.require("payment.take")
    link = get(link_id)
    if link.ended_at is not None:
        raise Refused("link_ended", "This link was ended: make another one.")
    owing = [booking for booking in bookings_of(link) if booking.payable_minor > 0]
    if not owing:
        raise Refused("nothing_due", "Nothing is due any more: there is nothing to pay by a link.")
    first = owing[0]
    if not first.contact_email:
        raise Refused("no_address", "There is no e-mail address: copy the link, or show its QR code.")
    messages.queue(
        "payment_link",
        recipient=first.contact_email,
        recipient_name=first.contact_name,
        booking_id=first.id,
        user_id=first.customer_id,
        data={"payment_link_id": str(link.id)},
        actor=actor,
    )
    _record(actor, "payment_link:mail", subject_of(link), {"to": first.contact_email})
    return first.contact_email


def accounts_for(currency: str) -> list[GatewayAccount]:
    """The accounts that money of this currency can be paid through. M-Pesa takes Kenyan shillings only."""
    found = gateway_accounts.list_in_use()
    return [each for each in found if each.gateway != "mpesa" or currency == "KES"]


def require_account(currency: str) -> None:
    """Raises Refused when nobody could pay through a link."""
    if not accounts_for(currency):
        raise Refused(
            "no_account",
            "No payment gateway is set up: an administrator enters its keys in Settings.",
            field="payment_method",
        )
