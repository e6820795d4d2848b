"""What the page of each verb says and offers before anything happens."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from flask import request

from backoffice.domain.errors import Changed, Invalid
from backoffice.domain.money import format_money
from backoffice.domain.text import say_phone
from backoffice.domain.times import day_bounds, parse_date, say_instant, to_local
from backoffice.models import Attendee, Booking
from backoffice.services import giving_back
from backoffice.services.bookings import choices
from backoffice.services.bookings.holds import a_day_longer
from backoffice.views.admin.bookings.forms import (
    AttendeeForm,
    CancelForm,
    CancelPlacesForm,
    ContactForm,
    HoldForm,
    MoneyForm,
    MoveForm,
    PaymentForm,
)
from backoffice.views.admin.bookings.list import course_options
from backoffice.views.admin.formats import page_zone
from backoffice.views.admin.verbs import VerbForm
from backoffice.views.arguments import read_id
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


# --- Cancelling ---


def cancel(booking: Booking, form: CancelForm) -> Shown:
    form.offer(send_mail=bool(booking.contact_email))
    places = f"{booking.seats} place{'s' * (booking.seats != 1)}"
    return {"says": [f"{places} on this date will be free again at once.", _money_of_cancelling(booking)]}


def _money_of_cancelling(booking: Booking) -> str:
    given = booking.paid_minor - booking.refunded_minor
    if given <= 0:
        return f"Nothing was paid. {_money(booking.total_minor, booking)} will no longer be due."
    amount, why = giving_back.by_policy(booking, given, datetime.now(UTC), ends_now=True)
    return (
        f"{_money(given, booking)} was paid. {why} Proposed refund: {_money(amount, booking)}; "
        "it is asked for afterwards, on the page of the booking."
    )


def _say_place(place: Attendee, booking: Booking) -> str:
    return f"{place} ({_money(place.net_minor, booking)})"


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
