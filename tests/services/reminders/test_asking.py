"""Asking for the names by hand, what the office sees of it, and joining instructions for who is named late."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, Refused
from backoffice.models import Booking, Message, Tenant
from backoffice.services import bookings, letters, reminders, work_queues
from backoffice.services.bookings import naming
from backoffice.services.reminders import names_link
from backoffice.services.work_queues import Day
from tests import factories
from tests.services.booked import ADMIN, done, entries, fresh, person, placed
from tests.services.reminders.helpers import queued

pytestmark = pytest.mark.usefixtures("tenant")
BOOKER = Actor("customer", name="Visitor")


def nameless(**more: Any) -> Booking:
    return placed(factories.make_schedule(), 2, "cash", **more)


def sent(template: str) -> None:
    values = {"status": "sent", "sent_at": datetime.now(UTC)}
    done(lambda: db.session.execute(update(Message).where(Message.template == template).values(values)))


def test_the_booker_is_asked_once_a_day() -> None:
    booking = nameless()
    done(lambda: reminders.ask_for_names(booking.id, ADMIN))
    with pytest.raises(Refused, match="today"):
        done(lambda: reminders.ask_for_names(booking.id, ADMIN))
    done(lambda: reminders.ask_for_names(booking.id, ADMIN, datetime.now(UTC) + timedelta(days=1)))
    assert len(queued("names_missing")) == 2
    assert len(entries("booking:ask_names")) == 2


def test_nobody_is_asked_for_names_that_are_there() -> None:
    booking = placed(factories.make_schedule(), 1, "cash", attendees=(person("Ada Byron"),))
    with pytest.raises(Refused, match="No name is missing"):
        done(lambda: reminders.ask_for_names(booking.id, ADMIN))


def test_without_an_address_the_office_calls() -> None:
    booking = nameless()
    done(lambda: db.session.execute(update(Booking).values(contact_email=None)))
    with pytest.raises(Refused, match="call instead"):
        done(lambda: reminders.ask_for_names(booking.id, ADMIN))


def test_an_instructor_may_not_ask() -> None:
    booking = nameless()
    with pytest.raises(Forbidden):
        done(lambda: reminders.ask_for_names(booking.id, factories.actor("instructor")))


def test_a_mail_is_not_sent_once_the_names_are_there() -> None:
    booking = nameless()
    done(lambda: reminders.ask_for_names(booking.id, ADMIN))
    places = {each.id: person("Ada Byron") for each in booking.attendees}
    done(lambda: naming.give_names(booking.id, places, BOOKER))
    assert done(lambda: letters.write(queued("names_missing")[0].id)) is None
    assert queued("names_missing")[0].is_overtaken


def test_the_office_sees_how_often_they_were_asked(tenant: Tenant) -> None:
    soon = factories.make_schedule(starts_at=datetime.now(UTC) + timedelta(days=3))
    booking = placed(soon, 2, "cash")
    assert (reminders.asked(booking.id).times, line_of(tenant)) == (0, "not asked yet")
    done(lambda: reminders.ask_for_names(booking.id, ADMIN))
    sent("names_missing")
    assert reminders.asked(booking.id).times == 1
    assert line_of(tenant).startswith("asked on ")


def line_of(tenant: Tenant) -> str:
    queue = work_queues.find_queue("names", ADMIN)
    assert queue is not None
    [line] = work_queues.list_queue(queue, Day.of(datetime.now(UTC), tenant))
    return line.what.partition(": ")[2]


def test_who_is_named_late_gets_the_joining_instructions() -> None:
    booking = nameless()
    first, second = (each.id for each in booking.attendees)
    ada, bo = person("Ada Byron", email="ada@x.example"), person("Bo Diddley", email="bo@x.example")
    done(lambda: naming.give_names(booking.id, {first: ada}, BOOKER))
    assert queued("joining_instructions") == []
    factories.add(
        Message(
            template="joining_instructions", recipient="alice@x.example", booking_id=booking.id, status="sent"
        )
    )
    done(lambda: naming.give_names(booking.id, {second: bo}, BOOKER))
    assert [message.recipient for message in queued("joining_instructions")] == [
        "alice@x.example",
        "bo@x.example",
    ]


def test_who_takes_over_a_place_late_gets_them_too() -> None:
    booking = nameless()
    factories.add(
        Message(
            template="joining_instructions", recipient="alice@x.example", booking_id=booking.id, status="sent"
        )
    )
    place = booking.attendees[0].id
    for name in ("Ada Byron", "Ada Byron-King"):
        who = person(name, email="ada@x.example")
        done(partial(bookings.rename_attendee, booking.id, place, who, ADMIN))
    assert [message.recipient for message in queued("joining_instructions")] == [
        "alice@x.example",
        "ada@x.example",
    ]


def test_the_confirmation_carries_the_link_where_names_are_missing() -> None:
    booking = placed(factories.make_schedule(), 2, "cash", send_mail=True, attendees=(person("Ada Byron"),))
    [mail] = queued("booking_confirmed")
    written = done(lambda: letters.write(mail.id))
    assert written is not None
    link = names_link.PAGE + names_link.token_of(fresh(booking.id))
    assert link in written.letter.text and link in written.letter.html
    assert "name of 1 place is still missing" in written.letter.text
    assert link not in str(written.to_keep["body_text"]) + str(written.to_keep["body_html"])


def test_the_confirmation_of_a_complete_booking_asks_for_nothing() -> None:
    placed(factories.make_schedule(), 1, "cash", send_mail=True, attendees=(person("Ada Byron"),))
    written = done(lambda: letters.write(queued("booking_confirmed")[0].id))
    assert written is not None and "missing" not in written.letter.text
    assert names_link.PAGE not in written.letter.text
