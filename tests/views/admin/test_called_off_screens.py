"""Calling off a date at the desk: the page that asks, the table of who chose what, answering and reminding."""

from datetime import date, timedelta

import pytest
from flask import Flask

from tests.called_off_world import World, make_world
from tests.factories import Provider
from tests.web_client import Visitor, signed_in

UNTIL = (date.today() + timedelta(days=7)).isoformat()  # noqa: DTZ011 - a local day


@pytest.fixture
def world(app: Flask, provider: Provider) -> World:
    return make_world(app, provider)


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


@pytest.fixture
def office(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "office")


def words(visitor: Visitor, path: str) -> str:
    return " ".join(visitor.get(path).get_data(as_text=True).split())


def page_of(world: World) -> str:
    return f"/admin/schedules/details/?id={world.schedule_id}"


def form(world: World, **more: str) -> dict[str, str]:
    values = {"reason": "The trainer is ill.", "deadline_at": UNTIL, "fallback": "refunded"}
    return {"id": str(world.schedule_id), "proposed_schedule_id": str(world.other_id)} | values | more


def test_the_page_says_what_ends_and_then_it_ends(world: World, admin: Visitor) -> None:
    address = f"/admin/schedules/call-off/?id={world.schedule_id}"
    page = words(admin, address)
    assert "2 bookings with 3 places will be cancelled; £150.00 of it is paid" in page
    answer = admin.post("/admin/schedules/call-off/", form(world))
    assert answer.status_code == 302
    page = words(admin, page_of(world))
    assert "1 not answered, 1 nothing paid" in page
    assert "2 bookers are told by e-mail" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reason", ""),
        ("deadline_at", ""),
        ("deadline_at", "soon"),
        ("fallback", "x"),
        ("deadline_at", "2099-01-01"),
    ],
)
def test_a_wrong_form_comes_back(world: World, admin: Visitor, field: str, value: str) -> None:
    answer = admin.post("/admin/schedules/call-off/", form(world, **{field: value}))
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.get_data(as_text=True)
    assert world.booking(world.booking_ids[0]).status == "confirmed"


def test_the_office_may_not_call_off_but_answers_and_reminds(world: World, office: Visitor) -> None:
    assert office.post("/admin/schedules/call-off/", form(world)).status_code == 403
    world.call_off()
    choice = world.choice()
    page = words(office, page_of(world))
    assert "Answer…" in page and "Remind" in page
    assert office.post("/admin/schedules/remind-one/", {"id": str(choice.id)}).status_code == 303
    assert "reminded" in words(office, page_of(world))
    address = f"/admin/schedules/choice/?id={choice.id}"
    assert "£150.00</strong> lies on the booking" in words(office, address)
    assert office.post("/admin/schedules/choice/", {"id": str(choice.id)}).status_code == 422
    answer = office.post("/admin/schedules/choice/", {"id": str(choice.id), "way": "refunded"})
    assert answer.status_code == 303
    assert world.choice().answered_by_kind == "user"
    assert "It is answered already" in words(office, address)


def test_the_office_takes_another_date_for_a_caller(world: World, office: Visitor) -> None:
    world.call_off()
    wanted = {"id": str(world.choice().id), "way": "moved", "schedule_id": str(world.other_id)}
    assert office.post("/admin/schedules/choice/", wanted).status_code == 303
    assert world.choice().status == "moved"


@pytest.mark.parametrize("page", ["choice", "remind-one"])
def test_a_choice_of_nobody_is_not_found(world: World, office: Visitor, page: str) -> None:
    for wrong in ("x", "", "00000000-0000-7000-8000-000000000000"):
        assert office.post(f"/admin/schedules/{page}/", {"id": wrong}).status_code == 404


def test_everybody_who_waits_is_reminded_at_once(world: World, office: Visitor) -> None:
    world.call_off()
    assert office.post("/admin/schedules/remind/", {"id": str(world.schedule_id)}).status_code == 302
    assert "Reminded: 1." in words(office, page_of(world))


def test_the_choices_that_wait_are_work(world: World, office: Visitor) -> None:
    world.call_off()
    assert "Choices waiting" in words(office, "/admin/")
    page = words(office, "/admin/work/choices")
    assert "Not answered" in page and str(world.schedule_id) in page


def test_the_booking_says_that_its_money_waits(world: World, office: Visitor) -> None:
    world.call_off()
    page = words(office, f"/admin/bookings/details/?id={world.booking_ids[0]}")
    assert "the booker may choose until" in page
    assert "give it back with a refund" not in page


def test_a_date_without_bookings_is_cancelled_as_before(world: World, admin: Visitor) -> None:
    page = words(admin, f"/admin/schedules/details/?id={world.other_id}")
    assert "Cancel the date…" in page and "Call off this date…" not in page
    page = words(admin, page_of(world))
    assert "Call off this date…" in page and "Cancel the date…" not in page
