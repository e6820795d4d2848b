"""The page behind the link of a called-off date: what happened, what was paid, and the ways to choose from.

The address holds a secret, so nothing of it leaves: no referrer, nothing kept, nothing indexed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import ngettext

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.domain.money import format_money
from backoffice.models import ScheduleChoice
from backoffice.services import called_off, rate_limits, waiting_turn
from backoffice.services.called_off import Answer, words
from backoffice.services.dates_on_sale import OfferedDate
from backoffice.views.arguments import read_id
from backoffice.views.public.local_times import say_instant, say_span
from backoffice.views.requests import current_actor
from backoffice.work import commit_once

blueprint = Blueprint("choice", __name__)

MOST_DATES = 20


@blueprint.after_request
def keep_secret(answer: Response) -> Response:
    """A form sent under "no-referrer" would not say that it is ours: the page tells its address to us alone."""
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


@blueprint.get("/choice/<token>")
def page(token: str) -> Any:
    return _show(_find(token))


@blueprint.post("/choice/<token>")
def choose(token: str) -> Any:
    """Do what was chosen, once: whoever sends it again is shown what was chosen first."""
    choice_id = _find(token).id
    wanted = Answer(request.form.get("way", ""), read_id(request.form.get("schedule_id")))
    try:
        commit_once(lambda: called_off.answer(choice_id, wanted, current_actor()))
    except DomainError as error:
        db.session.rollback()
        return _show(_find(token), error), error.status
    return redirect(url_for(".page", token=token), 303)


def _find(token: str) -> ScheduleChoice:
    """The choice of this link; an unknown one is 404, and few may be tried."""
    choice = called_off.find(token)
    if choice is None:
        rate_limits.take(rate_limits.look_limits("guess", request.remote_addr))
        abort(make_response(render_template("public/pay_unknown.html"), 404))
    return choice


def _show(choice: ScheduleChoice, error: DomainError | None = None) -> str:
    now = datetime.now(UTC)
    may_choose = not choice.is_answered and not choice.is_late(now)
    dates = _dates(choice, now) if may_choose else []
    return render_template(
        "public/choice.html",
        token=choice.token,
        error=error,
        may_choose=may_choose,
        dates=[_date(each, choice) for each in dates],
        said=words.of_booking(choice.booking_id),
        **_facts(choice),
    )


def _dates(choice: ScheduleChoice, now: datetime) -> list[OfferedDate]:
    """What may be chosen; places that a waiting list is about to be offered are no choice."""
    found = called_off.list_dates_for(choice, now)
    kept = waiting_turn.list_kept([each.id for each in found])
    return [each for each in found if each.id not in kept][:MOST_DATES]


def _facts(choice: ScheduleChoice) -> dict[str, Any]:
    """What the page says of the provider and of the booking; no name of anybody."""
    booking, schedule = choice.booking, choice.schedule
    return {
        "reference": booking.reference,
        "course": schedule.course.title,
        "when": [say_span(day.starts_at, day.ends_at, schedule.time_zone) for day in schedule.days],
        "places": ngettext("%(num)s place", "%(num)s places", booking.seats),
        "deadline": say_instant(choice.deadline_at, schedule.time_zone),
        "total": format_money(booking.total_minor, booking.currency),
    }


def _date(date: OfferedDate, choice: ScheduleChoice) -> dict[str, Any]:
    return {
        "id": date.id,
        "when": say_span(date.starts_at, date.ends_at, date.time_zone),
        "where": f"{date.town}, {date.venue}" if date.town and date.town not in date.venue else date.venue,
        "left": ngettext("%(num)s place left", "%(num)s places left", date.seats_left),
        "is_proposed": date.id == choice.proposed_schedule_id,
    }
