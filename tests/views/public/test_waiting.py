"""The waiting list over HTTP: joining a full date, the party's page, its offer, leaving."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.times import say_span
from backoffice.models import AuditEvent, Booking, Message, Schedule, WaitingEntry
from backoffice.services import bookings, letters, terms
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.services.waiting import world
from tests.web_client import Visitor, words

ADMIN = factories.actor("admin")
TYPED = {"places": "1", "first_name": "Ann", "last_name": "Ting", "email": "ann@x.example", "phone": ""}


@pytest.fixture
def visitor(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host)


@pytest.fixture
def date_id(inside: Any) -> UUID:
    """A date that two bookings have filled."""
    return inside(lambda: world.full_date(2).id)


def free_a_place(date_id: UUID) -> None:
    date = db.session.get_one(Schedule, date_id)
    world.cancel_one(date)
    world.look_after(date)


def link_of(email: str = "ann@x.example") -> str:
    """The address in the newest mail to somebody, without its host."""
    message = db.session.scalars(
        select(Message.id).where(Message.recipient == email).order_by(Message.id.desc()).limit(1)
    ).one()
    written = letters.write(message)
    assert written is not None
    found = re.search(r"https?://[^/\s]+(/waiting/[\w-]+)", written.letter.text)
    assert found, written.letter.text
    return found.group(1)


def test_from_joining_to_the_place(visitor: Visitor, inside: Any, date_id: UUID) -> None:
    page = visitor.get(f"/waiting/join/{date_id}")
    assert page.status_code == 200
    assert "This date is full." in words(page)
    answer = visitor.post(f"/waiting/join/{date_id}", TYPED)
    assert (answer.status_code, answer.location) == (303, "/waiting/joined")
    assert "Look into your inbox" in words(visitor.get("/waiting/joined"))
    link = inside(link_of)
    assert "You are the first in line." in words(visitor.get(link))
    inside(lambda: free_a_place(date_id))
    assert inside(link_of) == link
    page = visitor.get(link)
    assert "It is your turn" in words(page)
    assert "£75.00" in words(page)
    answer = visitor.post(f"{link}/accept")
    assert answer.status_code == 303
    assert re.fullmatch(r"/waiting/[\w-]+", answer.location)  # nobody takes money online here
    assert "the mail says how to pay" in words(visitor.get(link))


def test_a_free_date_is_booked_by_accepting(visitor: Visitor, inside: Any) -> None:
    date_id = inside(lambda: world.full_date(1, pricing="free", price_minor=None).id)
    visitor.post(f"/waiting/join/{date_id}", TYPED)
    inside(lambda: free_a_place(date_id))
    link = inside(link_of)
    assert visitor.post(f"{link}/accept").status_code == 303
    assert "Your places are booked" in words(visitor.get(link))
    visitor.post(f"{link}/accept")  # the second click
    statuses = inside(lambda: db.session.scalars(select(Booking.status).order_by(Booking.id)).all())
    assert statuses == ["cancelled", "confirmed"]


def test_with_a_gateway_accepting_leads_to_the_payment(visitor: Visitor, inside: Any, date_id: UUID) -> None:
    inside(factories.make_gateway_account)
    visitor.post(f"/waiting/join/{date_id}", TYPED)
    inside(lambda: free_a_place(date_id))
    link = inside(link_of)
    answer = visitor.post(f"{link}/accept")
    assert answer.location.startswith("/pay/")
    assert visitor.post(f"{link}/accept").location == answer.location
    assert "Pay for your booking" in words(visitor.get(answer.location))


def publish_terms() -> UUID:
    draft = commit_once(
        lambda: terms.save("terms", terms.Typed("Our terms", "Be on time."), ADMIN, version=0)
    )
    version = draft.version
    return commit_once(lambda: terms.publish("terms", ADMIN, version=version).id)


def test_whoever_comes_back_from_the_payment_goes_on_to_it_again(
    visitor: Visitor, inside: Any, date_id: UUID
) -> None:
    """The terms are accepted by then: no box is left to tick."""
    inside(factories.make_gateway_account)
    text = inside(publish_terms)
    visitor.post(f"/waiting/join/{date_id}", TYPED)
    inside(lambda: free_a_place(date_id))
    link = inside(link_of)
    assert visitor.post(f"{link}/accept").status_code == 422
    paying = visitor.post(f"{link}/accept", {"text": str(text)}).location
    assert 'name="text"' not in visitor.get(link).get_data(as_text=True)
    assert visitor.post(f"{link}/accept").location == paying
    notes = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "waiting:accept")
    assert inside(lambda: db.session.scalar(notes)) == 1


def test_the_page_names_the_date_to_which_the_booking_was_moved(visitor: Visitor, inside: Any) -> None:
    date_id = inside(lambda: world.full_date(1, pricing="free", price_minor=None).id)
    visitor.post(f"/waiting/join/{date_id}", TYPED)
    inside(lambda: free_a_place(date_id))
    link = inside(link_of)
    visitor.post(f"{link}/accept")

    def move() -> str:
        starts_at = datetime.now(UTC) + timedelta(days=77)
        other = factories.make_schedule(starts_at=starts_at, pricing="free", price_minor=None)
        moved = select(Booking.id).where(Booking.status == "confirmed")
        booking_id, other_id = db.session.scalars(moved).one(), other.id
        said = say_span(other.starts_at, other.ends_at, other.time_zone)
        commit_once(lambda: bookings.move(booking_id, bookings.Move(other_id), ADMIN))
        return said

    assert inside(move) in words(visitor.get(link))


def test_who_has_accepted_does_not_lose_the_places_by_leaving_the_list(visitor: Visitor, inside: Any) -> None:
    """Nobody takes money online here: the booking is to be paid by bank, and the other dates end with it."""

    def make() -> tuple[UUID, UUID]:
        course = factories.make_course()
        one, other = world.full_date(1, course=course), world.full_date(1, course=course)
        return one.id, other.id

    one, other = inside(make)
    visitor.post(f"/waiting/join/{one}", TYPED | {"other": str(other)})
    inside(lambda: free_a_place(one))
    link = inside(link_of)
    assert "Leave the waiting list" in words(visitor.get(link))
    visitor.post(f"{link}/accept")
    assert "Leave the waiting list" not in words(visitor.get(link))
    assert visitor.post(f"{link}/leave").status_code == 409
    statuses = inside(lambda: db.session.scalars(select(Booking.status).order_by(Booking.id)).all())
    assert sorted(statuses) == ["cancelled", "pending", "pending"]


def test_declining_and_leaving(visitor: Visitor, inside: Any, date_id: UUID) -> None:
    visitor.post(f"/waiting/join/{date_id}", TYPED)
    inside(lambda: free_a_place(date_id))
    link = inside(link_of)
    assert visitor.post(f"{link}/decline").status_code == 303
    assert "You are not waiting any more" in words(visitor.get(link))
    assert visitor.post(f"{link}/decline").status_code == 409
    assert visitor.post(f"{link}/leave").status_code == 303


def test_joining_twice_looks_like_joining_once(visitor: Visitor, inside: Any, date_id: UUID) -> None:
    """Abuse case O4: nobody learns who is on the list."""
    first = visitor.post(f"/waiting/join/{date_id}", TYPED)
    second = visitor.post(f"/waiting/join/{date_id}", TYPED)
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert inside(lambda: db.session.scalar(select(func.count()).select_from(WaitingEntry))) == 1


def test_a_flood_is_stopped(visitor: Visitor, inside: Any, date_id: UUID) -> None:
    answers = [
        visitor.post(f"/waiting/join/{date_id}", TYPED | {"email": f"flood{number}@x.example"}).status_code
        for number in range(14)
    ]
    assert answers[:10] == [303] * 10
    assert set(answers[10:]) == {429}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"email": ""}, "Enter your e-mail address"),
        ({"email": "no"}, ""),
        ({"last_name": "", "first_name": ""}, "Enter your name."),
        ({"places": "0"}, "Choose from 1 to 100 places."),
        ({"places": "3"}, "This date has 2 places in all"),
        ({"places": "two"}, "Choose from 1 to 100 places."),
        ({"places": "9" * 300}, "Choose from 1 to 100 places."),
        ({"last_name": "x" * 300}, ""),
        ({"phone": "nonsense"}, ""),
        ({"other": "nonsense", "email": "@"}, ""),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    visitor: Visitor, inside: Any, date_id: UUID, typed: dict[str, str], said: str
) -> None:
    """Abuse case K1."""
    answer = visitor.post(f"/waiting/join/{date_id}", TYPED | typed)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.get_data(as_text=True)
    assert said in words(answer)
    assert inside(lambda: db.session.scalar(select(func.count()).select_from(WaitingEntry))) == 0


@pytest.mark.parametrize("name", ["a\x00b", "x" * 70_000])
def test_what_no_field_can_hold_is_refused(visitor: Visitor, inside: Any, date_id: UUID, name: str) -> None:
    answer = visitor.post(f"/waiting/join/{date_id}", TYPED | {"last_name": name})
    assert answer.status_code in (400, 413, 422)
    assert inside(lambda: db.session.scalar(select(func.count()).select_from(WaitingEntry))) == 0


def test_a_date_with_places_says_so(visitor: Visitor, inside: Any) -> None:
    date_id = inside(lambda: factories.make_schedule().id)
    assert "no need to wait" in words(visitor.get(f"/waiting/join/{date_id}"))
    assert visitor.post(f"/waiting/join/{date_id}", TYPED).status_code == 409


def test_a_private_or_unknown_date_is_no_date(visitor: Visitor, inside: Any) -> None:
    date_id = inside(lambda: world.full_date(1, is_private=True).id)
    for address in (date_id, UUID(int=7)):
        assert visitor.get(f"/waiting/join/{address}").status_code == 404
        assert visitor.post(f"/waiting/join/{address}", TYPED).status_code == 404


def test_another_providers_link_opens_nothing(
    app: Flask, visitor: Visitor, inside: Any, date_id: UUID
) -> None:
    visitor.post(f"/waiting/join/{date_id}", TYPED)
    link = inside(link_of)
    with app.app_context():
        other = factories.make_provider()
    stranger = Visitor(app, other.host)
    assert stranger.get(link).status_code == 404
    assert stranger.post(f"{link}/leave").status_code == 404
    assert stranger.get(f"/waiting/join/{date_id}").status_code == 404
    assert inside(lambda: db.session.scalars(select(WaitingEntry.status)).one()) == "waiting"
