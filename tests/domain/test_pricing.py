"""The price of a booking: one rounding, one offer, lines that add up (abuse cases L1 and L2)."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.domain.money import round_half_up
from backoffice.domain.pricing import FIXED, PERCENTAGE, Offer, Quote, agreed, quote

TEN_PERCENT = Offer(PERCENTAGE, 1000, "10 %")

prices = st.integers(0, 5_000_000)
places = st.integers(1, 60)
units = st.sampled_from([1, 5, 100])
offers = st.lists(
    st.one_of(
        st.builds(Offer, st.just(PERCENTAGE), st.integers(0, 10_000)),
        st.builds(Offer, st.just(FIXED), st.integers(0, 10_000_000)),
    ),
    max_size=5,
)


def line_totals(priced: Quote) -> list[int]:
    return [line.total_minor for line in priced.lines]


@pytest.mark.parametrize(("list_minor", "total"), [(25, 23), (125, 113), (225, 203), (3333, 3000)])
def test_ten_percent_off_is_rounded_half_up_once_on_the_total(list_minor: int, total: int) -> None:
    priced = quote(list_minor, 1, offers=[TEN_PERCENT])
    assert (priced.total_minor, priced.discount_minor) == (total, list_minor - total)
    assert line_totals(priced) == [total]


def test_halves_rounded_to_the_even_number_would_differ() -> None:
    """The control of the test above: what Python's own rounding makes of the same prices."""
    assert [round(list_minor * 0.9) for list_minor in (25, 125, 225, 3333)] == [22, 112, 202, 3000]


def test_three_attendees_at_ten_percent_off_can_be_refunded_one_by_one() -> None:
    priced = quote(10_000, 3, offers=[TEN_PERCENT])
    assert priced.total_minor == 27_000
    assert line_totals(priced) == [9_000, 9_000, 9_000]


def test_shares_that_are_rounded_one_by_one_would_leave_a_penny() -> None:
    """The control of the tests around it: three times 29.997 is not three times 30.00."""
    priced = quote(3_333, 3, offers=[TEN_PERCENT])
    assert sum(line_totals(priced)) == priced.total_minor == 8_999
    assert 3 * round_half_up(3_333 * 90, 100) == 9_000


def test_an_uneven_discount_leaves_no_penny_over() -> None:
    priced = quote(10_000, 3, offers=[Offer(FIXED, 1_000)])
    assert line_totals(priced) == [9_666, 9_667, 9_667]
    assert sum(line_totals(priced)) == priced.total_minor == 29_000


def test_a_group_is_rounded_once_and_not_per_attendee() -> None:
    priced = quote(25, 3, offers=[TEN_PERCENT])
    assert priced.total_minor == 68  # 67.5; attendee by attendee it would be 3 x 23 = 69


def test_without_an_offer_the_list_price_is_due() -> None:
    priced = quote(7_500, 2, vat_rate_bp=2000)
    assert (priced.list_minor, priced.discount_minor, priced.total_minor) == (15_000, 0, 15_000)
    assert priced.offer is None
    assert [line.vat_rate_bp for line in priced.lines] == [2000, 2000]


def test_the_best_offer_wins_and_the_others_add_nothing() -> None:
    code = Offer(FIXED, 2_000, "Code", code_id=UUID(int=1))
    assert quote(7_500, 1, offers=[TEN_PERCENT, code]).offer is code
    assert quote(7_500, 1, offers=[TEN_PERCENT, code]).total_minor == 5_500
    assert quote(7_500, 6, offers=[TEN_PERCENT, code]).offer is TEN_PERCENT


def test_of_equal_offers_the_first_wins() -> None:
    same = Offer(PERCENTAGE, 1000, "also 10 %")
    assert quote(7_500, 1, offers=[TEN_PERCENT, same]).offer is TEN_PERCENT


def test_a_fixed_offer_never_pays_the_customer() -> None:
    assert quote(1_000, 1, offers=[Offer(FIXED, 5_000)]).total_minor == 0


@pytest.mark.parametrize("useless", [Offer(FIXED, 0), Offer(PERCENTAGE, 0), Offer(PERCENTAGE, 10)])
def test_an_offer_that_saves_nothing_is_not_used_up(useless: Offer) -> None:
    assert quote(10, 1, offers=[useless]).offer is None


def test_shillings_are_rounded_to_whole_ones_on_each_line() -> None:
    priced = quote(150_000, 3, offers=[Offer(FIXED, 50_000)], smallest_unit=100)
    assert priced.total_minor == 400_000
    assert line_totals(priced) == [133_300, 133_300, 133_400]


def test_a_list_price_that_cannot_be_paid_exactly_is_rounded_half_up() -> None:
    priced = quote(33_350, 1, smallest_unit=100)
    assert (priced.list_minor, priced.discount_minor, priced.total_minor) == (33_400, 0, 33_400)
    assert quote(33_349, 1, smallest_unit=100).total_minor == 33_300


@given(prices, places, offers, units)
def test_the_lines_are_the_total(price: int, count: int, some: list[Offer], unit: int) -> None:
    priced = quote(price, count, offers=some, smallest_unit=unit)
    assert len(priced.lines) == count
    assert sum(line_totals(priced)) == priced.total_minor
    assert sum(line.price_minor for line in priced.lines) == priced.list_minor
    assert sum(line.discount_minor for line in priced.lines) == priced.discount_minor


@given(prices, places, offers, units)
def test_a_discount_lies_between_nothing_and_everything(
    price: int, count: int, some: list[Offer], unit: int
) -> None:
    priced = quote(price, count, offers=some, smallest_unit=unit)
    assert 0 <= priced.discount_minor <= priced.list_minor
    assert all(0 <= line.discount_minor <= line.price_minor for line in priced.lines)
    assert priced.total_minor % unit == 0


@given(prices, places, offers, units)
def test_no_other_offer_would_have_been_cheaper(price: int, count: int, some: list[Offer], unit: int) -> None:
    total = quote(price, count, offers=some, smallest_unit=unit).total_minor
    assert all(total <= quote(price, count, offers=[one], smallest_unit=unit).total_minor for one in some)


@given(st.integers(0, 50_000), places, offers)
def test_whole_shillings_stay_whole_on_every_line(shillings: int, count: int, some: list[Offer]) -> None:
    priced = quote(shillings * 100, count, offers=some, smallest_unit=100)
    assert all(line.total_minor % 100 == 0 for line in priced.lines)


@pytest.mark.parametrize(("price", "count", "vat"), [(-1, 1, 0), (1, 0, 0), (1, -1, 0), (1, 1, -1)])
def test_a_price_that_makes_no_sense_is_a_mistake_of_the_program(price: int, count: int, vat: int) -> None:
    with pytest.raises(ValueError, match="price"):
        quote(price, count, vat_rate_bp=vat)


@pytest.mark.parametrize(("kind", "value"), [(PERCENTAGE, 10_001), (PERCENTAGE, -1), (FIXED, -1), ("", 1)])
def test_an_offer_out_of_range_cannot_be_made(kind: str, value: int) -> None:
    with pytest.raises(ValueError, match="offer"):
        Offer(kind, value)


@pytest.mark.parametrize(
    ("total", "unit", "shares"),
    [
        (100_000, 100, [33_400, 33_300, 33_300]),
        (100_000, 1, [33_334, 33_333, 33_333]),
        (100_050, 100, [33_350, 33_350, 33_350]),
        (0, 100, [0, 0, 0]),
    ],
)
def test_an_agreed_price_is_shared_out_in_coins_that_can_be_paid_back(
    total: int, unit: int, shares: list[int]
) -> None:
    assert line_totals(agreed(total, 3, smallest_unit=unit)) == shares
