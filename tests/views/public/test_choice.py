"""The page behind the link of a called-off date, as its booker and as strangers meet it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from backoffice.database import db
from backoffice.models import ScheduleChoice
from backoffice.work import commit_once
from tests.called_off_world import REASON, World, make_world
from tests.factories import Provider
from tests.web_client import Visitor


@pytest.fixture
def world(app: Flask, provider: Provider) -> World:
    made = make_world(app, provider)
    made.call_off()
    return made


@pytest.fixture
def booker(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host)


def words(visitor: Visitor, path: str) -> str:
    return " ".join(visitor.get(path).get_data(as_text=True).split())


def test_the_page_says_what_happened_and_the_three_ways(world: World, booker: Visitor) -> None:
    page = words(booker, world.path())
    assert REASON in page
    for said in ("Keep £150.00 as credit", "Give me £150.00 back", "places left", "Please choose by"):
        assert said in page
    for private in ("Alice", "Cox", "Ada", "alice@x.example"):
        assert private not in page


def test_the_page_speaks_the_language_of_its_reader(world: World, booker: Visitor) -> None:
    page = words(booker, world.path() + "?lang=fr")
    for said in (
        "Votre cours ne peut pas avoir lieu",
        "Garder £150.00 en crédit",
        "Choisissez avant <strong>",
        "places libres",
    ):
        assert said in page


def test_the_page_is_kept_by_nobody_and_tells_nobody_where_it_is(world: World, booker: Visitor) -> None:
    headers = booker.get(world.path()).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "noindex" in headers["X-Robots-Tag"]


def test_a_link_of_nobody_leads_nowhere(world: World, booker: Visitor) -> None:
    assert booker.get("/choice/abc").status_code == 404
    assert booker.post("/choice/" + "x" * 300, {"way": "refunded"}).status_code == 404


def test_money_back_once_however_often_it_is_sent(world: World, booker: Visitor) -> None:
    for _ in range(3):
        answer = booker.post(world.path(), {"way": "refunded"})
        assert (answer.status_code, answer.location) == (303, world.path())
    assert [refund.amount_minor for refund in world.refunds()] == [150_00]
    assert "We give back <strong>£150.00</strong>" in words(booker, world.path())
    assert "<form" not in words(booker, world.path())


def test_another_date_by_one_press(world: World, booker: Visitor) -> None:
    answer = booker.post(world.path(), {"way": "moved", "schedule_id": str(world.other_id)})
    assert answer.status_code == 303
    assert "Your new booking is" in words(booker, world.path())
    moved_id = world.choice().moved_booking_id
    assert moved_id is not None
    assert world.booking(moved_id).payment_status == "paid"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"way": "kept"},
        {"way": "moved"},
        {"way": "moved", "schedule_id": "x"},
        {"way": "moved", "schedule_id": "00000000-0000-7000-8000-000000000000"},
    ],
)
def test_what_no_page_offers_changes_nothing(world: World, booker: Visitor, form: dict[str, str]) -> None:
    answer = booker.post(world.path(), form)
    assert answer.status_code in (404, 409, 422)
    assert world.choice().status == "open"


def test_a_form_of_another_site_is_refused(world: World, booker: Visitor) -> None:
    answer = booker.open(world.path(), method="POST", data={"way": "refunded"})
    assert answer.status_code == 400
    assert world.choice().status == "open"


def test_after_the_deadline_nothing_can_be_chosen(world: World, booker: Visitor) -> None:
    over = datetime.now(UTC) - timedelta(minutes=1)
    with world.inside():
        commit_once(lambda: db.session.execute(update(ScheduleChoice).values(deadline_at=over)))
    assert "The time to choose is over" in words(booker, world.path())
    assert booker.post(world.path(), {"way": "refunded"}).status_code == 409


def test_without_money_only_another_date_is_offered(world: World, booker: Visitor) -> None:
    page = words(booker, world.path(1))
    assert "Nothing was paid" in page and "as credit" not in page
    assert booker.post(world.path(1), {"way": "refunded"}).status_code == 409


def test_the_page_is_small(world: World, booker: Visitor) -> None:
    page = booker.get(world.path()).get_data(as_text=True)
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(page) + sum(len(booker.get(file).get_data()) for file in files) < 100_000


def test_another_provider_does_not_know_the_link(app: Flask, world: World) -> None:
    from tests import factories

    with app.app_context():
        stranger = factories.make_provider()
    assert Visitor(app, stranger.host).get(world.path()).status_code == 404
