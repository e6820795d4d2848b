"""The planning form: days as rows of a table, people, places, price."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any, ClassVar
from uuid import UUID

from wtforms import fields, validators, widgets

from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.times import parse_date, parse_time
from backoffice.models import Course, Instructor, Schedule, Venue
from backoffice.services.schedules import Day, PlanIn
from backoffice.services.schedules.days import DAYS_MAXIMUM, local_days
from backoffice.services.schedules.rules import instructors_of, spans_of
from backoffice.views.admin.courses import PRICING
from backoffice.views.admin.fields import (
    IdField,
    IdsField,
    WordsField,
    block,
    id_or_none,
    line,
    offered,
    whole,
)
from backoffice.views.admin.forms import MoneyField, PlainText, ScreenForm
from backoffice.views.arguments import read_id

NOBODY = "nobody"
A_WEEK = timedelta(weeks=1)


class DayField(WordsField):
    """A local day; typed as a British date where the browser has no calendar."""

    widget = widgets.DateInput()

    @staticmethod
    def read(text: str) -> date:
        return parse_date(text)

    @staticmethod
    def say(value: date) -> str:
        return value.isoformat()


class WallTimeField(WordsField):
    """A wall time of the provider's time zone."""

    widget = widgets.TimeInput()

    @staticmethod
    def read(text: str) -> time:
        return parse_time(text)

    @staticmethod
    def say(value: time) -> str:
        return f"{value:%H:%M}"


class DayForm(ScreenForm):
    """One row; a row without anything in it is left out."""

    on = DayField("Day")
    start = WallTimeField("From")
    end = WallTimeField("To")

    @property
    def is_empty(self) -> bool:
        return not any(field.raw_data and field.raw_data[0].strip() for field in self)

    def validate(self, extra_validators: Any = None) -> bool:
        is_fine = super().validate(extra_validators)
        for field in self:
            if not self.is_empty and field.data is None and not field.errors:
                field.errors = ["Fill this in."]
                is_fine = False
        return is_fine


def venue_words(venue: Venue) -> str:
    """A venue with its town and the people it takes."""
    town = f", {venue.city}" if venue.city and venue.city not in venue.name else ""
    return f"{venue.name}{town} ({venue.capacity} places)"


COURSES = offered(Course, Course.title)
VENUES = offered(Venue, Venue.name, words=venue_words)
INSTRUCTORS = offered(Instructor, Instructor.name)


class InstructorField(IdField):
    """The leading instructor; for a new date, a blank means whoever usually teaches the course."""

    def process(self, *given: Any, **more: Any) -> None:
        super().process(*given, **more)
        blank, *people = self.choices
        self.choices = [*([blank] if self.blank else []), (NOBODY, "Nobody yet"), *people]


def lead_or_nobody(value: Any) -> UUID | str | None:
    return value if value == NOBODY else id_or_none(value)


class DateForm(ScreenForm):
    """What planning and changing a date share."""

    is_redrawn = False

    days = fields.FieldList(fields.FormField(DayForm), "Days", min_entries=1, max_entries=DAYS_MAXIMUM)
    venue_id = IdField("Venue", VENUES, blank="Choose…", required=True)
    instructor_id = InstructorField("Instructor", INSTRUCTORS, coerce=lead_or_nobody)
    assistant_ids = IdsField("Further instructors", INSTRUCTORS)
    capacity = whole("Places", 1, 1000)
    price_minor = MoneyField("Price", description="For each person, VAT included.")
    code = line("Code", 40, "What spreadsheets know the date by.")
    notes = block("Notes", 5000, "For the office only.")
    override_reason = fields.StringField(
        "Reason for an exception",
        [PlainText(500)],
        description="Only for a day that has passed, more people than the instructors may teach, "
        "or somebody on leave or outside their hours.",
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """A form that only got another row is shown again, not judged."""
        return not self.is_redrawn and super().validate(extra_validators)

    def refuse(self, error: DomainError) -> None:
        if isinstance(error, Invalid) and "instructor_ids" in error.fields:
            error.fields["instructor_id"] = error.fields.pop("instructor_ids")
        super().refuse(error)

    def entered_days(self) -> list[Day]:
        """The rows that are filled in, as services take them."""
        rows = [entry.form for entry in self.days if not entry.form.is_empty]
        return [(row.on.data, row.start.data, row.end.data) for row in rows]

    def people(self) -> list[UUID] | None:
        """The lead first; None: whoever usually teaches the course."""
        lead, others = self.instructor_id.data, self.assistant_ids.data or []
        if lead is None and not others:
            return None
        leads = [lead] if isinstance(lead, UUID) else []
        return [*leads, *(each for each in others if each not in leads)]

    def add_row(self) -> None:
        """One more day: the day after the last one, at the same time."""
        self.is_redrawn = True
        last = next((entry.form for entry in reversed(list(self.days)) if entry.form.on.data), None)
        if len(self.days) < DAYS_MAXIMUM:
            following = last.on.data + timedelta(days=1) if last else None
            times = (last.start.data, last.end.data) if last else (None, None)
            self.days.append_entry({"on": following, "start": times[0], "end": times[1]})


class PlanForm(DateForm):
    """A new date."""

    course_id = IdField("Course", COURSES, blank="Choose…", required=True)
    instructor_id = InstructorField(
        "Instructor", INSTRUCTORS, blank="Who usually teaches the course", coerce=lead_or_nobody
    )
    capacity = whole("Places", 1, 1000, "Empty: as many as the course has.")
    price_minor = MoneyField("Price", description="For each person, VAT included. Empty: the course's price.")
    is_published = fields.BooleanField("On sale", description="Publish it at once. Otherwise it is a draft.")

    def wanted(self) -> PlanIn:
        return PlanIn(
            course_id=self.course_id.data,
            venue_id=self.venue_id.data,
            days=self.entered_days(),
            instructor_ids=self.people(),
            capacity=self.capacity.data,
            price_minor=self.price_minor.data,
            code=self.data.get("code"),
            notes=self.notes.data,
            override_reason=self.override_reason.data,
            status="published" if self.is_published.data else "draft",
        )


class ReviseForm(DateForm):
    """A date that is planned: its course stays."""

    capacity = whole("Places", 1, 1000, "Not fewer than are taken.", required=True)
    pricing = fields.SelectField(
        "Priced",
        [validators.InputRequired("Choose one of the list.")],
        choices=list(PRICING.items()),
        description="What is sold already keeps its price.",
    )

    def wanted(self, course_id: UUID) -> PlanIn:
        return PlanIn(
            course_id=course_id,
            venue_id=self.venue_id.data,
            days=self.entered_days(),
            instructor_ids=self.people() or (),
            capacity=self.capacity.data,
            price_minor=self.price_minor.data,
            pricing=self.pricing.data,
            code=self.code.data,
            notes=self.notes.data,
            override_reason=self.override_reason.data,
        )


class Begun:
    """A new date planned from the page of a course, a venue or an instructor."""

    def __init__(self, asked: Mapping[str, str]) -> None:
        self.course_id = read_id(asked.get("course_id"))
        self.venue_id = read_id(asked.get("venue_id"))
        self.instructor_id = read_id(asked.get("instructor_id"))


class Opened:
    """A date as the form opens it."""

    given: ClassVar[tuple[str, ...]] = (
        "version", "venue_id", "capacity", "pricing", "price_minor", "code", "notes", "course_id",
    )  # fmt: skip

    def __init__(self, schedule: Schedule) -> None:
        for name in self.given:
            setattr(self, name, getattr(schedule, name))
        people = [person.id for person in instructors_of(schedule)]
        self.instructor_id: UUID | str = people[0] if people else NOBODY
        self.assistant_ids = people[1:]
        days = local_days(spans_of(schedule), schedule.time_zone)
        self.days: list[dict[str, Any]] = [{"on": on, "start": start, "end": end} for on, start, end in days]


class Again(Opened):
    """The same date again, whole weeks later and in the future, as a new one."""

    def __init__(self, schedule: Schedule, today: date) -> None:
        super().__init__(schedule)
        self.code = None
        first = min(day["on"] for day in self.days) if self.days else today
        weeks = max((today - first).days // 7, 0) + 1
        for day in self.days:
            day["on"] += weeks * A_WEEK
