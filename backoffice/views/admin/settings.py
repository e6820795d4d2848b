"""The provider's own settings: one record, read by those who may, changed by fewer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect
from flask_admin import expose
from wtforms import SelectField, StringField, validators

from backoffice.domain.money import format_money
from backoffice.domain.own_changes import MOST_HOURS, say_hours
from backoffice.domain.text import say_phone
from backoffice.models import Tenant
from backoffice.services import settings
from backoffice.tenancy import current_tenant_id
from backoffice.views.admin import formats, timeline
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.fields import PercentField, block, email_address, line, phone_number, whole
from backoffice.views.admin.forms import MoneyField, ScreenForm
from backoffice.views.requests import current_actor, current_tenant

TIME_ZONES = (
    "Europe/London",
    "Europe/Dublin",
    "Europe/Berlin",
    "Europe/Paris",
    "Africa/Nairobi",
    "Africa/Lagos",
    "Africa/Johannesburg",
    "America/New_York",
    "Asia/Dubai",
    "Asia/Kolkata",
    "UTC",
)


class SettingsForm(ScreenForm):
    name = line("Name", 200, "As it stands on mails and documents.", required=True)
    email = StringField("E-mail", [email_address], description="Mails to customers come from it.")
    phone = StringField("Phone", [phone_number])
    website = line("Website", 200, "Begins with https://")
    address = block("Address", 500)
    bank_details = block("Bank details", 1000, "What customers read who pay by bank transfer.")
    vat_rate_bp = PercentField(
        "VAT rate", [validators.InputRequired()], description="For new courses. Prices include VAT."
    )
    reference_prefix = line("Prefix of references", 6, "RFT makes RFT-2026-0001.", required=True)
    hold_days = whole("Days a place is held", 0, 60, "For a bank transfer or a payment link.", required=True)
    name_change_hours = whole(
        "Names may be changed until",
        0,
        MOST_HOURS,
        "Hours before the start: until then who booked changes a name, or takes another date, without calling you.",
        required=True,
    )
    refund_limit_minor = MoneyField(
        "Refunds above this need a second person", description="Left empty: nobody has to."
    )
    time_zone = SelectField("Time zone", choices=[(each, each) for each in TIME_ZONES])


class SettingsScreen(AdminView):
    singular = "Provider"
    plural = "Provider"
    subject = "settings"
    form = SettingsForm
    form_columns = ()
    can_edit = True
    column_list = ("name",)
    details_template = "admin/settings/details.html"
    edit_template = "admin/settings/edit.html"
    form_groups = (
        ("Who you are", ("name", "email", "phone", "website", "address")),
        ("Money", ("bank_details", "vat_rate_bp", "refund_limit_minor")),
        ("How you work", ("hold_days", "name_change_hours", "reference_prefix", "time_zone")),
    )

    def list_criteria(self) -> Sequence[Any]:
        return (Tenant.id == current_tenant_id(),)

    @expose("/")
    def index_view(self) -> Any:
        """There is one record: its page."""
        return self.show(current_tenant())

    def show(self, tenant: Tenant) -> Any:
        return self.render(
            self.details_template,
            model=tenant,
            groups=self.facts_of(tenant),
            row_actions=[],
            pills=(),
            tables=(),
            timeline=timeline.of_row(tenant),
        )

    def record_url(self, row_id: Any) -> str:
        return self.get_url(".index_view")

    @expose("/details/")
    def details_view(self) -> Any:
        self.get_or_404()
        return redirect(self.get_url(".index_view"))

    def facts_of(self, row: Tenant) -> list[tuple[str, Any]]:
        who = [
            ("Name", row.name),
            ("E-mail", formats.show_value(row.email)),
            ("Phone", formats.show_value(say_phone(row.phone, row.country) if row.phone else None)),
            ("Website", formats.show_value(row.website)),
            ("Address", formats.show_value(row.address), True),
        ]
        limit = "None"
        if row.refund_limit_minor is not None:
            limit = f"Above {format_money(row.refund_limit_minor, row.currency)}"
        money = [
            ("Currency", row.currency),
            ("VAT rate", formats.percent(self, None, row, "vat_rate_bp")),
            ("Refunds that need a second person", limit),
            ("Bank details", formats.show_value(row.bank_details), True),
        ]
        work = [
            ("Places are held for", f"{row.hold_days} days"),
            ("Names may be changed until", f"{say_hours(row.name_change_hours)} before the start"),
            ("References begin with", row.reference_prefix),
            ("Time zone", row.time_zone),
            ("Country", row.country),
        ]
        return [("Who you are", who), ("Money", money), ("How you work", work)]

    def edit_form(self, obj: Any = None) -> Any:
        form = super().edit_form(obj)
        if settings.has_dates():
            del form.time_zone
            return form
        if obj is not None and obj.time_zone not in TIME_ZONES:
            form.time_zone.choices = [(obj.time_zone, obj.time_zone), *form.time_zone.choices]
        return form

    def perform_update(self, model: Tenant, form: Any) -> None:
        values = {name: value for name, value in form.data.items() if name != "version"}
        settings.update(values, current_actor())
