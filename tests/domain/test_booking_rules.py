"""Holds, methods, whitelists, ages, statuses and references."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.domain import booking_rules as rules
from backoffice.domain.errors import Invalid, Refused
from backoffice.domain.statuses import PAYMENT_STATUSES

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("starts_in", "days", "held_for"),
    [(10 * DAY, 3, 3 * DAY), (3 * DAY, 3, 3 * DAY), (5 * HOUR, 3, 5 * HOUR), (10 * DAY, 7, 7 * DAY)],
)
def test_a_hold_lasts_some_days_but_never_past_the_start(
    starts_in: timedelta, days: int, held_for: timedelta
) -> None:
    assert rules.default_hold(NOW, NOW + starts_in, days) == NOW + held_for


@pytest.mark.parametrize("starts_in", [timedelta(), -HOUR])
def test_a_date_that_has_started_cannot_be_held(starts_in: timedelta) -> None:
    with pytest.raises(Refused, match="has started"):
        rules.default_hold(NOW, NOW + starts_in)


@pytest.mark.parametrize("held_for", [HOUR, DAY, 2 * DAY])
def test_a_clerk_may_hold_up_to_the_start(held_for: timedelta) -> None:
    assert rules.check_hold(NOW + held_for, NOW, NOW + 2 * DAY) == NOW + held_for


@pytest.mark.parametrize("held_for", [timedelta(), -HOUR, 2 * DAY + timedelta(seconds=1)])
def test_a_hold_in_the_past_or_after_the_start_is_refused(held_for: timedelta) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.check_hold(NOW + held_for, NOW, NOW + 2 * DAY)
    assert list(refusal.value.fields) == ["hold_until"]


@pytest.mark.parametrize(
    ("method", "status", "is_paid"),
    [
        ("cash", "confirmed", True),
        ("card_terminal", "confirmed", True),
        ("bank_transfer", "pending", False),
        ("payment_link", "pending", False),
        ("account", "confirmed", False),
        ("free", "confirmed", True),
    ],
)
def test_the_method_of_payment_decides_the_first_status(method: str, status: str, is_paid: bool) -> None:
    assert rules.first_status(method) == (status, is_paid)


@pytest.mark.parametrize("method", ["", "Cash", "bitcoin"])
def test_an_unknown_method_of_payment_is_refused(method: str) -> None:
    with pytest.raises(Invalid, match="Choose how it will be paid"):
        rules.first_status(method)


@pytest.mark.parametrize(
    ("email", "listed"),
    [
        ("anna@acme.example", True),
        ("ANNA@ACME.EXAMPLE", True),
        ("bob@firm.example", True),
        ("bob@other.example", False),
        ("eve@sub.acme.example", False),
        ("eve@notacme.example", False),
        ("eve@acme.example.evil.example", False),
        ("@acme.example", False),
        ("anna@", False),
        ("acme.example", False),
        ("", False),
        (None, False),
    ],
)
def test_a_whitelist_names_addresses_and_whole_domains(email: str | None, listed: bool) -> None:
    assert rules.whitelisted(email, [" @Acme.example ", "Bob@firm.example"]) is listed


def test_an_empty_whitelist_names_nobody() -> None:
    assert not rules.whitelisted("anna@acme.example", [])
    assert not rules.whitelisted("anna@acme.example", ["", " ", "@"])


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2010, 3, 1), date(2026, 3, 1), 16),
        (date(2010, 3, 2), date(2026, 3, 1), 15),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2026, 3, 1), date(2026, 3, 1), 0),
    ],
)
def test_age_is_counted_in_full_years(born: date, day: date, age: int) -> None:
    assert rules.age_on(born, day) == age


def test_nobody_is_born_after_the_course() -> None:
    with pytest.raises(Invalid, match="birth date"):
        rules.age_on(date(2027, 1, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("capacity", "instructors", "enough"),
    [
        (12, 1, True),
        (13, 1, False),
        (13, 2, True),
        (24, 2, True),
        (25, 2, False),
        (12, 0, True),
        (13, 0, False),
    ],
)
def test_more_than_twelve_learners_need_a_second_instructor(
    capacity: int, instructors: int, enough: bool
) -> None:
    assert rules.learners_per_instructor_ok(capacity, instructors) is enough


@pytest.mark.parametrize(
    ("total", "paid", "refunded", "any_failed", "status"),
    [
        (7500, 0, 0, False, "unpaid"),
        (7500, 0, 0, True, "failed"),
        (7500, 1, 0, True, "part_paid"),
        (7500, 7500, 0, True, "paid"),
        (7500, 8000, 0, False, "paid"),
        (0, 0, 0, False, "paid"),
        (7500, 7500, 2500, False, "part_refunded"),
        (7500, 7500, 7500, False, "refunded"),
        (7500, 2500, 2500, False, "refunded"),
        (5000, 7500, 2500, False, "part_refunded"),
    ],
)
def test_the_payment_status_follows_the_money(
    total: int, paid: int, refunded: int, any_failed: bool, status: str
) -> None:
    assert rules.payment_status(total, paid, refunded, any_failed) == status


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.booleans())
def test_there_is_always_a_payment_status(total: int, paid: int, refunded: int, any_failed: bool) -> None:
    assert rules.payment_status(total, paid, refunded, any_failed) in PAYMENT_STATUSES


@pytest.mark.parametrize(
    ("status", "taken", "starts_in", "state"),
    [
        ("draft", 0, DAY, "draft"),
        ("draft", 0, -DAY, "draft"),
        ("published", 11, DAY, "published"),
        ("published", 12, DAY, "full"),
        ("published", 12, timedelta(), "ongoing"),
        ("published", 3, -HOUR, "ongoing"),
        ("published", 3, -7 * HOUR, "completed"),
        ("completed", 3, -DAY, "completed"),
        ("cancelled", 12, -HOUR, "cancelled"),
    ],
)
def test_the_state_of_a_date_is_derived(status: str, taken: int, starts_in: timedelta, state: str) -> None:
    starts_at = NOW + starts_in
    assert rules.derived_schedule_state(status, taken, 12, starts_at, starts_at + 7 * HOUR, NOW) == state


@pytest.mark.parametrize(
    ("number", "reference"), [(1, "RFT-2026-0001"), (9999, "RFT-2026-9999"), (10000, "RFT-2026-10000")]
)
def test_a_reference_grows_past_9999(number: int, reference: str) -> None:
    assert rules.next_reference("RFT", 2026, number) == reference
    assert rules.parse_reference(f" {reference.lower()} ") == ("RFT", 2026, number)


@given(
    st.from_regex(r"[A-Z][A-Z0-9]{0,9}", fullmatch=True), st.integers(1, 9999), st.integers(1, 999_999_999)
)
def test_a_reference_reads_back_the_same(prefix: str, year: int, number: int) -> None:
    reference = rules.next_reference(prefix, year, number)
    assert rules.parse_reference(reference) == (prefix, year, number)


@pytest.mark.parametrize(
    "typed", ["", "RFT", "RFT-2026-1", "RFT-2026-0000", "RFT-2026-00001", "RFT-26-0001", "RFT-２０２６-0001"]
)  # fmt: skip
def test_what_is_no_reference_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="RFT-2026-0001"):
        rules.parse_reference(typed)


@pytest.mark.parametrize(("prefix", "number"), [("RFT", 0), ("RFT", -1), ("", 1), ("rft", 1), ("R T", 1)])
def test_parts_that_make_no_reference_are_a_mistake_of_the_program(prefix: str, number: int) -> None:
    with pytest.raises(ValueError, match="no booking reference"):
        rules.next_reference(prefix, 2026, number)
