"""What may be changed of a booking: a name, the date, all of it. What it costs stands on the page before the button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _

from backoffice.database import db
from backoffice.domain.errors import Changed, DomainError, Invalid
from backoffice.domain.money import format_money
from backoffice.domain.times import find_date
from backoffice.models import Attendee
from backoffice.services.bookings import AttendeeIn
from backoffice.services.bookings.choices import DateChoice, list_dates
from backoffice.services.my import changing, policy
from backoffice.services.my.changing import Cancelling, Moving, NewName
from backoffice.views.arguments import read_id
from backoffice.views.public.local_times import say_span
from backoffice.views.public.my.blueprint import blueprint
from backoffice.views.public.my.booking import Opened, open_booking
from backoffice.views.public.my.typed import Typed, read
from backoffice.views.requests import current_tenant
from backoffice.work import commit_once

LARGEST = 10**12


# --- Names ---


@blueprint.get("/booking/<key>/name/<uuid:attendee_id>")
def name_page(key: str, attendee_id: UUID) -> Any:
    """Who has this place; nothing is shown of them but the name."""
    opened = open_booking(key)
    place = _place(opened, attendee_id)
    kind = "correct" if place.name else "give"
    form = Typed({"kind": kind, "first_name": place.first_name, "last_name": place.last_name})
    return _name_page(opened, place, form)


@blueprint.post("/booking/<key>/name/<uuid:attendee_id>")
def give_name(key: str, attendee_id: UUID) -> Any:
    """Keep the name; what is wrong is said beside its field."""
    opened = open_booking(key)
    booking_id = opened.booking.id
    form = read(("kind", "first_name", "last_name", "birth_date", "email", "requirements", "is_prepared"))
    try:
        wanted = _new_name(form)
        commit_once(lambda: changing.name_place(booking_id, attendee_id, wanted, opened.actor))
    except DomainError as error:
        db.session.rollback()
        status = form.refuse(_beside_its_field(error))
        opened = open_booking(key)
        return _name_page(opened, _place(opened, attendee_id), form), status
    flash(_("The name is saved."), "success")
    return redirect(opened.url(), 303)


def _place(opened: Opened, attendee_id: UUID) -> Attendee:
    found = [place for place in opened.booking.active_attendees if place.id == attendee_id]
    return found[0] if found else abort(404)


def _new_name(form: Typed) -> NewName:
    is_correction = form.get("kind") == "correct"
    born = None if is_correction else _birth_date(form.get("birth_date"))
    who = AttendeeIn(
        first_name=form.get("first_name"),
        last_name=form.get("last_name"),
        email=form.get("email").lower() or None,
        birth_date=born,
        requirements=None if is_correction else form.get("requirements") or None,
        is_prepared=bool(form.get("is_prepared")),
    )
    return NewName(who, is_correction)


def _birth_date(text: str) -> date | None:
    if not text:
        return None
    born = find_date(text)
    if born is None:
        raise Invalid("date", "Enter a date like 31/12/1985.", field="birth_date")
    return born


def _beside_its_field(error: DomainError) -> DomainError:
    """The service that takes several names says for which place; here is one."""
    if not isinstance(error, Invalid):
        return error
    return (
        Invalid.of({name.rpartition(".")[2]: text for name, text in error.fields.items()})
        if error.fields
        else error
    )


def _name_page(opened: Opened, place: Attendee, form: Typed) -> str:
    may = policy.may_do(opened.booking, current_tenant(), datetime.now(UTC))
    course = opened.booking.schedule.course
    return render_template(
        "public/my/name.html",
        opened=opened,
        place=place,
        form=form,
        closed=may.no_new_name if place.name else may.no_naming,
        minimum_age=course.minimum_age,
        prerequisites=course.prerequisites or "",
    )


# --- Cancelling ---


@blueprint.get("/booking/<key>/cancel")
def cancel_page(key: str) -> Any:
    """What comes back for these places: all of them, unless some are named in the address."""
    opened = open_booking(key)
    return _cancel_page(opened, _ids(request.args.getlist("place")))


@blueprint.post("/booking/<key>/cancel")
def cancel(key: str) -> Any:
    """Cancel what the page showed; when the amount is another one by now, the page is shown again."""
    opened = open_booking(key)
    booking_id, ids = opened.booking.id, _ids(request.form.getlist("place"))
    wanted = Cancelling(tuple(ids), _seen())
    try:
        commit_once(lambda: changing.cancel(booking_id, wanted, opened.actor))
    except DomainError as error:
        db.session.rollback()
        return _cancel_page(open_booking(key), ids, error), error.status
    flash(_("That is cancelled. A mail confirms it."), "success")
    return redirect(opened.url(), 303)


def _ids(texts: Sequence[str]) -> list[UUID]:
    """The places that are named; none means all of them, so a name that is none of ours must not be left out."""
    return [read_id(text) or abort(404) for text in texts[:1000]]


def _seen() -> int:
    """What the page had shown (minor units); a form without it is none of ours."""
    text = request.form.get("seen", "")
    if not (text.isascii() and text.isdigit()) or int(text[:15]) > LARGEST:
        raise Changed(changing.OTHER_AMOUNT)
    return int(text[:15])


def _cancel_page(opened: Opened, ids: Sequence[UUID], error: DomainError | None = None) -> str:
    booking, now = opened.booking, datetime.now(UTC)
    every = booking.active_attendees
    chosen = policy.leaving(booking, ids)
    back = policy.back(booking, chosen, now)

    def money(minor: int) -> str:
        return format_money(minor, booking.currency)

    return render_template(
        "public/my/cancel.html",
        opened=opened,
        error=error,
        closed=policy.may_do(booking, current_tenant(), now).no_cancelling,
        every=every,
        chosen=[place.id for place in chosen],
        is_all=len(chosen) == len(every),
        seen=back.amount_minor,
        amount=money(back.amount_minor) if back.amount_minor else "",
        kept=money(back.kept_minor) if back.kept_minor else "",
        why=back.why,
        ways=[(money(way.amount_minor), way.how, way.when) for way in back.ways],
    )


# --- Another date ---


@dataclass(frozen=True)
class DateShown:
    """A date to move to; `seen` is what the booking would cost there (minor units)."""

    id: UUID
    when: str
    where: str
    left: int
    difference_minor: int
    difference: str
    total: str
    seen: int


@blueprint.get("/booking/<key>/move")
def move_page(key: str) -> Any:
    """The dates with room for all places, each with the difference; one that is chosen, with the sum."""
    opened = open_booking(key)
    return _move_page(opened, read_id(request.args.get("to")))


@blueprint.post("/booking/<key>/move")
def move(key: str) -> Any:
    """Move as the page showed it; when the price is another one by now, the page is shown again."""
    opened = open_booking(key)
    booking_id, target = opened.booking.id, read_id(request.form.get("to"))
    if target is None:
        return _move_page(opened, None, Invalid("to", "Choose a date.", field="to")), 422
    wanted = Moving(target, _seen())
    try:
        commit_once(lambda: changing.move(booking_id, wanted, opened.actor))
    except DomainError as error:
        db.session.rollback()
        return _move_page(open_booking(key), target, error), error.status
    flash(_("Your booking has moved. A mail confirms it."), "success")
    return redirect(opened.url(), 303)


def _move_page(opened: Opened, target: UUID | None, error: DomainError | None = None) -> str:
    booking, tenant, now = opened.booking, current_tenant(), datetime.now(UTC)
    closed = policy.may_do(booking, tenant, now).no_move
    found = (
        []
        if closed
        else list_dates(
            booking, tenant, course_id=booking.schedule.course_id, from_instant=now, for_visitors=True
        )
    )
    dates = [_date(choice, booking.currency) for choice in found]
    return render_template(
        "public/my/move.html",
        opened=opened,
        error=error,
        closed=closed,
        dates=dates,
        chosen=next((each for each in dates if each.id == target), None),
        now_when=say_span(booking.schedule.starts_at, booking.schedule.ends_at, booking.schedule.time_zone),
        now_total=format_money(booking.total_minor, booking.currency),
        is_paid=booking.payable_minor == 0 and booking.paid_minor > 0,
    )


def _date(choice: DateChoice, currency: str) -> DateShown:
    row = choice.date
    return DateShown(
        id=row.id,
        when=say_span(row.starts_at, row.ends_at, row.time_zone),
        where=f"{row.venue}, {row.city}" if row.city and row.city not in row.venue else row.venue,
        left=choice.places_left,
        difference_minor=choice.difference_minor,
        difference=format_money(abs(choice.difference_minor), currency),
        total=format_money(choice.new_total_minor, currency),
        seen=choice.new_total_minor,
    )
