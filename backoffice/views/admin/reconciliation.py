"""Reconciliation: our books beside each gateway's, what differs, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for

from backoffice.domain.errors import Invalid, Refused
from backoffice.domain.gateway_terms import GATEWAY_LABELS
from backoffice.domain.reconciling import ADVICE, KINDS
from backoffice.domain.times import say_days
from backoffice.models import Reconciliation
from backoffice.services import reconciliation, reconciliation_asking
from backoffice.services.reconciliation_asking import MOST_DAYS, USUAL_DAYS
from backoffice.views.admin.formats import page_zone
from backoffice.views.admin.pieces import may_open
from backoffice.views.requests import current_actor
from backoffice.work import commit_once

blueprint = Blueprint("reconciliation", __name__, url_prefix="/admin/reconciliation")

WORKING = ("waiting", "running")
# A comparison's state in words, and the tone of its pill.
STATES = {
    "waiting": ("Waiting", "wait"),
    "running": ("Running", "wait"),
    "equal": ("Equal", "good"),
    "different": ("Different", "bad"),
    "failed": ("Not compared", "bad"),
}
UNHEARD = ("Not all answered", "wait")
WHY = {"open": "Open payments", "night": "Each night", "month": "Each month", "asked": "Asked for"}


@dataclass(frozen=True)
class Shown:
    """A comparison as people read it."""

    run: Reconciliation
    gateway: str
    days: str
    why: str
    state: tuple[str, str]
    is_working: bool
    has_figures: bool

    @property
    def rows(self) -> list[tuple[str, int, int, int, int]]:
        """(what, how many here, minor units here, the same there) of money in and money given back."""
        run = self.run
        money_in = (
            run.payments_here,
            run.payments_here_minor,
            run.payments_there,
            run.payments_there_minor,
        )
        back = (run.refunds_here, run.refunds_here_minor, run.refunds_there, run.refunds_there_minor)
        return [("Money in", *money_in), ("Given back", *back)]


@blueprint.get("/")
def index_view() -> Any:
    """The latest comparisons, and the form that starts one."""
    return _list_page("")


@blueprint.post("/")
def start() -> Any:
    """Have the last days compared with every account."""
    try:
        days = _days()
        runs = commit_once(lambda: reconciliation_asking.ask(days, current_actor(), datetime.now(UTC)))
    except Invalid as error:
        return _list_page(error.message), error.status
    except Refused as error:
        flash(error.message, "error")
        return redirect(url_for(".index_view"), 303)
    if len(runs) == 1:
        return redirect(url_for(".details_view", id=runs[0].id), 303)
    flash("The comparisons are running: their results appear here.", "info")
    return redirect(url_for(".index_view"), 303)


@blueprint.get("/<uuid:id>/")
def details_view(id: UUID) -> Any:
    """One comparison: both sums, and each difference with what to do."""
    shown = _shown(reconciliation.get(id))
    return render_template(
        "admin/reconciliation/details.html",
        shown=shown,
        run=shown.run,
        kinds=KINDS,
        advice=ADVICE,
        url_of=_url_of,
        settings_url=url_for("gateways.index_view") if may_open("gateways.index_view") else "",
    )


@blueprint.get("/<uuid:id>/progress")
def progress(id: UUID) -> Any:
    """How far a comparison is, for the page that waits."""
    run = reconciliation.get(id)
    return jsonify(status=run.state, done=run.looked_at)


def _days() -> int:
    text = request.form.get("days", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _list_page(problem: str) -> str:
    shown = list(_all_shown())
    return render_template(
        "admin/reconciliation/index.html",
        every=shown,
        working=next((each for each in shown if each.is_working), None),
        problem=problem,
        days=request.form.get("days", USUAL_DAYS),
        most_days=MOST_DAYS,
    )


def _all_shown() -> Iterator[Shown]:
    return (_shown(run) for run in reconciliation.list_runs())


def _shown(run: Reconciliation) -> Shown:
    return Shown(
        run,
        GATEWAY_LABELS[run.account.gateway],
        say_days(run.since, run.until, page_zone()),
        WHY[run.kind],
        _state_of(run),
        run.state in WORKING,
        run.state in ("equal", "different"),
    )


def _state_of(run: Reconciliation) -> tuple[str, str]:
    """A gateway that was only silent does not say that anything differs."""
    if run.state == "different" and all(each["kind"] == "no_answer" for each in run.differences):
        return UNHEARD
    return STATES[run.state]


def _url_of(difference: dict[str, Any]) -> str | None:
    """Where the difference is looked into here."""
    payment_id = difference.get("payment_id")
    return url_for("payments.details_view", id=payment_id) if payment_id else None
