"""The payment gateways by name. A gateway's library is loaded when the first of its accounts is used."""

from __future__ import annotations

from importlib import import_module

from backoffice.domain.gateway_terms import GATEWAYS, Account
from backoffice.gateways.protocol import Gateway


def open_account(account: Account) -> Gateway:
    """The gateway that speaks for this account. Raises ValueError for a name that is none."""
    if account.gateway not in GATEWAYS:
        raise ValueError(f"unknown gateway: {account.gateway}")
    # Stripe's library takes 0.4 s to load, which every start would pay.
    module = import_module(f"backoffice.gateways.{account.gateway}")
    gateway: Gateway = module.open_account(account)
    return gateway
