"""Short ways for the tests of what happens to a booking: place one, act on it, read what was written down."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import AuditEvent, Booking, Message, Payment, Schedule
from backoffice.services import bookings
from backoffice.services.bookings import AttendeeIn, Order
from backoffice.services.customers import CustomerIn
from backoffice.work import commit_once
from tests import factories

T = TypeVar("T")
ADMIN, OFFICE, MANAGER = (factories.actor(role) for role in ("admin", "office", "manager"))
ALICE = CustomerIn(first_name="Alice", last_name="Cox", email="alice@x.example", phone="07700 900311")


def placed(
    schedule: Schedule | None = None, places: int = 1, method: str = "bank_transfer", **more: Any
) -> Booking:
    """A booking of Alice's; mails about its placing are not queued."""
    schedule = schedule or factories.make_schedule()
    values: dict[str, Any] = {"customer": ALICE, "payment_method": method, "send_mail": False} | more
    order = Order(schedule_id=schedule.id, places=places, **values)
    return fresh(done(lambda: bookings.place(order, ADMIN)).booking_id)


def done(work: Callable[[], T]) -> T:
    """The work as the edge runs it: committed, the database's refusals in words."""
    return commit_once(work)


def fresh(booking_id: Any) -> Booking:
    """The booking as the database has it now."""
    db.session.expire_all()
    return db.session.get_one(Booking, booking_id)


def payment_of(booking: Booking) -> Payment:
    return db.session.get_one(Payment, booking.allocations[0].payment_id)


def seats_taken(schedule_id: Any) -> int:
    return db.session.scalars(select(Schedule.seats_taken).where(Schedule.id == schedule_id)).one()


def entries(action: str) -> list[AuditEvent]:
    """The audit entries of an action, in order."""
    return list(
        db.session.scalars(select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id))
    )


def mails() -> list[str]:
    """The templates of the mails that are queued, in order."""
    return list(db.session.scalars(select(Message.template).order_by(Message.id)))


def person(name: str, **more: Any) -> AttendeeIn:
    first, _, last = name.partition(" ")
    return AttendeeIn(first_name=first, last_name=last, **more)
