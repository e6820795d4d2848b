"""`flask outbox …`: what was promised and not yet done."""

import click
from flask.cli import AppGroup

from backoffice.jobs import sweeps

group = AppGroup("outbox", help="Look after what is to be done after a commit.")


@group.command("sweep")
def sweep() -> None:
    """Ring once for every message and outbox row that is due; without Redis they are done here."""
    click.echo(f"{sweeps.sweep_messages()} messages and {sweeps.sweep_outbox()} outbox rows were due.")
