"""`flask retention …`: ending what is no longer kept."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from math import inf
from uuid import UUID

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from backoffice.database import db
from backoffice.jobs.retention import end_for_tenant
from backoffice.models import Tenant
from backoffice.services import retention
from backoffice.services.retention import RULES
from backoffice.tenancy import tenant_scope

group = AppGroup("retention", help="End what is no longer kept.")


@group.command("run")
@click.option("--tenant", "slug", help="Only this tenant; otherwise every one.")
@click.option("--dry-run", is_flag=True, help="Only count, and change nothing.")
def run(slug: str | None, dry_run: bool) -> None:
    """Remove what is over by the rules of docs/running.md, in batches, and say how much of each."""
    tenants = _tenants(slug)
    if not tenants:
        raise click.ClickException(f"There is no tenant {slug!r}." if slug else "There is no tenant yet.")
    now = datetime.now(UTC)
    for tenant_id, name in tenants:
        with current_app.app_context(), tenant_scope(tenant_id):
            ended = _count(now) if dry_run else end_for_tenant(now, inf)
        for rule in RULES:
            would = "would go" if dry_run else "went"
            click.echo(f"{name}: {ended[rule.name]} {would}: {rule.words} (after {rule.days} days).")


def _count(now: datetime) -> Counter[str]:
    return Counter({rule.name: retention.count(rule, now) for rule in RULES})


def _tenants(slug: str | None) -> list[tuple[UUID, str]]:
    wanted = select(Tenant.id, Tenant.slug).order_by(Tenant.slug)
    if slug:
        wanted = wanted.where(Tenant.slug == slug)
    with current_app.app_context():
        return [(row.id, row.slug) for row in db.session.execute(wanted)]
