"""The page of a date from which certificates are issued, and the page of the run that makes them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask_admin import expose
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.domain.errors import Invalid, Refused
from backoffice.domain.times import say_span
from backoffice.models import CertificateRun, Schedule
from backoffice.services.certificates import eligibility, issuing, making, reading
from backoffice.services.certificates.eligibility import Candidate
from backoffice.views.admin.certificates import pieces
from backoffice.views.arguments import read_id
from backoffice.views.requests import current_actor
from backoffice.work import commit_once


class IssuePages:
    """Mixed into the screen before AdminView."""

    get_url: Any

    @expose("/issue/", methods=("GET", "POST"))
    def issue(self) -> Any:
        """Who of a date gets a certificate and who does not and why; the ticked ones are issued by one key."""
        schedule = _get_schedule()
        if request.method == "GET":
            return _issue_page(schedule)
        ticked = [found for found in map(read_id, request.form.getlist("attendee")) if found]
        try:
            run = commit_once(lambda: issuing.issue(ticked, current_actor(), schedule_id=schedule.id))
        except (Invalid, Refused) as error:
            return _issue_page(schedule, set(ticked), error.message), error.status
        _say_left_out(len(set(ticked)) - run.total)
        return redirect(url_for(".run_view", id=run.id), 303)

    @expose("/run/")
    def run_view(self) -> Any:
        """How far a run is, and each of its certificates with its mail."""
        run = _get_run()
        certificates = reading.list_of_run(run.id)
        deliveries = reading.deliveries([each.id for each in certificates])
        return render_template(
            "admin/certificates/run.html",
            run=run,
            rows=[(each, pieces.delivery_cell(each, deliveries.get(each.id))) for each in certificates],
            paper_cell=lambda row: pieces.paper_cell(self, None, row, "paper"),
            may_issue=current_actor().may("certificate.issue"),
        )

    @expose("/run/progress/")
    def run_progress(self) -> Any:
        """How far a run is, for the page that waits."""
        run = _get_run()
        return jsonify(status=_state(run), done=run.made + run.failed, total=run.total)

    @expose("/run/again/", methods=("POST",))
    def try_again(self) -> Any:
        """Have the failed certificates of a run made again."""
        run_id = read_id(request.form.get("id")) or abort(404)
        try:
            count = commit_once(lambda: making.try_again(run_id, current_actor()))
            flash(f"{count} {'is' if count == 1 else 'are'} being made again.", "success")
        except Refused as error:
            flash(error.message, "error")
        return redirect(url_for(".run_view", id=run_id), 303)


def _state(run: CertificateRun) -> str:
    return "finished" if run.is_finished else "working"


def _get_schedule() -> Schedule:
    wanted = read_id(request.values.get("id")) or abort(404)
    statement = select(Schedule).where(Schedule.id == wanted)
    loaded = statement.options(joinedload(Schedule.course), joinedload(Schedule.venue))
    return db.session.scalar(loaded) or abort(404)


def _get_run() -> CertificateRun:
    return reading.get_run(read_id(request.args.get("id")) or abort(404))


def _say_left_out(count: int) -> None:
    if count > 0:
        people = "person was" if count == 1 else "people were"
        flash(f"{count} {people} left out: something changed meanwhile. Look at the date again.", "warning")


def _issue_page(schedule: Schedule, ticked: set[UUID] | None = None, problem: str = "") -> str:
    candidates = eligibility.list_eligible(schedule_ids=[schedule.id])
    getting = [each for each in candidates if each.why_not is None]
    return render_template(
        "admin/certificates/issue.html",
        schedule=schedule,
        when=say_span(schedule.starts_at, schedule.ends_at, schedule.time_zone),
        getting=getting,
        others=[each for each in candidates if each.why_not is not None],
        is_ticked=lambda each: _is_ticked(each, ticked),
        lost_letters=pieces.lost_letters,
        problem=problem,
        last_run=reading.last_run_of(schedule.id),
        where_to=_where_to,
    )


def _is_ticked(candidate: Candidate, ticked: set[UUID] | None) -> bool:
    """As it was sent; to begin with, everybody whose name the paper can show."""
    if ticked is None:
        return not pieces.lost_letters(candidate.name)
    return candidate.attendee_id in ticked


def _where_to(candidate: Candidate) -> str:
    return candidate.email or "No e-mail: print it"
