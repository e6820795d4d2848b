"""What places on a date cost now: the one calculator of desk, page, API and move."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, select

from backoffice.database import db
from backoffice.domain.booking_rules import CodeTerms, RuleTerms, applicable_offers, check_code
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.pricing import Offer, Quote, quote
from backoffice.domain.text import clean_line
from backoffice.models import Course, DiscountCode, DiscountRule, Schedule, Tenant
from backoffice.services.bookings.loyalty import past_courses

MOST_PLACES = 200


@dataclass(frozen=True)
class DateOnSale:
    """What taking a booking needs to know of a date, read in one statement."""

    schedule: Any
    tenant: Tenant
    rules: tuple[RuleTerms, ...] = ()


_RULE = (
    DiscountRule.id.label("rule_id"),
    DiscountRule.title.label("rule_title"),
    DiscountRule.minimum_places.label("rule_places"),
    DiscountRule.basis_points.label("rule_basis_points"),
    DiscountRule.course_type_id.label("rule_course_type_id"),
    DiscountRule.minimum_past_courses.label("rule_past_courses"),
)
# The date with its course's rules, once for each automatic discount that is switched on: there are few or none.
# Built once, for it is on the way of every booking.
DATE = (
    select(
        Schedule.id,
        Schedule.status,
        Schedule.starts_at,
        Schedule.ends_at,
        Schedule.time_zone,
        Schedule.capacity,
        Schedule.seats_taken,
        Schedule.pricing,
        Schedule.price_minor,
        Schedule.currency,
        Schedule.vat_rate_bp,
        Schedule.is_private,
        Schedule.course_id,
        Course.title,
        Course.course_type_id,
        Course.has_whitelist,
        Course.minimum_age,
        *_RULE,
    )
    .select_from(Schedule)
    .join(Course, Course.id == Schedule.course_id)
    .outerjoin(DiscountRule, and_(DiscountRule.tenant_id == Schedule.tenant_id, DiscountRule.is_active))
    .where(Schedule.id == bindparam("schedule_id"))
    .order_by(DiscountRule.id)
)


def get_date(schedule_id: UUID, tenant: Tenant) -> DateOnSale:
    """The date with its course's rules; raises NotFound."""
    return date_of(db.session.execute(DATE, {"schedule_id": schedule_id}).all(), tenant)


def date_of(rows: Sequence[Any], tenant: Tenant) -> DateOnSale:
    """The date of the rows that `DATE` gave; raises NotFound."""
    if not rows:
        raise NotFound("This date does not exist.")
    return DateOnSale(rows[0], tenant, tuple(map(_rule, filter(_has_rule, rows))))


def _has_rule(row: Any) -> bool:
    return row.rule_id is not None


def _rule(row: Any) -> RuleTerms:
    return RuleTerms(
        row.rule_places,
        row.rule_basis_points,
        row.rule_course_type_id,
        rule_id=row.rule_id,
        label=row.rule_title,
        minimum_past_courses=row.rule_past_courses,
    )


def quote_for(
    schedule_id: UUID,
    places: int,
    discount_code: str | None,
    tenant: Tenant,
    now: datetime,
    *,
    customer_id: UUID | None = None,
) -> Quote:
    """The price of so many places (minor units, VAT included) with the best of code and rules.

    `customer_id` is a customer who is known for certain (`loyalty.proved`). Raises NotFound, Refused where the price
    is on request, Invalid for the places or the code.
    """
    date = get_date(schedule_id, tenant)
    return quote_date(date, places, discount_code, now, customer_id=customer_id)


def quote_date(
    date: DateOnSale,
    places: int,
    discount_code: str | None,
    now: datetime,
    *,
    customer_id: UUID | None = None,
) -> Quote:
    """`quote_for` for a date that was read already."""
    if not 1 <= places <= MOST_PLACES:
        raise Invalid("places", f"Book from 1 to {MOST_PLACES} places.", field="places")
    schedule = date.schedule
    unit_price = _unit_price(schedule)
    code_offer = None
    if discount_code and discount_code.strip():
        code_offer = find_code_offer(date, discount_code, unit_price * places, now)
    offers = applicable_offers(
        date.rules,
        places=places,
        course_type_id=schedule.course_type_id,
        code_offer=code_offer,
        past_courses=past_courses(date.rules, customer_id),
    )
    return price(date, places, offers)


def price(date: DateOnSale, places: int, offers: tuple[Offer, ...]) -> Quote:
    """The quote of these offers at the date's own price and the tenant's smallest payable unit.

    Raises Refused where the price is on request: nobody moves there for nothing.
    """
    schedule = date.schedule
    return quote(
        _unit_price(schedule),
        places,
        offers=offers,
        smallest_unit=date.tenant.smallest_unit_minor,
        vat_rate_bp=schedule.vat_rate_bp,
    )


def _unit_price(schedule: Any) -> int:
    if schedule.pricing == "on_request":
        raise Refused("price_on_request", "The price of this date is on request: set its price first.")
    return schedule.price_minor or 0


def find_code_offer(date: DateOnSale, code: str, list_minor: int, now: datetime) -> Offer:
    """The offer of a code that somebody named; raises Invalid on `discount_code` with the reason (D2)."""
    wanted = clean_line(code, field="discount_code", maximum=50).upper()
    found = db.session.execute(
        select(
            DiscountCode.id,
            DiscountCode.code,
            DiscountCode.kind,
            DiscountCode.value,
            DiscountCode.minimum_minor,
            DiscountCode.valid_from,
            DiscountCode.valid_until,
            DiscountCode.usage_limit,
            DiscountCode.times_used,
            DiscountCode.course_type_id,
            DiscountCode.is_active,
        ).where(DiscountCode.code == wanted, DiscountCode.archived_at.is_(None))
    ).first()
    if found is None:
        raise Invalid("code_unknown", "There is no such discount code.", field="discount_code")
    terms = CodeTerms(
        kind=found.kind,
        value=found.value,
        minimum_minor=found.minimum_minor or 0,
        valid_from=found.valid_from,
        valid_until=found.valid_until,
        usage_limit=found.usage_limit,
        times_used=found.times_used,
        course_type_id=found.course_type_id,
        is_active=found.is_active,
        code_id=found.id,
        label=f"Code {found.code}",
    )
    today = now.astimezone(ZoneInfo(date.tenant.time_zone)).date()
    return check_code(
        terms, today_local=today, list_minor=list_minor, course_type_id=date.schedule.course_type_id
    )


def list_rules() -> list[RuleTerms]:
    """The automatic discounts that are switched on."""
    rows = db.session.execute(select(*_RULE).where(DiscountRule.is_active).order_by(DiscountRule.id))
    return [_rule(row) for row in rows]
