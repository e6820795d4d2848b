"""What is remembered comes back as it was."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from backoffice.services.finding import shapes
from backoffice.services.finding.courses import Card, CardPage
from backoffice.services.finding.months import CourseOnDay, Day, Month
from backoffice.services.finding.on_sale import PublicDate

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def a_date() -> PublicDate:
    return PublicDate(
        id=uuid4(), slug="a", course="A “b” </script>", starts_at=NOON, ends_at=NOON, time_zone="Europe/London", days=1,
        town="", venue="Hall", venue_kind="room", pricing="priced", price_minor=1, currency="GBP", capacity=3,
        seats_left=2, has_whitelist=False,
    )  # fmt: skip


def test_lists_come_back_as_they_were() -> None:
    card = Card(
        id=uuid4(), slug="a", title="A", course_type="T", audience="adults", description="", duration_minutes=1,
        day_count=1, pricing="free", lowest_minor=0, currency="GBP", has_many_prices=False, date_count=1,
        towns=("Leeds", "York"), next_dates=(a_date(), a_date()), picture_id=None,
    )  # fmt: skip
    page = CardPage((card,), 1)
    month = Month(
        (Day(date(2026, 3, 3), (CourseOnDay(uuid4(), "a", "A", 1, NOON, "Europe/London", True),)),), None
    )
    for kind, made in ((CardPage, page), (Month, month), (tuple[PublicDate, ...], (a_date(),))):
        assert shapes.read(kind, json.loads(json.dumps(shapes.plain(made)))) == made


@pytest.mark.parametrize("kind", [CardPage, tuple[Card, ...], tuple[PublicDate, int], PublicDate | None])
def test_the_outline_names_every_field_within(kind: Any) -> None:
    assert "seats_left: int" in shapes.outline(kind)


def test_other_kinds_have_other_outlines() -> None:
    kinds = (
        CardPage,
        Card,
        Month,
        tuple[Card, ...],
        tuple[Card, Card],
        tuple[int, str],
        tuple[str, int],
        int | None,
        int,
    )
    assert len({shapes.outline(kind) for kind in kinds}) == len(kinds)
