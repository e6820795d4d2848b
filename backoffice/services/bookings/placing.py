"""Taking a booking: the one way in, for the desk, the page, the API and whoever comes next."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Insert, Table, and_, bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from backoffice.database import Together, add_rows, db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.booking_rules import first_status
from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.pricing import Quote, agreed
from backoffice.domain.text import (
    clean_block,
    clean_email,
    clean_line,
    clean_phone,
    refuse_card_number,
)
from backoffice.models import Attendee, AuditEvent, Booking, Schedule, Tenant
from backoffice.sealing import seal_for
from backoffice.services import audit, companies, customers, live, messages
from backoffice.services.bookings import checks, loyalty, outside, taking
from backoffice.services.bookings.order import AttendeeIn, Order, Placed
from backoffice.services.bookings.quoting import DATE, DateOnSale, date_of, get_date, quote_date
from backoffice.services.customers import CustomerIn
from backoffice.services.references import REFERENCE, reference_parts
from backoffice.tenancy import current_tenant_id

MAIL_OF_STATUS = {"pending": "booking_received", "confirmed": "booking_confirmed"}


def place(order: Order, actor: Actor, now: datetime | None = None) -> Placed:
    """Take a booking. The price is quoted here and stored as quoted; the places are counted at the commit.

    Raises Invalid with the field, Refused (fully_booked, started, not_listed, no_terms …), Forbidden, NotFound.
    A repeated idempotency key returns what was placed with it.
    """
    if actor.kind == "user":
        actor.require("booking.place")
    now = now or datetime.now(UTC)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    order = clean(order, tenant)
    try:
        date, known = _look_up(order, tenant)
        return known or _place_new(order, date, actor, now)
    except DomainError:
        # Its twin may have been placed since the key was looked for, and be the reason of the refusal.
        known = _repeated(order)
        if known:
            return known
        raise


def _repeated(order: Order) -> Placed | None:
    return find_by_key(order.idempotency_key) if order.idempotency_key else None


def _look_up(order: Order, tenant: Tenant) -> tuple[DateOnSale, Placed | None]:
    """The date, and what was placed with the order's key before: one statement for both."""
    if not order.idempotency_key:
        return get_date(order.schedule_id, tenant), None
    wanted = {"schedule_id": order.schedule_id, "idempotency_key": order.idempotency_key}
    rows = db.session.execute(_DATE_AND_KEY, wanted).all()
    date = date_of(rows, tenant)
    return date, _placed(rows[0]) if rows[0].placed_id else None


def _place_new(order: Order, date: DateOnSale, actor: Actor, now: datetime) -> Placed:
    outside.check(order, actor)
    checks.check_open(date, actor, now)
    checks.check_places(date, order.places)
    checks.check_turn(date, order.places, actor, own=order.gives_back)
    checks.check_whitelist(date, order.customer.email, order.override_reason, actor)
    births = [attendee.birth_date for attendee in order.attendees]
    checks.check_ages(date, births, order.override_reason, actor)
    price = _price(order, date, actor, now)
    method = _method(order.payment_method, price)
    order = replace(order, payment_method=method)
    credit = taking.usable_credit(order, price.total_minor, date.tenant.currency, actor)
    order = _with_people(replace(order, credit_minor=credit), actor)
    if method == "account":
        checks.check_terms(order.customer.company_id, order.purchase_order)
    return _write(order, date, price, actor, now)


def clean(order: Order, tenant: Tenant) -> Order:
    """The order with every text checked and bounded. Raises Invalid with the field."""
    notes = clean_block(order.notes, field="notes", maximum=2000)
    wishes = clean_block(order.special_requirements, field="special_requirements", maximum=2000)
    _refuse_card_numbers(order, notes=notes, special_requirements=wishes)
    if len(order.attendees) > order.places:
        raise Invalid("attendees", "There are more names than places.", field="places")
    attendees = [
        _clean_numbered(number, attendee, tenant.country) for number, attendee in enumerate(order.attendees)
    ]
    return replace(
        order,
        customer=customers.clean(order.customer, tenant.country),
        attendees=tuple(attendees + [AttendeeIn()] * (order.places - len(attendees))),
        purchase_order=clean_line(order.purchase_order, field="purchase_order", maximum=60) or None,
        payer_reference=clean_line(order.payer_reference, field="payer_reference", maximum=100) or None,
        override_reason=clean_line(order.override_reason, field="override_reason", maximum=500) or None,
        idempotency_key=clean_line(order.idempotency_key, field="idempotency_key", maximum=80) or None,
        notes=notes or None,
        special_requirements=wishes or None,
    )


def _refuse_card_numbers(order: Order, **cleaned: str) -> None:
    """Wherever a clerk might write down what a caller reads out."""
    typed = {name: getattr(order, name) for name in ("purchase_order", "payer_reference", "override_reason")}
    for field, text in (typed | cleaned).items():
        refuse_card_number(str(text or ""), field=field)


def _clean_numbered(number: int, attendee: AttendeeIn, country: str) -> AttendeeIn:
    try:
        return clean_attendee(attendee, country)
    except Invalid as error:
        field = f"attendees.{number}.{error.field or 'first_name'}"
        raise Invalid(error.code, error.message, field=field) from error


def clean_attendee(attendee: AttendeeIn, country: str) -> AttendeeIn:
    """One place with its texts checked. Raises Invalid."""
    wishes = clean_block(attendee.requirements, field="requirements", maximum=2000)
    texts = {
        "requirements": wishes,
        "first_name": attendee.first_name,
        "last_name": attendee.last_name,
    }
    for field, text in texts.items():
        refuse_card_number(str(text or ""), field=field)
    return replace(
        attendee,
        first_name=clean_line(attendee.first_name, field="first_name", maximum=100),
        last_name=clean_line(attendee.last_name, field="last_name", maximum=100),
        email=clean_email(attendee.email),
        phone=clean_phone(attendee.phone, country),
        requirements=wishes or None,
    )


_PLACED = (
    Booking.id.label("placed_id"),
    Booking.reference.label("placed_reference"),
    Booking.status.label("placed_status"),
    Booking.total_minor,
    Booking.hold_expires_at,
)
_IS_REPEAT = Booking.idempotency_key == bindparam("idempotency_key")
_BY_KEY = select(*_PLACED).where(_IS_REPEAT)
_DATE_AND_KEY = DATE.outerjoin(
    Booking, and_(Booking.tenant_id == Schedule.tenant_id, _IS_REPEAT)
).add_columns(*_PLACED)


def find_by_key(key: str) -> Placed | None:
    """What was placed with an idempotency key, or None."""
    row = db.session.execute(_BY_KEY, {"idempotency_key": key}).first()
    return _placed(row) if row else None


def _placed(row: Any) -> Placed:
    return Placed(
        row.placed_id,
        row.placed_reference,
        row.placed_status,
        row.total_minor,
        row.hold_expires_at,
        is_repeat=True,
    )


def _method(method: str, price: Quote) -> str:
    if price.total_minor == 0:
        return "free"
    if method == "free":
        raise Invalid(
            "payment_method", "This booking is not free: choose how it will be paid.", field="payment_method"
        )
    return method


def _with_people(order: Order, actor: Actor) -> Order:
    """The customer and the company as records; the contact stays as given that day."""
    customer, named = _with_company(order.customer, actor)
    customer = customers.find_or_make(customer, actor)
    attendees = tuple(_named_after(customer, attendee) for attendee in order.attendees)
    return replace(order, customer=replace(customer, company_name=named), attendees=attendees)


def _with_company(customer: CustomerIn, actor: Actor) -> tuple[CustomerIn, str | None]:
    """The company as a record; what somebody from outside has named stays a name, the second value."""
    if outside.is_outside(actor):
        return outside.with_company(customer, actor)
    company_id = customer.company_id
    if customer.company_name and company_id is None:
        company_id = companies.find_or_make(customer.company_name, actor)
    return replace(customer, company_id=company_id), None


def _named_after(customer: CustomerIn, attendee: AttendeeIn) -> AttendeeIn:
    """The caller who attends need not be typed twice."""
    if not attendee.is_customer or attendee.first_name or attendee.last_name:
        return attendee
    return replace(
        attendee, first_name=customer.first_name, last_name=customer.last_name, email=customer.email
    )


def _price(order: Order, date: DateOnSale, actor: Actor, now: datetime) -> Quote:
    """What the date costs now, or what somebody with the right has agreed instead. Raises Forbidden."""
    if order.agreed_minor is None:
        known = loyalty.proved(order.customer.user_id, actor)
        return quote_date(date, order.places, order.discount_code, now, customer_id=known)
    actor.require("booking.override")
    return agreed(
        order.agreed_minor,
        order.places,
        smallest_unit=date.tenant.smallest_unit_minor,
        vat_rate_bp=date.schedule.vat_rate_bp,
    )


def _write(order: Order, date: DateOnSale, price: Quote, actor: Actor, now: datetime) -> Placed:
    status, is_paid = ("pending", False) if order.is_hold else first_status(order.payment_method)
    hold = checks.hold_of(order, date, now) if status == "pending" else None
    values = _booking_values(order, date, price, actor, now) | {
        "status": status,
        "hold_expires_at": hold,
        "confirmed_at": now if status == "confirmed" else None,
    }
    made = _insert_booking(values, date, now)
    if made is None:  # the same key was placed while this one was being read
        return find_by_key(order.idempotency_key or "") or _lost(order)
    booking_id = values["id"]
    rows = Together()
    attendees = _attendee_rows(order, price, booking_id, now)
    if len(attendees) > 1:
        add_rows(Attendee, *attendees)
    else:
        rows.add(Attendee, attendees[0])
    by_hand = price.total_minor - order.credit_minor if is_paid else 0
    taking.take_by_hand(rows, booking_id, order, by_hand, date.tenant, actor, now)
    shown = _shown(order, status, price.total_minor)
    rows.add(AuditEvent, audit.entry(actor, "booking:place", "bookings", booking_id, made, new=shown))
    mail = _queue_mail(rows, order, booking_id, status, actor)
    rows.write()
    live.touch(order.schedule_id)
    taking.take_credit(booking_id, order, date.tenant.currency, actor, now)
    return Placed(booking_id, made, status, price.total_minor, hold, mail=mail)


def _shown(order: Order, status: str, total_minor: int) -> dict[str, Any]:
    """What the history says of a new booking."""
    shown = {"status": status, "places": order.places, "total_minor": total_minor}
    shown |= {"payment_method": order.payment_method, "source": order.source}
    if order.credit_minor:
        shown["credit_minor"] = order.credit_minor
    if order.override_reason:
        shown["override_reason"] = order.override_reason
    return shown


@cache
def _booking_insert(columns: tuple[str, ...]) -> Insert:
    """The statement, built once: this is the hot path."""
    table = cast(Table, Booking.__table__)
    values: dict[str, Any] = {column: bindparam(column) for column in columns}
    values["reference"] = REFERENCE
    statement = upsert(table).values(values)
    return statement.on_conflict_do_nothing(
        index_elements=[table.c.tenant_id, table.c.idempotency_key]
    ).returning(table.c.reference)


def _insert_booking(values: dict[str, Any], date: DateOnSale, now: datetime) -> str | None:
    """The reference of the new row; None when the idempotency key was used meanwhile."""
    named = values | reference_parts("booking", date.tenant, now)
    return db.session.connection().execute(_booking_insert(tuple(values)), named).scalar()


def _lost(order: Order) -> Placed:
    raise Invalid("idempotency_key", "This key was used for another booking.", field="idempotency_key")


def _booking_values(
    order: Order, date: DateOnSale, price: Quote, actor: Actor, now: datetime
) -> dict[str, Any]:
    customer, booking_id = order.customer, new_id()
    return {
        "tenant_id": current_tenant_id(),
        "id": booking_id,
        "schedule_id": order.schedule_id,
        "customer_id": customer.user_id,
        "company_id": customer.company_id,
        "company_named": customer.company_name,
        "booking_group_id": order.booking_group_id,
        "contact_first_name": customer.first_name,
        "contact_last_name": customer.last_name,
        "contact_email": customer.email,
        "contact_phone": customer.phone,
        "payment_method": order.payment_method,
        "source": order.source,
        "currency": date.schedule.currency,
        "discount_code_id": price.offer.code_id if price.offer else None,
        "discount_rule_id": price.offer.rule_id if price.offer else None,
        "purchase_order": order.purchase_order,
        "requirements_sealed": seal_for(
            "bookings", booking_id, "requirements_sealed", order.special_requirements
        ),
        "notes": order.notes,
        "override_reason": order.override_reason,
        "idempotency_key": order.idempotency_key,
        "booked_at": now,
        "placed_by_id": actor.user_id,
    }


def _attendee_rows(order: Order, price: Quote, booking_id: UUID, now: datetime) -> list[dict[str, Any]]:
    return [
        attendee_values(attendee, order.customer.user_id, booking_id)
        | {
            "prerequisites_at": now if attendee.is_prepared and attendee.has_name else None,
            "schedule_id": order.schedule_id,
            "position": position,
            "price_minor": line.price_minor,
            "discount_minor": line.discount_minor,
            "vat_rate_bp": line.vat_rate_bp,
        }
        for position, (attendee, line) in enumerate(zip(order.attendees, price.lines, strict=True), 1)
    ]


def attendee_values(attendee: AttendeeIn, customer_id: UUID | None, booking_id: UUID) -> dict[str, Any]:
    """The columns of one place; a birth date and requirements are sealed for their row."""
    attendee_id = new_id()
    born = attendee.birth_date.isoformat() if attendee.birth_date else None
    return {
        "tenant_id": current_tenant_id(),
        "id": attendee_id,
        "booking_id": booking_id,
        "first_name": attendee.first_name,
        "last_name": attendee.last_name,
        "email": attendee.email,
        "phone": attendee.phone,
        "user_id": customer_id if attendee.is_customer else None,
        "birth_date_sealed": seal_for("attendees", attendee_id, "birth_date_sealed", born),
        "requirements_sealed": seal_for(
            "attendees", attendee_id, "requirements_sealed", attendee.requirements
        ),
    }


def _queue_mail(rows: Together, order: Order, booking_id: UUID, status: str, actor: Actor) -> str | None:
    """The mail that says how the booking stands; none for a caller without an address, or on wish."""
    customer = order.customer
    if order.is_hold or not order.send_mail or not customer.email:
        return None
    template = MAIL_OF_STATUS[status]
    name = f"{customer.first_name} {customer.last_name}".strip()
    about = {"booking_id": booking_id, "user_id": customer.user_id, "recipient_name": name}
    messages.queue_with(rows, template, customer.email, actor, **about)
    return template
