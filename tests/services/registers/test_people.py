"""A substitute at the door, and an exception that stands in for a missed day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from backoffice.database import db, new_id
from backoffice.domain.attendance import is_complete
from backoffice.domain.errors import Forbidden, Invalid, NotFound, Refused
from backoffice.models import Attendee, Booking
from backoffice.services import registers
from backoffice.services.bookings import AttendeeIn
from tests import factories
from tests.services.booked import ADMIN, OFFICE, done, entries
from tests.services.registers.world import NAMES, Taught, book, teach

pytestmark = pytest.mark.usefixtures("tenant")

ZOE, ADAM, *_ = NAMES


def substitute(taught: Taught, first: str = "Ngozi", last: str = "Ade", **more: Any) -> Attendee:
    attendee_id = taught.row(more.pop("whom", ZOE)).attendee_id
    values = {"email": None, "actor": taught.instructor, "now": taught.over_at} | more
    return done(lambda: registers.substitute(attendee_id, first, last, **values))


def test_the_place_goes_to_whoever_came_and_nothing_clings_to_it() -> None:
    taught = teach()
    sam = AttendeeIn("Zoe", "Young", "zoe@x.example", birth_date=date(1990, 5, 1), requirements="No nuts")
    book(taught, ZOE, attendees=(sam,))
    taught.mark(taught.change(ZOE, 1, "absent", outcome="referred", note="Ill", has_shown_identity=True))
    attendee = substitute(taught, email="Ngozi@X.example")
    assert (attendee.name, attendee.email, attendee.phone, attendee.user_id) == (
        "Ngozi Ade", "ngozi@x.example", None, None,
    )  # fmt: skip
    assert (attendee.birth_date, attendee.requirements) == (None, None)
    row = taught.row("Ngozi Ade")
    assert (row.attendance, row.outcome, row.note, row.has_shown_identity) == ({}, "not_assessed", "", False)
    assert row.version == 2


def test_the_history_keeps_the_first_name_and_what_was_marked() -> None:
    taught = teach(people=1)
    label = registers.get_register(taught.schedule_id, ADMIN).days[0].label
    taught.mark(taught.change(ZOE, 1, "present"))
    substitute(taught)
    (entry,) = entries("booking:substitute")
    assert entry.old_values == {"name": ZOE, "email": None, label: "present"}
    assert entry.new_values == {"name": "Ngozi Ade", "place": 1}


def test_a_place_without_a_name_gets_one_at_the_door() -> None:
    taught = teach()
    booking = book(taught, ZOE, places=2)
    substitute(taught, whom="Name to follow")
    db.session.expire_all()
    assert set(taught.rows()) == {ZOE, "Ngozi Ade"}
    assert db.session.get_one(Booking, booking.id).unnamed_places == 0


def test_whoever_marks_by_the_old_name_is_told() -> None:
    taught = teach(people=1)
    kept_on_a_telephone = taught.change(ZOE, 1, "present")
    substitute(taught)
    assert len(taught.mark(kept_on_a_telephone).conflicts) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"first": "", "last": " "}, "first_name"),
        ({"first": "x" * 101}, "first_name"),
        ({"last": "4242 4242 4242 4242"}, "last_name"),
        ({"email": "nobody"}, "email"),
    ],
)
def test_a_wrong_entry_is_refused_by_its_field(values: dict[str, Any], field: str) -> None:
    taught = teach(people=1)
    with pytest.raises(Invalid) as caught:
        substitute(taught, **values)
    assert caught.value.field == field
    assert ZOE in taught.rows()


@pytest.mark.parametrize(("born", "code"), [(None, "required"), (date(2020, 1, 1), "too_young")])
def test_the_minimum_age_is_asked_again(born: date | None, code: str) -> None:
    taught = teach(course=factories.make_course(minimum_age=16), people=1)
    with pytest.raises(Invalid) as caught:
        substitute(taught, birth_date=born)
    assert (caught.value.code, caught.value.field) == (code, "birth_date")
    assert substitute(taught, birth_date=date(1990, 1, 1)).birth_date == "1990-01-01"


def test_a_booking_taken_against_the_age_rule_stays_so() -> None:
    taught = teach(course=factories.make_course(minimum_age=16))
    book(taught, ZOE, override_reason="With her mother")
    assert substitute(taught).name == "Ngozi Ade"


def test_nobody_comes_instead_before_the_first_day_or_after_the_end() -> None:
    ahead = teach(ago=-3, people=1)
    with pytest.raises(Refused, match="still to come"):
        substitute(ahead, now=ahead.schedule.starts_at - timedelta(days=1))
    over = teach(people=1)
    done(lambda: registers.complete(over.schedule_id, ADMIN, unmarked="absent"))
    with pytest.raises(Refused, match="is completed"):
        substitute(over)


def test_an_instructor_substitutes_on_own_dates_only() -> None:
    taught, other = teach(people=1), teach(ago=3, people=1)
    with pytest.raises(NotFound):
        substitute(other, actor=taught.instructor)
    with pytest.raises(NotFound):
        done(lambda: registers.substitute(new_id(), "A", "B", None, ADMIN))
    with pytest.raises(Forbidden):
        substitute(taught, actor=factories.actor("manager"))


# --- Exceptions ---


def test_an_exception_counts_as_present_on_all_days() -> None:
    taught = teach(days=2, people=1)
    taught.mark(taught.change(ZOE, 1, "present"), now=taught.over_at)
    row = taught.row()
    assert not is_complete(row.attendance.values(), 2)
    done(lambda: registers.approve(row.attendee_id, "Made up on Friday", ADMIN))
    row = taught.row()
    assert (row.exception_reason, row.version) == ("Made up on Friday", 2)
    assert is_complete(row.attendance.values(), 2, bool(row.exception_reason))
    (entry,) = entries("booking:approve_exception")
    assert entry.new_values == {"attendee": ZOE, "reason": "Made up on Friday"}


def test_an_exception_is_withdrawn() -> None:
    taught = teach(people=1)
    attendee_id = taught.row().attendee_id
    with pytest.raises(NotFound, match="no exception"):
        done(lambda: registers.withdraw(attendee_id, ADMIN))
    done(lambda: registers.approve(attendee_id, "Made up", ADMIN))
    done(lambda: registers.withdraw(attendee_id, ADMIN))
    assert taught.row().exception_reason == ""
    assert len(entries("booking:withdraw_exception")) == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "4242 4242 4242 4242"])
def test_an_exception_needs_a_reason(reason: str) -> None:
    taught = teach(people=1)
    with pytest.raises(Invalid) as caught:
        done(lambda: registers.approve(taught.row().attendee_id, reason, ADMIN))
    assert caught.value.field == "reason"


def test_an_administrator_answers_for_exceptions() -> None:
    taught = teach(people=1)
    for actor in (OFFICE, taught.instructor):
        with pytest.raises(Forbidden):
            done(lambda: registers.approve(taught.row().attendee_id, "Made up", actor))  # noqa: B023
