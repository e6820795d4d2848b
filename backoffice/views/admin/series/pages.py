"""Pages of series of dates. A grid is looked at first; only what is ticked in it is saved, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from backoffice.database import db, new_id
from backoffice.domain.errors import DomainError
from backoffice.domain.times import say_date, to_local
from backoffice.models import Schedule, ScheduleSeries
from backoffice.services import series
from backoffice.services.series import Proposal, SeriesIn
from backoffice.services.series.changing import Part
from backoffice.services.series.reading import say_series
from backoffice.views.admin import timeline
from backoffice.views.admin.catalogue import say_when, state_of
from backoffice.views.admin.formats import page_zone
from backoffice.views.admin.schedules.checks import check
from backoffice.views.admin.schedules.forms import Begun
from backoffice.views.admin.schedules.pages import teachers
from backoffice.views.admin.series.forms import ChangeForm, SeriesForm, digest_of
from backoffice.views.arguments import read_id
from backoffice.views.requests import current_actor
from backoffice.work import commit_once

blueprint = Blueprint("series", __name__, url_prefix="/admin/series")

LOOK_AGAIN = "You changed the plan since: look at the dates below once more, then save."


@dataclass(frozen=True)
class Grid:
    """What the preview shows; `ticked` are the keys that a box is ticked for."""

    rows: list[Proposal]
    ticked: set[str]
    notes: list[str]


@blueprint.get("/")
def index_view() -> str:
    """Every series, those with dates to come first."""
    lines = [(line, say_series(line.series), _say_next(line.next_at)) for line in series.list_series()]
    return render_template(
        "admin/series/index.html", lines=lines, may_edit=current_actor().may("schedule.edit")
    )


def _say_next(instant: datetime | None) -> str:
    return say_date(to_local(instant, page_zone()).date()) if instant else ""


@blueprint.route("/new/", methods=("GET", "POST"))
def create() -> Any:
    """Plan a series: the form, then the grid of its dates, then the act of making them."""
    if request.method == "GET":
        return _plan_page(SeriesForm(obj=Begun(request.args), data={"series_id": str(new_id())}))
    form = SeriesForm(_sent())
    if "add_day" in request.form:
        form.add_row()
        return _plan_page(form)
    if not form.validate():
        return _plan_page(form)
    try:
        asked = form.asked()
    except ValueError:
        form.add_error("days", "Enter at least one day.")
        return _plan_page(form)
    return _answer_plan(form, asked)


def _sent() -> MultiDict[str, str]:
    sent = MultiDict(request.form)
    for name, target in (("use_venue", "venue_id"), ("use_instructor", "instructor_id")):
        if name in sent:
            sent[target] = sent[name]
    return sent


def _answer_plan(form: SeriesForm, asked: SeriesIn) -> Any:
    """The grid, or the series when its dates were made."""
    digest = digest_of(
        asked.rule, asked.first.course_id, asked.first.venue_id, asked.first.days, form.people()
    )
    if "save" in request.form and form.previewed.data != digest:
        form.form_errors.append(LOOK_AGAIN)
    elif "save" in request.form:
        made = _make(form, asked)
        if made:
            return made
    grid = _try(form, lambda: _grid_of_plan(asked))
    form.previewed.data = digest
    return _plan_page(form, grid)


def _make(form: SeriesForm, asked: SeriesIn) -> Any:
    """Where to go once it is made; None with the refusal in the form."""
    series_id = read_id(form.series_id.data or "") or new_id()
    chosen = request.form.getlist("chosen")
    try:
        commit_once(lambda: series.make(asked, chosen, current_actor(), series_id=series_id))
    except DomainError as error:
        db.session.rollback()
        if not series.find_series(series_id):
            form.refuse(_in_context(error))
            return None
        flash("This series was planned already: here it is.", "info")
    else:
        count = len(set(chosen))
        flash(f"Planned: {count} date{'s' * (count != 1)}.", "success")
    return redirect(url_for(".details", series_id=series_id), 303)


def _in_context(error: DomainError) -> DomainError:
    """What the database refused has no name of a date in it: the grid below has."""
    if error.code in ("venue_busy", "instructor_busy"):
        text = "Somebody else has planned for one of these times meanwhile. Nothing was saved: look at the dates again."
        return DomainError(error.code, text)
    return error


def _grid_of_plan(asked: SeriesIn) -> Grid:
    found = series.preview(asked)
    return Grid(found.rows, _ticked(found.rows, asked.first.override_reason), found.notes)


def _ticked(rows: list[Proposal], reason: str | None) -> set[str]:
    """What was ticked in the grid before, as far as it is possible; at first whatever nothing speaks against."""
    possible = {row.key for row in rows if row.can_be_made}
    if "grid" in request.form and request.form.get("grid") == ",".join(row.key for row in rows):
        return possible & set(request.form.getlist("chosen"))
    return {row.key for row in rows if row.is_proposed or (reason and row.can_be_made and not row.left_out)}


def _try(form: Any, look: Callable[[], Grid]) -> Grid | None:
    """The grid, or None with the refusal in the form."""
    try:
        return look()
    except DomainError as error:
        form.refuse(error)
        return None


def _plan_page(form: SeriesForm, grid: Grid | None = None) -> Any:
    looked_up = check(form, None) if request.method == "POST" else None
    page = render_template("admin/series/plan.html", form=form, grid=grid, check=looked_up)
    return page, 422 if form.errors else 200


# --- The page of a series ---


@blueprint.get("/<uuid:series_id>/")
def details(series_id: UUID) -> str:
    """A series and its dates as they are now."""
    found = _get(series_id)
    dates = series.list_dates(series_id)
    return render_template(
        "admin/series/details.html",
        found=found,
        rule=say_series(found),
        dates=dates,
        say_when=say_when,
        state_of=state_of,
        teachers=teachers,
        drafts=sum(each.status == "draft" for each in dates),
        coming=[each for each in dates if _is_open(each)],
        timeline=timeline.of_row(found),
        may_edit=current_actor().may("schedule.edit"),
    )


@blueprint.post("/<uuid:series_id>/publish/")
def publish(series_id: UUID) -> Any:
    """Put all drafts of the series on sale."""
    _get(series_id)
    try:
        count = commit_once(lambda: series.publish_drafts(series_id, current_actor()))
        flash(
            f"On sale: {count} date{'s' * (count != 1)}." if count else "There are no drafts left.", "success"
        )
    except DomainError as error:
        flash(f"Nothing was put on sale. {error.message}", "error")
    return redirect(url_for(".details", series_id=series_id), 303)


@blueprint.route("/<uuid:series_id>/change/", methods=("GET", "POST"))
def change(series_id: UUID) -> Any:
    """Change one date, this and the later ones, or all."""
    found = _get(series_id)
    dates = [each for each in series.list_dates(series_id) if _is_open(each)]
    if request.method == "GET":
        given = {"scope": request.args.get("scope", "later"), "from_id": read_id(request.args.get("from"))}
        form = ChangeForm(data=given)
        form.offer(dates)
        return _change_page(found, form)
    form = ChangeForm(request.form)
    form.offer(dates)
    if not form.validate():
        return _change_page(found, form)
    if form.from_id.data is None:
        form.add_error("from_id", "Choose a date of this series.")
        return _change_page(found, form)
    return _answer_change(found, form)


def _answer_change(found: ScheduleSeries, form: ChangeForm) -> Any:
    part, wanted = Part(found.id, form.from_id.data, form.scope.data), form.wanted()
    digest = digest_of(part, wanted.weekday, wanted.start, wanted.end, wanted.venue_id, form.people())
    digest = digest_of(digest, wanted.capacity, wanted.price_minor)
    if "save" in request.form and form.previewed.data != digest:
        form.form_errors.append(LOOK_AGAIN)
    elif "save" in request.form:
        chosen = request.form.getlist("chosen")
        try:
            count = commit_once(lambda: series.apply_change(part, wanted, chosen, current_actor()))
        except DomainError as error:
            db.session.rollback()
            form.refuse(_in_context(error))
        else:
            flash(f"Changed: {count} date{'s' * (count != 1)}.", "success")
            return redirect(url_for(".details", series_id=part.series_id), 303)

    def look() -> Grid:
        rows = series.preview_change(part, wanted)
        return Grid(rows, _ticked(rows, wanted.override_reason), [])

    grid = _try(form, look)
    form.previewed.data = digest
    return _change_page(_get(part.series_id), form, grid)


def _change_page(found: ScheduleSeries, form: ChangeForm, grid: Grid | None = None) -> Any:
    page = render_template(
        "admin/series/change.html", found=found, rule=say_series(found), form=form, grid=grid
    )
    return page, 422 if form.errors else 200


def _is_open(schedule: Schedule) -> bool:
    return schedule.status in ("draft", "published") and schedule.starts_at > datetime.now(UTC)


def _get(series_id: UUID) -> ScheduleSeries:
    return series.find_series(series_id) or abort(404)
