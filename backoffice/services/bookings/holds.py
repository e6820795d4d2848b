"""How long a pending booking keeps its places, and what happens when that is over."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.booking_rules import check_hold, default_hold
from backoffice.domain.errors import Refused
from backoffice.models import Allocation, Booking, BookingDraft, Payment, Schedule, Tenant
from backoffice.services import audit, live, waiting_turn, work_items
from backoffice.services.bookings.changing import get
from backoffice.services.bookings.confirming import tell
from backoffice.tenancy import current_tenant_id


def extend_hold(booking_id: UUID, until: datetime, actor: Actor, *, version: int | None = None) -> Booking:
    """Keep the places of a pending booking until another time (UTC), never past the start."""
    actor.require("booking.edit")
    booking = get(booking_id, version)
    if booking.status != "pending":
        raise Refused("not_pending", "Only a pending booking is held.")
    old = booking.hold_expires_at
    booking.hold_expires_at = check_hold(until, datetime.now(UTC), booking.starts_at)
    db.session.flush()
    audit.record(actor, "booking:hold", booking, old={"hold_expires_at": old}, new={"hold_expires_at": until})
    return booking


def hold_for_transfer(booking: Booking, actor: Actor, now: datetime) -> None:
    """Where nobody takes money online: the places are held for the provider's days, and the mail says how to pay."""
    tenant = db.session.get_one(Tenant, current_tenant_id())
    until = default_hold(now, booking.starts_at, tenant.hold_days)
    old = {"payment_method": booking.payment_method, "hold_expires_at": booking.hold_expires_at}
    booking.payment_method, booking.hold_expires_at = "bank_transfer", until
    db.session.flush()
    new = {"payment_method": "bank_transfer", "hold_expires_at": until}
    audit.record(actor, "booking:hold", booking, old=old, new=new)
    tell(booking, "booking_received", actor)


def a_day_longer(schedule: Schedule, now: datetime) -> datetime:
    """A day from now, never past the start (UTC): what the form offers."""
    return min(now + timedelta(days=1), schedule.starts_at)


def release_ended_hold(booking_id: UUID, actor: Actor) -> bool:
    """Give the places of an ended hold back, once; False when it was paid, confirmed or prolonged meanwhile.

    A hold with money on it is not ended by a machine: somebody looks at it. One whose payment page is still open
    waits until the gateway has closed it.
    """
    booking = _expire(booking_id, actor, Booking.hold_expires_at <= func.now())
    if booking is None:
        _ask_about_part_paid(booking_id)
        return False
    if waiting_turn.was_offer(booking_id):
        tell(booking, "waiting_lapsed", actor)
    elif not _was_never_agreed(booking_id):
        tell(booking, "hold_ended", actor)
    return True


def let_go(booking_id: UUID, actor: Actor) -> bool:
    """Give the places of a hold back before its time, without a word; False when it was paid, or may be just now."""
    return _expire(booking_id, actor) is not None


def _expire(booking_id: UUID, actor: Actor, *more: ColumnElement[bool]) -> Booking | None:
    """End a pending booking without money, as it is now; None when there is none."""
    changed = db.session.execute(
        update(Booking)
        .where(
            Booking.id == booking_id,
            Booking.status == "pending",
            Booking.paid_minor == Booking.refunded_minor,
            ~_may_still_be_paid(),
            *more,
        )
        .values(status="expired", hold_expires_at=None, version=Booking.version + 1)
        .returning(Booking.id),
        execution_options={"synchronize_session": False},
    ).scalar()
    if changed is None:
        return None
    booking = db.session.scalars(
        select(Booking).where(Booking.id == booking_id), execution_options={"populate_existing": True}
    ).one()
    live.touch(booking.schedule_id)
    audit.record(actor, "booking:expire", booking, old={"status": "pending"}, new={"status": "expired"})
    waiting_turn.places_freed(booking.schedule_id)
    return booking


def _was_never_agreed(booking_id: UUID) -> bool:
    """A hold of the public site whose visitor went away before the end: nobody proved that the address is theirs."""
    is_open = BookingDraft.accepted_at.is_(None)
    wanted = select(BookingDraft.id).where(BookingDraft.booking_id == booking_id, is_open)
    return db.session.scalar(wanted) is not None


def _may_still_be_paid() -> ColumnElement[bool]:
    attempt = select(Allocation.id).join(Payment, Payment.id == Allocation.payment_id)
    return attempt.where(
        Allocation.booking_id == Booking.id,
        Payment.status.in_(("pending", "processing")),
        Payment.gateway_account_id.is_not(None),
    ).exists()


def _ask_about_part_paid(booking_id: UUID) -> None:
    held = db.session.scalars(
        select(Booking)
        .where(
            Booking.id == booking_id,
            Booking.status == "pending",
            Booking.hold_expires_at <= func.now(),
            Booking.paid_minor > Booking.refunded_minor,
        )
        .with_for_update(key_share=True)
    ).first()
    if held is None:
        return
    held.hold_expires_at = None
    db.session.flush()
    work_items.add(
        "hold_with_money",
        held,
        f"The hold of {held.reference} ended, but part of it is paid: confirm or refund it.",
    )
