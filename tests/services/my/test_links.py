"""The link that opens one booking: in the mails to who booked it, kept nowhere, dead for anybody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from backoffice.database import db
from backoffice.models import Booking
from backoffice.services import letters, messages
from backoffice.services.my import links
from backoffice.services.reminders import names_link
from tests import factories
from tests.services.booked import ADMIN, done, fresh, person, placed

pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def booking() -> Booking:
    return placed(places=2, attendees=(person("Bo Diddley", email="bo@x.example"),))


def mail(booking: Booking, template: str, to: str | None = None, **data: str) -> letters.Written:
    """A mail about the booking, as it goes out."""
    queued = done(
        lambda: messages.queue(
            template,
            recipient=to or booking.contact_email,
            booking_id=booking.id,
            user_id=booking.customer_id,
            data=data,
            actor=ADMIN,
        )
    )
    assert queued is not None
    written = done(lambda: letters.write(queued))
    assert written is not None
    return written


def firm(booking: Booking) -> Booking:
    done(
        lambda: db.session.execute(update(Booking).where(Booking.id == booking.id).values(status="confirmed"))
    )
    return fresh(booking.id)


@pytest.mark.parametrize("template", sorted(links.MAILS))
def test_the_mails_to_who_booked_carry_it_and_what_is_kept_does_not(booking: Booking, template: str) -> None:
    if template != "booking_received":
        booking = firm(booking)
    written, url = mail(booking, template), links.url_of(booking)
    assert url in written.letter.text
    assert url in written.letter.html
    kept = str(written.to_keep)
    assert links.token_of(booking) not in kept
    assert "https://…" in kept


def test_an_attendee_gets_no_key_to_the_booking(booking: Booking) -> None:
    booking = firm(booking)
    attendee = str(booking.attendees[0].id)
    for template in ("joining_instructions", "reminder"):
        written = mail(booking, template, "bo@x.example", attendee_id=attendee)
        assert links.PAGE not in written.letter.text + written.letter.html


def test_another_address_gets_no_key(booking: Booking) -> None:
    written = mail(firm(booking), "booking_confirmed", "else@x.example")
    assert links.PAGE not in written.letter.text + written.letter.html


def test_it_opens_its_booking_and_ends_when_the_address_changes(booking: Booking) -> None:
    token = links.token_of(booking)
    found = links.find(token)
    assert found is not None and found.id == booking.id
    booking.contact_email = "new@x.example"
    db.session.commit()
    assert links.find(token) is None
    assert links.find(links.token_of(booking)) is not None


def test_it_ends_a_while_after_the_date(booking: Booking) -> None:
    token, ends = links.token_of(booking), booking.schedule.ends_at
    assert links.find(token, ends + timedelta(days=89)) is not None
    assert links.find(token, ends + timedelta(days=91)) is None


def test_a_changed_link_opens_nothing(booking: Booking) -> None:
    token = links.token_of(booking)
    other = placed(factories.make_schedule())
    mixed = token[:22] + links.token_of(other)[22:]
    wrong = [
        mixed,
        token[:-1],
        token + "A",
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        "",
        "é" * 44,
        "/" * 44,
    ]
    assert [each for each in wrong if links.find(each)] == []


def test_the_link_that_gives_names_does_not_open_it(booking: Booking) -> None:
    assert links.find(names_link.token_of(booking)) is None
    assert names_link.find(links.token_of(booking)) is None


def test_a_booking_without_an_address_has_no_link(booking: Booking) -> None:
    token = links.token_of(booking)
    booking.contact_email = None
    db.session.commit()
    assert links.find(token) is None
    assert links.find(links.token_of(booking)) is None
