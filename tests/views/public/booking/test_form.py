"""The form: what is typed stays, what is wrong is said beside its field, and the price is the server's."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from backoffice.database import db
from backoffice.models import Attendee, Booking, WhitelistEntry
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.factories import Provider
from tests.services.waiting import world
from tests.views.public.booking.steps import Booker, filled, make_date, rows, seats_taken

AMOUNTS = re.compile(r"<dd>([^<]*[£F][^<]*)</dd>")


def problems(page: str) -> dict[str, str]:
    """Field -> what is said beside it."""
    return dict(re.findall(r'class="error" id="([^"]+)-error">([^<]+)<', page))


def prices(page: str) -> list[str]:
    return AMOUNTS.findall(page)


@pytest.fixture
def booker(app: Flask, provider: Provider) -> Booker:
    return Booker(app, provider, make_date(app, provider))


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_held(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    answer = booker.hold(2, first_name="", email="nina at home", phone="12", **{"people.1.first_name": "Bo"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert set(problems(page)) == {"first_name", "email", "phone", "people.1.last_name"}
    assert 'value="nina at home"' in page
    assert rows(app, provider, Booking.id) == []


def test_what_was_refused_is_there_when_the_page_is_opened_anew(booker: Booker) -> None:
    booker.hold(2, last_name="", special_requirements="Ground floor")
    page = booker.look().get_data(as_text=True)
    assert "Ground floor" in page
    assert 'value="2"' in page
    assert booker.hold(2, special_requirements="Ground floor").status_code == 303


def test_five_people_get_ten_per_cent_off_and_each_has_a_place(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    with app.app_context(), tenant_scope(provider.id):
        factories.make_rule()
        db.session.remove()
    names = {f"people.{number}.first_name": f"P{number}" for number in range(1, 5)}
    names |= {f"people.{number}.last_name": "Cox" for number in range(1, 5)}
    assert booker.hold(5, **names).status_code == 303
    assert rows(app, provider, Booking.seats, Booking.total_minor, Booking.discount_minor) == [
        (5, 33750, 3750)
    ]
    page = booker.look("/terms").get_data(as_text=True)
    assert prices(page) == ["£375.00", "−£37.50", "£337.50"]
    assert all(f"P{number} Cox" in page for number in range(1, 5))


def test_the_price_is_updated_without_a_script_and_what_was_typed_stays(booker: Booker) -> None:
    sent = booker.send("/price", filled(1, change="add", special_requirements="Window seat"))
    assert (sent.status_code, sent.location) == (303, booker.path)
    page = booker.look().get_data(as_text=True)
    assert prices(page) == ["£150.00", "£150.00"]
    assert "Window seat" in page
    assert 'value="nina@mail.example"' in page


@pytest.mark.parametrize(
    ("change", "people", "left"),
    [
        ("remove-1", 3, ["Ann", "Cleo"]),
        ("remove-0", 3, ["Bo", "Cleo"]),
        ("remove-9", 3, ["Ann", "Bo", "Cleo"]),
    ],
)
def test_a_person_is_removed_with_their_place(
    booker: Booker, change: str, people: int, left: list[str]
) -> None:
    typed = filled(people, change=change) | {
        f"people.{number}.first_name": name for number, name in enumerate(["Ann", "Bo", "Cleo"])
    }
    booker.send("/price", typed)
    page = booker.look().get_data(as_text=True)
    assert re.findall(r'name="people\.\d\.first_name"[^>]*value="([^"]+)"', page) == left


def test_fewer_places_take_the_empty_ones_first(booker: Booker) -> None:
    typed = filled(3) | {"places": 2, "people.2.first_name": "Cleo", "people.2.last_name": "Cox"}
    booker.send("/price", typed)
    assert "Cleo" in booker.look().get_data(as_text=True)


@pytest.mark.parametrize("places", ["", "0", "-3", "1e9", "٣", "abc", "99999999999999999999"])
def test_an_odd_number_of_places_is_said_beside_it(booker: Booker, places: str) -> None:
    refused = booker.send("", filled() | {"places": places})
    assert (refused.status_code, list(problems(refused.get_data(as_text=True)))) == (422, ["places"])
    assert booker.send("/price", filled() | {"places": places}).status_code == 303
    assert booker.look().status_code == 200


def test_who_is_too_young_is_told_beside_the_birth_date(app: Flask, provider: Provider) -> None:
    booker = Booker(app, provider, make_date(app, provider, course={"minimum_age": 16}))
    young = f"1/1/{datetime.now(UTC).year - 10}"
    page = booker.hold(1, **{"people.0.birth_date": young}).get_data(as_text=True)
    assert list(problems(page)) == ["people.0.birth_date"]
    missing = booker.hold(1).get_data(as_text=True)
    assert "Enter the date of birth" in missing
    assert booker.hold(1, **{"people.0.birth_date": "1/1/1990"}).status_code == 303


def test_a_listed_course_says_so_and_refuses_the_others(app: Flask, provider: Provider) -> None:
    schedule_id = make_date(app, provider, course={"has_whitelist": True, "slug": "listed"})
    with app.app_context(), tenant_scope(provider.id):
        course_id = db.session.get_one(factories.Schedule, schedule_id).course_id
        db.session.add(WhitelistEntry(course_id=course_id, pattern="@works.example"))
        db.session.commit()
        db.session.remove()
    booker = Booker(app, provider, schedule_id)
    assert "Only addresses on the list" in booker.look().get_data(as_text=True)
    refused = booker.hold()
    assert (refused.status_code, list(problems(refused.get_data(as_text=True)))) == (409, ["email"])
    assert booker.hold(email="nina@works.example").status_code == 303


def test_a_price_on_request_leads_to_the_form_for_companies(app: Flask, provider: Provider) -> None:
    schedule_id = make_date(app, provider, pricing="on_request", price_minor=None, course={"slug": "big"})
    booker = Booker(app, provider, schedule_id)
    assert (booker.look().status_code, booker.look().location) == (303, "/companies?course=big")
    assert booker.hold().status_code == 409


@pytest.mark.parametrize(
    "values",
    [{"is_private": True}, {"status": "draft"}, {"course": {"is_published": False}}],
    ids=["private", "draft", "unpublished"],
)
def test_what_the_public_may_not_see_is_not_there(
    app: Flask, provider: Provider, values: dict[str, Any]
) -> None:
    booker = Booker(app, provider, make_date(app, provider, **values))
    assert booker.look().status_code == 404
    assert booker.hold().status_code == 404
    assert rows(app, provider, Booking.id) == []


def test_another_providers_date_is_not_there(app: Flask, provider: Provider) -> None:
    with app.app_context():
        other = factories.make_provider()
    booker = Booker(app, provider, make_date(app, other))
    assert [booker.look().status_code, booker.hold().status_code] == [404, 404]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"status": "cancelled"}, "This date was called off"),
        ({"starts_at": datetime.now(UTC) - timedelta(hours=1)}, "This date has started"),
        ({"starts_at": datetime.now(UTC) - timedelta(days=9)}, "This date is over"),
    ],
    ids=["called off", "started", "over"],
)
def test_a_closed_date_says_why(app: Flask, provider: Provider, values: dict[str, Any], words: str) -> None:
    booker = Booker(app, provider, make_date(app, provider, **values))
    assert words in booker.look().get_data(as_text=True)
    assert booker.hold().status_code == 409
    assert rows(app, provider, Booking.id) == []


def test_places_that_are_kept_for_who_waits_are_none(app: Flask, provider: Provider) -> None:
    with app.app_context(), tenant_scope(provider.id):
        date = world.full_date(2)
        schedule_id = date.id
        world.joined("ann", date)
        world.cancel_one(date)
        db.session.remove()
    page = Booker(app, provider, schedule_id).look().get_data(as_text=True)
    assert "This date is full" in page
    assert "Fully booked" in page
    assert "place left" not in page


def test_a_full_date_leads_to_its_waiting_list(app: Flask, provider: Provider) -> None:
    schedule_id = make_date(app, provider, capacity=1)
    Booker(app, provider, schedule_id).hold()
    late = Booker(app, provider, schedule_id, "198.51.100.9")
    page = late.look().get_data(as_text=True)
    assert f"/waiting/join/{schedule_id}" in page
    refused = late.hold(email="late@mail.example")
    assert refused.status_code == 409
    assert "fully booked" in refused.get_data(as_text=True)
    assert 'value="late@mail.example"' in refused.get_data(as_text=True)
    assert seats_taken(app, provider, schedule_id) == 1


def test_each_person_keeps_what_was_typed_about_them(app: Flask, provider: Provider, booker: Booker) -> None:
    about = {
        "people.1.first_name": "Bo",
        "people.1.last_name": "Lee",
        "people.1.email": "BO@mail.example",
        "people.1.requirements": "No nuts",
        "special_requirements": "Ground floor",
    }
    assert booker.hold(2, **about).status_code == 303
    with app.app_context(), tenant_scope(provider.id):
        booking = db.session.query(Booking).one()
        people = [(each.name, each.email, each.requirements) for each in booking.attendees]
        assert booking.special_requirements == "Ground floor"
        assert db.session.query(Attendee).filter(Attendee.user_id.is_not(None)).count() == 0
        db.session.remove()
    assert people == [("Nina New", "nina@mail.example", None), ("Bo Lee", "bo@mail.example", "No nuts")]


def test_a_place_may_be_named_later(app: Flask, provider: Provider, booker: Booker) -> None:
    assert booker.hold(3, attends="").status_code == 303
    assert rows(app, provider, Booking.seats, Booking.unnamed_places) == [(3, 3)]


def test_what_people_must_bring_is_confirmed(app: Flask, provider: Provider) -> None:
    booker = Booker(app, provider, make_date(app, provider, course={"prerequisites": "A valid certificate"}))
    refused = booker.hold()
    assert list(problems(refused.get_data(as_text=True))) == ["is_prepared"]
    assert booker.hold(is_prepared="1").status_code == 303


def test_the_form_is_light(booker: Booker) -> None:
    """The goal of a first load: under 100 KB in at most 8 requests, the page itself included."""
    page = booker.look()
    asked = set(re.findall(r'(?:href|src)="(/(?:static|site|picture)[^"]*)"', page.get_data(as_text=True)))
    weights = [len(booker.visitor.get(path).data) for path in asked]
    assert len(asked) + 1 <= 8, asked
    assert len(page.data) + sum(weights) < 100_000, (len(page.data), weights)
