"""What happens to a booking after it was placed: each verb with what it refuses, writes down and mails."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.errors import Changed, Forbidden, Invalid, NotFound, Refused
from backoffice.models import AuditEvent, WorkItem
from backoffice.services import bookings, payments, work_items
from backoffice.services.bookings import BookingEdit
from backoffice.services.payments import PaymentIn
from tests import factories
from tests.services.booked import (
    MANAGER,
    OFFICE,
    done,
    entries,
    fresh,
    mails,
    person,
    placed,
    seats_taken,
)

pytestmark = pytest.mark.usefixtures("tenant")

Verb = Callable[..., Any]


# --- Confirm ---


def test_a_pending_booking_is_confirmed_on_somebodys_word() -> None:
    booking = placed()
    done(lambda: bookings.confirm(booking.id, OFFICE))
    booking = fresh(booking.id)
    assert (booking.status, booking.payment_status, booking.hold_expires_at) == ("confirmed", "unpaid", None)
    assert booking.confirmed_at is not None
    (entry,) = entries("booking:confirm")
    assert (entry.old_values, entry.new_values) == ({"status": "pending"}, {"status": "confirmed"})
    assert mails() == ["booking_confirmed"]


def test_a_confirmed_booking_is_not_confirmed_twice() -> None:
    booking = placed(method="cash")
    with pytest.raises(Refused, match="confirmed and cannot become confirmed"):
        done(lambda: bookings.confirm(booking.id, OFFICE))
    assert entries("booking:confirm") == [] and mails() == []


# --- Cancel ---


def test_a_cancelled_booking_gives_its_places_back_at_once() -> None:
    schedule = factories.make_schedule(capacity=3)
    booking = placed(schedule, 3)
    done(lambda: bookings.cancel(booking.id, "Changed plans", OFFICE))
    booking = fresh(booking.id)
    assert (booking.status, booking.cancellation_reason) == ("cancelled", "Changed plans")
    assert booking.cancelled_at is not None and booking.hold_expires_at is None
    assert seats_taken(schedule.id) == 0
    assert placed(schedule, 3).seats == 3


def test_a_cancellation_is_written_down_and_mailed_with_its_calendar_number() -> None:
    booking = placed()
    done(lambda: bookings.cancel(booking.id, "Changed plans", OFFICE))
    (entry,) = entries("booking:cancel")
    assert entry.old_values == {"status": "pending"}
    assert entry.new_values == {"status": "cancelled", "reason": "Changed plans"}
    assert mails() == ["booking_cancelled"]
    assert fresh(booking.id).calendar_sequence == 1


def test_a_cancellation_without_a_mail_sends_none() -> None:
    booking = placed()
    done(lambda: bookings.cancel(booking.id, "A slip", OFFICE, send_mail=False))
    assert mails() == []


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_cancellation_needs_a_reason_of_a_sensible_length(reason: str) -> None:
    booking = placed()
    with pytest.raises(Invalid) as refused:
        done(lambda: bookings.cancel(booking.id, reason, OFFICE))
    assert refused.value.field == "reason"
    assert fresh(booking.id).status == "pending"


def test_what_is_cancelled_is_not_cancelled_again() -> None:
    booking = placed()
    done(lambda: bookings.cancel(booking.id, "Ill", OFFICE))
    with pytest.raises(Refused):
        done(lambda: bookings.cancel(booking.id, "Ill", OFFICE))
    assert len(entries("booking:cancel")) == 1


def test_cancelling_keeps_the_money_where_it_is() -> None:
    booking = placed(places=2, method="cash")
    done(lambda: bookings.cancel(booking.id, "Ill", OFFICE))
    booking = fresh(booking.id)
    assert (booking.paid_minor, booking.refunded_minor, booking.due_minor) == (150_00, 0, -150_00)


# --- Cancel single places ---


def test_single_places_are_cancelled_with_their_share_of_the_price() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, 3, "cash")
    leaving = booking.attendees[1].id
    done(lambda: bookings.cancel_attendees(booking.id, [leaving], "Ill", OFFICE))
    booking = fresh(booking.id)
    assert (booking.status, booking.seats, booking.total_minor) == ("confirmed", 2, 150_00)
    assert seats_taken(schedule.id) == 2
    (entry,) = entries("booking:cancel_places")
    assert entry.old_values == {"total_minor": 225_00}
    assert entry.new_values["total_minor"] == 150_00
    assert mails() == ["booking_changed"]


def test_the_last_place_cancels_the_booking() -> None:
    booking = placed(places=2)
    ids = [attendee.id for attendee in booking.attendees]
    done(lambda: bookings.cancel_attendees(booking.id, ids, "Ill", OFFICE))
    assert fresh(booking.id).status == "cancelled"
    assert mails() == ["booking_cancelled"]


def test_a_place_is_not_cancelled_twice_and_no_strangers_place_is() -> None:
    booking, other = placed(places=3), placed()
    gone = booking.attendees[0].id
    done(lambda: bookings.cancel_attendees(booking.id, [gone], "Ill", OFFICE))
    for wrong in ([gone], [other.attendees[0].id], []):
        with pytest.raises(Invalid) as refused:
            done(partial(bookings.cancel_attendees, booking.id, wrong, "Ill", OFFICE))
        assert refused.value.field == "attendees"
    assert (fresh(booking.id).seats, fresh(other.id).seats) == (2, 1)


def test_places_of_a_finished_booking_stay() -> None:
    booking = placed(places=2)
    done(lambda: bookings.cancel(booking.id, "Ill", OFFICE))
    one = fresh(booking.id).attendees[0].id
    with pytest.raises(Refused, match="cannot be changed"):
        done(lambda: bookings.cancel_attendees(booking.id, [one], "Ill", OFFICE))


def test_a_booking_whose_remaining_places_are_paid_is_firm() -> None:
    booking = placed(places=2)
    money = PaymentIn("cash", booking.total_minor // 2, (booking.id,), send_mail=False)
    done(lambda: payments.take(money, OFFICE))
    leaving = [fresh(booking.id).attendees[1].id]
    done(lambda: bookings.cancel_attendees(booking.id, leaving, "Ill", OFFICE))
    booking = fresh(booking.id)
    assert (booking.status, booking.due_minor, booking.hold_expires_at) == ("confirmed", 0, None)


# --- Names ---


def test_a_place_gets_its_name_later() -> None:
    booking = placed()
    attendee_id = booking.attendees[0].id
    assert booking.unnamed_places == 1
    who = person("Sam Lee", email="Sam@X.example", phone="07700 900123", birth_date=date(1990, 5, 1))
    done(lambda: bookings.rename_attendee(booking.id, attendee_id, who, OFFICE))
    attendee = fresh(booking.id).attendees[0]
    assert attendee.booking.unnamed_places == 0
    assert (attendee.name, attendee.email, attendee.phone) == ("Sam Lee", "sam@x.example", "+447700900123")
    assert attendee.birth_date == "1990-05-01"
    (entry,) = entries("booking:rename")
    assert (entry.new_values["first_name"], entry.new_values["place"]) == ("Sam", 1)
    assert "1990" not in str(entry.new_values)


def test_another_name_is_another_person() -> None:
    booking = placed(attendees=(person("", is_customer=True),))
    assert booking.attendees[0].user_id == booking.customer_id
    done(lambda: bookings.rename_attendee(booking.id, booking.attendees[0].id, person("Sam Lee"), OFFICE))
    assert fresh(booking.id).attendees[0].user_id is None


def test_nobody_proves_to_be_on_a_date_twice_by_being_renamed() -> None:
    schedule = factories.make_schedule()
    placed(schedule, attendees=(person("", is_customer=True),))
    second = placed(schedule)
    me = person("Alice Cox", is_customer=True)
    with pytest.raises(Refused, match="already has a place"):
        done(lambda: bookings.rename_attendee(second.id, second.attendees[0].id, me, OFFICE))


def test_another_person_keeps_nothing_of_the_first() -> None:
    sam = person("Sam Lee", birth_date=date(1990, 5, 1), requirements="Nut allergy")
    booking = placed(attendees=(sam,))
    seat = booking.attendees[0].id
    done(lambda: bookings.rename_attendee(booking.id, seat, person("Kim Lee", requirements=""), OFFICE))
    attendee = fresh(booking.id).attendees[0]
    assert (attendee.name, attendee.birth_date, attendee.requirements) == ("Kim Lee", None, None)
    (entry,) = entries("booking:rename")
    assert (entry.new_values["birth_date"], entry.new_values["requirements"]) == ("(hidden)", "(hidden)")


def test_a_name_that_comes_later_is_old_enough_too() -> None:
    booking = placed(factories.make_schedule(course=factories.make_course(minimum_age=16)))
    seat, year = booking.attendees[0].id, datetime.now(UTC).year
    with pytest.raises(Invalid, match="must be 16") as refused:
        who = person("Kid Lee", birth_date=date(year - 10, 1, 1))
        done(lambda: bookings.rename_attendee(booking.id, seat, who, OFFICE))
    assert refused.value.field == "birth_date"
    grown = person("Sam Lee", birth_date=date(year - 30, 1, 1))
    done(lambda: bookings.rename_attendee(booking.id, seat, grown, OFFICE))


def test_a_strangers_place_is_not_found() -> None:
    booking, other = placed(), placed()
    with pytest.raises(NotFound):
        done(lambda: bookings.rename_attendee(booking.id, other.attendees[0].id, person("Sam"), OFFICE))


# --- Correct ---


def test_contact_and_notes_are_corrected_and_the_record_of_the_customer_stays() -> None:
    booking = placed()
    wanted = BookingEdit(
        contact_first_name="Bob",
        contact_email="BOB@x.example",
        contact_phone="07700 900124",
        notes="Rings late",
    )
    done(lambda: bookings.edit(booking.id, wanted, OFFICE))
    booking = fresh(booking.id)
    assert (booking.contact_name, booking.contact_email) == ("Bob Cox", "bob@x.example")
    assert (booking.contact_phone, booking.notes) == ("+447700900124", "Rings late")
    assert booking.customer.name == "Alice Cox"
    (entry,) = entries("booking:edit")
    assert (entry.old_values["contact_first_name"], entry.new_values["contact_first_name"]) == (
        "Alice",
        "Bob",
    )


def test_an_empty_text_empties_and_nothing_leaves_alone() -> None:
    booking = placed(notes="Old", purchase_order="PO-1")
    done(lambda: bookings.edit(booking.id, BookingEdit(notes=""), OFFICE))
    booking = fresh(booking.id)
    assert (booking.notes, booking.purchase_order) == (None, "PO-1")


def test_requirements_are_corrected_without_showing_in_the_audit() -> None:
    booking = placed(special_requirements="Wheelchair")
    done(lambda: bookings.edit(booking.id, BookingEdit(special_requirements="Ground floor"), OFFICE))
    assert fresh(booking.id).special_requirements == "Ground floor"
    (entry,) = entries("booking:edit")
    assert "floor" not in str(entry.new_values) and "chair" not in str(entry.old_values)


def test_an_edit_that_changes_nothing_writes_nothing() -> None:
    booking = placed(notes="Old")
    done(lambda: bookings.edit(booking.id, BookingEdit(notes="Old"), OFFICE))
    assert entries("booking:edit") == [] and fresh(booking.id).version == booking.version


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (BookingEdit(contact_email="no address"), "contact_email"),
        (BookingEdit(contact_phone="12"), "contact_phone"),
        (BookingEdit(notes="4111 1111 1111 1111"), "notes"),
        (BookingEdit(contact_first_name="x" * 101), "contact_first_name"),
        (BookingEdit(notes="a\0b"), "notes"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_field(wanted: BookingEdit, field: str) -> None:
    booking = placed()
    with pytest.raises(Invalid) as refused:
        done(lambda: bookings.edit(booking.id, wanted, OFFICE))
    assert refused.value.field == field


# --- Who may, and who was first ---

VERBS: list[tuple[str, Verb]] = [
    ("confirm", lambda one, actor, **v: bookings.confirm(one.id, actor, **v)),
    ("cancel", lambda one, actor, **v: bookings.cancel(one.id, "Ill", actor, **v)),
    (
        "cancel_attendees",
        lambda one, actor, **v: bookings.cancel_attendees(one.id, [one.attendees[0].id], "Ill", actor, **v),
    ),
    (
        "rename",
        lambda one, actor, **v: bookings.rename_attendee(
            one.id, one.attendees[0].id, person("Sam"), actor, **v
        ),
    ),
    ("edit", lambda one, actor, **v: bookings.edit(one.id, BookingEdit(notes="New"), actor, **v)),
    (
        "hold",
        lambda one, actor, **v: bookings.extend_hold(
            one.id, datetime.now(UTC) + timedelta(days=1), actor, **v
        ),
    ),
]


@pytest.mark.parametrize(("name", "verb"), VERBS, ids=[name for name, _ in VERBS])
def test_a_manager_only_reads(name: str, verb: Verb) -> None:
    """Abuse case F7."""
    booking = placed(places=2)
    with pytest.raises(Forbidden):
        done(lambda: verb(booking, MANAGER))
    assert fresh(booking.id).version == booking.version


@pytest.mark.parametrize(("name", "verb"), VERBS, ids=[name for name, _ in VERBS])
def test_the_second_of_two_is_told_and_nothing_is_lost(name: str, verb: Verb) -> None:
    """Abuse case R2: both opened the same version; the first saved."""
    booking = placed(places=2)
    seen = booking.version
    done(lambda: bookings.edit(booking.id, BookingEdit(purchase_order="PO-1"), OFFICE, version=seen))
    with pytest.raises(Changed):
        done(lambda: verb(fresh(booking.id), OFFICE, version=seen))
    booking = fresh(booking.id)
    assert (booking.purchase_order, booking.status, booking.seats) == ("PO-1", "pending", 2)


def test_without_the_version_the_second_clerk_overwrites_the_first() -> None:
    """The control of R2: what the version in every form keeps from happening."""
    booking = placed()
    done(lambda: bookings.edit(booking.id, BookingEdit(notes="Vegan lunch"), OFFICE))
    done(lambda: bookings.edit(booking.id, BookingEdit(notes="Parking needed"), OFFICE))
    assert fresh(booking.id).notes == "Parking needed"


@pytest.mark.parametrize(("name", "verb"), VERBS, ids=[name for name, _ in VERBS])
def test_every_change_is_written_down_once(name: str, verb: Verb) -> None:
    """Abuse case N4, for the services: one entry for the one subject, with its actor."""
    booking = placed(places=2)
    before = len(all_entries())
    done(lambda: verb(booking, OFFICE))
    written = all_entries()[before:]
    assert [(entry.subject_type, entry.subject_id) for entry in written] == [("bookings", booking.id)]
    assert (written[0].actor_kind, written[0].actor_name) == ("user", OFFICE.name)


def test_a_payment_that_completes_a_booking_is_written_down_once_for_each_of_the_two() -> None:
    """Abuse case N4 counts per subject: docs/decisions/one-entry-per-subject.md."""
    booking = placed()
    before = len(all_entries())
    payment = done(lambda: payments.take(PaymentIn("cash", booking.total_minor, (booking.id,)), OFFICE))
    written = [(entry.action, entry.subject_id) for entry in all_entries()[before:]]
    assert written == [("payment:take", payment.id), ("booking:confirm", booking.id)]


def all_entries() -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


@pytest.mark.parametrize(("name", "verb"), VERBS, ids=[name for name, _ in VERBS])
def test_a_change_of_a_part_raises_the_version(name: str, verb: Verb) -> None:
    booking = placed(places=2)
    seen = booking.version
    done(lambda: verb(booking, OFFICE))
    assert fresh(booking.id).version > seen


def test_work_items_are_listed_once_and_taken_off_by_a_person() -> None:
    booking = placed()
    for _ in range(2):
        done(lambda: work_items.add("check", booking, "Look at this"))
    (item,) = db.session.scalars(select(WorkItem))
    done(lambda: work_items.resolve(item.id, OFFICE))
    assert db.session.get_one(WorkItem, item.id).resolved_at is not None
    assert len(entries("work_item:resolve")) == 1
