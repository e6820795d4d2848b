"""`flask import KIND FILE`: a spreadsheet comes in. Exit code 1: rows were refused; 2: the file cannot be read."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from backoffice.commands.console import console_actor, scope_of, tenant_option
from backoffice.domain.errors import DomainError
from backoffice.services import imports
from backoffice.services.imports import KINDS, OUTCOMES, Judged
from backoffice.work import commit_once

SOME_REFUSED, UNREADABLE = 1, 2


@click.command("import")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@tenant_option
@with_appcontext
def command(kind: str, file: Path, dry_run: bool, slug: str | None) -> None:
    """Import courses, venues, instructors, schedules or bookings from a CSV or .xlsx file."""
    with scope_of(slug):
        try:
            judged = _import(kind, file, dry_run)
        except DomainError as error:
            click.echo(error.message, err=True)
            raise SystemExit(UNREADABLE) from error
        except OSError as error:
            click.echo(f"{file} cannot be read: {error.strerror}.", err=True)
            raise SystemExit(UNREADABLE) from error
    _report(judged, dry_run)
    if judged.refused:
        _write_refused(judged, file)
        raise SystemExit(SOME_REFUSED)


def _import(kind: str, file: Path, dry_run: bool) -> Judged:
    table = imports.read(kind, file.read_bytes(), file.name)
    if dry_run:
        return imports.judge(kind, table)
    return commit_once(lambda: _judge_and_write(kind, table))


def _judge_and_write(kind: str, table: imports.Table) -> Judged:
    judged = imports.judge(kind, table)
    imports.write(judged, console_actor("import"))
    return judged


def _report(judged: Judged, dry_run: bool) -> None:
    for warning in judged.warnings:
        click.echo(warning, err=True)
    for verdict in judged.refused:
        name = f" ({verdict.key})" if verdict.key else ""
        click.echo(f"line {verdict.line}{name}: {verdict.reason}", err=True)
    counts = ", ".join(f"{judged.counts[outcome]} {outcome}" for outcome in OUTCOMES)
    click.echo(f"{judged.kind.name}: {counts}" + (" (dry run, nothing was changed)" if dry_run else ""))


def _write_refused(judged: Judged, file: Path) -> None:
    target = file.with_name(f"{file.name}.refused.csv")
    rows = [(verdict.cells, verdict.reason) for verdict in judged.refused]
    try:
        target.write_bytes(b"".join(imports.refused_rows(judged.header, rows)))
    except OSError as error:
        click.echo(f"The refused rows could not be written to {target}: {error.strerror}.", err=True)
        return
    click.echo(f"The refused rows are in {target}.")
