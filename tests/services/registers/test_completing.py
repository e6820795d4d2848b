"""Completing a date by its register: what is asked first, what becomes of the bookings, and corrections afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from backoffice.database import db, new_id
from backoffice.domain.errors import Forbidden, Invalid, NotFound, Refused
from backoffice.models import Booking, Certificate, WorkItem
from backoffice.services import bookings, registers, schedules
from backoffice.services.registers import Completed
from tests import factories
from tests.services.booked import ADMIN, MANAGER, OFFICE, done, entries
from tests.services.registers.world import NAMES, Taught, book, status_of, teach

pytestmark = pytest.mark.usefixtures("tenant")

ZOE, ADAM, MARIA, *_ = NAMES


def complete(taught: Taught, *, actor: Any = None, now: Any = None, unmarked: str | None = None) -> Completed:
    who, when = actor or taught.instructor, now or taught.over_at
    return done(lambda: registers.complete(taught.schedule_id, who, when, unmarked=unmarked))


def all_present(taught: Taught, day: int = 1) -> None:
    done(lambda: registers.everybody(taught.schedule_id, day, "present", taught.instructor, taught.over_at))


# --- What is asked first ---


def test_a_date_is_not_completed_before_it_has_ended() -> None:
    taught = teach(people=1)
    all_present(taught)
    with pytest.raises(Refused, match="complete it after that") as caught:
        complete(taught, now=taught.schedule.ends_at - timedelta(minutes=1))
    assert caught.value.code == "not_over"
    complete(taught, now=taught.schedule.ends_at)
    assert taught.schedule.status == "completed"


def test_who_is_not_marked_is_named() -> None:
    taught = teach(people=3)
    taught.mark(taught.change(ADAM, 1, "present"))
    with pytest.raises(Refused) as caught:
        complete(taught)
    assert caught.value.code == "not_marked"
    assert caught.value.message.startswith(f"Not marked yet: {MARIA}, {ZOE}.")
    assert taught.schedule.status == "published"


def test_a_missing_day_of_several_is_named_with_its_person() -> None:
    taught = teach(days=2, people=1)
    all_present(taught, 1)
    with pytest.raises(Refused) as caught:
        complete(taught)
    label = registers.get_register(taught.schedule_id, ADMIN).days[1].label
    assert f"{ZOE} ({label})" in caught.value.message


def test_the_rest_is_marked_absent_when_asked_for() -> None:
    taught = teach(people=3)
    taught.mark(taught.change(ADAM, 1, "present"))
    result = complete(taught, unmarked="absent")
    assert (result.completed, result.no_show, result.marked_absent) == (1, 2, 2)
    assert taught.row(ZOE).attendance == {1: "absent"}


def test_nobody_is_marked_present_by_completing() -> None:
    with pytest.raises(Invalid):
        complete(teach(people=1), unmarked="present")


def test_a_date_without_bookings_is_completed_at_once() -> None:
    taught = teach()
    assert complete(taught) == Completed(taught.schedule_id, 0, 0, (), 0)


# --- What becomes of the bookings ---


@pytest.mark.parametrize(
    ("marks", "status"),
    [
        (("present", "present"), "completed"),
        (("absent", "late"), "completed"),
        (("left_early", "absent"), "completed"),
        (("absent", "absent"), "no_show"),
    ],
)
def test_a_booking_is_completed_when_one_of_its_people_came(marks: tuple[str, str], status: str) -> None:
    taught = teach()
    booking = book(taught, ZOE, ADAM)
    taught.mark(*[taught.change(name, 1, mark) for name, mark in zip((ZOE, ADAM), marks, strict=True)])
    complete(taught)
    assert status_of(booking) == status
    (entry,) = entries(f"booking:{status}")
    assert (entry.old_values, entry.new_values) == ({"status": "confirmed"}, {"status": status})


def test_one_day_of_three_is_enough_for_the_booking() -> None:
    taught = teach(days=3)
    booking = book(taught, ZOE)
    for day, mark in enumerate(("absent", "late", "absent"), 1):
        taught.mark(taught.change(ZOE, day, mark))
    complete(taught)
    assert status_of(booking) == "completed"


def test_a_pending_booking_is_left_alone_and_listed() -> None:
    taught = teach(people=1)
    pending = book(taught, ADAM, method="bank_transfer")
    taught.mark(taught.change(ZOE, 1, "present"))
    assert [row.name for row, _ in registers.get_register(taught.schedule_id, ADMIN).missing] == []
    result = complete(taught)
    assert (result.pending, status_of(pending)) == ((pending.reference,), "pending")
    assert pending.reference in db.session.scalars(select(WorkItem.sentence)).one()


def test_a_cancelled_place_needs_no_mark() -> None:
    taught = teach(people=1)
    booking = book(taught, ADAM)
    done(lambda: bookings.cancel(booking.id, "Ill", ADMIN, send_mail=False))
    all_present(taught)
    complete(taught)
    assert status_of(booking) == "cancelled"


def test_the_history_counts_the_bookings() -> None:
    taught = teach(people=2)
    taught.mark(taught.change(ZOE, 1, "present"), taught.change(ADAM, 1, "absent"))
    complete(taught)
    (entry,) = entries("schedule:complete")
    assert entry.new_values == {"status": "completed", "completed": 1, "no_show": 1}


def test_a_completed_date_is_not_completed_twice() -> None:
    taught = teach(people=1)
    complete(taught, unmarked="absent")
    with pytest.raises(Refused, match="completed and cannot become completed"):
        complete(taught)
    assert len(entries("schedule:complete")) == 1


# --- Who may ---


def test_an_instructor_completes_own_dates_only() -> None:
    taught, other = teach(), teach(ago=3)
    with pytest.raises(NotFound):
        complete(other, actor=taught.instructor)
    with pytest.raises(NotFound):
        registers.complete(new_id(), ADMIN)
    complete(taught)
    complete(other, actor=OFFICE)


def test_a_manager_completes_nothing() -> None:
    with pytest.raises(Forbidden):
        complete(teach(), actor=MANAGER)


# --- Corrections ---


def finished(*people: str) -> Taught:
    """A date that is completed, everybody present and passed."""
    taught = teach()
    for name in people:
        book(taught, name)
    all_present(taught)
    done(lambda: registers.pass_the_rest(taught.schedule_id, taught.instructor))
    complete(taught)
    return taught


def certificate_of(taught: Taught, name: str) -> Certificate:
    row, schedule = taught.row(name), taught.schedule
    values = {"holder_last_name": name, "course_title": "First Aid", "code": f"{row.attendee_id.hex:.22}"}
    days = dict.fromkeys(("taught_from", "taught_until", "issued_on"), schedule.ends_at.date())
    return factories.add(
        Certificate(
            attendee_id=row.attendee_id, schedule_id=schedule.id, course_id=schedule.course_id,
            booking_id=row.booking_id, number=f"T-{row.attendee_id.hex[-6:]}", **values, **days,
        )
    )  # fmt: skip


def test_a_correction_changes_the_booking_and_is_written_down_as_one() -> None:
    taught = finished(ZOE, ADAM)
    booking = db.session.get_one(Booking, taught.row(ZOE).booking_id)
    taught.mark(taught.change(ZOE, 1, "absent"), actor=OFFICE)
    assert status_of(booking) == "no_show"
    taught.mark(taught.change(ZOE, 1, "late"))
    assert status_of(booking) == "completed"
    assert [entry.new_values["attendee"] for entry in entries("booking:correct")] == [ZOE, ZOE]
    assert len(entries("booking:no_show")) == 1


def test_a_correction_touches_no_other_booking() -> None:
    taught = finished(ZOE, ADAM)
    other = db.session.get_one(Booking, taught.row(ADAM).booking_id)
    version = other.version
    taught.mark(taught.change(ZOE, 1, "absent"))
    db.session.expire_all()
    assert (other.status, other.version) == ("completed", version)


def test_an_imported_date_without_a_register_keeps_its_bookings() -> None:
    """Nothing is marked: one person's mark must not make no-shows of everybody who was never marked."""
    taught = teach()
    both, alone = book(taught, ZOE, ADAM), book(taught, MARIA)
    for booking in (both, alone):
        booking.status = "completed"
    db.session.flush()
    schedules.close(taught.schedule)
    db.session.commit()
    taught.mark(taught.change(ZOE, 1, "absent"))
    assert (status_of(both), status_of(alone)) == ("completed", "completed")


@pytest.mark.parametrize(
    ("values", "is_flagged"),
    [({"status": "absent"}, True), ({"outcome": "referred"}, True), ({"note": "Late bus"}, False)],
)
def test_a_correction_has_a_certificate_looked_at(values: dict[str, Any], is_flagged: bool) -> None:
    taught = finished(ZOE, ADAM)
    hers, his = certificate_of(taught, ZOE), certificate_of(taught, ADAM)
    assert taught.row(ZOE).has_certificate
    taught.mark(taught.change(ZOE, 1, values.pop("status", None), **values))
    db.session.expire_all()
    assert (hers.needs_review, his.needs_review) == (is_flagged, False)


@pytest.mark.parametrize("work", ["mark", "clear", "substitute"])
def test_a_change_on_a_reopened_date_has_a_certificate_looked_at_too(work: str) -> None:
    taught = finished(ZOE, ADAM)
    zoe, adam = certificate_of(taught, ZOE), certificate_of(taught, ADAM)
    done(lambda: schedules.reopen(taught.schedule_id, ADMIN))
    if work == "substitute":
        registers.substitute(zoe.attendee_id, "Zara", "Yeo", None, OFFICE, now=taught.over_at)
    else:
        taught.mark(taught.change(ZOE, 1, {"mark": "absent", "clear": ""}[work]), actor=OFFICE)
    db.session.commit()
    db.session.expire_all()
    assert (zoe.needs_review, adam.needs_review) == (True, False)


def test_a_mark_of_a_completed_date_is_corrected_and_not_taken_away() -> None:
    taught = finished(ZOE)
    with pytest.raises(Invalid, match="choose what is right instead"):
        taught.mark(taught.change(ZOE, 1, ""))


def test_a_reopened_date_is_completed_again_by_what_stands_then() -> None:
    taught = finished(ZOE)
    done(lambda: schedules.reopen(taught.schedule_id, ADMIN))
    taught.mark(taught.change(ZOE, 1, "absent"))
    booking = db.session.get_one(Booking, taught.row(ZOE).booking_id)
    assert status_of(booking) == "completed", "the date is open again: nothing follows yet"
    complete(taught)
    assert status_of(booking) == "no_show"


# --- The verbs of the booking's page agree with the register ---


def test_a_no_show_by_hand_marks_its_people_absent() -> None:
    taught = teach(people=2)
    booking = db.session.get_one(Booking, taught.row(ZOE).booking_id)
    done(lambda: bookings.mark_no_show(booking.id, OFFICE))
    assert (taught.row(ZOE).attendance, taught.row(ADAM).attendance) == ({1: "absent"}, {})


def test_a_no_show_by_hand_is_refused_where_somebody_came() -> None:
    taught = teach(people=1)
    taught.mark(taught.change(ZOE, 1, "left_early"))
    with pytest.raises(Refused, match=f"The register says that {ZOE} came") as caught:
        done(lambda: bookings.mark_no_show(taught.row(ZOE).booking_id, OFFICE))
    assert caught.value.code == "was_there"


def test_completed_by_hand_is_refused_where_nobody_came() -> None:
    taught = teach(people=1)
    taught.mark(taught.change(ZOE, 1, "absent"))
    with pytest.raises(Refused) as caught:
        done(lambda: bookings.mark_completed(taught.row(ZOE).booking_id, OFFICE))
    assert caught.value.code == "nobody_was_there"


def test_completed_by_hand_without_a_register_makes_up_no_presence() -> None:
    taught = teach(people=1)
    done(lambda: bookings.mark_completed(taught.row(ZOE).booking_id, OFFICE))
    assert taught.row(ZOE).attendance == {}


# --- Passing the rest ---


def test_the_rest_passes_if_present_and_not_assessed() -> None:
    taught = teach(days=2, people=4)
    ben = NAMES[3]
    all_present(taught)
    taught.mark(taught.change(ZOE, 2, "late"), taught.change(ADAM, 2, "left_early"))
    taught.mark(taught.change(MARIA, outcome="referred"))
    assert done(lambda: registers.pass_the_rest(taught.schedule_id, taught.instructor)) == 2
    assert {name: row.outcome for name, row in taught.rows().items()} == {
        ZOE: "passed", ADAM: "not_assessed", MARIA: "referred", ben: "passed",
    }  # fmt: skip
