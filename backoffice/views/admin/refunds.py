"""Refunds: asked for by the office, approved and paid out by those who may, never quietly."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import abort, jsonify, request
from flask_admin import expose
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import StringField, validators

from backoffice.database import db
from backoffice.domain.money import format_money
from backoffice.domain.statuses import LABELS
from backoffice.models import Booking, Payment, Refund, User
from backoffice.services import giving_back, refunds
from backoffice.services.bookings import finding
from backoffice.views.admin import filters, formats, timeline
from backoffice.views.admin.actions import ScreenAction, screen_action
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.export import ExportColumn, major_units
from backoffice.views.admin.forms import PlainText
from backoffice.views.admin.pieces import money_cell, record_link
from backoffice.views.admin.refund_words import (
    decided,
    how_paid,
    is_on_its_way,
    limit_in_words,
    may_approve,
    notices,
)
from backoffice.views.admin.verbs import ReasonForm, VerbForm, VerbPages
from backoffice.views.arguments import read_id
from backoffice.views.requests import current_actor, current_tenant

NEEDED = validators.InputRequired()
ROUTES = {"gateway": "Through the gateway", "hand": "By hand", "credit": "As credit"}


class ReceiptForm(VerbForm):
    receipt = StringField(
        "Receipt",
        [NEEDED, PlainText(100)],
        description="The proof that the money left: the bank's reference, the terminal's slip. Never a card number.",
    )


class RefundScreen(VerbPages, AdminView):
    singular = "Refund"
    plural = "Refunds"
    form_columns = ()
    can_export = True
    details_template = "admin/refunds/details.html"
    empty_hint = "Refunds are asked for on the page of a booking or a payment."
    empty_action = ("See the bookings", "bookings.index_view")
    column_list = (
        "reference",
        "requested_at",
        "payment.customer",
        "booking",
        "reason",
        "requested_by",
        "amount_minor",
        "status",
    )
    column_labels = {
        "requested_at": "Asked for",
        "payment.customer": "Customer",
        "requested_by": "Asked by",
        "amount_minor": "Amount",
    }
    column_formatters = {
        "booking": lambda view, context, row, name: (
            record_link("bookings", row.booking_id, row.booking) if row.booking else formats.nothing()
        ),
        "amount_minor": formats.money(),
        "status": formats.pill("refund"),
    }
    list_filters = (
        filters.choice("status", "Status", Refund.status, LABELS["refund"].items()),
        filters.choice("route", "Way", Refund.route, ROUTES.items()),
        filters.yes_no("external", "Made elsewhere", Refund.is_external, ("At the gateway", "Here")),
        filters.from_day("from", "From", Refund.requested_at),
        filters.until_day("until", "To", Refund.requested_at),
    )
    list_load = (
        joinedload(Refund.payment).joinedload(Payment.customer),
        joinedload(Refund.booking),
        joinedload(Refund.requested_by),
    )
    details_load = (
        *list_load,
        joinedload(Refund.attendee),
        joinedload(Refund.approved_by),
        joinedload(Refund.executed_by),
        joinedload(Refund.acknowledged_by),
    )
    search_hint = "Customer, refund or booking reference"
    export_columns = (
        ExportColumn("Reference", Refund.reference),
        ExportColumn("Asked for (UTC)", Refund.requested_at),
        ExportColumn("Payment", Payment.reference),
        ExportColumn("Booking", Booking.reference),
        ExportColumn("First name", User.first_name),
        ExportColumn("Last name", User.last_name),
        ExportColumn("Currency", Refund.currency),
        ExportColumn("Amount", Refund.amount_minor, major_units),
        ExportColumn("Status", Refund.status, lambda word: LABELS["refund"][word]),
        ExportColumn("Reason", Refund.reason),
        ExportColumn("Receipt", Refund.receipt),
        ExportColumn("Paid back (UTC)", Refund.succeeded_at),
    )
    export_joins = (Refund.payment, Payment.customer, Refund.booking)

    def search_ids(self, term: str) -> list[UUID]:
        people = finding.find_subjects(term, current_tenant(), "user", 300)["user"]
        of_people = Refund.payment_id.in_(select(Payment.id).where(Payment.customer_id.in_(people)))
        of_booking = Refund.booking_id.in_(select(Booking.id).where(Booking.reference == term.upper()))
        found = select(Refund.id).where((Refund.reference == term.upper()) | of_people | of_booking)
        return list(db.session.scalars(found.order_by(Refund.id.desc()).limit(1000)))

    # --- One refund ---

    def facts_of(self, row: Refund) -> list[tuple[str, Any]]:
        payment = row.payment
        asked = [
            ("Asked for", formats.show_value(row.requested_at)),
            ("Asked by", row.requested_by or formats.nothing()),
            ("Customer", record_link("customers", payment.customer_id, payment.customer)),
            ("From the payment", record_link("payments", payment.id, f"{payment}, {how_paid(payment)}")),
            (
                "Of",
                record_link("bookings", row.booking_id, row.booking) if row.booking else "money left over",
            ),
            ("Place", row.attendee or "the whole booking" if row.booking else formats.nothing()),
            ("Way", ROUTES[row.route]),
            ("Reason", row.reason, True),
        ]
        if row.override_reason:
            asked.append(("More than the rules give, because", row.override_reason, True))
        return [("The refund", asked), ("What was decided", decided(row))]

    def details_context(self, model: Refund) -> dict[str, Any]:
        left = model.payment.refundable_minor
        next_try = giving_back.find_next_try(model.id) if model.status == "failed" else None
        is_back = model.status == "succeeded"
        amount = money_cell(model.amount_minor, model.currency)
        return {
            "pills": [(model.status, "refund")],
            "notices": notices(model, next_try),
            "past_actions": ["try_again"] if next_try else [],
            "amounts": [
                ("Given back", amount, "good") if is_back else ("To give back", amount, "wait"),
                ("Of a payment of", money_cell(model.payment.amount_minor, model.currency), ""),
                ("Of which is left", money_cell(left, model.currency), ""),
            ],
            "timeline": timeline.of_row(model),
            "is_on_its_way": is_on_its_way(model),
        }

    @expose("/progress/")
    def progress(self) -> Any:
        """How it stands, for the page of a refund on its way."""
        refund_id = read_id(request.args.get("id")) or abort(404)
        refund = db.session.get(Refund, refund_id) or abort(404)
        return jsonify(is_on_its_way=is_on_its_way(refund))

    def actions_for(self, row: Refund) -> list[ScreenAction]:
        offered = super().actions_for(row)
        return [verb for verb in offered if verb.name != "approve" or may_approve(row)]

    @screen_action(
        "Approve",
        right="refund.approve_large",
        form=VerbForm,
        applies=lambda refund: refund.status == "requested",
    )
    def approve(self, refund: Refund, form: VerbForm) -> str:
        refunds.approve(seen(refund, form).id, current_actor())
        return f"{refund.reference} is approved: pay it out and note the receipt."

    def ask_approve(self, refund: Refund, form: VerbForm) -> dict[str, Any]:
        amount = format_money(refund.amount_minor, refund.currency)
        says = [f"{amount} to {refund.payment.customer}: {refund.reason}.", limit_in_words(refund)]
        return {"says": [*says, "From now on the amount is reserved on the payment."]}

    @screen_action(
        "Pay back",
        right="refund.execute",
        ask="It goes back through the gateway, or becomes credit, as it was asked for.",
        form=VerbForm,
        applies=lambda refund: refund.status == "approved" and refund.route != "hand",
    )
    def send(self, refund: Refund, form: VerbForm) -> str:
        giving_back.send(seen(refund, form), current_actor(), datetime.now(UTC))
        return f"{refund.reference} is on its way." if refund.status == "processing" else "Kept as credit."

    @screen_action(
        "Confirm",
        right="refund.execute",
        form=VerbForm,
        applies=lambda refund: refund.is_external and refund.acknowledged_at is None,
    )
    def acknowledge(self, refund: Refund, form: VerbForm) -> str:
        refunds.acknowledge(seen(refund, form).id, current_actor())
        return f"{refund.reference} is confirmed."

    def ask_acknowledge(self, refund: Refund, form: VerbForm) -> dict[str, Any]:
        amount = format_money(refund.amount_minor, refund.currency)
        named = f" as {refund.gateway_refund_id}" if refund.gateway_refund_id else ""
        return {
            "says": [
                f"{amount} went back to {refund.payment.customer} at the gateway{named}, not by this program.",
                "You say that it is right; no money moves.",
            ]
        }

    @screen_action(
        "Decline",
        right="refund.execute",
        form=ReasonForm,
        danger=True,
        applies=lambda refund: refund.status == "requested",
    )
    def decline(self, refund: Refund, form: ReasonForm) -> str:
        refunds.decline(seen(refund, form).id, form.reason.data, current_actor())
        return f"{refund.reference} is declined."

    @screen_action(
        "Paid out",
        right="refund.execute",
        form=ReceiptForm,
        applies=lambda refund: (
            (refund.status == "approved" and refund.route != "credit") or refunds.is_silent(refund)
        ),
    )
    def execute(self, refund: Refund, form: ReceiptForm) -> str:
        refunds.execute(seen(refund, form).id, form.receipt.data, current_actor())
        return f"{refund.reference} is paid out."

    def ask_execute(self, refund: Refund, form: ReceiptForm) -> dict[str, Any]:
        amount = format_money(refund.amount_minor, refund.currency)
        how = how_paid(refund.payment)
        if refunds.is_silent(refund):
            return {
                "says": [f"You found at the gateway that {amount} was paid back: note its receipt there."]
            }
        return {
            "says": [f"Pay {amount} back to {refund.payment.customer} ({how}) first, then note the receipt."]
        }

    @screen_action(
        "Try again",
        right="refund.execute",
        ask="A new refund is made with the same amount, reason and way; this one stays as it is.",
        form=VerbForm,
        applies=lambda refund: refund.status == "failed",
    )
    def try_again(self, refund: Refund, form: VerbForm) -> str:
        made = giving_back.try_again(seen(refund, form).id, current_actor(), datetime.now(UTC))
        return f"{made.reference} was made in its place: {LABELS['refund'][made.status].lower()}."

    @screen_action(
        "It did not arrive",
        right="refund.execute",
        ask="The money came back from the bank. The payment has it again; ask for a new refund to try once more.",
        form=ReasonForm,
        danger=True,
        applies=lambda refund: (
            (refund.route == "hand" and refund.status in ("processing", "succeeded"))
            or refunds.is_silent(refund)
        ),
    )
    def fail(self, refund: Refund, form: ReasonForm) -> str:
        refunds.fail(seen(refund, form).id, form.reason.data, current_actor())
        return f"{refund.reference} is marked as failed."


def seen(refund: Refund, form: VerbForm) -> Refund:
    """The refund, if it is the one that the page showed. Raises Changed."""
    form.check_version(refund)
    return refund
