"""A mail to everybody of a date: who gets it, how it is sent, and that it can be stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.domain.errors import Changed, DomainError, Forbidden, Invalid, NotFound, Refused
from backoffice.jobs import reminding
from backoffice.models import Attendee, Booking, BulkMail, Message
from backoffice.services import bookings, bulk_mails, letters, messages, sending
from backoffice.services.bookings import Move
from backoffice.services.bulk_mails import BATCH, PAUSE, Draft
from backoffice.services.bulk_mails import sending as bulk_sending
from backoffice.services.bulk_mails.sending import MOVED, STOPPED
from backoffice.services.customers import CustomerIn
from tests import factories
from tests.jobs.bookings import book
from tests.services.booked import ADMIN, MANAGER, OFFICE, done, entries, person

pytestmark = pytest.mark.usefixtures("tenant")
TEXT = "{{ greeting }}\n\nThe car park is closed. {{ course }}"


def draft(schedule_id: UUID, audience: str = "both", **more: str) -> BulkMail:
    values = {"subject": "Parking, {{ starts }}", "body": TEXT} | more
    return done(lambda: bulk_mails.create(schedule_id, Draft(audience=audience, **values), OFFICE))


def send(bulk: BulkMail) -> BulkMail:
    bulk_id, version = bulk.id, bulk.version
    return done(lambda: bulk_mails.send(bulk_id, OFFICE, version=version))


def queued(bulk: BulkMail) -> list[Message]:
    db.session.expire_all()
    found = select(Message).where(Message.data["bulk_id"].astext == str(bulk.id)).order_by(Message.recipient)
    return list(db.session.scalars(found))


def recipients(bulk: BulkMail) -> list[str]:
    return [each.recipient for each in queued(bulk)]


def many(schedule_id: UUID, count: int) -> None:
    for number in range(count):
        book(f"p{number:03}@x.example", schedule_id=schedule_id)


def hall(capacity: int = 200) -> UUID:
    venue = factories.make_venue(capacity=capacity)
    return factories.make_schedule(venue=venue, capacity=capacity).id


# --- Who ---


def mixed() -> UUID:
    """Two bookings of one booker, one with attendees, one cancelled, one without an address, one elsewhere."""
    schedule_id = hall()
    book("jane@x.example", schedule_id=schedule_id)
    people = (
        person("Sam Poe", email="sam@x.example"),
        person("Jane Doe", email="JANE@x.example"),
        person("No Mail"),
    )
    book("jane@x.example", schedule_id=schedule_id, places=3, attendees=people)
    book("bob@x.example", schedule_id=schedule_id, attendees=(person("Sam Poe", email="sam@x.example"),))
    gone = book("gone@x.example", schedule_id=schedule_id)
    done(lambda: bookings.cancel(gone, "Ill", ADMIN))
    book(None, schedule_id=schedule_id, attendees=(person("Late Riser", email="late@x.example"),))
    book("other@x.example")
    return schedule_id


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        ("bookers", ["bob@x.example", "jane@x.example"]),
        ("attendees", ["jane@x.example", "late@x.example", "sam@x.example"]),
        ("both", ["bob@x.example", "jane@x.example", "late@x.example", "sam@x.example"]),
    ],
)
def test_one_address_gets_one_mail(audience: str, expected: list[str]) -> None:
    bulk = draft(mixed(), audience)
    assert bulk_mails.count_people(bulk) == len(expected)
    assert sorted(each.recipient for each in bulk_mails.list_people(bulk, 50)) == expected
    assert recipients(send(bulk)) == expected


def test_whoever_booked_gets_the_bookings_words_and_an_attendee_their_own() -> None:
    bulk = send(draft(mixed(), body="{{ greeting }} {{ total }}"))
    said = {}
    for message in queued(bulk):
        written = done(lambda: letters.write(message.id))  # noqa: B023 - called at once
        assert written is not None
        said[message.recipient] = written.letter.text
    assert "Dear Jane Doe, £75.00" in said["jane@x.example"]
    assert "Dear Sam Poe," in said["sam@x.example"] and "£" not in said["sam@x.example"]


def test_a_cancelled_place_gets_no_mail() -> None:
    schedule_id = hall()
    people = (person("Ann One", email="ann@x.example"), person("Ben Two", email="ben@x.example"))
    booking = db.session.get_one(
        Booking, book("jane@x.example", schedule_id=schedule_id, places=2, attendees=people)
    )
    ann = next(each.id for each in booking.attendees if each.first_name == "Ann")
    booking_id = booking.id
    done(lambda: bookings.cancel_attendees(booking_id, [ann], "Ill", ADMIN))
    assert recipients(send(draft(schedule_id))) == ["ben@x.example", "jane@x.example"]


def test_a_date_that_nobody_is_on_is_not_written_to() -> None:
    bulk = draft(hall())
    with pytest.raises(Refused, match="Nobody"):
        send(bulk)
    with pytest.raises(Refused, match="Nobody"):
        done(lambda: bulk_mails.send_test(bulk.id, factories.actor("office", factories.make_user("office"))))
    assert bulk_mails.get(bulk.id).status == "draft"


# --- The draft ---


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"body": " "}, "body"),
        ({"subject": "x" * 151}, "subject"),
        ({"body": "x" * 8001}, "body"),
        ({"body": "{{ ''.__class__ }}"}, "body"),
        ({"body": "{{ link }}"}, "body"),
        ({"body": "{% for x in y %}"}, "body"),
        ({"body": "a\0b"}, "body"),
        ({"body": "[x](javascript:1)"}, "body"),
        ({"subject": "{{ details }}"}, "subject"),
        ({"audience": "all"}, "audience"),
        ({"audience": ""}, "audience"),
    ],
)
def test_each_wrong_field_has_a_sentence(more: dict[str, str], field: str) -> None:
    schedule_id = hall()
    with pytest.raises(Invalid) as refused:
        draft(schedule_id, **{"audience": "both"} | more)
    assert list(refused.value.fields) == [field]
    assert db.session.scalars(select(BulkMail)).all() == []


def test_a_draft_sends_nothing_and_can_be_changed() -> None:
    schedule_id = hall()
    many(schedule_id, 2)
    bulk = draft(schedule_id)
    version = bulk.version
    changed = done(
        lambda: bulk_mails.edit(bulk.id, Draft("New", "Words", "bookers"), OFFICE, version=version)
    )
    assert (changed.subject, changed.audience, queued(bulk)) == ("New", "bookers", [])
    with pytest.raises(Changed):
        done(lambda: bulk_mails.edit(bulk.id, Draft("Old", "Words", "both"), OFFICE, version=version))
    with pytest.raises(Changed):  # nobody sends what they have not seen
        done(lambda: bulk_mails.send(bulk.id, OFFICE, version=version))
    assert [each.new_values for each in entries("bulk_mail:edit")] == [
        {"subject": "New", "text": "Words", "audience": "bookers"}
    ]


def test_it_is_sent_once() -> None:
    schedule_id = hall()
    many(schedule_id, 3)
    bulk = draft(schedule_id)
    send(bulk)
    version = bulk_mails.get(bulk.id).version
    for work in (
        lambda: bulk_mails.send(bulk.id, OFFICE, version=version),
        lambda: bulk_mails.edit(bulk.id, Draft("x", "y", "both"), OFFICE, version=version),
    ):
        with pytest.raises(Refused, match="on its way already"):
            done(work)
    assert len(queued(bulk)) == 3


def test_only_whoever_may_send_messages_writes_to_a_date() -> None:
    schedule_id = hall()
    many(schedule_id, 1)
    bulk = draft(schedule_id)
    for work in (
        lambda: bulk_mails.create(schedule_id, Draft("x", "y", "both"), MANAGER),
        lambda: bulk_mails.edit(bulk.id, Draft("x", "y", "both"), MANAGER, version=1),
        lambda: bulk_mails.send(bulk.id, MANAGER, version=1),
        lambda: bulk_mails.send_test(bulk.id, MANAGER),
        lambda: bulk_mails.stop(bulk.id, MANAGER),
    ):
        with pytest.raises(Forbidden):
            done(work)


def test_what_is_not_there_is_not_found() -> None:
    nothing = UUID(int=1)
    for work in (
        lambda: bulk_mails.create(nothing, Draft("x", "y", "both"), OFFICE),
        lambda: bulk_mails.edit(nothing, Draft("x", "y", "both"), OFFICE, version=1),
        lambda: bulk_mails.send(nothing, OFFICE, version=1),
        lambda: bulk_mails.stop(nothing, OFFICE),
        lambda: bulk_mails.send_test(nothing, OFFICE),
        lambda: bulk_mails.get(nothing),
    ):
        with pytest.raises(NotFound):
            done(work)


def test_a_test_goes_to_oneself_alone_and_counts_for_nothing() -> None:
    schedule_id = hall()
    many(schedule_id, 2)
    bulk = draft(schedule_id)
    user = factories.make_user("office", email="clerk@x.example", first_name="Olive", last_name="Park")
    assert done(lambda: bulk_mails.send_test(bulk.id, factories.actor("office", user))) == "clerk@x.example"
    done(lambda: bulk_mails.send_test(bulk.id, factories.actor("office", user)))
    first, _ = queued(bulk)
    written = done(lambda: letters.write(first.id))
    assert written is not None
    assert written.letter.subject.startswith("Test: Parking, ") and "Dear Olive Park," in written.letter.text
    assert bulk_mails.progress_of(bulk).sent == 0
    assert len(queued(send(bulk))) == 2 + 2


# --- Sending ---


def test_fifty_a_minute() -> None:
    schedule_id = hall()
    many(schedule_id, BATCH + 3)
    bulk = send(draft(schedule_id))
    began = bulk.sent_at
    assert began is not None
    assert (bulk.status, bulk.queued, bulk.total, len(queued(bulk))) == ("sending", 50, 53, 50)
    assert done(lambda: bulk_mails.queue_due(began + PAUSE - timedelta(seconds=1))) == 0
    assert done(lambda: bulk_mails.queue_due(began + PAUSE + timedelta(seconds=1))) == 3
    bulk = bulk_mails.get(bulk.id)
    assert (bulk.status, bulk.queued, bulk.total, bulk.next_batch_at) == ("done", 53, 53, None)
    assert done(lambda: bulk_mails.queue_due(began + timedelta(days=1))) == 0
    assert len(set(recipients(bulk))) == 53


def test_whoever_dies_within_a_batch_has_queued_nobody() -> None:
    schedule_id = hall()
    many(schedule_id, 3)
    bulk = draft(schedule_id)
    bulk_id, version = bulk.id, bulk.version

    def dying() -> None:
        bulk_mails.send(bulk_id, OFFICE, version=version)
        assert len(queued(bulk)) == 3
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        done(dying)
    assert queued(bulk) == [] and bulk_mails.get(bulk_id).status == "draft"
    assert (
        bulk_mails.progress_of(done(lambda: bulk_mails.send(bulk_id, OFFICE, version=version))).waiting == 3
    )


def test_the_job_queues_the_batches_of_every_provider() -> None:
    schedule_id = hall()
    many(schedule_id, BATCH + 1)
    bulk = send(draft(schedule_id))
    due = update(BulkMail).values(next_batch_at=datetime.now(UTC) - timedelta(seconds=1))
    done(lambda: db.session.execute(due))
    assert reminding.queue_bulk_mails() == 1
    assert reminding.queue_bulk_mails() == 0
    assert len(queued(bulk)) == BATCH + 1


def test_whoever_books_meanwhile_gets_it_and_whoever_cancels_does_not() -> None:
    schedule_id = hall()
    many(schedule_id, BATCH + 2)
    bulk = send(draft(schedule_id))
    had_it = set(recipients(bulk))
    late = book("late@x.example", schedule_id=schedule_id)
    assert late
    waiting = db.session.scalars(
        select(Booking).where(Booking.schedule_id == schedule_id, Booking.contact_email.not_in(had_it))
    ).all()
    gone = next(each for each in waiting if each.contact_email != "late@x.example")
    gone_id, gone_email = gone.id, gone.contact_email
    done(lambda: bookings.cancel(gone_id, "Ill", ADMIN))
    done(lambda: bulk_mails.queue_due(datetime.now(UTC) + timedelta(minutes=2)))
    assert "late@x.example" in recipients(bulk) and gone_email not in recipients(bulk)
    assert bulk_mails.get(bulk.id).total == BATCH + 2


@pytest.mark.parametrize("how", ["cancelled", "moved", "place"])
def test_who_left_before_it_went_out_does_not_get_it(how: str) -> None:
    schedule_id = hall()
    people = (person("Ann One", email="ann@x.example"), person("Ben Two"))
    booking_id = book("jane@x.example", schedule_id=schedule_id, places=2, attendees=people)
    bulk = send(draft(schedule_id))
    messages_of = {each.recipient: each.id for each in queued(bulk)}
    if how == "cancelled":
        done(lambda: bookings.cancel(booking_id, "Ill", ADMIN))
    elif how == "moved":
        other = factories.make_schedule().id
        done(lambda: bookings.move(booking_id, Move(other, "keep", "Ill", send_mail=False), ADMIN))
    else:
        ann = db.session.scalars(select(Attendee.id).where(Attendee.email == "ann@x.example")).one()
        done(lambda: bookings.cancel_attendees(booking_id, [ann], "Ill", ADMIN))
    written = done(lambda: letters.write(messages_of["ann@x.example"]))
    assert written is None
    message = db.session.get_one(Message, messages_of["ann@x.example"], populate_existing=True)
    assert (message.status, message.is_overtaken) == ("failed", True)
    if how == "moved":
        assert message.last_error == MOVED


def test_words_that_cannot_be_written_are_not_sent() -> None:
    schedule_id = hall()
    many(schedule_id, 1)
    bulk = send(draft(schedule_id))
    done(lambda: db.session.execute(update(BulkMail).values(body="{{ gone }}")))
    (message,) = queued(bulk)
    with pytest.raises(Refused, match="gone"):
        done(lambda: letters.write(message.id))


# --- Stopping ---


def test_stopping_keeps_back_what_has_not_left() -> None:
    schedule_id = hall()
    many(schedule_id, BATCH + 5)
    bulk = send(draft(schedule_id))
    first = queued(bulk)[0].id
    done(lambda: messages.mark_sent(first))
    assert done(lambda: bulk_mails.stop(bulk.id, OFFICE)) == BATCH + 4
    rows = queued(bulk)
    assert [each.status for each in rows].count("failed") == BATCH - 1
    assert {each.last_error for each in rows if each.status == "failed"} == {STOPPED}
    assert db.session.scalars(select(Message).where(messages.needs_attention())).all() == []
    assert done(lambda: bulk_mails.queue_due(datetime.now(UTC) + timedelta(days=1))) == 0
    assert len(queued(bulk)) == BATCH
    now = bulk_mails.progress_of(bulk_mails.get(bulk.id))
    assert (now.total, now.sent, now.waiting, now.not_sent) == (BATCH + 5, 1, 0, BATCH + 4)
    with pytest.raises(Refused):
        done(lambda: bulk_mails.stop(bulk.id, OFFICE))
    assert entries("bulk_mail:stop")[0].new_values == {"kept_back": BATCH + 4}


def test_what_is_queued_already_can_be_stopped_after_the_last_batch() -> None:
    schedule_id = hall()
    many(schedule_id, 3)
    bulk = send(draft(schedule_id))
    assert bulk.status == "done"
    assert done(lambda: bulk_mails.stop(bulk.id, OFFICE)) == 3
    assert bulk_mails.get(bulk.id).status == "stopped"


def test_what_has_gone_out_cannot_be_stopped() -> None:
    schedule_id = hall()
    many(schedule_id, 2)
    bulk = send(draft(schedule_id))
    for message in queued(bulk):
        done(lambda: messages.mark_sent(message.id))  # noqa: B023 - called at once
    with pytest.raises(Refused, match="waiting"):
        done(lambda: bulk_mails.stop(bulk.id, OFFICE))
    with pytest.raises(Refused):
        done(lambda: bulk_mails.stop(draft(schedule_id).id, OFFICE))


def claimed_and_stopped() -> tuple[BulkMail, list[UUID]]:
    """A worker has claimed three mails, and then somebody presses stop."""
    schedule_id = hall()
    many(schedule_id, 3)
    bulk = send(draft(schedule_id))
    ids = [each.id for each in queued(bulk)]
    assert len(done(lambda: sending.claim_new(ids))) == 3
    done(lambda: bulk_mails.stop(bulk.id, OFFICE))
    return bulk, ids


def test_what_a_worker_has_claimed_but_not_written_is_stopped_too() -> None:
    bulk, ids = claimed_and_stopped()
    assert {each.status for each in queued(bulk)} == {"queued"}  # left to the worker that holds them
    assert done(lambda: letters.write_many(ids)) == {}  # never written beforehand
    assert [done(lambda: letters.write(each)) for each in ids] == [None] * 3  # noqa: B023
    assert {(each.status, each.last_error) for each in queued(bulk)} == {("failed", STOPPED)}


def test_without_the_last_question_the_claimed_ones_would_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(bulk_mails, "why_unwanted", lambda message: None)
    _, ids = claimed_and_stopped()
    assert all(done(lambda: letters.write(each)) is not None for each in ids)  # noqa: B023


def test_a_mail_that_waits_for_its_next_try_is_stopped() -> None:
    schedule_id = hall()
    many(schedule_id, 1)
    bulk = send(draft(schedule_id))
    (message,) = queued(bulk)
    done(lambda: messages.claim(message.id))
    done(lambda: messages.postpone(message.id, "The server is busy."))
    assert done(lambda: bulk_mails.stop(bulk.id, OFFICE)) == 1
    assert queued(bulk)[0].status == "failed"


def test_the_database_keeps_status_and_next_batch_together() -> None:
    schedule_id = hall()
    many(schedule_id, 1)
    bulk = draft(schedule_id)
    for values in (
        {"status": "sending"},
        {"status": "gone"},
        {"audience": "all"},
        {"queued": 2},
        {"subject": " "},
        {"body": ""},
    ):
        with pytest.raises(DomainError):
            done(lambda: db.session.execute(update(BulkMail).where(BulkMail.id == bulk.id).values(values)))  # noqa: B023


def test_the_longest_address_fits_the_key() -> None:
    address = f"{'a' * 60}@{'.'.join(['b' * 60] * 3)}.example"
    schedule_id = hall()
    done(
        lambda: bookings.place(
            bookings.Order(
                schedule_id=schedule_id,
                places=1,
                customer=CustomerIn(first_name="Long", last_name="Name", email=address),
                payment_method="cash",
                attendees=(person("Long Name"),),
            ),
            ADMIN,
        )
    )
    bulk = send(draft(schedule_id))
    assert recipients(bulk) == [address]
    assert bulk_sending.progress_of(bulk).waiting == 1
