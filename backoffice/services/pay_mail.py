"""What a mail says of paying by a link, and the link itself: written into the letter alone, never into a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.domain.errors import DomainError
from backoffice.domain.money import format_money
from backoffice.domain.times import say_instant
from backoffice.models import Booking, Message, PaymentLink
from backoffice.services import pay_facts, payment_links
from backoffice.services.payment_links import Subject

MAIL_OF_A_LINK = "payment_link"
# Mails that tell how to pay: they carry the link of a booking that is paid by one.
# The hold ran out: who still wants to come pays by the link that was there, and takes the places again.
TOO_LATE = "hold_ended"
MAILS_WITH_A_LINK = frozenset(
    {MAIL_OF_A_LINK, TOO_LATE, "booking_received", "booking_changed", "payment_received"}
)


@dataclass(frozen=True)
class Line:
    """One booking of several."""

    reference: str
    course: str
    when: str
    due: str


@dataclass(frozen=True)
class Pay:
    """What is asked for, in words."""

    amount: str
    rest: str
    is_deposit: bool
    held_until: str
    bookings: list[Line]


def words(booking: Booking, data: dict[str, Any]) -> Pay:
    """What the link of a mail asks for now; without a link yet, all that is due for the booking."""
    link = find_link(booking, data)
    if link is None:
        return _pay(booking, [booking], booking.payable_minor, booking.payable_minor)
    asked = pay_facts.of_link(link, datetime.now(UTC))
    return _pay(booking, list(asked.bookings), asked.asked_minor, asked.due_minor)


def _pay(booking: Booking, every: list[Booking], asked_minor: int, due_minor: int) -> Pay:
    zone = booking.schedule.time_zone
    held = min((each.hold_expires_at for each in every if each.hold_expires_at), default=None)
    return Pay(
        amount=format_money(asked_minor, booking.currency),
        rest=format_money(due_minor - asked_minor, booking.currency),
        is_deposit=asked_minor < due_minor,
        held_until=say_instant(held, zone) if held else "",
        bookings=[_line(each) for each in every],
    )


def _line(booking: Booking) -> Line:
    schedule = booking.schedule
    return Line(
        booking.reference,
        schedule.course.title,
        say_instant(schedule.starts_at, schedule.time_zone),
        format_money(booking.payable_minor, booking.currency),
    )


def find_link(booking: Booking, data: dict[str, Any]) -> PaymentLink | None:
    """The link that a mail is about: the one it names, otherwise the booking's living one."""
    named = data.get("payment_link_id")
    if named:
        return db.session.get(PaymentLink, UUID(str(named)))
    return payment_links.find_living(Subject(booking.id))


def url_for_message(message: Message) -> str:
    """The link that this mail carries, made if need be; "" for a mail without one."""
    if message.template not in MAILS_WITH_A_LINK or message.booking_id is None:
        return ""
    booking = db.session.get_one(Booking, message.booking_id)
    if message.template == MAIL_OF_A_LINK or (message.template == TOO_LATE and can_still_be_paid(booking)):
        link = find_link(booking, message.data)
        return payment_links.url_of(link) if link else ""
    return _url_of_booking(booking) if tells_to_pay(booking) else ""


def tells_to_pay(booking: Booking) -> bool:
    """Whether a mail about this booking says how to pay, and that is by its link."""
    is_due = booking.payment_method == "payment_link" and booking.is_live and booking.payable_minor > 0
    return is_due and bool(payment_links.accounts_for(booking.currency))


def can_still_be_paid(booking: Booking) -> bool:
    """Whether who let the hold run out may pay and take the places that are still free."""
    is_open = booking.status == "expired" and pay_facts.can_be_paid(booking, datetime.now(UTC))
    return is_open and bool(payment_links.accounts_for(booking.currency))


def _url_of_booking(booking: Booking) -> str:
    try:
        return payment_links.url_of(payment_links.make(Subject(booking.id), SYSTEM))
    except DomainError:
        return ""  # paid or ended at this moment: the mail goes without


def why_unwanted(message: Message) -> str | None:
    """A sentence when the link of a payment link's mail asks for nothing any more."""
    if message.template != MAIL_OF_A_LINK or message.booking_id is None:
        return None
    link = find_link(db.session.get_one(Booking, message.booking_id), message.data)
    if link is None or not pay_facts.of_link(link, datetime.now(UTC)).is_payable:
        return "Not sent: nothing is to be paid by this link any more."
    return None
