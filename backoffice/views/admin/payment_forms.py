"""What the verbs of payments ask for."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField, validators

from backoffice.database import new_id
from backoffice.views.admin.bookings.forms import HAND_METHODS
from backoffice.views.admin.choosing import COMPANIES, CUSTOMERS, GROUPS
from backoffice.views.admin.forms import MoneyField, PlainText, ScreenForm, SearchedField, sensible_day
from backoffice.views.admin.verbs import VerbForm
from backoffice.views.arguments import read_id

NEEDED = validators.InputRequired()


class TakeForm(ScreenForm):
    """Money without a booking at hand: of a customer, a company, or for a group."""

    customer = SearchedField(CUSTOMERS, "Customer", allow_blank=True)
    company = SearchedField(COMPANIES, "or company", allow_blank=True)
    group = SearchedField(GROUPS, "or booking group", allow_blank=True)
    amount = MoneyField("Amount", [NEEDED])
    method = SelectField("How it was paid", choices=HAND_METHODS)
    payer_reference = StringField(
        "Receipt or reference", [PlainText(100)], description="Never a card number."
    )
    paid_on = DateField("Received on", [validators.Optional(), sensible_day], description="Left empty: now.")
    note = StringField("Note", [PlainText(500)])
    pay_due = BooleanField(
        "Pay what is due",
        default=True,
        description="The earliest date first. Off: it stays unallocated money of the customer.",
    )
    once = HiddenField()

    def __init__(self, formdata: Any = None, obj: Any = None, **kwargs: Any) -> None:
        super().__init__(formdata, obj, **kwargs)
        if not read_id(self.once.data):
            self.once.data = str(new_id())


class AllocateForm(VerbForm):
    booking = SelectField("Booking", [NEEDED], validate_choice=False)
    amount = MoneyField("Amount", [NEEDED])
    seen_left = HiddenField()
