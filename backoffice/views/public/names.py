"""The page behind the link of a mail that asks who comes: one booking, its places without a name, no script needed.

The address holds a secret, so nothing of it leaves: no referrer, nothing kept, nothing indexed. What is entered about
anybody is never shown again but for the name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from backoffice.database import db
from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.paragraphs import blocks_of
from backoffice.domain.times import find_date
from backoffice.models import Attendee, Booking
from backoffice.services import rate_limits
from backoffice.services.bookings import AttendeeIn, naming
from backoffice.services.reminders import names_link
from backoffice.views.public.local_times import say_span
from backoffice.views.requests import current_actor
from backoffice.work import commit_once

blueprint = Blueprint("names", __name__)

# The longest text that is worth reading; the service says what is allowed.
LONGEST = 5000


@dataclass
class Place:
    """One place of the form: what was typed, and what is wrong with it, by field."""

    attendee_id: UUID
    number: int
    typed: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


@blueprint.after_request
def keep_secret(answer: Response) -> Response:
    """A form sent under "no-referrer" would not say that it is ours: the page tells its address to us alone."""
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/names/<token>")
def page(token: str) -> Any:
    booking = _find(token)
    return _show(token, booking, _places(booking))


@blueprint.post("/names/<token>")
def give(token: str) -> Any:
    """Keep the names; what is wrong is said beside its field, and then nothing is kept."""
    booking = _find(token)
    booking_id, places = booking.id, _places(booking, with_typed=True)
    try:
        given = _read(places)
        commit_once(lambda: naming.give_names(booking_id, given, current_actor()))
    except Invalid as error:
        db.session.rollback()
        _spread(error, places)
        return _show(token, _find(token), places, error), error.status
    except DomainError as error:
        db.session.rollback()
        return _show(token, _find(token), places, error), error.status
    return redirect(url_for(".page", token=token, saved=int(bool(given)) or None), 303)


# --- Pieces ---


def _find(token: str) -> Booking:
    """The booking of this link; an unknown one is 404, and few may be tried."""
    booking = names_link.find(token)
    if booking is None:
        rate_limits.take(rate_limits.look_limits("guess", request.remote_addr))
        abort(make_response(render_template("public/pay_unknown.html"), 404))
    return booking


def _places(booking: Booking, *, with_typed: bool = False) -> list[Place]:
    """The places without a name; after a post, every place that something was typed for."""
    places = []
    for attendee in booking.active_attendees:
        place = Place(attendee.id, attendee.position)
        if with_typed:
            place.typed = _typed(attendee)
        if not attendee.name or any(place.typed.values()):
            places.append(place)
    return places


def _typed(attendee: Attendee) -> dict[str, str]:
    names = ("first_name", "last_name", "email", "birth_date", "requirements", "is_prepared")
    return {name: request.form.get(f"{attendee.id}.{name}", "")[:LONGEST].strip() for name in names}


def _read(places: list[Place]) -> dict[UUID, AttendeeIn]:
    """What was typed, as people. Raises Invalid for birth dates that are none."""
    problems: dict[str, str] = {}
    given: dict[UUID, AttendeeIn] = {}
    for place in places:
        typed = place.typed
        try:
            born = _birth_date(typed["birth_date"])
        except Invalid as error:
            problems[f"{place.attendee_id}.birth_date"] = error.message
            continue
        given[place.attendee_id] = AttendeeIn(
            first_name=typed["first_name"],
            last_name=typed["last_name"],
            email=typed["email"] or None,
            birth_date=born,
            requirements=typed["requirements"] or None,
            is_prepared=typed["is_prepared"] == "1",
        )
    if problems:
        raise Invalid.of(problems)
    return given


def _birth_date(text: str) -> date | None:
    if not text:
        return None
    born = find_date(text)
    if born is None:
        raise Invalid("date", "Enter a date like 31/12/1985.", field="birth_date")
    return born


def _spread(error: Invalid, places: list[Place]) -> None:
    for place in places:
        prefix = f"{place.attendee_id}."
        place.problems = {
            name.removeprefix(prefix): text for name, text in error.fields.items() if name.startswith(prefix)
        }


def _show(token: str, booking: Booking, places: list[Place], error: DomainError | None = None) -> str:
    schedule = booking.schedule
    return render_template(
        "public/names.html",
        token=token,
        error=error,
        places=places,
        closed=naming.why_closed(booking),
        named=[each.name for each in booking.active_attendees if each.name],
        is_saved="saved" in request.args,
        minimum_age=schedule.course.minimum_age,
        prerequisites=blocks_of(schedule.course.prerequisites or ""),
        reference=booking.reference,
        course=schedule.course.title,
        when=[say_span(day.starts_at, day.ends_at, schedule.time_zone) for day in schedule.days],
        where=schedule.venue.name,
    )
