"""Places that come free are offered in order: as a booking with a hold, counted like any other."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.domain.errors import Refused
from backoffice.models import Booking, WaitingEntryDate
from backoffice.services import bookings, schedules, waiting
from backoffice.work import commit_once
from tests import factories
from tests.services.waiting.world import (
    OFFICE,
    VISITOR,
    book,
    cancel_one,
    full_date,
    joined,
    look_after,
    mails,
    offer_of,
    offered,
    promises,
    status,
    wish,
)

pytestmark = pytest.mark.usefixtures("tenant", "sums_hold")


def run_out(booking: Booking) -> None:
    """The hold of an offer ends."""
    past = datetime.now(UTC) - timedelta(minutes=1)
    db.session.execute(update(Booking).where(Booking.id == booking.id).values(hold_expires_at=past))
    db.session.commit()
    assert commit_once(lambda: bookings.release_ended_hold(booking.id, SYSTEM))


def test_a_cancelled_place_is_offered_to_who_joined_first() -> None:
    date = full_date()
    first, second = joined("ann", date), joined("bob", date)
    assert look_after(date) == 0
    cancel_one(date)
    assert promises() == [{"schedule_id": str(date.id)}]
    assert look_after(date) == 1
    assert offered(date) == ["Ann"]
    assert (status(first), status(second)) == ("offered", "waiting")
    booking = offer_of(first)
    assert (booking.status, booking.seats, booking.source) == ("pending", 1, "web")
    db.session.refresh(date)
    assert date.seats_taken == date.capacity
    assert booking.hold_expires_at is not None
    hours = booking.hold_expires_at - datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < hours <= timedelta(hours=24)
    assert "waiting_offer ann@x.example" in mails()
    assert not [each for each in mails() if each.startswith("booking_received ann")]


def test_an_offer_that_runs_out_goes_to_the_next() -> None:
    date = full_date(1)
    first, second = joined("ann", date), joined("bob", date)
    cancel_one(date)
    look_after(date)
    run_out(offer_of(first))
    assert (status(first), wish(first, date).status) == ("ended", "lapsed")
    assert mails("waiting_lapsed") == ["waiting_lapsed ann@x.example"]
    assert mails("hold_ended") == []
    assert look_after(date) == 1
    assert offered(date) == ["Bob"]
    assert status(second) == "offered"


def test_a_party_that_does_not_fit_is_skipped_and_keeps_its_turn() -> None:
    date = full_date(4)
    four, two, one = (
        joined(name, date, places=places) for name, places in (("ann", 3), ("bob", 2), ("cay", 1))
    )
    cancel_one(date, 2)
    look_after(date)
    assert offered(date) == ["Bob"]
    commit_once(lambda: waiting.decline(two.id, VISITOR))
    cancel_one(date, 1)
    look_after(date)
    assert offered(date) == ["Ann"]
    assert [status(each) for each in (four, two, one)] == ["offered", "ended", "waiting"]


def test_paying_takes_the_offer_and_ends_the_other_dates() -> None:
    course = factories.make_course()
    early, late = full_date(1, course=course), full_date(1, course=course)
    party = joined("ann", early, late)
    cancel_one(early)
    look_after(early)
    commit_once(lambda: bookings.confirm(offer_of(party).id, OFFICE))
    assert status(party) == "accepted"
    assert [wish(party, each).status for each in (early, late)] == ["accepted", "ended"]
    cancel_one(late)
    assert look_after(late) == 0


def test_a_party_has_one_offer_and_goes_back_to_its_turn_for_the_other_date() -> None:
    course = factories.make_course()
    early, late = full_date(1, course=course), full_date(1, course=course)
    party, other = joined("ann", early, late), joined("bob", late)
    cancel_one(early)
    look_after(early)
    cancel_one(late)
    look_after(late)
    assert (offered(early), offered(late)) == (["Ann"], ["Bob"])
    run_out(offer_of(party))
    assert status(party) == "waiting"
    commit_once(lambda: waiting.decline(other.id, VISITOR))
    look_after(late)
    assert offered(late) == ["Ann"]


def test_a_raised_capacity_opens_the_list() -> None:
    date = full_date(2)
    joined("ann", date)
    commit_once(lambda: schedules.change_capacity(date.id, 3, factories.actor("admin")))
    assert promises()
    assert look_after(date) == 1
    assert offered(date) == ["Ann"]


def test_a_booking_that_moves_away_opens_the_list() -> None:
    date, other = full_date(1), factories.make_schedule()
    joined("ann", date)
    (booking_id,) = db.session.scalars(select(Booking.id).where(Booking.schedule_id == date.id))
    commit_once(lambda: bookings.move(booking_id, bookings.Move(other.id), OFFICE))
    assert promises()
    look_after(date)
    assert offered(date) == ["Ann"]


def test_a_cancelled_place_of_a_group_opens_the_list() -> None:
    date = factories.make_schedule(capacity=3)
    placed = book(date.id, places=3)
    joined("ann", date)
    booking = db.session.get_one(Booking, placed.booking_id)
    gone = [booking.attendees[0].id]
    commit_once(lambda: bookings.cancel_attendees(booking.id, gone, "Ill", OFFICE))
    assert promises()
    look_after(date)
    assert offered(date) == ["Ann"]


def test_no_visitor_takes_a_place_between_cancelling_and_offering() -> None:
    date = full_date(2)
    joined("ann", date)
    cancel_one(date)
    with pytest.raises(Refused, match="kept for the waiting list"):
        book(date.id, 7, actor=VISITOR)
    assert book(date.id, 8).status == "pending"  # staff may


def test_a_visitor_takes_what_no_waiting_party_would_fit_into() -> None:
    date = full_date(3)
    joined("ann", date, places=2)
    cancel_one(date)
    assert book(date.id, 7, actor=VISITOR).status == "pending"


def test_a_free_date_is_offered_and_confirmed_by_accepting() -> None:
    date = full_date(1, pricing="free", price_minor=None)
    party = joined("ann", date)
    cancel_one(date)
    look_after(date)
    assert offer_of(party).status == "pending"
    booking = commit_once(lambda: waiting.accept(party.id, (), VISITOR))
    assert (booking.status, status(party)) == ("confirmed", "accepted")
    assert "booking_confirmed ann@x.example" in mails()
    assert commit_once(lambda: waiting.accept(party.id, (), VISITOR)).id == booking.id


def test_leaving_gives_an_offer_to_the_next() -> None:
    date = full_date(1)
    first = joined("ann", date)
    joined("bob", date)
    cancel_one(date)
    look_after(date)
    commit_once(lambda: waiting.leave(first.id, VISITOR))
    assert (status(first), wish(first, date).status) == ("left", "declined")
    look_after(date)
    assert offered(date) == ["Bob"]
    commit_once(lambda: waiting.leave(first.id, VISITOR))  # the second click


def test_staff_pick_a_party_out_of_turn_and_that_is_written_down() -> None:
    date = full_date(1)
    joined("ann", date)
    picked = joined("bob", date)
    cancel_one(date)
    commit_once(lambda: waiting.pick(wish(picked, date).id, "Needs it for work", OFFICE))
    assert offered(date) == ["Bob"]
    with pytest.raises(Refused):
        commit_once(lambda: waiting.pick(wish(picked, date).id, "Again", OFFICE))


def test_a_date_that_was_called_off_ends_its_list() -> None:
    date = full_date(1)
    party = joined("ann", date)
    cancel_one(date)
    commit_once(lambda: schedules.cancel(date.id, "No heating", factories.actor("admin")))
    assert look_after(date) == 1
    assert status(party) == "ended"
    assert mails("waiting_ended") == ["waiting_ended ann@x.example"]


def test_no_offer_is_made_twice_for_one_wish() -> None:
    date = full_date(1)
    party = joined("ann", date)
    cancel_one(date)
    assert look_after(date) == 1
    assert look_after(date) == 0
    count = select(func.count()).where(WaitingEntryDate.entry_id == party.id)
    assert db.session.scalar(count) == 1
