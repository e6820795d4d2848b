"""Marking a register: who was there on which day, and two people with the same register open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from backoffice.database import db, new_id
from backoffice.domain.attendance import OUTCOMES, STATUSES
from backoffice.domain.errors import Forbidden, Invalid, NotFound, Refused
from backoffice.models import Attendance, RegisterEntry
from backoffice.services import bookings, registers
from backoffice.services.registers import Change
from tests import factories
from tests.services.booked import ADMIN, MANAGER, OFFICE, done, entries
from tests.services.registers.world import NAMES, book, teach, teacher_of

pytestmark = pytest.mark.usefixtures("tenant")

ZOE, ADAM, MARIA, *_ = NAMES


def test_what_is_marked_stands_in_the_register() -> None:
    taught = teach(people=2)
    change = taught.change(ZOE, 1, "late", outcome="passed", note="Well done", has_shown_identity=True)
    assert taught.mark(change).saved == 1
    row = taught.row(ZOE)
    assert (row.attendance, row.outcome, row.note, row.has_shown_identity) == (
        {1: "late"}, "passed", "Well done", True,
    )  # fmt: skip
    assert (row.version, row.marked_by) == (1, "Tess Teacher")
    assert taught.row(ADAM).version == 0


@pytest.mark.parametrize("status", STATUSES)
def test_every_word_of_attendance_is_kept(status: str) -> None:
    taught = teach(people=1)
    taught.mark(taught.change(ZOE, 1, status))
    assert taught.row(ZOE).attendance == {1: status}


def test_every_mark_raises_the_version_by_one() -> None:
    taught = teach(people=1)
    for number, outcome in enumerate(OUTCOMES, 1):
        taught.mark(taught.change(ZOE, 1, "present", outcome=outcome, note=str(number)))
        assert taught.row(ZOE).version == number


def test_what_is_not_sent_stays() -> None:
    taught = teach(days=2, people=1)
    taught.mark(taught.change(ZOE, 1, "present", outcome="passed", note="Well done"))
    taught.mark(taught.change(ZOE, 2, "late"))
    row = taught.row(ZOE)
    assert (row.attendance, row.outcome, row.note) == ({1: "present", 2: "late"}, "passed", "Well done")


def test_a_mark_made_by_mistake_is_taken_away() -> None:
    taught = teach(people=1)
    taught.mark(taught.change(ZOE, 1, "present", note="Hm"))
    taught.mark(taught.change(ZOE, 1, "", note=""))
    assert (taught.row(ZOE).attendance, taught.row(ZOE).note, taught.row(ZOE).version) == ({}, "", 2)


def test_the_note_is_sealed_in_the_database() -> None:
    taught = teach(people=1)
    taught.mark(taught.change(ZOE, note="Fainted twice"))
    stored = db.session.scalars(select(RegisterEntry.note_sealed)).one()
    assert stored and "Fainted" not in stored


# --- Two people ---


def test_who_marks_what_somebody_else_changed_is_told_both_values() -> None:
    taught = teach(people=2)
    seen_by_both = taught.change(ZOE, 1, "absent")
    taught.mark(taught.change(ZOE, 1, "present"), actor=factories.actor("office"))
    marked = taught.mark(seen_by_both, taught.change(ADAM, 1, "present"))
    (conflict,) = marked.conflicts
    assert (conflict.name, conflict.stored.attendance, conflict.wanted.attendance) == (
        ZOE, {1: "present"}, {1: "absent"},
    )  # fmt: skip
    assert marked.saved == 1, "the others are saved"
    assert taught.row(ZOE).attendance == {1: "present"} and taught.row(ADAM).attendance == {1: "present"}


def test_without_the_version_the_later_mark_would_win() -> None:
    """The control: a change that claims to have seen what stands there takes it back."""
    taught = teach(people=1)
    taught.mark(taught.change(ZOE, 1, "present"))
    blind = Change(taught.row(ZOE).attendee_id, taught.row(ZOE).version, {1: "absent"})
    assert taught.mark(blind).saved == 1


def test_a_mark_that_is_sent_twice_changes_nothing_the_second_time() -> None:
    taught = teach(people=1)
    change = taught.change(ZOE, 1, "present", outcome="passed", note="Well done ")
    assert taught.mark(change).saved == 1
    again = taught.mark(change)
    assert (again.saved, again.conflicts, [row.version for row in again.rows]) == (0, [], [1])
    assert len(entries("booking:mark")) == 1


def test_what_somebody_else_marked_the_same_way_is_no_conflict() -> None:
    taught = teach(people=1)
    change = taught.change(ZOE, 1, "present")
    taught.mark(change, actor=factories.actor("office"))
    assert taught.mark(change).conflicts == []


def test_whoever_left_the_date_is_named_and_the_others_are_saved() -> None:
    taught = teach(people=2)
    changes = taught.change(ZOE, 1, "present"), taught.change(ADAM, 1, "present")
    booking_id = taught.row(ZOE).booking_id
    done(lambda: bookings.cancel(booking_id, "Ill", ADMIN, send_mail=False))
    marked = taught.mark(*changes)
    assert (marked.saved, marked.gone) == (1, [changes[0].attendee_id])


def test_people_of_another_date_are_nobody_here() -> None:
    here, there = teach(people=1), teach(ago=3, people=1)
    marked = here.mark(there.change(ZOE, 1, "present"), Change(new_id(), 0, {1: "present"}))
    assert (marked.saved, len(marked.gone)) == (0, 2)
    assert there.row(ZOE).attendance == {}


# --- What cannot be marked ---


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"attendance": {1: "asleep"}}, "marks.0.attendance.1"),
        ({"attendance": {2: "present"}}, "marks.0.attendance.2"),
        ({"attendance": {0: "present"}}, "marks.0.attendance.0"),
        ({"outcome": "excellent"}, "marks.0.outcome"),
        ({"outcome": ""}, "marks.0.outcome"),
        ({"note": "x" * 2001}, "marks.0.note"),
        ({"note": "a\0b"}, "marks.0.note"),
        ({"note": "card 4242 4242 4242 4242"}, "marks.0.note"),
    ],
)
def test_a_wrong_value_is_refused_by_its_field_and_nothing_is_saved(values: Any, field: str) -> None:
    taught = teach(people=2)
    wrong = Change(taught.row(ZOE).attendee_id, 0, **values)
    with pytest.raises(Invalid) as caught:
        taught.mark(wrong, taught.change(ADAM, 1, "present"))
    assert list(caught.value.fields) == [field]
    assert taught.row(ADAM).attendance == {}


def test_nobody_is_in_the_list_twice() -> None:
    taught = teach(people=1)
    change = taught.change(ZOE, 1, "present")
    with pytest.raises(Invalid, match="twice"):
        taught.mark(change, change)


def test_a_day_is_marked_from_its_local_midnight_on() -> None:
    taught = teach(days=2, ago=-3, people=1)  # it ends in three days
    midnight = taught.schedule.starts_at.replace(hour=0, minute=0)
    change = taught.change(ZOE, 1, "present")
    with pytest.raises(Invalid, match="is still to come: mark it from that day on"):
        taught.mark(change, now=midnight - timedelta(minutes=1))
    taught.mark(change, now=midnight)
    with pytest.raises(Invalid) as caught:
        taught.mark(taught.change(ZOE, 2, "present"), now=midnight)
    assert caught.value.field == "marks.0.attendance.2"


def test_midnight_is_that_of_the_dates_own_zone() -> None:
    taught = teach(ago=-3, people=1, time_zone="Africa/Nairobi")
    begins = taught.schedule.starts_at - timedelta(hours=9)
    taught.mark(taught.change(ZOE, 1, "present"), now=begins)
    assert taught.row(ZOE).attendance == {1: "present"}


@pytest.mark.parametrize("status", ["draft", "cancelled"])
def test_a_date_without_a_register_takes_no_marks(status: str) -> None:
    taught = teach(status=status)
    with pytest.raises(Refused) as caught:
        taught.mark(actor=ADMIN)
    assert caught.value.code == "no_register"


# --- Whose register it is ---


def test_an_instructor_marks_own_dates_only() -> None:
    taught, other = teach(people=1), teach(ago=3, people=1)
    with pytest.raises(NotFound):
        other.mark(actor=taught.instructor)
    with pytest.raises(NotFound):
        registers.get_register(other.schedule_id, taught.instructor)
    with pytest.raises(NotFound):
        registers.get_register(new_id(), taught.instructor)
    assert registers.get_register(taught.schedule_id, taught.instructor).rows


def test_who_teaches_one_day_sees_the_whole_register() -> None:
    taught = teach(days=2, people=1)
    schedule = taught.schedule
    user = factories.make_user("instructor")
    helper = teacher_of(schedule, user)
    db.session.execute(
        text("DELETE FROM schedule_day_instructors WHERE schedule_day_id = :day"),
        {"day": schedule.days[0].id},
    )
    assert len(registers.get_register(taught.schedule_id, helper).days) == 2


def test_an_instructor_sees_no_drafts() -> None:
    taught = teach(status="draft")
    with pytest.raises(NotFound):
        registers.get_register(taught.schedule_id, taught.instructor)
    assert registers.get_register(taught.schedule_id, OFFICE).status == "draft"


@pytest.mark.parametrize("actor", [MANAGER, factories.actor("customer")])
def test_nobody_without_the_right_opens_a_register(actor: Any) -> None:
    taught = teach(people=1)
    with pytest.raises(Forbidden):
        registers.get_register(taught.schedule_id, actor)
    with pytest.raises(Forbidden):
        taught.mark(taught.change(ZOE, 1, "present"), actor=actor)


# --- Everybody ---


def test_everybody_marks_only_those_who_are_not_marked() -> None:
    taught = teach(people=3)
    taught.mark(taught.change(ADAM, 1, "absent"))
    count = done(lambda: registers.everybody(taught.schedule_id, 1, "present", taught.instructor))
    assert count == 2
    assert {name: row.attendance[1] for name, row in taught.rows().items()} == {
        ZOE: "present", ADAM: "absent", MARIA: "present",
    }  # fmt: skip
    assert taught.row(ADAM).version == 1


@pytest.mark.parametrize(("day", "status"), [(1, ""), (1, "asleep"), (2, "present")])
def test_everybody_takes_a_word_and_a_day_that_exist(day: int, status: str) -> None:
    taught = teach(people=1)
    with pytest.raises(Invalid):
        done(lambda: registers.everybody(taught.schedule_id, day, status, taught.instructor))


# --- What else happens ---


def test_the_history_says_who_marked_what_and_hides_the_note() -> None:
    taught = teach(people=1)
    label = registers.get_register(taught.schedule_id, ADMIN).days[0].label
    taught.mark(taught.change(ZOE, 1, "present"))
    taught.mark(taught.change(ZOE, 1, "absent", note="Fainted", outcome="referred"))
    first, second = entries("booking:mark")
    assert (first.new_values, first.old_values) == ({"attendee": ZOE, label: "present"}, {label: None})
    assert second.old_values == {label: "present", "outcome": "not_assessed", "note": None}
    assert second.new_values == {
        "attendee": ZOE, label: "absent", "outcome": "referred", "note": "(hidden)",
    }  # fmt: skip


def test_a_booking_that_moves_away_leaves_its_marks_behind() -> None:
    taught = teach(people=0)
    booking = book(taught, ZOE)
    taught.mark(taught.change(ZOE, 1, "absent", outcome="referred", note="Ill"))
    later = factories.make_schedule(course=taught.schedule.course)
    done(lambda: bookings.move(booking.id, bookings.Move(later.id, "keep", "Ill", send_mail=False), ADMIN))
    register = registers.get_register(later.id, ADMIN)
    (row,) = register.rows
    assert (row.attendance, row.outcome, row.note, row.version) == ({}, "not_assessed", "", 2)
    assert db.session.scalar(select(func.count()).select_from(Attendance)) == 1, "the day keeps its history"
