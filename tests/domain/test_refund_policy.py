"""What is proposed when a booking is cancelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.domain.refund_policy import proposed_refund


@pytest.mark.parametrize(
    ("paid", "hours_before", "window", "fee", "refund", "words"),
    [
        (7500, 100, 48, 5000, 7500, "At least 2 days before the start: a full refund is due."),
        (7500, 48, 48, 5000, 7500, "At least 2 days before the start: a full refund is due."),
        (7500, 47.9, 48, 5000, 3750, "Less than 2 days before the start: a fee of 50 % is kept."),
        (7500, 5, 36, 10000, 0, "Less than 36 hours before the start: no refund is due."),
        (
            7500,
            0.5,
            1,
            0,
            7500,
            "Less than 1 hour before the start, but there is no fee: a full refund is due.",
        ),
        (7500, 0, 0, 0, 0, "The date has started: no refund is due."),
        (7500, -3, 48, 0, 0, "The date has started: no refund is due."),
        (0, 100, 48, 0, 0, "Nothing was paid, so there is nothing to refund."),
        (25, 5, 48, 1000, 22, "Less than 2 days before the start: a fee of 10 % is kept."),
    ],
)
def test_a_refund_is_proposed_by_the_hours_before_the_start(
    paid: int, hours_before: float, window: int, fee: int, refund: int, words: str
) -> None:
    assert proposed_refund(paid, hours_before, window, fee) == (refund, words)


@given(st.integers(0, 10**9), st.floats(-1e6, 1e6), st.integers(0, 8760), st.integers(0, 10_000))
def test_never_more_than_was_paid_is_proposed(paid: int, hours: float, window: int, fee: int) -> None:
    refund, sentence = proposed_refund(paid, hours, window, fee)
    assert 0 <= refund <= paid
    assert sentence.endswith(".")


@given(
    st.integers(0, 10**9), st.floats(0, 1e4), st.floats(0, 1e4), st.integers(0, 8760), st.integers(0, 10_000)
)
def test_who_cancels_earlier_never_gets_less(
    paid: int, one: float, other: float, window: int, fee: int
) -> None:
    late, early = sorted((one, other))
    assert proposed_refund(paid, late, window, fee)[0] <= proposed_refund(paid, early, window, fee)[0]


@pytest.mark.parametrize(
    ("paid", "hours", "window", "fee"),
    [(-1, 1, 1, 0), (1, float("nan"), 1, 0), (1, 1, -1, 0), (1, 1, 1, -1), (1, 1, 1, 10_001)],
)
def test_terms_out_of_range_are_a_mistake_of_the_program(
    paid: int, hours: float, window: int, fee: int
) -> None:
    with pytest.raises(ValueError, match="out of range"):
        proposed_refund(paid, hours, window, fee)
