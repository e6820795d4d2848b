"""Jobs: what waits, what runs, what stopped and why, and when the periodic work was done last.

Rows are the provider's own. Of the installation it shows what belongs to nobody: processes, lengths of queues, periodic work.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.domain.errors import Invalid, Refused
from backoffice.domain.text import clean_line
from backoffice.jobs import watching
from backoffice.jobs.schedule import PERIODIC, Periodic
from backoffice.models import OutboxRow, PeriodicRun
from backoffice.services import backlog, messages, outbox, periodic_runs
from backoffice.views.admin import jobs_words
from backoffice.views.requests import current_actor
from backoffice.work import commit_once

blueprint = Blueprint("jobs", __name__, url_prefix="/admin/jobs")

MOST_LISTED = 50
MOST_MAILS = 10
# Periodic work is late when so many of its periods went by, and at least so many seconds.
LATE_PERIODS, LATE_SECONDS = 3, 60


@dataclass(frozen=True)
class Shown:
    """One kind of periodic work as people read it."""

    label: str
    every: str
    run: PeriodicRun | None
    next_at: datetime
    state: tuple[str, str]

    @property
    def took(self) -> str:
        if self.run is None or self.run.ended_at is None:
            return ""
        seconds = (self.run.ended_at - self.run.began_at).total_seconds()
        return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


@blueprint.get("/")
def index_view() -> str:
    """Everything on one page."""
    runs, now = periodic_runs.all_runs(), time.time()
    return render_template(
        "admin/jobs/index.html",
        seen=watching.look(),
        waiting=backlog.list_waiting(),
        most_counted=backlog.MOST_COUNTED,
        dead=outbox.list_dead(MOST_LISTED),
        failing=outbox.list_failing(MOST_LISTED),
        most_listed=MOST_LISTED,
        mails=messages.list_failed(MOST_MAILS),
        periodic=[_shown(entry, runs.get(entry.name), now) for entry in PERIODIC],
        words=jobs_words,
    )


@blueprint.get("/<uuid:id>/")
def details_view(id: UUID) -> str:
    """One job: why it stopped, and what can be done."""
    return _details(id)


@blueprint.post("/<uuid:id>/retry")
def retry(id: UUID) -> Response:
    """Have a stopped job done after all."""
    return _act(id, lambda: outbox.try_again(id, current_actor()), "It is being tried again.")


@blueprint.post("/<uuid:id>/set-aside")
def set_aside(id: UUID) -> Any:
    """Leave a stopped job undone."""
    try:
        reason = clean_line(request.form.get("reason", ""), field="reason", maximum=200, required=True)
    except Invalid as error:
        return _details(id, error.message), error.status
    return _act(
        id,
        lambda: outbox.set_aside(id, reason or "", current_actor()),
        "It is set aside and will not be done.",
    )


def _details(row_id: UUID, problem: str = "") -> str:
    row = outbox.get(row_id)
    return render_template(
        "admin/jobs/details.html",
        row=row,
        title=jobs_words.topic(row.topic),
        state=_state_of_row(row),
        problem=problem,
        reason=request.form.get("reason", ""),
    )


def _act(row_id: UUID, work: Callable[[], object], said: str) -> Response:
    try:
        commit_once(work)
    except Refused as error:
        flash(error.message, "error")
    else:
        flash(said, "success")
    return redirect(url_for(".details_view", id=row_id), 303)


def _state_of_row(row: OutboxRow) -> tuple[str, str]:
    if row.done_at is not None:
        return "Finished", "good"
    if row.dead_at is not None:
        return "Stopped", "bad"
    return ("Tried again later", "wait") if row.last_error else ("Waiting", "wait")


def _shown(entry: Periodic, run: PeriodicRun | None, now: float) -> Shown:
    next_at = datetime.fromtimestamp(entry.next_at(now), UTC)
    return Shown(
        jobs_words.periodic(entry.name),
        jobs_words.every(entry.every_seconds),
        run,
        next_at,
        _state_of(entry, run, now),
    )


def _state_of(entry: Periodic, run: PeriodicRun | None, now: float) -> tuple[str, str]:
    if run is None:
        return "Not yet", "quiet"
    if now - run.began_at.timestamp() > max(LATE_PERIODS * entry.every_seconds, LATE_SECONDS):
        return "Late", "bad"
    if run.failures:
        return ("Failed" if run.failures == 1 else f"Failed {run.failures} times"), "bad"
    return ("Done", "good") if run.ended_at else ("Running", "wait")
