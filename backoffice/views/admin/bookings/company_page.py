"""The page on which the office says which company a booking from the web is of."""

from __future__ import annotations

from typing import Any

from wtforms import StringField

from backoffice.models import Booking, Company
from backoffice.services import companies
from backoffice.services.bookings import of_company
from backoffice.views.access import current_actor
from backoffice.views.admin.actions import screen_action
from backoffice.views.admin.fields import IdField, offered
from backoffice.views.admin.forms import PlainText
from backoffice.views.admin.verbs import VerbForm


class CompanyForm(VerbForm):
    company_id = IdField("Company", offered(Company, Company.name), blank="None of these")
    new_name = StringField(
        "Or a new company", [PlainText(200)], description="It is made without account terms."
    )


class CompanyVerb:
    """Mixed into the bookings screen."""

    @screen_action(
        "Say which company it is",
        right="booking.edit",
        form=CompanyForm,
        applies=lambda booking: bool(booking.company_named) and booking.company_id is None,
    )
    def set_company(self, booking: Booking, form: CompanyForm) -> str:
        changed = of_company.set_company(
            booking.id,
            form.company_id.data,
            form.new_name.data or "",
            current_actor(),
            version=form.seen_version,
        )
        return f"{changed.reference} is of {changed.company}."

    @staticmethod
    def ask_set_company(booking: Booking, form: CompanyForm) -> dict[str, Any]:
        """The company of just this name is offered first; the office decides."""
        named = booking.company_named or ""
        known = companies.find(named)
        form.offer(company_id=known.id if known else None, new_name="" if known else named)
        return {
            "says": [
                f"On the web site the booker typed “{named}”. Anybody can type that: call back if in doubt.",
                "The booking then counts for the company. How it is paid stays as it is.",
            ]
        }
