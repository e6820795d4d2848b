"""What is said of a refund: the rule of the second person, how it stands, who may approve it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from backoffice.domain.money import format_money
from backoffice.models import Payment, Refund
from backoffice.services import refunds
from backoffice.views.admin import formats
from backoffice.views.admin.history_words import METHODS
from backoffice.views.admin.pieces import record_link
from backoffice.views.requests import current_actor, current_tenant

TO_HAND_OUT = "Approved. The money is paid out by hand first; whoever does it notes the receipt here."
TO_SEND = "Approved. It is not paid back yet."
NOT_PAID_BACK = "It was not paid back. Try again, or start a new refund on the booking to go another way."


def limit_in_words(refund: Refund) -> str:
    """The rule of the second person, as it applies to this refund."""
    tenant = current_tenant()
    if tenant.refund_limit_minor is None:
        return "No limit is set: an administrator approves it, also one's own."
    limit = format_money(tenant.refund_limit_minor, tenant.currency)
    if not refunds.is_large(refund, tenant):
        return f"It is within the limit of {limit}: an administrator approves it, also one's own."
    asker = refund.requested_by or "who asked for it"
    return f"It is above the limit of {limit}: an administrator or a manager other than {asker} approves it."


def may_approve(refund: Refund) -> bool:
    """Whether whoever looks could approve it now: the button is there for them only."""
    actor, large = current_actor(), refunds.is_large(refund, current_tenant())
    if large:
        return actor.may("refund.approve_large") and actor.user_id != refund.requested_by_id
    return actor.may("refund.execute")


def is_on_its_way(refund: Refund) -> bool:
    """Whether the gateway's word is waited for; one that is silent for long is put before people instead."""
    return refund.status == "processing" and refund.route == "gateway" and not refunds.is_silent(refund)


def notices(refund: Refund, next_try: Refund | None = None) -> list[tuple[str, Any]]:
    """(tone, text): what whoever looks must know first. `next_try`: what was made in the place of a failed one."""
    found: list[tuple[str, Any]] = []
    if refund.status == "requested":
        found.append(("info", limit_in_words(refund)))
    if refund.status == "approved":
        found.append(("info", TO_HAND_OUT if refund.route == "hand" else TO_SEND))
    if refund.is_external and refund.acknowledged_at is None:
        found.append(("wait", "It was made at the gateway, not here. Look it up there, then confirm it."))
    if refunds.is_silent(refund):
        found.append(("bad", "The gateway has not said how it ended. Look it up there, then end it here."))
    if refund.status == "failed":
        found.append(("info", _tried_again(next_try)) if next_try else ("bad", NOT_PAID_BACK))
    return found


def _tried_again(made: Refund) -> Markup:
    link = record_link("refunds", made.id, made.reference)
    return Markup("It was not paid back; {} was made in its place.").format(link)


def decided(row: Refund) -> list[tuple[Any, ...]]:
    """The facts of who said yes and when the money left."""
    shown: list[tuple[Any, ...]] = _confirmed(row) if row.is_external else _approved(row)
    shown += [("Paid out", formats.show_value(row.succeeded_at))]
    if row.receipt or not row.gateway_refund_id:
        shown.append(("Receipt", formats.show_value(row.receipt)))
    if row.gateway_refund_id and row.gateway_refund_id != row.receipt:
        shown.append(("Its number at the gateway", row.gateway_refund_id))
    if row.failure_reason:
        shown.append(("Declined or failed because", row.failure_reason, True))
    return shown


def _approved(row: Refund) -> list[tuple[Any, ...]]:
    return [
        ("Approved by", row.approved_by or formats.nothing()),
        ("Approved", formats.show_value(row.approved_at)),
        ("Paid out by", row.executed_by or formats.nothing()),
    ]


def _confirmed(row: Refund) -> list[tuple[Any, ...]]:
    return [
        ("Confirmed by", row.acknowledged_by or formats.nothing()),
        ("Confirmed", formats.show_value(row.acknowledged_at)),
    ]


def how_paid(payment: Payment) -> str:
    """By which method the money came, in words."""
    return METHODS.get(payment.method, payment.method)
