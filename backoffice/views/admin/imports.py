"""Spreadsheets that come in: choose a file, look at what would happen, import it, see what happened."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for

from backoffice.domain.errors import Invalid
from backoffice.models import ImportRow, ImportRun
from backoffice.services import imports
from backoffice.services.imports import KINDS, OUTCOMES, runs
from backoffice.views.requests import current_actor
from backoffice.work import commit_once

blueprint = Blueprint("imports", __name__, url_prefix="/admin/imports")

ROWS_PER_PAGE = 100
WORKING = ("checking", "importing")
# A run's status in words, and the tone of its pill.
STATES = {
    "checking": ("Being checked", "wait"),
    "checked": ("Ready to import", "info"),
    "importing": ("Being imported", "wait"),
    "imported": ("Imported", "good"),
    "failed": ("Failed", "bad"),
}


@blueprint.get("/")
def index_view() -> Any:
    """The form for a file, and the earlier runs."""
    return _start_page({})


@blueprint.post("/")
def upload() -> Any:
    """Keep the file and have it checked."""
    file = request.files.get("file")
    content, name = (file.read(), file.filename or "") if file else (b"", "")
    kind = request.form.get("kind", "")
    try:
        run = commit_once(lambda: runs.start(kind, name, content, current_actor()))
    except Invalid as error:
        return _start_page(error.fields), error.status
    return redirect(url_for(".details_view", run_id=run.id))


@blueprint.get("/<uuid:run_id>/")
def details_view(run_id: UUID) -> Any:
    """What would happen, or what happened, row by row."""
    run = runs.get(run_id)
    shown = request.args.get("show", "")
    outcome = shown if shown in OUTCOMES else None
    after = min(request.args.get("after", 0, type=int) or 0, 10**9)
    rows = list(runs.list_rows(run_id, outcome, after_line=max(after, 0), limit=ROWS_PER_PAGE))
    more = rows[ROWS_PER_PAGE - 1].line if len(rows) > ROWS_PER_PAGE else None
    return render_template(
        "admin/imports/run.html",
        run=run,
        state=STATES[run.status],
        is_working=run.status in WORKING,
        rows=rows[:ROWS_PER_PAGE],
        more=more,
        after=after,
        outcome=outcome,
        tabs=_tabs(run, outcome),
        cells_of=lambda row: _cells_of(row, run),
        wanted=run.counts.get("new", 0) + run.counts.get("changed", 0),
    )


@blueprint.get("/<uuid:run_id>/progress")
def progress(run_id: UUID) -> Any:
    """How far a run is, for the page that waits."""
    run = runs.get(run_id)
    return jsonify(status=run.status, done=run.rows_done, total=run.rows_total)


@blueprint.post("/<uuid:run_id>/confirm")
def confirm(run_id: UUID) -> Any:
    """Have the checked file imported."""
    commit_once(lambda: runs.confirm(run_id, current_actor()))
    return redirect(url_for(".details_view", run_id=run_id))


@blueprint.post("/<uuid:run_id>/check")
def check_again(run_id: UUID) -> Any:
    """Check a file that failed, or that waited while other things changed."""
    commit_once(lambda: runs.check_again(run_id, current_actor()))
    flash("The file is being checked again.", "info")
    return redirect(url_for(".details_view", run_id=run_id))


@blueprint.get("/<uuid:run_id>/refused.csv")
def refused(run_id: UUID) -> Response:
    """The refused rows with their reasons, to be corrected and sent again."""
    run = runs.get(run_id)
    rows = [(row.raw, row.reason or "") for row in runs.list_rows(run_id, "refused", limit=None)]
    body = b"".join(imports.refused_rows(run.counts.get("header", []), rows))
    answer = Response(body, mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{run.kind}.refused.csv")
    return answer


def _start_page(problems: dict[str, str]) -> str:
    return render_template(
        "admin/imports/index.html",
        runs=runs.list_runs(),
        states=STATES,
        problems=problems,
        chosen=request.form.get("kind", ""),
        kinds=[(name, kind.required, kind.optional) for name, kind in KINDS.items()],
    )


def _cells_of(row: ImportRow, run: ImportRun) -> str:
    """The row as it came, in the order of the file."""
    cells = (row.raw.get(name, "") for name in run.counts.get("header", ()))
    return " · ".join(cell for cell in cells if cell)


def _tabs(run: ImportRun, outcome: str | None) -> list[tuple[str, str, bool]]:
    """(words, address, is current) of the rows by outcome; refused first, they want looking at."""
    counts = {name: run.counts.get(name, 0) for name in ("refused", "new", "changed", "same")}
    every = [(f"All {sum(counts.values())}", url_for(".details_view", run_id=run.id), outcome is None)]
    return every + [
        (f"{count} {name}", url_for(".details_view", run_id=run.id, show=name), outcome == name)
        for name, count in counts.items()
        if count
    ]
