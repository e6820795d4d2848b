"""`flask gateways …`: the accounts at the payment gateways; and filling them in for a first try."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from uuid import UUID

import click
from flask.cli import AppGroup

from backoffice.commands.console import console_actor, in_words, scope_of, tenant_option
from backoffice.domain.actor import Actor
from backoffice.domain.errors import DomainError
from backoffice.domain.gateway_terms import GATEWAY_LABELS, GatewayDelayed, GatewayRefused
from backoffice.models import GatewayAccount
from backoffice.services import demo_gateways, gateway_accounts, gateway_setup
from backoffice.work import commit_around, commit_once

log = logging.getLogger(__name__)

group = AppGroup("gateways", help="Accounts at the payment gateways.")


@group.command("list")
@tenant_option
@in_words
def list_(slug: str | None) -> None:
    """List the tenant's accounts; of the keys a hint."""
    with scope_of(slug):
        for account in gateway_setup.list_accounts():
            click.echo(_line(account))


@group.command("check")
@tenant_option
@in_words
def check(slug: str | None) -> None:
    """Ask each gateway in use whether it takes the keys; exit code 1 when one does not."""
    with scope_of(slug):
        found = [_check(account.id, account.gateway) for account in gateway_accounts.list_in_use()]
    if not all(found):
        raise SystemExit(1)


@group.command("seed")
@tenant_option
@in_words
def seed(slug: str | None) -> None:
    """Fill in Stripe from STRIPE_SECRET_KEY where the tenant never had an account there."""
    with scope_of(slug):
        if not seed_from_environment():
            click.echo("Nothing to do: STRIPE_SECRET_KEY is not set, or there is an account already.")


def seed_from_environment() -> bool:
    """The same inside a scope; whether an account was made."""
    account = commit_once(lambda: gateway_setup.seed_stripe(_actor()))
    if account is None:
        return False
    click.echo(f"Made the account at Stripe from STRIPE_SECRET_KEY ({account.key_hint}, {account.mode}).")
    return True


def seed_simulated(slug: str) -> None:
    """Inside a scope: the demonstration's accounts at the simulators, and where these send their messages.

    A simulator that does not answer is no failed start: the next one tries again.
    """
    for gateway in demo_gateways.GATEWAYS.get(slug, ()):
        try:
            _seed_one(slug, gateway)
        except (GatewayDelayed, GatewayRefused, DomainError) as error:
            log.warning("simulator not told", extra={"gateway": gateway, "cause": str(error)})


def _seed_one(slug: str, gateway: str) -> None:
    made = commit_once(lambda: demo_gateways.ensure(slug, gateway))
    if made is None:
        return
    account_id, is_new = made
    if is_new:
        click.echo(f"{slug}: customers can pay by {GATEWAY_LABELS[gateway]}, through a simulator.")
    commit_around(
        lambda: demo_gateways.prepare(account_id),
        lambda registration: registration.tell(),
        demo_gateways.keep,
    )


def _check(account_id: UUID, gateway: str) -> bool:
    found = commit_around(
        lambda: gateway_setup.prepare_check(account_id, _actor()),
        gateway_setup.try_keys,
        lambda _, said: gateway_setup.note_check(account_id, said, datetime.now(UTC)),
    )
    click.echo(f"{GATEWAY_LABELS[gateway]:<12} {'works' if found.is_good else 'FAILED':<7} {found.said}")
    return found.is_good


def _line(account: GatewayAccount) -> str:
    use = "in use" if account.is_in_use else "out of use"
    mode = "simulator" if gateway_accounts.is_simulated(account) else account.mode
    checked = ""
    if account.checked_at:
        checked = f"  checked {account.checked_at:%Y-%m-%d %H:%M} UTC: {account.check_said}"
    return f"{GATEWAY_LABELS[account.gateway]:<12} {mode:<10} {use:<11} {account.key_hint}{checked}"


def _actor() -> Actor:
    return console_actor(role="admin")
