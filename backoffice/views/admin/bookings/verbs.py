"""The verbs of a booking: a page that asks, and one service function each."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from flask import abort, request

from backoffice.database import db
from backoffice.domain.errors import Invalid
from backoffice.domain.money import format_money
from backoffice.domain.times import local_to_utc, say_instant, to_local
from backoffice.models import Attendee, Booking
from backoffice.services import bookings, credit, giving_back, payments, reminders
from backoffice.services.bookings import AttendeeIn, BookingEdit, Move
from backoffice.services.payments import PaymentIn
from backoffice.services.reminders import names_link
from backoffice.views.access import current_actor
from backoffice.views.admin.actions import screen_action
from backoffice.views.admin.bookings import asking, credit_page
from backoffice.views.admin.bookings import refunding as refund_page
from backoffice.views.admin.bookings.credit_page import CreditForm
from backoffice.views.admin.bookings.forms import (
    AttendeeForm,
    CancelForm,
    CancelPlacesForm,
    ConfirmForm,
    ContactForm,
    HoldForm,
    MoveForm,
    PaymentForm,
)
from backoffice.views.admin.bookings.refunding import BookingRefundForm
from backoffice.views.admin.formats import page_zone
from backoffice.views.admin.verbs import VerbForm, VerbPages
from backoffice.views.arguments import read_id

IS_OPEN = {"pending", "confirmed"}


def _is_open(booking: Booking) -> bool:
    return booking.status in IS_OPEN


def has_begun(booking: Booking) -> bool:
    return booking.starts_at <= datetime.now(UTC)


def received_at(form: Any, zone: str) -> datetime | None:
    """When money came in (UTC): midday of an earlier day, None for today. Raises Invalid for a later one."""
    day, today = form.paid_on.data, to_local(datetime.now(UTC), zone).date()
    if day is None or day == today:
        return None
    if day > today:
        raise Invalid("paid_on", "A payment cannot come from the future.", field="paid_on")
    return local_to_utc(day, time(12), zone)


class BookingVerbs(VerbPages):
    """Mixed into the bookings screen."""

    # --- Money ---

    @screen_action(
        "Take a payment",
        right="payment.take",
        form=PaymentForm,
        applies=lambda booking: booking.payable_minor > 0,
    )
    def take_payment(self, booking: Booking, form: PaymentForm) -> str:
        asking.check_seen(booking, form)
        payment = payments.take(
            PaymentIn(
                method=form.method.data,
                amount_minor=form.amount.data or 0,
                bookings=(booking.id,),
                paid_at=received_at(form, page_zone()),
                payer_reference=form.payer_reference.data,
                note=form.note.data,
                idempotency_key=form.once.data,
                send_mail=form.send_mail.data,
            ),
            current_actor(),
        )
        return f"{format_money(payment.amount_minor, payment.currency)} taken for {booking.reference}."

    ask_take_payment = staticmethod(asking.take_payment)

    @screen_action(
        "Refund",
        right="refund.request",
        form=BookingRefundForm,
        applies=lambda booking: booking.paid_minor > booking.refunded_minor,
    )
    def request_refund(self, booking: Booking, form: BookingRefundForm) -> str:
        asking.check_seen(booking, form)
        made = giving_back.give_back(refund_page.of_booking(booking, form), current_actor())
        return refund_page.said_of(made)

    ask_request_refund = staticmethod(refund_page.ask)

    @screen_action(
        "Use credit",
        right="payment.take",
        form=CreditForm,
        applies=lambda booking: booking.payable_minor > 0 and credit_page.usable_minor(booking) > 0,
    )
    def use_credit(self, booking: Booking, form: CreditForm) -> str:
        asking.check_seen(booking, form)
        amount = form.amount.data or 0
        credit.use(booking.id, amount, current_actor(), datetime.now(UTC), key=form.once.data)
        return (
            f"{format_money(amount, booking.currency)} of the customer's credit used for {booking.reference}."
        )

    ask_use_credit = staticmethod(credit_page.ask)

    # --- The date ---

    @screen_action("Move to another date", right="booking.move", form=MoveForm, applies=_is_open)
    def move(self, booking: Booking, form: MoveForm) -> str:
        wanted = Move(
            schedule_id=read_id(form.schedule_id.data) or abort(404),
            price=form.price.data,
            reason=form.reason.data or "",
            override_reason=form.override_reason.data or None,
            send_mail=form.send_mail.data,
        )
        moved = bookings.move(booking.id, wanted, current_actor(), version=form.seen_version)
        when = say_instant(moved.starts_at, moved.schedule.time_zone)
        return f"{moved.reference} moved to {when}."

    ask_move = staticmethod(asking.move)

    @screen_action(
        "Cancel the booking", right="booking.cancel", form=CancelForm, danger=True, applies=_is_open
    )
    def cancel(self, booking: Booking, form: CancelForm) -> str:
        bookings.cancel(
            booking.id,
            form.reason.data,
            current_actor(),
            version=form.seen_version,
            send_mail=form.send_mail.data,
        )
        return f"{booking.reference} is cancelled; its places are free again."

    ask_cancel = staticmethod(asking.cancel)

    @screen_action(
        "Cancel single places",
        right="booking.cancel",
        form=CancelPlacesForm,
        danger=True,
        applies=lambda booking: _is_open(booking) and booking.seats > 1,
    )
    def cancel_places(self, booking: Booking, form: CancelPlacesForm) -> str:
        chosen = [read_id(text) or abort(404) for text in form.attendees.data]
        bookings.cancel_attendees(
            booking.id,
            chosen,
            form.reason.data,
            current_actor(),
            version=form.seen_version,
            send_mail=form.send_mail.data,
        )
        return f"{len(chosen)} place{'s' * (len(chosen) != 1)} of {booking.reference} cancelled."

    ask_cancel_places = staticmethod(asking.cancel_places)

    # --- Status ---

    @screen_action(
        "Confirm without payment",
        right="booking.edit",
        ask="The booking becomes firm although it is not paid, and its hold ends.",
        form=ConfirmForm,
        applies=lambda booking: booking.status == "pending",
    )
    def confirm(self, booking: Booking, form: ConfirmForm) -> str:
        bookings.confirm(
            booking.id, current_actor(), version=form.seen_version, send_mail=form.send_mail.data
        )
        return f"{booking.reference} is confirmed."

    @screen_action(
        "Hold longer",
        right="booking.edit",
        form=HoldForm,
        applies=lambda booking: booking.status == "pending",
    )
    def extend_hold(self, booking: Booking, form: HoldForm) -> str:
        until: Any = form.until.data
        bookings.extend_hold(booking.id, until, current_actor(), version=form.seen_version)
        return f"Held until {say_instant(until, page_zone())}."

    ask_extend_hold = staticmethod(asking.extend_hold)

    @screen_action(
        "Mark as completed",
        right="register.mark",
        ask="They came. The booking counts as completed.",
        form=VerbForm,
        bulk=True,
        applies=lambda booking: booking.status in ("confirmed", "no_show") and has_begun(booking),
    )
    def mark_completed(self, booking: Booking, form: VerbForm) -> str:
        bookings.mark_completed(booking.id, current_actor(), version=asking.version_of(form))
        return f"{booking.reference} is completed."

    @screen_action(
        "Mark as no-show",
        right="register.mark",
        ask="Nobody of this booking came.",
        form=VerbForm,
        bulk=True,
        danger=True,
        applies=lambda booking: booking.status in ("confirmed", "completed") and has_begun(booking),
    )
    def mark_no_show(self, booking: Booking, form: VerbForm) -> str:
        bookings.mark_no_show(booking.id, current_actor(), version=asking.version_of(form))
        return f"{booking.reference} is a no-show."

    # --- Words ---

    @screen_action("Change the attendee", right="booking.edit", form=AttendeeForm, applies=_is_open)
    def name_attendee(self, booking: Booking, form: AttendeeForm) -> str:
        place = asked_place(booking)
        who = AttendeeIn(
            first_name=form.first_name.data or "",
            last_name=form.last_name.data or "",
            email=form.email.data or None,
            phone=form.phone.data or None,
            birth_date=form.birth_date.data,
            requirements=form.requirements.data or "",
        )
        changed = bookings.rename_attendee(
            booking.id, place.id, who, current_actor(), version=form.seen_version
        )
        return f"Place {changed.position}: {changed}."

    def ask_name_attendee(self, booking: Booking, form: AttendeeForm) -> dict[str, Any]:
        return asking.name_attendee(asked_place(booking), form)

    @screen_action(
        "Ask for the names",
        right="message.send",
        ask="The booker gets a mail with a link to give the names that are missing.",
        form=VerbForm,
        bulk=True,
        applies=lambda booking: names_link.wants_names(booking) and bool(booking.contact_email),
    )
    def ask_names(self, booking: Booking, form: VerbForm) -> str:
        reminders.ask_for_names(booking.id, current_actor())
        return f"{booking.contact_email} is asked for the names."

    @screen_action(
        "Change contact and notes",
        right="booking.edit",
        form=ContactForm,
    )
    def change_contact(self, booking: Booking, form: ContactForm) -> str:
        values = {name: form[name].data or "" for name in asking.CONTACT_FIELDS}
        bookings.edit(booking.id, BookingEdit(**values), current_actor(), version=form.seen_version)
        return "Saved."

    ask_change_contact = staticmethod(asking.change_contact)


def asked_place(booking: Booking) -> Attendee:
    """The live place of the booking that the address names; 404 when it has none such."""
    wanted = read_id(request.values.get("attendee"))
    found = db.session.get(Attendee, wanted) if wanted else None
    if found is None or found.booking_id != booking.id:
        abort(404)
    return found
