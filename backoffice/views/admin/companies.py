"""Companies that book for their people."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import fields

from backoffice.database import db
from backoffice.domain.times import say_date, to_local
from backoffice.models import Booking, Company, Schedule
from backoffice.views.admin import filters, timeline
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.catalogue import Groups, filled_in, phone
from backoffice.views.admin.fields import block, email_address, line, phone_number, whole
from backoffice.views.admin.forms import ScreenForm
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pieces import money_cell, pill_cell, record_link

BOOKINGS_MAXIMUM = 50
SEARCH_MAXIMUM = 1000


class CompanyForm(ScreenForm):
    name = line("Name", 200, required=True)
    billing_email = fields.StringField("Invoices to", [email_address], description="An e-mail address.")
    phone = fields.StringField("Phone", [phone_number])
    address = block("Address", 500)
    has_terms = fields.BooleanField("Pays on account", description="May book now and pay by invoice.")
    payment_days = whole("Days to pay", 0, 365, required=True, default=30)
    needs_purchase_order = fields.BooleanField(
        "Purchase order", description="Every booking on account needs a purchase order number."
    )


class CompanyScreen(AdminView):
    singular = "Company"
    plural = "Companies"
    subject = "company"
    form = CompanyForm
    can_create = can_edit = True
    form_columns = ()
    empty_hint = "Companies appear with their first booking; add one here to allow it to pay on account."
    form_groups = (
        ("The company", ("name", "billing_email", "phone", "address")),
        ("How it pays", ("has_terms", "payment_days", "needs_purchase_order")),
    )
    form_widget_args = {"name": {"autofocus": True}}
    column_list = ("name", "billing_email", "phone", "has_terms", "needs_purchase_order")
    column_labels = {
        "billing_email": "Invoices to",
        "has_terms": "Pays on account",
        "needs_purchase_order": "Purchase order",
        "payment_days": "Days to pay",
    }
    column_formatters = {
        "phone": phone,
        "has_terms": lambda view, context, model, name: (
            f"Yes, {model.payment_days} days" if model.has_terms else "No"
        ),
    }
    column_details_list = ("billing_email", "phone", "address", "has_terms", "needs_purchase_order")
    list_sorts = {"name": Company.name}
    list_order = ("name", False)
    list_filters = (filters.yes_no("terms", "Pays on account", Company.has_terms),)
    search_hint = "Name or e-mail"

    def search_ids(self, term: str) -> list[UUID]:
        matches = Company.name.icontains(term, autoescape=True) | Company.billing_email.icontains(
            term, autoescape=True
        )
        return list(db.session.scalars(select(Company.id).where(matches).limit(SEARCH_MAXIMUM)))

    def facts_of(self, row: Company) -> Groups:
        return filled_in(super().facts_of(row))

    def details_context(self, model: Company) -> dict[str, Any]:
        return {"tables": [bookings_of(model)], "timeline": timeline.of_row(model)}


def bookings_of(company: Company) -> RelatedTable:
    """The latest bookings of a company."""
    found = db.session.scalars(
        select(Booking)
        .options(joinedload(Booking.schedule).joinedload(Schedule.course))
        .where(Booking.company_id == company.id)
        .order_by(Booking.booked_at.desc(), Booking.id.desc())
        .limit(BOOKINGS_MAXIMUM)
    )
    header = ["Reference", "Course", ("Places", "num"), ("Total", "num"), "Payment", "Status"]
    rows: list[Any] = [_row(each) for each in found]
    return RelatedTable("Bookings", header, rows, "No bookings yet.")


def _row(booking: Booking) -> list[Any]:
    return [
        record_link("bookings", booking.id, booking),
        _course(booking),
        booking.seats,
        money_cell(booking.total_minor, booking.currency),
        pill_cell(booking.payment_status, "payment_status"),
        pill_cell(booking.status, "booking"),
    ]


def _course(booking: Booking) -> Markup:
    """The course, and below it when it is and who booked."""
    schedule = booking.schedule
    day = say_date(to_local(schedule.starts_at, schedule.time_zone).date())
    course = record_link("schedules", schedule.id, schedule.course)
    return course + Markup("<br>{}").format(", ".join(filter(None, (day, booking.contact_name))))
