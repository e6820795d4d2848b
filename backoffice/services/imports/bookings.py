"""Bookings: the key is the reference. Money and places of one that is there are never changed here."""

from collections import defaultdict
from typing import Any

from sqlalchemy import func, select

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.booking_rules import parse_reference
from backoffice.domain.errors import Invalid
from backoffice.domain.money import split_by_weight
from backoffice.domain.statuses import LIVE_BOOKING
from backoffice.models import Attendee, Booking, Schedule, Tenant
from backoffice.services import live
from backoffice.services.audit import differences
from backoffice.services.imports.booking_words import Name, Stored, load_stored, parse
from backoffice.services.imports.cells import Cells
from backoffice.services.imports.kind import (
    CHANGED,
    NEW,
    SAME,
    Kind,
    Verdict,
    insert_all,
    update_all,
)
from backoffice.services.imports.ledger import Ledger
from backoffice.services.imports.people import People
from backoffice.services.imports.repeated import Repeated

# What a file may correct in a booking that is there already, and the column that holds it.
CORRECTABLE = {
    "first_name": "contact_first_name",
    "last_name": "contact_last_name",
    "email": "contact_email",
    "phone": "contact_phone",
    "notes": "notes",
}
WORDS = {"booked_at": "booked_on", "schedule": "schedule_code", "method": "payment_method"}


class Bookings(Kind):
    name, noun, key = "bookings", "booking", "reference"
    required = (
        *("reference", "booked_on", "schedule_code", "first_name", "last_name", "seats"),
        *("status", "payment_status", "payment_method", "total"),
    )
    optional = ("email", "phone", "company", "attendees", "discount", "notes")

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.people = People()
        self.repeated = Repeated(tenant)
        self.highest: dict[int, int] = defaultdict(int)

    def parse(self, cells: Cells) -> dict[str, Any]:
        return parse(cells, self.tenant.time_zone)

    def load(self, drafts: list[Verdict]) -> None:
        codes = {draft.values["schedule"] for draft in drafts}
        self.schedules = {
            row.code: row for row in db.session.scalars(select(Schedule).where(Schedule.code.in_(codes)))
        }
        self.places_left = {row.id: row.seats_left for row in self.schedules.values()}
        self.stored = load_stored([draft.key for draft in drafts], self.tenant.time_zone)
        self.people.load([draft.values for draft in drafts])
        self.repeated.load([row.id for row in self.schedules.values()])

    def compare(self, draft: Verdict) -> None:
        stored = self.stored.get(draft.key)
        refusal = self._cannot_correct(draft, stored) if stored else self._cannot_add(draft)
        if refusal:
            draft.refuse(refusal)
        elif stored:
            draft.outcome = CHANGED if draft.old else SAME
            draft.reason = "Changes: " + ", ".join(draft.old) + "." if draft.old else ""
        else:
            self._add(draft)

    def _cannot_add(self, draft: Verdict) -> str | None:
        values = draft.values
        schedule = self.schedules.get(values["schedule"])
        if schedule is None:
            return f"schedule_code: there is no date “{values['schedule']}”. Import the schedules first."
        if values["status"] in LIVE_BOOKING and values["seats"] > self.places_left[schedule.id]:
            left = self.places_left[schedule.id]
            return f"seats: {schedule.code} has {left} of {schedule.capacity} places left."
        return None

    def _add(self, draft: Verdict) -> None:
        values, schedule = draft.values, self.schedules[draft.values["schedule"]]
        draft.row_id = new_id()
        if values["status"] not in LIVE_BOOKING:
            return
        self.places_left[schedule.id] -= values["seats"]
        draft.reason = self.repeated.note(draft.row_id, draft.key, schedule, values["attendees"])

    def _cannot_correct(self, draft: Verdict, stored: Stored) -> str | None:
        draft.row_id = stored.id
        given = {name: value for name, value in draft.values.items() if name not in _left_out(draft)}
        if "attendees" in given:
            given["attendees"] = _filled(given["attendees"], stored.values["attendees"])
        draft.old, new = differences(stored.values, given)
        draft.values = stored.values | given
        fixed = [name for name in new if name not in CORRECTABLE and name != "attendees"]
        if not fixed:
            return None
        words = ", ".join(WORDS.get(name, name) for name in fixed)
        return f"This booking is there already with another {words}: change it on its page."

    def write(self, batch: list[Verdict], actor: Actor) -> None:
        made = [row for row in batch if row.outcome == NEW]
        self.people.make_missing([row.values for row in made], actor)
        columns = [self._columns(row) for row in made]
        insert_all(Booking, columns)
        insert_all(Attendee, [place for row in made for place in self._places(row)])
        live.touch(*(each["schedule_id"] for each in columns))
        Ledger(self.tenant, actor).write(list(zip(columns, (row.values for row in made), strict=True)))
        self._correct([row for row in batch if row.outcome == CHANGED])
        self.audit(batch, actor, "bookings")
        self._remember_numbers(made)

    def finish(self, verdicts: list[Verdict], actor: Actor) -> None:
        """References that are given out from now on lie past the highest that came in."""
        self.repeated.write()
        for year, number in sorted(self.highest.items()):
            db.session.execute(select(func.raise_reference_number("booking", year, number)))

    def _columns(self, row: Verdict) -> dict[str, Any]:
        values = row.values
        at, status = values["booked_at"], values["status"]
        was_confirmed = status in ("confirmed", "completed", "no_show")
        return {
            "id": row.row_id,
            "reference": values["reference"],
            "schedule_id": self.schedules[values["schedule"]].id,
            "customer_id": self.people.customer_of(values),
            "company_id": self.people.company_of(values),
            **_contact(row),
            "status": status,
            "payment_method": values["method"],
            "source": "import",
            "currency": self.tenant.currency,
            "booked_at": at,
            "confirmed_at": at if was_confirmed else None,
            "cancelled_at": at if status == "cancelled" else None,
            "cancellation_reason": "Imported as cancelled" if status == "cancelled" else None,
        }

    def _places(self, row: Verdict) -> list[dict[str, Any]]:
        """One per seat; their lines add up to what the row says, whatever the course costs today."""
        values, schedule = row.values, self.schedules[row.values["schedule"]]
        seats = values["seats"]
        prices = split_by_weight(values["total"] + values["discount"], [1] * seats)
        discounts = split_by_weight(values["discount"], prices)
        names = values["attendees"] + [("", "")] * (seats - len(values["attendees"]))
        return [
            {
                "id": new_id(),
                "booking_id": row.row_id,
                "schedule_id": schedule.id,
                "position": position,
                "first_name": first,
                "last_name": last,
                "price_minor": price,
                "discount_minor": discount,
                "vat_rate_bp": schedule.vat_rate_bp,
            }
            for position, ((first, last), price, discount) in enumerate(
                zip(names, prices, discounts, strict=True), start=1
            )
        ]

    def _correct(self, rows: list[Verdict]) -> None:
        update_all(Booking, [{"id": row.row_id} | _contact(row) for row in rows])
        renamed = [row for row in rows if "attendees" in row.old]
        update_all(Attendee, [name for row in renamed for name in self._names(row)])

    def _names(self, row: Verdict) -> list[dict[str, Any]]:
        ids = self.stored[row.key].attendee_ids
        return [
            {"id": attendee_id, "first_name": first, "last_name": last}
            for attendee_id, (first, last) in zip(ids, row.values["attendees"], strict=True)
        ]

    def _remember_numbers(self, made: list[Verdict]) -> None:
        for row in made:
            try:
                reference = parse_reference(row.key)
            except Invalid:
                continue  # numbered by another system
            if reference.prefix == self.tenant.reference_prefix:
                self.highest[reference.year] = max(self.highest[reference.year], reference.number)


def _left_out(row: Verdict) -> set[str]:
    """A column that the file does not have says nothing about a booking that is there already."""
    return {name for name in Bookings.optional if name not in row.cells}


def _contact(row: Verdict) -> dict[str, Any]:
    return {column: row.values[name] for name, column in CORRECTABLE.items()}


def _filled(given: list[Name], known: list[Name]) -> list[Name]:
    """The names of the file; a place that the file leaves open keeps the name that it has."""
    return given + known[len(given) :]
