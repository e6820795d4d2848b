"""What the list and the page of a company's request show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import select

from backoffice.database import db
from backoffice.documents.plain_text import one_line
from backoffice.domain.money import format_money
from backoffice.domain.statuses import LABELS
from backoffice.domain.text import say_phone
from backoffice.domain.times import say_date, say_span
from backoffice.models import CorporateRequest, Instructor
from backoffice.models.corporate_request import OPEN
from backoffice.services.corporate import answering
from backoffice.views.admin import filters, formats
from backoffice.views.admin.bookings.list import course_options
from backoffice.views.admin.filters import Filter
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pieces import money_cell, pill_cell, record_link, two_lines
from backoffice.views.requests import current_tenant

ANSWERS = {"accepted": "Accepted", "declined": "Declined"}
SOURCES = {"web": "Website", "phone": "Phone"}


def instructor_options() -> list[tuple[str, str]]:
    rows = db.session.execute(select(Instructor.id, Instructor.name).order_by(Instructor.name).limit(500))
    return [(str(row.id), row.name) for row in rows]


def _in_state(state: str) -> Any:
    return CorporateRequest.status.in_(OPEN) if state == "open" else CorporateRequest.status == state


FILTERS = (
    Filter(
        "status",
        "Status",
        _in_state,
        filters.one_of({"open", "all", *LABELS["corporate_request"]}),
        options=[("open", "To answer"), *LABELS["corporate_request"].items()],
    ),
    filters.choice("answer", "Quote", CorporateRequest.quote_answer, ANSWERS.items()),
    filters.related("course", "Course", CorporateRequest.course_id, course_options),
    filters.related("instructor", "Instructor", CorporateRequest.assigned_instructor_id, instructor_options),
    filters.from_day("from", "From", CorporateRequest.created_at),
    filters.until_day("until", "To", CorporateRequest.created_at),
)


def company_cell(view: Any, context: Any, row: CorporateRequest, name: str) -> Any:
    return _written(row.company_name, row.contact_person)


def _written(first: str, second: str = "") -> Markup:
    """What a stranger wrote, in a cell: as long as a line of the list may be."""
    said = [one_line(text, maximum=100) for text in (first, second) if text]
    words = two_lines(*said) if len(said) == 2 else Markup.escape(said[0])
    return Markup('<span class="strange">{}</span>').format(words)


def topic_cell(view: Any, context: Any, row: CorporateRequest, name: str) -> Any:
    """The course, and what it is about; one of the two is enough when they say the same."""
    course = row.course.title if row.course else ""
    if not course or course.casefold() == row.topic.casefold():
        return _written(row.topic)
    return _written(course, row.topic)


topic_cell.cell_class = "is-long"  # type: ignore[attr-defined]


def days_cell(view: Any, context: Any, row: CorporateRequest, name: str) -> Any:
    """The best day, and how many others there are."""
    if not row.days:
        return formats.nothing()
    more = len(row.days) - 1
    first = say_date(row.days[0])
    return two_lines(first, f"or {more} other{'s' * (more != 1)}") if more else first


def price_cell(view: Any, context: Any, row: CorporateRequest, name: str) -> Any:
    if row.quoted_price_minor is None:
        return formats.nothing()
    return money_cell(row.quoted_price_minor, row.currency)


price_cell.cell_class = "num"  # type: ignore[attr-defined]


def status_cell(view: Any, context: Any, row: CorporateRequest, name: str) -> Markup:
    """The status, and beside it what the company said to the quote."""
    return Markup(" ").join(pill_cell(*each) for each in pills(row))


def pills(row: CorporateRequest) -> list[tuple[str, str]]:
    found = [(row.status, "corporate_request")]
    if row.quote_answer and row.is_open:
        found.append((row.quote_answer, "quote_answer"))
    return found


# --- One request ---


def facts(row: CorporateRequest) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """The definition lists of its page."""
    return [("What they ask for", _asked(row)), ("Our answer", _answer(row))]


def _asked(row: CorporateRequest) -> list[tuple[Any, ...]]:
    phone = say_phone(row.phone, current_tenant().country)
    days = Markup("<br>").join(say_date(day) for day in row.days) or formats.nothing()
    course = record_link("courses", row.course_id, row.course) if row.course else formats.nothing()
    company = (
        record_link("companies", row.company_id, row.company_name) if row.company_id else row.company_name
    )
    return [
        ("Company", company),
        ("Contact", row.contact_person),
        ("E-mail", Markup('<a href="mailto:{0}">{0}</a>').format(row.email)),
        ("Phone", Markup('<a href="tel:{}">{}</a>').format(row.phone, phone)),
        ("Course", course),
        ("People", formats.show_value(row.headcount)),
        ("Days", days),
        ("Time", formats.show_value(row.preferred_time)),
        ("Where", formats.show_value(row.location)),
        ("Came by", SOURCES[row.source]),
        ("About", row.topic, True),
        ("Notes", formats.show_value(row.notes), True),
    ]


def _answer(row: CorporateRequest) -> list[tuple[Any, ...]]:
    instructor = row.assigned_instructor
    shown: list[tuple[Any, ...]] = [
        (
            "Instructor",
            record_link("instructors", instructor.id, instructor) if instructor else formats.nothing(),
        ),
        ("First answered", formats.show_value(row.responded_at)),
        ("By", row.responded_by or formats.nothing()),
    ]
    if row.quote_valid_until:
        shown.append(("Quote good until", say_date(row.quote_valid_until)))
    if row.quote_message:
        shown.append(("What we wrote", row.quote_message, True))
    if row.quote_answer:
        words = f": {row.quote_answer_words}" if row.quote_answer_words else ""
        shown.append(("Their answer", f"{ANSWERS[row.quote_answer]}{words}", True))
    if row.rejection_reason:
        shown.append(("Why it was rejected", row.rejection_reason, True))
    shown.append(("Notes of the office", formats.show_value(row.admin_notes), True))
    return shown


def amounts(row: CorporateRequest) -> list[tuple[str, Any, str]]:
    """The quote in figures."""
    if row.quoted_price_minor is None or row.quoted_places is None:
        return []
    each = row.quoted_price_minor // row.quoted_places
    return [
        ("Quote for all", money_cell(row.quoted_price_minor, row.currency), ""),
        ("People", row.quoted_places, ""),
        ("Each", money_cell(each, row.currency), ""),
    ]


def notices(row: CorporateRequest) -> list[tuple[str, str]]:
    """What waits for whom."""
    if row.status == "quoted" and row.quote_answer == "accepted":
        return [
            ("good", "The company accepts the quote: confirm the request to make the date and the booking.")
        ]
    if row.status == "reviewing" and row.quote_answer == "declined":
        return [("wait", "The company declined the quote: quote anew, or reject the request.")]
    if row.status == "quoted" and answering.is_over(row, datetime.now(UTC)):
        return [("wait", "The quote is no longer valid, and nobody answered it: call them, or quote anew.")]
    return []


def date_table(row: CorporateRequest) -> RelatedTable | None:
    """The private date with its booking, once there is one."""
    if row.schedule is None or row.booking is None:
        return None
    schedule, booking = row.schedule, row.booking
    days = [say_span(day.starts_at, day.ends_at, schedule.time_zone) for day in schedule.days]
    line: list[Any] = [
        record_link("schedules", schedule.id, schedule.course),
        Markup("<br>").join(days),
        schedule.venue,
        record_link("bookings", booking.id, booking.reference),
        pill_cell(booking.payment_status, "payment_status"),
        pill_cell(booking.status, "booking"),
    ]
    header = ["Date", "When", "Where", "Booking", "Payment", "Status"]
    return RelatedTable("The private date", header, [line])


def what_it_means(row: CorporateRequest) -> list[str]:
    """What stands over the confirmation."""
    says = [
        f"A private date of {row.company_name} is planned and published, and all its places are booked for "
        f"{row.contact_person}, in one act. No public page shows it."
    ]
    if row.quote_answer == "accepted" and row.quoted_price_minor is not None:
        price = format_money(row.quoted_price_minor, row.currency)
        says.append(f"They accepted {price} for {row.quoted_places} people.")
    if row.days:
        says.append(f"They asked for {', '.join(say_date(day) for day in row.days)}.")
    return says
