"""To another date: the places move, and the price stays by word or is quoted anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import date as day
from uuid import UUID

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.booking_rules import RuleTerms, applicable_offers
from backoffice.domain.errors import Invalid, Refused
from backoffice.domain.pricing import Offer, Quote
from backoffice.domain.text import clean_line
from backoffice.models import Booking, DiscountCode, Tenant
from backoffice.services import attendee_mail, audit, ledger, live, waiting_turn
from backoffice.services.bookings import checks
from backoffice.services.bookings.changing import get
from backoffice.services.bookings.confirming import confirm_if_paid, tell
from backoffice.services.bookings.loyalty import past_courses
from backoffice.services.bookings.quoting import DateOnSale, get_date, price
from backoffice.tenancy import current_tenant_id

KEEP = "keep"
NEW = "new"


@dataclass(frozen=True)
class Move:
    """Where to, and at which price: `keep` the old one (with a reason) or take the `new` one."""

    schedule_id: UUID
    price: str = NEW
    reason: str = ""
    override_reason: str | None = None
    send_mail: bool = True


def move(booking_id: UUID, wanted: Move, actor: Actor, *, version: int | None = None) -> Booking:
    """Move a pending or confirmed booking with all its live places.

    With the new price the difference becomes due, or the customer's unallocated money; with the old one the
    difference stands as an adjustment with its reason. Raises Refused (fully_booked, started, same_date …).
    """
    actor.require("booking.move")
    booking = get(booking_id, version)
    date = _target(booking, wanted, actor)
    checks.lock_dates(booking.schedule_id, wanted.schedule_id)
    waiting_turn.places_freed(booking.schedule_id)
    old = {"starts_at": booking.starts_at, "total_minor": booking.total_minor}
    _reprice(booking, date, wanted)
    live.touch(booking.schedule_id, wanted.schedule_id)
    booking.schedule_id = wanted.schedule_id
    booking.calendar_sequence += 1
    if booking.hold_expires_at:
        booking.hold_expires_at = min(booking.hold_expires_at, date.schedule.starts_at)
    db.session.flush()
    db.session.expire(booking)
    released = ledger.release_surplus(booking, actor)
    new = {"starts_at": booking.starts_at, "total_minor": booking.total_minor, "price": wanted.price}
    new |= {"reason": booking.adjustment_reason} if wanted.price == KEEP else {}
    new |= {"unallocated_minor": released} if released else {}
    audit.record(actor, "booking:move", booking, old=old, new=new)
    confirm_if_paid(booking, actor, datetime.now(UTC))
    if wanted.send_mail:
        tell(booking, "booking_changed", actor)
        attendee_mail.tell("date_changed", [booking.id], actor)
    return booking


def _target(booking: Booking, wanted: Move, actor: Actor) -> DateOnSale:
    if booking.status not in ("pending", "confirmed"):
        raise Refused("not_live", f"This booking is {booking.status.replace('_', ' ')}: it cannot be moved.")
    if wanted.schedule_id == booking.schedule_id:
        raise Refused("same_date", "The booking is on this date already.", field="schedule_id")
    if wanted.price not in (KEEP, NEW):
        raise Invalid("price", "Choose the old or the new price.", field="price")
    tenant = db.session.get_one(Tenant, current_tenant_id())
    date = get_date(wanted.schedule_id, tenant)
    if date.schedule.currency != booking.currency:
        raise Refused("currency", "This date is sold in another currency.", field="schedule_id")
    checks.check_open(date, actor, datetime.now(UTC))
    checks.check_places(date, booking.seats)
    checks.check_turn(date, booking.seats, actor)
    checks.check_whitelist(date, booking.contact_email, wanted.override_reason, actor)
    _check_ages(booking, date, wanted, actor)
    return date


def _check_ages(booking: Booking, date: DateOnSale, wanted: Move, actor: Actor) -> None:
    if not date.schedule.minimum_age:
        return  # nothing to decrypt
    births = [each.birth_date for each in booking.active_attendees]
    known = [born and day.fromisoformat(born) for born in births]
    try:
        checks.check_ages(date, known, wanted.override_reason, actor)
    except Invalid as error:  # the form asks for a date, not for attendees
        raise Refused(error.code, error.message, field="schedule_id") from error


def _reprice(booking: Booking, date: DateOnSale, wanted: Move) -> None:
    if wanted.price == KEEP:
        booking.adjustment_reason = clean_line(wanted.reason, field="reason", maximum=500, required=True)
        _keep_price(booking, date.schedule.price_minor or 0)
        return
    attendees = booking.active_attendees
    quoted = quote_there(booking, date, date.rules, past_courses(date.rules, booking.customer_id))
    booking.adjustment_reason = None
    booking.discount_code_id = quoted.offer.code_id if quoted.offer else None
    booking.discount_rule_id = quoted.offer.rule_id if quoted.offer else None
    for attendee, line in zip(attendees, quoted.lines, strict=True):
        attendee.price_minor, attendee.discount_minor = line.price_minor, line.discount_minor
        attendee.adjustment_minor, attendee.vat_rate_bp = 0, line.vat_rate_bp


def quote_there(
    booking: Booking, date: DateOnSale, rules: Sequence[RuleTerms], past: int | None = None
) -> Quote:
    """What the booking's live places cost on another date, with its own code or the best rule (minor units).

    `past` is how many courses its customer has been on: whoever may move a booking is known or has its link.
    """
    places = len(booking.active_attendees)
    offers = applicable_offers(
        rules,
        places=places,
        course_type_id=date.schedule.course_type_id,
        code_offer=_offer_of_code(booking),
        past_courses=past,
    )
    return price(date, places, offers)


def _keep_price(booking: Booking, price_minor: int) -> None:
    for attendee in booking.active_attendees:
        net = attendee.net_minor
        attendee.discount_minor = min(attendee.discount_minor, price_minor)
        attendee.price_minor = price_minor
        attendee.adjustment_minor = net - (price_minor - attendee.discount_minor)


def _offer_of_code(booking: Booking) -> Offer | None:
    """The code it was booked with: it was valid then, and moving is no second use."""
    if booking.discount_code_id is None:
        return None
    code = db.session.get_one(DiscountCode, booking.discount_code_id)
    return Offer(code.kind, code.value, f"Code {code.code}", code_id=code.id)
