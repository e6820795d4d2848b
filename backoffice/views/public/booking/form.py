"""The first page: how many places, who books, who comes, and what it costs. Sending it holds the places."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from backoffice.database import db
from backoffice.domain.errors import DomainError, Invalid
from backoffice.services import rate_limits, web_bookings
from backoffice.services.web_bookings import (
    DateForSale,
    DraftKey,
    Proved,
    Standing,
    Typed,
    standing_of,
    typed_of,
)
from backoffice.views.public import counting
from backoffice.views.public.booking import browser, codes, sent, words
from backoffice.views.public.booking.blueprint import blueprint
from backoffice.views.requests import signed_in, visiting_actor
from backoffice.work import commit_once

# Refusals of the database name the field of another form.
FIELDS = {"fully_booked": "places", "waiting_first": "places"}
NO_SUCH_DATE = "There is no such date here, or it cannot be booked online."


@blueprint.get("/book/<uuid:schedule_id>")
def page(schedule_id: UUID) -> Any:
    """The form with what this browser typed before; a date that cannot be booked says why."""
    now, date = datetime.now(UTC), find_date(schedule_id)
    draft = browser.find_draft(schedule_id)
    standing = standing_of(draft, now)
    if standing.stage == "firm":
        return redirect(url_for(".done", schedule_id=schedule_id), 303)
    if date.closed == "on_request":
        return redirect(f"/companies?course={date.course.slug}", 303)
    if date.closed and not (date.closed == "full" and standing.is_held):
        return render_template("public/booking/closed.html", date=date, **words.of_date(date.schedule))
    browser.key_of(schedule_id)
    return _show(date, typed_of(draft) if draft else _begun(), standing)


@blueprint.post("/book/<uuid:schedule_id>/price")
def price(schedule_id: UUID) -> Any:
    """Keep what was typed as a button asks, and show the form again with its price: no script is needed for it."""
    find_date(schedule_id)
    key, typed = browser.key_of(schedule_id), sent.changed(sent.typed(), request.form.get("change", ""))
    try:
        rate_limits.take(rate_limits.price_limits(request.remote_addr))
        commit_once(lambda: web_bookings.save(key, typed))
    except DomainError as error:
        db.session.rollback()
        return _refused(schedule_id, typed, error)
    return redirect(url_for(".page", schedule_id=schedule_id), 303)


@blueprint.post("/book/<uuid:schedule_id>")
def hold(schedule_id: UUID) -> Any:
    """Hold the places and go on to the terms; what is wrong is said beside its field."""
    date = find_date(schedule_id)
    key, typed, actor = browser.key_of(schedule_id), sent.typed(), visiting_actor()
    limits = rate_limits.hold_limits(request.remote_addr)
    try:
        rate_limits.take(limits)
        sent.check_places()
        with codes.tried(key, typed):
            standing = commit_once(lambda: web_bookings.hold(key, typed, date, actor, proved=proved()))
    except DomainError as error:
        db.session.rollback()
        _keep(key, typed, error)
        return _refused(schedule_id, typed, error)
    if standing.booking_id:
        counting.about(booking_id=standing.booking_id)
    end = ".done" if standing.stage == "firm" else ".terms_page"
    return redirect(url_for(end, schedule_id=schedule_id), 303)


@blueprint.post("/book/<uuid:schedule_id>/again")
def again(schedule_id: UUID) -> Any:
    """Another booking of the same date: an empty form."""
    browser.begin(find_date(schedule_id).schedule.id)
    return redirect(url_for(".page", schedule_id=schedule_id), 303)


# --- What the pages share ---


def find_date(schedule_id: UUID) -> DateForSale:
    """The date; 404 for what the public may not see."""
    date = web_bookings.find_date(schedule_id, datetime.now(UTC))
    if date is None:
        abort(404, _(NO_SUCH_DATE))
    return date


def proved() -> Proved | None:
    """The customer who is signed in, by an address of their own."""
    known = signed_in()
    if known is None or known.role != "customer" or not known.email:
        return None
    return Proved(known.user_id, known.email)


def _begun() -> Typed:
    """An empty form; one's own name and address where somebody is signed in."""
    known = signed_in()
    if known is None or known.role != "customer":
        return Typed()
    return sent.with_contact(Typed(), known.name, known.email or "", "")


def _keep(key: DraftKey, typed: Typed, error: DomainError) -> None:
    """What was refused is there again when the page is opened anew; whoever asks too often costs us no row."""
    if isinstance(error, rate_limits.TooMany):
        return
    with suppress(DomainError):
        commit_once(lambda: web_bookings.save(key, typed))


def _refused(schedule_id: UUID, typed: Typed, error: DomainError) -> Any:
    """The form again, as typed, with what is wrong."""
    date, draft = find_date(schedule_id), browser.find_draft(schedule_id)
    return _show(date, typed, standing_of(draft, datetime.now(UTC)), error)


def _show(date: DateForSale, typed: Typed, standing: Standing, error: DomainError | None = None) -> Any:
    schedule = date.schedule
    priced, refused = codes.priced(date, typed)
    page = render_template(
        "public/booking/form.html",
        date=date,
        typed=typed,
        stage=standing.stage,
        error=error,
        problems=_problems(error or refused, refused),
        lines=words.price_lines(priced, schedule.currency),
        steps=words.steps(0, is_free=priced.total_minor == 0),
        is_ended="ended" in request.args and standing.stage == "lapsed",
        **words.of_date(schedule),
        **words.of_hold(standing, schedule.time_zone, datetime.now(UTC)),
    )
    answer = make_response(page, _status(error, refused))
    if isinstance(error or refused, rate_limits.TooMany):
        answer.headers["Retry-After"] = str(rate_limits.WINDOW_SECONDS)
    return answer


def _status(error: DomainError | None, refused: DomainError | None) -> int:
    """A code that takes nothing off is said beside it, and no more: the page is there all the same."""
    if error:
        return error.status
    return 429 if isinstance(refused, rate_limits.TooMany) else 200


def _problems(error: DomainError | None, refused: DomainError | None) -> dict[str, str]:
    """What is wrong, beside the fields."""
    found = {"discount_code": refused.message} if refused else {}
    if isinstance(error, Invalid):
        found |= error.fields
    elif error and FIELDS.get(error.code, error.field):
        found[FIELDS.get(error.code, error.field or "")] = error.message
    return {name: _(text) for name, text in found.items()}
