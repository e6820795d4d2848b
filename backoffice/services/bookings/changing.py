"""What happens to a booking after it was placed, apart from another date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, Invalid, NotFound, Refused
from backoffice.domain.statuses import check_move
from backoffice.domain.text import (
    clean_block,
    clean_email,
    clean_line,
    clean_phone,
    refuse_card_number,
)
from backoffice.models import Attendee, Booking, Tenant
from backoffice.services import attendee_mail, audit, live, registers, waiting_turn
from backoffice.services.bookings import checks
from backoffice.services.bookings.confirming import confirm_if_paid, make_firm, tell
from backoffice.services.bookings.order import AttendeeIn
from backoffice.services.bookings.placing import clean_attendee
from backoffice.services.bookings.quoting import get_date
from backoffice.tenancy import current_tenant_id


def get(booking_id: UUID, version: int | None = None) -> Booking:
    """The booking, as the asker saw it last. Raises NotFound; Changed when somebody was quicker."""
    booking = db.session.get(Booking, booking_id)
    if booking is None:
        raise NotFound("This booking does not exist.")
    if version is not None and booking.version != version:
        raise Changed()
    return booking


def confirm(booking_id: UUID, actor: Actor, *, version: int | None = None, send_mail: bool = True) -> Booking:
    """Make a pending booking firm although it is not paid: on somebody's word."""
    actor.require("booking.edit")
    booking = get(booking_id, version)
    make_firm(booking, actor, datetime.now(UTC), send_mail=send_mail)
    return booking


def cancel(
    booking_id: UUID, reason: str, actor: Actor, *, version: int | None = None, send_mail: bool = True
) -> Booking:
    """Cancel the whole booking; its places are free at the commit. Money is another act: a refund."""
    actor.require("booking.cancel")
    booking = get(booking_id, version)
    check_move("booking", booking.status, "cancelled")
    old = booking.status
    booking.status, booking.hold_expires_at = "cancelled", None
    booking.cancelled_at = datetime.now(UTC)
    booking.cancellation_reason = _reason(reason)
    booking.calendar_sequence += 1
    db.session.flush()
    live.touch(booking.schedule_id)
    new = {"status": "cancelled", "reason": booking.cancellation_reason}
    audit.record(actor, "booking:cancel", booking, old={"status": old}, new=new)
    waiting_turn.places_freed(booking.schedule_id)
    if send_mail:
        tell(booking, "booking_cancelled", actor)
        attendee_mail.tell("place_cancelled", [booking.id], actor)
    return booking


def _reason(text: str) -> str:
    reason = clean_line(text, field="reason", maximum=500, required=True)
    refuse_card_number(reason, field="reason")
    return reason


def cancel_attendees(
    booking_id: UUID,
    attendee_ids: Sequence[UUID],
    reason: str,
    actor: Actor,
    *,
    version: int | None = None,
    send_mail: bool = True,
) -> Booking:
    """Cancel single places: each takes its own line off the total; the last one cancels the booking.

    The discount of those who stay is kept (docs/money.md).
    """
    actor.require("booking.cancel")
    booking = get(booking_id, version)
    _must_live(booking)
    leaving = [attendee for attendee in booking.active_attendees if attendee.id in set(attendee_ids)]
    if len(leaving) != len(set(attendee_ids)) or not leaving:
        raise Invalid("attendees", "Choose at least one place that is not cancelled yet.", field="attendees")
    if len(leaving) == len(booking.active_attendees):
        return cancel(booking_id, reason, actor, send_mail=send_mail)
    old_total, now = booking.total_minor, datetime.now(UTC)
    for attendee in leaving:
        attendee.cancelled_at, attendee.cancellation_reason = now, _reason(reason)
    booking.calendar_sequence += 1
    db.session.flush()
    live.touch(booking.schedule_id)
    db.session.refresh(booking)
    names = [str(attendee) for attendee in leaving]
    audit.record(
        actor,
        "booking:cancel_places",
        booking,
        old={"total_minor": old_total},
        new={"total_minor": booking.total_minor, "cancelled": names, "reason": _reason(reason)},
    )
    waiting_turn.places_freed(booking.schedule_id)
    confirm_if_paid(booking, actor, now)  # what is left may have been paid already
    if send_mail:
        tell(booking, "booking_changed", actor)
        gone = [attendee.id for attendee in leaving]
        attendee_mail.tell("place_cancelled", [booking.id], actor, attendee_ids=gone)
    return booking


def _must_live(booking: Booking) -> None:
    if booking.status not in ("pending", "confirmed"):
        raise Refused(
            "not_live", f"This booking is {booking.status.replace('_', ' ')}: it cannot be changed."
        )


def rename_attendee(
    booking_id: UUID, attendee_id: UUID, who: AttendeeIn, actor: Actor, *, version: int | None = None
) -> Attendee:
    """Say who has a place: all of `who` is set, what is empty there is emptied.

    Raises Invalid for somebody too young, unless the booking was taken against that rule; and for a known person
    who is on the date already.
    """
    actor.require("booking.edit")
    booking = get(booking_id, version)
    attendee = next((each for each in booking.attendees if each.id == attendee_id), None)
    if attendee is None or attendee.cancelled_at:
        raise NotFound("This place does not exist, or was cancelled.")
    tenant = db.session.get_one(Tenant, current_tenant_id())
    who = clean_attendee(who, tenant.country)
    check_age(booking, attendee, who, tenant)
    before, after = put_person(attendee, who)
    if who.is_customer:
        attendee.user_id = booking.customer_id
    after |= note_prepared(booking, attendee, who, datetime.now(UTC))
    touch(booking)
    audit.record(actor, "booking:rename", booking, old=before, new=after | {"place": attendee.position})
    if "email" in after:
        attendee_mail.tell_late(attendee, booking, actor)
    return attendee


def put_person(attendee: Attendee, who: AttendeeIn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set all that is said of somebody (cleaned already); what was and what is, for the audit."""
    new: dict[str, Any] = {name: getattr(who, name) for name in ("first_name", "last_name", "email", "phone")}
    before, after = audit.differences({name: getattr(attendee, name) for name in new}, new)
    if "first_name" in after or "last_name" in after:
        attendee.user_id = None  # another person: nobody has proved to be it
        attendee.prerequisites_at = None
    for name, value in after.items():
        setattr(attendee, name, value)
    return before, after | _set_sealed(attendee, who)


def note_prepared(booking: Booking, place: Attendee, who: AttendeeIn, now: datetime) -> dict[str, str]:
    """Keep that it was said (UTC); for the history, of what."""
    wanted = booking.schedule.course.prerequisites
    if not wanted or not who.is_prepared:
        return {}
    place.prerequisites_at = now
    return {"prerequisites": wanted}


def check_age(booking: Booking, attendee: Attendee, who: AttendeeIn, tenant: Tenant) -> None:
    """Raises Invalid for somebody too young, unless the booking was taken against that rule."""
    if _iso(who) == attendee.birth_date or booking.override_reason:
        return
    date = get_date(booking.schedule_id, tenant)
    if checks.is_too_young(date, who.birth_date):
        sentence = f"Attendees must be {date.schedule.minimum_age} on the day of the course."
        raise Invalid("too_young", sentence, field="birth_date")


def _set_sealed(attendee: Attendee, who: AttendeeIn) -> dict[str, str]:
    """Set what is encrypted, where it differs; returns that it changed, not to what."""
    changed = dict[str, str]()
    for name, value in (("birth_date", _iso(who)), ("requirements", who.requirements)):
        if getattr(attendee, name) != value:
            setattr(attendee, name, value)
            changed[name] = audit.HIDDEN
    return changed


def _iso(who: AttendeeIn) -> str | None:
    return who.birth_date.isoformat() if who.birth_date else None


def touch(booking: Booking) -> None:
    """A change of its parts is a change of the booking: the next who saves an older view is told."""
    booking.updated_at = func.now()
    db.session.flush()


@dataclass(frozen=True)
class BookingEdit:
    """What may be corrected without touching places or money; None leaves a value alone."""

    contact_first_name: str | None = None
    contact_last_name: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    purchase_order: str | None = None
    notes: str | None = None
    special_requirements: str | None = None


def edit(booking_id: UUID, wanted: BookingEdit, actor: Actor, *, version: int | None = None) -> Booking:
    """Correct contact, purchase order, notes and requirements; "" empties a value. Raises Invalid, Changed."""
    actor.require("booking.edit")
    booking = get(booking_id, version)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    new = {name: value for name, value in _cleaned(wanted, tenant.country).items() if value is not None}
    plain = {name: value or None for name, value in new.items() if name != "special_requirements"}
    for name in ("contact_first_name", "contact_last_name"):
        if name in plain:
            plain[name] = plain[name] or ""
    old = {name: getattr(booking, name) for name in plain}
    for name, value in plain.items():
        setattr(booking, name, value)
    before, after = audit.differences(old, plain)
    if "special_requirements" in new and (booking.special_requirements or "") != new["special_requirements"]:
        booking.special_requirements = new["special_requirements"] or None
        after["special_requirements"] = audit.HIDDEN
    if after:
        touch(booking)
        audit.record(actor, "booking:edit", booking, old=before, new=after)
    return booking


def _cleaned(wanted: BookingEdit, country: str) -> dict[str, str | None]:
    def line(value: str | None, field: str, maximum: int) -> str | None:
        return None if value is None else clean_line(value, field=field, maximum=maximum)

    def block(value: str | None, field: str) -> str | None:
        if value is None:
            return None
        refuse_card_number(value, field=field)
        return clean_block(value, field=field, maximum=2000)

    email, phone = wanted.contact_email, wanted.contact_phone
    return {
        "contact_first_name": line(wanted.contact_first_name, "contact_first_name", 100),
        "contact_last_name": line(wanted.contact_last_name, "contact_last_name", 100),
        "contact_email": email and (clean_email(email, field="contact_email") or ""),
        "contact_phone": phone and (clean_phone(phone, country, field="contact_phone") or ""),
        "purchase_order": line(wanted.purchase_order, "purchase_order", 60),
        "notes": block(wanted.notes, "notes"),
        "special_requirements": block(wanted.special_requirements, "special_requirements"),
    }


def mark_no_show(booking_id: UUID, actor: Actor, *, version: int | None = None) -> Booking:
    """Nobody came: allowed once the date has begun. Also corrects a booking that was completed."""
    return _mark(booking_id, "no_show", actor, version)


def mark_completed(booking_id: UUID, actor: Actor, *, version: int | None = None) -> Booking:
    """They came: allowed once the date has begun. Also corrects a no-show."""
    return _mark(booking_id, "completed", actor, version)


def _mark(booking_id: UUID, status: str, actor: Actor, version: int | None) -> Booking:
    actor.require("register.mark")
    booking = get(booking_id, version)
    if booking.starts_at > datetime.now(UTC):
        raise Refused("too_early", "The date has not begun: attendance is marked from its start on.")
    check_move("booking", booking.status, status)
    old = booking.status
    registers.agree(booking, status, actor, datetime.now(UTC))
    if booking.status == status:  # the register of a completed date had it follow
        return booking
    booking.status = status
    db.session.flush()
    audit.record(actor, f"booking:{status}", booking, old={"status": old}, new={"status": status})
    return booking
