"""Saved reports: who gets which, how often, and an end to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from backoffice.domain.errors import Invalid
from backoffice.services import reports, saved_reports
from backoffice.services.reports import periods
from backoffice.views.requests import current_actor
from backoffice.work import commit_once

blueprint = Blueprint("saved_reports", __name__, url_prefix="/admin/reports/saved")


@blueprint.get("/")
def index_view() -> Any:
    """What is mailed to whom."""
    return _page("", {})


@blueprint.route("/new/<name>/", methods=["GET", "POST"])
def save(name: str) -> Any:
    """Save a report, and have it mailed."""
    reports.get(name)
    if request.method == "GET":
        return _page(name, {})
    chosen = request.form.getlist("recipients")
    try:
        commit_once(
            lambda: saved_reports.save(name, request.form, chosen, current_actor(), datetime.now(UTC))
        )
    except Invalid as error:
        return _page(name, error.fields or {error.field or "name": error.message}), error.status
    flash("The report is saved. It is mailed from the next week or month on.", "success")
    return redirect(url_for(".index_view"))


@blueprint.post("/<uuid:saved_id>/end/")
def end(saved_id: UUID) -> Any:
    """Mail it no more."""
    commit_once(lambda: saved_reports.end(saved_id, current_actor()))
    flash("The report is not mailed any more.", "success")
    return redirect(url_for(".index_view"))


def _page(name: str, problems: dict[str, str]) -> str:
    readers = saved_reports.list_readers()
    names = {str(user.id): user.name for user in readers}
    return render_template(
        "admin/reports/saved.html",
        saved=saved_reports.list_saved(),
        report=reports.REPORTS.get(name),
        titles={each.name: each.title for each in reports.REPORTS.values()},
        names=names,
        readers=readers,
        presets=periods.PRESETS,
        problems=problems,
        given=request.form if request.method == "POST" else request.args,
        chosen=request.form.getlist("recipients"),
    )
