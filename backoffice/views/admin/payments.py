"""Payments: money in, what it paid, what is left of it, what went back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import abort, request
from sqlalchemy import and_, func, select
from sqlalchemy.orm import joinedload, selectinload

from backoffice.database import db
from backoffice.domain.errors import Changed
from backoffice.domain.money import format_money
from backoffice.domain.statuses import LABELS, RESERVING_REFUND
from backoffice.models import Allocation, Booking, Payment, Refund, User
from backoffice.services import asking, giving_back, payments
from backoffice.services.bookings import finding
from backoffice.services.left_over import free_minor
from backoffice.views.admin import filters, formats, timeline
from backoffice.views.admin.actions import screen_action
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.bookings import refunding as refund_page
from backoffice.views.admin.bookings.refunding import LeftOverRefundForm
from backoffice.views.admin.choosing import COMPANIES, CUSTOMERS, GROUPS, due_bookings
from backoffice.views.admin.export import ExportColumn, major_units
from backoffice.views.admin.forms import ScreenForm
from backoffice.views.admin.history_words import METHODS
from backoffice.views.admin.listing import Sort
from backoffice.views.admin.payment_forms import AllocateForm, TakeForm
from backoffice.views.admin.payment_page import amounts_of, gateway_facts, notices_of, told_table
from backoffice.views.admin.payment_tables import event_table, paid_table, refund_table
from backoffice.views.admin.payment_taking import payment_of
from backoffice.views.admin.pieces import money_cell, record_link
from backoffice.views.admin.verbs import VerbPages
from backoffice.views.arguments import read_id
from backoffice.views.requests import current_actor, current_tenant

METHOD_WORDS = {word: formats.large(said) for word, said in METHODS.items()}
STAFF = ("admin", "office", "manager")


# The same rule as services.left_over, as a condition.
HAS_MONEY_LEFT = and_(
    Payment.status == "succeeded",
    Payment.allocated_minor < Payment.amount_minor,
    Payment.amount_minor - Payment.allocated_minor
    > func.coalesce(
        select(func.sum(Refund.amount_minor))
        .where(
            Refund.payment_id == Payment.id,
            Refund.booking_id.is_(None),
            Refund.status.in_(RESERVING_REFUND),
        )
        .correlate(Payment)
        .scalar_subquery(),
        0,
    ),
)


def staff_options() -> list[tuple[str, str]]:
    staff = select(User).where(User.role.in_(STAFF)).order_by(User.last_name, User.first_name).limit(200)
    return [(str(user.id), user.name) for user in db.session.scalars(staff)]


def _or_nothing(view: Any, context: Any, payment: Payment, name: str) -> Any:
    """An amount that is mostly zero: what is not zero stands out."""
    amount = getattr(payment, name)
    return money_cell(amount, payment.currency) if amount else formats.nothing()


_or_nothing.cell_class = "num"  # type: ignore[attr-defined]


def _used(view: Any, context: Any, payment: Payment, name: str) -> Any:
    """Money that is not in was used for nothing yet."""
    if payment.status != "succeeded":
        return formats.nothing()
    return money_cell(payment.allocated_minor, payment.currency)


def _receipt(view: Any, context: Any, payment: Payment, name: str) -> Any:
    """The payer's own number: M-Pesa's receipt is the one that the payer was sent."""
    of_mpesa = payment.gateway_payment_id if payment.method == "mpesa" else None
    return formats.show_value(payment.payer_reference or of_mpesa)


_used.cell_class = "num"  # type: ignore[attr-defined]


class PaymentScreen(VerbPages, AdminView):
    singular = "Payment"
    plural = "Payments"
    form_columns = ()
    can_create = can_export = True
    create_template = "admin/payments/create.html"
    details_template = "admin/payments/details.html"
    form_ajax_refs = {"customer": CUSTOMERS, "company": COMPANIES, "group": GROUPS}
    empty_hint = "Payments appear with their bookings. Money without a booking is recorded here."
    column_list = (
        "reference",
        "paid_at",
        "customer",
        "method",
        "payer_reference",
        "amount_minor",
        "allocated_minor",
        "refunded_minor",
        "taken_by",
        "status",
    )
    column_labels = {
        "paid_at": "Received",
        "payer_reference": "Receipt",
        "amount_minor": "Amount",
        "allocated_minor": "Used",
        "refunded_minor": "Given back",
        "taken_by": "Taken by",
    }
    column_formatters = {
        "method": formats.choice(METHOD_WORDS),
        "payer_reference": _receipt,
        "amount_minor": formats.money(),
        "allocated_minor": _used,
        "refunded_minor": _or_nothing,
        "status": formats.pill("payment"),
    }
    list_sorts = {"paid_at": Sort(Payment.paid_at, nullable=True)}
    list_filters = (
        filters.choice("status", "Status", Payment.status, LABELS["payment"].items()),
        filters.choice("method", "Method", Payment.method, METHOD_WORDS.items()),
        filters.from_day("from", "From", Payment.paid_at),
        filters.until_day("until", "To", Payment.paid_at),
        filters.related("taken_by", "Taken by", Payment.taken_by_id, staff_options),
        filters.yes_no(
            "unallocated",
            "Money left",
            HAS_MONEY_LEFT,
            ("Some left", "None"),
        ),
    )
    list_load = (joinedload(Payment.customer), joinedload(Payment.taken_by))
    search_hint = "Customer, payment reference, receipt, number at the gateway"
    export_columns = (
        ExportColumn("Reference", Payment.reference),
        ExportColumn("Received (UTC)", Payment.paid_at),
        ExportColumn("First name", User.first_name),
        ExportColumn("Last name", User.last_name),
        ExportColumn("Method", Payment.method, METHOD_WORDS.get),
        ExportColumn("Receipt", Payment.payer_reference),
        ExportColumn("Currency", Payment.currency),
        ExportColumn("Amount", Payment.amount_minor, major_units),
        ExportColumn("Used", Payment.allocated_minor, major_units),
        ExportColumn("Given back", Payment.refunded_minor, major_units),
        ExportColumn("Status", Payment.status, lambda word: LABELS["payment"][word]),
    )
    export_joins = (Payment.customer,)
    details_load = (
        joinedload(Payment.gateway_account),
        joinedload(Payment.customer),
        joinedload(Payment.company),
        joinedload(Payment.taken_by),
        selectinload(Payment.allocations).joinedload(Allocation.booking),
        selectinload(Payment.refunds).joinedload(Refund.booking),
        selectinload(Payment.events),
    )

    def search_ids(self, term: str) -> list[UUID]:
        people = finding.find_subjects(term, current_tenant(), "user", 300)["user"]
        by_text = (Payment.reference == term.upper()) | (Payment.payer_reference == term)
        found = select(Payment.id).where(by_text | Payment.customer_id.in_(people))
        here = list(db.session.scalars(found.order_by(Payment.id.desc()).limit(1000)))
        return here + asking.find_by_number(term)

    # --- One payment ---

    def facts_of(self, row: Payment) -> list[tuple[str, Any]]:
        received = [
            ("Received", formats.show_value(row.paid_at)),
            ("How", METHOD_WORDS.get(row.method, row.method)),
            ("Receipt or reference", _receipt(self, None, row, "payer_reference")),
            ("Taken by", row.taken_by or formats.nothing()),
            ("Customer", record_link("customers", row.customer_id, row.customer)),
        ]
        if row.company:
            received.append(("Company", record_link("companies", row.company_id, row.company)))
        if row.note:
            received.append(("Note", row.note))
        if row.failure_reason:
            received.append(("What went wrong", row.failure_reason))
        groups = [("The payment", received)]
        return [*groups, ("At the gateway", gateway_facts(row))] if row.gateway_account else groups

    def details_context(self, model: Payment) -> dict[str, Any]:
        subjects = [("payments", model.id), *(("refunds", refund.id) for refund in model.refunds)]
        told = [told_table(model)] if model.gateway_account_id else []
        return {
            "pills": [(model.status, "payment")],
            "notices": notices_of(model),
            "amounts": amounts_of(model),
            "tables": [paid_table(model), refund_table(model.refunds), event_table(model), *told],
            "timeline": timeline.of_subjects(subjects),
        }

    @screen_action(
        "Ask the gateway now",
        right="payment.take",
        ask="The gateway is asked how the payment stands. The answer is here in a few seconds.",
        applies=asking.can_ask,
    )
    def ask_gateway(self, payment: Payment, form: ScreenForm) -> str:
        asking.ask_now(payment.id, current_actor(), datetime.now(UTC))
        return "The gateway is being asked: load this page again in a moment."

    @screen_action(
        "Use for a booking",
        right="payment.take",
        form=AllocateForm,
        applies=lambda row: row.status == "succeeded" and row.unallocated_minor > 0,
    )
    def allocate(self, payment: Payment, form: AllocateForm) -> str:
        if form.seen_left.data != str(free_minor(payment)):
            raise Changed("Somebody else used part of this payment while you had it open.")
        booking = db.session.get(Booking, read_id(form.booking.data) or abort(404)) or abort(404)
        payments.allocate(payment, booking, form.amount.data or 0, current_actor())
        return f"{format_money(form.amount.data or 0, payment.currency)} used for {booking.reference}."

    def ask_allocate(self, payment: Payment, form: AllocateForm) -> dict[str, Any]:
        whose = Booking.customer_id == payment.customer_id
        if payment.company_id:
            whose |= Booking.company_id == payment.company_id
        owing = due_bookings(whose, Booking.currency == payment.currency)
        form.booking.choices = [(str(each.id), _say_due(each)) for each in owing]
        left = free_minor(payment)
        if form.is_first_sight or form.was_changed:
            form.seen_left.data = str(left)
        form.offer(amount=min(left, owing[0].due_minor) if owing else None)
        says = [f"{format_money(left, payment.currency)} of this payment is left."]
        return {"says": says if owing else [*says, "This customer has no booking on which something is due."]}

    @screen_action(
        "Refund",
        right="refund.request",
        form=LeftOverRefundForm,
        applies=lambda row: row.status == "succeeded" and row.refundable_minor > 0,
    )
    def request_refund(self, payment: Payment, form: LeftOverRefundForm) -> str:
        made = giving_back.give_back(refund_page.of_payment(payment, form), current_actor())
        return refund_page.said_of(made)

    def ask_request_refund(self, payment: Payment, form: LeftOverRefundForm) -> dict[str, Any]:
        left = free_minor(payment)
        unused = [("", f"The money left ({format_money(left, payment.currency)})")] if left else []
        form.booking.choices = unused + [
            (
                str(part.booking_id),
                f"{part.booking}: {format_money(part.amount_minor, part.booking.currency)}",
            )
            for part in payment.allocations
        ]
        form.offer(amount=left or None)
        most = format_money(payment.refundable_minor, payment.currency)
        return {"says": [f"At most {most} can go back.", *refund_page.follows(payment)]}

    # --- A payment without a booking at hand ---

    def get_create_form(self) -> type[ScreenForm]:
        return TakeForm

    def create_form(self, obj: Any = None) -> TakeForm:
        form: TakeForm = super().create_form(obj)
        if request.method == "GET":
            form.customer.data = CUSTOMERS.get_one(request.args.get("customer", ""))
            form.company.data = COMPANIES.get_one(request.args.get("company", ""))
            form.group.data = GROUPS.get_one(request.args.get("group", ""))
        return form

    def perform_create(self, form: TakeForm) -> Payment:
        return payments.take(payment_of(form), current_actor())


def _say_due(booking: Booking) -> str:
    return f"{booking.reference}, {booking.contact_name}: {format_money(booking.due_minor, booking.currency)} due"
