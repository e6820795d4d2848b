"""What somebody who was there says of a course: one form behind the link of the mail of thanks, no script needed.

The address holds a secret, so nothing of it leaves: no referrer, nothing kept, nothing indexed.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from backoffice.database import db
from backoffice.domain.errors import DomainError, Invalid
from backoffice.models import Attendee
from backoffice.models.review import WORDS_LENGTH
from backoffice.services import rate_limits, reviews
from backoffice.services.reviews import Opinion
from backoffice.services.schedules import rules
from backoffice.views.requests import current_actor
from backoffice.work import commit_once

blueprint = Blueprint("review", __name__)


@blueprint.after_request
def keep_secret(answer: Response) -> Response:
    """A form sent under "no-referrer" would not say that it is ours: the page tells its address to us alone."""
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/review/<token>")
def page(token: str) -> Any:
    """The form with what was said before, or why there is none."""
    attendee = _find(token)
    known = reviews.find_by_attendee(attendee.id)
    return _show(token, attendee, reviews.opinion_of(known) if known else Opinion(0))


@blueprint.post("/review/<token>")
def give(token: str) -> Any:
    """Keep it; what is wrong is said beside its field, and then nothing is kept."""
    attendee_id, said = _find(token).id, _read()
    try:
        commit_once(lambda: reviews.give(attendee_id, said, current_actor()))
    except DomainError as error:
        db.session.rollback()
        return _show(token, _find(token), said, error), error.status
    return redirect(url_for(".page", token=token, saved=1), 303)


def _find(token: str) -> Attendee:
    """Whose link this is; an unknown one is 404, and few may be tried."""
    attendee = reviews.find_attendee(token)
    if attendee is None:
        rate_limits.take(rate_limits.look_limits("guess", request.remote_addr))
        abort(make_response(render_template("public/pay_unknown.html"), 404))
    return attendee


def _read() -> Opinion:
    form = request.form
    return Opinion(
        rating=_number(form.get("rating", "")),
        words=form.get("words", "")[: WORDS_LENGTH + 1],
        instructor_rating=_number(form.get("instructor_rating", "") or "0"),
        by_name=form.get("by_name") == "1",
    )


def _number(text: str) -> int:
    """One digit; -1 for anything else, which no rule lets pass."""
    return int(text) if len(text) == 1 and text.isascii() and text.isdecimal() else -1


def _show(token: str, attendee: Attendee, said: Opinion, error: DomainError | None = None) -> str:
    schedule = attendee.booking.schedule
    teachers = rules.instructors_of(schedule)
    return render_template(
        "public/review.html",
        token=token,
        said=said,
        error=error,
        problems=error.fields if isinstance(error, Invalid) else {},
        closed=reviews.why_closed(attendee),
        is_saved="saved" in request.args,
        course=schedule.course.title,
        course_slug=schedule.course.slug,
        instructor=teachers[0].name if teachers else "",
        most=WORDS_LENGTH,
    )
