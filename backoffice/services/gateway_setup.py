"""Setting up a tenant's accounts at the payment gateways: keys, the address of messages, a test of the connection.

Keys go in and never come out again: screens and the audit get a hint of them.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select, update

from backoffice.database import db, lock_row
from backoffice.domain import gateway_keys
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, Invalid, NotFound, Refused
from backoffice.domain.gateway_terms import GATEWAY_LABELS, GATEWAYS, MODES, GatewayDelayed, GatewayRefused
from backoffice.gateways.protocol import Gateway, RegistersNotices
from backoffice.models import GatewayAccount, Payment
from backoffice.services import audit, gateway_accounts
from backoffice.services.sign_in import digest

PATH_BYTES = 24


@dataclass(frozen=True)
class Keys:
    """What somebody enters for a gateway; an empty key keeps the stored one.

    `account_id` and `version` name what they saw; `is_same_account` says that another secret key is a new one of the same
    account there, so that older payments are refunded with it.
    """

    gateway: str
    mode: str
    given: Mapping[str, str]
    account_id: UUID | None = None
    version: int | None = None
    is_same_account: bool = False


@dataclass(frozen=True)
class Finding:
    """What a gateway said to a test of the connection."""

    is_good: bool
    said: str


def list_accounts(gateway: str | None = None) -> list[GatewayAccount]:
    """The tenant's accounts, the one in use first."""
    wanted = select(GatewayAccount).order_by(GatewayAccount.is_in_use.desc(), GatewayAccount.id.desc())
    if gateway:
        wanted = wanted.where(GatewayAccount.gateway == gateway)
    return list(db.session.scalars(wanted))


def save_keys(wanted: Keys, actor: Actor) -> GatewayAccount:
    """Keep keys for new payments, in a row of its own for each account there.

    The row of another account stays, out of use: what was paid through it is given back through it.
    Raises Forbidden, Invalid (.fields by key), NotFound, Changed, Refused.
    """
    actor.require("settings.edit")
    _check_words(wanted)
    seen = _seen(wanted)
    kept = keys_of(seen) if seen and seen.mode == wanted.mode else {}
    keys = gateway_keys.clean(wanted.gateway, wanted.mode, wanted.given, kept)
    row = _row_for(wanted, keys, seen)
    if row is None:
        return _add(wanted, keys, actor)
    old_hint = row.key_hint
    row.keys, row.key_hint = json.dumps(keys), gateway_keys.hint(row.gateway, keys)
    row.checked_at = row.check_said = row.is_check_good = None
    _use(row)
    names = sorted(name for name, value in wanted.given.items() if value.strip())
    audit.record(
        actor, "gateway_account:keys", row, old={"keys": old_hint}, new={"keys": row.key_hint, "new": names}
    )
    return row


def _check_words(wanted: Keys) -> None:
    if wanted.gateway not in GATEWAYS:
        raise NotFound("There is no such gateway.")
    if wanted.mode not in MODES:
        raise Invalid("mode", "Choose test or live.", field="mode")
    if wanted.mode == "live" and getattr(current_app.extensions["settings"], f"{wanted.gateway}_api_base"):
        raise Invalid(
            "mode", "This installation talks to a simulator: only test keys can be used.", field="mode"
        )


def _seen(wanted: Keys) -> GatewayAccount | None:
    if wanted.account_id is None:
        if gateway_accounts.find_in_use(wanted.gateway) is not None:
            raise Changed("Somebody else entered keys meanwhile. Reload the page and look at them first.")
        return None
    account = get_locked(wanted.account_id, wanted.version)
    if account.gateway != wanted.gateway:
        raise NotFound("This account does not exist.")
    return account


def _row_for(wanted: Keys, keys: Mapping[str, str], seen: GatewayAccount | None) -> GatewayAccount | None:
    """The row that these keys belong to; None for an account that is new here."""
    for row in list_accounts(wanted.gateway):
        if row.mode == wanted.mode and gateway_keys.names_same_account(row.gateway, keys_of(row), keys):
            return row
    # M-Pesa's shortcode is the account: another one is never "the same with a new key".
    is_new_key = wanted.is_same_account and wanted.gateway != "mpesa"
    return seen if seen and is_new_key and seen.mode == wanted.mode else None


def _add(wanted: Keys, keys: Mapping[str, str], actor: Actor) -> GatewayAccount:
    path = secrets.token_urlsafe(PATH_BYTES)
    row = GatewayAccount(
        gateway=wanted.gateway,
        mode=wanted.mode,
        is_in_use=False,
        path_digest=digest(path),
        key_hint=gateway_keys.hint(wanted.gateway, keys),
    )
    row.keys, row.path = json.dumps(dict(keys)), path
    db.session.add(row)
    _use(row)
    new = {"gateway": row.gateway, "mode": row.mode, "keys": row.key_hint}
    audit.record(actor, "gateway_account:create", row, new=new)
    return row


def _use(row: GatewayAccount) -> None:
    """One account of each gateway is in use; the other goes out first, or the index would refuse both."""
    leaving = (
        update(GatewayAccount)
        .where(GatewayAccount.gateway == row.gateway, GatewayAccount.id != row.id, GatewayAccount.is_in_use)
        .values(is_in_use=False, version=GatewayAccount.version + 1)
    )
    with db.session.no_autoflush:
        db.session.execute(leaving, execution_options={"synchronize_session": "fetch"})
    row.is_in_use = True
    db.session.flush()


def seed_stripe(actor: Actor) -> GatewayAccount | None:
    """The account of STRIPE_SECRET_KEY, for a tenant that never had one; None when there is nothing to do.

    Raises Invalid for a key that is none.
    """
    settings = current_app.extensions["settings"]
    key = settings.stripe_secret_key
    if not key or list_accounts("stripe"):
        return None
    given = {"secret_key": key, "webhook_secret": settings.stripe_webhook_secret or ""}
    mode = gateway_keys.mode_of("stripe", key) or "test"
    return save_keys(Keys("stripe", mode, given), actor)


def set_in_use(account_id: UUID, is_in_use: bool, version: int | None, actor: Actor) -> GatewayAccount:
    """Let new payments go through this account, or through none of this gateway.

    Raises Forbidden, NotFound, Changed.
    """
    actor.require("settings.edit")
    account = get_locked(account_id, version)
    if account.is_in_use == is_in_use:
        return account
    if is_in_use:
        _use(account)
    else:
        account.is_in_use = False
        db.session.flush()
    audit.record(actor, "gateway_account:use" if is_in_use else "gateway_account:rest", account)
    return account


def new_address(account_id: UUID, version: int | None, actor: Actor) -> GatewayAccount:
    """Give the account another secret address for messages; the old one answers nobody from then on.

    Raises Forbidden, NotFound, Changed.
    """
    actor.require("settings.edit")
    account = get_locked(account_id, version)
    path = secrets.token_urlsafe(PATH_BYTES)
    account.path, account.path_digest = path, digest(path)
    db.session.flush()
    audit.record(actor, "gateway_account:address", account)
    return account


def show_address(account_id: UUID, actor: Actor) -> str:
    """The full address of messages, secret part included. Raises Forbidden, NotFound."""
    actor.require("settings.edit")
    return gateway_accounts.notice_url(gateway_accounts.get(account_id))


# --- Asked of the gateway, with no lock held: an edge runs the three parts with work.commit_around ---


def prepare_check(account_id: UUID, actor: Actor) -> Gateway:
    """The gateway to be tested. Raises Forbidden, NotFound."""
    actor.require("settings.edit")
    return gateway_accounts.open_account(gateway_accounts.get(account_id))


def try_keys(gateway: Gateway) -> Finding:
    """Whether the gateway takes the keys, and what it says."""
    try:
        return Finding(True, gateway.check())
    except (GatewayDelayed, GatewayRefused) as error:
        return Finding(False, str(error))


def note_check(account_id: UUID, found: Finding, now: datetime) -> Finding:
    """Keep what the test found (UTC). A check changes nothing that a form shows: the version stays."""
    account = gateway_accounts.get(account_id)
    said = gateway_keys.without_keys(found.said, keys_of(account))[:500]
    _set(account_id, checked_at=now, check_said=said, is_check_good=found.is_good)
    return Finding(found.is_good, said)


def prepare_registration(account_id: UUID, actor: Actor) -> tuple[RegistersNotices, str]:
    """The gateway and the address it is to send to. Raises Forbidden, NotFound, Refused where it is done by hand."""
    actor.require("settings.edit")
    account = gateway_accounts.get(account_id)
    gateway = gateway_accounts.open_account(account)
    if not isinstance(gateway, RegistersNotices):
        name = GATEWAY_LABELS[account.gateway]
        raise Refused(
            "by_hand", f"{name} has no way to do this from here: copy the address into its dashboard."
        )
    return gateway, gateway_accounts.notice_url(account)


def register(asked: tuple[RegistersNotices, str]) -> str:
    """The signing secret of the new registration. Raises Refused in the gateway's words."""
    gateway, url = asked
    try:
        return gateway.register_notices(url)
    except (GatewayDelayed, GatewayRefused) as error:
        raise Refused("not_registered", f"The webhook was not registered: {error}") from error


def note_registration(account_id: UUID, secret: str, actor: Actor) -> GatewayAccount:
    """Keep the secret that messages are signed with from now on. Raises NotFound."""
    account = get_locked(account_id)
    account.keys = json.dumps({**keys_of(account), "webhook_secret": secret})
    db.session.flush()
    audit.record(actor, "gateway_account:register", account)
    return account


# --- Pieces ---


def can_register(account: GatewayAccount) -> bool:
    """Whether the webhook can be registered from here."""
    return isinstance(gateway_accounts.open_account(account), RegistersNotices)


def keys_of(account: GatewayAccount) -> dict[str, str]:
    """The keys in clear; for services only."""
    return {name: str(value) for name, value in json.loads(account.keys).items()}


def has_key(account: GatewayAccount, name: str) -> bool:
    """Whether a key is stored, without saying which."""
    return bool(keys_of(account).get(name))


def count_payments(account_id: UUID) -> int:
    """How many payments went through an account, up to 1,000: what stays tied to it."""
    some = select(Payment.id).where(Payment.gateway_account_id == account_id).limit(1000).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def get_locked(account_id: UUID, version: int | None = None) -> GatewayAccount:
    """The account, for a change; a version that was seen must still be the one. Raises NotFound, Changed."""
    account = lock_row(GatewayAccount, GatewayAccount.id == account_id)
    if account is None:
        raise NotFound("This account does not exist.")
    if version is not None and account.version != version:
        raise Changed()
    return account


def _set(account_id: UUID, **values: Any) -> None:
    changing = update(GatewayAccount).where(GatewayAccount.id == account_id).values(**values)
    db.session.execute(changing, execution_options={"synchronize_session": "fetch"})
