"""Book, and what the clerk sees and hears of it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import flash, jsonify, redirect, url_for
from sqlalchemy import bindparam, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.times import say_instant
from backoffice.models import Booking, Course, Schedule
from backoffice.services import bookings, mail_texts, payment_links, terms
from backoffice.services.bookings import Order, Placed
from backoffice.services.messages import TEMPLATES
from backoffice.services.payment_links import Subject
from backoffice.views.access import wants_json
from backoffice.views.desk.blueprint import desk
from backoffice.views.desk.link_panel import panel
from backoffice.views.desk.links import url_of
from backoffice.views.desk.standing import standing_of
from backoffice.views.desk.wishes import is_ticked, order_of, sent
from backoffice.views.requests import current_actor, current_tenant
from backoffice.work import commit_once

# A refusal that somebody with the right may go past, with a reason.
OVERRIDABLE = {"not_listed", "too_young"}
BY_LINK = "payment_link"
MAIL_OF_STATUS = {"pending": "booking_received", "confirmed": "booking_confirmed"}


@desk.post("/admin/desk/book")
def book() -> Any:
    """Take the booking. A repeated idempotency key answers with the booking that it made the first time."""
    actor = current_actor()
    try:
        data = sent()
        order, is_read = order_of(data, current_tenant()), is_ticked(data, "terms_read")
        if wants_json():
            # Read in the transaction that wrote it: another one costs four round trips.
            return jsonify(commit_once(lambda: result(_place(order, actor, is_read=is_read))))
        placed = commit_once(lambda: _place(order, actor, is_read=is_read))
    except DomainError as error:
        if not wants_json():
            raise
        return refused(error)
    flash(f"Booked: {placed.reference}.", "success")
    return redirect(url_of("booking", placed.booking_id), 303)


def _place(order: Order, actor: Actor, *, is_read: bool) -> Placed:
    """With its payment link, when that is how it is paid, and the terms that were read out: all or nothing."""
    if order.payment_method == BY_LINK:
        payment_links.require_account(current_tenant().currency)
    placed = bookings.place(order, actor)
    if order.payment_method == BY_LINK and placed.status == "pending" and not placed.is_repeat:
        payment_links.make(Subject(placed.booking_id), actor)
    if is_read and not placed.is_repeat:
        terms.accept_read_out(placed.booking_id, actor, datetime.now(UTC))
    return placed


def refused(error: DomainError) -> tuple[Any, int]:
    """The reason with the field that it stands beside."""
    db.session.rollback()
    fields = dict(error.fields) if isinstance(error, Invalid) else {}
    if error.field and not fields:
        fields[error.field] = error.message
    if error.code == "not_covered" and error.field == "amount":  # the database: somebody was quicker
        fields = {"payment_method": "The caller's credit was used meanwhile: choose how it is paid."}
    if error.code == "already_booked":
        fields = {
            "attendees.0.first_name": f"{error.message} Untick “The caller attends”, or choose another date."
        }
    may_override = error.code in OVERRIDABLE and current_actor().may("booking.override")
    said = {"code": error.code, "message": error.message, "fields": fields, "may_override": may_override}
    return jsonify(error=said), error.status


# Columns, not objects: this answer belongs to the one hot path.
_PLACED = (
    select(
        Booking.id,
        Booking.reference,
        Booking.status,
        Booking.payment_method,
        Booking.payment_status,
        Booking.contact_first_name,
        Booking.contact_last_name,
        Booking.contact_email,
        Booking.seats,
        Booking.total_minor,
        (Booking.total_minor - Booking.paid_minor).label("due_minor"),
        Booking.currency,
        Booking.hold_expires_at,
        Schedule.starts_at,
        Schedule.time_zone,
        Course.title,
    )
    .join(Schedule, Schedule.id == Booking.schedule_id)
    .join(Course, Course.id == Schedule.course_id)
    .where(Booking.id == bindparam("booking_id"))
)


def result(placed: Placed) -> dict[str, Any]:
    """What the result panel says."""
    booking = db.session.execute(_PLACED, {"booking_id": placed.booking_id}).one()
    zone = booking.time_zone
    return {
        "reference": booking.reference,
        "is_repeat": placed.is_repeat,
        "who": f"{booking.contact_first_name} {booking.contact_last_name}".strip(),
        "what": booking.title,
        "when": say_instant(booking.starts_at, zone),
        "places": booking.seats,
        **standing_of(booking, zone),
        "mail": _mail(placed, booking),
        "link": _link_panel(placed) if booking.payment_method == BY_LINK else None,
        "urls": {
            "booking": url_of("booking", booking.id),
            "pdf": url_for("desk.confirmation_pdf", booking_id=booking.id),
            "copy": url_for("desk.desk_page", copy=booking.id),
        },
    }


def _link_panel(placed: Placed) -> str | None:
    """The piece of page to copy, show and mail the link from; none for whoever may not take money."""
    link = payment_links.find_living(Subject(placed.booking_id))
    return panel(link) if link and current_actor().may("payment.take") else None


def _mail(placed: Placed, booking: Any) -> dict[str, Any]:
    if placed.mail:
        return {
            "is_queued": True,
            "words": f"Mail queued to {booking.contact_email}: {TEMPLATES[placed.mail].title}",
        }
    if not booking.contact_email:
        return {"is_queued": False, "words": "No e-mail address: print the confirmation."}
    return {"is_queued": False, "words": "No mail was sent with this booking."}


@desk.post("/admin/desk/preview")
def preview_mail() -> Any:
    """The mail that this form would send: the booking is taken, its mail written, and everything undone."""
    try:
        order = order_of(sent(), current_tenant())
        rendered = preview_of(order)
    except DomainError as error:
        return refused(error)
    finally:
        db.session.rollback()
    return jsonify(rendered)


def preview_of(order: Order) -> dict[str, Any]:
    """Subject and bodies, with words where the reference will stand. The caller rolls back. Raises DomainError."""
    placed = bookings.place(_silent(order), current_actor())
    db.session.flush()
    template = MAIL_OF_STATUS[placed.status]
    customer = order.customer
    name = f"{customer.first_name} {customer.last_name}".strip()
    link = mail_texts.HIDDEN_LINK  # the booking is undone: no link leads to it
    about = mail_texts.About(booking_id=placed.booking_id, recipient_name=name, link=link)
    mail = mail_texts.render(template, about)
    later = "(given when booked)"
    return {
        "title": TEMPLATES[template].title,
        "subject": mail.subject.replace(placed.reference, later),
        "html": mail.html.replace(placed.reference, later),
        "text": mail.text.replace(placed.reference, later),
        "has_calendar": mail.calendar is not None,
    }


def _silent(order: Order) -> Order:
    return replace(order, send_mail=False, idempotency_key=None)
