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
from tests.views.admin.test_money_screens import approved
from tests.web_client import signed_in

PLACE = "1st place"


@pytest.fixture
def clerk(app: Flask, provider: Provider) -> Clerk:
    return Clerk(signed_in(app, provider, "admin"), "bookings")


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Clerk:
    return Clerk(signed_in(app, provider, "admin"), "refunds")


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


# --- After it ---


def ended(app: Flask, provider: Provider, **values: Any) -> UUID:
    with inside(app, provider):
        refund = db.session.get_one(Refund, approved())
        refund.status = "processing"
        db.session.flush()
        for name, value in values.items():
            setattr(refund, name, value)
        db.session.commit()
        return refund.id


def test_a_failed_refund_that_was_tried_again_leads_to_the_new_one(
    app: Flask, provider: Provider, admin: Clerk
) -> None:
    refund_id = ended(app, provider, status="failed", failure_reason="The account is closed.")
    assert "/try-again/" in admin.open("details", refund_id).get_data(as_text=True)
    admin.done("try-again", refund_id)
    page = admin.open("details", refund_id)
    assert "was made in its place" in said(page)
    assert "/try-again/" not in page.get_data(as_text=True)
    with inside(app, provider):
        newest = db.session.scalars(select(Refund.id).where(Refund.id != refund_id)).one()
    assert f"/admin/refunds/details/?id={newest}" in page.get_data(as_text=True)


def test_a_refund_made_elsewhere_says_what_to_look_up_there(
    app: Flask, provider: Provider, admin: Clerk
) -> None:
    refund_id = ended(
        app, provider, status="succeeded", is_external=True, gateway_refund_id="re_1Abc", route="gateway"
    )
    assert "Its number at the gateway re_1Abc" in said(admin.open("details", refund_id))
    assert "£50.00 went back to" in said(admin.open("acknowledge", refund_id))
    admin.done("acknowledge", refund_id)
    assert "Confirmed by" in said(admin.open("details", refund_id))


def test_the_booking_says_what_each_refund_waits_for(app: Flask, provider: Provider, clerk: Clerk) -> None:
    booking_id, places = paid(app, provider)
    clerk.done("request-refund", booking_id, {"what": "places", "attendees": places[0], "reason": "Ill"})
    assert "A refund of £75.00 is approved and waits to be paid out" in said(
        clerk.open("details", booking_id)
    )
