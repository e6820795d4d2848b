"""Discount codes and rules become offers, or are refused with the reason (abuse case D2)."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from backoffice.domain.booking_rules import CodeTerms, RuleTerms, applicable_offers, check_code, rule_offers
from backoffice.domain.errors import Invalid
from backoffice.domain.pricing import FIXED, PERCENTAGE, Offer, quote

TODAY = date(2026, 3, 3)
FIRST_AID, TECH = UUID(int=1), UUID(int=2)
CODE = CodeTerms(
    PERCENTAGE,
    1000,
    minimum_minor=5000,
    valid_from=TODAY,
    valid_until=TODAY,
    usage_limit=5,
    times_used=4,
    course_type_id=FIRST_AID,
    code_id=UUID(int=9),
    label="SPRING",
)
FROM_FIVE = RuleTerms(5, 1000, rule_id=UUID(int=7))
LOYAL = RuleTerms(1, 1500, rule_id=UUID(int=8), minimum_past_courses=4)


def offer_of(terms: CodeTerms, list_minor: int = 5000) -> Offer:
    return check_code(terms, today_local=TODAY, list_minor=list_minor, course_type_id=FIRST_AID)


def test_a_code_at_every_edge_of_its_terms_applies() -> None:
    assert offer_of(CODE) == Offer(PERCENTAGE, 1000, "SPRING", code_id=UUID(int=9))


def test_a_code_without_terms_applies_to_anything() -> None:
    assert offer_of(CodeTerms(FIXED, 500), list_minor=0) == Offer(FIXED, 500, "Discount")
    assert offer_of(CodeTerms(PERCENTAGE, 1250)).label == "12.5 % off"


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (replace(CODE, valid_from=TODAY - timedelta(9), valid_until=TODAY - timedelta(1)), "code_expired"),
        (replace(CODE, valid_from=TODAY + timedelta(1), valid_until=None), "code_not_yet_valid"),
        (replace(CODE, is_active=False), "code_inactive"),
        (replace(CODE, times_used=5), "code_used_up"),
        (replace(CODE, usage_limit=0, times_used=0), "code_used_up"),
        (replace(CODE, course_type_id=TECH), "code_wrong_course"),
        (replace(CODE, minimum_minor=5001), "code_below_minimum"),
    ],
)
def test_a_code_outside_its_terms_is_refused_with_the_reason(terms: CodeTerms, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        offer_of(terms)
    assert refusal.value.code == reason
    assert list(refusal.value.fields) == ["discount_code"]


def test_a_code_of_one_type_is_refused_for_a_course_without_type() -> None:
    with pytest.raises(Invalid, match="another type"):
        check_code(CODE, today_local=TODAY, list_minor=5000, course_type_id=None)


@pytest.mark.parametrize(
    ("rule", "places", "applies"),
    [
        (FROM_FIVE, 5, True),
        (FROM_FIVE, 4, False),
        (replace(FROM_FIVE, is_active=False), 6, False),
        (replace(FROM_FIVE, course_type_id=FIRST_AID), 6, True),
        (replace(FROM_FIVE, course_type_id=TECH), 6, False),
    ],
)
def test_a_rule_applies_from_its_number_of_places(rule: RuleTerms, places: int, applies: bool) -> None:
    assert bool(rule_offers([rule], places=places, course_type_id=FIRST_AID)) is applies


@pytest.mark.parametrize(
    ("rule", "past_courses", "applies"),
    [
        (LOYAL, 4, True),
        (LOYAL, 5, True),
        (LOYAL, 3, False),
        (LOYAL, 0, False),
        (LOYAL, None, False),
        (replace(LOYAL, is_active=False), 9, False),
        (replace(LOYAL, minimum_places=2), 9, False),
        (replace(LOYAL, course_type_id=TECH), 9, False),
        (replace(FROM_FIVE, minimum_places=1), None, True),
    ],
)
def test_a_loyalty_rule_applies_to_known_customers_of_so_many_courses(
    rule: RuleTerms, past_courses: int | None, applies: bool
) -> None:
    offers = rule_offers([rule], places=1, course_type_id=FIRST_AID, past_courses=past_courses)
    assert bool(offers) is applies


def test_the_better_of_loyalty_and_group_counts_and_not_both() -> None:
    offers = applicable_offers([FROM_FIVE, LOYAL], places=5, course_type_id=None, past_courses=4)
    price = quote(7_500, 5, offers=offers)
    assert (price.discount_minor, price.offer) == (5_625, offers[1])


def test_a_rule_is_named_after_its_terms() -> None:
    (offer,) = rule_offers([FROM_FIVE], places=6, course_type_id=None)
    assert offer == Offer(PERCENTAGE, 1000, "10 % from 5 places", rule_id=UUID(int=7))
    (offer,) = rule_offers([LOYAL], places=1, course_type_id=None, past_courses=4)
    assert offer.label == "15 % after 4 courses"


def test_of_an_equal_rule_and_code_the_code_is_not_used_up() -> None:
    offers = applicable_offers([FROM_FIVE], places=6, course_type_id=FIRST_AID, code_offer=offer_of(CODE))
    assert len(offers) == 2
    assert quote(22_500, 6, offers=offers).offer == offers[0]
    assert offers[0].code_id is None


def test_without_rules_the_code_is_the_only_offer() -> None:
    assert applicable_offers([], places=1, course_type_id=None) == ()
    assert applicable_offers([], places=1, course_type_id=None, code_offer=offer_of(CODE)) == (
        offer_of(CODE),
    )
