"""The second page: everything once more, the terms to accept, and on to the payment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from backoffice.database import db
from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.money import format_money
from backoffice.models import Booking, BookingDraft
from backoffice.services import payment_links, terms, web_bookings
from backoffice.services.web_bookings import DateForSale, Standing, standing_of
from backoffice.views.arguments import read_id, read_ids
from backoffice.views.public import counting
from backoffice.views.public.booking import browser, words
from backoffice.views.public.booking.blueprint import blueprint
from backoffice.views.public.booking.form import find_date
from backoffice.views.requests import visiting_actor
from backoffice.work import commit_once

MOST_TEXTS = 10


@blueprint.get("/book/<uuid:schedule_id>/terms")
def terms_page(schedule_id: UUID) -> Any:
    """What was held, once more; where nothing is held any more, back to the form with what was typed."""
    date, draft = find_date(schedule_id), browser.find_draft(schedule_id)
    standing = standing_of(draft, datetime.now(UTC))
    if standing.stage == "firm":
        return redirect(url_for(".done", schedule_id=schedule_id), 303)
    return _show(date, draft, standing)


@blueprint.post("/book/<uuid:schedule_id>/terms")
def accept(schedule_id: UUID) -> Any:
    """Accept, and go on: to the end where nothing is to be paid, otherwise to the page with the ways to pay."""
    draft_id, booking_id = browser.draft_id(schedule_id), read_id(request.form.get("booking"))
    actor, ticked = visiting_actor(), _ticked()
    if draft_id is None or booking_id is None:
        return _back(schedule_id)
    try:
        found = commit_once(lambda: web_bookings.accept(draft_id, booking_id, ticked, actor))
    except DomainError as error:
        db.session.rollback()
        return _refused(schedule_id, error)
    counting.about(booking_id=booking_id)
    if found.token:
        return redirect(url_for("pay.page", token=found.token), 303)
    return redirect(url_for(".done", schedule_id=schedule_id), 303)


def _ticked() -> list[UUID]:
    """The texts whose box was ticked."""
    return read_ids(request.form.getlist("text"), MOST_TEXTS)


def _back(schedule_id: UUID, *, is_ended: bool = False) -> Any:
    return redirect(url_for(".page", schedule_id=schedule_id, ended=1 if is_ended else None), 303)


def _refused(schedule_id: UUID, error: DomainError) -> Any:
    """The page again with what is missing; a hold that ended leads back to the form."""
    date, draft = find_date(schedule_id), browser.find_draft(schedule_id)
    return _show(date, draft, standing_of(draft, datetime.now(UTC)), error)


def _show(
    date: DateForSale, draft: BookingDraft | None, standing: Standing, error: DomainError | None = None
) -> Any:
    booking = standing.booking
    if draft is None or booking is None or not standing.is_held:
        return _back(date.schedule.id, is_ended=standing.stage == "lapsed")
    is_free = booking.total_minor == 0
    fields = error.fields if isinstance(error, Invalid) else {}
    page = render_template(
        "public/booking/terms.html",
        date=date,
        booking=booking,
        stage=standing.stage,
        texts=terms.current_for(date.course.id),
        error=error,
        problems={name: _(text) for name, text in fields.items()},
        lines=words.lines_of(booking),
        unused_code=_unused_code(draft, booking),
        total=format_money(booking.total_minor, booking.currency),
        people=words.people_of(booking),
        steps=words.steps(1, is_free=is_free),
        is_free=is_free,
        pays_online=bool(payment_links.accounts_for(booking.currency)),
        ticked=_ticked(),
        **words.of_date(date.schedule),
        **words.of_hold(standing, date.schedule.time_zone, datetime.now(UTC)),
    )
    return make_response(page, error.status if error else 200)


def _unused_code(draft: BookingDraft, booking: Booking) -> str:
    """The code that was typed, where another discount took as much off or more: the visitor waits for a word on it."""
    return "" if booking.discount_code_id else web_bookings.typed_of(draft).discount_code.upper()
