"""Whatever changes the places of a date is announced, by every service that does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from redis import Redis
from redis.client import PubSub
from sqlalchemy import update

from backoffice.database import db
from backoffice.domain.actor import SYSTEM, Actor
from backoffice.models import Booking, Schedule, Tenant
from backoffice.services import bookings, called_off, live, schedules, waiting, web_bookings
from backoffice.services.bookings import Move
from backoffice.services.called_off import CallOff
from backoffice.services.live.touching import ALL, CHANNEL, MOST_NAMED, hear, say
from backoffice.services.web_bookings import DraftKey, Typed
from tests import factories
from tests.paying import started
from tests.services import imported
from tests.services.booked import ADMIN, done, fresh, placed
from tests.services.test_settling import expired, settled
from tests.services.waiting.world import cancel_one, full_date, joined

pytestmark = pytest.mark.usefixtures("tenant")

VISITOR = Actor("customer", name="Visitor", address="192.0.2.1")
Ear = Callable[[], set[UUID]]


@pytest.fixture
def heard(tenant: Tenant, redis_url: str) -> Iterator[Ear]:
    """What this tenant's services announced since it was asked last."""
    with Redis.from_url(redis_url).pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe(CHANNEL)
        subscription.get_message(timeout=1)
        tenant_id = tenant.id
        yield lambda: set(_of(subscription, tenant_id))


def _of(subscription: PubSub, tenant_id: UUID) -> Iterator[UUID]:
    while message := subscription.get_message(timeout=0.2):
        told = hear(message["data"])
        if told and told[0] == tenant_id:
            yield from told[1] or ()


def held(schedule_id: UUID) -> Any:
    date = web_bookings.find_date(schedule_id, datetime.now(UTC))
    assert date is not None
    typed = Typed(first_name="Vi", last_name="Sitor", email="vi@x.example", is_prepared=True)
    key = DraftKey(uuid4(), schedule_id, "192.0.2.1")
    return done(lambda: web_bookings.hold(key, typed.for_places(2), date, VISITOR))


def test_taking_places_is_announced_by_desk_and_page(heard: Ear) -> None:
    here = factories.make_schedule()
    placed(here)
    assert heard() == {here.id}
    held(here.id)
    assert heard() == {here.id}


@pytest.mark.parametrize("how", ["cancel", "cancel_attendees", "let_go", "release_ended_hold"])
def test_giving_places_back_is_announced(heard: Ear, how: str) -> None:
    here = factories.make_schedule()
    booking = placed(here, 2, method="payment_link")
    heard()
    if how == "release_ended_hold":
        past = datetime.now(UTC) - timedelta(minutes=1)
        db.session.execute(update(Booking).values(hold_expires_at=past))
    give_back: dict[str, Callable[[], Any]] = {
        "cancel": partial(bookings.cancel, booking.id, "Ill", ADMIN),
        "cancel_attendees": partial(
            bookings.cancel_attendees, booking.id, [booking.attendees[0].id], "Ill", ADMIN
        ),
        "let_go": partial(bookings.let_go, booking.id, SYSTEM),
        "release_ended_hold": partial(bookings.release_ended_hold, booking.id, SYSTEM),
    }
    done(give_back[how])
    assert heard() == {here.id}


def test_a_move_is_announced_on_both_dates(heard: Ear) -> None:
    here, there = factories.make_schedule(), factories.make_schedule()
    booking = placed(here)
    heard()
    done(lambda: bookings.move(booking.id, Move(there.id), ADMIN))
    assert heard() == {here.id, there.id}


def test_money_that_comes_late_and_takes_the_places_again_is_announced(heard: Ear) -> None:
    payment = started()
    booking = expired(payment)
    heard()
    settled(payment)
    assert fresh(booking.id).status == "confirmed"
    assert heard() == {booking.schedule_id}


def test_confirming_what_holds_its_places_changes_none(heard: Ear) -> None:
    booking = placed()
    heard()
    done(lambda: bookings.confirm(booking.id, ADMIN))
    assert heard() == set()


def test_capacity_and_states_of_a_date_are_announced(heard: Ear) -> None:
    here = factories.make_schedule()
    heard()
    acts = [
        partial(schedules.change_capacity, here.id, 10, ADMIN),
        partial(schedules.unpublish, here.id, ADMIN),
        partial(schedules.publish, here.id, ADMIN),
        partial(schedules.cancel, here.id, "Snow", ADMIN),
    ]
    for act in acts:
        done(act)
        assert heard() == {here.id}, act


def test_calling_off_a_date_is_announced(heard: Ear) -> None:
    here = factories.make_schedule()
    placed(here)
    heard()
    wanted = CallOff("Snow", datetime.now(UTC) + timedelta(days=3))
    done(lambda: called_off.call_off(here.id, wanted, ADMIN))
    assert heard() == {here.id}


def test_an_import_announces_the_dates_that_it_fills_and_changes(heard: Ear) -> None:
    imported.bring_base()
    (here,) = db.session.query(Schedule).all()
    heard()
    assert not imported.bring("bookings", imported.BOOKING).refused
    assert heard() == {here.id}
    assert not imported.bring("schedules", imported.SCHEDULE | {"capacity": "10"}).refused
    assert heard() == {here.id}


def test_an_offer_from_the_waiting_list_is_announced(heard: Ear) -> None:
    here = full_date(2)
    joined("wai", here)
    cancel_one(here)
    heard()
    assert done(lambda: waiting.offer_next(here.id))
    assert heard() == {here.id}


def test_places_that_were_kept_for_a_party_are_announced_when_it_leaves(heard: Ear) -> None:
    here = full_date(2)
    entry_id = joined("wai", here).id
    cancel_one(here)
    assert live.look([here.id])[here.id].left == 0
    heard()
    done(lambda: waiting.leave(entry_id, VISITOR))
    assert heard() == {here.id}
    assert live.look([here.id])[here.id].left == 1


def test_without_touch_nobody_hears_of_it(heard: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the announcement comes from the service, from nowhere else."""
    monkeypatch.setattr(live, "touch", lambda *ids: None)
    here = factories.make_schedule()
    placed(here)
    assert heard() == set()


def test_a_booking_that_is_refused_at_the_commit_is_not_announced(heard: Ear) -> None:
    here = factories.make_schedule(capacity=1)
    placed(here)
    heard()
    db.session.execute(update(Schedule).where(Schedule.id == here.id).values(capacity=1))
    with pytest.raises(Exception, match="booked"):
        placed(here)
    assert heard() == set()


def test_a_large_import_says_all_instead_of_thousands(tenant: Tenant) -> None:
    many = [uuid4() for _ in range(MOST_NAMED + 1)]
    assert say(tenant.id, many) == f"{tenant.id} {ALL}"
    assert hear(say(tenant.id, many).encode()) == (tenant.id, None)
    assert hear(say(tenant.id, many[:2]).encode()) == (tenant.id, frozenset(many[:2]))


@pytest.mark.parametrize("message", [b"", b"x", b"\xff", b"* *", b"00000000-0000-4000-8000-000000000001 x"])
def test_what_is_no_message_of_ours_is_not_heard(message: bytes) -> None:
    assert hear(message) is None
