"""For companies: the form for a course of their own, the page that thanks, and the link that follows the request."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _

from backoffice.database import db, new_id
from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.money import format_money
from backoffice.domain.statuses import LIVE_BOOKING
from backoffice.models import CorporateRequest
from backoffice.models.corporate_request import MOST_DAYS
from backoffice.services import rate_limits
from backoffice.services.corporate import answering, link, requesting
from backoffice.services.corporate.requesting import RequestIn, Submitted
from backoffice.views.arguments import read_id
from backoffice.views.public.local_times import say_instant, say_span
from backoffice.views.requests import current_actor
from backoffice.work import commit_once

log = logging.getLogger(__name__)

blueprint = Blueprint("companies_public", __name__)

# The longest text that is worth reading; the service says what is allowed.
LONGEST = 6000
TEXTS = (
    *("company_name", "contact_person", "email", "phone", "topic", "course"),
    *("preferred_time", "location", "headcount", "notes"),
)
# What only a program fills in: people neither see it nor hear of it nor come to it by key.
TRAP = "homepage"
SENT = "company_request"


@dataclass
class Typed:
    """What was typed, and what is wrong with it, by field."""

    texts: dict[str, str] = field(default_factory=dict)
    days: list[str] = field(default_factory=list)
    once: str = ""
    problems: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.days = (self.days + [""] * MOST_DAYS)[:MOST_DAYS]
        self.once = self.once if read_id(self.once) else str(new_id())


@blueprint.get("/companies")
def form() -> Any:
    """The form; `?course=` chooses one of the courses."""
    slug = request.args.get("course", "")[:LONGEST]
    return _show(Typed({"course": slug}))


@blueprint.post("/companies")
def send() -> Any:
    """Write the request down, once for each form; what is wrong is said beside its field."""
    typed = _typed()
    if request.form.get(TRAP):
        log.info("a program filled in the form for companies", extra={"address": request.remote_addr})
        return redirect(url_for(".thanks"), 303)
    try:
        made = _submit(typed)
    except DomainError as error:
        db.session.rollback()
        typed.problems = dict(error.fields) if isinstance(error, Invalid) else {}
        return _show(typed, error), error.status
    session[SENT] = made.reference
    return redirect(url_for(".thanks"), 303)


@blueprint.get("/companies/thanks")
def thanks() -> Any:
    return render_template("public/companies_thanks.html", reference=session.get(SENT, ""))


def _typed() -> Typed:
    texts = {name: request.form.get(name, "")[:LONGEST] for name in TEXTS}
    days = [text[:40] for text in request.form.getlist("preferred_dates") if text.strip()]
    return Typed(texts, days, request.form.get("once", ""))


def _submit(typed: Typed) -> Submitted:
    """Checked first: a form with a slip costs nobody a try. Raises DomainError."""
    wanted = RequestIn(**typed.texts, preferred_dates=typed.days, once_key=f"web:{typed.once}")  # type: ignore[arg-type]
    requesting.check(wanted)
    limits = rate_limits.request_limits(typed.texts["email"], request.remote_addr)
    rate_limits.take(limits)
    made = commit_once(lambda: requesting.submit(wanted, current_actor()))
    if made.is_repeat:
        rate_limits.give_back(limits)
    return made


def _show(typed: Typed, error: DomainError | None = None) -> str:
    return render_template(
        "public/companies.html",
        typed=typed,
        error=error,
        courses=requesting.list_courses(),
        trap=TRAP,
        needs_look=_("Nothing is sent yet. Please look at the fields marked below."),
    )


@blueprint.after_request
def keep_private(answer: Response) -> Response:
    """What was typed stays in nobody's cache. The address of a link is a secret: nothing of it leaves.

    A form sent under "no-referrer" would not say that it is ours: the page tells its address to us alone.
    """
    is_of_link = request.endpoint in ("companies_public.follow", "companies_public.answer")
    if is_of_link:
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    if is_of_link or request.method == "POST" or request.endpoint == "companies_public.thanks":
        answer.headers["Cache-Control"] = "no-store"
    return answer


# --- The link of the mails: how the request stands, and the answer to its quote ---


@blueprint.get("/companies/request/<token>")
def follow(token: str) -> Any:
    return _follow(token, _find(token))


@blueprint.post("/companies/request/<token>")
def answer(token: str) -> Any:
    """Accept or decline the quote that the page showed, once."""
    request_id, words = _find(token).id, request.form.get("words", "")[:LONGEST]
    said, number = request.form.get("answer", ""), _number(request.form.get("quote", ""))
    try:
        commit_once(lambda: answering.answer(request_id, said, number, current_actor(), words=words))
    except DomainError as error:
        db.session.rollback()
        return _follow(token, _find(token), error, words), error.status
    return redirect(url_for(".follow", token=token), 303)


def _find(token: str) -> CorporateRequest:
    """The request of this link; an unknown one is 404, and few may be tried."""
    found = link.find(token)
    if found is None:
        rate_limits.take(rate_limits.look_limits("guess", request.remote_addr))
        abort(make_response(render_template("public/pay_unknown.html"), 404))
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _follow(token: str, found: CorporateRequest, error: DomainError | None = None, words: str = "") -> str:
    price, state = found.quoted_price_minor, _state(found)
    schedule = found.schedule if state != "off" else None
    return render_template(
        "public/companies_request.html",
        token=token,
        error=error,
        asked=found,
        words=words,
        state=state,
        price=format_money(price, found.currency) if price is not None else "",
        when=[say_span(day.starts_at, day.ends_at, schedule.time_zone) for day in schedule.days]
        if schedule
        else [],
        held_until=_held_until(found),
    )


def _held_until(found: CorporateRequest) -> str:
    """Until when the places of an unpaid booking wait."""
    if found.booking is None or found.booking.hold_expires_at is None:
        return ""
    return say_instant(found.booking.hold_expires_at, found.schedule.time_zone)


def _state(found: CorporateRequest) -> str:
    """What the page tells: the status, of its booking too, and for a quote whether it waits, was accepted, or is over."""
    if found.status == "confirmed" and found.booking.status not in LIVE_BOOKING:
        return "off"
    if found.status == "confirmed" and found.booking.status == "pending":
        return "unpaid"
    if found.status != "quoted":
        return found.status
    if found.quote_answer == "accepted":
        return "accepted"
    return "over" if answering.is_over(found, datetime.now(UTC)) else "quoted"
