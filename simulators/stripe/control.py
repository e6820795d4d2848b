"""Stripe by hand: a payer without a browser, the dashboard's buttons, and the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulators.courier import Parcel, Telling, as_json
from simulators.store import Document
from simulators.stripe import disputes, paying, refunds, sessions
from simulators.stripe.cards import CHALLENGED, DECLINED, GOOD
from simulators.world import World

Said = dict[str, Any]
CARDS = {"good": GOOD, "declined": DECLINED, "challenged": CHALLENGED}


def _amount(said: Said, otherwise: int) -> int:
    return int(said["amount"]) if said.get("amount") is not None else otherwise


def _telling(said: Said) -> Telling:
    seconds = said.get("seconds")
    return Telling.named(said.get("tell", "now"), None if seconds is None else float(seconds))


def pay(world: World, said: Said) -> Said:
    """{session, card: number | good | declined | challenged, tell: now|late|twice|never, seconds, name, email,
    method: a saved card, bank: succeeds|fails, bank_seconds, challenge: pass|fail}"""
    checkout, card = paying.Checkout(world, said["session"]), str(said.get("card", "good"))
    outcome = checkout.pay(
        paying.Attempt(
            number=CARDS.get(card, card),
            saved_method=said.get("method"),
            payer=said.get("name", ""),
            email=said.get("email", ""),
            telling=_telling(said),
            bank=said.get("bank", ""),
            bank_seconds=float(said.get("bank_seconds", paying.BANK_SECONDS)),
        )
    )
    if outcome == "challenge" and "challenge" in said:
        outcome = checkout.answer_challenge(_telling(said), is_passed=said["challenge"] == "pass")
    session = checkout.session
    return {"outcome": outcome, "session": session["id"], "payment_intent": session["payment_intent"]}


def expire(world: World, said: Said) -> Said:
    """{session}: its time is over now."""
    session, account = _of(world, "session", said["session"])
    if session["status"] != "open":
        raise ValueError("it is not open")
    return {"status": sessions.end(world, account, session, _telling(said))["status"]}


def refund(world: World, said: Said) -> Said:
    """{charge | payment_intent, amount}: as somebody does it in the dashboard."""
    charge, account = _charge(world, said)
    amount = _amount(said, charge["amount"] - charge["amount_refunded"])
    if not 0 < amount <= charge["amount"] - charge["amount_refunded"]:
        raise ValueError("so much is not left")
    made = refunds.make(charge, amount, {}, "requested_by_customer")
    return {"refund": refunds.book(world, account, charge, made, _telling(said))["id"]}


def fail_refund(world: World, said: Said) -> Said:
    """{refund}: the payer's bank returns it, days later."""
    found, account = _of(world, "refund", said["refund"])
    return {"status": refunds.finish(world, account, found, "failed", _telling(said))["status"]}


def dispute(world: World, said: Said) -> Said:
    """{charge | payment_intent, amount, reason}"""
    charge, account = _charge(world, said)
    amount = _amount(said, charge["amount"])
    raised = disputes.raise_(world, account, charge, amount, said.get("reason", "fraudulent"))
    return {"dispute": raised["id"]}


def close_dispute(world: World, said: Said) -> Said:
    """{dispute, status: won|lost}"""
    if said["status"] not in ("won", "lost"):
        raise ValueError("status is won or lost")
    found, account = _of(world, "dispute", said["dispute"])
    return {"status": disputes.close(world, account, found, said["status"])["status"]}


def resend(world: World, said: Said) -> Said:
    """{event}: tell it once more to every endpoint, as the dashboard's "Resend" does."""
    event, account = _of(world, "event", said["event"])
    endpoints = world.store.every("webhook_endpoint", account)
    for endpoint in endpoints:
        parcel = Parcel(
            "stripe",
            account,
            event["id"],
            event["type"],
            endpoint["url"],
            as_json(event),
            endpoint["_secret"],
        )
        world.courier.promise(parcel, _telling(said))
    return {"endpoints": len(endpoints)}


DEEDS: dict[str, Callable[[World, Said], Said]] = {
    "stripe/pay": pay,
    "stripe/expire": expire,
    "stripe/refund": refund,
    "stripe/fail_refund": fail_refund,
    "stripe/dispute": dispute,
    "stripe/close_dispute": close_dispute,
    "stripe/resend": resend,
}


def ledger(world: World, key: str) -> list[Said]:
    """Every payment that was tried, newest first. A refund that failed counts for nothing."""
    return [_line(world, key, intent) for intent in world.store.every("payment_intent", key)]


def _line(world: World, key: str, intent: Document) -> Said:
    charge = world.store.find("charge", intent["latest_charge"] or "", key)
    session = world.store.find("session", intent["_session"], key) or {}
    return {
        "id": intent["id"],
        "charge": intent["latest_charge"],
        "session": session.get("id"),
        "reference": session.get("client_reference_id"),
        "metadata": intent["metadata"],
        "amount_minor": intent["amount"],
        "currency": intent["currency"].upper(),
        "status": intent["status"],
        "refunded_minor": charge["amount_refunded"] if charge else 0,
        "refunds": [
            {
                "id": found["id"],
                "amount_minor": found["amount"],
                "status": found["status"],
                "metadata": found["metadata"],
            }
            for found in world.store.every("refund", key, intent["id"])
        ],
    }


def _of(world: World, kind: str, id_: str) -> tuple[Document, str]:
    """Raises KeyError."""
    found = world.store.find(kind, id_)
    if found is None:
        raise KeyError(id_)
    return found, world.store.account_of(kind, id_)


def _charge(world: World, said: Said) -> tuple[Document, str]:
    if "charge" in said:
        return _of(world, "charge", said["charge"])
    intent, account = _of(world, "payment_intent", said["payment_intent"])
    return _of(world, "charge", intent["latest_charge"] or "")[0], account
