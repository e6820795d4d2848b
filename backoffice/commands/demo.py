"""`flask demo`: two training providers to try things out with."""

import secrets

import click
from flask import current_app

from backoffice.commands.console import in_words
from backoffice.services import demo


@click.command("demo")
@in_words
def command() -> None:
    """Make the demonstration's tenants, or see to their logins where they exist."""
    password = current_app.extensions["settings"].demo_password
    if not password:
        password = f"demo-{secrets.token_hex(6)}"
        click.echo(f"DEMO_PASSWORD is not set; all demonstration logins have the password {password}")
    for line in demo.make(password):
        click.echo(line)
