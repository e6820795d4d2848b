"""Places that are kept for the list: what the public sees, what a visitor is refused, and what nobody keeps from anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update

from backoffice.database import db
from backoffice.domain.actor import SYSTEM, Actor
from backoffice.domain.errors import Refused
from backoffice.models import Booking, Schedule, User, WaitingEntry
from backoffice.services import bookings, live, pay_facts, waiting, waiting_turn
from backoffice.services.bookings import Move, Order
from backoffice.services.finding import on_sale
from backoffice.services.my import policy
from backoffice.services.web_bookings import offering as web_offering
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
    party,
)

pytestmark = pytest.mark.usefixtures("tenant")

API = Actor("api", name="A partner")


def kept_date() -> Schedule:
    """A date with one free place for which somebody waits."""
    date = full_date(2)
    joined("ann", date)
    cancel_one(date)
    return date


def test_every_public_page_says_that_the_date_is_full() -> None:
    date, now = kept_date(), datetime.now(UTC)
    assert (
        db.session.scalar(select(Schedule.capacity - Schedule.seats_taken).where(Schedule.id == date.id)) == 1
    )
    assert on_sale.places([date.id], now)[date.id] == (2, 0)
    assert live.look([date.id])[date.id].left == 0
    found = web_offering.find_date(date.id, now)
    assert found is not None
    assert found.closed == "full"
    assert waiting_turn.list_kept([date.id]) == {date.id}


def test_without_a_list_they_say_what_is_free() -> None:
    """The control of the test above."""
    date, now = full_date(2), datetime.now(UTC)
    cancel_one(date)
    assert on_sale.places([date.id], now)[date.id] == (2, 1)
    assert live.look([date.id])[date.id].left == 1
    assert waiting_turn.list_kept([date.id]) == set()


@pytest.mark.parametrize("actor", [VISITOR, API])
def test_no_visitor_takes_it(actor: Actor) -> None:
    date = kept_date()
    with pytest.raises(Refused) as refused:
        book(date.id, 9, actor=actor, is_hold=True)
    assert refused.value.code == "waiting_first"


def test_no_visitor_moves_there() -> None:
    date = kept_date()
    mine = book(factories.make_schedule().id, 9)
    customer = db.session.scalars(select(User.id).where(User.email == "booker9@x.example")).one()
    me = policy.mandate(Actor("customer", customer, "customer", "Me"))
    with pytest.raises(Refused, match="kept for the waiting list"):
        commit_once(lambda: bookings.move(mine.booking_id, Move(date.id), me))
    commit_once(lambda: bookings.move(mine.booking_id, Move(date.id), OFFICE))


def test_who_changes_what_is_held_keeps_ones_own_places() -> None:
    date = full_date(1)
    date_id = date.id
    cancel_one(date)
    mine = book(date_id, 7, actor=VISITOR, is_hold=True, payment_method="payment_link")
    joined("ann", date)

    def change(own: int) -> None:
        bookings.let_go(mine.booking_id, VISITOR)
        db.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        db.session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        wanted = Order(date_id, 1, party("bo"), "payment_link", is_hold=True, gives_back=own)
        bookings.place(wanted, VISITOR)

    with pytest.raises(Refused, match="kept for the waiting list"):
        commit_once(lambda: change(0))
    commit_once(lambda: change(1))
    assert look_after(date) == 0


def test_a_change_that_takes_no_more_places_is_not_in_anybodys_way() -> None:
    date = full_date(2)
    date_id = date.id
    cancel_one(date)
    mine = book(date_id, 7, actor=VISITOR, is_hold=True, payment_method="payment_link")
    joined("ann", date)
    cancel_one(date)  # a place that is Ann's

    def change(places: int) -> None:
        bookings.let_go(mine.booking_id, VISITOR)
        db.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        db.session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        bookings.place(
            Order(date_id, places, party("bo"), "payment_link", is_hold=True, gives_back=1), VISITOR
        )

    with pytest.raises(Refused, match="kept for the waiting list"):
        commit_once(lambda: change(2))
    commit_once(lambda: change(1))
    assert look_after(date) == 1


def test_an_ended_hold_is_not_paid_while_others_wait() -> None:
    date = full_date(1)
    joined("ann", date)
    (booking,) = db.session.scalars(select(Booking).where(Booking.schedule_id == date.id)).all()
    past = datetime.now(UTC) - timedelta(minutes=1)
    db.session.execute(update(Booking).where(Booking.id == booking.id).values(hold_expires_at=past))
    db.session.commit()
    commit_once(lambda: bookings.release_ended_hold(booking.id, SYSTEM))
    db.session.expire_all()
    assert not pay_facts.can_be_paid(booking, datetime.now(UTC))
    commit_once(lambda: waiting.leave(db.session.scalars(select(WaitingEntry.id)).one(), VISITOR))
    db.session.expire_all()
    assert pay_facts.can_be_paid(booking, datetime.now(UTC))  # nobody waits any more


def test_an_hour_before_the_start_the_list_rests() -> None:
    soon = datetime.now(UTC) + timedelta(hours=2)
    date = full_date(1, starts_at=soon)
    joined("ann", date)
    cancel_one(date)
    sooner = datetime.now(UTC) + timedelta(minutes=50)
    db.session.execute(update(Schedule).where(Schedule.id == date.id).values(starts_at=sooner))
    db.session.commit()
    assert not waiting_turn.keeps(date.id)
    assert look_after(date) == 0
    assert book(date.id, 9, actor=VISITOR, is_hold=True, payment_method="payment_link")


def test_the_job_and_the_pages_mean_the_same_dates() -> None:
    """The condition is written twice: in the function that finds due dates, and for the pages."""
    course = factories.make_course()
    kept, too_small, nobody = (
        full_date(2, course=course),
        full_date(2, course=course),
        full_date(2, course=course),
    )
    joined("ann", kept)
    joined("bob", too_small, places=2)
    for date in (kept, too_small, nobody):
        cancel_one(date)
    ids = [kept.id, too_small.id, nobody.id]
    db.session.commit()
    function = func.due_waiting_dates(1000).table_valued("tenant_id", "id")
    due = {str(row) for row in db.session.scalars(select(function.c.id))} & {str(each) for each in ids}
    assert due == {str(each) for each in waiting_turn.list_kept(ids)} == {str(kept.id)}
