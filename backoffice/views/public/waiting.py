"""The waiting list of a full date: joining it, and the page behind a party's link with its offer.

The address of that page holds a secret, so nothing of it leaves: no referrer, nothing kept, nothing indexed. Whether an
address is on a list is told to nobody: joining twice answers like joining once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from backoffice.database import db
from backoffice.domain.errors import DomainError, Invalid, NotFound, Refused
from backoffice.domain.money import format_money
from backoffice.models import Booking, Schedule, WaitingEntry, WaitingEntryDate
from backoffice.services import payment_links, rate_limits, terms, waiting, waiting_turn
from backoffice.services.customers import CustomerIn
from backoffice.services.payment_links import Subject
from backoffice.services.waiting import JoinIn
from backoffice.views.arguments import read_ids
from backoffice.views.public.local_times import say_instant, say_span
from backoffice.views.requests import current_actor, visiting_actor
from backoffice.work import commit_once

log = logging.getLogger(__name__)

blueprint = Blueprint("waiting", __name__)

# The longest text that is worth reading; the service says what is allowed.
LONGEST = 1000
MOST_SENT = 20
# What only a program fills in: people neither see it nor hear of it nor come to it by key.
TRAP = "homepage"
TEXTS = ("places", "first_name", "last_name", "email", "phone")


@dataclass
class Typed:
    """What was typed to join, and what is wrong with it, by field."""

    texts: dict[str, str] = field(default_factory=dict)
    others: list[UUID] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def places(self) -> int:
        """The number that was typed, 0 for anything that is none."""
        text = self.texts.get("places", "1")
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else 0


@blueprint.after_request
def keep_secret(answer: Response) -> Response:
    """A form sent under "no-referrer" would not say that it is ours: the page tells its address to us alone."""
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Cache-Control"] = "no-store"
    return answer


# --- Joining ---


@blueprint.get("/waiting/join/<uuid:schedule_id>")
def join_page(schedule_id: UUID) -> Any:
    """The form; `?places=` is the size of the party that found no room."""
    places = request.args.get("places", "1")[:LONGEST]
    return _show_join(schedule_id, Typed({"places": places}))


@blueprint.post("/waiting/join/<uuid:schedule_id>")
def join(schedule_id: UUID) -> Any:
    """Join; what is wrong is said beside its field, and then nothing is kept."""
    typed = _typed()
    if request.form.get(TRAP):
        log.info("a program joined a waiting list", extra={"address": request.remote_addr})
        return redirect(url_for(".joined"), 303)
    wanted = JoinIn((schedule_id, *typed.others), typed.places, _customer(typed))
    limits = rate_limits.waiting_limits(typed.texts["email"], request.remote_addr)
    try:
        rate_limits.take(limits)
        _join(wanted)
    except DomainError as error:
        db.session.rollback()
        if not isinstance(error, rate_limits.TooMany):
            rate_limits.give_back(limits)
        typed.problems = dict(error.fields) if isinstance(error, Invalid) else {}
        return _show_join(schedule_id, typed, error), error.status
    return redirect(url_for(".joined"), 303)


def _join(wanted: JoinIn) -> None:
    """Of two clicks at once the second finds the entry of the first."""
    actor = visiting_actor()
    try:
        commit_once(lambda: waiting.join(wanted, actor))
    except Refused as error:
        if error.code != "already_waiting":
            raise
        commit_once(lambda: waiting.join(wanted, actor))


@blueprint.get("/waiting/joined")
def joined() -> Any:
    return render_template("public/waiting_joined.html")


def _typed() -> Typed:
    texts = {name: request.form.get(name, "")[:LONGEST].strip() for name in TEXTS}
    return Typed(texts, read_ids(request.form.getlist("other"), MOST_SENT))


def _customer(typed: Typed) -> CustomerIn:
    texts = typed.texts
    return CustomerIn(None, texts["first_name"], texts["last_name"], texts["email"], texts["phone"])


def _show_join(schedule_id: UUID, typed: Typed, error: DomainError | None = None) -> Any:
    """The form, or why there is no list for this date."""
    now = datetime.now(UTC)
    try:
        schedule = waiting.check_joinable(schedule_id, visiting_actor(), now)
    except NotFound:
        abort(404)
    except Refused as refused:
        page = render_template("public/waiting_none.html", reason=_(refused.message))
        return make_response(page, refused.status)
    free = 0 if waiting_turn.keeps(schedule.id) else schedule.seats_left
    others = waiting.list_full_dates(schedule.course_id, max(typed.places, 1), now)
    return render_template(
        "public/waiting_join.html",
        schedule=schedule,
        course=schedule.course,
        when=_days(schedule),
        where=_where(schedule),
        free=free,
        fits=free >= max(typed.places, 1),
        book_url=_url("booking.page", "", schedule_id=schedule_id),
        others=[(each.id, _when(each), _where(each)) for each in others if each.id != schedule.id],
        typed=typed,
        error=error,
        trap=TRAP,
    )


# --- The page of a party ---


@blueprint.get("/waiting/<token>")
def page(token: str) -> Any:
    return _show(_find(token))


@blueprint.get("/waiting/<token>/<any(accept, decline, leave):verb>")
def answered(token: str, verb: str) -> Any:
    """The address of an answer, opened again: nothing is done by looking."""
    return redirect(url_for(".page", token=token), 303)


@blueprint.post("/waiting/<token>/accept")
def accept(token: str) -> Any:
    """Take the places: on to the payment, or confirmed where nothing is to be paid."""
    entry_id, ticked, actor = _find(token).id, _ticked(), current_actor()
    try:
        booking = commit_once(lambda: waiting.accept(entry_id, ticked, actor))
        return redirect(_pay_url(booking) or url_for(".page", token=token), 303)
    except DomainError as error:
        db.session.rollback()
        return _show(_find(token), error), error.status


@blueprint.post("/waiting/<token>/decline")
def decline(token: str) -> Any:
    """The places go to the next; the party waits on for its other dates."""
    entry_id = _find(token).id
    try:
        commit_once(lambda: waiting.decline(entry_id, current_actor()))
    except DomainError as error:
        db.session.rollback()
        return _show(_find(token), error), error.status
    return redirect(url_for(".page", token=token), 303)


@blueprint.post("/waiting/<token>/leave")
def leave(token: str) -> Any:
    """Off the list."""
    entry_id = _find(token).id
    try:
        commit_once(lambda: waiting.leave(entry_id, current_actor()))
    except DomainError as error:
        db.session.rollback()
        return _show(_find(token), error), error.status
    return redirect(url_for(".page", token=token), 303)


def _find(token: str) -> WaitingEntry:
    """The party of this link; an unknown one is 404, and few may be tried."""
    entry = waiting.find(token)
    if entry is None:
        rate_limits.take(rate_limits.look_limits("guess", request.remote_addr))
        abort(make_response(render_template("public/pay_unknown.html"), 404))
    return entry


def _ticked() -> list[UUID]:
    """The terms whose box was ticked."""
    return read_ids(request.form.getlist("text"), MOST_SENT)


def _pay_url(booking: Booking) -> str:
    """Where the offered places are paid; "" where nothing is to be paid online."""
    if booking.status != "pending" or booking.payment_method != "payment_link":
        return ""
    link = payment_links.find_living(Subject(booking.id))
    return url_for("pay.page", token=link.token) if link else ""


def _show(entry: WaitingEntry, error: DomainError | None = None) -> str:
    every = waiting.wishes(entry.id)
    offer = next((each for each in every if each.status == "offered"), None)
    taken = next((each for each in every if each.status == "accepted"), None)
    return render_template(
        "public/waiting.html",
        token=entry.token,
        entry=entry,
        error=error,
        problems={name: _(text) for name, text in error.fields.items()} if isinstance(error, Invalid) else {},
        course=entry.course,
        course_url=_course_url(entry),
        waits=[_wish(each) for each in every if each.status == "waiting"],
        offer=_offer(offer) if offer else None,
        taken=_booked(taken) if taken else None,
        again=[(each.schedule_id, _when(each.schedule)) for each in every if _may_join_again(each)],
        missed=any(each.status == "lapsed" for each in every) and entry.status != "left",
        my_url=_url("my.home", "/my/"),
        ticked=_ticked(),
    )


def _may_join_again(wish: WaitingEntryDate) -> bool:
    """What went by may be waited for once more, while it is to come."""
    if wish.status not in ("lapsed", "declined", "ended") or wish.entry.is_open:
        return False
    try:
        waiting.check_joinable(wish.schedule_id, visiting_actor())
    except DomainError:
        return False
    return True


def _course_url(entry: WaitingEntry) -> str:
    """The course's page; the catalogue for one that is not offered any more."""
    course = entry.course
    is_offered = course.is_published and course.archived_at is None
    return _url("course.page", "/", slug=course.slug) if is_offered else "/"


def _url(endpoint: str, otherwise: str, **values: Any) -> str:
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else otherwise


def _wish(wish: WaitingEntryDate) -> dict[str, Any]:
    return {"when": _when(wish.schedule), "where": _where(wish.schedule), "ahead": waiting.ahead_of(wish)}


def _offer(wish: WaitingEntryDate) -> dict[str, Any]:
    """What the party may take now, and what it must accept for that."""
    booking = wish.booking
    due = booking.payable_minor
    return _booked(wish) | {
        "held_until": say_instant(booking.hold_expires_at, booking.schedule.time_zone)
        if booking.hold_expires_at
        else "",
        "total": format_money(due, booking.currency) if due else "",
        "texts": terms.missing_for(booking.id),
        "by_bank": booking.payment_method == "bank_transfer",
        "pays_online": bool(payment_links.accounts_for(booking.currency)),
    }


def _booked(wish: WaitingEntryDate) -> dict[str, Any]:
    schedule = wish.booking.schedule  # staff may have moved it since
    return {"reference": wish.booking.reference, "when": _days(schedule), "where": _where(schedule)}


def _days(schedule: Schedule) -> list[str]:
    return [say_span(day.starts_at, day.ends_at, schedule.time_zone) for day in schedule.days]


def _when(schedule: Schedule) -> str:
    return say_span(schedule.starts_at, schedule.ends_at, schedule.time_zone)


def _where(schedule: Schedule) -> str:
    venue = schedule.venue
    if venue.kind == "online" or not venue.city or venue.city in venue.name:
        return str(venue.name)
    return f"{venue.city}, {venue.name}"
