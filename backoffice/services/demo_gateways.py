"""The demonstration's accounts at the simulators of the gateways, where these are running."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import current_app

from backoffice.domain.actor import Actor
from backoffice.domain.gateway_terms import Account
from backoffice.gateways import simulated
from backoffice.gateways.protocol import RegistersNotices
from backoffice.services import gateway_accounts, gateway_setup
from backoffice.services.gateway_setup import Keys

ACTOR = Actor("system", role="admin", name="Demonstration")
GATEWAYS = {"rft": ("stripe",), "nairobi": ("mpesa", "flutterwave", "stripe")}


@dataclass(frozen=True)
class Registration:
    """An address that a simulator is to send to; `tell` says so there and gives a new signing secret, if one is made."""

    account_id: UUID
    tell: Callable[[], str | None]


def ensure(slug: str, gateway: str) -> tuple[UUID, bool] | None:
    """The id of the account at the simulator and whether it is new.

    None where no simulator runs, or where somebody has entered other keys: theirs stay.
    """
    if not getattr(current_app.extensions["settings"], f"{gateway}_api_base"):
        return None
    keys = keys_of(slug, gateway)
    for row in gateway_setup.list_accounts(gateway):
        stored = gateway_setup.keys_of(row)
        if all(stored.get(name) == value for name, value in keys.items() if name != "secret_hash"):
            return row.id, False
    if gateway_setup.list_accounts(gateway):
        return None
    return gateway_setup.save_keys(Keys(gateway, "test", keys), ACTOR).id, True


def keys_of(slug: str, gateway: str) -> dict[str, str]:
    """What the simulators take: each secret key is an account of its own there."""
    if gateway == "stripe":
        return {"secret_key": f"sk_test_simulator_{slug}"}
    if gateway == "flutterwave":
        secret_hash = secrets.token_urlsafe(24)
        return {"secret_key": f"FLWSECK_TEST-simulator-{slug}", "secret_hash": secret_hash}
    return {
        "shortcode": "174379",
        "consumer_key": f"simulator-{slug}",
        "consumer_secret": f"simulator-secret-{slug}",
        "passkey": f"simulator-passkey-{slug}",
        "initiator_name": "simulator",
        "security_credential": f"simulator-credential-{slug}",
    }


def prepare(account_id: UUID) -> Registration:
    """What is to be told to the simulator; M-Pesa hears it with each prompt. Raises NotFound."""
    account = gateway_accounts.get(account_id)
    url, terms = gateway_accounts.notice_url(account), gateway_accounts.terms_of(account)
    if account.gateway == "flutterwave":
        return Registration(account.id, lambda: _tell_flutterwave(terms, url))
    gateway = gateway_accounts.open_account(account)
    if not isinstance(gateway, RegistersNotices):
        return Registration(account.id, lambda: None)
    has_secret = bool(terms.keys.get("webhook_secret"))
    return Registration(account.id, lambda: _tell_stripe(gateway, url, has_secret))


def _tell_flutterwave(terms: Account, url: str) -> None:
    simulated.set_flutterwave_webhook(terms, url)


def _tell_stripe(gateway: RegistersNotices, url: str, has_secret: bool) -> str | None:
    """The simulator may have forgotten everything, or our port may have changed, since the last start."""
    if has_secret and gateway.knows_notices(url):
        return None
    return gateway.register_notices(url)


def keep(registration: Registration, secret: str | None) -> None:
    """Keep a new signing secret. Raises NotFound."""
    if secret:
        gateway_setup.note_registration(registration.account_id, secret, ACTOR)
