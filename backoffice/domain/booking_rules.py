"""The rules of taking a booking that need no record: discounts, holds, whitelists, statuses, references."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from backoffice.domain.errors import Invalid, Refused
from backoffice.domain.money import format_percent
from backoffice.domain.pricing import PERCENTAGE, Offer

# method of payment -> (status of the booking, whether the money is in)
_FIRST_STATUS: dict[str, tuple[str, bool]] = {
    "cash": ("confirmed", True),
    "card_terminal": ("confirmed", True),
    "bank_transfer": ("pending", False),
    "payment_link": ("pending", False),
    "account": ("confirmed", False),
    "credit": ("confirmed", True),
    "free": ("confirmed", True),  # nothing is due, by its price or by a discount
}
PAYMENT_METHODS: tuple[str, ...] = tuple(_FIRST_STATUS)
_REFERENCE = re.compile(r"([A-Z][A-Z0-9]{0,9})-([0-9]{4})-([0-9]{4}|[1-9][0-9]{4,8})")


class Reference(NamedTuple):
    """The parts of a booking's reference."""

    prefix: str
    year: int
    number: int


@dataclass(frozen=True, slots=True)
class CodeTerms:
    """The terms of a discount code: basis points or minor units, local dates (both included)."""

    kind: str
    value: int
    minimum_minor: int = 0
    valid_from: date | None = None
    valid_until: date | None = None
    usage_limit: int | None = None
    times_used: int = 0
    course_type_id: UUID | None = None
    is_active: bool = True
    code_id: UUID | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """The terms of an automatic discount: so many basis points off from so many places on.

    With `minimum_past_courses` it is a loyalty rule: for customers who have been on so many courses before this one.
    """

    minimum_places: int
    basis_points: int
    course_type_id: UUID | None = None
    is_active: bool = True
    rule_id: UUID | None = None
    label: str = ""
    minimum_past_courses: int | None = None


def check_code(terms: CodeTerms, *, today_local: date, list_minor: int, course_type_id: UUID | None) -> Offer:
    """The offer of a code for a booking of `list_minor` minor units on a local day.

    Raises Invalid on `discount_code` with code_inactive, code_not_yet_valid, code_expired, code_used_up,
    code_wrong_course or code_below_minimum (abuse case D2). The database counts the uses again, under a lock.
    """
    reason = _why_not(terms, today_local, list_minor, course_type_id)
    if reason is not None:
        code, sentence = reason
        raise Invalid(code, sentence, field="discount_code")
    return Offer(
        terms.kind, terms.value, terms.label or _label(terms.kind, terms.value), code_id=terms.code_id
    )


def _why_not(
    terms: CodeTerms, today: date, list_minor: int, course_type_id: UUID | None
) -> tuple[str, str] | None:
    if not terms.is_active:
        return "code_inactive", "This discount code is switched off."
    if terms.valid_from is not None and today < terms.valid_from:
        return "code_not_yet_valid", "This discount code is not valid yet."
    if terms.valid_until is not None and today > terms.valid_until:
        return "code_expired", "This discount code has expired."
    if terms.usage_limit is not None and terms.times_used >= terms.usage_limit:
        return "code_used_up", "This discount code has been used up."
    if terms.course_type_id is not None and terms.course_type_id != course_type_id:
        return "code_wrong_course", "This discount code is for another type of course."
    if list_minor < terms.minimum_minor:
        return "code_below_minimum", "This booking is below the minimum for this discount code."
    return None


def rule_offers(
    rules: Iterable[RuleTerms],
    *,
    places: int,
    course_type_id: UUID | None,
    past_courses: int | None = None,
) -> list[Offer]:
    """The offers of the active rules that so many places on this type of course reach.

    `past_courses` is what a proved customer has completed; None, for somebody unknown, reaches no loyalty rule.
    """
    return [
        Offer(PERCENTAGE, rule.basis_points, rule.label or _rule_label(rule), rule_id=rule.rule_id)
        for rule in rules
        if rule.is_active
        and places >= rule.minimum_places
        and rule.course_type_id in (None, course_type_id)
        and _is_earned(rule, past_courses)
    ]


def _is_earned(rule: RuleTerms, past_courses: int | None) -> bool:
    needed = rule.minimum_past_courses
    return needed is None or (past_courses is not None and past_courses >= needed)


def applicable_offers(
    rules: Iterable[RuleTerms],
    *,
    places: int,
    course_type_id: UUID | None,
    code_offer: Offer | None = None,
    past_courses: int | None = None,
) -> tuple[Offer, ...]:
    """All offers for `pricing.quote`, the rules' first: of equals the rule wins and the code is not used."""
    offers = rule_offers(rules, places=places, course_type_id=course_type_id, past_courses=past_courses)
    return (*offers, code_offer) if code_offer is not None else tuple(offers)


def _label(kind: str, value: int) -> str:
    return f"{format_percent(value)} off" if kind == PERCENTAGE else "Discount"


def _rule_label(rule: RuleTerms) -> str:
    if rule.minimum_past_courses is not None:
        return f"{format_percent(rule.basis_points)} after {rule.minimum_past_courses} courses"
    return f"{format_percent(rule.basis_points)} from {rule.minimum_places} places"


def default_hold(now: datetime, starts_at: datetime, days: int = 3) -> datetime:
    """Until when a pending booking keeps its places: `days` from now, never past the start (UTC in and out).

    Raises Refused when the date has started: there is nothing left to hold.
    """
    if starts_at <= now:
        raise Refused("started", "This date has started: take the payment now or use account terms.")
    return min(now + timedelta(days=days), starts_at)


def check_hold(hold_until: datetime, now: datetime, starts_at: datetime) -> datetime:
    """The hold a clerk has set, if it lies after now and not past the start; otherwise Invalid (all UTC)."""
    if hold_until <= now:
        raise Invalid("hold", "The hold must end in the future.", field="hold_until")
    if hold_until > starts_at:
        raise Invalid("hold", "The hold must end before the date starts.", field="hold_until")
    return hold_until


def first_status(method: str) -> tuple[str, bool]:
    """The status a new booking gets by its method of payment, and whether it is paid; Invalid if unknown."""
    if method not in _FIRST_STATUS:
        raise Invalid("payment_method", "Choose how it will be paid.", field="payment_method")
    return _FIRST_STATUS[method]


def whitelisted(email: str | None, entries: Iterable[str]) -> bool:
    """Whether a list of addresses and "@domains" names the e-mail, in any case; an empty list names nobody.

    A domain means itself, not its subdomains. Whether the course has a list at all is the caller's question.
    """
    address = (email or "").strip().lower()
    local, _, domain = address.rpartition("@")
    if not local or not domain:
        return False
    return any(entry.strip().lower() in (address, f"@{domain}") for entry in entries)


def age_on(birth_date: date, day: date) -> int:
    """Full years on a day; who was born on 29 February is older from 1 March. Invalid for a later birth."""
    if birth_date > day:
        raise Invalid("birth_date", "The birth date lies after the date of the course.", field="birth_date")
    before_birthday = (day.month, day.day) < (birth_date.month, birth_date.day)
    return day.year - birth_date.year - before_birthday


def learners_per_instructor_ok(capacity: int, instructors: int, maximum: int = 12) -> bool:
    """Whether the instructors suffice for the capacity; a date without one yet is planned as for one."""
    return capacity <= maximum * max(instructors, 1)


def payment_status(total_minor: int, paid_minor: int, refunded_minor: int, any_failed: bool) -> str:
    """The payment status of a booking, in minor units: `paid_minor` is all money in, before refunds.

    A booking that costs nothing is paid; `any_failed` says whether a payment was tried and failed.
    """
    if refunded_minor > 0:
        return "refunded" if refunded_minor >= paid_minor else "part_refunded"
    if paid_minor >= total_minor:
        return "paid"
    if paid_minor > 0:
        return "part_paid"
    return "failed" if any_failed else "unpaid"


def derived_schedule_state(
    status: str, seats_taken: int, capacity: int, starts_at: datetime, ends_at: datetime, now: datetime
) -> str:
    """What to show for a date: its status; for a published one full, ongoing or, past its end, completed."""
    if status != "published":
        return status
    if now >= ends_at:
        return "completed"
    if now >= starts_at:
        return "ongoing"
    return "full" if seats_taken >= capacity else "published"


def next_reference(prefix: str, year: int, number: int) -> str:
    """A reference: "RFT-2026-0001", growing past 9999; raises ValueError for parts that make no reference."""
    reference = f"{prefix}-{year:04d}-{number:04d}"
    if number < 1 or _REFERENCE.fullmatch(reference) is None:
        raise ValueError(f"no booking reference: {reference}")
    return reference


def parse_reference(text: str) -> Reference:
    """The parts of a reference, typed in any case; raises Invalid."""
    match = _REFERENCE.fullmatch(text.strip().upper()) if isinstance(text, str) else None
    if match is None or int(match[3]) < 1:
        raise Invalid("reference", "Enter a booking reference like RFT-2026-0001.", field="reference")
    return Reference(match[1], int(match[2]), int(match[3]))
