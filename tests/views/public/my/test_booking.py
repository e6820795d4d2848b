"""The page of one booking: who may open it, what it says, and what may be done there."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.models import Attendee, AuditEvent, Booking, Payment, Refund, Schedule, Tenant
from backoffice.services import bookings, giving_back, refunds
from backoffice.services.giving_back import GiveBack
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.services.booked import ADMIN, mails, person
from tests.views.public.my.helpers import House, words
from tests.web_client import Visitor, make_login, signed_in

JANE = "jane@x.example"
PAGES = ("", "/cancel", "/move", "/calendar.ics")


@pytest.fixture
def house(app: Flask, provider: Provider) -> House:
    return House(app, provider)


@pytest.fixture
def stranger(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host)


def seen(page: Any) -> str:
    """The amount that the page's form sends back."""
    return str(page.text.partition('name="seen" value="')[2].partition('"')[0])


# --- Who may open it ---


def test_whoever_booked_sees_it_by_its_link_and_signed_in(house: House, stranger: Visitor) -> None:
    booking_id = house.book(JANE, 2, attendees=(person("Ada Byron"),))
    for visitor, path in (
        (stranger, house.link_of(booking_id)),
        (house.signed_in(JANE), f"/my/booking/{booking_id}"),
    ):
        page = words(visitor.get(path))
        assert "Ada Byron" in page and "Name to follow" in page and "£150.00" in page
    assert "Sign out" not in words(stranger.get(house.link_of(booking_id)))


def test_a_link_opens_one_booking_and_nothing_else(house: House, stranger: Visitor) -> None:
    mine, other = house.book(JANE), house.book(JANE)
    stranger.get(house.link_of(mine))
    for path in (
        "/my/",
        f"/my/booking/{other}",
        f"/my/booking/{mine}",
        "/my/payments",
        "/my/certificates",
        "/my/profile",
    ):
        answer = stranger.get(path)
        assert answer.status_code in (302, 303) and answer.location.startswith("/my/sign-in"), path


def test_somebody_elses_booking_is_nobodys(house: House) -> None:
    booking_id = house.book(JANE)
    house.customer("eve@x.example")
    eve = house.signed_in("eve@x.example")
    for page in PAGES:
        assert eve.get(f"/my/booking/{booking_id}{page}").status_code == 404, page
    for act in ("cancel", "move", "pay"):
        sent = {"seen": "0", "to": str(booking_id)}
        assert eve.post(f"/my/booking/{booking_id}/{act}", sent).status_code == 404, act
    with house.inside():
        assert house.booking(booking_id).status == "confirmed"


def test_the_act_itself_asks_whose_booking_it_is(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: where the page does not ask, somebody else's booking is cancelled."""
    booking_id = house.book(JANE)
    house.customer("eve@x.example")
    eve = house.signed_in("eve@x.example")
    from backoffice.services.my import reading

    monkeypatch.setattr(reading, "get_booking", lambda wanted, actor: db.session.get_one(Booking, wanted))
    page = eve.get(f"/my/booking/{booking_id}/cancel")
    assert eve.post(f"/my/booking/{booking_id}/cancel", {"seen": seen(page)}).status_code == 303
    with house.inside():
        assert house.booking(booking_id).status == "cancelled"


def test_staff_have_no_booking_of_their_own_there(house: House, app: Flask) -> None:
    booking_id = house.book(JANE)
    office, admin = signed_in(app, house.provider, "office"), signed_in(app, house.provider, "admin")
    assert office.get("/my/").location == "/admin/"
    assert office.get(f"/my/booking/{booking_id}").status_code == 404
    assert admin.get(f"/my/booking/{booking_id}").status_code == 404


def test_another_provider_knows_nothing_of_it(house: House, app: Flask) -> None:
    booking_id = house.book(JANE)
    with app.app_context():
        other = factories.make_provider()
    abroad = Visitor(app, other.host)
    assert abroad.get(house.link_of(booking_id)).status_code == 404
    email = make_login(app, other, "customer", email=JANE)
    abroad.sign_in(email)
    assert abroad.get(f"/my/booking/{booking_id}").status_code == 404
    assert "No bookings yet" in abroad.get("/my/").text


def test_few_links_may_be_guessed(house: House, stranger: Visitor) -> None:
    answers = {stranger.get(f"/my/booking/{number:044d}").status_code for number in range(60)}
    assert answers == {404, 429}


def test_the_list_shows_what_is_to_come_before_what_was(house: House) -> None:
    past, soon, later = (house.book(JANE) for _ in range(3))
    house.start_in(past, days=-3)
    house.start_in(later, days=20)
    page = house.signed_in(JANE).get("/my/").text
    places = [page.index(str(each)) for each in (soon, later, past)]
    assert places == sorted(places)


def test_after_signing_in_one_comes_back_to_the_booking(house: House, stranger: Visitor) -> None:
    booking_id = house.book(JANE)
    stranger.get(f"/my/booking/{booking_id}/move")
    assert stranger.post(house.link_for(JANE)).location == f"/my/booking/{booking_id}/move"


def test_what_is_sent_without_a_session_is_not_done(house: House, stranger: Visitor) -> None:
    booking_id = house.book(JANE)
    answer = stranger.post(f"/my/booking/{booking_id}/cancel", {"seen": "7500"})
    assert (answer.status_code, answer.location) == (303, "/my/sign-in")
    assert stranger.post(house.link_for(JANE)).location == f"/my/booking/{booking_id}"
    with house.inside():
        assert house.booking(booking_id).status == "confirmed"


# --- Cancelling ---


def test_what_comes_back_is_shown_before_and_given_back(house: House, stranger: Visitor) -> None:
    booking_id = house.book(JANE, 2)
    path = house.link_of(booking_id) + "/cancel"
    page = stranger.get(path)
    assert "£150.00" in words(page)
    answer = stranger.post(path, {"seen": seen(page)})
    assert (answer.status_code, answer.location) == (303, house.link_of(booking_id))
    assert "on its way back" in words(stranger.get(answer.location))
    with house.inside():
        booking = house.booking(booking_id)
        assert booking.status == "cancelled"
        refund = db.session.scalars(select(Refund)).one()
        assert (refund.amount_minor, refund.status, refund.route) == (15000, "approved", "hand")
        entry = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "booking:cancel")).one()
        assert (entry.actor_kind, entry.actor_name) == ("customer", "Jane Doe (by link)")
        assert "booking_cancelled" in mails()


@pytest.mark.parametrize(
    ("hours", "fee", "comes_back"),
    [(100, 2000, 7500), (49, 2000, 7500), (47, 2000, 6000), (47, 10_000, 0), (47, 0, 7500), (1, 3333, 5000)],
)
def test_the_course_s_window_and_fee_decide(
    house: House, stranger: Visitor, hours: int, fee: int, comes_back: int
) -> None:
    booking_id = house.book(JANE)
    house.policy(booking_id, window=48, fee=fee)
    house.start_in(booking_id, hours=hours)
    path = house.link_of(booking_id) + "/cancel"
    page = stranger.get(path)
    assert seen(page) == str(comes_back)
    assert stranger.post(path, {"seen": seen(page)}).status_code == 303
    with house.inside():
        amounts = list(db.session.scalars(select(Refund.amount_minor)))
        assert amounts == ([comes_back] if comes_back else [])
        assert house.booking(booking_id).status == "cancelled"


def test_an_amount_that_is_another_one_by_now_cancels_nothing(house: House, stranger: Visitor) -> None:
    booking_id = house.book(JANE)
    house.policy(booking_id, window=48, fee=5000)
    path = house.link_of(booking_id) + "/cancel"
    before = seen(stranger.get(path))
    house.start_in(booking_id, hours=40)
    answer = stranger.post(path, {"seen": before})
    assert answer.status_code == 409 and "changed meanwhile" in answer.text
    assert seen(answer) == "3750"
    with house.inside():
        assert house.booking(booking_id).status == "confirmed"
        assert db.session.scalars(select(Refund)).all() == []


@pytest.mark.parametrize("sent", ["", "-1", "7500.0", "x", "9" * 40, "٧٥٠٠", None])
def test_a_form_without_the_amount_cancels_nothing(house: House, stranger: Visitor, sent: str | None) -> None:
    booking_id = house.book(JANE)
    path = house.link_of(booking_id) + "/cancel"
    assert stranger.post(path, {} if sent is None else {"seen": sent}).status_code == 409
    with house.inside():
        assert house.booking(booking_id).status == "confirmed"


def test_sent_twice_it_is_cancelled_once_and_paid_back_once(house: House, stranger: Visitor) -> None:
    booking_id = house.book(JANE)
    path = house.link_of(booking_id) + "/cancel"
    sent = {"seen": seen(stranger.get(path))}
    assert [stranger.post(path, sent).status_code for _ in range(3)] == [303, 303, 303]
    with house.inside():
        assert len(db.session.scalars(select(Refund)).all()) == 1
        assert mails().count("booking_cancelled") == 1


def test_single_places_are_cancelled_with_their_price(house: House, stranger: Visitor) -> None:
    booking_id = house.book(
        JANE, 3, attendees=(person("Ada Byron"), person("Bo Diddley"), person("Cy Young"))
    )
    place = str(house.places(booking_id)[1])
    path = house.link_of(booking_id) + "/cancel"
    page = stranger.get(f"{path}?place={place}")
    assert seen(page) == "7500"
    assert stranger.post(path, {"seen": "7500", "place": place}).status_code == 303
    with house.inside():
        booking = house.booking(booking_id)
        assert (booking.status, booking.seats, booking.total_minor) == ("confirmed", 2, 15000)
        assert [each.name for each in booking.active_attendees] == ["Ada Byron", "Cy Young"]
    assert stranger.post(path, {"seen": "7500", "place": place}).status_code == 303, "sent twice"
    with house.inside():
        assert list(db.session.scalars(select(Refund.amount_minor))) == [7500]


def test_the_places_of_another_booking_are_not_cancelled_here(house: House, stranger: Visitor) -> None:
    mine, other = house.book(JANE, 2), house.book("eve@x.example", 2)
    path = house.link_of(mine) + "/cancel"
    theirs = str(house.places(other)[0])
    assert stranger.post(path, {"seen": "7500", "place": theirs}).status_code == 422
    with house.inside():
        assert (house.booking(mine).seats, house.booking(other).seats) == (2, 2)


def test_places_that_are_gone_do_not_stand_for_all_of_them(house: House, stranger: Visitor) -> None:
    """A form without places means all: one that names only what is gone must not be made into it."""
    booking_id = house.book(JANE, 2, date={"pricing": "free", "price_minor": None})
    path, gone = house.link_of(booking_id) + "/cancel", str(house.places(booking_id)[0])
    stranger.post(path, {"seen": "0", "place": gone})
    page = stranger.get(f"{path}?place={gone}")
    assert 'name="seen"' not in page.text and "Choose at least one place" in page.text
    for odd in ("x", "", gone + "0"):
        assert stranger.get(f"{path}?place={odd}").status_code == 404
        assert stranger.post(path, {"seen": "0", "place": odd}).status_code == 404
    with house.inside():
        assert house.booking(booking_id).status == "confirmed"


def test_a_fee_that_was_kept_is_not_given_back_with_the_next_place(house: House, stranger: Visitor) -> None:
    """One by one gives back what all at once does."""
    booking_id = house.book(JANE, 2)
    house.policy(booking_id, window=480, fee=2000)
    path = house.link_of(booking_id) + "/cancel"
    place = str(house.places(booking_id)[0])
    stranger.post(path, {"seen": "6000", "place": place})
    page = stranger.get(path)
    assert seen(page) == "6000"
    stranger.post(path, {"seen": "6000"})
    with house.inside():
        assert list(db.session.scalars(select(Refund.amount_minor))) == [6000, 6000]
        assert house.booking(booking_id).status == "cancelled"


def test_a_place_that_was_cancelled_early_saves_no_later_one_its_fee(house: House, stranger: Visitor) -> None:
    booking_id = house.book(JANE, 3)
    house.policy(booking_id, window=48, fee=5000)
    path = house.link_of(booking_id) + "/cancel"
    stranger.post(path, {"seen": "7500", "place": str(house.places(booking_id)[0])})
    with house.inside():
        long_ago = {"cancelled_at": house.now(days=-3)}
        db.session.execute(update(Attendee).where(Attendee.cancelled_at.is_not(None)).values(**long_ago))
    house.start_in(booking_id, hours=40)
    page = stranger.get(path)
    assert seen(page) == "7500", "half of two places"
    assert stranger.post(path, {"seen": "7500"}).status_code == 303
    with house.inside():
        assert list(db.session.scalars(select(Refund.amount_minor))) == [7500, 7500]


def test_what_the_office_promised_back_is_not_there_twice(house: House, stranger: Visitor) -> None:
    """Promised by hand and not paid out yet, or paid out: the same comes back for a place."""
    booking_id = house.book(JANE, 2)
    kind = GiveBack("Goodwill", booking_id=booking_id, amount_minor=2000)
    with house.inside():
        made = commit_once(lambda: giving_back.give_back(kind, ADMIN))
        assert [refund.status for refund in made] == ["approved"]
        refund_id = made[0].id
    path = f"{house.link_of(booking_id)}/cancel?place={house.places(booking_id)[0]}"
    assert seen(stranger.get(path)) == "5500"
    with house.inside():
        commit_once(lambda: refunds.execute(refund_id, "Till 7", ADMIN))
    assert seen(stranger.get(path)) == "5500"


def test_what_was_paid_in_part_covers_first_who_stays(house: House, stranger: Visitor) -> None:
    booking_id = house.book(JANE, 2, "bank_transfer")
    house.pay(booking_id, 5000)
    place = str(house.places(booking_id)[0])
    path = house.link_of(booking_id) + "/cancel"
    assert seen(stranger.get(f"{path}?place={place}")) == "0"
    assert seen(stranger.get(path)) == "5000"


def test_above_the_limit_somebody_approves_it_first(house: House, stranger: Visitor) -> None:
    with house.inside():
        db.session.get_one(Tenant, house.provider.id).refund_limit_minor = 5000
    booking_id = house.book(JANE)
    path = house.link_of(booking_id) + "/cancel"
    assert stranger.post(path, {"seen": seen(stranger.get(path))}).status_code == 303
    with house.inside():
        assert db.session.scalars(select(Refund.status)).all() == ["requested"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"starts_in": -1}, "has begun"),
        ({"is_private": True}, "for your company"),
        ({"on_account": True}, "goes on your invoice"),
    ],
)
def test_what_the_office_decides_is_not_offered(
    house: House, stranger: Visitor, change: dict[str, Any], said: str
) -> None:
    booking_id = house.book(JANE)
    house.policy(booking_id, window=480, fee=2000)
    house.bend(booking_id, **change)
    path = house.link_of(booking_id) + "/cancel"
    page = words(stranger.get(path))
    assert said in page and "This cannot be undone" not in page
    assert stranger.post(path, {"seen": "6000"}).status_code == 409
    with house.inside():
        assert house.booking(booking_id).status == "confirmed"


# --- Another date ---


def test_the_difference_is_shown_before_and_what_is_more_goes_back(house: House, stranger: Visitor) -> None:
    booking_id = house.book(JANE, 2)
    cheaper = house.another_date(booking_id, price_minor=6000)
    path = house.link_of(booking_id) + "/move"
    assert "£30.00 less" in words(stranger.get(path))
    page = stranger.get(f"{path}?to={cheaper}")
    assert "£120.00" in words(page) and "goes back" in words(page)
    assert stranger.post(path, {"to": str(cheaper), "seen": seen(page)}).status_code == 303
    with house.inside():
        booking = house.booking(booking_id)
        assert (booking.schedule_id, booking.total_minor, booking.due_minor) == (cheaper, 12000, 0)
        assert list(db.session.scalars(select(Refund.amount_minor))) == [3000]
        payment = db.session.scalars(select(Payment)).one()
        assert (payment.allocated_minor, payment.refunded_minor) == (12000, 3000)
        entry = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "booking:move")).one()
        assert entry.actor_kind == "customer"


def test_only_the_difference_goes_back_and_not_what_lay_there_before(house: House, stranger: Visitor) -> None:
    """The office cancelled a place, and has not decided yet what comes back for it."""
    booking_id = house.book(JANE, 2)
    cheaper = house.another_date(booking_id, price_minor=6000)
    places = house.places(booking_id)
    with house.inside():
        commit_once(lambda: bookings.cancel_attendees(booking_id, places[:1], "Ill", ADMIN))
    path = house.link_of(booking_id) + "/move"
    page = stranger.get(f"{path}?to={cheaper}")
    assert "£15.00 less" in words(page)
    assert stranger.post(path, {"to": str(cheaper), "seen": seen(page)}).status_code == 303
    with house.inside():
        assert list(db.session.scalars(select(Refund.amount_minor))) == [1500]
        assert house.booking(booking_id).due_minor == 0


def test_what_is_dearer_is_due_afterwards(house: House, stranger: Visitor) -> None:
    booking_id = house.book(JANE)
    dearer = house.another_date(booking_id, price_minor=9000)
    path = house.link_of(booking_id) + "/move"
    page = stranger.get(f"{path}?to={dearer}")
    assert "£15.00 more" in words(page)
    assert stranger.post(path, {"to": str(dearer), "seen": seen(page)}).status_code == 303
    with house.inside():
        booking = house.booking(booking_id)
        assert (booking.status, booking.due_minor) == ("confirmed", 1500)


def test_a_price_that_is_another_one_by_now_moves_nothing(house: House, stranger: Visitor) -> None:
    booking_id = house.book(JANE)
    there = house.another_date(booking_id)
    path = house.link_of(booking_id) + "/move"
    before = seen(stranger.get(f"{path}?to={there}"))
    with house.inside():
        db.session.execute(update(Schedule).where(Schedule.id == there).values(price_minor=8000))
    answer = stranger.post(path, {"to": str(there), "seen": before})
    assert answer.status_code == 409 and seen(answer) == "8000"
    with house.inside():
        assert house.booking(booking_id).schedule_id != there


def test_sent_twice_it_moves_once(house: House, stranger: Visitor) -> None:
    booking_id = house.book(JANE)
    there = house.another_date(booking_id, price_minor=5000)
    path = house.link_of(booking_id) + "/move"
    sent = {"to": str(there), "seen": "5000"}
    assert [stranger.post(path, sent).status_code for _ in range(2)] == [303, 303]
    with house.inside():
        assert list(db.session.scalars(select(Refund.amount_minor))) == [2500]
        assert mails().count("booking_changed") == 1


@pytest.mark.parametrize(
    "values",
    [
        {"status": "draft"},
        {"is_private": True},
        {"capacity": 1},
        {"pricing": "on_request", "price_minor": None},
        {"course": "other"},
        {"starts_in": -2},
    ],
)
def test_only_dates_that_everybody_may_book_are_offered(
    house: House, stranger: Visitor, values: dict[str, Any]
) -> None:
    booking_id = house.book(JANE, 2)
    there = house.another_date(booking_id, **values)
    path = house.link_of(booking_id) + "/move"
    assert str(there) not in stranger.get(path).text
    assert stranger.post(path, {"to": str(there), "seen": "15000"}).status_code in (404, 409)
    with house.inside():
        assert house.booking(booking_id).schedule_id != there


@pytest.mark.parametrize(
    ("window", "hours", "may"), [(None, 25, True), (None, 23, False), (72, 73, True), (72, 71, False)]
)
def test_moving_ends_where_a_fee_begins(
    house: House, stranger: Visitor, window: int | None, hours: int, may: bool
) -> None:
    """Otherwise it would go round the fee."""
    booking_id = house.book(JANE)
    house.policy(booking_id, window=window, fee=5000)
    there = house.another_date(booking_id)
    house.start_in(booking_id, hours=hours)
    answer = stranger.post(house.link_of(booking_id) + "/move", {"to": str(there), "seen": "7500"})
    assert answer.status_code == (303 if may else 409)


@pytest.mark.parametrize("to", ["", "x", "00000000-0000-0000-0000-000000000000", "' OR 1=1 --"])
def test_no_date_is_no_move(house: House, stranger: Visitor, to: str) -> None:
    booking_id = house.book(JANE)
    answer = stranger.post(house.link_of(booking_id) + "/move", {"to": to, "seen": "7500"})
    assert answer.status_code in (404, 422)


# --- Names ---


def test_a_missing_name_is_given(house: House, stranger: Visitor) -> None:
    booking_id = house.book(JANE, 2, attendees=(person("Ada Byron"),))
    place = house.places(booking_id)[1]
    path = f"{house.link_of(booking_id)}/name/{place}"
    assert stranger.get(path).status_code == 200
    assert (
        stranger.post(path, {"kind": "give", "first_name": "Bo", "last_name": "Diddley"}).status_code == 303
    )
    assert house.name(place) == "Bo Diddley"


def test_an_empty_form_names_nobody(house: House, stranger: Visitor) -> None:
    booking_id = house.book(JANE, 2, attendees=(person("Ada Byron"),))
    for place, kind in zip(house.places(booking_id), ("other", "give"), strict=True):
        answer = stranger.post(f"{house.link_of(booking_id)}/name/{place}", {"kind": kind})
        assert answer.status_code == 422 and 'id="first_name-error"' in answer.text, kind


def test_a_name_that_is_sent_twice_is_given_once(house: House, stranger: Visitor) -> None:
    """Also when names are missing until the start, and given ones are not changed any more."""
    booking_id = house.book(JANE)
    house.start_in(booking_id, hours=3)
    place = house.places(booking_id)[0]
    sent = {"kind": "give", "first_name": "Bo", "last_name": "Diddley", "birth_date": "1/2/1990"}
    path = f"{house.link_of(booking_id)}/name/{place}"
    assert [stranger.post(path, sent).status_code for _ in range(2)] == [303, 303]
    assert stranger.post(path, sent | {"last_name": "Else"}).status_code == 409
    with house.inside():
        entries = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "booking:rename")).all()
        assert len(entries) == 1


def test_a_spelling_is_corrected_and_what_is_known_stays(house: House, stranger: Visitor) -> None:
    ada = person("Ada Biron", email="ada@x.example", requirements="No nuts")
    booking_id = house.book(JANE, attendees=(ada,))
    place = house.places(booking_id)[0]
    path = f"{house.link_of(booking_id)}/name/{place}"
    page = stranger.get(path).text
    assert 'value="Biron"' in page
    assert "No nuts" not in page and "ada@x.example" not in page
    sent = {"kind": "correct", "first_name": "Ada", "last_name": "Byron"}
    assert stranger.post(path, sent).status_code == 303
    with house.inside():
        found = db.session.get_one(Attendee, place)
        assert (found.name, found.email, found.requirements) == ("Ada Byron", "ada@x.example", "No nuts")


def test_somebody_else_takes_nothing_over(house: House, stranger: Visitor) -> None:
    ada = person("Ada Byron", email="ada@x.example", requirements="No nuts")
    booking_id = house.book(JANE, attendees=(ada,))
    place = house.places(booking_id)[0]
    sent = {"kind": "other", "first_name": "Bo", "last_name": "Diddley"}
    assert stranger.post(f"{house.link_of(booking_id)}/name/{place}", sent).status_code == 303
    with house.inside():
        found = db.session.get_one(Attendee, place)
        assert (found.name, found.email, found.requirements) == ("Bo Diddley", None, None)
        entry = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "booking:rename")).one()
        assert entry.actor_kind == "customer"


@pytest.mark.parametrize(
    ("deadline", "hours", "may"), [(None, 25, True), (None, 23, False), (2, 3, True), (72, 71, False)]
)
def test_a_name_is_changed_until_the_provider_s_deadline(
    house: House, stranger: Visitor, deadline: int | None, hours: int, may: bool
) -> None:
    if deadline:
        with house.inside():
            tenant = db.session.get_one(Tenant, house.provider.id)
            tenant.settings = tenant.settings | {"name_change_hours": deadline}
    booking_id = house.book(JANE, attendees=(person("Ada Byron"),))
    place = house.places(booking_id)[0]
    house.start_in(booking_id, hours=hours)
    sent = {"kind": "other", "first_name": "Bo", "last_name": "Diddley"}
    answer = stranger.post(f"{house.link_of(booking_id)}/name/{place}", sent)
    assert answer.status_code == (303 if may else 409)
    assert house.name(place) == ("Bo Diddley" if may else "Ada Byron")


def test_somebody_else_must_be_old_enough_and_say_so(house: House, stranger: Visitor) -> None:
    born = house.now(days=-40 * 365).date()
    booking_id = house.book(JANE, attendees=(person("Ada Byron", birth_date=born),))
    house.course(booking_id, minimum_age=16)
    place = house.places(booking_id)[0]
    path = f"{house.link_of(booking_id)}/name/{place}"
    sent = {"kind": "other", "first_name": "Bo", "last_name": "Diddley"}
    young = house.now(days=-15 * 365).strftime("%d/%m/%Y")
    for birth_date in ("", "31/02/1990", young):
        answer = stranger.post(path, sent | {"birth_date": birth_date})
        assert answer.status_code == 422 and 'id="birth_date-error"' in answer.text, birth_date
    assert stranger.post(path, sent | {"birth_date": "1/2/1990"}).status_code == 303


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", ""),
        ("last_name", " "),
        ("first_name", "x" * 101),
        ("last_name", "a\u202eb"),
        ("email", "nobody"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    house: House, stranger: Visitor, field: str, value: str
) -> None:
    booking_id = house.book(JANE, 2, attendees=(person("Ada Byron"),))
    for place, kind in zip(house.places(booking_id), ("other", "give"), strict=True):
        sent = {"kind": kind, "first_name": "Bo", "last_name": "Diddley", "email": "bo@x.example"} | {
            field: value
        }
        answer = stranger.post(f"{house.link_of(booking_id)}/name/{place}", sent)
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text
        assert 'value="Bo"' in answer.text or 'value="Diddley"' in answer.text


def test_a_place_of_another_booking_is_none_of_this_link(house: House, stranger: Visitor) -> None:
    mine, other = house.book(JANE), house.book("eve@x.example")
    path = f"{house.link_of(mine)}/name/{house.places(other)[0]}"
    assert stranger.get(path).status_code == 404
    assert stranger.post(path, {"first_name": "Bo", "last_name": "D"}).status_code == 404
