"""`flask jobs …`: the processes behind the pages."""

import click
from flask import current_app
from flask.cli import AppGroup

from backoffice.jobs.house_worker import work_forever
from backoffice.jobs.queues import QUEUES

group = AppGroup("jobs", help="Run and look at the work behind the pages.")


@group.command("work")
@click.argument("queue", type=click.Choice(QUEUES))
@click.option("--burst", is_flag=True, help="Stop when the queue is empty.")
def work(queue: str, burst: bool) -> None:
    """Work one queue until told to stop."""
    work_forever(current_app._get_current_object(), queue, burst=burst)
