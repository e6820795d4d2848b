"""Discount codes: what they take off, when, how often, and how often they were used."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload
from wtforms import BooleanField, DateField, SelectField, validators

from backoffice.database import db
from backoffice.domain.errors import Invalid
from backoffice.domain.money import format_money, format_percent, parse_money, parse_percent
from backoffice.models import Booking, CourseType, DiscountCode
from backoffice.services import discounts
from backoffice.views.admin import filters, formats, timeline
from backoffice.views.admin.actions import screen_action
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.catalogue import archived_filter
from backoffice.views.admin.fields import IdField, WordsField, line, offered, whole
from backoffice.views.admin.formats import page_currency
from backoffice.views.admin.forms import MoneyField, ScreenForm, sensible_day
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pieces import money_cell, record_link
from backoffice.views.admin.verbs import VerbForm, VerbPages
from backoffice.views.requests import current_actor

KINDS = (("percentage", "A percentage"), ("fixed", "A fixed amount"))
NEEDED = validators.InputRequired()
BOOKINGS_MAXIMUM = 50


class OffField(WordsField):
    """What is taken off, as people write it; which unit it means, the field `kind` says."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0].strip() if valuelist else None

    def pre_validate(self, form: Any) -> None:
        read = parse_percent if form.kind.data == "percentage" else _read_money
        try:
            self.data = read(self.data or "")
        except Invalid as error:
            raise validators.StopValidation(error.message) from error


def _read_money(text: str) -> int:
    return parse_money(text, page_currency())


class CodeForm(ScreenForm):
    code = line("Code", 50, "What customers say or type: SPRING10.", required=True)
    description = line("Description", 500, "For the office.")
    kind = SelectField("It takes off", choices=KINDS)
    value = OffField("How much", [NEEDED], description="“10 %” or “£5.00”.")
    minimum_minor = MoneyField("From a price of", description="Left empty: from any price.")
    course_type_id = IdField("Only for", offered(CourseType, CourseType.title), blank="All types of course")
    valid_from = DateField("First day", [NEEDED, sensible_day])
    valid_until = DateField("Last day", [NEEDED, sensible_day], description="Included.")
    usage_limit = whole("Uses at most", 1, 1_000_000, "Left empty: as often as wanted.")
    is_active = BooleanField("Switched on", default=True)

    def __init__(self, formdata: Any = None, obj: Any = None, **kwargs: Any) -> None:
        super().__init__(formdata, obj, **kwargs)
        if obj is not None and formdata is None:
            self.value.data = None
            self.value.raw_data = [say_off(obj)]


def say_off(code: DiscountCode) -> str:
    """What a code takes off: "10 %" or "£5.00"."""
    if code.kind == "percentage":
        return format_percent(code.value)
    return format_money(code.value, page_currency())


def _off(view: Any, context: Any, code: DiscountCode, name: str) -> str:
    return say_off(code)


_off.cell_class = "num"  # type: ignore[attr-defined]


def _used(view: Any, context: Any, code: DiscountCode, name: str) -> str:
    return f"{code.times_used:,} of {code.usage_limit:,}" if code.usage_limit else f"{code.times_used:,}"


_used.cell_class = "num"  # type: ignore[attr-defined]


class DiscountCodeScreen(VerbPages, AdminView):
    singular = "Discount code"
    plural = "Discount codes"
    subject = "discount_code"
    form = CodeForm
    form_columns = ()
    can_create = can_edit = True
    empty_hint = "A code takes a percentage or an amount off. The better one of code and rule wins."
    column_list = ("code", "value", "valid_from", "valid_until", "times_used", "course_type", "is_active")
    column_details_list = (*column_list, "minimum_minor", "description")
    column_labels = {
        "value": "Takes off",
        "valid_from": "First day",
        "valid_until": "Last day",
        "times_used": "Used",
        "course_type": "Only for",
        "is_active": "Switched on",
        "minimum_minor": "From a price of",
    }
    column_formatters = {
        "value": _off,
        "times_used": _used,
        "minimum_minor": formats.money(None),
    }
    form_groups = (
        ("The code", ("code", "description", "kind", "value")),
        ("When it applies", ("valid_from", "valid_until", "minimum_minor", "course_type_id")),
        ("How often", ("usage_limit", "is_active")),
    )
    list_load = (joinedload(DiscountCode.course_type),)
    details_load = list_load
    list_sorts = {"code": DiscountCode.code, "valid_until": DiscountCode.valid_until}
    list_filters = (
        filters.yes_no("active", "Switched on", DiscountCode.is_active),
        archived_filter(DiscountCode),
    )
    hides_archived = True
    search_hint = "Code"

    def search_ids(self, term: str) -> list[UUID]:
        fits = DiscountCode.code.contains(term.upper(), autoescape=True)
        return list(db.session.scalars(select(DiscountCode.id).where(fits).limit(1000)))

    def perform_create(self, form: Any) -> DiscountCode:
        return discounts.create_code(form.data, current_actor())

    def perform_update(self, model: DiscountCode, form: Any) -> None:
        values = {name: value for name, value in form.data.items() if name != "version"}
        discounts.update_code(model.id, values, current_actor())

    def details_context(self, model: DiscountCode) -> dict[str, Any]:
        return {
            "pills": [("archived", None)] if model.archived_at else [],
            "tables": [_bookings(model)],
            "timeline": timeline.of_row(model),
        }

    @screen_action(
        "Archive",
        right="discount.edit",
        ask="Nobody can use it any more. Bookings that used it keep their price.",
        form=VerbForm,
        danger=True,
        applies=lambda code: code.archived_at is None,
    )
    def archive(self, code: DiscountCode, form: VerbForm) -> str:
        discounts.archive_code(code.id, current_actor(), version=form.seen_version)
        return f"{code.code} is archived."

    @screen_action(
        "Take out of the archive",
        right="discount.edit",
        ask="It applies again within its dates.",
        form=VerbForm,
        applies=lambda code: code.archived_at is not None,
    )
    def restore(self, code: DiscountCode, form: VerbForm) -> str:
        discounts.restore_code(code.id, current_actor(), version=form.seen_version)
        return f"{code.code} can be used again."


def _bookings(code: DiscountCode) -> RelatedTable:
    return bookings_with(Booking.discount_code_id == code.id)


def bookings_with(criterion: Any) -> RelatedTable:
    """The latest bookings that a discount applied to, and how many there are."""
    found = db.session.scalars(
        select(Booking).where(criterion).order_by(Booking.booked_at.desc()).limit(BOOKINGS_MAXIMUM)
    )
    count = db.session.scalar(select(func.count()).select_from(Booking).where(criterion)) or 0
    rows: list[Any] = [
        [
            record_link("bookings", each.id, each),
            each.contact_name or formats.nothing(),
            formats.show_value(each.booked_at),
            money_cell(each.discount_minor, each.currency),
            money_cell(each.total_minor, each.currency),
        ]
        for each in found
    ]
    header = ["Booking", "Contact", "Booked", ("Discount", "num"), ("Total", "num")]
    return RelatedTable("Bookings with this discount", header, rows, "None yet.", aside=f"{count:,}")
