"""To another date: places, price, money and hold move with the booking, or nothing does."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from backoffice.database import db
from backoffice.domain.errors import Changed, Forbidden, Invalid, NotFound, Refused
from backoffice.models import Booking, Schedule, WhitelistEntry
from backoffice.services import bookings, payments
from backoffice.services.bookings import Move
from backoffice.services.bookings.moving import KEEP, NEW
from backoffice.services.payments import PaymentIn
from tests import factories
from tests.races import sums
from tests.servers import DatabaseUrls
from tests.services.booked import (
    ADMIN,
    MANAGER,
    OFFICE,
    done,
    entries,
    fresh,
    mails,
    payment_of,
    person,
    placed,
    seats_taken,
)

pytestmark = pytest.mark.usefixtures("tenant")


def moved(booking: Booking, to: Schedule, price: str = NEW, **more: Any) -> Booking:
    wanted = Move(to.id, price, **more)
    done(lambda: bookings.move(booking.id, wanted, OFFICE))
    return fresh(booking.id)


def test_the_places_move_with_the_booking() -> None:
    here, there = factories.make_schedule(), factories.make_schedule(capacity=3)
    booking = moved(placed(here, 3), there)
    assert (booking.schedule_id, booking.starts_at, booking.seats) == (there.id, there.starts_at, 3)
    assert (seats_taken(here.id), seats_taken(there.id)) == (0, 3)
    assert {attendee.schedule_id for attendee in booking.attendees} == {there.id}


def test_a_move_is_written_down_and_mailed_with_its_calendar_number() -> None:
    here = factories.make_schedule()
    there = factories.make_schedule(price_minor=80_00, starts_at=here.starts_at + timedelta(days=7))
    booking = moved(placed(here), there)
    (entry,) = entries("booking:move")
    assert (entry.old_values["total_minor"], entry.new_values["total_minor"]) == (75_00, 80_00)
    assert entry.old_values["starts_at"] != entry.new_values["starts_at"]
    assert mails() == ["booking_changed"] and booking.calendar_sequence == 1


def test_only_active_places_move() -> None:
    booking = placed(places=3)
    gone = booking.attendees[0].id
    done(lambda: bookings.cancel_attendees(booking.id, [gone], "Ill", OFFICE, send_mail=False))
    there = factories.make_schedule(capacity=2)
    assert moved(booking, there).seats == 2
    assert seats_taken(there.id) == 2


# --- The price ---


def test_a_dearer_date_leaves_the_difference_due() -> None:
    booking = placed(places=2, method="cash")
    booking = moved(booking, factories.make_schedule(price_minor=90_00))
    assert (booking.total_minor, booking.due_minor, booking.payment_status) == (180_00, 30_00, "part_paid")
    assert booking.status == "confirmed"


def test_a_cheaper_date_leaves_the_difference_with_the_customer() -> None:
    booking = placed(places=2, method="cash")
    booking = moved(booking, factories.make_schedule(price_minor=50_00))
    assert (booking.total_minor, booking.paid_minor, booking.due_minor) == (100_00, 100_00, 0)
    assert payment_of(booking).unallocated_minor == 50_00
    assert entries("booking:move")[0].new_values["unallocated_minor"] == 50_00


def test_the_old_price_is_kept_on_a_word_with_its_reason() -> None:
    booking = placed(places=2, method="cash")
    dearer = factories.make_schedule(price_minor=90_00)
    with pytest.raises(Invalid) as refused:
        moved(booking, dearer, KEEP)
    assert refused.value.field == "reason"
    booking = moved(fresh(booking.id), dearer, KEEP, reason="We cancelled the first date")
    assert (booking.total_minor, booking.due_minor) == (150_00, 0)
    assert booking.adjustment_reason == "We cancelled the first date"
    assert [(one.price_minor, one.adjustment_minor) for one in booking.attendees] == [(90_00, -15_00)] * 2


def test_the_old_price_is_kept_on_a_cheaper_date_too() -> None:
    code = factories.make_code(value=1000).code
    booking = placed(places=1, method="cash", discount_code=code)
    booking = moved(booking, factories.make_schedule(price_minor=50_00), KEEP, reason="As agreed")
    assert (booking.total_minor, booking.due_minor) == (67_50, 0)


def test_a_discount_code_goes_along_and_is_used_once() -> None:
    code = factories.make_code(value=1000, usage_limit=1)
    booking = placed(places=2, discount_code=code.code)
    booking = moved(booking, factories.make_schedule(price_minor=100_00))
    assert (booking.total_minor, booking.discount_minor, booking.discount_code_id) == (180_00, 20_00, code.id)
    db.session.refresh(code)
    assert code.times_used == 1


def test_the_rules_of_the_day_apply_to_a_new_price() -> None:
    factories.make_rule(minimum_places=2, basis_points=2000)
    booking = moved(placed(places=2), factories.make_schedule(price_minor=100_00))
    assert (booking.total_minor, booking.discount_rule_id is not None) == (160_00, True)


def test_a_pending_booking_that_the_new_price_pays_is_confirmed() -> None:
    booking = placed()
    done(lambda: payments.take(PaymentIn("cash", 50_00, (booking.id,), send_mail=False), OFFICE))
    booking = moved(fresh(booking.id), factories.make_schedule(price_minor=50_00), send_mail=False)
    assert (booking.status, booking.payment_status) == ("confirmed", "paid")


# --- What is refused, wholly ---


def test_a_full_date_takes_nobody_and_the_old_places_stay() -> None:
    here, there = factories.make_schedule(), factories.make_schedule(capacity=2)
    placed(there)
    booking = placed(here, 2)
    with pytest.raises(Refused) as refused:
        moved(booking, there)
    assert refused.value.code == "fully_booked"
    assert (fresh(booking.id).schedule_id, seats_taken(here.id), seats_taken(there.id)) == (here.id, 2, 1)
    assert entries("booking:move") == [] and mails() == []


def test_the_same_date_is_no_move() -> None:
    here = factories.make_schedule()
    with pytest.raises(Refused) as refused:
        moved(placed(here), here)
    assert refused.value.code == "same_date"


@pytest.mark.parametrize("status", ["draft", "cancelled", "completed"])
def test_only_a_published_date_is_moved_to(status: str) -> None:
    there = factories.make_schedule(status=status)
    with pytest.raises(Refused) as refused:
        moved(placed(), there)
    assert refused.value.code == "not_on_sale"


def test_a_date_that_has_begun_takes_nobody_from_the_office() -> None:
    there = factories.make_schedule(starts_at=datetime.now(UTC) - timedelta(hours=1))
    booking = placed()
    with pytest.raises(Refused, match="has started"):
        moved(booking, there)
    done(lambda: bookings.move(booking.id, Move(there.id), ADMIN))
    assert fresh(booking.id).schedule_id == there.id


def test_a_date_in_another_currency_is_not_moved_to() -> None:
    with pytest.raises(Refused) as refused:
        moved(placed(), factories.make_schedule(currency="EUR"))
    assert refused.value.code == "currency"


def test_a_date_on_request_has_no_new_price() -> None:
    there = factories.make_schedule(pricing="on_request", price_minor=None)
    with pytest.raises(Refused):
        moved(placed(), there)


def test_a_whitelisted_course_asks_again() -> None:
    course = factories.make_course(has_whitelist=True)
    factories.add(WhitelistEntry(course_id=course.id, pattern="@listed.example"))
    there = factories.make_schedule(course=course)
    booking = placed()
    with pytest.raises(Refused) as refused:
        moved(booking, there)
    assert refused.value.code == "not_listed"
    wanted = Move(there.id, override_reason="The boss said so")
    done(lambda: bookings.move(booking.id, wanted, ADMIN))
    assert fresh(booking.id).schedule_id == there.id


def test_who_is_too_young_there_is_not_moved_there() -> None:
    child = person("Kid Cox", birth_date=date(datetime.now(UTC).year - 10, 1, 1))
    booking = placed(attendees=(child,))
    there = factories.make_schedule(course=factories.make_course(minimum_age=16))
    with pytest.raises(Refused, match="younger than 16"):
        moved(booking, there)
    wanted = Move(there.id, override_reason="The parents come along")
    done(lambda: bookings.move(booking.id, wanted, ADMIN))
    assert fresh(booking.id).schedule_id == there.id


def test_nobody_moves_onto_a_date_where_they_have_a_place() -> None:
    there = factories.make_schedule()
    me = (person("", is_customer=True),)
    placed(there, attendees=me)
    booking = placed(attendees=me)
    with pytest.raises(Refused, match="already has a place"):
        moved(booking, there)
    assert fresh(booking.id).schedule_id != there.id


def test_a_cancelled_booking_does_not_move() -> None:
    booking = placed()
    done(lambda: bookings.cancel(booking.id, "Ill", OFFICE))
    with pytest.raises(Refused, match="cannot be moved"):
        moved(fresh(booking.id), factories.make_schedule())


def test_an_unknown_date_or_booking_is_not_found() -> None:
    booking = placed()
    with pytest.raises(NotFound):
        done(lambda: bookings.move(booking.id, Move(booking.id), OFFICE))
    with pytest.raises(NotFound):
        done(lambda: bookings.move(booking.schedule_id, Move(booking.schedule_id), OFFICE))


def test_a_price_is_the_old_or_the_new_one() -> None:
    with pytest.raises(Invalid) as refused:
        moved(placed(), factories.make_schedule(), "mine")
    assert refused.value.field == "price"


def test_a_manager_moves_nobody_and_the_second_of_two_is_told() -> None:
    booking, there = placed(), factories.make_schedule()
    with pytest.raises(Forbidden):
        done(lambda: bookings.move(booking.id, Move(there.id), MANAGER))
    seen = booking.version
    done(lambda: bookings.extend_hold(booking.id, datetime.now(UTC) + timedelta(days=1), OFFICE))
    with pytest.raises(Changed):
        done(lambda: bookings.move(booking.id, Move(there.id), OFFICE, version=seen))


# --- The hold ---


def test_a_hold_ends_with_the_start_of_the_new_date() -> None:
    soon = factories.make_schedule(starts_at=datetime.now(UTC).replace(microsecond=0) + timedelta(hours=20))
    booking = moved(placed(), soon)
    assert booking.hold_expires_at == soon.starts_at


def test_a_hold_is_not_prolonged_by_a_later_date() -> None:
    booking = placed()
    before = booking.hold_expires_at
    later = factories.make_schedule(starts_at=datetime.now(UTC) + timedelta(days=40))
    assert moved(booking, later).hold_expires_at == before


def test_there_and_back_again_leaves_every_sum_as_it_was(database_urls: DatabaseUrls) -> None:
    here, there = factories.make_schedule(), factories.make_schedule(price_minor=50_00)
    booking = placed(here, 3, "cash")
    moved(booking, there)
    booking = moved(fresh(booking.id), here)
    assert (booking.total_minor, seats_taken(here.id), seats_taken(there.id)) == (225_00, 3, 0)
    assert booking.due_minor == 75_00 and payment_of(booking).unallocated_minor == 75_00
    assert sums.that_differ(database_urls.owner) == []
