"""Holding the places: the booking as it will be, pending for a quarter of an hour, before anything is agreed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, text

from backoffice.database import db
from backoffice.domain import web_holds
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, Refused
from backoffice.models import Booking, BookingDraft, Tenant
from backoffice.services import bookings
from backoffice.services.bookings import Order
from backoffice.services.customers import CustomerIn
from backoffice.services.web_bookings import links
from backoffice.services.web_bookings.drafts import DraftKey, save
from backoffice.services.web_bookings.offering import DateForSale
from backoffice.services.web_bookings.reading import Proved, read
from backoffice.services.web_bookings.standing import Standing, standing_of
from backoffice.services.web_bookings.typed import Typed
from backoffice.tenancy import current_tenant_id

# The field of an order -> the field of the form.
FIELDS = {"attendees": "people", "places": "places", "company": "company_name", "schedule_id": ""}
CODE_REFUSED = "This code cannot be used for this booking."
TOO_MANY = (
    "You can hold at most {most} of the {capacity} places of this date at a time. "
    "Book fewer places, or ask us for a course of your own."
)
HELD_OFTEN = (
    "Places of this date were held for you before and not booked. Please call or write to us to book them."
)
BEING_PAID = "A payment for this booking is under way: finish it, or try again in half an hour."


def hold(
    key: DraftKey,
    typed: Typed,
    date: DateForSale,
    actor: Actor,
    *,
    proved: Proved | None = None,
    now: datetime | None = None,
) -> Standing:
    """Hold the places for what was typed; the same again is the same booking, anything else takes its place.

    The places of the hold before are free within the same transaction, so that a change never loses them: where the
    new one is refused, the old one stays. Raises Invalid on the fields of the form, Refused, TooMany.
    """
    now = now or datetime.now(UTC)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    draft = save(key, typed)
    standing = standing_of(draft, now)
    if standing.stage == "firm" or is_same(draft, standing, typed):
        return standing
    customer, people = read(typed, date.course, tenant, proved)
    # Before anything that takes the date's row: whose turn it is waits for nobody who waits for that.
    _take_turns(key.schedule_id, draft.address_digest.hex(), customer.email or "")
    given_back = _give_back(standing, actor)
    _check_share(draft, date, typed.places, customer)
    order = replace(_order(draft, typed, date, now), customer=customer, attendees=tuple(people))
    placed = _place(replace(order, gives_back=given_back), actor, now)
    draft.booking_id, draft.revision, draft.accepted_at = placed.booking_id, draft.revision + 1, None
    draft.held_digest = typed.digest
    db.session.flush()
    return Standing("held", held_until=placed.hold_expires_at, booking_id=placed.booking_id)


def _order(draft: BookingDraft, typed: Typed, date: DateForSale, now: datetime) -> Order:
    """What is asked for, as the public site asks; the key is the draft's, of this row and this change of it."""
    return Order(
        schedule_id=date.schedule.id,
        places=typed.places,
        customer=CustomerIn(),
        payment_method="payment_link",
        source="web",
        hold_until=web_holds.ends_at(now, date.schedule.starts_at),
        discount_code=typed.discount_code or None,
        purchase_order=typed.purchase_order or None,
        special_requirements=typed.special_requirements or None,
        idempotency_key=f"{_keys_of(draft)}{draft.created_at:%y%m%d%H%M%S%f}:{draft.revision + 1}",
        is_hold=True,
    )


def is_same(draft: BookingDraft, standing: Standing, typed: Typed) -> bool:
    """Whether just this is held already: a double click, a reload, or back and on again."""
    return standing.is_held and draft.held_digest == typed.digest


def _place(order: Order, actor: Actor, now: datetime) -> bookings.Placed:
    try:
        return bookings.place(order, actor, now)
    except Invalid as error:
        raise in_words_of_the_form(error) from error


def in_words_of_the_form(error: Invalid) -> Invalid:
    """The same beside the fields of the form; all codes that cannot be used are refused alike (D9)."""
    if error.field == "discount_code":
        return Invalid("code_refused", CODE_REFUSED, field="discount_code")
    fields = {_field(name): sentence for name, sentence in error.fields.items()}
    return Invalid.of(fields) if fields else error


def _field(name: str) -> str:
    first, dot, rest = name.partition(".")
    return FIELDS.get(first, first) + dot + rest


def _give_back(standing: Standing, actor: Actor) -> int:
    """End the hold before this one. Its places (how many), and its use of a code, count as free from here on."""
    booking = standing.booking
    if booking is None or standing.stage == "gone":
        return 0
    links.end_of(booking.id)
    if booking.status != "pending":
        return 0
    seats = booking.seats
    if not bookings.let_go(booking.id, actor):
        raise Refused("being_paid", BEING_PAID)
    db.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    db.session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    return seats


def _check_share(draft: BookingDraft, date: DateForSale, places: int, customer: CustomerIn) -> None:
    """No visitor empties a date with holds. Raises Refused."""
    schedule, most = date.schedule, web_holds.share(date.schedule.capacity)
    by_address, by_email, remembered = _held(draft, schedule.id, customer.email)
    if max(by_address, by_email) + places > most:
        raise Refused("too_many_held", TOO_MANY.format(most=most, capacity=schedule.capacity), field="places")
    if remembered + places > web_holds.lapsed_share(schedule.capacity):
        raise Refused("held_often", HELD_OFTEN, field="places")


def _take_turns(schedule_id: UUID, *whose: str) -> None:
    """Whoever asks from the same address, or with the same e-mail, for the same date comes one by one until the commit.

    Always in the same order, so that nobody waits in a circle.
    """
    locks = [func.pg_advisory_xact_lock(func.hashtextextended(f"{schedule_id}/{who}", 0)) for who in whose]
    db.session.execute(select(*locks))


def _held(draft: BookingDraft, schedule_id: UUID, email: str | None) -> tuple[int, int, int]:
    """Places of a date held unpaid from this address, with this e-mail, and held or let lapse from here lately.

    Of this draft itself only what it let lapse: the hold that it has, or has just given back, is about to be another.
    """
    is_here = BookingDraft.address_digest == draft.address_digest
    is_pending = Booking.status == "pending"
    is_recent = Booking.booked_at > func.now() - web_holds.MEMORY
    sums = (
        func.coalesce(func.sum(Booking.seats).filter(is_here, is_pending), 0),
        func.coalesce(func.sum(Booking.seats).filter(Booking.contact_email == email, is_pending), 0),
        func.coalesce(func.sum(Booking.seats).filter(or_(is_here, _lapsed(draft)), is_recent), 0),
    )
    found = db.session.execute(
        select(*sums)
        .outerjoin(BookingDraft, BookingDraft.booking_id == Booking.id)
        .where(
            Booking.schedule_id == schedule_id,
            Booking.status.in_(("pending", "expired")),
            Booking.source == "web",
            or_(BookingDraft.id != draft.id, _lapsed(draft)),
        )
    ).one()
    return int(found[0]), int(found[1]), int(found[2])


def _lapsed(draft: BookingDraft) -> ColumnElement[bool]:
    """The holds of this draft that ran out; one that was given back for another one ended before its time."""
    return and_(
        Booking.idempotency_key.startswith(_keys_of(draft)),
        Booking.status == "expired",
        Booking.updated_at >= Booking.booked_at + web_holds.HOLD,
    )


def _keys_of(draft: BookingDraft) -> str:
    """How the idempotency keys of its orders begin."""
    return f"web:{draft.id}:"
