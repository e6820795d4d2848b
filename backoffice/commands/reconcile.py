"""`flask reconcile`: our books against the gateways', for a terminal or a monitor."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

import click

from backoffice.commands.console import console_actor, in_words, scope_of
from backoffice.database import db
from backoffice.domain.gateway_terms import GATEWAY_LABELS
from backoffice.domain.money import format_money
from backoffice.domain.times import say_days
from backoffice.jobs import reconciling
from backoffice.models import Reconciliation, Tenant
from backoffice.services import reconciliation, reconciliation_asking, tenants
from backoffice.services.reconciliation import LONGEST
from backoffice.services.reconciliation_asking import MOST_DAYS, USUAL_DAYS
from backoffice.work import commit_once

DIFFERENT, NO_ANSWER = 1, 2
UNDER_WAY = ("waiting", "running")
PAUSE_SECONDS = 0.5
ROW = "{:<14} {:<12} {:<37} {:>15} {:>15} {:>11}"
HEADING = ("tenant", "gateway", "span", "ours", "theirs", "differences")


@click.command("reconcile")
@click.option("--tenant", "slug", help="Only this tenant; otherwise every one.")
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=USUAL_DAYS,
    show_default=True,
    help="So many whole days, and today so far.",
)
@in_words
def command(slug: str | None, days: int) -> None:
    """Compare our books with every gateway's.

    Exit code 1 when they differ, otherwise 2 when a gateway did not answer.
    """
    slugs = [slug] if slug else [tenant.slug for tenant in tenants.list_all()]
    click.echo(ROW.format(*HEADING))
    codes = {code for each in slugs for code in _reconcile(each, days)}
    raise SystemExit(DIFFERENT if DIFFERENT in codes else max(codes, default=0))


def _reconcile(slug: str, days: int) -> list[int]:
    """The exit code of each account of a tenant."""
    with scope_of(slug) as tenant_id:
        actor = console_actor(role="admin")
        begun = commit_once(lambda: reconciliation_asking.begin_all(days, actor, datetime.now(UTC)))
        ids = [run.id for run in begun]
        return [_compare(run_id, slug, tenant_id) for run_id in ids]


def _compare(run_id: UUID, slug: str, tenant_id: UUID) -> int:
    reconciling.run_now(run_id)
    run = _ended(run_id)
    click.echo(ROW.format(slug, *_cells(run, db.session.get_one(Tenant, tenant_id).time_zone)))
    for sentence in _sentences(run):
        click.echo(f"  {sentence}")
    return _code(run)


def _ended(run_id: UUID) -> Reconciliation:
    """The comparison once it is done: a worker that heard the bell may have been quicker."""
    deadline = time.monotonic() + LONGEST.total_seconds()
    run = reconciliation.get(run_id)
    while run.state in UNDER_WAY and time.monotonic() < deadline:
        db.session.rollback()
        time.sleep(PAUSE_SECONDS)
        run = reconciliation.get(run_id)
    return run


def _cells(run: Reconciliation, time_zone: str) -> Sequence[object]:
    ours = run.payments_here_minor - run.refunds_here_minor
    theirs = run.payments_there_minor - run.refunds_there_minor
    is_known = run.state in ("equal", "different")
    amounts = [format_money(each, run.currency) if is_known else "-" for each in (ours, theirs)]
    count = run.difference_count if is_known else "-"
    return GATEWAY_LABELS[run.account.gateway], say_days(run.since, run.until, time_zone), *amounts, count


def _sentences(run: Reconciliation) -> Iterator[str]:
    if run.state == "failed":
        yield f"Not compared: {run.error}"
    if run.state in UNDER_WAY:
        yield "Not compared yet: a worker is still at it."
    yield from (each["sentence"] for each in run.differences)
    if len(run.differences) < run.difference_count:
        yield f"The first {len(run.differences)} of {run.difference_count} are listed."


def _code(run: Reconciliation) -> int:
    kinds = {each["kind"] for each in run.differences}
    if kinds - {"no_answer"}:
        return DIFFERENT
    return NO_ANSWER if kinds or run.state != "equal" else 0
