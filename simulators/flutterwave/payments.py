"""Payment links, what payers do with them, and the transactions that come of it."""

from __future__ import annotations

import secrets
import time

from flask import request

from simulators.courier import AT_ONCE, Parcel, Telling, as_json
from simulators.flutterwave.calls import FlutterwaveError, good, major, minor, need, page_of, stamp, within
from simulators.store import Document
from simulators.world import World

FEE_PER_MILLE = 29
NOT_FOUND = "No transaction was found for this id"
CURRENCIES = ("KES", "NGN", "GHS", "UGX", "TZS", "RWF", "ZAR", "USD", "GBP", "EUR")
PAID = "successful"


def initiate(world: World, account: str, given: Document) -> Document:
    """A link to a hosted page. Raises FlutterwaveError."""
    customer = given.get("customer")
    if not isinstance(customer, dict) or "@" not in str(customer.get("email", "")):
        raise FlutterwaveError("customer.email is required")
    reference, amount = need(given, "tx_ref"), minor(need(given, "amount"))
    currency = str(given.get("currency", "NGN")).upper()
    if currency not in CURRENCIES:
        raise FlutterwaveError(f"currency {currency} is not supported")
    if _paid(world, account, reference):
        raise FlutterwaveError("Transaction with this tx_ref already exists")
    token = secrets.token_hex(10)
    link = {
        "id": token,
        "tx_ref": reference,
        "amount": amount,
        "currency": currency,
        "redirect_url": need(given, "redirect_url"),
        "customer": {name: customer.get(name) for name in ("email", "name", "phonenumber")},
        "meta": given.get("meta") or {},
        "title": str((given.get("customizations") or {}).get("title", "")),
        "at": time.time(),
        "ends_at": time.time() + _minutes(given) * 60,
        "is_disabled": False,
    }
    world.store.add("flw_link", account, link, about=reference)
    return good("Hosted Link", {"link": f"{request.host_url}flutterwave/v3/hosted/pay/{token}"})


def _minutes(given: Document) -> int:
    wanted = (given.get("configurations") or {}).get("session_duration", 24 * 60)
    return max(1, min(24 * 60, int(wanted))) if str(wanted).isdigit() else 24 * 60


def disable(world: World, account: str, given: Document) -> Document:
    """{link}: nobody can pay with it any more."""
    token = need(given, "link").rsplit("/", 1)[-1]
    link = world.store.find("flw_link", token, account)
    if link is None:
        raise FlutterwaveError("Payment link not found", 404)
    world.store.save("flw_link", account, link | {"is_disabled": True})
    return good("Payment link disabled", None)


def find_link(world: World, token: str) -> tuple[Document, str]:
    """One that can be paid, with its account. Raises FlutterwaveError with a sentence for the payer."""
    link = world.store.find("flw_link", token)
    if link is None:
        raise FlutterwaveError("There is no such payment page.", 404)
    account = world.store.account_of("flw_link", token)
    if _paid(world, account, link["tx_ref"]):
        raise FlutterwaveError("This was paid already.", 410)
    if link["is_disabled"] or link["ends_at"] < time.time():
        raise FlutterwaveError("This payment page is no longer valid. Ask for a new link.", 410)
    return link, account


def _paid(world: World, account: str, reference: str) -> bool:
    found = world.store.every("flw_transaction", account, reference)
    return any(transaction["status"] == PAID for transaction in found)


def attempt(
    world: World,
    account: str,
    link: Document,
    status: str = PAID,
    telling: Telling = AT_ONCE,
    amount: int | None = None,
) -> Document:
    """Somebody paid, or tried to; `amount` where a careless payer sent another one."""
    sum_ = link["amount"] if amount is None else amount
    transaction = {
        "id": 4_000_000 + world.store.next_number("flutterwave"),
        "tx_ref": link["tx_ref"],
        "flw_ref": f"FLW-MOCK-{secrets.token_hex(16)}",
        "amount": sum_,
        "currency": link["currency"],
        "fee": (sum_ * FEE_PER_MILLE + 500) // 1000,
        "status": status,
        "customer": link["customer"],
        "meta": link["meta"],
        "at": time.time(),
        "refunded": 0,
    }
    world.store.add("flw_transaction", account, transaction, about=link["tx_ref"])
    notify(world, account, "charge.completed", shown(transaction), telling)
    return transaction


def finish(
    world: World, account: str, transaction: Document, status: str, telling: Telling = AT_ONCE
) -> None:
    """A pending one is decided."""
    transaction["status"] = status
    world.store.save("flw_transaction", account, transaction)
    notify(world, account, "charge.completed", shown(transaction), telling)


def notify(world: World, account: str, kind: str, data: Document, telling: Telling = AT_ONCE) -> None:
    """To the address that the dashboard holds, with its hash in the header; nothing is signed."""
    hook = world.store.find("flw_webhook", "webhook", account)
    if hook is None:
        return
    body = as_json({"event": kind, "data": data, "event.type": "CARD_TRANSACTION"})
    about = str(data["id"])
    world.courier.promise(
        Parcel("flutterwave", account, about, kind, hook["url"], body, hook["secret_hash"]), telling
    )


def shown(transaction: Document) -> Document:
    """As webhooks have it."""
    is_paid = transaction["status"] == PAID
    return {
        "id": transaction["id"],
        "tx_ref": transaction["tx_ref"],
        "flw_ref": transaction["flw_ref"],
        "device_fingerprint": "N/A",
        "amount": major(transaction["amount"]),
        "currency": transaction["currency"],
        "charged_amount": major(transaction["amount"]),
        "app_fee": major(transaction["fee"]),
        "merchant_fee": 0,
        "processor_response": "Approved" if is_paid else "Declined",
        "auth_model": "VBVSECURECODE",
        "ip": "127.0.0.1",
        "narration": "SIMULATOR",
        "status": transaction["status"],
        "payment_type": "card",
        "created_at": stamp(transaction["at"]),
        "account_id": 17321,
        "customer": {
            "id": transaction["id"] - 3_000_000,
            "name": transaction["customer"]["name"] or "Anonymous customer",
            "phone_number": transaction["customer"]["phonenumber"],
            "email": transaction["customer"]["email"],
            "created_at": stamp(transaction["at"]),
        },
    }


def verified(transaction: Document) -> Document:
    """As the query has it: with what the merchant gave, and what the merchant gets."""
    settled = transaction["amount"] - transaction["fee"] if transaction["status"] == PAID else 0
    return shown(transaction) | {"meta": transaction["meta"] or None, "amount_settled": major(settled)}


def verify(world: World, account: str, _given: Document, id_: str) -> Document:
    return good("Transaction fetched successfully", verified(get(world, account, id_)))


def verify_by_reference(world: World, account: str, given: Document) -> Document:
    """The successful one, otherwise the last one with this tx_ref."""
    found = world.store.every("flw_transaction", account, need(given, "tx_ref"))
    if not found:
        raise FlutterwaveError(NOT_FOUND)
    best = next((transaction for transaction in found if transaction["status"] == PAID), found[0])
    return good("Transaction fetched successfully", verified(best))


def get(world: World, account: str, id_: str) -> Document:
    found = world.store.find("flw_transaction", id_, account)
    if found is None:
        raise FlutterwaveError(NOT_FOUND)
    return found


def list_(world: World, account: str, given: Document) -> Document:
    """By days, status, tx_ref; ten a page."""
    rows = within(given, world.store.every("flw_transaction", account))
    for name in ("status", "tx_ref", "currency"):
        if name in given:
            rows = [row for row in rows if row[name] == given[name]]
    rows, meta = page_of(given, rows)
    return good("Transactions fetched", [verified(row) for row in rows], meta=meta)
