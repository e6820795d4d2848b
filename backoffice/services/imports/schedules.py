"""Dates: the key is the code. They may lie in the past; one that is there keeps days, place and people."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import DomainError
from backoffice.domain.times import local_to_utc, say_span
from backoffice.models import (
    Course,
    Instructor,
    Schedule,
    ScheduleDay,
    ScheduleDayInstructor,
    Tenant,
    Venue,
)
from backoffice.models.schedule import STATUSES
from backoffice.services import live
from backoffice.services.audit import differences
from backoffice.services.imports.cells import Cells
from backoffice.services.imports.diary import Diary, Span, label_of, load_diary
from backoffice.services.imports.kind import (
    CHANGED,
    NEW,
    SAME,
    Kind,
    Verdict,
    insert_all,
    update_all,
)
from backoffice.services.imports.schedule_words import Stored, load_stored

# What a file may do to a date that is there already; the rest is done on its page, where its people are told.
STATUS_MOVES = {("draft", "published"), ("draft", "cancelled"), ("published", "completed")}
CORRECTABLE = ("capacity", "status", "notes")


class Schedules(Kind):
    name, noun, key = "schedules", "schedule", "code"
    required = ("code", "course", "venue", "days", "start_time", "end_time", "capacity", "status")
    optional = ("instructor_email", "notes", "override_reason")

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.diary = Diary()

    def parse(self, cells: Cells) -> dict[str, Any]:
        values = {
            "code": cells.line("code", 40, required=True),
            "course": cells.slug("course"),
            "venue": cells.slug("venue"),
            "instructors": [part.lower() for part in cells.lines("instructor_email", 254)],
            "spans": _spans(cells, self.tenant.time_zone),
            "capacity": cells.whole("capacity", 1, 1000),
            "status": cells.choice("status", {status: status for status in STATUSES}),
        }
        if cells.has("notes"):
            values["notes"] = cells.block("notes", 5000) or None
        if cells.has("override_reason"):
            values["override_reason"] = cells.line("override_reason", 500) or None
        return values

    def load(self, drafts: list[Verdict]) -> None:
        self.courses = {row.slug: row for row in db.session.scalars(select(Course))}
        self.venues = {row.slug: row for row in db.session.scalars(select(Venue))}
        known = select(func.lower(Instructor.email), Instructor.id).where(Instructor.email.is_not(None))
        self.instructors: dict[str, UUID] = dict(db.session.execute(known).all())
        self.stored = load_stored([draft.key for draft in drafts])
        self.diary = load_diary([span for draft in drafts for span in draft.values["spans"]])

    def compare(self, draft: Verdict) -> None:
        stored = self.stored.get(draft.key)
        refusal = self._unknown(draft) or (
            self._cannot_change(draft, stored) if stored else self._cannot_add(draft)
        )
        if refusal:
            draft.refuse(refusal)
        elif stored:
            draft.outcome = CHANGED if draft.old else SAME
            draft.reason = "Changes: " + ", ".join(draft.old) + "." if draft.old else ""
        else:
            draft.row_id = new_id()
            self._enter(draft)

    def _unknown(self, draft: Verdict) -> str | None:
        values = draft.values
        if values["course"] not in self.courses:
            return f"course: there is no course “{values['course']}”. Import the courses first."
        if values["venue"] not in self.venues:
            return f"venue: there is no venue “{values['venue']}”. Import the venues first."
        strangers = [email for email in values["instructors"] if email not in self.instructors]
        if strangers:
            return f"instructor_email: nobody has “{strangers[0]}”. Import the instructors first."
        return None

    def _cannot_add(self, draft: Verdict) -> str | None:
        return self._too_large(draft) or self._clash(draft)

    def _too_large(self, draft: Verdict) -> str | None:
        values, venue = draft.values, self.venues[draft.values["venue"]]
        if values["capacity"] > venue.capacity:
            return f"capacity: {venue.name} holds {venue.capacity}. Lower it or choose another venue."
        per_head = self.courses[values["course"]].learners_per_instructor
        if values["capacity"] <= per_head * max(len(values["instructors"]), 1):
            return None
        if values.get("override_reason"):
            return None
        return (
            f"capacity: one instructor teaches at most {per_head}. "
            "Name a second one, or give a reason in a column override_reason."
        )

    def _clash(self, draft: Verdict) -> str | None:
        values = draft.values
        if values["status"] == "cancelled":
            return None
        venue = self.venues[values["venue"]]
        if venue.kind == "room" and (clash := self.diary.find_clash(venue.id, values["spans"])):
            return f"venue: {venue.name} is taken {self._when(clash[0])} by {clash[1]}."
        for email in values["instructors"]:
            if clash := self.diary.find_clash(self.instructors[email], values["spans"]):
                return f"instructor_email: {email} teaches {self._when(clash[0])}: {clash[1]}."
        return None

    def _when(self, span: Span) -> str:
        return say_span(*span, self.tenant.time_zone)

    def _enter(self, draft: Verdict) -> None:
        """The next rows of the file must not clash with this one either."""
        values = draft.values
        if values["status"] == "cancelled":
            return
        venue = self.venues[values["venue"]]
        busy = [self.instructors[email] for email in values["instructors"]]
        busy += [venue.id] if venue.kind == "room" else []
        label = label_of(draft.key, self.courses[values["course"]].title)
        for who in busy:
            for span in values["spans"]:
                self.diary.add(who, span, label)

    def _cannot_change(self, draft: Verdict, stored: Stored) -> str | None:
        draft.row_id = stored.id
        given = {name: value for name, value in draft.values.items() if name != "override_reason"}
        if "instructor_email" not in draft.cells:
            del given["instructors"]
        draft.old, new = differences(stored.values, given)
        fixed = [name for name in new if name not in CORRECTABLE]
        if fixed:
            words = ", ".join("days and times" if name == "spans" else name for name in fixed)
            return f"This date is there already with other {words}: change it on its page."
        if "capacity" in new and new["capacity"] < stored.seats_taken:
            return f"capacity: {stored.seats_taken} places are taken already."
        if "capacity" in new and (too_large := self._too_large(draft)):
            return too_large
        if "status" in new and (stored.values["status"], new["status"]) not in STATUS_MOVES:
            return f"status: this date is {stored.values['status']}. Change it on its page."
        return None

    def write(self, batch: list[Verdict], actor: Actor) -> None:
        made = [row for row in batch if row.outcome == NEW]
        insert_all(Schedule, [self._columns(row) for row in made])
        days = [day for row in made for day in _day_rows(row)]
        insert_all(ScheduleDay, [{k: v for k, v in day.items() if k != "instructors"} for day in days])
        insert_all(ScheduleDayInstructor, [link for day in days for link in self._teaching(day)])
        changed = [_correction(row) for row in batch if row.outcome == CHANGED]
        update_all(Schedule, changed)
        live.touch(*(each["id"] for each in changed))
        for row in batch:
            row.values["spans"] = [self._when(span) for span in row.values["spans"]]
        self.audit(batch, actor, "schedules")

    def _columns(self, row: Verdict) -> dict[str, Any]:
        values, course = row.values, self.courses[row.values["course"]]
        spans: list[Span] = values["spans"]
        return {
            "id": row.row_id,
            "code": values["code"],
            "course_id": course.id,
            "venue_id": self.venues[values["venue"]].id,
            "status": values["status"],
            "starts_at": spans[0][0],
            "ends_at": spans[-1][1],
            "time_zone": self.tenant.time_zone,
            "capacity": values["capacity"],
            "pricing": course.pricing,
            "price_minor": course.price_minor,
            "currency": self.tenant.currency,
            "vat_rate_bp": course.vat_rate_bp,
            "notes": values.get("notes"),
            "override_reason": values.get("override_reason"),
        }

    def _teaching(self, day: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {
                "id": new_id(),
                "schedule_day_id": day["id"],
                "instructor_id": self.instructors[email],
                "duty": "assistant" if number else "lead",
            }
            for number, email in enumerate(day["instructors"])
        ]


def _spans(cells: Cells, time_zone: str) -> list[Span]:
    days, start, end = cells.days("days"), cells.clock("start_time"), cells.clock("end_time")
    if not days or start is None or end is None:
        return []
    if end <= start:
        cells.refuse("end_time", "The end must be after the start.")
        return []
    if len(set(days)) < len(days) or len(days) > 60:
        cells.refuse("days", "Name each day once, 60 at most.")
        return []
    try:
        return [(local_to_utc(day, start, time_zone), local_to_utc(day, end, time_zone)) for day in days]
    except DomainError as error:
        cells.refuse("days", error.message)
        return []


def _day_rows(row: Verdict) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "schedule_id": row.row_id,
            "day_number": number,
            "starts_at": start,
            "ends_at": end,
            "instructors": row.values["instructors"],
        }
        for number, (start, end) in enumerate(row.values["spans"], start=1)
    ]


def _correction(row: Verdict) -> dict[str, Any]:
    return {"id": row.row_id, "capacity": row.values["capacity"], "status": row.values["status"]} | {
        name: row.values[name] for name in ("notes",) if name in row.values
    }
