"""What every part of the simulators shares."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask import current_app

from simulators.courier import Courier
from simulators.faults import Faults
from simulators.store import Store

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True)
class World:
    store: Store
    faults: Faults
    courier: Courier


def world() -> World:
    """That of the request being answered."""
    found: World = current_app.extensions["world"]
    return found


def make_world(path: str = ":memory:") -> World:
    store, faults = Store(path), Faults()
    return World(store, faults, Courier(store, faults))


def new_id(prefix: str, length: int = 24) -> str:
    return f"{prefix}_{''.join(secrets.choice(LETTERS) for _ in range(length))}"


def say_money(minor: int, currency: str) -> str:
    """For pages and Stripe's sentences; every currency that the simulators know has two decimals."""
    sign = {"gbp": "£", "eur": "€", "usd": "$", "kes": "KSh "}.get(currency.lower(), f"{currency.upper()} ")
    return f"{sign}{minor // 100:,}.{minor % 100:02}"
