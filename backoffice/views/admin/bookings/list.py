"""The list of bookings: what it shows, sorts, filters, finds and exports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.domain.statuses import LABELS, PAYMENT_STATUSES
from backoffice.domain.text import clean_line
from backoffice.domain.times import say_instant
from backoffice.models import Booking, Course, Schedule, Venue
from backoffice.views.admin import filters, formats
from backoffice.views.admin.export import ExportColumn, major_units
from backoffice.views.admin.formats import when
from backoffice.views.admin.listing import in_tenant
from backoffice.views.admin.pieces import money_cell, two_lines

SOURCES = {"phone": "Phone", "web": "Website", "api": "Partner", "import": "Import"}
MOST_CHOICES = 500


def course_options() -> Sequence[tuple[str, str]]:
    courses = select(Course.id, Course.title).where(*in_tenant(Course)).order_by(Course.title)
    return [(str(row.id), row.title) for row in db.session.execute(courses.limit(MOST_CHOICES))]


def town_options() -> Sequence[tuple[str, str]]:
    towns = (
        select(Venue.city).distinct().where(*in_tenant(Venue), Venue.city.is_not(None)).order_by(Venue.city)
    )
    return [(town, town) for town in db.session.scalars(towns.limit(MOST_CHOICES)) if town]


def read_town(text: str) -> str:
    return clean_line(text, field="town", maximum=100)


def _of_schedules(*criteria: Any) -> ColumnElement[bool]:
    return Booking.schedule_id.in_(select(Schedule.id).where(*criteria))


def _of_course(course_id: UUID) -> ColumnElement[bool]:
    return _of_schedules(Schedule.course_id == course_id)


def _of_town(town: str) -> ColumnElement[bool]:
    return _of_schedules(Schedule.venue_id.in_(select(Venue.id).where(Venue.city == town)))


UNPAID_BEFORE_START = and_(Booking.awaits_money(), Booking.starts_at > func.now())

FILTERS = (
    filters.choice("status", "Status", Booking.status, LABELS["booking"].items()),
    filters.choice(
        "payment",
        "Payment",
        Booking.payment_status,
        [(word, LABELS["payment_status"][word]) for word in PAYMENT_STATUSES],
    ),
    filters.Filter("course", "Course", _of_course, filters.record_id, options=course_options),
    filters.Filter("town", "Town", _of_town, read_town, options=town_options),
    filters.from_day("from", "Date from", Booking.starts_at),
    filters.until_day("until", "Date to", Booking.starts_at),
    filters.from_day("booked_from", "Booked from", Booking.booked_at),
    filters.until_day("booked_until", "Booked to", Booking.booked_at),
    filters.choice("source", "Source", Booking.source, SOURCES.items()),
    filters.yes_no("names_missing", "Names", Booking.lacks_names(), ("Missing", "Complete")),
    filters.yes_no("unpaid", "Before the start", UNPAID_BEFORE_START, ("Unpaid", "Nothing to chase")),
)


def show_customer(view: Any, context: Any, booking: Booking, name: str) -> Any:
    """Who it is for: the contact of that day, and the company."""
    contact = booking.contact_name or booking.customer.name
    if booking.company is None:
        return contact
    return two_lines(contact, booking.company.name)


def show_course(view: Any, context: Any, booking: Booking, name: str) -> Any:
    venue = booking.schedule.venue
    return two_lines(booking.schedule.course.title, venue.city or venue.name)


def show_starts(view: Any, context: Any, booking: Booking, name: str) -> Any:
    """The date as the customer knows it: on the clock of the place."""
    return when(say_instant(booking.starts_at, booking.schedule.time_zone), booking.starts_at)


def show_seats(view: Any, context: Any, booking: Booking, name: str) -> Any:
    return booking.seats


show_seats.cell_class = "num"  # type: ignore[attr-defined]


def show_due(view: Any, context: Any, booking: Booking, name: str) -> Any:
    """What is still to be paid; nothing where nothing is, so that what is due stands out."""
    if booking.due_minor == 0:
        return formats.nothing()
    return money_cell(booking.due_minor, booking.currency)


show_due.cell_class = "num"  # type: ignore[attr-defined]

FORMATTERS = {
    "contact_name": show_customer,
    "schedule": show_course,
    "starts_at": show_starts,
    "seats": show_seats,
    "status": formats.pill("booking"),
    "payment_status": formats.pill("payment_status"),
    "total_minor": formats.money(),
    "due_minor": show_due,
}
LABELS_OF_COLUMNS = {
    "contact_name": "Customer",
    "schedule": "Course",
    "starts_at": "Date",
    "seats": "Places",
    "payment_status": "Payment",
    "total_minor": "Total",
    "due_minor": "Due",
}
COLUMNS = (
    "reference",
    "contact_name",
    "schedule",
    "starts_at",
    "seats",
    "status",
    "payment_status",
    "total_minor",
    "due_minor",
)
SORTS = {"reference": Booking.reference, "starts_at": Booking.starts_at, "booked_at": Booking.booked_at}
LOAD = (
    joinedload(Booking.customer),
    joinedload(Booking.company),
    joinedload(Booking.credit),
    joinedload(Booking.schedule).options(joinedload(Schedule.course), joinedload(Schedule.venue)),
)

EXPORT = (
    ExportColumn("Reference", Booking.reference),
    ExportColumn("Status", Booking.status, lambda word: LABELS["booking"][word]),
    ExportColumn("Payment", Booking.payment_status, lambda word: LABELS["payment_status"][word]),
    ExportColumn("First name", Booking.contact_first_name),
    ExportColumn("Last name", Booking.contact_last_name),
    ExportColumn("E-mail", Booking.contact_email),
    ExportColumn("Phone", Booking.contact_phone),
    ExportColumn("Course", Course.title),
    ExportColumn("Starts (local time)", func.timezone(Schedule.time_zone, Booking.starts_at)),
    ExportColumn("Venue", Venue.name),
    ExportColumn("Town", Venue.city),
    ExportColumn("Places", Booking.seats),
    ExportColumn("Currency", Booking.currency),
    ExportColumn("Total", Booking.total_minor, major_units),
    ExportColumn("Paid", Booking.paid_minor, major_units),
    ExportColumn("Refunded", Booking.refunded_minor, major_units),
    ExportColumn("Purchase order", Booking.purchase_order),
    ExportColumn("Source", Booking.source, lambda word: SOURCES[word]),
    ExportColumn("Booked (UTC)", Booking.booked_at),
)
EXPORT_JOINS = (Booking.schedule, Schedule.course, Schedule.venue)
