"""`flask tenant …`: the training providers on this installation."""

import click
from flask.cli import AppGroup

from backoffice.commands import gateways
from backoffice.commands.console import console_actor, in_words
from backoffice.database import db, new_id
from backoffice.services import tenants
from backoffice.services.tenants import NewTenant
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once

group = AppGroup("tenant", help="Training providers on this installation.")


@group.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="As customers know it.")
@click.option("--currency", default="GBP", show_default=True)
@click.option("--time-zone", default="Europe/London", show_default=True)
@click.option("--country", default="GB", show_default=True, help="Reads national telephone numbers.")
@click.option("--prefix", required=True, help="Of references: RFT gives RFT-2026-0001.")
@click.option(
    "--host", "hosts", multiple=True, required=True, help="A host name; the first is the primary one."
)
@in_words
def create(slug: str, **details: str) -> None:
    """Make a tenant."""
    hosts = tuple(host.lower().rstrip(".") for host in details.pop("hosts"))
    new = NewTenant(slug=slug, hosts=hosts, **details)
    is_first = not tenants.list_all()
    db.session.remove()  # a Session never changes tenant
    with tenant_scope(new_id()):
        tenant = commit_once(lambda: tenants.create(new, console_actor(role="operator")))
        click.echo(f"Made {tenant.slug} ({tenant.name}) at {', '.join(hosts)}.")
        if is_first:
            gateways.seed_from_environment()
        click.echo(f"Next: flask --app app user create EMAIL --tenant {tenant.slug} --role admin")
        db.session.remove()


@group.command("list")
def list_() -> None:
    """List the tenants with their host names."""
    for tenant in tenants.list_all():
        state = "" if tenant.is_active else "  (not active)"
        hosts = ", ".join(tenants.hosts_of(tenant.id))
        click.echo(
            f"{tenant.slug:<16} {tenant.name:<32} {tenant.currency}  {tenant.time_zone:<20} {hosts}{state}"
        )
