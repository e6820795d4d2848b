"""What the page of each verb says and offers before anything happens."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from flask import request

from backoffice.domain.errors import Changed, Invalid
from backoffice.domain.money import format_money
from backoffice.domain.refund_policy import proposed_refund
from backoffice.domain.text import say_phone
from backoffice.domain.times import day_bounds, parse_date, say_instant, to_local
from backoffice.models import Attendee, Booking
from backoffice.services.bookings import choices
from backoffice.services.bookings.holds import a_day_longer
from backoffice.views.admin.arguments import read_id
from backoffice.views.admin.bookings.forms import (
    AttendeeForm,
    CancelForm,
    CancelPlacesForm,
    ContactForm,
    HoldForm,
    MoneyForm,
    MoveForm,
    PaymentForm,
    RefundForm,
)
from backoffice.views.admin.bookings.list import course_options
from backoffice.views.admin.bookings.money import waiting_refunds
from backoffice.views.admin.formats import page_zone
from backoffice.views.admin.history_words import METHODS
from backoffice.views.admin.verbs import VerbForm
from backoffice.views.requests import current_tenant

Shown = dict[str, Any]

CONTACT_FIELDS = (
    "contact_first_name",
    "contact_last_name",
    "contact_email",
    "contact_phone",
    "purchase_order",
    "special_requirements",
    "notes",
)
# How the booking was to be paid -> the method to offer first.
_FIRST_METHOD = {"cash": "cash", "card_terminal": "card_terminal", "account": "invoice"}


def version_of(form: VerbForm) -> int | None:
    """The version that the page of one booking carried; a page of several carries none."""
    return form.version.data


def check_seen(booking: Booking, form: MoneyForm) -> None:
    """Raise Changed when the booking or its money is not what the page showed."""
    if form.seen_version != booking.version or form.seen_due.data != str(booking.due_minor):
        raise Changed("Somebody else changed or paid this booking while you had it open.")


def _money(minor: int, booking: Booking) -> str:
    return format_money(minor, booking.currency)


def _carry_due(booking: Booking, form: MoneyForm) -> None:
    if form.is_first_sight or form.was_changed:
        form.seen_due.data = str(booking.due_minor)


# --- Money ---


def take_payment(booking: Booking, form: PaymentForm) -> Shown:
    _carry_due(booking, form)
    form.offer(
        amount=booking.payable_minor or None,
        method=_FIRST_METHOD.get(booking.payment_method, "bank_transfer"),
        paid_on=to_local(datetime.now(UTC), page_zone()).date(),
        send_mail=bool(booking.contact_email),
    )
    says = [
        f"{_money(booking.payable_minor, booking)} of {_money(booking.total_minor, booking)} is due. "
        "What is paid beyond that stays the customer's unallocated money."
    ]
    if booking.status == "pending":
        says.append("Once it is paid in full, the booking is confirmed.")
    if booking.status == "expired":
        says.append("Its hold ended: if the places are still free, a full payment takes them again.")
    return {"says": says}


def request_refund(booking: Booking, form: RefundForm) -> Shown:
    _carry_due(booking, form)
    parts = [part for part in booking.allocations if part.payment.status == "succeeded"]
    form.payment.choices = [(str(part.payment_id), _say_part(part, booking)) for part in parts]
    form.attendee.choices = [("", "The whole booking")]
    form.attendee.choices += [(str(place.id), _say_place(place, booking)) for place in booking.attendees]
    amount, why = proposal(booking)
    form.offer(amount=amount or None, reason=_cancelled_because(booking))
    given, waiting = booking.paid_minor - booking.refunded_minor, waiting_refunds(booking)
    asked = f" {_money(waiting, booking)} of it is asked for already." if waiting else ""
    says = [
        f"{_money(given, booking)} of what was paid has not been given back.{asked}",
        f"Proposed: {_money(amount, booking)}. {why}",
        "An administrator pays it out; until it is approved, nothing is reserved.",
    ]
    return {"says": says}


def _say_part(part: Any, booking: Booking) -> str:
    method = METHODS.get(part.payment.method, part.payment.method)
    return f"{part.payment.reference}, {method}: {_money(part.amount_minor, booking)}"


def _say_place(place: Attendee, booking: Booking) -> str:
    ended = ", cancelled" if place.cancelled_at else ""
    return f"{place} ({_money(place.net_minor, booking)}{ended})"


def _cancelled_because(booking: Booking) -> str:
    reasons = [booking.cancellation_reason, *(place.cancellation_reason for place in booking.attendees)]
    return next((reason for reason in reasons if reason), "")


def proposal(booking: Booking) -> tuple[int, str]:
    """What to give back (minor units) by the course's window and fee, and the sentence that says why.

    The hour that counts is that of the cancellation, not that of the asking.
    """
    owed_back = max(-booking.due_minor, 0) or booking.paid_minor - booking.refunded_minor
    base = max(owed_back - waiting_refunds(booking), 0)
    ended = [place.cancelled_at for place in booking.attendees if place.cancelled_at]
    return _by_policy(booking, base, booking.cancelled_at or max(ended, default=None) or datetime.now(UTC))


def _by_policy(booking: Booking, base_minor: int, when: datetime) -> tuple[int, str]:
    course = booking.schedule.course
    if course.refund_window_hours is None:
        return base_minor, "The course sets no time limit for refunds."
    hours = (booking.starts_at - when).total_seconds() / 3600
    return proposed_refund(base_minor, hours, course.refund_window_hours, course.refund_fee_bp)


# --- Cancelling ---


def cancel(booking: Booking, form: CancelForm) -> Shown:
    form.offer(send_mail=bool(booking.contact_email))
    places = f"{booking.seats} place{'s' * (booking.seats != 1)}"
    return {"says": [f"{places} on this date will be free again at once.", _money_of_cancelling(booking)]}


def _money_of_cancelling(booking: Booking) -> str:
    given = booking.paid_minor - booking.refunded_minor
    if given <= 0:
        return f"Nothing was paid. {_money(booking.total_minor, booking)} will no longer be due."
    amount, why = _by_policy(booking, given, datetime.now(UTC))
    return (
        f"{_money(given, booking)} was paid. {why} Proposed refund: {_money(amount, booking)}; "
        "it is asked for afterwards, on the page of the booking."
    )


def cancel_places(booking: Booking, form: CancelPlacesForm) -> Shown:
    form.attendees.choices = [
        (str(place.id), _say_place(place, booking)) for place in booking.active_attendees
    ]
    form.offer(send_mail=bool(booking.contact_email))
    says = [
        "Each place takes its own price off the total; the discount of those who stay is kept.",
        "What was paid too much then can be given back with a refund.",
    ]
    return {"says": says}


# --- The date ---


def move(booking: Booking, form: MoveForm) -> Shown:
    course_id, from_day = _wanted_course(booking), _wanted_day()
    dates = choices.list_dates(
        booking, current_tenant(), course_id=course_id, from_instant=day_bounds(from_day, page_zone())[0]
    )
    form.offer(send_mail=bool(booking.contact_email))
    return {
        "template": "admin/bookings/move.html",
        "dates": dates,
        "courses": course_options(),
        "wanted_course": str(course_id) if course_id else "any",
        "from_day": from_day,
        "old_when": say_instant(booking.starts_at, booking.schedule.time_zone),
    }


def _wanted_course(booking: Booking) -> Any:
    wanted = request.args.get("course")
    return booking.schedule.course_id if wanted is None else read_id(wanted)


def _wanted_day() -> date:
    try:
        return parse_date(request.args.get("from", ""))
    except Invalid:
        return to_local(datetime.now(UTC), page_zone()).date()


def extend_hold(booking: Booking, form: HoldForm) -> Shown:
    form.offer(until=a_day_longer(booking.schedule, datetime.now(UTC)))
    held = booking.hold_expires_at
    now = f"Held until {say_instant(held, page_zone())} at the moment." if held else "Held without an end."
    latest = say_instant(booking.starts_at, page_zone())
    return {"says": [now, f"Offered: until tomorrow at this time. At the latest until it starts, {latest}."]}


# --- Words ---


def name_attendee(place: Attendee, form: AttendeeForm) -> Shown:
    now = {
        "first_name": place.first_name,
        "last_name": place.last_name,
        "email": place.email,
        "phone": _say_phone(place.phone),
        "requirements": place.requirements,
    }
    birth_date = date.fromisoformat(place.birth_date) if place.birth_date else None
    form.offer(**now, birth_date=birth_date)
    return {"says": [f"Place {place.position}: {place}."], "theirs": _theirs(now, form)}


def change_contact(booking: Booking, form: ContactForm) -> Shown:
    now = {name: getattr(booking, name) for name in CONTACT_FIELDS}
    now["contact_phone"] = _say_phone(booking.contact_phone)
    form.offer(**now)
    return {
        "says": ["The customer's own record stays as it is: this is the contact of this booking."],
        "theirs": _theirs(now, form),
    }


def _say_phone(number: str | None) -> str:
    return say_phone(number, current_tenant().country) if number else ""


def _theirs(now: dict[str, str | None], form: VerbForm) -> list[tuple[str, str, str]]:
    """(label, what is stored now, what was typed) where they differ after somebody was quicker."""
    if not form.was_changed:
        return []
    pairs = [(form[name], stored or "") for name, stored in now.items()]
    return [
        (field.label.text, stored or "empty", field.data or "empty")
        for field, stored in pairs
        if stored != (field.data or "")
    ]
