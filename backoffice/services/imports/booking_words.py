"""A booking in the words of the file: how a row is read, and how a stored booking reads beside it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.times import local_to_utc, to_local
from backoffice.models import Attendee, Booking, Company, Schedule
from backoffice.models.booking import STATUSES
from backoffice.services.imports.cells import Cells

PAYMENT_STATUS = {"pending": "unpaid", "unpaid": "unpaid"} | {
    word: word for word in ("paid", "refunded", "failed")
}
METHOD = {
    "card": "card_terminal",
    "card_terminal": "card_terminal",
    "bank_transfer": "bank_transfer",
    "invoice": "account",
    "account": "account",
    "cash": "cash",
}
LARGEST_ORDER = 1000
# Money is dated at noon of the tenant's day: the file gives no time.
NOON = time(12)

Name = tuple[str, str]


@dataclass(frozen=True)
class Stored:
    """A booking that is there already; `attendee_ids` stand beside `values["attendees"]`."""

    id: UUID
    attendee_ids: list[UUID]
    values: dict[str, Any]


def parse(cells: Cells, time_zone: str) -> dict[str, Any]:
    """The values of a row; faults go to `cells.problems`."""
    day = cells.day("booked_on")
    values = {
        "reference": cells.line("reference", 24, required=True).upper(),
        "booked_at": local_to_utc(day, NOON, time_zone) if day else None,
        "schedule": cells.line("schedule_code", 40, required=True),
        "first_name": cells.line("first_name", 100),
        "last_name": cells.line("last_name", 100),
        "email": cells.email("email"),
        "phone": cells.phone("phone"),
        "company": cells.line("company"),
        "seats": cells.whole("seats", 1, LARGEST_ORDER),
        "attendees": [split_name(part) for part in cells.lines("attendees")],
        "status": cells.choice("status", {status: status for status in STATUSES}),
        "payment_status": cells.choice("payment_status", PAYMENT_STATUS),
        "method": cells.choice("payment_method", METHOD),
        "discount": cells.money("discount") if cells.text("discount").strip() else 0,
        "total": cells.money("total"),
        "notes": cells.block("notes", 2000) or None,
    }
    _check_whole(cells, values)
    return values


def _check_whole(cells: Cells, values: dict[str, Any]) -> None:
    if not (values["first_name"] or values["last_name"]):
        cells.refuse("last_name", "Enter the name of who booked.")
    if len(values["attendees"]) > values["seats"]:
        cells.refuse("attendees", f"There are {len(values['attendees'])} names for {values['seats']} seats.")
    if any(len(part) > 100 for name in values["attendees"] for part in name):
        cells.refuse("attendees", "A name can be at most 100 characters long.")
    if not values["total"] and values["payment_status"] in ("refunded", "failed"):
        cells.refuse("payment_status", "Nothing was due, so nothing can be refunded or fail.")
    if not values["total"] and values["payment_status"] == "unpaid":
        values["payment_status"] = "paid"  # nothing is due


def split_name(words: str) -> Name:
    """The first word is the first name, the rest the last name."""
    first, _, last = words.strip().partition(" ")
    return first, last.strip()


def load_stored(references: list[str], time_zone: str) -> dict[str, Stored]:
    """The bookings of these references, in the words of the file."""
    rows = db.session.execute(
        select(Booking, Schedule.code, Company.name)
        .join(Schedule, Schedule.id == Booking.schedule_id)
        .outerjoin(Company, Company.id == Booking.company_id)
        .where(Booking.reference.in_(references))
    ).all()
    places = _places_of([booking.id for booking, *_ in rows])
    return {
        booking.reference: Stored(
            booking.id,
            [attendee_id for attendee_id, _ in places[booking.id]],
            _values(booking, code, company, [name for _, name in places[booking.id]])
            | {"booked_at": _noon_of(booking.booked_at, time_zone)},
        )
        for booking, code, company in rows
    }


def _noon_of(instant: datetime, time_zone: str) -> datetime:
    """The file knows the day only."""
    return local_to_utc(to_local(instant, time_zone).date(), NOON, time_zone)


def _places_of(booking_ids: list[UUID]) -> dict[UUID, list[tuple[UUID, Name]]]:
    found: dict[UUID, list[tuple[UUID, Name]]] = defaultdict(list)
    for booking_id, attendee_id, first, last in db.session.execute(
        select(Attendee.booking_id, Attendee.id, Attendee.first_name, Attendee.last_name)
        .where(Attendee.booking_id.in_(booking_ids), Attendee.cancelled_at.is_(None))
        .order_by(Attendee.booking_id, Attendee.position)
    ):
        found[booking_id].append((attendee_id, (first, last)))
    return found


def _values(booking: Booking, code: str | None, company: str | None, names: list[Name]) -> dict[str, Any]:
    return {
        "reference": booking.reference,
        "schedule": code,
        "first_name": booking.contact_first_name,
        "last_name": booking.contact_last_name,
        "email": booking.contact_email,
        "phone": booking.contact_phone,
        "company": company or "",
        "seats": booking.seats,
        "attendees": names,
        "status": booking.status,
        "payment_status": booking.payment_status,
        "method": booking.payment_method,
        "discount": booking.discount_minor,
        "total": booking.total_minor,
        "notes": booking.notes,
    }
