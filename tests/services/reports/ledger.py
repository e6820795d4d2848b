"""A small ledger of every kind, and what it comes to, worked out once more in plain Python with decimals."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from backoffice.database import db, new_id
from backoffice.models import (
    Allocation,
    Attendee,
    Booking,
    Payment,
    Refund,
    Schedule,
    ScheduleDay,
    ScheduleDayInstructor,
)
from tests import factories

ZONE = ZoneInfo("Europe/London")
LIVE = {"pending", "confirmed", "completed", "no_show"}
START = datetime(2025, 1, 10, 9, tzinfo=UTC)


def fill(seed: int = 1, bookings: int = 40) -> None:
    """Dates, bookings, payments, rests and refunds of all kinds over two years; some at the edge of a month or day."""
    chance = random.Random(seed)
    teachers = [factories.make_instructor() for _ in range(3)]
    courses = [factories.make_course() for _ in range(3)]
    venues = [factories.make_venue() for _ in range(2)]
    codes = [factories.make_code() for _ in range(2)]
    dates = []
    for number in range(12):
        date = factories.make_schedule(
            course=chance.choice(courses),
            venue=chance.choice(venues),
            starts_at=START + timedelta(days=61 * number),
            capacity=40,
            vat_rate_bp=chance.choice([0, 500, 2000]),
        )
        if number % 4:
            add(
                ScheduleDayInstructor(
                    schedule_day_id=date.days[0].id, instructor_id=chance.choice(teachers).id
                )
            )
        dates.append(date)
    for number in range(bookings):
        _booking(chance, number, chance.choice(dates), chance.choice([None, *codes]))
    db.session.commit()
    db.session.expire_all()


def add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


def _booking(chance: random.Random, number: int, date: Schedule, code: Any) -> None:
    booked = START + timedelta(days=chance.randrange(700), hours=chance.randrange(24))
    if number % 7 == 0:  # half an hour after midnight in summer: another day in UTC
        booked = datetime(2025, 6, 30, 23, 30, tzinfo=UTC)
    customer = factories.make_user()
    booking = add(
        Booking(
            reference=f"LED-{number:04}",
            schedule_id=date.id,
            customer_id=customer.id,
            contact_first_name="Ann",
            status=chance.choice(["confirmed", "confirmed", "completed", "cancelled", "expired", "no_show"]),
            payment_method="card_terminal",
            source=chance.choice(["phone", "web", "import"]),
            currency="GBP",
            booked_at=booked,
            discount_code_id=code.id if code else None,
        )
    )
    for position in range(1, chance.randrange(2, 5)):
        price = chance.randrange(1000, 9999)
        add(
            Attendee(
                booking_id=booking.id,
                schedule_id=date.id,
                position=position,
                price_minor=price,
                discount_minor=chance.choice([0, price // 10]),
                vat_rate_bp=date.vat_rate_bp,
            )
        )
    db.session.refresh(booking)
    _money(chance, number, booking, booked)


def _money(chance: random.Random, number: int, booking: Booking, booked: datetime) -> None:
    method = chance.choice(["cash", "stripe", "card_terminal", "credit", "bank_transfer"])
    amount = booking.total_minor + chance.choice([0, 0, 1234])
    payment = _with_credit(
        Payment(
            id=new_id(),
            reference=f"PAY-{number:04}",
            customer_id=booking.customer_id,
            method=method,
            amount_minor=amount,
            currency="GBP",
            status=chance.choice(["succeeded"] * 6 + ["pending", "failed"]),
            paid_at=booked + timedelta(hours=chance.randrange(50)),
            fee_minor=chance.choice([None, 0, 37]),
        )
    )
    add(Allocation(payment_id=payment.id, booking_id=booking.id, amount_minor=booking.total_minor))
    if payment.status == "succeeded" and chance.random() < 0.4:
        _with_credit(
            Refund(
                id=new_id(),
                reference=f"REF-{number:04}",
                payment=payment,
                booking_id=booking.id,
                amount_minor=chance.randrange(1, booking.total_minor),
                currency="GBP",
                status=chance.choice(["succeeded", "succeeded", "requested"]),
                reason="Ill",
                route=chance.choice(["hand", "gateway", "credit"]),
                requested_at=booked,
                succeeded_at=booked + timedelta(days=chance.randrange(60)),
            )
        )


def _with_credit(row: Any) -> Any:
    """With its lines of credit, in one commit: the database wants both."""
    is_credit = (row.method if isinstance(row, Payment) else row.route) == "credit"
    lines = factories.credit_lines_of(row) if is_credit and row.status == "succeeded" else []
    db.session.add(row)
    db.session.flush()
    for line in lines:
        db.session.add(line)
        db.session.flush()
    db.session.commit()
    return row


def half_up(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def vat_share(booking: Booking | None) -> Decimal:
    if booking is None:
        return Decimal(0)
    net = sum(attendee.net_minor for attendee in booking.attendees)
    vat = sum(
        Decimal(attendee.net_minor) * attendee.vat_rate_bp / (10_000 + attendee.vat_rate_bp)
        for attendee in booking.attendees
    )
    return vat / net if net else Decimal(0)


def paid_lines() -> list[dict[str, Any]]:
    """(at, booking, method, received, given back) from the rows, one by one."""
    lines = []
    for payment in db.session.scalars(select(Payment).where(Payment.status == "succeeded")):
        if payment.method == "credit":
            continue
        rest = payment.amount_minor
        for allocation in payment.allocations:
            rest -= allocation.amount_minor
            booking = db.session.get_one(Booking, allocation.booking_id)
            lines.append(_line(payment.paid_at, booking, payment.method, allocation.amount_minor, 0))
        if rest:
            lines.append(_line(payment.paid_at, None, payment.method, rest, 0))
    for refund in db.session.scalars(select(Refund).where(Refund.status == "succeeded")):
        if refund.route == "credit":
            continue
        of = db.session.get(Booking, refund.booking_id) if refund.booking_id else None
        payment = db.session.get_one(Payment, refund.payment_id)
        lines.append(_line(refund.succeeded_at, of, payment.method, 0, refund.amount_minor))
    return lines


def booked_lines() -> list[dict[str, Any]]:
    """The same of live bookings, by when they were booked."""
    found = db.session.scalars(select(Booking).where(Booking.status.in_(LIVE)))
    return [_line(each.booked_at, each, each.payment_method, each.total_minor, 0) for each in found]


def taught_lines(now: datetime) -> list[dict[str, Any]]:
    """The same of live bookings whose date is over."""
    lines = []
    for booking in db.session.scalars(select(Booking).where(Booking.status.in_(LIVE))):
        date = booking.schedule
        if date.status == "completed" or date.status == "published" and date.ends_at <= now:
            lines.append(_line(date.ends_at, booking, booking.payment_method, booking.total_minor, 0))
    return lines


def _line(at: Any, booking: Booking | None, method: str, received: int, given: int) -> dict[str, Any]:
    share = vat_share(booking)
    return {
        "day": at.astimezone(ZONE).date(),
        "booking": booking,
        "method": method,
        "gross": received,
        "refunded": given,
        "vat": half_up(received * share) - half_up(given * share),
    }


def key_of(dimension: str, line: dict[str, Any]) -> str:
    booking = line["booking"]
    if dimension == "month":
        return f"{line['day']:%Y-%m}"
    if dimension == "method":
        return str(line["method"])
    if booking is None:
        return "-"
    found = {
        "course": lambda: booking.schedule.course_id,
        "type": lambda: booking.schedule.course.course_type_id,
        "venue": lambda: booking.schedule.venue_id,
        "instructor": lambda: teacher_of(booking.schedule_id),
        "source": lambda: booking.source,
        "code": lambda: booking.discount_code_id,
    }[dimension]()
    return str(found) if found else ""


def teacher_of(schedule_id: Any) -> Any:
    return db.session.scalar(
        select(ScheduleDayInstructor.instructor_id)
        .join(ScheduleDay, ScheduleDay.id == ScheduleDayInstructor.schedule_day_id)
        .where(ScheduleDay.schedule_id == schedule_id)
        .order_by(ScheduleDay.starts_at, (ScheduleDayInstructor.duty == "lead").desc())
        .limit(1)
    )


def summed(dimension: str, lines: list[dict[str, Any]]) -> dict[str, tuple[int, int, int]]:
    """key → (received, given back, VAT) in minor units; nothing where all is zero."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for line in lines:
        for place, name in enumerate(("gross", "refunded", "vat")):
            sums[key_of(dimension, line)][place] += line[name]
    return {key: (values[0], values[1], values[2]) for key, values in sums.items()}
