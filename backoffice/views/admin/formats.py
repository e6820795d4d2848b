"""How values look to people. Formatters have Flask-Admin's signature (view, context, model, name)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, NamedTuple
from uuid import UUID

from flask import g, get_template_attribute, url_for
from markupsafe import Markup, escape

from backoffice.domain import statuses
from backoffice.domain.money import format_money
from backoffice.domain.times import say_date, say_instant
from backoffice.views.requests import current_tenant

Formatter = Callable[[Any, Any, Any, str], Any]


class Pill(NamedTuple):
    """A status for people: its word and the tone of its colour (good, wait, bad, info or quiet)."""

    label: str
    tone: str


_TONES = {
    "good": "confirmed completed paid succeeded published sent valid active yes booked issued full applied accepted shown",
    "wait": "pending unpaid part_paid part_refunded requested queued processing offered waiting running open",
    "bad": "failed no_show bounced revoked declined refused overdue",
    "info": "ongoing approved refunded replaced new changed moved credited reviewing quoted private",
    "quiet": "draft cancelled expired archived no same unknown inactive nothing_paid rejected left ended lapsed hidden",
}
TONE_OF: dict[str, str] = {word: tone for tone, words in _TONES.items() for word in words.split()}


def pill_of(status: Any, subject: str | None = None) -> Pill:
    """The word and tone of a status; `subject` is a key of domain.statuses.LABELS."""
    word = str(status)
    known = statuses.LABELS.get(subject or "", {}).get(word)
    return Pill(known or word.replace("_", " ").capitalize(), TONE_OF.get(word, "quiet"))


def page_zone() -> str:
    """The time zone people of this request read and write in: the tenant's."""
    if "page_zone" not in g:
        g.page_zone = current_tenant().time_zone
    return str(g.page_zone)


def page_currency() -> str:
    """The tenant's currency (ISO 4217), for amounts that do not bring their own."""
    if "page_currency" not in g:
        g.page_currency = current_tenant().currency
    return str(g.page_currency)


def pill(subject: str | None = None) -> Formatter:
    """A status as a coloured word."""
    return lambda view, context, model, name: _macro("pill", _value(model, name), subject)


def money(currency: str | None = "currency") -> Formatter:
    """Minor units as money; `currency` names the row's attribute that holds it, None: the tenant's."""

    def show(view: Any, context: Any, model: Any, name: str) -> Any:
        amount = _value(model, name)
        if amount is None:
            return nothing()
        code = (_value(model, currency) if currency else None) or page_currency()
        return _macro("money", format_money(amount, code), amount < 0)

    show.cell_class = "num"  # type: ignore[attr-defined]
    return show


def number(view: Any, context: Any, model: Any, name: str) -> Any:
    """A whole number, right-aligned, with thousands."""
    value = _value(model, name)
    return nothing() if value is None else f"{value:,}"


number.cell_class = "num"  # type: ignore[attr-defined]


def instant(zone: str | None = None) -> Formatter:
    """A UTC instant as people say it; `zone` names the row's attribute that holds it, None: the tenant's."""

    def show(view: Any, context: Any, model: Any, name: str) -> Any:
        value = _value(model, name)
        if value is None:
            return nothing()
        return when(say_instant(value, (_value(model, zone) if zone else None) or page_zone()), value)

    return show


def link(endpoint: str, target: str | None = None, text: str | None = None) -> Formatter:
    """A link to a record's page: `target` is the relation that holds it, `text` what to show."""

    def show(view: Any, context: Any, model: Any, name: str) -> Any:
        record = _value(model, target or name)
        if record is None:
            return nothing()
        label = _value(model, text) if text else record
        return Markup('<a href="{}">{}</a>').format(url_for(endpoint, id=record.id), label)

    return show


def percent(view: Any, context: Any, model: Any, name: str) -> Any:
    """Basis points as a percentage: 1250 is "12.5 %"."""
    value = _value(model, name)
    return nothing() if value is None else f"{value / 100:g} %"


percent.cell_class = "num"  # type: ignore[attr-defined]


def choice(words: dict[str, str]) -> Formatter:
    """A stored word in the words of people."""
    return lambda view, context, model, name: words.get(_value(model, name), _value(model, name))


def places(taken: str, capacity: str) -> Formatter:
    """Places taken of a date, as words and a bar."""
    return lambda view, context, model, name: _macro("places", _value(model, taken), _value(model, capacity))


def large(words: str) -> str:
    """With a capital first; the others stay as they are, as in M-Pesa."""
    return words[:1].upper() + words[1:]


def nothing() -> Markup:
    """What stands where there is no value."""
    return escape(_macro("nothing"))


def when(words: str, exactly: datetime | date) -> Markup:
    return Markup('<time class="when" datetime="{}">{}</time>').format(exactly.isoformat(), words)


def show_value(value: Any) -> Any:
    """A value without a formatter of its own, as people read it."""
    if value is None or value == "" or value == []:
        return nothing()
    for kind, words in _BY_TYPE:
        if isinstance(value, kind):
            return words(value)
    return value


def plain(value: Any) -> Any:
    """A value as JSON can hold it, for the audit."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list | tuple | set):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    return str(value)


def _macro(name: str, *values: Any) -> Any:
    return get_template_attribute("macros/ui.html", name)(*values)


def _value(model: Any, path: str) -> Any:
    for name in path.split("."):
        model = getattr(model, name, None)
    return model


_BY_TYPE: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (bool, lambda value: "Yes" if value else "No"),
    (datetime, lambda value: when(say_instant(value, page_zone()), value)),
    (date, lambda value: when(say_date(value), value)),
    (time, lambda value: f"{value:%H:%M}"),
    (list, lambda value: Markup(", ").join(escape(each) for each in value)),
    (UUID, str),
)
