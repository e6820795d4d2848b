"""What the mails about a booking say: read once, in words, from the rows as they are now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from backoffice.database import among, db
from backoffice.documents.calendar_file import CalendarEntry, calendar_file
from backoffice.domain.errors import NotFound
from backoffice.domain.money import format_money, round_half_up
from backoffice.domain.statuses import LIVE_BOOKING
from backoffice.domain.text import say_phone
from backoffice.domain.times import say_instant, say_span
from backoffice.models import Allocation, Attendee, Booking, Payment, Schedule, Tenant
from backoffice.services import tenants

MOST_NAMES = 50
STOOD_FIRM = LIVE_BOOKING - {"pending"}
METHODS = {
    "cash": "in cash",
    "bank_transfer": "by bank transfer",
    "card_terminal": "by card",
    "invoice": "by invoice",
    "stripe": "by card",
    "mpesa": "by M-Pesa",
    "flutterwave": "online",
}


@dataclass(frozen=True)
class Line:
    """One line of the price table."""

    label: str
    amount: str
    is_strong: bool = False


def of_booking(booking_id: UUID | None, tenant: Tenant, known: Booking | None = None) -> dict[str, Any]:
    """All that the templates about a booking may say; `known` is the booking by `load_bookings`. Raises NotFound."""
    booking = known or _load(booking_id)
    schedule, zone = booking.schedule, booking.schedule.time_zone
    live = booking.active_attendees
    return {
        "booking": booking,
        "course": schedule.course,
        "venue": schedule.venue,
        "online_url": _web_address(schedule.venue.online_url),
        "days": [say_span(day.starts_at, day.ends_at, zone) for day in schedule.days],
        "starts": say_instant(schedule.starts_at, zone),
        "attendees": [attendee.name or "Name to follow" for attendee in live[:MOST_NAMES]],
        "more_attendees": max(len(live) - MOST_NAMES, 0),
        "lines": _lines(booking, live),
        "due": format_money(booking.due_minor, booking.currency) if booking.due_minor > 0 else "",
        "total": format_money(booking.total_minor, booking.currency),
        "held_until": say_instant(booking.hold_expires_at, zone) if booking.hold_expires_at else "",
        "has_calendar": _has_calendar(booking),
        "bank_details": tenant.bank_details or "",
    }


def load_bookings(booking_ids: Collection[UUID]) -> dict[UUID, Booking]:
    """Bookings by their ids, with all that their mails say of them, as they are now."""
    if not booking_ids:
        return {}
    found = db.session.scalars(_wanted().where(among(Booking.id, list(booking_ids))))
    return {booking.id: booking for booking in found}


def _load(booking_id: UUID | None) -> Booking:
    booking = db.session.scalar(_wanted().where(Booking.id == booking_id))
    if booking is None:
        raise NotFound("The booking this mail is about does not exist.")
    return booking


def _wanted() -> Select[Booking]:
    schedule = joinedload(Booking.schedule)
    return (
        select(Booking)
        .options(
            schedule.joinedload(Schedule.course),
            schedule.joinedload(Schedule.venue),
            schedule.selectinload(Schedule.days),
            selectinload(Booking.attendees),
        )
        .execution_options(populate_existing=True)
    )


def _lines(booking: Booking, live: list[Attendee]) -> list[Line]:
    def money(minor: int) -> str:
        return format_money(minor, booking.currency)

    lines = [Line(*_places(list(group), price, money)) for price, group in _by_price(live)]
    if booking.discount_minor:
        lines.append(Line("Discount", f"−{money(booking.discount_minor)}"))
    adjustment = sum(attendee.adjustment_minor for attendee in live)
    if adjustment:
        lines.append(Line(booking.adjustment_reason or "Adjustment", money(adjustment).replace("-", "−")))
    lines.append(Line("Total", money(booking.total_minor), True))
    vat = vat_included(live)
    if vat:
        lines.append(Line("VAT included in the total", money(vat)))
    if booking.paid_minor:
        lines.append(Line("Paid", money(booking.paid_minor)))
    if booking.refunded_minor:
        lines.append(Line("Paid back", money(booking.refunded_minor)))
    if booking.due_minor > 0:
        lines.append(Line("Still to pay", money(booking.due_minor), True))
    return lines


def _by_price(live: list[Attendee]) -> Any:
    return groupby(sorted(live, key=_price), key=_price)


def _price(attendee: Attendee) -> int:
    return attendee.price_minor


def _places(group: list[Attendee], price: int, money: Any) -> tuple[str, str]:
    if len(group) == 1:
        return "1 place", money(price)
    return f"{len(group)} places at {money(price)}", money(price * len(group))


def vat_included(live: list[Attendee]) -> int:
    by_rate: dict[int, int] = {}
    for attendee in live:
        by_rate[attendee.vat_rate_bp] = by_rate.get(attendee.vat_rate_bp, 0) + attendee.net_minor
    return sum(round_half_up(net * rate, 10_000 + rate) for rate, net in by_rate.items())


def of_payment(booking: Booking, payment_id: Any) -> dict[str, str]:
    """The payment of this id, without one the latest that was received for the booking. Raises NotFound."""
    statement = (
        select(Payment, Allocation.amount_minor)
        .join(Allocation, Allocation.payment_id == Payment.id)
        .where(Allocation.booking_id == booking.id, Payment.status == "succeeded")
        .order_by(Payment.paid_at.desc(), Payment.id.desc())
        .limit(1)
    )
    if payment_id:
        statement = statement.where(Payment.id == UUID(str(payment_id)))
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound("The payment this mail is about does not exist.")
    payment, amount = row
    return {
        "reference": payment.reference,
        "amount": format_money(amount, payment.currency),
        "method": METHODS.get(payment.method, ""),
        "paid_at": say_instant(payment.paid_at, booking.schedule.time_zone) if payment.paid_at else "",
    }


def _web_address(text: str | None) -> str:
    """Only what a browser may open: never javascript: and the like."""
    return text if text and text.startswith(("https://", "http://")) else ""


def of_tenant(tenant: Tenant) -> dict[str, Any]:
    """The provider as the foot of every mail names it."""
    website = tenant.website or ""
    return {
        "tenant": tenant,
        "phone": say_phone(tenant.phone, tenant.country),
        "website": _web_address(website if "://" in website else f"https://{website}") if website else "",
    }


def _has_calendar(booking: Booking) -> bool:
    """Places that are only held are in nobody's calendar yet, and those that never were firm never came there."""
    return booking.status in STOOD_FIRM or (
        booking.status == "cancelled" and booking.confirmed_at is not None
    )


def calendar(booking: Booking, tenant: Tenant, base_url: str, method: str) -> str | None:
    """The calendar file of a booking, None while it is only held; `method` is PUBLISH or CANCEL (RFC 5546)."""
    if not _has_calendar(booking):
        return None
    schedule, venue = booking.schedule, booking.schedule.venue
    entry = CalendarEntry(
        uid=f"{booking.id}@{tenants.host_of(base_url)}",
        sequence=booking.calendar_sequence,
        summary=schedule.course.title,
        description=f"Booking {booking.reference} with {tenant.name}",
        location=", ".join(part for part in (venue.name, venue.address) if part),
        days=[(day.starts_at, day.ends_at) for day in schedule.days],
        timezone=schedule.time_zone,
        organizer_name=tenant.name,
        organizer_email=tenant.email or "",
        cancelled=method == "CANCEL",
    )
    return calendar_file(entry, stamp=booking.updated_at).decode()
