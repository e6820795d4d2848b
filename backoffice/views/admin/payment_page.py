"""The page of one payment: its sums, what to mind, and the payment as its gateway knows it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from backoffice.domain.gateway_terms import GATEWAY_LABELS
from backoffice.models import Payment
from backoffice.services import asking
from backoffice.services.left_over import free_minor
from backoffice.services.settling import OPEN
from backoffice.views.admin import formats
from backoffice.views.admin.gateway_events import state_pill
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pieces import money_cell, record_link

MODE_WORDS = {"live": "live", "test": "test: no money moves"}


def amounts_of(payment: Payment) -> list[tuple[str, Any, str]]:
    """The sums on top. Of money that has not come nothing is left, and nothing was used."""
    amount = money_cell(payment.amount_minor, payment.currency)
    if payment.status in OPEN:
        return [("Asked for", amount, ""), ("Received", money_cell(0, payment.currency), "wait")]
    if payment.status != "succeeded":
        return [("Asked for", amount, ""), ("Received", money_cell(0, payment.currency), "")]
    left = free_minor(payment)
    amounts = [
        ("Amount", amount, ""),
        ("Used for bookings", money_cell(payment.allocated_minor, payment.currency), ""),
    ]
    if payment.refunded_minor:
        amounts.append(("Given back or reserved", money_cell(payment.refunded_minor, payment.currency), ""))
    return [*amounts, ("Left", money_cell(left, payment.currency), "wait" if left else "good")]


def notices_of(payment: Payment) -> list[tuple[str, str]]:
    """What somebody who looks at it must not overlook."""
    notices = []
    account = payment.gateway_account
    if account is not None and account.mode == "test":
        notices.append(("wait", "Test mode: no money moves."))
    if payment.status in OPEN:
        notices.append(
            ("info", "Nothing has been paid yet. The payment appears here when the gateway reports it.")
        )
    return notices


def told_table(payment: Payment) -> RelatedTable:
    """What the gateway told about it, and what came of each message."""
    rows: list[Any] = [
        [
            record_link("gateway_events", event.id, event.kind),
            formats.show_value(event.received_at),
            formats.show_value(event.last_error or event.outcome),
            state_pill(event),
        ]
        for event in asking.told_about(payment.id)
    ]
    header = ["Message", "Came", "What became of it", "State"]
    return RelatedTable("What the gateway told", header, rows, "Nothing yet. The gateway is asked as well.")


def gateway_facts(payment: Payment) -> list[tuple[str, Any]]:
    """The payment as its gateway knows it, with numbers to look it up there."""
    account = payment.gateway_account
    facts: list[tuple[str, Any]] = [
        ("Gateway", f"{GATEWAY_LABELS[account.gateway]}, {MODE_WORDS[account.mode]}"),
    ]
    names = (
        ("Attempt there", _number(payment.gateway_reference)),
        ("Payment there", payment.gateway_payment_id),
        ("Charge there", payment.gateway_charge_id),
    )
    facts += [(label, copyable(value)) for label, value in names if value]
    if payment.fee_minor is not None:
        facts.append(("Its fee", money_cell(payment.fee_minor, payment.currency)))
    if payment.status in OPEN and payment.ends_at:
        facts.append(("Can be paid until", formats.show_value(payment.ends_at)))
    if payment.status in OPEN and payment.next_check_at:
        facts.append(("Asked again", formats.show_value(payment.next_check_at)))
    return facts


def _number(reference: str | None) -> str | None:
    """What the gateway calls the attempt; Flutterwave has no number for it, only the page to pay on."""
    return None if reference and reference.startswith(("http://", "https://")) else reference


def copyable(text: str) -> Markup:
    """A number with a button that copies it."""
    button = '<button class="btn btn-plain btn-sm" type="button" data-copy="{0}" aria-label="Copy {0}" hidden>Copy</button>'
    return Markup('<code class="to-copy">{0}</code> ' + button).format(text)  # noqa: S704, a constant
