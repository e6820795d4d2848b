"""Days that were summed up beforehand give the same figures as the rows, whatever was changed since."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from backoffice.database import db
from backoffice.models import (
    Allocation,
    Attendee,
    Booking,
    Payment,
    Refund,
    ReportDay,
    ReportMark,
    ReportSum,
    Schedule,
    ScheduleDayInstructor,
    Tenant,
)
from backoffice.services.reports import lines, rollup
from backoffice.services.reports.lines import BOOKED, PAID, TAUGHT
from backoffice.services.reports.periods import Period
from backoffice.services.reports.snapshot import snapshot
from backoffice.services.reports.tables import Asked
from backoffice.work import commit_once
from tests import factories
from tests.services.booked import placed
from tests.services.reports import ledger

NOW = datetime(2028, 1, 1, 12, tzinfo=UTC)
ALL = Period(date(2024, 12, 1), date(2027, 12, 31))
DIMENSIONS = ("all", "course", "venue", "instructor", "source", "code", "method")


def refresh() -> int:
    db.session.rollback()
    return rollup.refresh_all(NOW, 60, commit_once)


def figures(zone: str = "Europe/London") -> dict[str, Any]:
    found = {}
    for basis in lines.BASES:
        asked = Asked("", basis, ALL, zone, "GBP", NOW)
        for dimension in DIMENSIONS:
            with snapshot() as reader:
                found[f"{basis} {dimension}"] = rollup.read(reader, asked, dimension, ALL).by_currency
    return found


def exact(zone: str = "Europe/London") -> dict[str, Any]:
    """The same with nothing summed up beforehand."""
    db.session.execute(text("DELETE FROM report_days"))
    db.session.commit()
    return figures(zone)


@pytest.fixture
def filled(tenant: Tenant) -> Tenant:
    ledger.fill(seed=3, bookings=25)
    assert refresh() > 700
    return tenant


def marks() -> int:
    return db.session.scalar(select(func.count()).select_from(ReportMark)) or 0


def any_booking() -> Booking:
    wanted = select(Booking).where(Booking.status == "confirmed", Booking.paid_minor > Booking.refunded_minor)
    return db.session.scalars(wanted.order_by(Booking.reference)).first() or pytest.fail("no booking")


def other(model: Any, row_id: Any) -> Any:
    return db.session.scalars(select(model).where(model.id != row_id).order_by(model.id)).first()


def cancel() -> None:
    any_booking().status = "cancelled"


def cancel_a_place() -> None:
    booking = any_booking()
    booking.attendees[0].cancelled_at = NOW


def change_the_vat() -> None:
    any_booking().attendees[0].vat_rate_bp = 1750


def add_a_cancelled_place() -> None:
    booking = any_booking()
    row = Attendee(booking_id=booking.id, schedule_id=booking.schedule_id, position=900, price_minor=5000)
    row.vat_rate_bp, row.cancelled_at = 1750, NOW
    db.session.add(row)


def move() -> None:
    booking = any_booking()
    booking.schedule_id = other(Schedule, booking.schedule_id).id


def come_from_elsewhere() -> None:
    booking = any_booking()
    booking.source = "api"


def book_on_another_day() -> None:
    booking = any_booking()
    booking.booked_at -= timedelta(days=40)


def give_back() -> None:
    booking = any_booking()
    refund = Refund(
        reference="LATE-1",
        payment_id=booking.allocations[0].payment_id,
        booking_id=booking.id,
        amount_minor=1,
        currency="GBP",
        status="succeeded",
        reason="Late",
        requested_at=NOW,
        succeeded_at=booking.booked_at + timedelta(days=3),
    )
    db.session.add(refund)


def change_the_route() -> None:
    wanted = select(Refund).where(Refund.status == "succeeded", Refund.route == "hand")
    refund = db.session.scalars(wanted).all()[0]
    refund.route = "credit"
    db.session.add_all(factories.credit_lines_of(refund))


def lose_a_payment() -> None:
    payment = Payment(
        reference="LATE-2",
        customer_id=any_booking().customer_id,
        method="cash",
        amount_minor=77,
        currency="GBP",
        status="succeeded",
        paid_at=datetime(2025, 8, 1, tzinfo=UTC),
    )
    db.session.add(payment)


def pay_with_something_else() -> None:
    wanted = select(Payment).where(Payment.refunded_minor > 0, Payment.method == "stripe")
    db.session.scalars(wanted.order_by(Payment.reference)).all()[0].method = "cash"


def release() -> None:
    booking = any_booking()
    part = booking.allocations[0]
    part.amount_minor -= min(100, part.amount_minor - booking.refunded_minor - 1)


def pay_another() -> None:
    payment = db.session.scalars(
        select(Payment).where(Payment.status == "succeeded", Payment.allocated_minor < Payment.amount_minor)
    ).all()[0]
    used = {part.booking_id for part in payment.allocations}
    free = db.session.scalars(select(Booking).order_by(Booking.reference)).all()
    booking = next(each for each in free if each.id not in used)
    db.session.add(Allocation(payment_id=payment.id, booking_id=booking.id, amount_minor=1))


def teach_elsewhere() -> None:
    date = any_booking().schedule
    date.venue_id = factories.make_venue().id
    date.course_id = factories.make_course().id


def call_off() -> None:
    any_booking().schedule.status = "cancelled"


def teach_with_somebody_else() -> None:
    day = any_booking().schedule.days[0]
    for teacher in db.session.scalars(
        select(ScheduleDayInstructor).where(ScheduleDayInstructor.schedule_day_id == day.id)
    ):
        db.session.delete(teacher)
    db.session.flush()
    db.session.add(
        ScheduleDayInstructor(schedule_day_id=day.id, instructor_id=factories.make_instructor().id)
    )


def end_later() -> None:
    date = any_booking().schedule
    date.ends_at += timedelta(days=70)


CHANGES: tuple[Callable[[], None], ...] = (
    *(cancel, cancel_a_place, change_the_vat, add_a_cancelled_place, move, come_from_elsewhere),
    *(book_on_another_day, give_back, change_the_route, lose_a_payment, pay_with_something_else, release),
    *(pay_another, teach_elsewhere, call_off, teach_with_somebody_else, end_later),
)


@pytest.mark.parametrize("change", CHANGES)
def test_after_any_change_the_figures_are_exact(filled: Tenant, change: Callable[[], None]) -> None:
    before = figures()
    change()
    db.session.commit()
    assert marks() > 0
    marked = figures()
    assert marked != before
    assert refresh() > 0
    ready = figures()
    assert db.session.scalars(select(func.count()).select_from(ReportDay)).one() > 1000
    assert marked == ready == exact()


def test_what_is_summed_up_beforehand_is_read(filled: Tenant) -> None:
    """The control: a sum that is made wrong shows."""
    before = figures()
    assert before == exact()
    refresh()
    db.session.execute(text("UPDATE report_sums SET gross_minor = gross_minor + 1"))
    db.session.commit()
    assert figures() != before


def test_without_the_mark_a_change_is_missed(filled: Tenant) -> None:
    """The control of the marks."""
    cancel()
    db.session.commit()
    db.session.execute(text("DELETE FROM report_marks"))
    db.session.commit()
    assert figures() != exact()


def test_another_time_zone_cuts_the_days_anew(filled: Tenant) -> None:
    filled.time_zone = "Pacific/Auckland"
    db.session.commit()
    at_once = figures("Pacific/Auckland")
    refresh()
    assert at_once == figures("Pacific/Auckland") == exact("Pacific/Auckland")


def test_taking_a_booking_and_its_money_writes_no_mark(tenant: Tenant) -> None:
    placed(places=3, method="cash")
    assert marks() == 0


def test_nothing_is_left_to_do_afterwards(filled: Tenant) -> None:
    assert (refresh(), marks()) == (0, 0)
    assert db.session.scalars(select(func.count()).select_from(ReportSum)).one() > 0


def test_days_become_few_spans_that_hold_them_all() -> None:
    chance = random.Random(5)
    for _ in range(200):
        start = date(2026, 1, 1)
        days = sorted({start + timedelta(days=chance.randrange(400)) for _ in range(chance.randrange(60))})
        found = rollup.spans(days)
        assert len(found) <= rollup.MOST_SPANS
        assert all(any(span.first <= day <= span.last for span in found) for day in days)
        assert all(one.last < two.first for one, two in zip(found, found[1:], strict=False))


def test_a_day_rests_before_it_is_summed_up() -> None:
    midnight = datetime(2026, 7, 1, 23, tzinfo=UTC)  # in summer, London's 2 July begins
    assert rollup.last_ready(midnight, "Europe/London") == date(2026, 6, 30)
    assert rollup.last_ready(midnight - timedelta(seconds=1), "Europe/London") == date(2026, 6, 29)


assert {PAID, BOOKED, TAUGHT} == set(lines.BASES)
