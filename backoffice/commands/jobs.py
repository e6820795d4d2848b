"""`flask jobs …`: the processes behind the pages."""

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from redis import RedisError

from backoffice.jobs import pulse, schedule
from backoffice.jobs.house_worker import work_forever
from backoffice.jobs.queues import QUEUES, connect, queue

group = AppGroup("jobs", help="Run and look at the work behind the pages.")


@group.command("work")
@click.argument("name", type=click.Choice(QUEUES))
@click.option("--burst", is_flag=True, help="Stop when the queue is empty.")
def work(name: str, burst: bool) -> None:
    """Work one queue until told to stop; the job in hand is finished first."""
    work_forever(_app(), name, burst=burst)


@group.command("schedule")
def run_schedule() -> None:
    """Do the periodic work until told to stop."""
    schedule.run_forever(_app())


@group.command("list")
def show() -> None:
    """Show the periodic work, the queues and who was last seen."""
    for entry in schedule.PERIODIC:
        click.echo(f"{entry.name:<20} every {entry.every_seconds:>6} s")
    try:
        for name in QUEUES:
            click.echo(f"queue {name:<14} {queue(name).count:>6} waiting")
        for name, seconds in sorted(pulse.last_beats(connect()).items()):
            click.echo(f"{name:<20} last seen {seconds:.0f} s ago")
    except RedisError as error:
        raise click.ClickException(f"Redis does not answer: {error}") from error


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined]
