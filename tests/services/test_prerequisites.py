"""What people must bring or hold: said by whoever names them, kept with the place, gone with another name."""

from __future__ import annotations

from typing import Any

import pytest

from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid
from backoffice.models import Attendee, Booking
from backoffice.services import bookings
from backoffice.services.bookings import AttendeeIn, naming
from backoffice.services.my import changing as my_changing
from backoffice.services.my.changing import NewName
from tests import factories
from tests.services.booked import ADMIN, done, entries, fresh, person, placed

pytestmark = pytest.mark.usefixtures("tenant")

BOOKER = Actor("customer", name="Booker")
SHOES = "- Safety shoes\n- A valid first aid certificate"


def booked(*attendees: AttendeeIn, places: int = 2, prerequisites: str | None = SHOES) -> Booking:
    course = factories.make_course(prerequisites=prerequisites)
    return placed(factories.make_schedule(course=course), places, attendees=attendees)


def place_of(booking: Booking, number: int) -> Attendee:
    return fresh(booking.id).attendees[number]


def name(booking: Booking, number: int, who: AttendeeIn) -> Any:
    wanted = {booking.attendees[number].id: who}
    return done(lambda: naming.give_names(booking.id, wanted, BOOKER))


def test_what_is_said_at_booking_is_kept_of_those_who_have_a_name() -> None:
    booking = booked(
        person("Ada Byron", is_prepared=True), AttendeeIn(is_prepared=True), person("Bo Hill"), places=3
    )
    assert [each.prerequisites_at is not None for each in booking.attendees] == [True, False, False]


def test_a_name_without_the_tick_is_refused_beside_it() -> None:
    booking = booked()
    with pytest.raises(Invalid) as caught:
        name(booking, 0, person("Ada Byron"))
    assert list(caught.value.fields) == [f"{booking.attendees[0].id}.is_prepared"]
    assert place_of(booking, 0).name == ""


def test_the_tick_is_kept_with_what_was_asked() -> None:
    booking = booked()
    name(booking, 0, person("Ada Byron", is_prepared=True))
    assert place_of(booking, 0).prerequisites_at is not None
    said = entries("booking:rename")[0].new_values
    assert said["prerequisites"] == SHOES and said["place"] == 1


def test_a_course_that_asks_for_nothing_needs_no_tick() -> None:
    """The control: the same name without the tick is taken where nothing is asked for."""
    booking = booked(prerequisites=None)
    name(booking, 0, person("Ada Byron"))
    assert (place_of(booking, 0).name, place_of(booking, 0).prerequisites_at) == ("Ada Byron", None)


def test_another_person_has_confirmed_nothing() -> None:
    booking = booked(person("Ada Byron", is_prepared=True))
    first = booking.attendees[0]
    done(lambda: bookings.rename_attendee(booking.id, first.id, person("Bo Hill"), ADMIN))
    assert place_of(booking, 0).prerequisites_at is None
    done(
        lambda: bookings.rename_attendee(booking.id, first.id, person("Cy Twombly", is_prepared=True), ADMIN)
    )
    assert place_of(booking, 0).prerequisites_at is not None


def test_the_same_person_with_another_address_keeps_it() -> None:
    booking = booked(person("Ada Byron", is_prepared=True))
    who = person("Ada Byron", email="ada@x.example")
    done(lambda: bookings.rename_attendee(booking.id, booking.attendees[0].id, who, ADMIN))
    assert place_of(booking, 0).prerequisites_at is not None


def test_who_changes_a_name_on_their_own_booking_says_it_again() -> None:
    booking = booked(person("Ada Byron", is_prepared=True))
    first = booking.attendees[0].id
    other = NewName(person("Bo Hill"), is_correction=False)
    with pytest.raises(Invalid) as caught:
        done(lambda: my_changing.name_place(booking.id, first, other, BOOKER))
    assert list(caught.value.fields) == ["is_prepared"]
    ticked = NewName(person("Bo Hill", is_prepared=True), is_correction=False)
    done(lambda: my_changing.name_place(booking.id, first, ticked, BOOKER))
    assert (place_of(booking, 0).name, place_of(booking, 0).prerequisites_at is not None) == ("Bo Hill", True)
    assert entries("booking:rename")[-1].new_values["prerequisites"] == SHOES


def test_a_misspelt_name_that_is_corrected_keeps_what_was_said() -> None:
    booking = booked(person("Ada Biron", is_prepared=True))
    corrected = NewName(person("Ada Byron"), is_correction=True)
    done(lambda: my_changing.name_place(booking.id, booking.attendees[0].id, corrected, BOOKER))
    assert (place_of(booking, 0).name, place_of(booking, 0).prerequisites_at is not None) == (
        "Ada Byron",
        True,
    )
