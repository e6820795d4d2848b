"""Until when customers change a booking themselves: a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backoffice.domain import own_changes
from backoffice.domain.own_changes import Standing

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def standing(hours: float, **values: Any) -> Standing:
    usual: dict[str, Any] = {"status": "confirmed", "starts_at": NOW + timedelta(hours=hours)}
    return Standing(**usual | values)


@pytest.mark.parametrize(
    ("case", "name", "move", "cancel"),
    [
        (standing(24), True, True, True),
        (standing(23.99), False, False, True),
        (standing(0.01), False, False, True),
        (standing(0), False, False, False),
        (standing(-1), False, False, False),
        (standing(1, name_change_hours=0), True, True, True),
        (standing(47, window_hours=48), True, False, True),
        (standing(48, window_hours=48), True, True, True),
        (standing(48, window_hours=48, name_change_hours=72), False, False, True),
        (standing(47, window_hours=48, on_account=True), True, False, False),
        (standing(49, window_hours=48, on_account=True), True, True, True),
        (standing(47, window_hours=48, on_account=True, status="pending"), True, False, True),
        (standing(99, status="pending"), True, False, True),
        (standing(99, status="cancelled"), False, False, False),
        (standing(99, status="expired"), False, False, False),
        (standing(99, status="completed"), False, False, False),
        (standing(99, is_called_off=True), False, False, False),
        (standing(99, is_private=True), True, False, False),
    ],
)
def test_what_may_be_done_and_when(case: Standing, name: bool, move: bool, cancel: bool) -> None:
    said = (
        own_changes.why_no_new_name(case, NOW),
        own_changes.why_no_move(case, NOW),
        own_changes.why_no_cancelling(case, NOW),
    )
    assert tuple(reason is None for reason in said) == (name, move, cancel)
    assert all(reason is None or reason.endswith((".", "from.")) for reason in said)


@pytest.mark.parametrize(
    ("hours", "said"), [(1, "1 hour"), (24, "24 hours"), (48, "2 days"), (50, "50 hours")]
)
def test_hours_are_said_as_people_say_them(hours: int, said: str) -> None:
    assert own_changes.say_hours(hours) == said
