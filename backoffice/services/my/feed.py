"""The calendar of one's own bookings, for a program that asks for it again and again at a secret address.

The address is made on request and can be changed or ended: only a random key is kept, and the address is signed with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.documents.calendar_feed import FeedEvent, calendar_feed
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Refused
from backoffice.models import Booking, Schedule, User
from backoffice.services import audit, catalogue, signed_links, tenants
from backoffice.services.my import profile
from backoffice.services.my.signing_in import may_enter

PAGE: Final = "/my/calendar/"
SHOWN: Final = ("confirmed", "completed")
# A program that keeps a year of what was is not told that it never was.
BACK_TO: Final = timedelta(days=366)
MOST: Final = 300


def begin(actor: Actor) -> User:
    """A new address; the one before is dead. Raises Forbidden, Refused for staff."""
    user = profile.own(actor)
    if not may_enter(user):
        raise Refused("staff", "Staff have their dates in the back office.")
    _set_key(user, uuid4())
    audit.record(actor, "user:calendar", user, new={"calendar": "new address"})
    return user


def end(actor: Actor) -> None:
    """No address works any more. Raises Forbidden."""
    user = profile.own(actor)
    if user.calendar_key is not None:
        _set_key(user, None)
        audit.record(actor, "user:calendar", user, new={"calendar": "ended"})


def _set_key(user: User, key: UUID | None) -> None:
    user.calendar_key = key
    db.session.flush()


def url_of(user: User) -> str:
    """The full address; "" for who has none. It is a secret: never written into a row or a log."""
    return signed_links.address(PAGE, f"{token_of(user)}.ics") if user.calendar_key else ""


def token_of(user: User) -> str:
    """The secret part of the address of somebody who has one."""
    return signed_links.token_of("my calendar", user.id, user.calendar_key)


def find(token: str) -> User | None:
    """Whose calendar this is; None for a forged, foreign or ended address."""
    user_id = signed_links.read_id(token)
    user = db.session.scalar(select(User).where(User.id == user_id)) if user_id else None
    if user is None or user.calendar_key is None or not may_enter(user):
        return None
    return user if signed_links.is_ours(token, token_of(user)) else None


def write(user: User, now: datetime | None = None) -> bytes:
    """The calendar as it is now: places that are firm, each day one event; no name of who else comes."""
    tenant = catalogue.current_tenant()
    base = tenants.base_url(tenant)
    bookings = _bookings(user, (now or datetime.now(UTC)) - BACK_TO)
    events = [event for booking in bookings for event in _events(booking, base)]
    return calendar_feed(tenant.name, events)


def _bookings(user: User, earliest: datetime) -> Sequence[Booking]:
    date = joinedload(Booking.schedule)
    return db.session.scalars(
        select(Booking)
        .join(Schedule, Schedule.id == Booking.schedule_id)
        .where(Booking.customer_id == user.id, Booking.status.in_(SHOWN), Schedule.starts_at >= earliest)
        .order_by(Schedule.starts_at.desc(), Booking.id)
        .limit(MOST)
        .options(
            date.joinedload(Schedule.course),
            date.joinedload(Schedule.venue),
            date.selectinload(Schedule.days),
        )
    ).all()


def _events(booking: Booking, base_url: str) -> list[FeedEvent]:
    schedule, host = booking.schedule, tenants.host_of(base_url)
    several = len(schedule.days) > 1
    return [
        FeedEvent(
            uid=f"{booking.id}-{number}@{host}",
            starts_at=day.starts_at,
            ends_at=day.ends_at,
            changed_at=booking.updated_at,
            summary=schedule.course.title + (f" (day {number} of {len(schedule.days)})" if several else ""),
            description=f"Booking {booking.reference}",
            location=", ".join(part for part in (schedule.venue.name, schedule.venue.address) if part),
            url=f"{base_url}/my/booking/{booking.id}",
        )
        for number, day in enumerate(schedule.days, 1)
    ]
