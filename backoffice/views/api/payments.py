"""Asking for money through M-Pesa or Flutterwave, and how a payment stands.

Whoever asks is staff who may take money, the customer whose booking it is, or has the token of its payment link.
A token speaks for itself and needs no session; a session needs the form token of its own site as well.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, jsonify, request
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.money import parse_money
from backoffice.domain.phones_ke import to_msisdn
from backoffice.domain.text import clean_email, clean_line
from backoffice.models import Allocation, Booking, Payment
from backoffice.services import pay_facts, payment_links, rate_limits
from backoffice.services.collecting import Wish
from backoffice.services.payment_links import Subject
from backoffice.views import collecting_edge
from backoffice.views.requests import current_actor, signed_in
from backoffice.views.security import csrf, refuse_broken_json, require_own_form
from backoffice.work import commit_once

blueprint = Blueprint("payments_api", __name__)
# Whether it is a form of ours is asked here, of those who come with a session.
csrf.exempt(blueprint)

NOBODY = "This booking does not exist, or it is not yours."


@dataclass(frozen=True)
class Caller:
    """Who asks: the bookings of a link, or a person who is signed in."""

    actor: Actor
    link_bookings: frozenset[UUID] | None = None
    asked_minor: int | None = None  # a deposit, when the link is for one booking

    def may_pay(self, booking: Booking) -> bool:
        if self.link_bookings is not None:
            return booking.id in self.link_bookings
        is_own = self.actor.user_id is not None and booking.customer_id == self.actor.user_id
        return is_own or (self.actor.kind == "user" and self.actor.may("payment.take"))


@blueprint.post("/api/payments/mpesa/initiate")
def mpesa() -> Any:
    """A prompt on a Kenyan telephone: {booking_id, phone, amount?, token?, idempotency_key?}."""
    data = _body()
    return _initiate(data, "mpesa", Wish("mpesa", (_booking_id(data),), payer_phone=_phone(data)))


@blueprint.post("/api/payments/flutterwave/initiate")
def flutterwave() -> Any:
    """A page to pay on: {booking_id, email, amount?, token?, idempotency_key?}."""
    data = _body()
    email = clean_email(data.get("email"), required=True)
    return _initiate(data, "flutterwave", Wish("flutterwave", (_booking_id(data),), payer_email=email))


@blueprint.get("/api/payments/status")
def status() -> Any:
    """How the payment with this reference stands, as far as we know; asking changes nothing."""
    reference = clean_line(request.args.get("ref"), field="ref", maximum=40, required=True)
    caller = _caller(request.args.get("token"))
    payment = db.session.scalar(select(Payment).where(Payment.reference == reference))
    if payment is None or not _is_theirs(payment, caller):
        raise NotFound("There is no payment with this reference, or it is not yours.")
    return jsonify(payment=shown(payment))


def _initiate(data: dict[str, Any], gateway: str, wish: Wish) -> Any:
    """Ask for the whole of what is due, once. Raises Invalid, NotFound, Refused, TooMany."""
    caller = _caller(data.get("token"))
    booking = db.session.get(Booking, wish.bookings[0])
    if booking is None or not caller.may_pay(booking):
        raise NotFound(NOBODY)
    due = _due(booking, caller)
    _check_amount(data.get("amount"), due, booking.currency)
    rate_limits.take(rate_limits.payment_limits(booking.id, request.remote_addr, wish.payer_phone))
    subject, key = Subject(booking.id), _key(data, gateway)
    url = commit_once(lambda: payment_links.url_of(payment_links.make(subject, caller.actor)))
    wish = replace(wish, amount_minor=due, success_url=f"{url}/back", cancel_url=url, key=key)
    begun = collecting_edge.refuse_failed(collecting_edge.start(wish, caller.actor))
    payment = db.session.get_one(Payment, begun.payment_id)
    return jsonify(payment=shown(payment), checkout_url=begun.url), 202


def shown(payment: Payment) -> dict[str, Any]:
    """A payment as a program reads it; the amount in major units, as it is written."""
    return {
        "reference": payment.reference,
        "status": payment.status,
        "method": payment.method,
        "amount": f"{payment.amount_minor // 100}.{payment.amount_minor % 100:02d}",
        "currency": payment.currency,
        "paid_at": payment.paid_at.isoformat() if payment.paid_at else None,
    }


# --- What was sent ---


def _body() -> dict[str, Any]:
    """What was sent; whose form it is is asked of a session first, before a word of it is answered."""
    if request.is_json:
        refuse_broken_json()
    data = request.get_json(silent=True)
    has_token = isinstance(data, dict) and data.get("token")
    if signed_in() and not has_token:
        require_own_form()
    if not isinstance(data, dict):
        raise Invalid("body", "Send a JSON object.")
    return data


def _booking_id(data: dict[str, Any]) -> UUID:
    try:
        return UUID(clean_line(data.get("booking_id"), field="booking_id", maximum=40, required=True))
    except ValueError:
        raise NotFound(NOBODY) from None


def _phone(data: dict[str, Any]) -> str:
    return f"+{to_msisdn(data.get('phone'))}"


def _key(data: dict[str, Any], gateway: str) -> str | None:
    """The caller's key, bound to its booking: one that was heard of elsewhere leads to nothing."""
    typed = clean_line(data.get("idempotency_key"), field="idempotency_key", maximum=80)
    about = f"api/{data['booking_id']}/{gateway}/{typed}"
    return hashlib.sha256(about.encode()).hexdigest() if typed else None


def _check_amount(amount: object, due_minor: int, currency: str) -> None:
    """What the caller believes to be due, in major units. Raises Invalid when it is not."""
    if amount is None:
        return
    is_number = isinstance(amount, int | float) and not isinstance(amount, bool)
    typed = str(amount) if is_number or isinstance(amount, str) else ""
    if parse_money(typed, currency) != due_minor:
        raise Invalid("amount", "This is not what is due for the booking.", field="amount")


# --- Who asks ---


def _caller(token: object) -> Caller:
    """Raises NotFound for a token that is none; 401 for nobody at all."""
    if token:
        return _bearer(token)
    if signed_in() is None:
        abort(401)
    return Caller(current_actor())


def _bearer(token: object) -> Caller:
    link = payment_links.find(token) if isinstance(token, str) else None
    if link is None or link.ended_at is not None:
        rate_limits.take(rate_limits.look_limits("guess", request.remote_addr))
        raise NotFound(NOBODY)
    every = payment_links.bookings_of(link)
    asked = pay_facts.of_link(link, datetime.now(UTC)).asked_minor if link.booking_id else None
    visitor = Actor("customer", name="Visitor", address=request.remote_addr)
    return Caller(visitor, frozenset(booking.id for booking in every), asked)


def _due(booking: Booking, caller: Caller) -> int:
    due = booking.payable_minor if caller.asked_minor is None else caller.asked_minor
    if due <= 0:
        raise Refused("nothing_due", "Nothing is due any more: this booking is paid or was cancelled.")
    return due


def _is_theirs(payment: Payment, caller: Caller) -> bool:
    if caller.actor.kind == "user" and caller.actor.may("payment.take"):
        return True
    paid_for = db.session.scalars(
        select(Booking)
        .join(Allocation, Allocation.booking_id == Booking.id)
        .where(Allocation.payment_id == payment.id)
    )
    return any(caller.may_pay(booking) for booking in paid_for)
