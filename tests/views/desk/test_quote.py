"""What the desk says of the price while the clerk types: the figure that is stored."""

from typing import Any

import pytest

from backoffice.database import db
from backoffice.models import Booking, Schedule
from tests import factories
from tests.views.desk.conftest import Clerk, order


def quote(clerk: Clerk, schedule_id: str, **wish: Any) -> Any:
    return clerk.send("quote", {"schedule_id": schedule_id, "places": 1} | wish).json


def test_the_quote_is_the_price_that_is_stored(clerk: Clerk, schedule_id: str) -> None:
    """Abuse case L1, at the desk: 10 % of 33.33 twice is rounded once, half up, on the total."""
    with clerk.at_the_provider():
        factories.make_code(code="TEN")
        db.session.get_one(Schedule, schedule_id).price_minor = 3333
        db.session.commit()
    said = quote(clerk, schedule_id, places=2, discount_code="ten")["price"]
    assert (said["list"], said["discount"], said["total"]) == ("£66.66", "£6.67", "£59.99")
    clerk.send("book", order(schedule_id, places="2", discount_code="ten"))
    with clerk.at_the_provider():
        assert db.session.query(Booking.total_minor).scalar() == said["total_minor"] == 5999


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"is_active": False}, "switched off"),
        ({"minimum_minor": 10_000}, "below the minimum"),
        ({"usage_limit": 1, "used": True}, "used up"),
        ({"course_type": True}, "another type of course"),
    ],
)
def test_a_refused_code_is_explained_and_the_price_without_it_shown(
    clerk: Clerk, schedule_id: str, terms: dict[str, Any], reason: str
) -> None:
    """Abuse case D2, as the clerk sees it."""
    with clerk.at_the_provider():
        used = terms.pop("used", False)
        if terms.pop("course_type", False):
            terms["course_type_id"] = factories.make_course_type().id
        factories.make_code(code="SPRING", **terms)
    if used:
        clerk.send("book", order(schedule_id, discount_code="SPRING"))
    said = quote(clerk, schedule_id, discount_code="SPRING")
    assert said["problem"]["field"] == "discount_code"
    assert reason in said["problem"]["message"]
    assert said["price"]["total"] == "£75.00"


def test_the_better_of_rule_and_code_is_named(clerk: Clerk, schedule_id: str) -> None:
    with clerk.at_the_provider():
        factories.make_rule(title="Five or more")
        factories.make_code(code="SMALL", value=500)
    said = quote(clerk, schedule_id, places=5, discount_code="SMALL")["price"]
    assert (said["discount_label"], said["is_code"], said["total"]) == ("Five or more", False, "£337.50")


def test_the_same_name_and_the_same_caller_are_warned_about_with_the_other_booking(
    clerk: Clerk, schedule_id: str
) -> None:
    placed: Any = clerk.send("book", order(schedule_id)).json
    with clerk.at_the_provider():
        customer_id = str(db.session.query(Booking.customer_id).scalar())
    by_name = quote(clerk, schedule_id, attendees=[{"first_name": "JANE", "last_name": "smith"}])["warnings"]
    assert [(each["reference"], each["status"]) for each in by_name] == [(placed["reference"], "Confirmed")]
    assert "already on this date" in by_name[0]["words"]
    by_caller = quote(clerk, schedule_id, customer_id=customer_id)["warnings"]
    assert [each["reference"] for each in by_caller] == [placed["reference"]]
    assert (
        quote(clerk, schedule_id, attendees=[{"first_name": "Bob", "last_name": "Smith"}])["warnings"] == []
    )


def test_age_and_whitelist_are_told_before_booking(clerk: Clerk) -> None:
    with clerk.at_the_provider():
        course = factories.make_course(minimum_age=16, has_whitelist=True)
        schedule_id = str(factories.make_schedule(course=course).id)
    words = [each["words"] for each in quote(clerk, schedule_id)["warnings"]]
    assert words == [
        "Attendees must be 16 or older on the day.",
        "This course is only for listed e-mail addresses.",
    ]


def test_a_price_on_request_is_a_problem_of_the_date(clerk: Clerk) -> None:
    with clerk.at_the_provider():
        schedule_id = str(factories.make_schedule(pricing="on_request", price_minor=None).id)
    said = quote(clerk, schedule_id)
    assert said["price"] is None
    assert "on request" in said["problem"]["message"]


def test_a_date_that_is_no_longer_on_sale_cannot_be_quoted(clerk: Clerk) -> None:
    with clerk.at_the_provider():
        schedule_id = str(factories.make_schedule(status="draft").id)
    answer = clerk.send("quote", {"schedule_id": schedule_id})
    assert answer.status_code == 422
    assert "no longer on sale" in answer.json["error"]["fields"]["schedule_id"]  # type: ignore[index]
    assert clerk.ask(f"dates/{schedule_id}").json == {"date": None}


def test_the_list_shows_full_dates_as_full(clerk: Clerk) -> None:
    with clerk.at_the_provider():
        schedule_id = str(factories.make_schedule(capacity=1).id)
    clerk.send("book", order(schedule_id))
    (date,) = clerk.ask("dates").json["dates"]  # type: ignore[index]
    assert (date["id"], date["left"], date["price"]) == (schedule_id, 0, "£75.00")


@pytest.mark.parametrize("query", [{"course": "x"}, {"from": "x"}, {"from": "99/99/9999"}])
def test_a_wrong_filter_is_refused_in_words(clerk: Clerk, query: dict[str, str]) -> None:
    assert clerk.ask("dates", **query).status_code in (404, 422)
