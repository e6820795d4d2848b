"""What a booking costs, line by line, and what was paid for it, with what is due after each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from backoffice.domain.money import format_money
from backoffice.models import Allocation, Attendee, Booking, Refund
from backoffice.services.mail_facts import vat_included
from backoffice.views.admin import formats
from backoffice.views.admin.history_words import METHODS
from backoffice.views.admin.pieces import money_cell, pill_cell, record_link, two_lines


@dataclass(frozen=True)
class PriceLine:
    """One line of the sum; the strong ones are the results."""

    label: str
    amount: str
    is_strong: bool = False


def price_lines(booking: Booking) -> list[PriceLine]:
    """The live places at their prices, less discounts, plus adjustments: the lines add up to the total."""
    live = booking.active_attendees

    def money(minor: int) -> str:
        return format_money(minor, booking.currency).replace("-", "−")

    lines = [
        PriceLine(_places(count, price, money), money(count * price)) for price, count in _by_price(live)
    ]
    discount = sum(place.discount_minor for place in live)
    if discount:
        lines.append(PriceLine(_why(booking), money(-discount)))
    adjustment = sum(place.adjustment_minor for place in live)
    if adjustment:
        lines.append(
            PriceLine(f"Old price kept: {booking.adjustment_reason or 'adjustment'}", money(adjustment))
        )
    lines.append(PriceLine("Total", money(booking.total_minor), True))
    vat = vat_included(live)
    return [*lines, PriceLine("VAT included", money(vat))] if vat else lines


def _by_price(live: Iterable[Attendee]) -> list[tuple[int, int]]:
    prices = sorted(place.price_minor for place in live)
    return [(price, len(list(same))) for price, same in groupby(prices)]


def _places(count: int, price: int, money: Any) -> str:
    return "1 place" if count == 1 else f"{count} places at {money(price)}"


def _why(booking: Booking) -> str:
    if booking.discount_code:
        return f"Discount code {booking.discount_code.code}"
    return f"Discount: {booking.discount_rule.title}" if booking.discount_rule else "Discount"


@dataclass(frozen=True)
class _Move:
    """Money that came or went; `counts` is what it takes off the due (minor units)."""

    at: datetime
    what: Any
    note: str
    amount_minor: int
    counts: int
    pill: tuple[str, str]


LEDGER_HEADER = (
    "When",
    "What",
    "Receipt or reason",
    "Status",
    ("Amount", "num"),
    ("Then due", "num"),
)


def ledger_rows(booking: Booking) -> list[list[Any]]:
    """Payments and refunds in their order, each with what was still due after it."""
    due = booking.total_minor if booking.is_live else 0
    rows = []
    for move in sorted(_moves(booking), key=lambda each: each.at):
        due -= move.counts
        rows.append(
            [
                formats.show_value(move.at),
                move.what,
                move.note or formats.nothing(),
                pill_cell(*move.pill),
                money_cell(move.amount_minor, booking.currency),
                money_cell(due, booking.currency),
            ]
        )
    return rows


def _moves(booking: Booking) -> list[_Move]:
    return [_came(each) for each in booking.allocations] + [_went(each) for each in booking.refunds]


def _came(part: Allocation) -> _Move:
    payment = part.payment
    said = METHODS.get(payment.method, payment.method)
    return _Move(
        at=payment.paid_at or payment.created_at,
        what=two_lines(record_link("payments", payment.id, payment.reference), said),
        note=payment.payer_reference or "",
        amount_minor=part.amount_minor,
        counts=part.amount_minor if payment.status == "succeeded" else 0,
        pill=(payment.status, "payment"),
    )


def _went(refund: Refund) -> _Move:
    return _Move(
        at=refund.succeeded_at or refund.requested_at,
        what=two_lines(record_link("refunds", refund.id, refund.reference), _kind_of(refund)),
        note=refund.receipt or refund.reason,
        amount_minor=-refund.amount_minor,
        counts=-refund.amount_minor if refund.status == "succeeded" else 0,
        pill=(refund.status, "refund"),
    )


def _kind_of(refund: Refund) -> str:
    if not refund.is_external:
        return "refund as credit" if refund.route == "credit" else "refund"
    return "refund made elsewhere" + ("" if refund.acknowledged_at else ": to be confirmed")


WAITING = {
    "requested": "waits for approval",
    "approved": "is approved and waits to be paid out",
    "processing": "is on its way",
}


def waiting_refunds(booking: Booking) -> int:
    """The sum of its refunds that are asked for but not paid out (minor units)."""
    return sum(refund.amount_minor for refund in booking.refunds if refund.status in WAITING)


def waiting_words(booking: Booking) -> list[str]:
    """What each refund that is not paid out yet waits for, summed up by that."""
    sums = dict.fromkeys(WAITING, 0)
    for refund in booking.refunds:
        if refund.status in sums:
            sums[refund.status] += refund.amount_minor
    return [
        f"A refund of {format_money(minor, booking.currency)} {WAITING[status]}: see below."
        for status, minor in sums.items()
        if minor
    ]
