"""Customers: who they are, what they booked, what they owe and what is theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from flask import g, url_for
from sqlalchemy import select, text
from sqlalchemy.orm import joinedload
from wtforms import StringField, TextAreaField, validators

from backoffice.database import db
from backoffice.domain.money import format_money
from backoffice.domain.text import say_phone
from backoffice.domain.times import say_instant
from backoffice.models import Booking, Company, Payment, Schedule, User, UserNote
from backoffice.services import caller_card, credit, customers
from backoffice.services.bookings import finding
from backoffice.services.caller_card import Card
from backoffice.services.certificates import reading as certificates
from backoffice.services.left_over import free_minors
from backoffice.views.admin import filters, formats, timeline
from backoffice.views.admin.actions import screen_action
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.bookings import credit_page
from backoffice.views.admin.catalogue import archived_filter, phone
from backoffice.views.admin.certificates import pieces
from backoffice.views.admin.choosing import COMPANIES
from backoffice.views.admin.fields import email_address, phone_number
from backoffice.views.admin.forms import PlainText, ScreenForm, SearchedField
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.listing import Listing
from backoffice.views.admin.payments import METHOD_WORDS
from backoffice.views.admin.pieces import may_open, money_cell, page_link, pill_cell, record_link
from backoffice.views.admin.verbs import VerbForm, VerbPages
from backoffice.views.arguments import read_id
from backoffice.views.requests import current_actor, current_tenant

MOST_PAYMENTS = 50
MOST_NOTES = 50
# The view counts while it is asked, so it is asked for the rows of one page only.
_STATS = text(
    "SELECT user_id, total_bookings, total_spent_minor FROM customer_stats WHERE user_id = ANY(:ids)"
)


class CustomerForm(ScreenForm):
    first_name = StringField("First name", [PlainText(100)])
    last_name = StringField("Last name", [PlainText(100)])
    email = StringField("E-mail", [email_address])
    phone = StringField("Phone", [phone_number])
    company = SearchedField(COMPANIES, "Company", allow_blank=True)


class NoteForm(VerbForm):
    note = TextAreaField(
        "Note",
        [validators.InputRequired(), PlainText(2000, several_lines=True)],
        description="Kept encrypted; read by the office only. Never a card number.",
    )


def _bookings(view: Any, context: Any, user: User, name: str) -> Any:
    stats = g.get("customer_stats", {}).get(user.id)
    return f"{stats.total_bookings:,}" if stats else formats.nothing()


def _spent(view: Any, context: Any, user: User, name: str) -> Any:
    stats = g.get("customer_stats", {}).get(user.id)
    return money_cell(stats.total_spent_minor, formats.page_currency()) if stats else formats.nothing()


_bookings.cell_class = _spent.cell_class = "num"  # type: ignore[attr-defined]


class CustomerListing(Listing):
    """A page of customers, with the sums of those on it."""

    def rows(self, ids: Sequence[UUID], load: Sequence[Any] = ()) -> list[Any]:
        g.customer_stats = {row.user_id: row for row in db.session.execute(_STATS, {"ids": list(ids)})}
        return super().rows(ids, load)


class CustomerScreen(VerbPages, AdminView):
    singular = "Customer"
    plural = "Customers"
    subject = "user"
    form = CustomerForm
    form_columns = ()
    can_edit = True
    form_ajax_refs = {"company": COMPANIES}
    details_template = "admin/customers/details.html"
    empty_hint = "Customers are made with their first booking, at the desk or by an import."
    empty_action = ("Open the phone desk", "desk.desk_page")
    column_list = ("name", "email", "phone", "company", "bookings", "spent")
    column_labels = {"name": "Name", "email": "E-mail"}
    column_formatters = {"phone": phone, "bookings": _bookings, "spent": _spent}
    list_sorts = {"name": User.last_name}
    list_load = (joinedload(User.company),)
    details_load = list_load
    list_filters = (
        archived_filter(User),
        filters.yes_no("company", "Company", User.company_id.is_not(None), ("With", "Without")),
    )
    hides_archived = True
    listing_class = CustomerListing
    search_hint = "Name, company, phone, e-mail"

    def list_criteria(self) -> Sequence[Any]:
        return (User.role == "customer",)

    def search_ids(self, term: str) -> list[UUID]:
        tenant = current_tenant()
        subjects = finding.find_subjects(term, tenant, None, 1000)
        of_companies = select(User.id).where(User.company_id.in_(subjects["company"])).limit(1000)
        return subjects["user"] + (list(db.session.scalars(of_companies)) if subjects["company"] else [])

    def title_of(self, row: User) -> str:
        return row.name

    # --- One customer ---

    def facts_of(self, row: User) -> list[tuple[str, Any]]:
        said = say_phone(row.phone, current_tenant().country) if row.phone else None
        contact = [
            ("E-mail", formats.show_value(row.email)),
            ("Phone", formats.show_value(said)),
            ("Company", record_link("companies", row.company_id, row.company or formats.nothing())),
            ("Customer since", formats.show_value(row.created_at)),
        ]
        return [("Contact", contact)]

    def details_context(self, model: User) -> dict[str, Any]:
        card = caller_card.get(model.id, current_actor())
        payments = _payments_of(model)
        return {
            "pills": [("archived", None)] if model.archived_at else [],
            "amounts": _amounts(card, payments),
            "links": _links(model),
            "tables": [
                *_booking_tables(card),
                *_certificate_tables(model),
                _payment_table(payments),
                credit_page.table(model),
            ],
            "notes": _notes_of(model) if current_actor().may("note.read") else None,
            "timeline": timeline.of_row(model),
        }

    def perform_update(self, model: User, form: Any) -> None:
        company: Company | None = form.company.data
        customers.edit(
            model,
            first_name=form.first_name.data or "",
            last_name=form.last_name.data or "",
            email=form.email.data,
            phone=form.phone.data,
            company_id=company.id if company else None,
            country=current_tenant().country,
            actor=current_actor(),
        )

    @screen_action("Write a note", right="note.write", form=NoteForm)
    def add_note(self, user: User, form: NoteForm) -> str:
        customers.add_note(user.id, form.note.data, current_actor())
        return "The note is saved."

    @screen_action("Adjust credit", right="refund.execute", form=credit_page.AdjustForm)
    def adjust_credit(self, user: User, form: credit_page.AdjustForm) -> str:
        amount = form.signed_minor
        credit.adjust(user.id, amount, form.reason.data or "", current_actor(), key=read_id(form.once.data))
        return "The credit is corrected."

    ask_adjust_credit = staticmethod(credit_page.ask_adjust)

    @screen_action(
        "Archive",
        right="customer.edit",
        ask="The desk does not find them any more. Bookings, payments and certificates stay.",
        form=VerbForm,
        danger=True,
        applies=lambda user: user.archived_at is None,
    )
    def archive(self, user: User, form: VerbForm) -> str:
        form.check_version(user)
        customers.archive(user, current_actor())
        return f"{user.name} is archived."

    @screen_action(
        "Take out of the archive",
        right="customer.edit",
        ask="The desk finds them again.",
        form=VerbForm,
        applies=lambda user: user.archived_at is not None,
    )
    def restore(self, user: User, form: VerbForm) -> str:
        form.check_version(user)
        customers.restore(user, current_actor())
        return f"{user.name} is back."


# --- Parts of the page ---


def _amounts(card: Card, payments: Sequence[Payment]) -> list[tuple[str, Any, str]]:
    currency = formats.page_currency()
    left = sum(free_minors(payments).values())
    balance = credit.balance_minor(card.user.id, currency)
    return [
        ("Owes", money_cell(card.owed_minor, currency), "wait" if card.owed_minor else "good"),
        ("Has unallocated money", money_cell(left, currency), "wait" if left else ""),
        ("Credit", money_cell(balance, currency), "wait" if balance else ""),
        ("Bookings to come", str(len(card.coming)), ""),
    ]


def _links(user: User) -> list[tuple[str, str, str]]:
    """(label, address, endpoint) of what can be done elsewhere."""
    links = [("Record a payment", url_for("payments.create_view", customer=user.id), "payments.create_view")]
    if may_open("desk.desk_page"):
        links.append(("Book at the desk", url_for("desk.desk_page", caller=user.id), "desk.desk_page"))
    return links


BOOKING_HEADER = ["Booking", "Course", "Date", "Status", "Payment", ("Total", "num"), ("Due", "num")]


def _booking_tables(card: Card) -> list[RelatedTable]:
    return [
        RelatedTable("Bookings to come", BOOKING_HEADER, booking_rows(card.coming), "None."),
        RelatedTable("Earlier bookings", BOOKING_HEADER, booking_rows(card.past), "None."),
    ]


def booking_rows(found: Iterable[Booking]) -> list[list[Any]]:
    """Bookings as the pages of people and groups show them."""
    return [_booking_row(booking) for booking in found]


def _booking_row(booking: Booking) -> list[Any]:
    date: Schedule = booking.schedule
    due = booking.due_minor
    return [
        record_link("bookings", booking.id, booking),
        date.course,
        say_instant(booking.starts_at, date.time_zone),
        pill_cell(booking.status, "booking"),
        pill_cell(booking.payment_status, "payment_status"),
        money_cell(booking.total_minor, booking.currency),
        money_cell(due, booking.currency) if due else formats.nothing(),
    ]


def _certificate_tables(user: User) -> list[RelatedTable]:
    found = certificates.list_of_customer(user.id) if may_open("certificates.details_view") else []
    return [pieces.table(found)] if found else []


def _payments_of(user: User) -> Sequence[Payment]:
    return db.session.scalars(
        select(Payment).where(Payment.customer_id == user.id).order_by(Payment.id.desc()).limit(MOST_PAYMENTS)
    ).all()


def _payment_table(payments: Sequence[Payment]) -> RelatedTable:
    header = ["Payment", "When", "How", "Status", ("Amount", "num"), ("Not used", "num"), "Use it"]
    free = free_minors(payments)
    rows = [_payment_row(each, free[each.id]) for each in payments]
    return RelatedTable("Payments", header, rows, "None yet.")


def _payment_row(payment: Payment, left: int) -> list[Any]:
    use = left and may_open("payments.allocate")
    return [
        record_link("payments", payment.id, payment),
        formats.show_value(payment.paid_at),
        METHOD_WORDS.get(payment.method, payment.method),
        pill_cell(payment.status, "payment"),
        money_cell(payment.amount_minor, payment.currency),
        format_money(left, payment.currency) if left else formats.nothing(),
        page_link("payments.allocate", "Use for a booking…", id=payment.id) if use else formats.nothing(),
    ]


def _notes_of(user: User) -> list[dict[str, Any]]:
    """Notes, the newest first: what was written, by whom, when."""
    found = db.session.scalars(
        select(UserNote)
        .where(UserNote.user_id == user.id)
        .options(joinedload(UserNote.author))
        .order_by(UserNote.created_at.desc(), UserNote.id.desc())
        .limit(MOST_NOTES)
    )
    zone = formats.page_zone()
    return [
        {"body": note.body, "who": note.author or "Somebody", "when": say_instant(note.created_at, zone)}
        for note in found
    ]
