"""Refunds: no idempotency key exists, so asking twice gives back twice, up to the whole."""

from __future__ import annotations

import time

from simulators.courier import AT_ONCE, Telling
from simulators.flutterwave import payments
from simulators.flutterwave.calls import FlutterwaveError, good, major, minor, page_of, stamp, within
from simulators.store import Document
from simulators.world import World


def create(world: World, account: str, given: Document, id_: str) -> Document:
    """{amount, comments}; the whole rest without an amount. Raises FlutterwaveError."""
    transaction = payments.get(world, account, id_)
    amount = minor(given["amount"]) if given.get("amount") is not None else None
    comments = str(given.get("comments", ""))
    refund = book(world, account, transaction, amount, comments)
    return good("Transaction refund initiated", shown(refund))


def book(
    world: World,
    account: str,
    transaction: Document,
    amount: int | None,
    comments: str,
    telling: Telling = AT_ONCE,
) -> Document:
    """Raises FlutterwaveError above what is left."""
    left = transaction["amount"] - transaction["refunded"]
    if transaction["status"] != payments.PAID:
        raise FlutterwaveError("Transaction is not successful and cannot be refunded")
    if left == 0:
        raise FlutterwaveError("Transaction has already been fully refunded")
    sum_ = left if amount is None else amount
    if sum_ > left:
        raise FlutterwaveError("Refund amount is more than what is left of the transaction")
    refund = {
        "id": 75_000 + world.store.next_number("flutterwave_refund"),
        "transaction": transaction["id"],
        "flw_ref": transaction["flw_ref"],
        "amount": sum_,
        "currency": transaction["currency"],
        "status": "completed",
        "comments": comments,
        "at": time.time(),
    }
    transaction["refunded"] += sum_
    world.store.save("flw_transaction", account, transaction)
    world.store.add("flw_refund", account, refund, about=str(transaction["id"]))
    payments.notify(world, account, "refund.completed", told(refund), telling)
    return refund


def shown(refund: Document) -> Document:
    """The answer to the one who asked."""
    return {
        "id": refund["id"],
        "account_id": 17321,
        "tx_id": refund["transaction"],
        "flw_ref": refund["flw_ref"],
        "wallet_id": 74639,
        "amount_refunded": major(refund["amount"]),
        "status": refund["status"],
        "destination": "payment_source",
        "comments": refund["comments"],
        "meta": {"source": "availablebalance"},
        "created_at": stamp(refund["at"]),
    }


def listed(refund: Document) -> Document:
    """As the lists have it: `comment` and `transaction_id`, which the answer to the asker calls otherwise."""
    return {
        "id": refund["id"],
        "amount_refunded": major(refund["amount"]),
        "status": refund["status"],
        "flw_ref": refund["flw_ref"],
        "comment": refund["comments"],
        "settlement_id": "NEW",
        "meta": '{"source":"availablebalance"}',
        "created_at": stamp(refund["at"]),
        "account_id": 17321,
        "transaction_id": refund["transaction"],
    }


def told(refund: Document) -> Document:
    """As webhooks have it: a third set of names."""
    return {
        "id": refund["id"],
        "AmountRefunded": major(refund["amount"]),
        "status": refund["status"],
        "FlwRef": refund["flw_ref"],
        "destination": "payment_source",
        "comments": refund["comments"],
        "settlement_id": "NEW",
        "meta": {"source": "availablebalance"},
        "createdAt": stamp(refund["at"]),
        "updatedAt": stamp(refund["at"]),
        "walletId": 74639,
        "AccountId": 17321,
        "TransactionId": refund["transaction"],
    }


def retrieve(world: World, account: str, _given: Document, id_: str) -> Document:
    refund = world.store.find("flw_refund", id_, account)
    if refund is None:
        raise FlutterwaveError("Refund not found", 404)
    return good("Refund fetched", listed(refund))


def list_(world: World, account: str, given: Document) -> Document:
    """By days, and by the `id` of the transaction; twenty a page."""
    about = str(given["id"]) if "id" in given else None
    rows = within(given, world.store.every("flw_refund", account, about))
    rows, meta = page_of(given, rows, 20)
    return good("Refunds fetched", [listed(row) for row in rows], meta=meta)


def fail(world: World, account: str, refund: Document, telling: Telling = AT_ONCE) -> None:
    """The bank did not take it."""
    transaction = payments.get(world, account, str(refund["transaction"]))
    transaction["refunded"] -= refund["amount"]
    world.store.save("flw_transaction", account, transaction)
    world.store.save("flw_refund", account, refund | {"status": "failed"})
    payments.notify(world, account, "refund.failed", told(refund | {"status": "failed"}), telling)
