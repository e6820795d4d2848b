"""The form that gives money back: what is picked, ticked and typed must be one wish."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Refund
from tests.factories import Provider
from tests.views.admin.money_desk import Clerk, get, inside, place, said
from tests.web_client import signed_in

PLACE = "1st place"


@pytest.fixture
def clerk(app: Flask, provider: Provider) -> Clerk:
    return Clerk(signed_in(app, provider, "admin"), "bookings")


def paid(app: Flask, provider: Provider) -> tuple[UUID, list[str]]:
    """A booking of three places paid in cash, and its places."""
    with inside(app, provider):
        booking_id = place(places=3, method="cash")
        return booking_id, [str(each.id) for each in get(booking_id).active_attendees]


def made(app: Flask, provider: Provider) -> list[int]:
    with inside(app, provider):
        return [refund.amount_minor for refund in db.session.scalars(select(Refund))]


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"what": "all", "attendees": PLACE}, "say what counts"),
        ({"what": "all", "amount": "10.00"}, "say what counts"),
        ({"what": "places"}, "Tick the places whose price goes back."),
        ({"what": "places", "attendees": PLACE, "amount": "10.00"}, "say what counts"),
    ],
    ids=["all and a place", "all and an amount", "places and none", "a place and an amount"],
)
def test_a_form_that_says_two_things_gives_nothing_back(
    app: Flask, provider: Provider, clerk: Clerk, wanted: dict[str, Any], sentence: str
) -> None:
    booking_id, places = paid(app, provider)
    filled = {name: places[0] if text == PLACE else text for name, text in wanted.items()}
    answer = clerk.do("request-refund", booking_id, {**filled, "reason": "Ill", "keeps_fee": "y"})
    assert answer.status_code == 422 and sentence in said(answer)
    assert made(app, provider) == []


def test_an_amount_for_a_place_cancels_that_place_only(app: Flask, provider: Provider, clerk: Clerk) -> None:
    booking_id, places = paid(app, provider)
    wanted = {"what": "amount", "amount": "10.00", "attendees": places[0], "reason": "Ill", "cancels": "y"}
    clerk.done("request-refund", booking_id, wanted)
    assert made(app, provider) == [1000]
    with inside(app, provider):
        assert [str(each.id) for each in get(booking_id).active_attendees] == places[1:]
