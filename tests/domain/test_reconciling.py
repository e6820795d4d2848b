"""One payment on both sides: what is the same, what differs, and what each side adds to its sum."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from backoffice.domain.gateway_terms import RefundStanding, Standing
from backoffice.domain.reconciling import Here, Sums, compare, sums_of, unknown_here

ID = UUID(int=1)
PAID_AT = datetime(2026, 3, 3, tzinfo=UTC)


def here(status: str = "succeeded", **more: object) -> Here:
    return Here(ID, "TST-P-2026-0001", status, 75_00, "GBP", PAID_AT, **more)  # type: ignore[arg-type]


def there(status: str = "succeeded", **more: object) -> Standing:
    values = {"amount_minor": 75_00, "currency": "gbp", "payment_id": ID, "gateway_payment_id": "pi_1"}
    return Standing(status, **values | more)  # type: ignore[arg-type]


def given_back(amount: int, status: str = "succeeded") -> RefundStanding:
    return RefundStanding(status, amount, "GBP", "re_1")


@pytest.mark.parametrize(
    ("mine", "theirs", "kinds"),
    [
        (here(), there(), []),
        (here("failed"), there("failed"), []),
        (here("pending"), there("processing"), []),
        (here("failed"), there(), ["paid_there"]),
        (here("cancelled"), there(), ["paid_there"]),
        (here(), there("failed"), ["not_there"]),
        (here(), there("pending"), ["not_there"]),
        (here(), there(amount_minor=75_01), ["other_amount"]),
        (here(), there(amount_minor=None), []),
        (here(), there(currency="ugx"), ["other_amount"]),
        (here(), there(refunded_minor=10_00), ["other_refunds"]),
        (here(refunded_minor=10_00, refunds=1), there(refunded_minor=10_00), []),
        (here(refunded_minor=10_00, refunds=1), there(refunded_minor=0), ["other_refunds"]),
        (here(refunded_minor=10_00, refunds=1), there(), []),
        (here(refunded_minor=10_00, refunds=1), there(refunds=(given_back(10_00),)), []),
        (here(), there(refunds=(given_back(10_00, "failed"),), refunded_minor=0), []),
        (here(on_their_way_minor=10_00, on_their_way=1), there(refunded_minor=10_00), []),
        (here(on_their_way_minor=10_00, on_their_way=1), there(refunded_minor=0), []),
        (here(on_their_way_minor=10_00, on_their_way=1), there(refunded_minor=10_01), ["other_refunds"]),
    ],
)
def test_what_differs_is_named(mine: Here, theirs: Standing, kinds: list[str]) -> None:
    found = list(compare(mine, theirs))
    assert [each.kind for each in found] == kinds
    assert all(each.reference in each.sentence for each in found)
    if not kinds and mine.is_paid:
        sums = sums_of(mine, theirs)
        assert (sums.payments_here, sums.payments_here_minor) == (
            sums.payments_there,
            sums.payments_there_minor,
        )
        assert (sums.refunds_here_minor, sums.refunds_here) == (sums.refunds_there_minor, sums.refunds_there)


def test_the_same_difference_on_another_night_is_the_same_work() -> None:
    first, again = (next(compare(here("failed"), there())) for _ in range(2))
    assert first.once_key == again.once_key
    (other,) = compare(here("failed"), there(amount_minor=1))
    assert other.once_key != first.once_key


def test_money_in_another_currency_is_named_and_not_added() -> None:
    stranger = there(currency="EUR", payment_id=None)
    assert "EUR" in unknown_here(stranger, "GBP").sentence
    assert sums_of(here(), there(currency="EUR")).payments_there == 0


def test_sums_add_up() -> None:
    total = Sums()
    total.add(sums_of(here(refunded_minor=5_00, refunds=1), there(refunded_minor=5_00)))
    total.add(sums_of(here("failed"), there()))
    total.add(sums_of(None, there(amount_minor=20_00)))
    assert (total.payments_here, total.payments_here_minor) == (1, 75_00)
    assert (total.payments_there, total.payments_there_minor) == (3, 170_00)
    assert (total.refunds_here_minor, total.refunds_there_minor) == (5_00, 5_00)
