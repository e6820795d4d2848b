"""Form fields of the admin screens: native controls, bounded values, text that the database can hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from flask_admin.contrib.sqla.form import AdminModelConverter
from flask_admin.form import BaseForm
from flask_admin.model.ajax import AjaxModelLoader
from flask_admin.model.fields import AjaxSelectField
from flask_admin.model.form import converts
from sqlalchemy import select
from wtforms import ValidationError, fields, validators, widgets

from backoffice.database import db
from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.money import format_money, parse_money
from backoffice.domain.text import clean_block, clean_line
from backoffice.domain.times import EARLIEST_YEAR, LATEST_YEAR, local_to_utc, to_local
from backoffice.views.admin.formats import page_currency, page_zone
from backoffice.views.admin.listing import in_tenant
from backoffice.views.arguments import read_id

BLOCK_MAXIMUM = 10_000
LINE_MAXIMUM = 300
WHOLE_MAXIMUM = 2_147_483_647
CHOICES_MAXIMUM = 2000


class HouseWords:
    """WTForms' sentences as this house says them."""

    WORDS: ClassVar[dict[str, str]] = {
        "This field is required.": "Fill this in.",
        "Not a valid choice": "Choose one of the list.",
        "Not a valid choice.": "Choose one of the list.",
        "Invalid Choice: could not coerce.": "Choose one of the list.",
        "Invalid choice(s): one or more data inputs could not be coerced.": "Choose from the list.",
        "Not a valid integer value.": "Enter a whole number.",
        "Not a valid decimal value.": "Enter a number.",
        "Not a valid date value.": "Enter a date like 31/12/2026.",
        "Not a valid datetime value.": "Enter a date and a time.",
        "Not a valid time value.": "Enter a time like 09:30.",
    }

    def gettext(self, text: str) -> str:
        return self.WORDS.get(text, text)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return singular if n == 1 else plural


class ScreenForm(BaseForm):
    """The base of every admin form. Cross-site protection is app-wide, so it carries no token of its own."""

    class Meta:
        def get_translations(self, form: Any) -> HouseWords:
            return HouseWords()

    def refuse(self, error: DomainError) -> None:
        """Put a refusal beside its field, or over the form where it has none here."""
        texts = getattr(error, "fields", None) or {error.field: error.message}
        for name, text in texts.items():
            self.add_error(name, text)

    def add_error(self, name: str | None, text: str) -> None:
        owner = self._fields.get(name or "") or self._fields.get((name or "").removesuffix("_id"))
        if owner is None:
            self.form_errors.append(text)
        else:
            owner.errors = [*owner.errors, text]


class PlainText:
    """Validator: text of one line or several that can be stored and shown; cleans it on the way."""

    def __init__(self, maximum: int, several_lines: bool = False) -> None:
        self.maximum = maximum
        self.clean = clean_block if several_lines else clean_line
        self.field_flags = {"maxlength": maximum}

    def __call__(self, form: Any, field: Any) -> None:
        if field.data is None:
            return
        try:
            field.data = self.clean(field.data, field=field.label.text, maximum=self.maximum)
        except Invalid as error:
            raise validators.StopValidation(error.message) from error


def sensible_day(form: Any, field: Any) -> None:
    """Validator: a year that a person can mean."""
    if isinstance(field.data, date) and not EARLIEST_YEAR <= field.data.year <= LATEST_YEAR:
        raise ValidationError(f"Choose a year between {EARLIEST_YEAR} and {LATEST_YEAR}.")


def finite(form: Any, field: Any) -> None:
    """Validator: a number, not NaN or infinity, which PostgreSQL would let past a range check."""
    if field.data is not None and not math.isfinite(field.data):
        raise ValidationError("Enter a number.")


class MoneyField(fields.Field):
    """An amount as people type it ("£1,234.50"); `data` is in minor units. `currency` is called each time."""

    widget = widgets.TextInput()

    def __init__(self, *args: Any, currency: Callable[[], str] = page_currency, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"inputmode": "decimal", "data-money": "", **(kwargs.get("render_kw") or {})}
        super().__init__(*args, **kwargs)
        self.currency = currency

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else format_money(self.data, self.currency())

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            self.data = parse_money(text, self.currency())
        except Invalid as error:
            raise ValueError(error.message) from error


class InstantField(fields.DateTimeLocalField):
    """A wall time in the tenant's time zone; `data` is the UTC instant."""

    def process_data(self, value: datetime | None) -> None:
        self.data = value

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata([text for text in valuelist if text])
        if self.data is None or self.data.tzinfo:
            return
        try:
            self.data = local_to_utc(self.data.date(), self.data.time(), page_zone())
        except Invalid as error:
            self.data = None
            raise ValueError(error.message) from error

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        return f"{to_local(self.data.astimezone(UTC), page_zone()):%Y-%m-%dT%H:%M}"


class VersionField(fields.IntegerField):
    """The version that the form was opened with; a missing or garbled one is not the stored one."""

    widget = widgets.HiddenInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0] if valuelist else ""
        self.data = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class LinesField(fields.TextAreaField):
    """A list of short texts, one to a line."""

    def _value(self) -> str:
        return "\n".join(self.data or ()) if isinstance(self.data, list) else str(self.data or "")

    def process_formdata(self, valuelist: list[str]) -> None:
        lines = (valuelist[0] if valuelist else "").splitlines()
        try:
            cleaned = [clean_line(line, field=self.short_name, maximum=LINE_MAXIMUM) for line in lines[:200]]
        except Invalid as error:
            self.data = lines
            raise ValueError(error.message) from error
        self.data = [line for line in cleaned if line]


class SearchedField(AjaxSelectField):
    """One row out of many. An id of no row is refused: the stock field clears the choice silently."""

    def pre_validate(self, form: Any) -> None:
        if self.raw_data and self.raw_data[0] and self.data is None:
            raise ValidationError("Choose one of the list.")


def choices_of(model: Any) -> Any:
    """The rows that a plain choice offers. A longer list needs a SearchLoader."""
    return select(model).where(*in_tenant(model)).order_by(model.id).limit(CHOICES_MAXIMUM)


class ScreenConverter(AdminModelConverter):
    """Columns to fields: native date and number controls instead of script ones, and bounds on everything."""

    def _get_label(self, name: str, field_args: Any) -> str:
        return str(field_args.get("label") or self.view.get_column_name(name))

    def _model_select_field(self, prop: Any, multiple: Any, remote_model: Any, **kwargs: Any) -> Any:
        loader = self.view._form_ajax_refs.get(prop.key)
        if loader and not multiple:
            return SearchedField(loader, **kwargs)
        if not loader:
            kwargs.setdefault("query_factory", lambda: db.session.scalars(choices_of(remote_model)).all())
        return super()._model_select_field(prop, multiple, remote_model, **kwargs)

    @converts("String", "Text", "CIText")
    def conv_String(self, column: Any, field_args: Any, **extra: Any) -> Any:
        length = getattr(column.type, "length", None) or BLOCK_MAXIMUM
        is_block = length > LINE_MAXIMUM
        field_args["validators"].insert(0, PlainText(length, is_block))
        self._nullable_common(column, field_args)
        return (fields.TextAreaField if is_block else fields.StringField)(**field_args)

    conv_Text = conv_String

    @converts("Integer")
    def handle_integer_types(self, column: Any, field_args: Any, **extra: Any) -> Any:
        field_args["validators"].append(
            validators.NumberRange(-WHOLE_MAXIMUM, WHOLE_MAXIMUM, "Enter a smaller number.")
        )
        return fields.IntegerField(**field_args)

    @converts("Numeric")
    def handle_decimal_types(self, column: Any, field_args: Any, **extra: Any) -> Any:
        field_args["validators"] += [
            finite,
            validators.NumberRange(-WHOLE_MAXIMUM, WHOLE_MAXIMUM, "Enter a smaller number."),
        ]
        return fields.DecimalField(places=None, **field_args)

    @converts("Date")
    def convert_date(self, field_args: Any, **extra: Any) -> Any:
        field_args["validators"].append(sensible_day)
        return fields.DateField(**field_args)

    @converts("DateTime")
    def convert_datetime(self, field_args: Any, **extra: Any) -> Any:
        field_args["validators"].append(sensible_day)
        return InstantField(**field_args)

    @converts("Time")
    def convert_time(self, field_args: Any, **extra: Any) -> Any:
        return fields.TimeField(**field_args)

    @converts("JSON", "JSONB")
    def convert_lines(self, field_args: Any, **extra: Any) -> Any:
        given = field_args["validators"]
        field_args["validators"] = [v for v in given if not isinstance(v, validators.InputRequired)]
        return LinesField(**field_args)


class SearchLoader(AjaxModelLoader):
    """A choice out of many rows: `find(term, limit)` gives the rows that match, `label(row)` their words."""

    def __init__(
        self,
        name: str,
        model: Any,
        find: Callable[[str, int], Sequence[Any]],
        label: Callable[[Any], str] = str,
    ) -> None:
        super().__init__(name, {"placeholder": "Type to find…"})
        self.model = model
        self.find = find
        self.label = label
        self.pk = "id"

    def format(self, model: Any) -> tuple[str, str] | None:
        return (str(model.id), self.label(model)) if model else None

    def get_one(self, pk: Any) -> Any:
        found = read_id(str(pk))
        wanted = select(self.model).where(self.model.id == found, *in_tenant(self.model))
        return db.session.scalars(wanted).one_or_none() if found else None

    def get_list(self, query: str, offset: int = 0, limit: int = 10) -> list[Any]:
        return list(self.find(query, limit))
