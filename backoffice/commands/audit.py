"""`flask audit …`: whether anybody changed the audit."""

from __future__ import annotations

import sys
from uuid import UUID

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Tenant
from backoffice.services import audit_seals
from backoffice.services.audit_seals import Verdict
from backoffice.tenancy import tenant_scope

group = AppGroup("audit", help="Look after the audit.")


@group.command("verify")
@click.option("--tenant", "slug", help="Only this tenant; otherwise every one.")
def verify(slug: str | None) -> None:
    """Check that no entry was changed, removed, added, swapped or cut off. Exit code 1 if one was."""
    tenants = _tenants(slug)
    if not tenants:
        raise click.ClickException(f"There is no tenant {slug!r}." if slug else "There is no tenant yet.")
    verdicts = [_verify(*tenant) for tenant in tenants]
    sys.exit(1 if any(verdict.findings for verdict in verdicts) else 0)


def _tenants(slug: str | None) -> list[tuple[UUID, str]]:
    wanted = select(Tenant.id, Tenant.slug).order_by(Tenant.slug)
    if slug:
        wanted = wanted.where(Tenant.slug == slug)
    with current_app.app_context():
        return [(row.id, row.slug) for row in db.session.execute(wanted)]


def _verify(tenant_id: UUID, slug: str) -> Verdict:
    with current_app.app_context(), tenant_scope(tenant_id):
        # One snapshot: a sealer that runs meanwhile must not look like a change.
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        verdict = audit_seals.verify()
    _say(slug, verdict)
    return verdict


def _say(slug: str, verdict: Verdict) -> None:
    for finding in verdict.findings:
        click.echo(f"{slug}: {finding}", err=True)
    state = f"{len(verdict.findings)} findings" if verdict.findings else "good"
    click.echo(f"{slug}: {verdict.sealed} sealed, {verdict.unsealed} not sealed yet, {state}.")
    if verdict.head:
        click.echo(f"{slug}: the chain ends at {verdict.head}")
