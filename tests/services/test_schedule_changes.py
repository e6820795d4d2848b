"""Changing a date: time, place, people, places, price, and its states."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, DomainError, Forbidden, Invalid, Refused
from backoffice.domain.times import local_to_utc
from backoffice.models import Attendee, AuditEvent, Booking, Message, Schedule, Tenant, User
from backoffice.services import bookings, registers, schedules
from backoffice.services.bookings import Order
from backoffice.services.customers import CustomerIn
from backoffice.services.schedules import Day, PlanIn
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories

ADMIN = factories.actor()
IMPORT = Actor("import", name="An import")
SOON = date.today() + timedelta(days=20)  # noqa: DTZ011 - a local day
NINE, FOUR = time(9), time(16)
DAY = timedelta(days=1)
ALICE = CustomerIn(first_name="Alice", last_name="Cox", email="alice@x.example", phone=None)


def days_from(first: date, number: int = 1) -> list[Day]:
    return [(first + n * DAY, NINE, FOUR) for n in range(number)]


def planned(actor: Actor = ADMIN, **values: object) -> Schedule:
    defaults = {
        "course_id": factories.make_course().id,
        "venue_id": factories.make_venue().id,
        "days": days_from(SOON),
        "status": "published",
    }
    wanted = PlanIn(**defaults | values)  # type: ignore[arg-type]
    return commit_once(lambda: schedules.plan(wanted, actor))


def book(schedule: Schedule, places: int = 2) -> Booking:
    wanted = Order(schedule_id=schedule.id, places=places, customer=ALICE, payment_method="bank_transfer")
    placed = commit_once(lambda: bookings.place(wanted, ADMIN))
    return db.session.get_one(Booking, placed.booking_id)


def days_of(schedule: Schedule) -> list[datetime]:
    db.session.refresh(schedule)
    return [day.starts_at for day in schedule.days]


def moved(schedule: Schedule, days: list, **more: object) -> Schedule:
    venue_id = more.pop("venue_id", schedule.venue_id)
    people = more.pop("instructor_ids", ())
    return commit_once(
        lambda: schedules.reschedule(schedule.id, days, venue_id, people, ADMIN, **more)  # type: ignore[arg-type]
    )


def refused(verb: object, *given: object, **more: object) -> DomainError:
    with pytest.raises(DomainError) as caught:
        commit_once(lambda: verb(*given, **more))  # type: ignore[operator]
    return caught.value


# --- Time, place, people ---


def test_a_date_moves_to_other_days(tenant: Tenant) -> None:
    made = planned(days=days_from(SOON, 2))
    moved(made, days_from(SOON + 30 * DAY))
    assert days_of(made) == [local_to_utc(SOON + 30 * DAY, NINE, "Europe/London")]
    assert (made.starts_at, made.days[0].day_number) == (made.days[0].starts_at, 1)


def test_the_days_may_shift_over_each_other(tenant: Tenant) -> None:
    person = factories.make_instructor().id
    made = planned(days=days_from(SOON, 3), instructor_ids=[person])
    moved(made, days_from(SOON + DAY, 3), instructor_ids=[person])
    assert len(days_of(made)) == 3
    assert made.starts_at == local_to_utc(SOON + DAY, NINE, "Europe/London")


def test_time_and_place_change_at_once(tenant: Tenant) -> None:
    """Neither the new room at the old time nor the old room at the new time need be free."""
    old, new = factories.make_venue().id, factories.make_venue().id
    made = planned(venue_id=old)
    planned(venue_id=new)
    planned(venue_id=old, days=days_from(SOON + DAY))
    moved(made, days_from(SOON + DAY), venue_id=new)
    assert {day.venue_id for day in made.days} == {new}


def test_a_taken_room_is_refused_and_nothing_moves(tenant: Tenant) -> None:
    made, other = planned(), planned()
    error = refused(moved, made, days_from(SOON), venue_id=other.venue_id)
    assert error.code == "venue_busy"
    assert days_of(made) == [local_to_utc(SOON, NINE, "Europe/London")]


def test_bookings_are_told_of_another_time(tenant: Tenant) -> None:
    made = planned()
    booking = book(made)
    moved(made, days_from(SOON + DAY))
    db.session.refresh(booking)
    assert (booking.calendar_sequence, booking.starts_at) == (1, made.starts_at)
    mail = db.session.scalars(select(Message).where(Message.template == "booking_changed")).one()
    assert (mail.recipient, mail.booking_id) == ("alice@x.example", booking.id)


def test_a_second_move_is_told_again(tenant: Tenant) -> None:
    made = planned()
    book(made)
    moved(made, days_from(SOON + DAY))
    moved(made, days_from(SOON))
    assert len(db.session.scalars(select(Message).where(Message.template == "booking_changed")).all()) == 2


def test_a_cancelled_booking_is_not_told(tenant: Tenant) -> None:
    made = planned()
    booking = book(made)
    commit_once(lambda: bookings.cancel(booking.id, "Ill", ADMIN))
    moved(made, days_from(SOON + DAY))
    assert not db.session.scalars(select(Message).where(Message.template == "booking_changed")).all()


def test_another_instructor_is_told(tenant: Tenant) -> None:
    made, person = planned(), factories.make_instructor(name="Ida Rhodes")
    booking = book(made)
    moved(made, days_from(SOON), instructor_ids=[person.id])
    db.session.refresh(booking)
    assert booking.calendar_sequence == 1
    mail = db.session.scalars(select(Message).where(Message.template == "booking_changed")).one()
    assert mail.data["note"] == "Instructor: Ida Rhodes."
    assert [duty.instructor_id for duty in made.days[0].instructors] == [person.id]


def test_the_same_again_changes_nothing(tenant: Tenant) -> None:
    made = planned()
    version = made.version
    moved(made, days_from(SOON))
    assert made.version == version
    assert not db.session.scalars(select(AuditEvent).where(AuditEvent.action == "schedule:reschedule")).all()


def test_the_second_of_two_planners_is_told(tenant: Tenant) -> None:
    made = planned()
    version = made.version
    moved(made, days_from(SOON + DAY), version=version)
    with pytest.raises(Changed):
        moved(made, days_from(SOON + 2 * DAY), version=version)


def test_a_date_does_not_move_into_the_past_without_a_reason(tenant: Tenant) -> None:
    made, past = planned(), [(date(2026, 1, 5), NINE, FOUR)]
    assert refused(moved, made, past).code == "in_the_past"
    assert moved(made, past, override_reason="It took place then").override_reason == "It took place then"


def test_the_instructor_of_a_running_date_may_change(tenant: Tenant) -> None:
    past = [(date(2026, 1, 5), NINE, FOUR)]
    made = planned(IMPORT, days=past)
    assert moved(made, past, instructor_ids=[factories.make_instructor().id]).days[0].instructors


def test_a_smaller_venue_is_refused(tenant: Tenant) -> None:
    made, closet = planned(), factories.make_venue(capacity=5)
    assert refused(moved, made, days_from(SOON), venue_id=closet.id).field == "capacity"


def test_an_ended_date_is_not_moved(tenant: Tenant) -> None:
    made = planned()
    commit_once(lambda: schedules.cancel(made.id, "Nobody booked", ADMIN))
    assert refused(moved, made, days_from(SOON + DAY)).code == "not_changeable"


# --- Places and price ---


def test_the_capacity_is_never_below_what_is_taken(tenant: Tenant) -> None:
    made = planned()
    book(made, 5)
    error = refused(schedules.change_capacity, made.id, 4, ADMIN)
    assert error.message == "5 places are taken: the capacity cannot be lower than that."
    assert commit_once(lambda: schedules.change_capacity(made.id, 5, ADMIN)).capacity == 5


def test_the_capacity_obeys_room_and_ratio(tenant: Tenant) -> None:
    made = planned()
    assert refused(schedules.change_capacity, made.id, 21, ADMIN).field == "capacity"
    assert refused(schedules.change_capacity, made.id, 13, ADMIN).code == "too_few_instructors"
    changed = commit_once(
        lambda: schedules.change_capacity(made.id, 13, ADMIN, override_reason="A helper comes along")
    )
    assert (changed.capacity, changed.override_reason) == (13, "A helper comes along")


def test_another_price_rewrites_nothing_that_is_sold(tenant: Tenant) -> None:
    made = planned()
    booking = book(made, 2)
    commit_once(lambda: schedules.change_price(made.id, 9900, ADMIN))
    db.session.refresh(booking)
    prices = db.session.scalars(select(Attendee.price_minor).where(Attendee.booking_id == booking.id))
    assert (booking.total_minor, set(prices)) == (15000, {7500})
    assert made.price_minor == 9900


@pytest.mark.parametrize("price", [None, -1, 100_000_001])
def test_a_price_without_sense_is_refused(tenant: Tenant, price: int | None) -> None:
    made = planned()
    assert refused(schedules.change_price, made.id, price, ADMIN).field == "price_minor"


def test_a_date_becomes_free(tenant: Tenant) -> None:
    made = planned()
    commit_once(lambda: schedules.change_price(made.id, None, ADMIN, pricing="free"))
    assert (made.pricing, made.price_minor) == ("free", None)


def test_the_form_changes_everything_in_one_go(tenant: Tenant) -> None:
    made, closet = planned(), factories.make_venue(capacity=6)
    wanted = PlanIn(
        made.course_id, closet.id, days_from(SOON + DAY), capacity=6, price_minor=100, code="S9", notes="Mind"
    )
    commit_once(lambda: schedules.revise(made.id, wanted, ADMIN, version=made.version))
    assert (made.venue_id, made.capacity, made.price_minor, made.code) == (closet.id, 6, 100, "S9")
    actions = db.session.scalars(select(AuditEvent.action).where(AuditEvent.subject_id == made.id))
    assert set(actions) == {
        "schedule:plan",
        "schedule:reschedule",
        "schedule:change_capacity",
        "schedule:change_price",
        "schedule:update",
    }


# --- States ---


def test_a_draft_is_published_and_taken_back(tenant: Tenant) -> None:
    made = planned(status="draft")
    assert commit_once(lambda: schedules.publish(made.id, ADMIN)).status == "published"
    assert commit_once(lambda: schedules.unpublish(made.id, ADMIN)).status == "draft"


def test_a_booked_date_stays_published(tenant: Tenant) -> None:
    made = planned()
    book(made, 1)
    assert refused(schedules.unpublish, made.id, ADMIN).message.startswith("1 place is booked")


def test_a_draft_that_has_begun_is_not_published(tenant: Tenant) -> None:
    past = factories.make_schedule(status="draft", starts_at=datetime.now(UTC) - timedelta(hours=1))
    assert refused(schedules.publish, past.id, ADMIN).code == "started"


def test_a_date_is_completed_after_it_has_ended_and_reopened(tenant: Tenant) -> None:
    running = factories.make_schedule()
    assert refused(registers.complete, running.id, ADMIN).code == "not_over"
    over = factories.make_schedule(starts_at=datetime.now(UTC) - timedelta(days=2))
    commit_once(lambda: registers.complete(over.id, ADMIN))
    assert over.status == "completed"
    assert commit_once(lambda: schedules.reopen(over.id, ADMIN)).status == "published"


def test_a_date_with_bookings_is_not_cancelled(tenant: Tenant) -> None:
    made = planned()
    book(made, 2)
    error = refused(schedules.cancel, made.id, "Instructor ill", ADMIN)
    assert error.message.startswith("1 booking holds 2 of its places: move or cancel them first")


def test_an_empty_date_is_cancelled_with_its_reason(tenant: Tenant) -> None:
    made = planned()
    commit_once(lambda: schedules.cancel(made.id, "Instructor ill", ADMIN))
    assert (made.status, made.cancellation_reason) == ("cancelled", "Instructor ill")
    assert made.cancelled_at is not None
    assert [day.is_live for day in made.days] == [False]


def test_cancelling_needs_a_reason(tenant: Tenant) -> None:
    assert isinstance(refused(schedules.cancel, planned().id, "  ", ADMIN), Invalid)


@pytest.mark.parametrize("verb", [schedules.publish, registers.complete, schedules.unpublish])
def test_a_cancelled_date_stays_cancelled(tenant: Tenant, verb: object) -> None:
    made = planned()
    commit_once(lambda: schedules.cancel(made.id, "Instructor ill", ADMIN))
    assert isinstance(refused(verb, made.id, ADMIN), Refused)


def test_nobody_without_the_right_changes_a_date(tenant: Tenant) -> None:
    made, office = planned(), factories.actor("office")
    tries = [
        lambda: schedules.publish(made.id, office),
        lambda: schedules.unpublish(made.id, office),
        lambda: registers.complete(made.id, factories.actor("manager")),
        lambda: schedules.reopen(made.id, office),
        lambda: schedules.cancel(made.id, "x", office),
        lambda: schedules.change_capacity(made.id, 3, office),
        lambda: schedules.change_price(made.id, 3, office),
        lambda: schedules.change_notes(made.id, None, None, office),
        lambda: schedules.reschedule(made.id, [], made.venue_id, [], office),
    ]
    for attempt in tries:
        with pytest.raises(Forbidden):
            commit_once(attempt)


def test_another_providers_date_is_not_found(tenant: Tenant) -> None:
    nowhere = UUID("00000000-0000-7000-8000-000000000000")
    assert refused(schedules.publish, nowhere, ADMIN).status == 404
    assert refused(schedules.cancel, nowhere, "x", ADMIN).status == 404


# --- At once ---


def slow_booking(app: Flask, tenant_id: UUID, schedule_id: UUID, between: Callable[[], object]) -> str:
    """Read that the date is on sale, let something else happen, then take a place: the code of what came."""

    def work() -> None:
        assert db.session.get_one(Schedule, schedule_id).status == "published"
        between()
        _write_booking(schedule_id)

    with app.app_context(), tenant_scope(tenant_id):
        try:
            commit_once(work)
        except DomainError as error:
            return error.code
        finally:
            db.session.remove()
        return "booked"


def _write_booking(schedule_id: UUID) -> None:
    """What `place` writes after its checks."""
    customer = User(role="customer", first_name="Ann", last_name="Cox")
    booking = Booking(
        reference="TST-2026-9999", schedule_id=schedule_id, customer_id=customer.id, status="confirmed",
        payment_method="account", source="phone", currency="GBP",
    )  # fmt: skip
    place = Attendee(booking_id=booking.id, position=1, price_minor=0, vat_rate_bp=0)
    db.session.add_all([customer, booking, place])


def test_no_booking_arrives_on_a_date_that_is_called_off_meanwhile(
    app: Flask, provider: factories.Provider
) -> None:
    with app.app_context(), tenant_scope(provider.id):
        schedule_id = factories.make_schedule().id
        db.session.remove()
    called_off = partial(elsewhere, app, provider.id, lambda: schedules.cancel(schedule_id, "Ill", ADMIN))
    assert slow_booking(app, provider.id, schedule_id, called_off) == "called_off"
    with app.app_context(), tenant_scope(provider.id):
        schedule = db.session.get_one(Schedule, schedule_id)
        assert (schedule.status, schedule.seats_taken) == ("cancelled", 0)
        db.session.remove()


def elsewhere(app: Flask, tenant_id: UUID, work: Callable[[], object]) -> None:
    """Do it at another desk, and wait until it is done."""

    def run() -> None:
        with app.app_context(), tenant_scope(tenant_id):
            commit_once(work)
            db.session.remove()

    with ThreadPoolExecutor(1) as desk:
        desk.submit(run).result(timeout=20)
