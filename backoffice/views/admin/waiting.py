"""Waiting lists: the dates with one, who waits for a date in which order, an offer by hand, a caller who joins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.domain.text import say_phone
from backoffice.domain.times import say_span
from backoffice.models import Schedule, WaitingEntryDate
from backoffice.services import waiting
from backoffice.services.customers import CustomerIn
from backoffice.services.waiting import JoinIn, PartyLine
from backoffice.views.admin import timeline
from backoffice.views.admin.fields import line, whole
from backoffice.views.admin.forms import ScreenForm
from backoffice.views.requests import current_actor, current_tenant
from backoffice.work import commit_once

blueprint = Blueprint("waiting_lists", __name__, url_prefix="/admin/waiting")

MOST_EVENTS = 60


class CallerForm(ScreenForm):
    """A caller who joins the list; the service says what is wrong."""

    places = whole("Places", 1, 100, "All together, or not at all.", required=True, default=1)
    first_name = line("First name", 100)
    last_name = line("Last name", 100, required=True)
    email = line("E-mail", 254, "The offer goes there. Without one, call when it is their turn.")
    phone = line("Phone", 40)

    def wanted(self, schedule_id: UUID) -> JoinIn:
        customer = CustomerIn(
            None,
            self.first_name.data or "",
            self.last_name.data or "",
            self.email.data or None,
            self.phone.data or None,
        )
        return JoinIn((schedule_id,), self.places.data or 0, customer)


class ReasonForm(ScreenForm):
    reason = line("Reason", 500, "For the history; the party does not read it.")


@blueprint.get("/")
def index_view() -> str:
    """Every coming date that somebody waits for."""
    return _index({})


@blueprint.post("/hours/")
def hours() -> Any:
    """How long an offer is held from now on."""
    typed = request.form.get("offer_hours", "")[:20]
    try:
        said = commit_once(lambda: waiting.set_offer_hours(typed, current_actor()))
    except DomainError as error:
        db.session.rollback()
        return _index({"offer_hours": error.message}), error.status
    flash(f"Offers are held for {said} hour{'' if said == 1 else 's'} from now on.", "success")
    return redirect(url_for(".index_view"), 303)


@blueprint.get("/<uuid:id>/")
def date_view(id: UUID) -> str:
    """Who waits for a date, in order."""
    return _date_page(_schedule(id), CallerForm())


@blueprint.post("/<uuid:id>/")
def add(id: UUID) -> Any:
    """A caller joins."""
    schedule, form = _schedule(id), CallerForm(request.form)
    if form.validate():
        try:
            entry = commit_once(lambda: waiting.join(form.wanted(id), current_actor()))
        except DomainError as error:
            db.session.rollback()
            form.refuse(error)
            return _date_page(_schedule(id), form), error.status
        flash(f"{entry.contact_name} is on the list.", "success")
        return redirect(url_for(".date_view", id=id), 303)
    return _date_page(schedule, form), 422


@blueprint.route("/offer/<uuid:wish_id>/", methods=("GET", "POST"))
def offer(wish_id: UUID) -> Any:
    """Offer the places to this party now: asked first, and with a reason where others would be first."""
    said = f"The places are held for {_wish(wish_id).entry.contact_name}."
    return _answer("offer", wish_id, lambda reason: waiting.pick(wish_id, reason, current_actor()), said)


@blueprint.route("/remove/<uuid:wish_id>/", methods=("GET", "POST"))
def remove(wish_id: UUID) -> Any:
    """Take the party off the list, from all its dates: asked first, with a reason."""
    entry = _wish(wish_id).entry
    entry_id, said = entry.id, f"{entry.contact_name} is off the list."
    return _answer("remove", wish_id, lambda reason: waiting.remove(entry_id, reason, current_actor()), said)


def _answer(verb: str, wish_id: UUID, act: Callable[[str], object], said: str) -> Any:
    """The question; once it is answered what was asked is done, or the page says why not."""
    form = ReasonForm(request.form if request.method == "POST" else None)
    if request.method != "POST" or not form.validate():
        return _ask(verb, _wish(wish_id), form), 422 if form.errors else 200
    try:
        commit_once(lambda: act(form.reason.data or ""))
    except DomainError as error:
        db.session.rollback()
        form.refuse(error)
        return _ask(verb, _wish(wish_id), form), error.status
    flash(said, "success")
    return redirect(url_for(".date_view", id=_wish(wish_id).schedule_id), 303)


# --- Pieces ---


def _schedule(schedule_id: UUID) -> Schedule:
    found = db.session.scalar(
        select(Schedule).where(Schedule.id == schedule_id).execution_options(populate_existing=True)
    )
    return found or abort(404)


def _wish(wish_id: UUID) -> WaitingEntryDate:
    found = db.session.scalar(
        select(WaitingEntryDate)
        .where(WaitingEntryDate.id == wish_id)
        .execution_options(populate_existing=True)
    )
    return found or abort(404)


def _index(problems: dict[str, str]) -> str:
    actor = current_actor()
    return render_template(
        "admin/waiting/index.html",
        dates=waiting.list_dates(),
        offer_hours=request.form.get("offer_hours", waiting.offer_hours(current_tenant())),
        problems=problems,
        may_set=actor.may("settings.edit"),
    )


def _date_page(schedule: Schedule, form: CallerForm) -> str:
    parties = waiting.list_parties(schedule)
    return render_template(
        "admin/waiting/date.html",
        schedule=schedule,
        when=_when(schedule),
        parties=[_party(each) for each in parties],
        counts=_counts(schedule, parties),
        form=form,
        closed=_why_closed(schedule),
        events=timeline.of_subjects([("waiting_entries", each.entry.id) for each in parties], MOST_EVENTS),
        may_change=current_actor().may("booking.place"),
    )


def _party(each: PartyLine) -> dict[str, Any]:
    entry, country = each.entry, current_tenant().country
    return {
        "line": each,
        "entry": entry,
        "phone": say_phone(entry.contact_phone, country),
        "booking": each.wish.booking,
        "source": "By phone" if entry.source == "phone" else "Web site",
    }


def _counts(schedule: Schedule, parties: list[PartyLine]) -> str:
    """ "3 parties wait for 5 places; 1 of 12 places is free." """
    waits = [each for each in parties if each.wish.status == "waiting"]
    places, left = sum(each.entry.places for each in waits), schedule.seats_left
    free = f"{left} of {schedule.capacity} place{'s' * (schedule.capacity != 1)} {'is' if left == 1 else 'are'} free."
    if not waits:
        return f"Nobody waits; {free}"
    who = "1 party waits" if len(waits) == 1 else f"{len(waits)} parties wait"
    return f"{who} for {places} place{'s' * (places != 1)}; {free}"


def _why_closed(schedule: Schedule) -> str:
    """Why nobody can join; "" while they can."""
    try:
        waiting.check_joinable(schedule.id, current_actor(), datetime.now(UTC))
    except DomainError as error:
        return "This date is not on sale." if schedule.status != "published" else error.message
    return ""


def _when(schedule: Schedule) -> str:
    return say_span(schedule.starts_at, schedule.ends_at, schedule.time_zone)


def _ask(verb: str, wish: WaitingEntryDate, form: ReasonForm) -> str:
    lines = waiting.list_parties(wish.schedule)
    mine = next((each for each in lines if each.wish.id == wish.id), None)
    # Whose turn it is needs no reason.
    form.reason.flags.required = verb == "remove" or mine is None or not mine.is_next
    return render_template(
        "admin/waiting/ask.html",
        verb=verb,
        wish=wish,
        entry=wish.entry,
        line=mine,
        when=_when(wish.schedule),
        free=wish.schedule.seats_left,
        hours=waiting.offer_hours(current_tenant()),
        form=form,
    )
