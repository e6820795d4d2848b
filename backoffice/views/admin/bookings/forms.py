"""What the verbs of a booking ask for."""

from __future__ import annotations

from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    validators,
    widgets,
)

from backoffice.services.bookings.moving import KEEP, NEW
from backoffice.views.admin.forms import InstantField, MoneyField, PlainText, ScreenForm, sensible_day
from backoffice.views.admin.verbs import ReasonForm, VerbForm

HAND_METHODS = (
    ("bank_transfer", "Bank transfer"),
    ("card_terminal", "Card terminal"),
    ("cash", "Cash"),
    ("invoice", "Invoice"),
)
TELL = "Tell the customer by e-mail"
NEEDED = validators.InputRequired()
OPTIONAL = validators.Optional()


class ConfirmForm(VerbForm):
    send_mail = BooleanField(TELL, default=True)


class CancelForm(ReasonForm):
    send_mail = BooleanField(TELL, default=True)


class CheckboxesField(SelectMultipleField):
    """Several of a list, each with its own box."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


class CancelPlacesForm(VerbForm):
    attendees = CheckboxesField("Places to cancel", [NEEDED])
    reason = StringField("Reason", [NEEDED, PlainText(500)])
    send_mail = BooleanField(TELL, default=True)

    def __init__(self, formdata: Any = None, **kwargs: Any) -> None:
        super().__init__(formdata, **kwargs)
        self.attendees.choices = []
        self.attendees.validate_choice = False  # the service knows which places there are


class MoneyForm(VerbForm):
    """About money: `seen_due` is what the page said was owed (minor units); payments do not raise the version."""

    seen_due = HiddenField()


class PaymentForm(MoneyForm):
    """Money that came by hand."""

    amount = MoneyField("Amount", [NEEDED])
    method = SelectField("How it was paid", choices=HAND_METHODS)
    payer_reference = StringField(
        "Receipt or reference",
        [PlainText(100)],
        description="The slip of the terminal, the line of the bank statement, the invoice number. Never a card number.",
    )
    paid_on = DateField("Received on", [OPTIONAL, sensible_day])
    note = StringField("Note", [PlainText(500)])
    send_mail = BooleanField("Send a receipt by e-mail", default=True)


class MoveForm(VerbForm):
    schedule_id = StringField("New date", [NEEDED])
    price = RadioField(
        "Price",
        choices=[
            (NEW, "The price of the new date"),
            (KEEP, "Keep the old price"),
        ],
        default=NEW,
        description="At the new price the difference becomes due, or the customer's unallocated money.",
    )
    reason = StringField(
        "Reason for the old price", [PlainText(500)], description="Needed to keep the old price."
    )
    override_reason = StringField(
        "Reason to go past the list of addresses",
        [PlainText(500)],
        description="Only for a course that is restricted to listed addresses.",
    )
    send_mail = BooleanField(TELL, default=True)


class AttendeeForm(VerbForm):
    first_name = StringField("First name", [PlainText(100)])
    last_name = StringField("Last name", [PlainText(100)])
    email = EmailField("E-mail", [PlainText(254)])
    phone = StringField("Phone", [PlainText(40)])
    birth_date = DateField("Birth date", [OPTIONAL, sensible_day])
    requirements = TextAreaField(
        "Requirements",
        [PlainText(2000, several_lines=True)],
        description="Access, diet, language: what the instructor must know.",
    )


class ContactForm(VerbForm):
    contact_first_name = StringField("First name", [PlainText(100)])
    contact_last_name = StringField("Last name", [PlainText(100)])
    contact_email = EmailField("E-mail", [PlainText(254)])
    contact_phone = StringField("Phone", [PlainText(40)])
    purchase_order = StringField("Purchase order", [PlainText(60)])
    special_requirements = TextAreaField(
        "Special requirements", [PlainText(2000, several_lines=True)], description="For the whole booking."
    )
    notes = TextAreaField(
        "Notes of the office",
        [PlainText(2000, several_lines=True)],
        description="The customer does not see them.",
    )


class HoldForm(VerbForm):
    until = InstantField("Hold the places until", [NEEDED, sensible_day])


class JoinForm(ScreenForm):
    title = StringField(
        "Name of the group",
        [NEEDED, PlainText(200)],
        description="What it is about, for example “Spring training of Acme Ltd”.",
    )
    purchase_order = StringField("Purchase order", [PlainText(60)])
