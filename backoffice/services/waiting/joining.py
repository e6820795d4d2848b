"""A party joins the waiting list of one or several full dates of a course."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import add_rows, among, db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.models import Course, Schedule, Tenant, WaitingEntry, WaitingEntryDate
from backoffice.models.waiting_entry import MOST_PLACES, OPEN
from backoffice.sealing import seal_for
from backoffice.services import customers, messages, waiting_turn
from backoffice.services.bookings import checks
from backoffice.services.bookings.quoting import get_date
from backoffice.services.customers import CustomerIn
from backoffice.services.finding import on_sale
from backoffice.services.sign_in import digest
from backoffice.services.waiting.history import note
from backoffice.services.waiting.mails import JOINED
from backoffice.tenancy import current_tenant_id

TOKEN_BYTES = 24
MOST_DATES = 10
# Longer than any list that still means something to who is on it.
MOST_WAITING = 200
# Entries that one address of a visitor may have open at once.
MOST_OPEN = 5


@dataclass(frozen=True)
class JoinIn:
    """Which dates, how many places together, and who asks."""

    schedule_ids: tuple[UUID, ...]
    places: int
    customer: CustomerIn


def join(wanted: JoinIn, actor: Actor, now: datetime | None = None) -> WaitingEntry:
    """Put a party on the list of each of the dates; it is mailed its link where there is an address.

    A visitor whose address waits on one of them already gets the older entry, whose link is mailed again: nobody
    learns who is on the list. Raises Invalid (places, schedule_ids, last_name, email), NotFound,
    Refused (has_places, too_late, not_listed, list_full, already_waiting …).
    """
    if actor.kind == "user":
        actor.require("booking.place")
    now = now or datetime.now(UTC)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    _check_party(wanted, actor)
    customer = customers.clean(wanted.customer, tenant.country)
    dates = [_joinable(each, wanted.places, actor, now) for each in dict.fromkeys(wanted.schedule_ids)]
    _check_one_course(dates)
    checks.check_whitelist(get_date(dates[0].id, tenant), customer.email, None, actor)
    known = _known(customer.email, wanted.schedule_ids)
    if known is not None:
        return _again(known, actor)
    _check_lengths(wanted.schedule_ids, customer, actor)
    return _write(wanted, dates, customers.find_or_make(customer, actor), actor)


def check_joinable(schedule_id: UUID, actor: Actor, now: datetime | None = None) -> Schedule:
    """The date, if a list is kept for it at all. Raises NotFound, Refused."""
    now = now or datetime.now(UTC)
    wanted = select(Schedule).join(Course, Course.id == Schedule.course_id).where(Schedule.id == schedule_id)
    if actor.kind != "user":
        wanted = wanted.where(*on_sale.of_everybody())
    schedule = db.session.scalar(wanted, execution_options={"populate_existing": True})
    if schedule is None:
        raise NotFound("This date does not exist.")
    if schedule.status != "published" or schedule.starts_at - waiting_turn.REST <= now:
        raise Refused("too_late", "There is no waiting list for this date any more: choose another date.")
    if schedule.pricing == "on_request":
        raise Refused("on_request", "The price of this date is on request: please call or write to us.")
    return schedule


def list_full_dates(course_id: UUID, places: int, now: datetime | None = None) -> Sequence[Schedule]:
    """Coming public dates of a course that have no room for so many, the next first: what an entry may name."""
    now = now or datetime.now(UTC)
    return db.session.scalars(
        select(Schedule)
        .join(Course, Course.id == Schedule.course_id)
        .where(
            *on_sale.conditions(now + waiting_turn.REST),
            Schedule.course_id == course_id,
            Schedule.pricing != "on_request",
            waiting_turn.seats_for_public() < places,
            Schedule.capacity >= places,
        )
        .order_by(Schedule.starts_at, Schedule.id)
        .limit(MOST_DATES)
    ).all()


def _check_party(wanted: JoinIn, actor: Actor) -> None:
    problems, who = dict[str, str](), wanted.customer
    is_staff = actor.kind == "user"
    if not 1 <= wanted.places <= MOST_PLACES:
        problems["places"] = f"Choose from 1 to {MOST_PLACES} places."
    if not wanted.schedule_ids or len(wanted.schedule_ids) > MOST_DATES:
        problems["schedule_ids"] = f"Choose from 1 to {MOST_DATES} dates."
    if not (who.first_name.strip() or who.last_name.strip() or who.user_id):
        problems["last_name"] = "Enter the caller's name." if is_staff else "Enter your name."
    if not (who.email or "").strip() and not is_staff:
        problems["email"] = "Enter your e-mail address: the offer goes there."
    elif not (who.email or "").strip() and not (who.phone or "").strip() and who.user_id is None:
        problems["email"] = "Enter an e-mail address or a telephone number."
    if problems:
        raise Invalid.of(problems)


def _joinable(schedule_id: UUID, places: int, actor: Actor, now: datetime) -> Schedule:
    schedule = check_joinable(schedule_id, actor, now)
    if places > schedule.capacity:
        raise Invalid(
            "too_many",
            f"This date has {schedule.capacity} places in all: ask for no more than that.",
            field="places",
        )
    free = schedule.seats_left
    if free >= places and not waiting_turn.keeps(schedule_id):
        raise Refused("has_places", "There are places on this date: book them instead.", field="schedule_ids")
    return schedule


def _check_one_course(dates: Sequence[Schedule]) -> None:
    if len({each.course_id for each in dates}) > 1:
        raise Invalid("course", "Choose dates of one course.", field="schedule_ids")


def _known(email: str | None, schedule_ids: Sequence[UUID]) -> WaitingEntry | None:
    """The open entry of this address on one of these dates."""
    if not email:
        return None
    return db.session.scalar(
        select(WaitingEntry)
        .join(WaitingEntryDate, WaitingEntryDate.entry_id == WaitingEntry.id)
        .where(
            WaitingEntryDate.contact_email == email,
            among(WaitingEntryDate.schedule_id, list(schedule_ids)),
            WaitingEntryDate.status.in_(OPEN),
        )
        .order_by(WaitingEntry.joined_at)
        .limit(1)
    )


def _again(known: WaitingEntry, actor: Actor) -> WaitingEntry:
    if actor.kind == "user":
        raise Refused(
            "already_waiting", f"{known.contact_email} is on the waiting list already.", field="email"
        )
    _tell(known, actor)
    return known


def _check_lengths(schedule_ids: Sequence[UUID], customer: CustomerIn, actor: Actor) -> None:
    longest = db.session.execute(
        select(func.count())
        .where(among(WaitingEntryDate.schedule_id, list(schedule_ids)), WaitingEntryDate.status.in_(OPEN))
        .group_by(WaitingEntryDate.schedule_id)
        .order_by(func.count().desc())
        .limit(1)
    ).scalar()
    if (longest or 0) >= MOST_WAITING:
        raise Refused("list_full", "This waiting list is full: choose another date.", field="schedule_ids")
    if actor.kind == "user" or not customer.email:
        return
    is_theirs = WaitingEntry.contact_email == customer.email, WaitingEntry.status.in_(OPEN)
    if (db.session.scalar(select(func.count()).where(*is_theirs)) or 0) >= MOST_OPEN:
        raise Refused(
            "too_many_entries",
            "No more waiting lists can be joined from here at the moment. Please call or write to us.",
        )


def _write(wanted: JoinIn, dates: Sequence[Schedule], customer: CustomerIn, actor: Actor) -> WaitingEntry:
    entry_id, token = new_id(), secrets.token_urlsafe(TOKEN_BYTES)
    add_rows(WaitingEntry, _entry_values(entry_id, token, wanted, dates[0].course_id, customer, actor))
    add_rows(WaitingEntryDate, *[_date_values(entry_id, each, customer) for each in dates])
    entry = db.session.scalars(select(WaitingEntry).where(WaitingEntry.id == entry_id)).one()
    course = db.session.get_one(Course, entry.course_id)
    note(actor, "join", entry, course=course.title, dates=[each.starts_at.isoformat() for each in dates])
    _tell(entry, actor)
    return entry


def _entry_values(
    entry_id: UUID, token: str, wanted: JoinIn, course_id: UUID, customer: CustomerIn, actor: Actor
) -> dict[str, Any]:
    return {
        "tenant_id": current_tenant_id(),
        "id": entry_id,
        "course_id": course_id,
        "customer_id": customer.user_id,
        "contact_first_name": customer.first_name,
        "contact_last_name": customer.last_name,
        "contact_email": customer.email,
        "contact_phone": customer.phone,
        "places": wanted.places,
        "source": "phone" if actor.kind == "user" else "web",
        "token_digest": digest(token),
        "token_sealed": seal_for("waiting_entries", entry_id, "token_sealed", token),
        "added_by_id": actor.user_id if actor.kind == "user" else None,
    }


def _date_values(entry_id: UUID, schedule: Schedule, customer: CustomerIn) -> dict[str, Any]:
    return {
        "tenant_id": current_tenant_id(),
        "id": new_id(),
        "entry_id": entry_id,
        "schedule_id": schedule.id,
        "contact_email": customer.email,
    }


def _tell(entry: WaitingEntry, actor: Actor) -> None:
    """The confirmation with the link to look, and to leave."""
    messages.queue(
        JOINED,
        recipient=entry.contact_email,
        recipient_name=entry.contact_name,
        user_id=entry.customer_id,
        data={"waiting_entry_id": str(entry.id)},
        actor=actor,
    )
