"""Discount codes that a customer names, and rules that apply by themselves: made, changed, put away."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid
from backoffice.domain.money import MAX_MINOR
from backoffice.domain.pricing import PERCENTAGE
from backoffice.models import DiscountCode, DiscountRule
from backoffice.services import audit, catalogue, cleaning

WHOLE = 10_000  # basis points of 100 %


def _code(name: str, value: Any) -> str:
    text: str = cleaning.line(50, nullable=False)(name, value).upper()
    if " " in text:
        raise Invalid("code", "A code has no spaces.", field=name)
    return text


def _day(name: str, value: Any) -> date | None:
    if value is None or isinstance(value, date):
        return value
    raise Invalid("date", "Enter a date like 31/12/2026.", field=name)


CODE_CLEANERS: dict[str, cleaning.Cleaner] = {
    "code": _code,
    "description": cleaning.line(500),
    "kind": cleaning.one_of(("percentage", "fixed")),
    "value": cleaning.whole(1, MAX_MINOR),
    "minimum_minor": cleaning.whole(0, MAX_MINOR),
    "valid_from": _day,
    "valid_until": _day,
    "usage_limit": cleaning.whole(1, 1_000_000),
    "course_type_id": cleaning.row_id,
    "is_active": cleaning.yes_no,
}
RULE_CLEANERS: dict[str, cleaning.Cleaner] = {
    "title": cleaning.line(200, nullable=False),
    "minimum_places": cleaning.whole(1, 1000),
    "minimum_past_courses": cleaning.whole(1, 100),
    "basis_points": cleaning.whole(1, WHOLE),
    "course_type_id": cleaning.row_id,
    "is_active": cleaning.yes_no,
}
_CODE_NEEDS = ("code", "kind", "value", "valid_from", "valid_until")
_RULE_NEEDS = ("title", "minimum_places", "basis_points")


def create_code(values: Mapping[str, Any], actor: Actor) -> DiscountCode:
    """A new code: `value` in basis points or minor units by `kind`; local dates, both included. Raises Invalid."""
    actor.require("discount.edit")
    given = dict.fromkeys(_CODE_NEEDS) | {"code": "", "kind": PERCENTAGE} | dict(values)
    cleaned = cleaning.clean_all(given, CODE_CLEANERS, _CODE_NEEDS)
    _check_code(cleaned, times_used=0)
    return catalogue.insert(DiscountCode(**cleaned), "discount_code", actor)


def update_code(
    code_id: UUID, values: Mapping[str, Any], actor: Actor, *, version: int | None = None
) -> DiscountCode:
    """Change what is given; bookings keep the discount they were sold with. Raises Invalid, NotFound, Changed."""
    actor.require("discount.edit")
    row = catalogue.get(DiscountCode, code_id, version)
    cleaned = cleaning.clean_all(values, CODE_CLEANERS, [name for name in _CODE_NEEDS if name in values])
    whole = {name: getattr(row, name) for name in CODE_CLEANERS} | cleaned
    _check_code(whole, times_used=row.times_used)
    catalogue.change(row, cleaned, "discount_code", actor)
    return row


def _check_code(values: Mapping[str, Any], *, times_used: int) -> None:
    """What several fields say together; the database holds the same."""
    wrong = dict[str, str]()
    if values["kind"] == PERCENTAGE and values["value"] > WHOLE:
        wrong["value"] = "A percentage is at most 100 %."
    if values["valid_until"] < values["valid_from"]:
        wrong["valid_until"] = "The last day must not be before the first."
    limit = values.get("usage_limit")
    if limit is not None and limit < times_used:
        wrong["usage_limit"] = f"It was used {times_used} times already: allow at least as many."
    if wrong:
        raise Invalid.of(wrong)


def archive_code(code_id: UUID, actor: Actor, *, version: int | None = None) -> DiscountCode:
    """Take the code out of use and off the list; bookings keep it. Raises NotFound, Changed."""
    return _put(code_id, datetime.now(UTC), "archive", actor, version)


def restore_code(code_id: UUID, actor: Actor, *, version: int | None = None) -> DiscountCode:
    """Take the code out of the archive; it applies again within its dates. Raises NotFound, Changed."""
    return _put(code_id, None, "restore", actor, version)


def _put(code_id: UUID, at: datetime | None, verb: str, actor: Actor, version: int | None) -> DiscountCode:
    actor.require("discount.edit")
    row = catalogue.get(DiscountCode, code_id, version)
    if (row.archived_at is None) != (at is None):
        old, row.archived_at = row.archived_at, at
        db.session.flush()
        audit.record(actor, f"discount_code:{verb}", row, old={"archived_at": old}, new={"archived_at": at})
    return row


def create_rule(values: Mapping[str, Any], actor: Actor) -> DiscountRule:
    """A new rule: so many basis points off from so many places on, or for customers of so many courses.

    A loyalty rule (`minimum_past_courses`) is off until somebody switches it on. Raises Invalid.
    """
    actor.require("discount.edit")
    given = dict.fromkeys(_RULE_NEEDS) | {"title": ""} | dict(values)
    given.setdefault("is_active", given.get("minimum_past_courses") is None)
    cleaned = cleaning.clean_all(given, RULE_CLEANERS, _RULE_NEEDS)
    return catalogue.insert(DiscountRule(**cleaned), "discount_rule", actor)


def update_rule(
    rule_id: UUID, values: Mapping[str, Any], actor: Actor, *, version: int | None = None
) -> DiscountRule:
    """Change what is given; `is_active` off takes it out of use. Raises Invalid, NotFound, Changed."""
    actor.require("discount.edit")
    row = catalogue.get(DiscountRule, rule_id, version)
    cleaned = cleaning.clean_all(values, RULE_CLEANERS, [name for name in _RULE_NEEDS if name in values])
    catalogue.change(row, cleaned, "discount_rule", actor)
    return row
