"""The tables that the pages of money show."""

from __future__ import annotations

from typing import Any

from backoffice.models import Payment, PaymentEvent
from backoffice.views.admin import formats, timeline
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pieces import money_cell, pill_cell, record_link


def paid_table(payment: Payment) -> RelatedTable:
    """The bookings that a payment was used for."""
    rows: list[Any] = [
        [
            record_link("bookings", part.booking_id, part.booking),
            part.booking.contact_name or formats.nothing(),
            pill_cell(part.booking.status, "booking"),
            money_cell(part.amount_minor, payment.currency),
        ]
        for part in payment.allocations
    ]
    header = ["Booking", "Contact", "Status", ("Amount", "num")]
    title = "What it paid" if payment.status == "succeeded" else "What it is for"
    return RelatedTable(title, header, rows, "It has not been used for a booking yet.")


def refund_table(found: Any) -> RelatedTable:
    """Refunds as every page of money shows them."""
    rows: list[Any] = [
        [
            record_link("refunds", refund.id, f"{refund}, made elsewhere" if refund.is_external else refund),
            formats.show_value(refund.requested_at),
            record_link("bookings", refund.booking_id, refund.booking)
            if refund.booking
            else "money left over",
            pill_cell(refund.status, "refund"),
            money_cell(refund.amount_minor, refund.currency),
        ]
        for refund in found
    ]
    header = ["Refund", "Asked for", "Of", "Status", ("Amount", "num")]
    return RelatedTable("Refunds", header, rows, "Nothing was given back.")


EVENT_WORDS = {
    "taken": "Taken",
    "started": "Asked for",
    "pending": "Waiting for the payer",
    "processing": "On its way",
    "succeeded": "Received",
    "failed": "Failed",
    "cancelled": "Closed, nothing paid",
    "mismatch": "Other money than was asked for",
    "imported": "Imported",
    "allocated": "Used for a booking",
    "released": "Released from a booking",
    "refund_requested": "Refund asked for",
    "refund_approved": "Refund approved",
    "refund_declined": "Refund declined",
    "refund_processing": "Refund under way",
    "refund_succeeded": "Paid back",
    "refund_failed": "Refund did not arrive",
}


def event_table(payment: Payment) -> RelatedTable:
    """The lines of a payment's history."""
    rows: list[Any] = [_event_row(event, payment.currency) for event in payment.events]
    header = ["Event", "When", "Who", "About", ("Amount", "num")]
    return RelatedTable("Ledger", header, rows, "No events.")


def _event_row(event: PaymentEvent, currency: str) -> list[Any]:
    amount = event.amount_minor
    return [
        EVENT_WORDS.get(event.kind, event.kind.replace("_", " ").capitalize()),
        formats.show_value(event.happened_at),
        timeline.who(event),
        str(event.data.get("booking") or event.data.get("reason") or event.data.get("fault") or "")
        or formats.nothing(),
        money_cell(amount, currency) if amount is not None else formats.nothing(),
    ]
