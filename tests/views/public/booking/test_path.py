"""From the date to the confirmation, as a browser without a script goes it."""

from flask import Flask

from backoffice.models import Booking
from tests.factories import Provider
from tests.views.public.booking.steps import Booker, make_date, rows, seats_taken

STATE = (Booking.status, Booking.seats, Booking.total_minor, Booking.source)


def test_a_place_is_held_agreed_and_led_to_its_payment(app: Flask, provider: Provider) -> None:
    schedule_id = make_date(app, provider)
    booker = Booker(app, provider, schedule_id)
    assert "£75.00" in booker.look().get_data(as_text=True)
    held = booker.hold()
    assert (held.status_code, held.location) == (303, f"{booker.path}/terms")
    assert rows(app, provider, *STATE) == [("pending", 1, 7500, "web")]
    assert seats_taken(app, provider, schedule_id) == 1


def test_a_free_date_is_confirmed_at_once(app: Flask, provider: Provider) -> None:
    schedule_id = make_date(
        app, provider, pricing="free", price_minor=None, course={"pricing": "free", "price_minor": None}
    )
    booker = Booker(app, provider, schedule_id)
    accepted = booker.book(2)
    assert (accepted.status_code, accepted.location) == (303, f"{booker.path}/done")
    done = booker.look("/done").get_data(as_text=True)
    assert "You are booked" in done
    assert rows(app, provider, *STATE) == [("confirmed", 2, 0, "web")]
    assert "BEGIN:VCALENDAR" in booker.look("/booking.ics").get_data(as_text=True)
