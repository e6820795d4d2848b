"""What customers change themselves, by the rules of `policy`: names, another date, cancelling. The money follows.

Each act is one transaction, and is refused when it is no longer what the page had shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db, lock_rows
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, Invalid, NotFound, Refused
from backoffice.models import Allocation, Attendee, Booking, Payment, Schedule
from backoffice.services import catalogue, giving_back, ledger
from backoffice.services.bookings import AttendeeIn, changing, moving, naming
from backoffice.services.bookings.moving import NEW, Move
from backoffice.services.giving_back import GiveBack
from backoffice.services.my import policy

REASON = "Cancelled by the customer"
CHEAPER = "Moved to a cheaper date by the customer"
# The rules decide, so nobody has to approve; above the provider's limit somebody still does.
BY_THE_RULES = Actor("system", name="By the rules")
OTHER_AMOUNT = "The amount has changed meanwhile. Please look at it again."


@dataclass(frozen=True)
class Cancelling:
    """Which places, none for all of them, and what the page said would come back (minor units)."""

    attendee_ids: tuple[UUID, ...] = ()
    seen_minor: int | None = None


@dataclass(frozen=True)
class Moving:
    """Where to, and what the page said the booking would cost there (minor units)."""

    schedule_id: UUID
    seen_minor: int | None = None


@dataclass(frozen=True)
class NewName:
    """Who has a place; `is_correction`: the same person spelled right, so that what is known of them stays."""

    who: AttendeeIn
    is_correction: bool = False


# --- Cancelling ---


def cancel(booking_id: UUID, wanted: Cancelling, actor: Actor, now: datetime | None = None) -> Booking:
    """Cancel places and give back what the rules say. Who asks twice finds it done.

    The caller has seen to it that it is the actor's booking. Raises Changed, Invalid, NotFound, Refused.
    """
    now = now or datetime.now(UTC)
    booking = _locked(booking_id)
    places = policy.leaving(booking, wanted.attendee_ids)
    if booking.status == "cancelled" or _are_gone(booking, wanted.attendee_ids):
        return booking
    if len(places) < len(set(wanted.attendee_ids)):
        raise Invalid("attendees", "One of these places was cancelled meanwhile.", field="attendees")
    _allow(policy.may_do(booking, catalogue.current_tenant(), now).no_cancelling)
    back = policy.back(booking, places, now)
    if wanted.seen_minor not in (None, back.amount_minor):
        raise Changed(OTHER_AMOUNT)
    ids = [place.id for place in places]
    changing.cancel_attendees(booking.id, ids, REASON, policy.mandate(actor))
    if back.amount_minor:
        _give_back(booking, ids, back.amount_minor, now)
    return booking


def _are_gone(booking: Booking, attendee_ids: Sequence[UUID]) -> bool:
    """Whether all that are named were cancelled already: the form was sent twice."""
    gone = {place.id for place in booking.attendees if place.cancelled_at}
    return bool(attendee_ids) and set(attendee_ids) <= gone


def _give_back(booking: Booking, ids: Sequence[UUID], amount_minor: int, now: datetime) -> None:
    giving_back.give_back(
        GiveBack(
            reason=REASON,
            booking_id=booking.id,
            amount_minor=amount_minor,
            attendee_ids=tuple(ids) if len(ids) == 1 else (),
            key=f"my:{booking.id}:{booking.calendar_sequence}",
        ),
        BY_THE_RULES,
        now,
    )


def _locked(booking_id: UUID) -> Booking:
    """The booking and its payments, taken in the order in which giving back takes them."""
    paid = select(Allocation.payment_id).where(Allocation.booking_id == booking_id)
    lock_rows(Payment, Payment.id.in_(db.session.scalars(paid).all()))
    booking = ledger.lock_booking(booking_id)
    lock_rows(Attendee, Attendee.booking_id == booking_id)
    return booking


def _allow(reason: str | None) -> None:
    if reason:
        raise Refused("not_by_oneself", reason)


# --- Moving ---


def move(booking_id: UUID, wanted: Moving, actor: Actor, now: datetime | None = None) -> Booking:
    """Move to another date of the same course at its price: more becomes due, less goes back the way it came.

    Who asks twice finds it done. Raises Changed, NotFound, Refused (fully_booked, not_on_sale …).
    """
    now = now or datetime.now(UTC)
    booking = _locked(booking_id)
    if booking.schedule_id == wanted.schedule_id:
        return booking
    _allow(policy.may_do(booking, catalogue.current_tenant(), now).no_move)
    _check_target(booking, wanted.schedule_id)
    before, old_total = _shares(booking.id), booking.total_minor
    moving.move(booking.id, Move(wanted.schedule_id, NEW), policy.mandate(actor))
    db.session.refresh(booking)
    if wanted.seen_minor not in (None, booking.total_minor):
        raise Changed(OTHER_AMOUNT)
    _give_back_difference(booking, before, old_total - booking.total_minor, now)
    return booking


def _check_target(booking: Booking, schedule_id: UUID) -> None:
    """Only a date that everybody may see, of the same course."""
    date = db.session.scalar(select(Schedule).where(Schedule.id == schedule_id))
    if date is None or date.is_private or date.course_id != booking.schedule.course_id:
        raise NotFound("This date does not exist.")
    if date.pricing == "on_request":
        raise Refused("on_request", "The price of this date is given on request. Please call or write to us.")


def _shares(booking_id: UUID) -> dict[UUID, int]:
    """How much of each payment pays the booking (minor units), the newest payment first."""
    rows = db.session.execute(
        select(Allocation.payment_id, Allocation.amount_minor)
        .where(Allocation.booking_id == booking_id)
        .order_by(Allocation.payment_id.desc())
    )
    return {row.payment_id: row.amount_minor for row in rows}


def _give_back_difference(booking: Booking, before: dict[UUID, int], less_minor: int, now: datetime) -> None:
    """What the move made cheaper (minor units), out of what it took off each payment of this booking.

    A fee that was kept, or money that the office is still deciding about, lay there before: it stays left over.
    """
    after = _shares(booking.id)
    for payment_id, amount in before.items():
        part = min(amount - after.get(payment_id, 0), less_minor)
        if part > 0:
            key = f"my:{booking.calendar_sequence}:{payment_id}:{booking.id.hex[-8:]}"
            wanted = GiveBack(reason=CHEAPER, payment_id=payment_id, amount_minor=part, key=key)
            giving_back.give_back(wanted, BY_THE_RULES, now)
            less_minor -= part


# --- Names ---


def name_place(
    booking_id: UUID, attendee_id: UUID, wanted: NewName, actor: Actor, now: datetime | None = None
) -> Attendee:
    """Say who has a place: a missing name until the date begins, a given one until the provider's deadline.

    Raises Invalid, NotFound, Refused.
    """
    now = now or datetime.now(UTC)
    booking = _locked(booking_id)
    place = next((each for each in booking.active_attendees if each.id == attendee_id), None)
    if place is None:
        raise NotFound("This place does not exist, or was cancelled.")
    naming.check_name(wanted.who)
    if _says_so_already(place, wanted):
        return place
    if not place.name:
        return naming.give_names(booking_id, {attendee_id: wanted.who}, actor, now)[0]
    _allow(policy.may_do(booking, catalogue.current_tenant(), now).no_new_name)
    if not wanted.is_correction:
        naming.check_birth(booking, wanted.who)
        naming.check_prepared(booking, wanted.who)
    who = _kept(place, wanted.who) if wanted.is_correction else wanted.who
    return changing.rename_attendee(booking_id, attendee_id, who, policy.mandate(actor))


def _says_so_already(place: Attendee, wanted: NewName) -> bool:
    """The form was sent twice; of somebody else nothing may be left of who was there before."""
    who = wanted.who
    is_same = (place.first_name, place.last_name) == (who.first_name, who.last_name)
    if wanted.is_correction:
        return is_same and who.email in (None, place.email)
    born = who.birth_date.isoformat() if who.birth_date else None
    return is_same and (place.email, place.birth_date, place.requirements) == (
        who.email,
        born,
        who.requirements,
    )


def _kept(place: Attendee, who: AttendeeIn) -> AttendeeIn:
    """The same person: what is known of them, and not shown, stays."""
    born = date.fromisoformat(place.birth_date) if place.birth_date else None
    return replace(
        who,
        email=who.email or place.email,
        phone=place.phone,
        birth_date=born,
        requirements=place.requirements,
        is_prepared=place.prerequisites_at is not None,
    )
