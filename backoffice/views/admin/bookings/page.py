"""The page of one booking: who, what, when, the money, and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import url_for
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from backoffice.database import db
from backoffice.domain.money import format_money
from backoffice.domain.text import say_phone
from backoffice.domain.times import say_instant, say_span
from backoffice.models import Allocation, Attendee, Booking, Message, Schedule, WorkItem
from backoffice.services import reminders
from backoffice.services.bookings import same_people
from backoffice.services.certificates import reading as certificates
from backoffice.services.messages import TEMPLATES
from backoffice.services.reminders import names_link
from backoffice.views.admin import formats, timeline
from backoffice.views.admin.bookings import consents
from backoffice.views.admin.bookings.called_off import called_off_words
from backoffice.views.admin.bookings.list import SOURCES
from backoffice.views.admin.bookings.money import (
    LEDGER_HEADER,
    ledger_rows,
    price_lines,
    waiting_refunds,
    waiting_words,
)
from backoffice.views.admin.certificates import pieces
from backoffice.views.admin.history_words import METHODS
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pieces import may_open, page_link, pill_cell, record_link
from backoffice.views.requests import current_tenant

LOAD = (
    joinedload(Booking.schedule).options(joinedload(Schedule.course), joinedload(Schedule.venue)),
    joinedload(Booking.customer),
    joinedload(Booking.company),
    joinedload(Booking.booking_group),
    joinedload(Booking.placed_by),
    joinedload(Booking.discount_code),
    joinedload(Booking.discount_rule),
    selectinload(Booking.attendees),
    selectinload(Booking.allocations).joinedload(Allocation.payment),
    selectinload(Booking.refunds),
    selectinload(Booking.messages),
)

Facts = list[tuple[Any, ...]]


def when_and_where(booking: Booking) -> str:
    date = booking.schedule
    return say_span(date.starts_at, date.ends_at, date.time_zone)


def facts(booking: Booking) -> list[tuple[str, Facts]]:
    """The definition lists: the date, the contact, the booking itself."""
    return [
        ("Course and date", _date_facts(booking)),
        ("Contact", _contact_facts(booking)),
        ("Booking", _booking_facts(booking)),
    ]


def _date_facts(booking: Booking) -> Facts:
    date = booking.schedule
    return [
        ("Course", record_link("courses", date.course_id, date.course.title)),
        ("When", record_link("schedules", date.id, when_and_where(booking))),
        ("Where", record_link("venues", date.venue_id, date.venue)),
        ("Address", formats.show_value(date.venue.address)),
    ]


def _contact_facts(booking: Booking) -> Facts:
    customer = booking.customer
    contact = booking.contact_name or formats.nothing()
    shown: Facts = [
        ("Contact", contact),
        ("Customer", record_link("customers", customer.id, customer)),
        ("E-mail", _mail_link(booking.contact_email)),
        ("Phone", _phone_link(booking.contact_phone)),
    ]
    if booking.company:
        shown.append(("Company", record_link("companies", booking.company_id, booking.company)))
    elif booking.company_named:
        shown.append(("Company, as typed", _company_named(booking)))
    if booking.purchase_order:
        shown.append(("Purchase order", booking.purchase_order))
    return shown


def _company_named(booking: Booking) -> Markup:
    """What the booker has typed, and the way to say which company it is."""
    if not may_open("bookings.set_company"):
        return Markup("{}").format(booking.company_named)
    link = page_link("bookings.set_company", "Say which company it is…", id=booking.id)
    return Markup("{}<br><small>{}</small>").format(booking.company_named, link)


def _mail_link(address: str | None) -> Any:
    if not address:
        return formats.nothing()
    return Markup('<a href="mailto:{0}">{0}</a>').format(address)


def _phone_link(number: str | None) -> Any:
    if not number:
        return formats.nothing()
    said = say_phone(number, current_tenant().country)
    return Markup('<a href="tel:{}">{}</a>').format(number, said)


def _booking_facts(booking: Booking) -> Facts:
    by = f" by {booking.placed_by}" if booking.placed_by else ""
    booked = say_instant(booking.booked_at, formats.page_zone())
    shown: Facts = [
        ("Booked", f"{booked}{by}"),
        ("Came by", SOURCES[booking.source]),
        ("To be paid by", formats.large(METHODS.get(booking.payment_method, booking.payment_method))),
    ]
    if booking.status == "pending":
        shown.append(("Held until", formats.show_value(booking.hold_expires_at)))
    if booking.booking_group:
        shown.append(
            ("Group", record_link("booking_groups", booking.booking_group_id, booking.booking_group))
        )
    texts = (
        ("Special requirements", booking.special_requirements),
        ("Notes of the office", booking.notes),
        ("Taken against a rule", booking.override_reason),
        ("Cancelled because", booking.cancellation_reason),
    )
    return shown + [(label, text, True) for label, text in texts if text]


# --- What needs a look ---


def notices(booking: Booking) -> list[tuple[str, Any]]:
    """(tone, text): what somebody should see before anything else."""
    found: list[tuple[str, Any]] = [("wait", text) for text in _open_work(booking)]
    called = called_off_words(booking)
    found += [("wait", text) for text in called or _paid_too_much(booking)]
    if booking.status in ("pending", "confirmed"):
        found += [("wait", text) for text in _names_missing(booking)]
        found += [("info", text) for text in _also_there(booking)]
    return found


def _paid_too_much(booking: Booking) -> list[str]:
    """What was paid beyond the price, less the refunds that are on their way."""
    said = waiting_words(booking)
    left = -booking.due_minor - waiting_refunds(booking)
    if left > 0:
        amount = format_money(left, booking.currency)
        said.append(f"{amount} more than the price was paid: give it back with a refund.")
    return said


def _names_missing(booking: Booking) -> list[Markup]:
    """Which names the booker still owes us, and whether they were asked."""
    if not booking.unnamed_places:
        return []
    missing = (
        "1 place has no name"
        if booking.unnamed_places == 1
        else f"{booking.unnamed_places} places have no name"
    )
    return [Markup("{}. {} {}").format(missing, _when_asked(booking), _ask_link(booking))]


def _when_asked(booking: Booking) -> str:
    asked = reminders.asked(booking.id)
    if asked.last_at is None:
        return "The booker was not asked by mail yet."
    times = "once" if asked.times == 1 else f"{asked.times} times"
    return f"Asked by mail {times}, last on {say_instant(asked.last_at, formats.page_zone())}."


def _ask_link(booking: Booking) -> str:
    """The way to ask now; "" where nobody can be asked."""
    can_ask = booking.contact_email and names_link.wants_names(booking) and may_open("bookings.ask_names")
    return page_link("bookings.ask_names", "Ask for the names…", id=booking.id) if can_ask else ""


def _open_work(booking: Booking) -> Sequence[str]:
    return db.session.scalars(
        select(WorkItem.sentence).where(
            WorkItem.subject_type == "bookings",
            WorkItem.subject_id == booking.id,
            WorkItem.resolved_at.is_(None),
        )
    ).all()


def _also_there(booking: Booking) -> list[Markup]:
    names = [(place.first_name, place.last_name) for place in booking.active_attendees]
    others = same_people(booking.schedule_id, booking.customer_id, names)
    return [
        Markup("{}: {}.").format(words, record_link("bookings", other.id, other.reference))
        for other, words in others
        if other.id != booking.id
    ]


# --- Parts ---


def context(booking: Booking, may_edit: bool) -> dict[str, Any]:
    """Everything that templates/admin/bookings/details.html shows besides the facts."""
    return {
        "lead": f"{booking.schedule.course.title} · {when_and_where(booking)} · {booking.schedule.venue}",
        "pills": [(booking.status, "booking"), (booking.payment_status, "payment_status")],
        "notices": notices(booking),
        "amounts": _amounts(booking),
        "places": [_place(booking, place, may_edit) for place in booking.attendees],
        "price_lines": price_lines(booking),
        "money_table": RelatedTable(
            "Payments and refunds", LEDGER_HEADER, ledger_rows(booking), empty="Nothing was paid yet."
        ),
        "consent_table": consents.table(booking),
        "certificate_table": _certificate_table(booking),
        "mail_table": _mail_table(booking),
        "timeline": _timeline(booking),
    }


def _amounts(booking: Booking) -> list[tuple[str, str, str]]:
    """(label, amount, tone) for the head of the page."""

    def money(minor: int) -> str:
        return format_money(minor, booking.currency)

    due = booking.due_minor
    shown = [("Total", money(booking.total_minor), ""), ("Paid", money(booking.paid_minor), "")]
    if booking.refunded_minor:
        shown.append(("Paid back", money(booking.refunded_minor), ""))
    label, tone = ("Due", "wait") if due > 0 else ("Paid too much", "wait") if due < 0 else ("Due", "good")
    return [*shown, (label, money(abs(due)), tone)]


def _place(booking: Booking, place: Attendee, may_edit: bool) -> dict[str, Any]:
    editable = may_edit and place.cancelled_at is None and booking.status in ("pending", "confirmed")
    edit_url = url_for("bookings.name_attendee", id=booking.id, attendee=place.id) if editable else None
    return {
        "row": place,
        "phone": say_phone(place.phone, current_tenant().country) if place.phone else "",
        "price": format_money(place.net_minor, booking.currency),
        "prepared": consents.prepared_words(booking, place),
        "edit_url": edit_url,
    }


def _certificate_table(booking: Booking) -> RelatedTable | None:
    """None while there are none, and for whoever may not read them."""
    found = certificates.list_of_booking(booking.id) if may_open("certificates.details_view") else []
    return pieces.table(found) if found else None


def _mail_table(booking: Booking) -> RelatedTable:
    newest = sorted(booking.messages, key=lambda message: message.id, reverse=True)
    rows = [_mail_row(message) for message in newest]
    empty = "No mail has gone out for this booking."
    return RelatedTable("Mails", ("Mail", "To", "Status", "When", "Again"), rows, empty=empty)


def _mail_row(message: Message) -> list[Any]:
    known = TEMPLATES.get(message.template)
    title = known.title if known else message.template
    can_resend = message.status != "queued" and may_open("messages.resend")
    return [
        record_link("messages", message.id, title),
        message.recipient,
        pill_cell(message.status, "message"),
        formats.show_value(message.sent_at or message.created_at),
        page_link("messages.resend", "Send again…", id=message.id) if can_resend else formats.nothing(),
    ]


def _timeline(booking: Booking) -> list[timeline.Event]:
    events = timeline.of_subjects(_subjects(booking))
    return timeline.with_ledger(events, [part.payment_id for part in booking.allocations])


def _subjects(booking: Booking) -> list[tuple[str, UUID]]:
    """Whose history is the booking's: its own, its payments', its refunds', its mails'."""
    payments = [("payments", part.payment_id) for part in booking.allocations]
    refunds = [("refunds", refund.id) for refund in booking.refunds]
    mails = [("messages", message.id) for message in booking.messages]
    return [("bookings", booking.id), *payments, *refunds, *mails]
