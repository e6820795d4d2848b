"""Fields that several screens share: percentages, lengths, and choices of other records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from wtforms import ValidationError, fields, validators, widgets

from backoffice.database import db
from backoffice.domain.durations import parse_duration, say_duration
from backoffice.domain.errors import Invalid
from backoffice.domain.money import format_percent, parse_percent
from backoffice.domain.text import clean_email, clean_phone
from backoffice.views.admin.forms import PlainText
from backoffice.views.arguments import read_id
from backoffice.views.requests import current_tenant

# The ids that a row has already -> (id, words) of what may be chosen; those stay choosable even when archived.
Rows = Callable[[Collection[UUID]], Sequence[tuple[UUID, str]]]


def line(label: str, maximum: int, hint: str = "", *, required: bool = False) -> Any:
    """One line of text."""
    filled = [validators.DataRequired("Fill this in.")] if required else []
    return fields.StringField(label, [*filled, PlainText(maximum)], description=hint)


def block(label: str, maximum: int, hint: str = "") -> Any:
    """Several lines of text."""
    return fields.TextAreaField(label, [PlainText(maximum, several_lines=True)], description=hint)


def whole(
    label: str, least: int, most: int, hint: str = "", *, required: bool = False, default: int | None = None
) -> Any:
    """A whole number, both bounds included."""
    bounds = validators.NumberRange(least, most, f"Enter a whole number from {least:,} to {most:,}.")
    checks = [*_needed(required), *_maybe(required), bounds]
    return fields.IntegerField(label, checks, description=hint, default=default)


def _needed(required: bool) -> list[Any]:
    return [validators.InputRequired("Fill this in.")] if required else []


def _maybe(required: bool) -> list[Any]:
    return [] if required else [validators.Optional()]


class WordsField(fields.Field):
    """A number that people write in words; `read` and `say` translate, `read` raises Invalid."""

    widget = widgets.TextInput()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"data-short": "", **(kwargs.get("render_kw") or {})}
        super().__init__(*args, **kwargs)

    @staticmethod
    def read(text: str) -> Any:
        raise NotImplementedError

    @staticmethod
    def say(value: Any) -> str:
        return str(value)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.say(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            self.data = self.read(text)
        except Invalid as error:
            raise ValueError(error.message) from error


class PercentField(WordsField):
    """A percentage as people type it ("12.5 %"); `data` is in basis points."""

    @staticmethod
    def read(text: str) -> int:
        return parse_percent(text)

    @staticmethod
    def say(value: int) -> str:
        return format_percent(value)


class DurationField(WordsField):
    """A length as people type it ("1 h 30 min"); `data` is in minutes."""

    @staticmethod
    def read(text: str) -> int:
        return parse_duration(text)

    @staticmethod
    def say(value: int) -> str:
        return say_duration(value)


class IdField(fields.SelectField):
    """One record of another list; `data` is its id. `blank` is what choosing none is called."""

    def __init__(
        self, label: str, rows: Rows, *, blank: str = "", required: bool = False, **more: Any
    ) -> None:
        super().__init__(label, _needed(required), choices=[], **{"coerce": id_or_none, **more})
        self.rows = rows
        self.blank = blank
        self.allow_blank = not required

    def process(self, *given: Any, **more: Any) -> None:
        super().process(*given, **more)
        kept = self.object_data
        found = self.rows([kept] if isinstance(kept, UUID) else [])
        self.choices = [("", self.blank), *((str(row_id), words) for row_id, words in found)]


class IdsField(fields.SelectMultipleField):
    """Several records of another list, as boxes to tick; `data` is their ids."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()

    def __init__(self, label: str, rows: Rows, **more: Any) -> None:
        super().__init__(label, coerce=id_or_none, choices=[], **more)
        self.rows = rows
        self.allow_blank = True

    def process(self, *given: Any, **more: Any) -> None:
        super().process(*given, **more)
        found = self.rows(list(self.object_data or ()))
        self.choices = [(str(row_id), words) for row_id, words in found]


def id_or_none(value: Any) -> UUID | None:
    """What was chosen; raises ValueError for what is no id."""
    if value is None or value == "" or isinstance(value, UUID):
        return value or None
    found = read_id(str(value))
    if found is None:
        raise ValueError("Choose one of the list.")
    return found


def offered(model: Any, *order: Any, words: Callable[[Any], str] = str) -> Rows:
    """The rows of a model that are not archived, as choices."""

    def rows(kept: Collection[UUID]) -> list[tuple[UUID, str]]:
        current = (
            or_(model.archived_at.is_(None), model.id.in_(kept)) if kept else model.archived_at.is_(None)
        )
        found = db.session.scalars(select(model).where(current).order_by(*order, model.id))
        return [(row.id, words(row)) for row in found]

    return rows


def email_address(form: Any, field: Any) -> None:
    """Validator: an e-mail address; stores it in lower case."""
    try:
        field.data = clean_email(field.data, field=field.label.text)
    except Invalid as error:
        raise ValidationError(error.message) from error


def phone_number(form: Any, field: Any) -> None:
    """Validator: a phone number as the provider's country writes it; stores it in E.164."""
    try:
        field.data = clean_phone(field.data, current_tenant().country, field=field.label.text)
    except Invalid as error:
        raise ValidationError(error.message) from error
