"""The discount of a customer who comes again: counted in the database, for somebody who is known for certain."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.pricing import Quote
from backoffice.models import Booking, Schedule, Tenant
from backoffice.services import bookings, discounts
from backoffice.services.bookings import Move, Order, loyalty
from backoffice.services.bookings.choices import list_dates
from backoffice.services.customers import CustomerIn
from tests import factories
from tests.services.booked import ADMIN, ALICE, OFFICE, done, fresh, placed

pytestmark = pytest.mark.usefixtures("tenant")

LONG_AGO = datetime.now(UTC) - timedelta(days=90)
VISITOR = Actor("customer", name="Visitor")


@pytest.fixture
def customer_id() -> UUID:
    """A customer who has completed four bookings, and cancelled and missed another two."""
    factories.make_rule(title="Loyalty", minimum_places=1, basis_points=2000, minimum_past_courses=4)
    date = factories.make_schedule()
    made = [placed(date) for _ in range(6)]
    for booking, status in zip(made, ["completed"] * 4 + ["cancelled", "no_show"], strict=True):
        if status != "cancelled":
            move_to(booking.id, "confirmed")
        move_to(booking.id, status)
    return made[0].customer_id


def move_to(booking_id: UUID, status: str) -> None:
    values = {"status": status, "hold_expires_at": None}
    db.session.execute(update(Booking).where(Booking.id == booking_id).values(values))
    db.session.commit()


def quoted(tenant: Tenant, schedule: Schedule, customer_id: UUID | None) -> Quote:
    now = datetime.now(UTC)
    return bookings.quote_for(schedule.id, 1, None, tenant, now, customer_id=customer_id)


def order(schedule: Schedule, customer: CustomerIn, **more: object) -> Order:
    return Order(schedule.id, 1, customer, "bank_transfer", send_mail=False, **more)  # type: ignore[arg-type]


def test_the_fifth_course_is_cheaper(tenant: Tenant, customer_id: UUID) -> None:
    date = factories.make_schedule()
    price = quoted(tenant, date, customer_id)
    assert (price.total_minor, price.offer.label if price.offer else "") == (6000, "Loyalty")


def test_the_fourth_is_not(tenant: Tenant, customer_id: UUID) -> None:
    """The control: with one completed booking less the rule is not reached."""
    one = db.session.query(Booking).filter_by(status="completed").first()
    assert one is not None
    move_to(one.id, "no_show")
    assert quoted(tenant, factories.make_schedule(), customer_id).total_minor == 7500


def test_nobody_known_gets_nothing(tenant: Tenant, customer_id: UUID) -> None:
    assert quoted(tenant, factories.make_schedule(), None).total_minor == 7500


def test_the_rule_is_off_until_it_is_switched_on(tenant: Tenant, customer_id: UUID) -> None:
    values = {"title": "Stay", "minimum_places": 1, "basis_points": 5000, "minimum_past_courses": 1}
    rule = done(lambda: discounts.create_rule(values, ADMIN))
    assert rule.is_active is False
    assert quoted(tenant, factories.make_schedule(), customer_id).total_minor == 6000
    done(lambda: discounts.update_rule(rule.id, {"is_active": True}, ADMIN))
    assert quoted(tenant, factories.make_schedule(), customer_id).total_minor == 3750


def test_another_rule_is_on_at_once() -> None:
    values = {"title": "Group", "minimum_places": 5, "basis_points": 1000}
    assert done(lambda: discounts.create_rule(values, ADMIN)).is_active is True


def test_the_callers_booking_has_it(customer_id: UUID) -> None:
    date = factories.make_schedule()
    caller = replace(ALICE, user_id=customer_id)
    made = done(lambda: bookings.place(order(date, caller), OFFICE))
    booking = fresh(made.booking_id)
    assert (booking.total_minor, booking.discount_rule.title) == (6000, "Loyalty")


def test_a_typed_address_alone_proves_nothing(customer_id: UUID) -> None:
    """F13: a stranger who types a customer's address learns nothing of their past, not even by the price."""
    date = factories.make_schedule()
    made = done(lambda: bookings.place(order(date, ALICE, source="web"), VISITOR))
    booking = fresh(made.booking_id)
    assert booking.customer_id == customer_id
    assert (booking.total_minor, booking.discount_rule_id) == (7500, None)


def test_who_is_signed_in_has_it(customer_id: UUID) -> None:
    date = factories.make_schedule()
    who = Actor("customer", customer_id, "customer", "Alice Cox")
    wanted = order(date, replace(ALICE, user_id=customer_id), source="web")
    made = done(lambda: bookings.place(wanted, who))
    assert fresh(made.booking_id).total_minor == 6000


@pytest.mark.parametrize("kind", ["customer", "api", "system", "import"])
def test_only_staff_and_the_customer_are_certain(customer_id: UUID, kind: str) -> None:
    assert loyalty.proved(customer_id, Actor(kind)) is None
    assert loyalty.proved(customer_id, OFFICE) == customer_id
    assert loyalty.proved(None, OFFICE) is None


def test_a_move_keeps_it_and_the_list_of_dates_says_so(tenant: Tenant, customer_id: UUID) -> None:
    date, other = factories.make_schedule(), factories.make_schedule(price_minor=10_000)
    caller = replace(ALICE, user_id=customer_id)
    booking = fresh(done(lambda: bookings.place(order(date, caller), OFFICE)).booking_id)
    found = list_dates(booking, tenant, course_id=other.course_id, from_instant=datetime.now(UTC))
    assert [each.new_total_minor for each in found] == [8000]
    done(lambda: bookings.move(booking.id, Move(other.id), OFFICE))
    assert fresh(booking.id).total_minor == 8000


def test_believing_the_address_would_tell(customer_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of F13: whoever took a typed address for the customer would show their past by the price."""
    monkeypatch.setattr(loyalty, "proved", lambda _, actor: customer_id)
    made = done(lambda: bookings.place(order(factories.make_schedule(), ALICE, source="web"), VISITOR))
    assert fresh(made.booking_id).total_minor == 6000
