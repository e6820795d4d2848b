"""What the verbs of a company's request ask for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Field,
    RadioField,
    StringField,
    TextAreaField,
    validators,
    widgets,
)

from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.times import find_time
from backoffice.models import Company, CorporateRequest, Course
from backoffice.models.corporate_request import MOST_PEOPLE
from backoffice.services.bookings.quoting import MOST_PLACES
from backoffice.services.corporate.confirming import ACCOUNT, BY_LINK, ConfirmIn
from backoffice.services.corporate.deciding import MESSAGE_MAXIMUM, NOTES_MAXIMUM, REASON_MAXIMUM
from backoffice.services.corporate.requesting import RequestIn
from backoffice.views.admin.fields import IdField, block, line, offered, whole
from backoffice.views.admin.forms import MoneyField, PlainText, ScreenForm, sensible_day
from backoffice.views.admin.schedules.forms import (
    COURSES,
    INSTRUCTORS,
    DateForm,
    InstructorField,
    lead_or_nobody,
)
from backoffice.views.admin.verbs import VerbForm

NEEDED = validators.InputRequired("Fill this in.")
OPTIONAL = validators.Optional()
_TWO_TIMES = re.compile(r"^\s*(\S+)\s*(?:-|–|to|until)\s*(\S+)\s*$")
USUAL_START, USUAL_MINUTES = time(9), 360


class DaysField(Field):
    """Several days, as people write them, with commas between; the service reads each."""

    widget = widgets.TextInput()

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else ", ".join(self.data or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0][:400] if valuelist else ""
        self.data = [text.strip() for text in re.split("[,;\n]", typed) if text.strip()]


class AskedForm(ScreenForm):
    """What a company asks for on the telephone."""

    company_name = line("Company", 200, required=True)
    contact_person = line("Contact", 200, required=True)
    email = EmailField("E-mail", [NEEDED, PlainText(254)])
    phone = StringField("Phone", [NEEDED, PlainText(40)])
    course_id = IdField("Course", COURSES, blank="Something else, or not sure yet")
    topic = line("What it is about", 500, required=True)
    headcount = whole("People", 1, MOST_PEOPLE)
    preferred_dates = DaysField(
        "Days", description="Up to five, the best first, with commas: 3/3/2027, 5/3/2027."
    )
    preferred_time = line("Time", 100)
    location = line("Where", 300)
    notes = block("Notes", 5000)

    def wanted(self) -> RequestIn:
        return RequestIn(
            company_name=self.company_name.data,
            contact_person=self.contact_person.data,
            email=self.email.data,
            phone=self.phone.data,
            topic=self.topic.data,
            course_id=self.course_id.data,
            preferred_dates=self.preferred_dates.data or (),
            preferred_time=self.preferred_time.data,
            location=self.location.data,
            headcount=self.headcount.data,
            notes=self.notes.data,
            source="phone",
        )


class CorrectForm(VerbForm, AskedForm):
    """The same of a request that is there."""


class AssignForm(VerbForm):
    instructor_id = IdField("Instructor", INSTRUCTORS, blank="Nobody yet")


class QuoteForm(VerbForm):
    price_minor = MoneyField("Price for all", [NEEDED], description="For all of them together, VAT included.")
    places = whole("People", 1, MOST_PEOPLE, required=True)
    valid_until = DateField("Good until", [OPTIONAL, sensible_day], description="The last day to accept it.")
    message = block(
        "Words to the company", MESSAGE_MAXIMUM, "What is included, and the day and place you have in mind."
    )


class RejectForm(VerbForm):
    reason = TextAreaField(
        "Reason", [NEEDED, PlainText(REASON_MAXIMUM, several_lines=True)], description="The company reads it."
    )
    send_mail = BooleanField("Tell the company by e-mail", default=True)


class NoteForm(VerbForm):
    admin_notes = block("Notes of the office", NOTES_MAXIMUM, "The company does not see them.")


class ConfirmForm(VerbForm, DateForm):
    """The private date and its booking."""

    # A private date has neither a price of its own nor a code; what is noted on it says whose it is.
    price_minor: Any = None
    code: Any = None
    notes: Any = None
    course_id = IdField("Course", COURSES, blank="Choose…", required=True)
    instructor_id = InstructorField(
        "Instructor", INSTRUCTORS, blank="Who usually teaches the course", coerce=lead_or_nobody
    )
    places = whole("Places to book", 1, MOST_PLACES, "Their names may follow by link.", required=True)
    capacity = whole("Places of the date", 1, 1000, "Empty: as many as are booked.")
    total = MoneyField("Price for all", [NEEDED], description="For all places together, VAT included.")
    company_id = IdField("Company", offered(Company, Company.name), blank="A new company of this name")
    method = RadioField(
        "How it is paid",
        [validators.InputRequired("Choose how it will be paid.")],
        choices=[(ACCOUNT, "On account: we send an invoice"), (BY_LINK, "By payment link, in the mail")],
    )
    purchase_order = line("Purchase order", 60)
    pay_by = DateField(
        "Pay by",
        [OPTIONAL, sensible_day],
        description="For a payment link. Empty: within 14 days, or by the start.",
    )

    # What services call a field that has another name here.
    _NAMES: ClassVar[dict[str | None, str]] = {
        "price_minor": "total",
        "payment_method": "method",
        "company": "company_id",
        "hold_until": "pay_by",
        "instructor_ids": "instructor_id",
    }

    def __init__(self, formdata: Any = None, **kwargs: Any) -> None:
        sent = MultiDict(formdata) if formdata is not None else None
        for name, target in (("use_venue", "venue_id"), ("use_instructor", "instructor_id")):
            if sent is not None and name in sent:
                sent[target] = sent[name]
        super().__init__(sent, **kwargs)
        if sent is not None and "add_day" in sent:
            self.add_row()

    def refuse(self, error: DomainError) -> None:
        error.field = self._NAMES.get(error.field, error.field)
        if isinstance(error, Invalid):
            error.fields = {self._NAMES.get(name, name): text for name, text in error.fields.items()}
        super().refuse(error)

    def wanted(self) -> ConfirmIn:
        return ConfirmIn(
            course_id=self.course_id.data,
            venue_id=self.venue_id.data,
            days=self.entered_days(),
            instructor_ids=self.people(),
            places=self.places.data,
            capacity=self.capacity.data,
            price_minor=self.total.data or 0,
            method=self.method.data,
            company_id=self.company_id.data,
            purchase_order=self.purchase_order.data,
            pay_by=self.pay_by.data,
            override_reason=self.override_reason.data,
        )


def begun(request: CorporateRequest, company: Company | None, today: date) -> dict[str, Any]:
    """What the confirmation opens with: the wishes of the company, the quote, who was assigned, how it pays."""
    places = request.quoted_places or request.headcount
    return {
        "method": ACCOUNT if company and company.has_terms else BY_LINK,
        "course_id": request.course_id,
        "instructor_id": request.assigned_instructor_id,
        "places": places,
        "capacity": places,
        "total": request.quoted_price_minor,
        "company_id": company.id if company else None,
        "days": _rows(request, today),
    }


def _rows(request: CorporateRequest, today: date) -> list[dict[str, Any]]:
    """As many of the preferred days as the course has; none of the past."""
    coming = [day for day in request.days if day >= today]
    wanted = sorted(coming[: request.course.day_count if request.course else 1])
    start, end = _hours(request.preferred_time, request.course)
    return [{"on": day, "start": start, "end": end} for day in wanted]


def _hours(text: str | None, course: Course | None) -> tuple[time, time]:
    """ "09:00-17:00" as two times; otherwise from nine on, as long as a day of the course."""
    match = _TWO_TIMES.match(text or "")
    times: Sequence[time | None] = [find_time(part) for part in match.groups()] if match else ()
    if len(times) == 2 and times[0] and times[1] and times[0] < times[1]:
        return times[0], times[1]
    minutes = course.duration_minutes // course.day_count if course else USUAL_MINUTES
    end = datetime.combine(date.min, USUAL_START) + timedelta(minutes=min(minutes, 14 * 60))
    return USUAL_START, end.time()
