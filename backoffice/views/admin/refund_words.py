"""What is said of a refund: the rule of the second person, how it stands, who may approve it."""

from __future__ import annotations

from backoffice.domain.money import format_money
from backoffice.models import Payment, Refund
from backoffice.services import refunds
from backoffice.views.admin.history_words import METHODS
from backoffice.views.requests import current_actor, current_tenant


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


def notices(refund: Refund) -> list[tuple[str, str]]:
    """(tone, text): what whoever looks must know first."""
    found = []
    if refund.status == "requested":
        found.append(("info", limit_in_words(refund)))
    if refund.is_external and refund.acknowledged_at is None:
        found.append(("wait", "It was made at the gateway, not here. Look it up there, then confirm it."))
    if refunds.is_silent(refund):
        found.append(("bad", "The gateway has not said how it ended. Look it up there, then end it here."))
    if refund.status == "failed":
        found.append(
            (
                "bad",
                "It was not paid back. Try again, or start a new refund on the booking to go another way.",
            )
        )
    return found


def how_paid(payment: Payment) -> str:
    """By which method the money came, in words."""
    return METHODS.get(payment.method, payment.method)
