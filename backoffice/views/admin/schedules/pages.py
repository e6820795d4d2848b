"""What the list and the page of a date show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import url_for
from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.domain.money import format_money
from backoffice.domain.statuses import LABELS, LIVE_BOOKING
from backoffice.domain.times import say_span
from backoffice.models import Booking, Course, Schedule, ScheduleDay, Venue
from backoffice.services.series.reading import say_series
from backoffice.views.access import allowed
from backoffice.views.admin import filters, formats
from backoffice.views.admin.bookings.list import course_options, read_town, town_options
from backoffice.views.admin.catalogue import state_of
from backoffice.views.admin.export import ExportColumn, major_units
from backoffice.views.admin.filters import Filter
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pieces import money_cell, pill_cell, record_link

BOOKINGS_MAXIMUM = 200
_PUBLISHED = Schedule.status == "published"


def in_state(state: str) -> ColumnElement[bool]:
    """The condition of a state as people see it (booking_rules.derived_schedule_state says the same of one row)."""
    now = datetime.now(UTC)
    is_full = Schedule.seats_taken >= Schedule.capacity
    conditions = {
        "published": _PUBLISHED & (Schedule.starts_at > now) & ~is_full,
        "full": _PUBLISHED & (Schedule.starts_at > now) & is_full,
        "ongoing": _PUBLISHED & (Schedule.starts_at <= now) & (Schedule.ends_at > now),
        "completed": (Schedule.status == "completed") | (_PUBLISHED & (Schedule.ends_at <= now)),
    }
    found: ColumnElement[bool] = conditions.get(state, Schedule.status == state)
    return found


FILTERS = (
    filters.from_day("from", "From", Schedule.ends_at),
    filters.related("course", "Course", Schedule.course_id, course_options),
    Filter(
        "town",
        "Town",
        lambda town: Schedule.venue_id.in_(select(Venue.id).where(Venue.city == town)),
        read_town,
        options=town_options,
    ),
    Filter(
        "state",
        "Status",
        in_state,
        filters.one_of(set(LABELS["schedule"])),
        options=list(LABELS["schedule"].items()),
    ),
    filters.yes_no("private", "Whose", Schedule.is_private, ("Private", "For everybody")),
)


def _local(instant: Any) -> Any:
    return func.to_char(func.timezone(Schedule.time_zone, instant), "YYYY-MM-DD HH24:MI")


EXPORT = (
    ExportColumn("Code", Schedule.code),
    ExportColumn("Course", Course.title),
    ExportColumn("Venue", Venue.name),
    ExportColumn("Town", Venue.city),
    ExportColumn("Starts", _local(Schedule.starts_at)),
    ExportColumn("Ends", _local(Schedule.ends_at)),
    ExportColumn("Status", Schedule.status),
    ExportColumn("Places", Schedule.capacity),
    ExportColumn("Taken", Schedule.seats_taken),
    ExportColumn("Price", Schedule.price_minor, major_units),
    ExportColumn("Currency", Schedule.currency),
)


def pills(schedule: Schedule) -> list[tuple[str, str]]:
    """The state, and whether it is the private date of one company."""
    return [(state_of(schedule), "schedule"), *([("private", "date_kind")] if schedule.is_private else [])]


def status_cell(schedule: Schedule) -> Markup:
    """The pills of a date, for the list."""
    return Markup(" ").join(pill_cell(*each) for each in pills(schedule))


def teachers(schedule: Schedule) -> list[str]:
    """Who teaches on any of the days, leads first; the days must be loaded."""
    duties = [duty for day in schedule.days for duty in day.instructors]
    in_order = sorted(duties, key=lambda duty: (duty.duty != "lead", duty.instructor.name))
    return list(dict.fromkeys(duty.instructor.name for duty in in_order))


def venue_cell(schedule: Schedule) -> str:
    """Town first: that is what callers ask for."""
    venue = schedule.venue
    return f"{venue.city}, {venue.name}" if venue.city and venue.city not in venue.name else venue.name


def series_cell(schedule: Schedule) -> Markup:
    """The series that a date was planned in, with a link to it."""
    if schedule.series_id is None:
        return formats.nothing()
    url = url_for("series.details", series_id=schedule.series_id)
    return Markup('<a href="{}">{}</a>').format(url, say_series(schedule.series))


def series_change_url(schedule: Schedule) -> str | None:
    """Where this date and the later ones of its series are changed; None where nobody may, or it is too late."""
    is_open = schedule.status in ("draft", "published") and schedule.starts_at > datetime.now(UTC)
    if schedule.series_id is None or not is_open or not allowed("series.change", "POST"):
        return None
    return url_for("series.change", series_id=schedule.series_id, scope="later", **{"from": schedule.id})  # type: ignore[arg-type]


def days_table(schedule: Schedule) -> RelatedTable:
    """The days, with who teaches on each."""
    rows: list[Any] = [
        [say_span(day.starts_at, day.ends_at, schedule.time_zone), _duties(day)] for day in schedule.days
    ]
    return RelatedTable("Days", ["When", "Who teaches"], rows, "No days.")


def _duties(day: ScheduleDay) -> Markup:
    leads_first = sorted(day.instructors, key=lambda duty: duty.duty != "lead")
    return Markup(", ").join(_duty_words(duty) for duty in leads_first) or formats.nothing()


def _duty_words(duty: Any) -> Any:
    name = record_link("instructors", duty.instructor_id, duty.instructor.name)
    return name if duty.duty == "lead" else name + " (assists)"


def bookings_table(schedule: Schedule) -> RelatedTable:
    """Who is coming, live bookings first, with what they pay."""
    is_live = case((Booking.status.in_(LIVE_BOOKING), 0), else_=1)
    found = list(
        db.session.scalars(
            select(Booking)
            .options(joinedload(Booking.company))
            .where(Booking.schedule_id == schedule.id)
            .order_by(is_live, Booking.booked_at, Booking.id)
            .limit(BOOKINGS_MAXIMUM)
        )
    )
    header = ["Reference", "Contact", ("Places", "num"), ("Total", "num"), "Payment", "Status"]
    rows = [_booking_row(each) for each in found]
    return RelatedTable(
        "Bookings", header, rows, "Nobody has booked yet.", aside=_sums(schedule.id, schedule.currency)
    )


def _booking_row(booking: Booking) -> list[Any]:
    return [
        record_link("bookings", booking.id, booking.reference),
        _contact(booking),
        booking.seats,
        money_cell(booking.total_minor, booking.currency),
        pill_cell(booking.payment_status, "payment_status"),
        pill_cell(booking.status, "booking"),
    ]


def _contact(booking: Booking) -> Markup:
    """Who booked, and below it for which company."""
    name = escape(booking.contact_name) or formats.nothing()
    if booking.company is None:
        return name
    return name + Markup("<br>") + record_link("companies", booking.company_id, booking.company)


def _sums(schedule_id: UUID, currency: str) -> str:
    """Places and money of the live bookings, in words."""
    sums = db.session.execute(
        select(
            func.coalesce(func.sum(Booking.seats), 0),
            func.coalesce(func.sum(Booking.total_minor), 0),
            func.coalesce(func.sum(Booking.paid_minor - Booking.refunded_minor), 0),
        ).where(Booking.schedule_id == schedule_id, Booking.status.in_(LIVE_BOOKING))
    ).one()
    if not sums[0]:
        return ""
    total, paid = (format_money(int(each), currency) for each in sums[1:])
    return f"{sums[0]} place{'s' * (sums[0] != 1)}, {total}, of which {paid} is paid"
