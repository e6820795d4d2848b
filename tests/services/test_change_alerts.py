"""Who is told of a change: the booker, and attendees with an address of their own; once for each change."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.times import to_local
from backoffice.models import Booking, Message, Schedule
from backoffice.services import bookings, called_off, letters, reminders, schedules
from backoffice.services.bookings import Move
from backoffice.services.called_off import CallOff
from backoffice.services.schedules import Day
from tests import factories
from tests.services.booked import ADMIN, done, fresh, person, placed

pytestmark = pytest.mark.usefixtures("tenant")
ADA = person("Ada Byron", email="ada@x.example")


def booked(**more: Any) -> Booking:
    """Alice's booking of three places: Ada has an address, Alice has the booker's, the third has none."""
    people = (ADA, person("Alice Cox", email="alice@x.example"), person("Bo Diddley"))
    return placed(factories.make_schedule(**more), 3, "cash", attendees=people)


def mails(template: str) -> list[Message]:
    db.session.expire_all()
    return list(db.session.scalars(select(Message).where(Message.template == template).order_by(Message.id)))


def days_of(schedule: Schedule, by: timedelta = timedelta()) -> list[Day]:
    local = [to_local(at + by, schedule.time_zone) for at in (schedule.starts_at, schedule.ends_at)]
    return [(local[0].date(), local[0].time(), local[1].time())]


def reschedule(schedule_id: UUID, by: timedelta = timedelta(), **more: Any) -> None:
    schedule = db.session.get_one(Schedule, schedule_id)
    values: dict[str, Any] = {"venue_id": schedule.venue_id, "instructor_ids": ()} | more
    days = days_of(schedule, by)
    done(lambda: schedules.reschedule(schedule_id, days, values["venue_id"], values["instructor_ids"], ADMIN))


@pytest.mark.parametrize("what", ["time", "place", "instructor"])
def test_a_change_is_told_to_the_booker_and_to_attendees_with_an_address(what: str) -> None:
    booking = booked()
    changes: dict[str, dict[str, Any]] = {
        "time": {"by": timedelta(days=1)},
        "place": {"venue_id": factories.make_venue(name="Old Mill").id},
        "instructor": {"instructor_ids": [factories.make_instructor(name="Ida Rhodes").id]},
    }
    reschedule(booking.schedule_id, **changes[what])
    [to_booker], [to_ada] = mails("booking_changed"), mails("date_changed")
    assert (to_booker.recipient, to_ada.recipient) == ("alice@x.example", "ada@x.example")
    word = {"time": "New time", "place": "New place: Old Mill", "instructor": "Instructor: Ida Rhodes"}[what]
    assert word in to_booker.data["note"] and word in to_ada.data["note"]


def test_the_same_change_again_tells_nobody_again() -> None:
    booking = booked()
    teacher = factories.make_instructor().id
    for _ in range(2):
        reschedule(booking.schedule_id, instructor_ids=[teacher])
    assert len(mails("booking_changed")) == len(mails("date_changed")) == 1


def test_each_further_change_is_told() -> None:
    booking = booked()
    for number in (1, 2):
        reschedule(booking.schedule_id, instructor_ids=[factories.make_instructor(name=f"T{number}").id])
    assert len(mails("booking_changed")) == len(mails("date_changed")) == 2


def test_another_order_of_the_instructors_is_no_news() -> None:
    booking = booked()
    pair = [factories.make_instructor().id for _ in range(2)]
    reschedule(booking.schedule_id, instructor_ids=pair)
    reschedule(booking.schedule_id, instructor_ids=pair[::-1])
    assert len(mails("booking_changed")) == 1


def test_places_that_are_only_held_are_told_to_the_booker_alone() -> None:
    booking = placed(factories.make_schedule(), 1, attendees=(ADA,))
    reschedule(booking.schedule_id, instructor_ids=[factories.make_instructor().id])
    assert (len(mails("booking_changed")), mails("date_changed")) == (1, [])


def test_an_attendees_mail_says_no_price_and_nobody_elses_name() -> None:
    booking = booked()
    reschedule(booking.schedule_id, timedelta(days=1))
    written = done(lambda: letters.write(mails("date_changed")[0].id))
    assert written is not None
    text = written.letter.text + written.letter.html
    for private in ("£", "Alice", "Bo Diddley"):
        assert private not in text
    assert "Dear Ada Byron" in text and written.letter.calendar


def test_a_moved_booking_is_told_to_its_attendees() -> None:
    booking = booked()
    other = factories.make_schedule(starts_at=booking.starts_at + timedelta(days=5))
    done(lambda: bookings.move(booking.id, Move(other.id, "keep", "Agreed"), ADMIN))
    assert [message.recipient for message in mails("date_changed")] == ["ada@x.example"]


def test_a_cancelled_booking_is_told_to_its_attendees() -> None:
    booking = booked()
    done(lambda: bookings.cancel(booking.id, "Ill", ADMIN))
    [mail] = mails("place_cancelled")
    written = done(lambda: letters.write(mail.id))
    assert written is not None and "do not come" in written.letter.text
    assert "METHOD:CANCEL" in (written.letter.calendar or "")


def test_a_cancelled_place_is_told_to_whose_it_was() -> None:
    booking = booked()
    done(lambda: bookings.cancel_attendees(booking.id, [booking.attendees[0].id], "Ill", ADMIN))
    [mail] = mails("place_cancelled")
    assert mail.recipient == "ada@x.example"
    assert reminders.why_unwanted(mail) is None


def test_a_cancelled_place_of_somebody_else_is_not_adas_news() -> None:
    booking = booked()
    done(lambda: bookings.cancel_attendees(booking.id, [booking.attendees[2].id], "Ill", ADMIN))
    assert mails("place_cancelled") == []


def test_a_date_that_is_called_off_is_told_to_attendees() -> None:
    booking = booked()
    deadline = fresh(booking.id).starts_at - timedelta(days=3)
    wanted = CallOff(reason="The trainer is ill.", deadline_at=deadline)
    done(lambda: called_off.call_off(booking.schedule_id, wanted, ADMIN))
    [mail] = mails("place_cancelled")
    assert (mail.recipient, mail.data["note"]) == ("ada@x.example", "The trainer is ill.")


def test_a_mail_for_somebody_who_gave_up_the_place_is_not_sent() -> None:
    booking = booked()
    reschedule(booking.schedule_id, timedelta(days=1))
    place = fresh(booking.id).attendees[0].id
    done(lambda: bookings.rename_attendee(booking.id, place, person("Cy Young"), ADMIN))
    assert "somebody else" in (reminders.why_unwanted(mails("date_changed")[0]) or "")
