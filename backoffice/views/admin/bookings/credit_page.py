"""A customer's credit on the pages of bookings and customers."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, StringField, validators

from backoffice.domain.money import format_money
from backoffice.models import Booking, CreditEntry, User
from backoffice.services import credit
from backoffice.views.admin import formats
from backoffice.views.admin.bookings.forms import MoneyForm
from backoffice.views.admin.forms import MoneyField, PlainText
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pieces import money_cell, record_link
from backoffice.views.admin.verbs import VerbForm
from backoffice.views.requests import current_tenant

KINDS = {
    "from_refund": "Kept instead of a refund",
    "used": "Used for a booking",
    "adjusted": "Corrected",
    "expired": "Lapsed",
}


class AdjustForm(VerbForm):
    """A correction by hand."""

    direction = RadioField(
        "What to do", choices=[("give", "Give credit"), ("take", "Take credit away")], default="give"
    )
    amount = MoneyField("Amount", [validators.InputRequired()])
    reason = StringField("Reason", [validators.InputRequired(), PlainText(500)])

    @property
    def signed_minor(self) -> int:
        """The amount (minor units), below zero to take away."""
        minor = self.amount.data or 0
        return -minor if self.direction.data == "take" else minor


class CreditForm(MoneyForm):
    amount = MoneyField("Amount", [validators.InputRequired()])


def usable_minor(booking: Booking) -> int:
    """What of the customer's credit this booking could use (minor units)."""
    return min(booking.payable_minor, booking.credit.balance_minor if booking.credit else 0)


def ask(booking: Booking, form: CreditForm) -> dict[str, Any]:
    """The page of the verb."""
    has = credit.balance_minor(booking.customer_id, booking.currency)
    if form.is_first_sight or form.was_changed:
        form.seen_due.data = str(booking.due_minor)
    form.offer(amount=usable_minor(booking) or None)
    due, left = (format_money(minor, booking.currency) for minor in (booking.payable_minor, has))
    return {"says": [f"{due} is due. {booking.customer} has {left} of credit."]}


def ask_adjust(user: User, form: AdjustForm) -> dict[str, Any]:
    """The page of the correction."""
    currency = current_tenant().currency
    has = format_money(credit.balance_minor(user.id, currency), currency)
    return {
        "says": [f"{user.name} has {has} of credit. No money moves; the correction stays in the history."]
    }


def table(user: User) -> RelatedTable:
    """The lines of a customer's credit, the newest first."""
    header = ["When", "What", "Booking", "Reason", ("Amount", "num")]
    rows = [_row(entry) for entry in credit.list_entries(user.id)]
    return RelatedTable("Credit", header, rows, "No credit.")


def _row(entry: CreditEntry) -> list[Any]:
    booking = entry.booking
    return [
        formats.show_value(entry.happened_at),
        KINDS[entry.kind],
        record_link("bookings", booking.id, booking) if booking else formats.nothing(),
        entry.reason or formats.nothing(),
        money_cell(entry.amount_minor, entry.currency),
    ]
