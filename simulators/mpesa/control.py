"""M-Pesa by hand: the telephone without a browser, the portal's reversal, and the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulators.courier import Telling
from simulators.mpesa import prompts
from simulators.mpesa.calls import receipt
from simulators.store import Document
from simulators.world import World

Said = dict[str, Any]


def pay(world: World, said: Said) -> Said:
    """{prompt: CheckoutRequestID, ending: pay|wrong_pin|no_money|cancel|timeout, tell: now|late|twice|never,
    seconds}"""
    prompt, account = _of(world, said["prompt"])
    ending, seconds = said.get("ending", "pay"), said.get("seconds")
    if ending not in prompts.ENDINGS:
        raise ValueError(f"ending is one of {', '.join(prompts.ENDINGS)}")
    telling = Telling.named(said.get("tell", "now"), None if seconds is None else float(seconds))
    ended = prompts.end(world, account, prompt, ending, telling)
    return {"receipt": ended["receipt"], "result": ended["result"]}


def reverse(world: World, said: Said) -> Said:
    """{prompt}: as somebody does it in the portal of M-Pesa; nobody is told."""
    prompt, account = _of(world, said["prompt"])
    if prompt["receipt"] is None or prompt["reversed_by"] is not None:
        raise ValueError("there is nothing to reverse")
    prompt["reversed_by"] = receipt()
    world.store.save("prompt", account, prompt)
    return {"receipt": prompt["reversed_by"]}


def _of(world: World, id_: str) -> tuple[Document, str]:
    """Raises KeyError."""
    found = world.store.find("prompt", id_)
    if found is None:
        raise KeyError(id_)
    return found, world.store.account_of("prompt", id_)


DEEDS: dict[str, Callable[[World, Said], Said]] = {"mpesa/pay": pay, "mpesa/reverse": reverse}


def ledger(world: World, key: str) -> list[Said]:
    """Every prompt of a consumer key, newest first; amounts in minor units as everywhere."""
    return [_line(prompt) for prompt in world.store.every("prompt", key)]


def _line(prompt: Document) -> Said:
    amount = prompt["amount"] * 100
    back = prompt["reversed_by"]
    return {
        "id": prompt["id"],
        "receipt": prompt["receipt"],
        "reference": prompt["reference"],
        "phone": prompt["phone"],
        "amount_minor": amount,
        "currency": "KES",
        "status": {None: "open", "pay": "succeeded"}.get(prompt["result"], prompt["result"]),
        "refunded_minor": amount if back else 0,
        "refunds": [{"id": back, "amount_minor": amount, "status": "succeeded"}] if back else [],
    }
