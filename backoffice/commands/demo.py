"""`flask demo`: two training providers to try things out with."""

import secrets

import click
from flask import current_app
from flask.cli import with_appcontext

from backoffice.commands import gateways
from backoffice.commands.console import in_words
from backoffice.database import db, new_id
from backoffice.services import demo, demo_site, demo_terms, tenants
from backoffice.services.demo import Place
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once


@click.command("demo")
@with_appcontext
@in_words
def command() -> None:
    """Make the demonstration's tenants, or see to their logins where they exist."""
    password = current_app.extensions["settings"].demo_password
    if not password:
        password = f"demo-{secrets.token_hex(6)}"
        click.echo(f"DEMO_PASSWORD is not set; all demonstration logins have the password {password}")
    for number, place in enumerate(demo.PLACES):
        _see_to(place, password, is_first=number == 0)


def _see_to(place: Place, password: str, *, is_first: bool) -> None:
    known = tenants.find_by_slug(place.new.slug)
    tenant_id = known.id if known else new_id()
    db.session.remove()  # a Session never changes tenant
    with tenant_scope(tenant_id):
        if known is None:
            commit_once(lambda: demo.found(place))
            click.echo(f"Made {place.new.name} ({place.new.slug}).")
        commit_once(lambda: demo_site.ensure(place.new.slug))
        commit_once(demo_terms.ensure)
        if commit_once(lambda: demo.open_logins(place, password)):
            click.echo(f"{place.new.slug}: the demonstration logins have the demonstration password now.")
        if is_first:
            gateways.seed_from_environment()
        gateways.seed_simulated(place.new.slug)
        db.session.remove()
