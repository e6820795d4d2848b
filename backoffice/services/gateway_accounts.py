"""A tenant's accounts at the payment gateways: found by the address of a webhook, opened with their keys."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.errors import NotFound, Refused
from backoffice.domain.gateway_terms import GATEWAY_LABELS, Account
from backoffice.gateways import payment
from backoffice.gateways.protocol import Gateway
from backoffice.models import GatewayAccount
from backoffice.services.sign_in import digest

# Where a gateway sends its messages, below the installation's own address.
WEBHOOKS = {
    "stripe": "/api/webhooks/stripe/",
    "mpesa": "/api/payments/webhooks/mpesa/",
    "flutterwave": "/api/payments/webhooks/flutterwave/",
}


def find_by_path(path: str) -> tuple[UUID, UUID] | None:
    """Tenant and account behind the last part of a webhook's address; needs no scope."""
    function = func.find_gateway_account(digest(path)).table_valued("tenant_id", "id")
    row = db.session.execute(select(function.c.tenant_id, function.c.id)).first()
    return (UUID(str(row[0])), UUID(str(row[1]))) if row else None


def find_in_use(gateway: str) -> GatewayAccount | None:
    """The account that new payments of a gateway go through, or None."""
    return db.session.scalar(
        select(GatewayAccount).where(GatewayAccount.gateway == gateway, GatewayAccount.is_in_use)
    )


def get_in_use(gateway: str) -> GatewayAccount:
    """The same; raises Refused with what to do."""
    account = find_in_use(gateway)
    if account is None:
        name = GATEWAY_LABELS.get(gateway, gateway)
        raise Refused(
            "no_account", f"{name} is not set up yet: an administrator enters its keys in Settings."
        )
    return account


def list_in_use() -> list[GatewayAccount]:
    """The accounts that customers can pay through, by gateway."""
    rows = db.session.scalars(
        select(GatewayAccount).where(GatewayAccount.is_in_use).order_by(GatewayAccount.gateway)
    )
    return list(rows)


def get(account_id: UUID) -> GatewayAccount:
    """The account; raises NotFound."""
    account = db.session.get(GatewayAccount, account_id)
    if account is None:
        raise NotFound("This account does not exist.")
    return account


def open_account(account: GatewayAccount) -> Gateway:
    """The gateway that speaks with this account's keys."""
    return payment.open_account(terms_of(account))


def terms_of(account: GatewayAccount) -> Account:
    """The keys in clear, for a gateway only."""
    keys: dict[str, Any] = json.loads(account.keys)
    base = getattr(current_app.extensions["settings"], f"{account.gateway}_api_base")
    return Account(account.gateway, account.mode, base, {name: str(value) for name, value in keys.items()})


def is_simulated(account: GatewayAccount) -> bool:
    """Whether its money is play money of a simulator on this machine: pages must say so."""
    return account.mode == "test" and bool(terms_of(account).api_base)


def notice_url(account: GatewayAccount, about: UUID | None = None) -> str:
    """The full address that the gateway sends its messages to.

    M-Pesa's say neither our reference nor the attempt we know when its first reply was lost: the address carries it.
    """
    base = current_app.extensions["settings"].public_base_url.rstrip("/")
    url = f"{base}{WEBHOOKS[account.gateway]}{account.path}"
    return f"{url}/{about}" if about and account.gateway == "mpesa" else url
