"""Full dates, parties that wait for them, and what became of both."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import SYSTEM, Actor
from backoffice.models import Booking, Message, OutboxRow, Schedule, WaitingEntry, WaitingEntryDate
from backoffice.services import bookings, waiting
from backoffice.services.bookings import Order
from backoffice.services.customers import CustomerIn
from backoffice.services.waiting import JoinIn
from backoffice.work import commit_once
from tests import factories

OFFICE = factories.actor("office")
VISITOR = Actor("customer", name="Visitor")


def full_date(taken: int = 2, **values: Any) -> Schedule:
    """A date whose places are taken, each by a booking of its own."""
    schedule = factories.make_schedule(**{"capacity": taken} | values)
    for number in range(taken):
        book(schedule.id, number)
    db.session.refresh(schedule)
    return schedule


def book(schedule_id: UUID, number: int = 0, places: int = 1, actor: Actor = OFFICE, **more: Any) -> Any:
    customer = CustomerIn(first_name="Bo", last_name=f"Oker{number}", email=f"booker{number}@x.example")
    wanted = Order(schedule_id, places, customer, **{"payment_method": "bank_transfer"} | more)
    return commit_once(lambda: bookings.place(wanted, actor))


def party(name: str = "wai", **more: Any) -> CustomerIn:
    return CustomerIn(
        **{"first_name": name.title(), "last_name": "Ting", "email": f"{name}@x.example"} | more
    )


def joined(
    name: str, *schedules: Schedule, places: int = 1, actor: Actor = VISITOR, **more: Any
) -> WaitingEntry:
    wanted = JoinIn(tuple(each.id for each in schedules), places, party(name, **more))
    return commit_once(lambda: waiting.join(wanted, actor))


def cancel_one(schedule: Schedule, how_many: int = 1) -> None:
    """So many bookings of a date are cancelled."""
    found = db.session.scalars(
        select(Booking.id)
        .where(Booking.schedule_id == schedule.id, Booking.status.in_(("pending", "confirmed")))
        .where(
            ~Booking.id.in_(
                select(WaitingEntryDate.booking_id).where(WaitingEntryDate.booking_id.is_not(None))
            )
        )
        .order_by(Booking.id)
        .limit(how_many)
    ).all()
    for booking_id in found:
        commit_once(partial(bookings.cancel, booking_id, "Ill", OFFICE, send_mail=False))


def look_after(schedule: Schedule) -> int:
    """All that is to be done for a date's list; how many steps."""
    steps = 0
    while commit_once(lambda: waiting.look_after(schedule.id)):
        steps += 1
    return steps


def offered(schedule: Schedule) -> list[str]:
    """The first names of the parties that have an offer for a date."""
    wanted = (
        select(WaitingEntry.contact_first_name)
        .join(WaitingEntryDate, WaitingEntryDate.entry_id == WaitingEntry.id)
        .where(WaitingEntryDate.schedule_id == schedule.id, WaitingEntryDate.status == "offered")
        .order_by(WaitingEntry.joined_at)
    )
    return list(db.session.scalars(wanted))


def status(entry: WaitingEntry) -> str:
    """As it is now."""
    return db.session.scalars(select(WaitingEntry.status).where(WaitingEntry.id == entry.id)).one()


def wish(entry: WaitingEntry, schedule: Schedule) -> WaitingEntryDate:
    found = select(WaitingEntryDate).where(
        WaitingEntryDate.entry_id == entry.id, WaitingEntryDate.schedule_id == schedule.id
    )
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def offer_of(entry: WaitingEntry) -> Booking:
    """The pending booking that a party is offered."""
    found = waiting.open_offer(entry.id)
    assert found is not None
    return found.booking


def mails(template: str | None = None) -> list[str]:
    """Who was queued a mail, as "template recipient"."""
    wanted = select(Message.template, Message.recipient).order_by(Message.id)
    if template:
        wanted = wanted.where(Message.template == template)
    return [f"{row.template} {row.recipient}" for row in db.session.execute(wanted)]


def promises() -> list[dict[str, Any]]:
    """What the outbox holds about waiting lists."""
    return list(db.session.scalars(select(OutboxRow.payload).where(OutboxRow.topic == "offer_places")))


__all__ = ["OFFICE", "SYSTEM", "VISITOR"]
