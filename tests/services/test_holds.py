"""Who came, and how long places are kept: the register and the holds of pending bookings."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.domain.errors import Invalid, Refused
from backoffice.models import Booking, Schedule, WorkItem
from backoffice.services import bookings, payments, refunds, registers, schedules
from backoffice.services.payments import PaymentIn
from backoffice.services.refunds import RefundIn
from tests import factories
from tests.services.booked import (
    ADMIN,
    OFFICE,
    done,
    entries,
    fresh,
    mails,
    payment_of,
    placed,
    seats_taken,
)

pytestmark = pytest.mark.usefixtures("tenant")


Verb = Callable[..., Any]


def begun(days: int = 1) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(days=days)


def on_begun_date(**more: Any) -> Booking:
    """A booking on a date that began an hour ago: a late entry."""
    schedule = factories.make_schedule(starts_at=datetime.now(UTC) - timedelta(hours=1))
    return placed(schedule, **{"method": "cash"} | more)


# --- The register ---


@pytest.mark.parametrize(
    ("mark", "status"), [(bookings.mark_no_show, "no_show"), (bookings.mark_completed, "completed")]
)
def test_attendance_is_marked_from_the_start_on(mark: Verb, status: str) -> None:
    booking, early = on_begun_date(), placed(method="cash")
    done(lambda: mark(booking.id, ADMIN))
    assert fresh(booking.id).status == status
    (entry,) = entries(f"booking:{status}")
    assert entry.new_values == {"status": status}
    with pytest.raises(Refused, match="has not begun"):
        done(lambda: mark(early.id, ADMIN))


def test_a_no_show_is_corrected_and_keeps_its_place() -> None:
    booking = on_begun_date()
    done(lambda: bookings.mark_no_show(booking.id, ADMIN))
    with pytest.raises(Refused, match="correct the register"):
        done(lambda: bookings.mark_completed(booking.id, ADMIN))
    row = registers.get_register(booking.schedule_id, ADMIN).rows[0]
    came = registers.Change(row.attendee_id, row.version, {1: "present"})
    done(lambda: registers.mark(booking.schedule_id, [came], ADMIN))
    done(lambda: bookings.mark_completed(booking.id, ADMIN))
    assert (fresh(booking.id).status, seats_taken(booking.schedule_id)) == ("completed", 1)


def test_a_cancelled_booking_is_no_no_show() -> None:
    booking = on_begun_date()
    done(lambda: bookings.cancel(booking.id, "Ill", ADMIN))
    with pytest.raises(Refused):
        done(lambda: bookings.mark_no_show(booking.id, ADMIN))


# --- Holds ---


def test_a_hold_is_prolonged_up_to_the_start() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule)
    done(lambda: bookings.extend_hold(booking.id, schedule.starts_at, OFFICE))
    assert fresh(booking.id).hold_expires_at == schedule.starts_at
    assert len(entries("booking:hold")) == 1
    for wrong in (schedule.starts_at + timedelta(seconds=1), datetime.now(UTC) - timedelta(seconds=1)):
        with pytest.raises(Invalid) as refused:
            done(partial(bookings.extend_hold, booking.id, wrong, OFFICE))
        assert refused.value.field == "hold_until"


def test_only_a_pending_booking_is_held() -> None:
    booking = placed(method="cash")
    with pytest.raises(Refused, match="Only a pending"):
        done(lambda: bookings.extend_hold(booking.id, datetime.now(UTC) + timedelta(days=1), OFFICE))


def end_hold(booking: Booking) -> None:
    booking.hold_expires_at = begun()
    done(lambda: None)


def test_an_ended_hold_gives_its_places_back_once() -> None:
    booking = placed(places=2)
    end_hold(booking)
    assert done(lambda: bookings.release_ended_hold(booking.id, SYSTEM)) is True
    assert done(lambda: bookings.release_ended_hold(booking.id, SYSTEM)) is False
    assert (fresh(booking.id).status, seats_taken(booking.schedule_id)) == ("expired", 0)
    (entry,) = entries("booking:expire")
    assert entry.actor_kind == "system"
    assert mails() == ["hold_ended"]


def test_a_hold_that_runs_on_is_left_alone() -> None:
    booking = placed()
    assert done(lambda: bookings.release_ended_hold(booking.id, SYSTEM)) is False
    assert fresh(booking.id).status == "pending"


def test_a_hold_with_money_on_it_is_for_a_person() -> None:
    booking = placed()
    done(lambda: payments.take(PaymentIn("cash", 10_00, (booking.id,), send_mail=False), OFFICE))
    end_hold(fresh(booking.id))
    assert done(lambda: bookings.release_ended_hold(booking.id, SYSTEM)) is False
    assert fresh(booking.id).status == "pending"
    assert entries("booking:expire") == []


def test_who_pays_late_gets_the_places_while_there_are_any() -> None:
    schedule = factories.make_schedule(capacity=1)
    booking = placed(schedule)
    end_hold(booking)
    done(lambda: bookings.release_ended_hold(booking.id, SYSTEM))
    done(lambda: payments.take(PaymentIn("cash", 75_00, (booking.id,)), OFFICE))
    assert (fresh(booking.id).status, seats_taken(schedule.id)) == ("confirmed", 1)


def expired(schedule: Schedule | None = None, **more: Any) -> Booking:
    """A booking whose hold has ended."""
    booking = placed(schedule, **more)
    end_hold(booking)
    done(lambda: bookings.release_ended_hold(booking.id, SYSTEM))
    return fresh(booking.id)


def pay(amount: int, *ids: UUID) -> Any:
    return done(lambda: payments.take(PaymentIn("cash", amount, ids, send_mail=False), OFFICE))


def test_money_that_comes_late_is_kept_when_the_date_was_called_off() -> None:
    booking = expired()
    done(lambda: schedules.cancel(booking.schedule_id, "Trainer ill", ADMIN))
    pay(75_00, booking.id)
    assert (fresh(booking.id).status, fresh(booking.id).paid_minor) == ("expired", 75_00)
    (item,) = db.session.scalars(select(WorkItem))
    assert item.kind == "paid_after_hold" and "move or refund" in item.sentence


def test_money_that_comes_late_is_kept_when_the_code_was_used_up() -> None:
    factories.make_code(code="ONCE", usage_limit=1)
    booking = expired(discount_code="ONCE")
    placed(discount_code="ONCE")
    pay(booking.total_minor, booking.id)
    assert (fresh(booking.id).status, fresh(booking.id).payment_status) == ("expired", "paid")


def test_one_payment_for_two_late_bookings_confirms_the_one_that_fits() -> None:
    schedule = factories.make_schedule(capacity=1)
    late = [expired(schedule) for _ in range(2)]
    pay(150_00, *(booking.id for booking in late))
    assert [fresh(booking.id).status for booking in late] == ["confirmed", "expired"]
    assert seats_taken(schedule.id) == 1


def give_back(booking: Booking, amount: int) -> None:
    wanted = RefundIn(payment_of(booking).id, amount, "Asked for", booking.id)
    refund = done(lambda: refunds.request(wanted, OFFICE))
    done(lambda: refunds.approve(refund.id, ADMIN))
    done(lambda: refunds.execute(refund.id, "BACS 1", ADMIN))


def test_money_that_went_back_pays_for_nothing() -> None:
    booking = placed()
    pay(60_00, booking.id)
    give_back(fresh(booking.id), 60_00)
    pay(15_00, booking.id)
    booking = fresh(booking.id)
    assert (booking.status, booking.due_minor) == ("pending", 60_00)


def test_a_hold_whose_money_went_back_ends_by_itself() -> None:
    booking = placed()
    pay(60_00, booking.id)
    give_back(fresh(booking.id), 60_00)
    end_hold(fresh(booking.id))
    assert done(lambda: bookings.release_ended_hold(booking.id, SYSTEM)) is True
