"""Flutterwave by hand: the dashboard's webhook and refund, a payer without a browser, and the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulators.courier import Telling
from simulators.flutterwave import payments, refunds
from simulators.store import Document
from simulators.world import World

Said = dict[str, Any]


def set_webhook(world: World, said: Said) -> Said:
    """{secret_key, url, secret_hash}: what the dashboard keeps for an account; an empty url takes it away."""
    account = said["secret_key"]
    world.store.run("DELETE FROM documents WHERE kind = 'flw_webhook' AND account = ?", account)
    if said["url"]:
        kept = {"id": "webhook", "url": said["url"], "secret_hash": said.get("secret_hash", "")}
        world.store.add("flw_webhook", account, kept)
    return {"url": said["url"]}


def pay(world: World, said: Said) -> Said:
    """{link | secret_key and tx_ref, status: successful|failed|pending, tell: now|late|twice|never, seconds,
    amount_minor: another one than was asked for}"""
    link, account = _link(world, said)
    status, seconds = said.get("status", payments.PAID), said.get("seconds")
    if status not in (payments.PAID, "failed", "pending"):
        raise ValueError("status is successful, failed or pending")
    telling = Telling.named(said.get("tell", "now"), None if seconds is None else float(seconds))
    amount = said.get("amount_minor")
    made = payments.attempt(world, account, link, status, telling, None if amount is None else int(amount))
    return {"transaction": made["id"], "status": made["status"]}


def _link(world: World, said: Said) -> tuple[Document, str]:
    """Raises KeyError, and FlutterwaveError for one that cannot be paid."""
    if "link" in said:
        return payments.find_link(world, said["link"].rsplit("/", 1)[-1])
    found = world.store.every("flw_link", said["secret_key"], said["tx_ref"])
    if not found:
        raise KeyError(said["tx_ref"])
    return payments.find_link(world, found[0]["id"])


def finish(world: World, said: Said) -> Said:
    """{transaction, status: successful|failed}: a pending one is decided."""
    transaction, account = _of(world, "flw_transaction", said["transaction"])
    payments.finish(world, account, transaction, said["status"])
    return {"status": said["status"]}


def refund(world: World, said: Said) -> Said:
    """{transaction, amount_minor}: as somebody does it in the dashboard."""
    transaction, account = _of(world, "flw_transaction", said["transaction"])
    amount = said.get("amount_minor")
    made = refunds.book(world, account, transaction, None if amount is None else int(amount), "")
    return {"refund": made["id"]}


def fail_refund(world: World, said: Said) -> Said:
    """{refund}"""
    found, account = _of(world, "flw_refund", said["refund"])
    refunds.fail(world, account, found)
    return {"status": "failed"}


def _of(world: World, kind: str, id_: Any) -> tuple[Document, str]:
    found = world.store.find(kind, str(id_))
    if found is None:
        raise KeyError(id_)
    return found, world.store.account_of(kind, str(id_))


DEEDS: dict[str, Callable[[World, Said], Said]] = {
    "flutterwave/webhook": set_webhook,
    "flutterwave/pay": pay,
    "flutterwave/finish": finish,
    "flutterwave/refund": refund,
    "flutterwave/fail_refund": fail_refund,
}


def ledger(world: World, key: str) -> list[Said]:
    """Every transaction of a secret key, newest first."""
    return [
        {
            "id": transaction["id"],
            "reference": transaction["tx_ref"],
            "metadata": transaction["meta"],
            "amount_minor": transaction["amount"],
            "currency": transaction["currency"],
            "status": {payments.PAID: "succeeded"}.get(transaction["status"], transaction["status"]),
            "refunded_minor": transaction["refunded"],
            "refunds": [
                {
                    "id": found["id"],
                    "amount_minor": found["amount"],
                    "status": {"completed": "succeeded"}.get(found["status"], found["status"]),
                    "comments": found["comments"],
                }
                for found in world.store.every("flw_refund", key, str(transaction["id"]))
            ],
        }
        for transaction in world.store.every("flw_transaction", key)
    ]
