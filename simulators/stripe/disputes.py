"""Disputes: a payer asks the bank for the money back. Raised and closed through the control plane."""

from __future__ import annotations

from simulators.store import Document, now
from simulators.stripe import forms, lists, objects
from simulators.stripe.calls import Call
from simulators.stripe.events import emit
from simulators.world import World, new_id

FEE = 2000
ANSWER_SECONDS = 7 * 24 * 3600


def raise_(world: World, account: str, charge: Document, amount: int, reason: str) -> Document:
    """The amount leaves the account at once, with a fee."""
    dispute = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now(),
        "currency": charge["currency"],
        "evidence": {},
        "evidence_details": {"due_by": now() + ANSWER_SECONDS, "has_evidence": False},
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "needs_response",
    }
    _move(world, account, dispute, -amount, FEE)
    charge["disputed"] = True
    world.store.save("charge", account, charge)
    world.store.add("dispute", account, dispute, about=charge["payment_intent"])
    emit(world, account, "charge.dispute.created", dispute)
    emit(world, account, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def close(world: World, account: str, dispute: Document, status: str) -> Document:
    """ "won": the money comes back; "lost": it does not."""
    dispute["status"] = status
    if status == "won":
        _move(world, account, dispute, dispute["amount"], 0)
    world.store.save("dispute", account, dispute)
    emit(world, account, "charge.dispute.closed", dispute)
    if status == "won":
        emit(world, account, "charge.dispute.funds_reinstated", dispute)
    return dispute


def _move(world: World, account: str, dispute: Document, amount: int, fee: int) -> None:
    money = objects.balance_transaction(dispute, "adjustment", amount, fee)
    world.store.add("balance_transaction", account, money)
    dispute["balance_transactions"].append(money)


def retrieve(call: Call, id_: str) -> Document:
    return call.get("dispute", "dispute", id_)


def list_(call: Call) -> Document:
    forms.only(call.params, f"{lists.CURSORS} charge created payment_intent")
    rows = lists.created(call, call.store.every("dispute", call.account))
    return lists.page(call, "/v1/disputes", lists.matching(call, rows, "charge payment_intent"))
