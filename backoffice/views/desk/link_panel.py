"""A payment link as a piece of page: its address, its QR code, how it stands, what can be done with it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

import segno
from flask import render_template
from markupsafe import Markup

from backoffice.domain.gateway_terms import GATEWAY_LABELS
from backoffice.domain.money import format_money
from backoffice.domain.text import say_phone
from backoffice.domain.times import say_instant
from backoffice.models import PaymentLink
from backoffice.services import gateway_accounts, pay_facts, payment_links
from backoffice.services.pay_facts import Asked
from backoffice.views.desk.standing import standing_of

# state -> (what the clerk reads, tone)
WORDS = {
    "due": ("Not paid yet", "wait"),
    "waiting": ("Being paid at this moment", "info"),
    "paid": ("Paid", "good"),
    "deposit_paid": ("Deposit paid", "good"),
    "cancelled": ("Cancelled", "quiet"),
    "expired": ("The hold ended and the places are gone", "bad"),
    "ended": ("This link was ended", "quiet"),
}
LASTING = ("paid", "deposit_paid", "cancelled", "expired", "ended")


def panel(link: PaymentLink) -> Markup:
    """The piece of page, for the result of a booking and for the page of a link."""
    asked = pay_facts.of_link(link, datetime.now(UTC))
    url = payment_links.url_of(link)
    accounts = payment_links.accounts_for(asked.currency)
    contact = asked.bookings[0]
    piece = render_template(
        "desk/link_panel.html",
        link_id=link.id,
        url=url,
        qr=_qr(url),
        state=state_of(link, asked),
        asked=asked,
        amount=format_money(asked.asked_minor, asked.currency),
        email=contact.contact_email,
        has_mpesa=any(account.gateway == "mpesa" for account in accounts),
        phone=_kenyan(contact.contact_phone),
        is_simulated=any(gateway_accounts.is_simulated(account) for account in accounts),
        once=secrets.token_hex(8),
    )
    return Markup(piece)  # noqa: S704 - a template of ours, escaped there


def _kenyan(phone: str | None) -> str:
    """The contact's number where a prompt can go to it."""
    return say_phone(phone, "KE") if phone and phone.startswith("+254") else ""


def _qr(url: str) -> Markup:
    """Without an inline style, which our policy does not let through."""
    code = segno.make(url, error="m", micro=False)
    return Markup(code.svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704


def state_of(link: PaymentLink, asked: Asked | None = None) -> dict[str, Any]:
    """Word and tone of how a link stands; `is_done` when waiting makes no sense any more."""
    asked = asked or pay_facts.of_link(link, datetime.now(UTC))
    words, tone = WORDS[asked.state]
    return {
        "state": asked.state,
        "words": words,
        "tone": tone,
        "detail": _detail(asked),
        "is_done": asked.state in LASTING,
        "booking": _booking(asked),
    }


def _booking(asked: Asked) -> dict[str, Any] | None:
    """How the one booking stands, for the result above the panel; a group has several."""
    if len(asked.bookings) != 1:
        return None
    return standing_of(asked.bookings[0], asked.bookings[0].schedule.time_zone)


def _detail(asked: Asked) -> str:
    attempt = asked.attempt
    if attempt is None:
        return ""
    how = GATEWAY_LABELS.get(attempt.method, attempt.method)
    if attempt.status in ("failed", "cancelled") and asked.is_payable:
        reason = f": {attempt.failure_reason}" if attempt.failure_reason else ""
        return f"The last try with {how} did not go through{reason}."
    if attempt.status == "succeeded" and attempt.paid_at:
        zone = asked.bookings[0].schedule.time_zone
        paid = format_money(attempt.amount_minor, attempt.currency)
        return f"{paid} with {how}, {say_instant(attempt.paid_at, zone)}."
    return f"Begun with {how}." if asked.is_payable else ""
