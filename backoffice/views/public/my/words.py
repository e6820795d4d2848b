"""A booking in the words of its customer's pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext

from backoffice.domain.money import format_money
from backoffice.domain.times import say_days, to_local
from backoffice.models import Booking, Certificate, Payment, Refund
from backoffice.services import refund_mails
from backoffice.services.my.money import Receipt
from backoffice.views.admin.formats import page_zone
from backoffice.views.public.local_times import say_date, say_instant

LIVE = ("pending", "confirmed")


@dataclass(frozen=True)
class Card:
    """One booking in a list."""

    key: str
    course: str
    day: str
    month: str
    when: str
    where: str
    places: str
    reference: str
    status: str
    tone: str
    due: str
    total: str
    is_ahead: bool


def card(booking: Booking, now: datetime) -> Card:
    """What a list says of a booking at this moment (UTC)."""
    schedule = booking.schedule
    first = to_local(schedule.starts_at, schedule.time_zone)
    said, tone = status(booking, now)
    owes = booking.status in LIVE and booking.payable_minor > 0
    return Card(
        key=str(booking.id),
        course=schedule.course.title,
        day=str(first.day),
        month=f"{first:%b}",
        when=say_days(schedule.starts_at, schedule.ends_at, schedule.time_zone),
        where=place(booking),
        places=ngettext("%(num)s place", "%(num)s places", booking.seats),
        reference=booking.reference,
        status=said,
        tone=tone,
        due=format_money(booking.payable_minor, booking.currency) if owes else "",
        total=format_money(booking.total_minor, booking.currency),
        is_ahead=booking.status in LIVE and schedule.ends_at > now,
    )


def place(booking: Booking) -> str:
    """The venue, with its town where the name does not say it."""
    venue = booking.schedule.venue
    return f"{venue.name}, {venue.city}" if venue.city and venue.city not in venue.name else venue.name


def status(booking: Booking, now: datetime) -> tuple[str, str]:
    """How a booking stands, in words for who booked, and the tone of its mark."""
    if booking.status == "confirmed":
        return (_("Confirmed"), "good") if booking.schedule.ends_at > now else (_("Taken place"), "quiet")
    return {
        "pending": (_("Held for you"), "wait"),
        "cancelled": (_("Cancelled"), "bad"),
        "expired": (_("Hold ended"), "bad"),
        "completed": (_("Completed"), "good"),
        "no_show": (_("Not attended"), "quiet"),
    }[booking.status]


def held_until(booking: Booking) -> str:
    """Until when places are held that are not paid for yet; "" otherwise."""
    if booking.status != "pending" or booking.hold_expires_at is None:
        return ""
    return say_instant(booking.hold_expires_at, booking.schedule.time_zone)


@dataclass(frozen=True)
class CertificateShown:
    """A certificate in a list."""

    id: UUID
    holder: str
    course: str
    number: str
    issued: str
    until: str
    is_over: bool


def certificate(found: Certificate, today: date | None = None) -> CertificateShown:
    """One that holds; `until` is empty where it does not end."""
    ends = found.expires_on
    return CertificateShown(
        id=found.id,
        holder=found.holder,
        course=found.course_title,
        number=found.number,
        issued=say_date(found.issued_on),
        until=say_date(ends) if ends else "",
        is_over=bool(ends and ends < (today or datetime.now(UTC).date())),
    )


@dataclass(frozen=True)
class PaymentShown:
    """A payment that is in, in a list; for one booking its part."""

    id: UUID
    reference: str
    amount: str
    way: str
    when: str
    bookings: tuple[str, ...] = ()
    back: str = ""


def paid(payment: Payment, amount_minor: int) -> PaymentShown:
    """What a payment paid of one booking."""
    return PaymentShown(
        id=payment.id,
        reference=payment.reference,
        amount=format_money(amount_minor, payment.currency),
        way=way_words(payment.method),
        when=say_instant(payment.paid_at, page_zone()) if payment.paid_at else "",
    )


def payment(found: Payment) -> PaymentShown:
    """A payment with all that it pays."""
    shown = paid(found, found.amount_minor)
    back = found.refunded_minor
    return replace(
        shown,
        bookings=tuple(each.booking.reference for each in found.allocations),
        back=format_money(back, found.currency) if back else "",
    )


def way_words(method: str) -> str:
    """How it was paid."""
    known = {
        "cash": _("in cash"),
        "bank_transfer": _("by bank transfer"),
        "card_terminal": _("by card"),
        "invoice": _("by invoice"),
        "stripe": _("by card"),
        "mpesa": _("by M-Pesa"),
        "flutterwave": _("online"),
        "credit": _("with credit"),
    }
    return known.get(method, "")


@dataclass(frozen=True)
class RefundShown:
    """Money that goes back, or went."""

    amount: str
    way: str
    when: str
    is_done: bool


def refund(found: Refund) -> RefundShown:
    """How much, which way, and when it arrives or went."""
    way, when = refund_mails.way_of(found)
    done = found.succeeded_at
    return RefundShown(
        amount=format_money(found.amount_minor, found.currency),
        way=_(way),
        when=say_instant(done, page_zone()) if done else _(when) if when else "",
        is_done=found.status == "succeeded",
    )


@dataclass(frozen=True)
class ReceiptShown:
    """A receipt in words."""

    reference: str
    when: str
    way: str
    payer: str
    company: str
    amount: str
    rest: str
    vat: str
    lines: tuple[tuple[str, str, str, str], ...]
    refunded: tuple[tuple[str, str, str], ...]
    payer_reference: str


def receipt(found: Receipt, zone: str) -> ReceiptShown:
    """Each line: course, when, booking, amount."""

    def money(minor: int) -> str:
        return format_money(minor, found.currency)

    vat = sum(line.vat_minor for line in found.lines)
    return ReceiptShown(
        reference=found.reference,
        when=say_instant(found.paid_at, zone) if found.paid_at else "",
        way=way_words(found.method),
        payer=found.payer,
        company=found.company,
        amount=money(found.amount_minor),
        rest=money(found.rest_minor) if found.rest_minor > 0 else "",
        vat=money(vat) if vat else "",
        lines=tuple(
            (
                line.course,
                say_instant(line.starts_at, line.time_zone),
                line.reference,
                money(line.amount_minor),
            )
            for line in found.lines
        ),
        refunded=tuple(
            (number, say_instant(at, zone) if at else "", money(amount))
            for number, at, amount in found.refunded
        ),
        payer_reference=found.payer_reference,
    )
