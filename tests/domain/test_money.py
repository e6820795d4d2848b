"""Reading, writing, rounding and splitting money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.domain import money
from backoffice.domain.errors import Invalid

amounts = st.integers(0, money.MAX_MINOR)
currencies = st.sampled_from(money.CURRENCIES)


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [
        (123450, "GBP", "£1,234.50"),
        (0, "GBP", "£0.00"),
        (5, "EUR", "€0.05"),
        (-500, "GBP", "-£5.00"),
        (100_000_000, "USD", "$1,000,000.00"),
        (150000, "KES", "KSh 1,500"),
        (150050, "KES", "KSh 1,500.50"),
        (1200, "UGX", "UGX 12.00"),
    ],
)
def test_an_amount_is_written_as_people_write_it(minor: int, currency: str, said: str) -> None:
    assert money.format_money(minor, currency) == said


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("£1,234.50", "GBP", 123450),
        ("1,234.5", "GBP", 123450),
        (" 75 ", "GBP", 7500),
        ("75.00 GBP", "GBP", 7500),
        ("gbp 75", "GBP", 7500),
        (".50", "GBP", 50),
        ("0", "GBP", 0),
        ("1234567.89", "GBP", 123456789),
        ("KSh 1,500", "KES", 150000),
        ("ksh1500", "KES", 150000),
        ("\u00a075\u00a0", "GBP", 7500),
    ],
)
def test_an_amount_is_read_as_people_type_it(typed: str, currency: str, minor: int) -> None:
    assert money.parse_money(typed, currency) == minor


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "£", ".", "-5", "+5", "1e5", "NaN", "inf", "12.345", "1,23", "12,34.50", "1.234,50",
        "1,2345", "1 234", "12.50.00", "٣٤", "７５", "$5", "5 pounds", "5\x00",
        "75\n00", "9" * 400, "10000000.01",
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused_beside_its_field(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        money.parse_money(typed, "GBP", field="price")
    assert list(refusal.value.fields) == ["price"]


@given(amounts, currencies)
def test_a_written_amount_reads_back_the_same(minor: int, currency: str) -> None:
    assert money.parse_money(money.format_money(minor, currency), currency) == minor


@given(st.integers(0, 10_000))
def test_a_written_percentage_reads_back_the_same(basis_points: int) -> None:
    assert money.parse_percent(money.format_percent(basis_points)) == basis_points


@pytest.mark.parametrize(("points", "said"), [(1000, "10 %"), (1250, "12.5 %"), (1, "0.01 %"), (0, "0 %")])
def test_a_percentage_is_written_without_idle_zeros(points: int, said: str) -> None:
    assert money.format_percent(points) == said


@pytest.mark.parametrize("typed", ["", "-1", "100.01", "101", "ten", "1e2", "10 %%", "12.345", "NaN"])
def test_a_percentage_outside_0_to_100_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        money.parse_percent(typed)


@pytest.mark.parametrize(
    ("n", "d", "rounded"), [(5, 2, 3), (4, 2, 2), (9, 4, 2), (225, 10, 23), (0, 7, 0), (-5, 2, -2)]
)
def test_halves_are_rounded_up(n: int, d: int, rounded: int) -> None:
    assert money.round_half_up(n, d) == rounded


@given(st.integers(), st.integers(1, 10_000))
def test_rounding_moves_by_half_at_most(n: int, d: int) -> None:
    assert -d < 2 * (n - d * money.round_half_up(n, d)) + 1 <= d + 1


@pytest.mark.parametrize(
    ("numerator", "denominator", "unit", "rounded"),
    [(12345, 1, 100, 12300), (12350, 1, 100, 12400), (12349, 1, 100, 12300), (225, 10, 1, 23)],
)
def test_a_total_is_rounded_half_up_to_what_can_be_paid(
    numerator: int, denominator: int, unit: int, rounded: int
) -> None:
    assert money.round_to_unit(numerator, denominator, unit) == rounded


@pytest.mark.parametrize("unit", [0, -1])
def test_a_unit_below_one_is_a_mistake_of_the_program(unit: int) -> None:
    with pytest.raises(ValueError, match="unit"):
        money.round_to_unit(1, 1, unit)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (100, [1, 3, 1], [20, 60, 20]),
        (101, [1, 3, 1], [20, 61, 20]),
        (5, [1] * 7, [1, 1, 1, 1, 1, 0, 0]),
        (7, [0, 0], [4, 3]),
        (0, [], []),
        (0, [5, 6], [0, 0]),
        (9, [0, 2, 1], [0, 6, 3]),
    ],
)
def test_the_remainder_of_a_split_goes_to_the_largest(
    total: int, weights: list[int], parts: list[int]
) -> None:
    assert money.split_by_weight(total, weights) == parts


@given(amounts, st.lists(amounts, min_size=1, max_size=40))
def test_the_parts_of_a_split_are_the_total(total: int, weights: list[int]) -> None:
    parts = money.split_by_weight(total, weights)
    assert sum(parts) == total
    assert min(parts) >= 0


@given(st.data(), st.lists(amounts, min_size=1, max_size=40))
def test_no_part_is_more_than_its_weight(data: st.DataObject, weights: list[int]) -> None:
    total = data.draw(st.integers(0, sum(weights)))
    parts = money.split_by_weight(total, weights)
    assert all(part <= weight for part, weight in zip(parts, weights, strict=True))


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, [-1]), (1, [])])
def test_a_split_that_makes_no_sense_is_a_mistake_of_the_program(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"negative|nothing"):
        money.split_by_weight(total, weights)
