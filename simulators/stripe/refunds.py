"""Refunds: never above the charge, told by three events, and to some cards late or in vain."""

from __future__ import annotations

from simulators.courier import AT_ONCE, Telling
from simulators.store import Document, now
from simulators.stripe import forms, lists, objects
from simulators.stripe.calls import Call
from simulators.stripe.cards import CARDS
from simulators.stripe.errors import StripeError, invalid
from simulators.stripe.events import emit
from simulators.world import World, new_id, say_money

KNOWN = "amount charge instructions_email metadata payment_intent reason"
REASONS = ("duplicate", "fraudulent", "requested_by_customer")
LATE_SECONDS = 3.0


def create(call: Call) -> Document:
    """Raises StripeError for what Stripe would refuse."""
    forms.only(call.params, KNOWN)
    reason = call.params.get("reason")
    if reason is not None and reason not in REASONS:
        raise invalid(f"Invalid reason: must be one of {', '.join(REASONS)}", "reason")
    charge = _charge(call)
    amount = _amount(call, charge)
    refund = make(charge, amount, forms.metadata(call.params), reason)
    return book(call.world, call.account, charge, refund)


def _charge(call: Call) -> Document:
    """The successful charge that is meant."""
    if ("charge" in call.params) == ("payment_intent" in call.params):
        raise invalid("One of the following params should be provided: `payment_intent` or `charge`.")
    if "charge" in call.params:
        charge = call.get("charge", "charge", call.params["charge"], "charge", 400)
    else:
        intent = call.get(
            "payment_intent", "payment_intent", call.params["payment_intent"], "payment_intent", 400
        )
        charge = call.store.find("charge", intent["latest_charge"] or "", call.account) or {"paid": False}
    if not charge["paid"]:
        raise StripeError(
            "This PaymentIntent does not have a successful charge to refund.",
            code="charge_not_refundable" if "charge" in call.params else None,
            is_kept=True,
        )
    if charge["disputed"]:
        raise StripeError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
            is_kept=True,
        )
    return charge


def _amount(call: Call, charge: Document) -> int:
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise StripeError(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded", is_kept=True
        )
    amount = forms.integer(call.params.get("amount", left), "amount")
    if amount < 1:
        raise StripeError("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        raise StripeError(
            f"Refund amount ({say_money(amount, charge['currency'])}) is greater than unrefunded amount on "
            f"charge ({say_money(left, charge['currency'])})",
            param="amount",
            is_kept=True,
        )
    return amount


def make(charge: Document, amount: int, metadata: dict[str, str], reason: str | None) -> Document:
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now(),
        "currency": charge["currency"],
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "status": "succeeded",
    }


def book(
    world: World, account: str, charge: Document, refund: Document, telling: Telling = AT_ONCE
) -> Document:
    """Take it off the charge and tell."""
    ending = CARDS[charge["_number"]].refunds if charge["_number"] in CARDS else "succeeded"
    if ending == "pending":
        refund |= {"status": "pending", "pending_reason": "processing"}
    money = objects.balance_transaction(refund, "refund", -refund["amount"])
    world.store.add("balance_transaction", account, money)
    refund["balance_transaction"] = money["id"]
    due = None if ending == "succeeded" else now() + LATE_SECONDS
    world.store.add("refund", account, refund, about=charge["payment_intent"], due=due)
    _count(world, account, charge, refund["amount"])
    emit(world, account, "refund.created", refund, telling)
    emit(world, account, "charge.refunded", charge, telling)
    return refund


def _count(world: World, account: str, charge: Document, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    world.store.save("charge", account, charge)


def finish(world: World, account: str, refund: Document, status: str, telling: Telling = AT_ONCE) -> Document:
    """A refund that took its time succeeds, or the payer's bank sends it back."""
    before = {"status": refund["status"]}
    refund |= {"status": status, "pending_reason": None}
    world.store.set_due("refund", refund["id"], None)
    if status == "failed":
        charge = world.store.find("charge", refund["charge"], account)
        money = objects.balance_transaction(refund, "refund_failure", refund["amount"])
        world.store.add("balance_transaction", account, money)
        refund |= {"failure_reason": "lost_or_stolen_card", "failure_balance_transaction": money["id"]}
        if charge is not None:
            _count(world, account, charge, -refund["amount"])
    world.store.save("refund", account, refund)
    emit(world, account, "refund.updated", refund, telling, before)
    if status == "failed":
        emit(world, account, "refund.failed", refund, telling)
    return refund


def hear_from_bank(world: World, account: str, refund: Document) -> None:
    finish(world, account, refund, "succeeded" if refund["status"] == "pending" else "failed")


def retrieve(call: Call, id_: str) -> Document:
    return call.get("refund", "refund", id_)


def update(call: Call, id_: str) -> Document:
    refund = retrieve(call, id_)
    refund["metadata"] |= forms.metadata(call.params)
    return call.store.save("refund", call.account, refund)


def list_(call: Call) -> Document:
    forms.only(call.params, f"{lists.CURSORS} charge created payment_intent")
    rows = call.store.every("refund", call.account, call.params.get("payment_intent"))
    rows = lists.matching(call, lists.created(call, rows), "charge")
    return lists.page(call, "/v1/refunds", rows)
