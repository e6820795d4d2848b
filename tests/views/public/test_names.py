"""The page on which a booker says who comes: by the mailed link, for that booking alone, without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.models import Attendee, AuditEvent, Booking, Schedule
from backoffice.services import bookings, letters
from backoffice.services.reminders import names_link
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.services.booked import ADMIN, person, placed
from tests.services.reminders.helpers import queued, rule, run
from tests.web_client import Visitor


@dataclass
class World:
    """A booking of three places, the first one named, on a course for people of 16 and more."""

    app: Flask
    provider: Provider
    booking_id: UUID
    places: list[UUID]

    @contextmanager
    def inside(self) -> Iterator[None]:
        with self.app.app_context(), tenant_scope(self.provider.id):
            yield
            db.session.remove()

    def booking(self) -> Booking:
        db.session.expire_all()
        return db.session.get_one(Booking, self.booking_id)

    def path(self) -> str:
        with self.inside():
            return names_link.PAGE + names_link.token_of(self.booking())

    def place(self, number: int) -> SimpleNamespace:
        """What is stored of a place, with what is sealed opened."""
        with self.inside():
            found = db.session.get_one(Attendee, self.places[number])
            names = ("name", "email", "phone", "birth_date", "requirements")
            return SimpleNamespace(**{name: getattr(found, name) for name in names})

    def change(self, model: Any, **values: Any) -> None:
        with self.inside():
            own = {"id": self.booking_id} if model is Booking else {"id": self.booking().schedule_id}
            commit_once(lambda: db.session.execute(update(model).where(model.id == own["id"]).values(values)))


@pytest.fixture
def world(app: Flask, provider: Provider) -> World:
    with app.app_context(), tenant_scope(provider.id):
        course = factories.make_course(title="First Aid at Work", minimum_age=16)
        booking = placed(factories.make_schedule(course=course), 3, "cash", attendees=(person("Ada Byron"),))
        made = World(app, provider, booking.id, [each.id for each in booking.attendees])
        db.session.remove()
    return made


@pytest.fixture
def booker(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host)


def form(place: UUID, **values: str) -> dict[str, str]:
    usual = {"first_name": "Bo", "last_name": "Diddley", "birth_date": "30/12/1990"}
    return {f"{place}.{name}": value for name, value in (usual | values).items()}


def words(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def test_the_page_asks_for_the_names_that_are_missing(world: World, booker: Visitor) -> None:
    page = words(booker.get(world.path()))
    assert "First Aid at Work" in page and "Ada Byron" in page
    assert str(world.places[0]) not in page
    assert all(str(place) in page for place in world.places[1:])


def test_a_name_is_kept_and_the_rest_may_follow(world: World, booker: Visitor) -> None:
    sent = form(world.places[1], email="Bo@X.example", requirements="No nuts") | form(
        world.places[2], first_name="", last_name="", birth_date=""
    )
    answer = booker.post(world.path(), sent)
    assert (answer.status_code, answer.location) == (303, world.path() + "?saved=1")
    place = world.place(1)
    assert (place.name, place.email) == ("Bo Diddley", "bo@x.example")
    assert (place.birth_date, place.requirements) == ("1990-12-30", "No nuts")
    assert world.place(2).name == ""
    page = words(booker.get(answer.location))
    assert "Some are still missing" in page
    for private in ("No nuts", "1990", "bo@x.example"):
        assert private not in page


def test_all_names_are_thanked_for(world: World, booker: Visitor) -> None:
    sent = form(world.places[1]) | form(world.places[2], first_name="Cy")
    assert "Nothing more is needed" in words(booker.post(world.path(), sent, follow_redirects=True))
    with world.inside():
        assert world.booking().unnamed_places == 0


def test_the_history_says_that_the_customer_did_it(world: World, booker: Visitor) -> None:
    booker.post(world.path(), form(world.places[1]))
    with world.inside():
        entry = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "booking:rename")).one()
    assert (entry.actor_kind, entry.new_values["place"]) == ("customer", 2)
    assert entry.new_values["birth_date"] != "1990-12-30"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("first_name", "", "Write the first name."),
        ("last_name", " ", "Write the last name."),
        ("first_name", "x" * 101, "100"),
        ("first_name", "4111 1111 1111 1111", "card"),
        ("last_name", "a\u202eb", ""),
        ("email", "nobody", "address"),
        ("birth_date", "", "16"),
        ("birth_date", "31/02/1990", "date"),
        ("birth_date", "tomorrow", "date"),
        ("birth_date", "01/01/2099", "year"),
        ("requirements", "x" * 2001, "2,000"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(
    world: World, booker: Visitor, field: str, value: str, sentence: str
) -> None:
    sent = form(world.places[1], **{field: value}) | form(world.places[2], first_name="Cy")
    answer = booker.post(world.path(), sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    said = re.search(rf'id="{world.places[1]}\.{field}-error">([^<]*)<', page)
    assert said and sentence in said[1]
    assert 'value="Cy"' in page, "what was typed is shown again"
    assert (world.place(1).name, world.place(2).name) == ("", "")


def test_who_is_too_young_on_the_day_may_not_come(world: World, booker: Visitor) -> None:
    young = (datetime.now(UTC) - timedelta(days=15 * 365)).strftime("%d/%m/%Y")
    answer = booker.post(world.path(), form(world.places[1], birth_date=young))
    assert answer.status_code == 422 and "must be 16" in words(answer)


def test_a_booking_taken_against_the_rule_takes_the_young(world: World, booker: Visitor) -> None:
    """The control of the age check: the clerk's reason lifts it."""
    world.change(Booking, override_reason="Their teacher comes along")
    young = (datetime.now(UTC) - timedelta(days=15 * 365)).strftime("%d/%m/%Y")
    assert booker.post(world.path(), form(world.places[1], birth_date=young)).status_code == 303


def test_the_same_form_sent_twice_changes_nothing_more(world: World, booker: Visitor) -> None:
    for _ in range(2):
        assert booker.post(world.path(), form(world.places[1])).status_code == 303
    with world.inside():
        entries = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "booking:rename")).all()
    assert len(entries) == 1


def test_a_name_that_is_there_is_not_overwritten(world: World, booker: Visitor) -> None:
    answer = booker.post(world.path(), form(world.places[0], first_name="Eve"))
    assert answer.status_code == 422 and "Ada Byron was given" in words(answer)
    assert world.place(0).name == "Ada Byron"


def test_places_of_other_bookings_are_out_of_reach(world: World, booker: Visitor) -> None:
    with world.inside():
        foreign = placed(factories.make_schedule(), 1, "cash").attendees[0].id
    booker.post(world.path(), form(foreign))
    with world.inside():
        assert db.session.get_one(Attendee, foreign).name == ""


def test_what_the_desk_knew_of_a_place_stays(world: World, booker: Visitor) -> None:
    with world.inside():
        place = db.session.get_one(Attendee, world.places[1])
        place.requirements, place.phone = "Wheelchair", "+447700900123"
        db.session.commit()
    booker.post(world.path(), form(world.places[1]))
    found = world.place(1)
    assert (found.requirements, found.phone) == ("Wheelchair", "+447700900123")


# --- The link ---


def forged(path: str) -> list[str]:
    token = path.removeprefix(names_link.PAGE)
    return [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token[:22] + "A" * 22,
        "A" * 22 + token[22:],
        token + "A",
        token[:-1],
        "é" * 44,
        "%00" * 10,
        "x" * 400,
    ]


def test_a_forged_link_opens_nothing(world: World, booker: Visitor) -> None:
    for token in forged(world.path()):
        assert booker.get(names_link.PAGE + token).status_code in (400, 404), token
        assert booker.post(names_link.PAGE + token, form(world.places[1])).status_code in (400, 404)
    assert world.place(1).name == ""


def test_another_providers_link_opens_nothing(app: Flask, world: World) -> None:
    with app.app_context():
        other = factories.make_provider()
    assert Visitor(app, other.host).get(world.path()).status_code == 404


def test_the_link_dies_with_the_address_it_was_mailed_to(world: World, booker: Visitor) -> None:
    old = world.path()
    world.change(Booking, contact_email="new@x.example")
    assert booker.get(old).status_code == 404
    assert booker.get(world.path()).status_code == 200


def test_guessing_is_limited(world: World, booker: Visitor) -> None:
    codes = {booker.get(names_link.PAGE + f"{number:044d}").status_code for number in range(60)}
    assert codes == {404, 429}


def test_a_cancelled_booking_takes_no_names(world: World, booker: Visitor) -> None:
    path = world.path()
    with world.inside():
        commit_once(lambda: bookings.cancel(world.booking_id, "Ill", ADMIN, send_mail=False))
    page = words(booker.get(path))
    assert "not open any more" in page and "<form" not in page
    assert booker.post(path, form(world.places[1])).status_code == 409
    assert world.place(1).name == ""


def test_once_the_course_has_begun_the_instructor_takes_the_names(world: World, booker: Visitor) -> None:
    world.change(Schedule, starts_at=datetime.now(UTC) - timedelta(minutes=1))
    assert "The course has begun" in words(booker.get(world.path()))
    assert booker.post(world.path(), form(world.places[1])).status_code == 409


def test_the_page_is_kept_by_nobody_and_tells_nobody_where_it_is(world: World, booker: Visitor) -> None:
    headers = booker.get(world.path()).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "noindex" in headers["X-Robots-Tag"]


def test_hostile_names_are_text(world: World, booker: Visitor) -> None:
    booker.post(world.path(), form(world.places[1], first_name="<b>Bo</b>", last_name="{{ 7*7 }}"))
    page = booker.get(world.path()).get_data(as_text=True)
    assert "&lt;b&gt;Bo&lt;/b&gt; {{ 7*7 }}" in page


# --- The mail ---


def test_the_mail_carries_the_link_and_its_row_does_not(world: World, booker: Visitor) -> None:
    with world.inside():
        rule("names_missing", days=7)
        starts = world.booking().starts_at
        early = {"booked_at": starts - timedelta(days=20)}
        commit_once(lambda: db.session.execute(update(Booking).values(early)))
        assert run(starts - timedelta(days=7)) == 1
        [message] = queued("names_missing")
        written = commit_once(lambda: letters.write(message.id))
        assert written is not None
        path = names_link.PAGE + names_link.token_of(world.booking())
        assert path in written.letter.text and path in written.letter.html
        assert "2 places" in written.letter.text
        kept = f"{written.to_keep['body_text']}{written.to_keep['body_html']}"
        assert path not in kept and "https://…" in kept


def test_a_mail_to_another_address_than_the_contacts_has_no_link(world: World) -> None:
    with world.inside():
        rule("names_missing", days=7)
        starts = world.booking().starts_at
        early = {"booked_at": starts - timedelta(days=20)}
        commit_once(lambda: db.session.execute(update(Booking).values(early)))
        run(starts - timedelta(days=7))
        [message] = queued("names_missing")
        commit_once(lambda: db.session.execute(update(Booking).values(contact_email="new@x.example")))
        written = commit_once(lambda: letters.write(db.session.merge(message).id))
        assert written is not None and names_link.PAGE not in written.letter.text


def test_whoever_names_somebody_says_that_they_bring_what_is_asked_for(world: World, booker: Visitor) -> None:
    with world.inside():
        course = world.booking().schedule.course
        course.prerequisites = "- Safety <shoes>\n- A helmet"
        db.session.commit()
    page = words(booker.get(world.path()))
    assert "<li>Safety &lt;shoes&gt;</li>" in page and f"{world.places[1]}.is_prepared" in page
    answer = booker.post(world.path(), form(world.places[1]))
    said = words(answer)
    assert answer.status_code == 422 and "Tick the box when Bo brings and holds this." in said
    assert f'aria-describedby="{world.places[1]}.is_prepared-error"' in said
    assert world.place(1).name == ""
    ticked = form(world.places[1], is_prepared="1", birth_date="nonsense")
    assert " checked" in words(booker.post(world.path(), ticked))
    assert booker.post(world.path(), form(world.places[1], is_prepared="1")).status_code == 303
    assert world.place(1).name == "Bo Diddley"


def test_no_tick_is_asked_for_where_nothing_is_to_be_brought(world: World, booker: Visitor) -> None:
    """The control: the course as it was before."""
    assert "is_prepared" not in words(booker.get(world.path()))
