"""Booking groups: several bookings, one payment."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from backoffice.database import db
from backoffice.models import Booking, BookingGroup, Payment, Schedule
from backoffice.views.admin import formats, timeline
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.choosing import find_groups
from backoffice.views.admin.customers import booking_rows
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.payments import METHOD_WORDS
from backoffice.views.admin.pieces import money_cell, pill_cell, record_link


class BookingGroupScreen(AdminView):
    singular = "Booking group"
    plural = "Booking groups"
    subject = "group"
    form_columns = ()
    details_template = "admin/payments/details.html"
    empty_hint = "Tick bookings in their list and join them: one payment then pays all."
    empty_action = ("See the bookings", "bookings.index_view")
    column_list = ("reference", "title", "company", "customer", "purchase_order", "created_at")
    column_labels = {"created_at": "Made"}
    list_load = (joinedload(BookingGroup.company), joinedload(BookingGroup.customer))
    details_load = (
        *list_load,
        selectinload(BookingGroup.bookings).options(
            joinedload(Booking.schedule).options(joinedload(Schedule.course), joinedload(Schedule.venue)),
            joinedload(Booking.customer),
        ),
    )
    search_hint = "Name or reference"

    def search_ids(self, term: str) -> list[UUID]:
        return [group.id for group in find_groups(term, 500)]

    def title_of(self, row: BookingGroup) -> str:
        return f"{row.reference}, {row.title}"

    def facts_of(self, row: BookingGroup) -> list[tuple[str, Any]]:
        company = record_link("companies", row.company_id, row.company) if row.company else formats.nothing()
        return [
            (
                "The group",
                [
                    ("Name", row.title),
                    ("Company", company),
                    ("Customer", record_link("customers", row.customer_id, row.customer)),
                    ("Purchase order", formats.show_value(row.purchase_order)),
                ],
            )
        ]

    def details_context(self, model: BookingGroup) -> dict[str, Any]:
        currency = model.bookings[0].currency if model.bookings else formats.page_currency()
        total = sum(booking.total_minor for booking in model.bookings if booking.is_live)
        due = sum(booking.due_minor for booking in model.bookings)
        amounts = [("Total", money_cell(total, currency), "")]
        amounts.append(("Due", money_cell(due, currency), "wait" if due else "good"))
        take = url_for("payments.create_view", group=model.id)
        by_link = url_for("desk.link_page", group=model.id)
        header = ["Booking", "Course", "Date", "Status", "Payment", ("Total", "num"), ("Due", "num")]
        rows = booking_rows(sorted(model.bookings, key=lambda booking: booking.starts_at))
        return {
            "amounts": amounts,
            "links": [
                ("One payment link for all", by_link, "desk.link_page"),
                ("Take one payment for all", take, "payments.create_view"),
            ]
            if due > 0
            else [],
            "tables": [RelatedTable("Bookings", header, rows, "No bookings."), _payments(model)],
            "timeline": timeline.of_row(model),
        }


def _payments(group: BookingGroup) -> RelatedTable:
    found = db.session.scalars(
        select(Payment)
        .where(Payment.booking_group_id == group.id)
        .order_by(func.coalesce(Payment.paid_at, Payment.created_at))
    )
    rows: list[Any] = [
        [
            record_link("payments", payment.id, payment),
            formats.show_value(payment.paid_at),
            METHOD_WORDS.get(payment.method, payment.method),
            pill_cell(payment.status, "payment"),
            money_cell(payment.amount_minor, payment.currency),
        ]
        for payment in found
    ]
    header = ["Payment", "When", "How", "Status", ("Amount", "num")]
    return RelatedTable("Payments for the group", header, rows, "None yet.")
