"""Discount rules: what comes off by itself from so many places on."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import joinedload
from wtforms import BooleanField, validators

from backoffice.models import Booking, CourseType, DiscountRule
from backoffice.services import discounts
from backoffice.views.admin import filters, formats, timeline
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.discount_codes import bookings_with
from backoffice.views.admin.fields import IdField, PercentField, line, offered, whole
from backoffice.views.admin.forms import ScreenForm
from backoffice.views.requests import current_actor


class RuleForm(ScreenForm):
    title = line("Name", 200, "As it stands on bookings and confirmations: “Group discount”.", required=True)
    basis_points = PercentField("Takes off", [validators.InputRequired()], description="For example 10 %.")
    minimum_places = whole("From so many places", 1, 1000, required=True)
    minimum_past_courses = whole(
        "After so many courses",
        1,
        100,
        "A loyalty rule: only for customers we know, who have completed so many bookings. 4: from the fifth on.",
    )
    course_type_id = IdField("Only for", offered(CourseType, CourseType.title), blank="All types of course")
    is_active = BooleanField("Switched on", default=True, description="Off: it applies to nothing new.")


class DiscountRuleScreen(AdminView):
    singular = "Discount rule"
    plural = "Discount rules"
    subject = "discount_rule"
    form = RuleForm
    form_columns = ()
    can_create = can_edit = True
    empty_hint = "A rule applies by itself: 10 % from 5 places. Only the best discount counts."
    column_list = (
        "title", "basis_points", "minimum_places", "minimum_past_courses", "course_type", "is_active",
    )  # fmt: skip
    column_labels = {
        "title": "Name",
        "basis_points": "Takes off",
        "minimum_places": "From so many places",
        "minimum_past_courses": "After so many courses",
        "course_type": "Only for",
        "is_active": "Switched on",
    }
    column_formatters = {
        "basis_points": formats.percent,
        "minimum_places": formats.number,
        "minimum_past_courses": formats.number,
    }
    list_load = (joinedload(DiscountRule.course_type),)
    details_load = list_load
    list_filters = (filters.yes_no("active", "Switched on", DiscountRule.is_active),)

    def perform_create(self, form: Any) -> DiscountRule:
        return discounts.create_rule(form.data, current_actor())

    def perform_update(self, model: DiscountRule, form: Any) -> None:
        values = {name: value for name, value in form.data.items() if name != "version"}
        discounts.update_rule(model.id, values, current_actor())

    def details_context(self, model: DiscountRule) -> dict[str, Any]:
        return {
            "tables": [bookings_with(Booking.discount_rule_id == model.id)],
            "timeline": timeline.of_row(model),
        }
