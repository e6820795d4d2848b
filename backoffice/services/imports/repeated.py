"""The same name twice on a date: kept as it came, and put on the work queue for somebody to look at."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import db, new_id
from backoffice.domain.text import fold
from backoffice.domain.times import say_date, to_local
from backoffice.models import Attendee, Booking, Schedule, Tenant, WorkItem
from backoffice.services.imports.booking_words import Name
from backoffice.services.imports.kind import table_of

KIND = "repeated_attendee"


class Repeated:
    """Remembers who has a place on which date, and what was found."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self._seen: dict[tuple[UUID, str], str] = {}
        self._found: list[dict[str, object]] = []

    def load(self, schedule_ids: list[UUID]) -> None:
        for schedule_id, first, last, reference in db.session.execute(
            select(Attendee.schedule_id, Attendee.first_name, Attendee.last_name, Booking.reference)
            .join(Booking, Booking.id == Attendee.booking_id)
            .where(Attendee.schedule_id.in_(schedule_ids), Attendee.holds_place, Attendee.last_name != "")
        ):
            self._seen[schedule_id, fold(f"{first} {last}")] = reference

    def note(self, booking_id: UUID, reference: str, schedule: Schedule, names: list[Name]) -> str:
        """Look at the names of one booking; a sentence about those that have a place already, or ""."""
        sentences = [
            self._repeat(booking_id, reference, schedule, name)
            for name in names
            if all(name) and not self._is_first(schedule.id, name, reference)
        ]
        return " ".join(sentences)

    def _is_first(self, schedule_id: UUID, name: Name, reference: str) -> bool:
        key = (schedule_id, fold(" ".join(name)))
        if key in self._seen:
            return False
        self._seen[key] = reference
        return True

    def _repeat(self, booking_id: UUID, reference: str, schedule: Schedule, name: Name) -> str:
        who, folded = " ".join(name), fold(" ".join(name))
        other = self._seen[schedule.id, folded]
        day = say_date(to_local(schedule.starts_at, self.tenant.time_zone).date())
        sentence = (
            f"{who} has a place on {day} already (booking {other}): look whether {reference} repeats it."
        )
        self._found.append(
            {
                "id": new_id(),
                "tenant_id": self.tenant.id,
                "kind": KIND,
                "subject_type": "bookings",
                "subject_id": booking_id,
                "sentence": sentence[:500],
                "once_key": f"{KIND}:{booking_id}:{folded}"[:160],
            }
        )
        return f"{who} has a place on this date already (booking {other}): kept, and put on the work queue."

    def write(self) -> None:
        """Put what was found on the work queue, once."""
        if self._found:
            db.session.execute(insert(table_of(WorkItem)).on_conflict_do_nothing(), self._found)
