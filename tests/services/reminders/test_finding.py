"""A mail of a rule is queued when its instant has come on the clock of the date: once, and only where it is wanted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from backoffice.database import db
from backoffice.models import Attendee, Booking, Message, ReminderRule, Schedule, Tenant
from backoffice.services import bookings, letters, reminders
from backoffice.services.reminders import finding, rules, sql
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.services.booked import ADMIN, done, fresh, person, placed
from tests.services.reminders.helpers import (
    booked_for,
    date_at,
    placed_on,
    queued,
    recipients,
    rule,
    run,
    wall,
)

pytestmark = pytest.mark.usefixtures("tenant")
MINUTE = timedelta(minutes=1)

# (time zone, the date begins, one day before on its own clock)
CLOCKS = [
    ("Europe/London", "2026-03-29 09:00", "2026-03-28 09:00"),  # 23 hours: the clock goes forward
    ("Europe/London", "2026-10-25 09:00", "2026-10-24 09:00"),  # 25 hours: it goes back
    ("Africa/Nairobi", "2026-03-29 09:00", "2026-03-28 09:00"),
    ("Europe/London", "2026-06-10 09:00", "2026-06-09 09:00"),
]


@pytest.mark.parametrize(("tz", "starts", "due"), CLOCKS)
def test_the_day_before_is_the_same_time_on_the_wall(tz: str, starts: str, due: str) -> None:
    rule(days=1)
    booked_for(wall(starts, tz), tz)
    assert run(wall(due, tz) - MINUTE) == 0
    assert run(wall(due, tz)) == 1


def test_twenty_four_hours_would_be_another_time_when_the_clock_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: counted in hours, the mail goes out an hour early."""
    by_hours = str(finding.STATEMENTS["before_start"]).replace(
        "AT TIME ZONE s.time_zone", "AT TIME ZONE 'UTC'"
    )
    monkeypatch.setitem(finding.STATEMENTS, "before_start", text(by_hours))
    rule(days=1)
    booked_for(wall("2026-03-29 09:00"))
    assert run(wall("2026-03-28 08:00")) == 1


def test_hours_are_counted_as_they_pass() -> None:
    rule(days=0, hours=3)
    booked_for(wall("2026-06-10 09:00"))
    assert run(wall("2026-06-10 05:59")) == 0
    assert run(wall("2026-06-10 06:00")) == 1


def test_a_second_run_adds_nothing() -> None:
    rule(days=7)
    booked_for(wall("2026-06-10 09:00"))
    now = wall("2026-06-03 09:00")
    assert [run(now), run(now), run(now + timedelta(hours=5))] == [1, 0, 0]


def test_without_its_key_a_second_run_would_double(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: it is the key that keeps the second mail away."""
    loose = str(finding.STATEMENTS["before_start"]).replace("w.subject, ':', due.told)", "gen_random_uuid())")
    monkeypatch.setitem(finding.STATEMENTS, "before_start", text(loose))
    rule(days=7)
    booked_for(wall("2026-06-10 09:00"))
    now = wall("2026-06-03 09:00")
    assert [run(now), run(now)] == [1, 1]


def test_each_rule_sends_its_own() -> None:
    rule(days=7, template="joining_instructions")
    rule(days=1)
    booked_for(wall("2026-06-10 09:00"))
    assert run(wall("2026-06-03 09:00")) == 1
    assert run(wall("2026-06-09 09:00")) == 1
    assert (len(queued()), len(queued("joining_instructions"))) == (1, 1)


def test_a_moved_date_is_reminded_of_anew() -> None:
    rule(days=1)
    booking = booked_for(wall("2026-06-10 09:00"))
    assert run(wall("2026-06-09 09:00")) == 1
    move_date(booking.schedule_id, wall("2026-06-20 09:00"))
    assert run(wall("2026-06-09 09:30")) == 0
    assert run(wall("2026-06-19 09:00")) == 1


def move_date(schedule_id: Any, starts_at: datetime) -> None:
    values = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=6)}
    done(lambda: db.session.execute(update(Schedule).where(Schedule.id == schedule_id).values(values)))


def test_who_books_late_gets_no_stale_reminder() -> None:
    rule(days=7)
    booking = booked_for(wall("2026-06-10 09:00"))
    late = {"confirmed_at": wall("2026-06-03 09:01")}
    done(lambda: db.session.execute(update(Booking).where(Booking.id == booking.id).values(late)))
    assert run(wall("2026-06-03 09:05")) == 0


@pytest.mark.parametrize("status", ["pending", "cancelled", "expired"])
def test_only_a_confirmed_booking_is_reminded(status: str) -> None:
    rule(days=1)
    schedule = date_at(wall("2026-06-10 09:00"))
    booking = placed(factories.make_schedule())  # pending: by bank transfer
    placed_on(booking, schedule)
    if status == "cancelled":
        done(lambda: bookings.cancel(booking.id, "Ill", ADMIN, send_mail=False))
    if status == "expired":
        done(lambda: db.session.execute(update(Booking).values(status="expired", hold_expires_at=None)))
    assert fresh(booking.id).status == status
    assert run(wall("2026-06-09 09:00")) == 0


def test_after_an_outage_last_weeks_reminder_is_dropped() -> None:
    rule(days=7)
    booked_for(wall("2026-06-10 09:00"))
    assert run(wall("2026-06-05 09:00")) == 0
    assert run(wall("2026-06-05 08:59")) == 1


def test_nothing_is_sent_once_the_course_has_begun() -> None:
    rule(days=0, hours=1)
    booked_for(wall("2026-06-10 09:00"))
    assert run(wall("2026-06-10 09:00")) == 0


def test_a_date_that_is_a_draft_or_cancelled_reminds_nobody() -> None:
    rule(days=1)
    booking = booked_for(wall("2026-06-10 09:00"))
    for status in ("draft", "cancelled"):
        statement = text("UPDATE schedules SET status = :status WHERE id = :id")
        db.session.execute(statement, {"status": status, "id": booking.schedule_id})
        assert reminders.queue_due(wall("2026-06-09 09:00")) == 0
        db.session.rollback()


def test_a_rule_that_is_off_sends_nothing() -> None:
    made = rule(days=1)
    done(lambda: reminders.switch(made, False, ADMIN))
    booked_for(wall("2026-06-10 09:00"))
    assert run(wall("2026-06-09 09:00")) == 0


def test_a_rule_of_a_course_stands_in_for_the_general_one() -> None:
    rule(days=7)
    first, second = booked_for(wall("2026-06-10 09:00")), booked_for(wall("2026-06-10 09:00"))
    own = rule(days=10, course_id=first.schedule.course_id)
    assert run(wall("2026-05-31 09:00")) == 1
    assert run(wall("2026-06-03 09:00")) == 1
    assert {message.booking_id for message in queued()} == {first.id, second.id}
    done(lambda: reminders.switch(own, False, ADMIN))
    third = placed_on(placed(factories.make_schedule(), method="cash"), fresh(first.id).schedule)
    assert run(wall("2026-06-03 09:00")) == 0, third


def test_an_attendee_with_an_own_address_is_mailed_too() -> None:
    rule(days=7, template="joining_instructions")
    people = (
        person("Ada Byron", email="ada@x.example"),
        person("Bo Diddley"),
        person("Alice Cox", email="alice@x.example"),
        person("Ada Again", email="ada@x.example"),
    )
    booked_for(wall("2026-06-10 09:00"), places=4, attendees=people)
    assert run(wall("2026-06-03 09:00")) == 2
    assert recipients("joining_instructions") == ["ada@x.example", "alice@x.example"]


def test_a_booker_without_an_address_gets_paper_but_the_attendee_a_mail() -> None:
    rule(days=7, template="joining_instructions")
    booking = booked_for(wall("2026-06-10 09:00"), attendees=(person("Ada Byron", email="ada@x.example"),))
    done(
        lambda: db.session.execute(update(Booking).where(Booking.id == booking.id).values(contact_email=None))
    )
    run(wall("2026-06-03 09:00"))
    assert recipients("joining_instructions") == ["ada@x.example"]


def test_thanks_go_out_the_day_after_the_end() -> None:
    rule("after_end", days=1)
    booked_for(wall("2026-03-28 09:00"))  # ends at 15:00; the clock changes in the night
    assert run(wall("2026-03-29 14:59")) == 0
    assert run(wall("2026-03-29 15:00")) == 1
    assert recipients("thanks") == ["alice@x.example"]


def test_who_did_not_come_is_not_thanked() -> None:
    rule("after_end", days=1)
    booking = booked_for(wall("2026-03-28 09:00"))
    done(lambda: db.session.execute(update(Booking).where(Booking.id == booking.id).values(status="no_show")))
    assert run(wall("2026-03-29 15:00")) == 0


def test_missing_names_are_asked_for_until_they_are_there() -> None:
    rule("names_missing", days=7)
    rule("names_missing", days=2)
    booking = booked_for(wall("2026-06-10 09:00"), places=2, attendees=(person("Ada Byron"),))
    assert run(wall("2026-06-03 09:00")) == 1
    [place] = [each for each in booking.active_attendees if not each.name]
    done(lambda: bookings.rename_attendee(booking.id, place.id, person("Bo Diddley"), ADMIN))
    assert run(wall("2026-06-08 09:00")) == 0


def test_names_are_missing_of_a_pending_booking_too() -> None:
    rule("names_missing", days=7)
    booking = placed(factories.make_schedule())
    placed_on(booking, date_at(wall("2026-06-10 09:00")))
    assert run(wall("2026-06-03 09:00")) == 1


def test_a_reminder_that_waited_too_long_is_not_sent() -> None:
    rule(days=1)
    booking = booked_for(wall("2026-06-10 09:00"))
    run(wall("2026-06-09 09:00"))
    [message] = queued()
    assert reminders.why_unwanted(message, wall("2026-06-09 09:01")) is None
    assert "begun" in (reminders.why_unwanted(message, wall("2026-06-10 09:00")) or "")
    move_date(booking.schedule_id, wall("2026-06-20 09:00"))
    assert "moved" in (reminders.why_unwanted(message, wall("2026-06-09 09:01")) or "")


def test_a_reminder_of_a_rule_switched_off_meanwhile_is_not_sent() -> None:
    made = rule(days=1)
    booked_for(wall("2026-06-10 09:00"))
    run(wall("2026-06-09 09:00"))
    done(lambda: reminders.switch(made, False, ADMIN))
    assert "switched off" in (reminders.why_unwanted(queued()[0], wall("2026-06-09 09:01")) or "")


def test_joining_instructions_do_not_go_to_who_gave_up_the_place() -> None:
    rule(days=7, template="joining_instructions")
    booking = booked_for(wall("2026-06-10 09:00"), attendees=(person("Ada Byron", email="ada@x.example"),))
    now = wall("2026-06-03 09:00")
    run(now)
    place = db.session.scalars(select(Attendee).where(Attendee.booking_id == booking.id)).one()
    other = person("Bo Diddley", email="bo@x.example")
    done(lambda: bookings.rename_attendee(booking.id, place.id, other, ADMIN))
    [ada] = [message for message in queued("joining_instructions") if message.recipient == "ada@x.example"]
    assert "somebody else" in (reminders.why_unwanted(ada, now) or "")


def test_the_row_says_that_events_overtook_it() -> None:
    """Through the sending itself: the reminder of a course that has begun is not written."""
    rule(days=1)
    booked_for(datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5))
    run(datetime.now(UTC) - timedelta(hours=1))
    [message] = queued()
    assert done(lambda: letters.write(message.id)) is None
    [message] = queued()
    assert (message.status, message.is_overtaken) == ("failed", True)


def test_ids_made_in_sql_are_in_order_of_time() -> None:
    made = db.session.scalars(text(f"SELECT {sql.NEW_ID} FROM generate_series(1, 3)")).all()
    assert {each.version for each in made} == {7}
    assert all(abs((each.int >> 80) / 1000 - datetime.now(UTC).timestamp()) < 60 for each in made)


def test_another_providers_bookings_are_left_alone(app: Any, tenant: Tenant) -> None:
    rule(days=1)
    booked_for(wall("2026-06-10 09:00"))
    other = factories.make_provider()
    db.session.remove()
    with tenant_scope(other.id):
        rule(days=1)
        assert run(wall("2026-06-09 09:00")) == 0
        db.session.remove()


def test_every_new_provider_has_the_rules_of_the_migration() -> None:
    done(rules.seed)
    found = {(each.moment, each.days, each.template) for each in db.session.scalars(select(ReminderRule))}
    assert ("before_start", 7, "joining_instructions") in found
    assert {days for moment, days, _ in found if moment == "certificate_expiry"} == {90, 60, 30, 7}
    assert len(found) == 9


def test_what_a_mail_was_about_is_in_its_row() -> None:
    made = rule(days=1)
    booking = booked_for(wall("2026-06-10 09:00"))
    run(wall("2026-06-09 09:00"))
    message = db.session.scalars(select(Message).where(Message.template == "reminder")).one()
    assert message.once_key == f"rule:{made}:{booking.id}:2026-06-10T08:00:00Z"
    assert message.data == {"rule_id": str(made), "starts_at": "2026-06-10T08:00:00Z"}
    assert (message.booking_id, message.user_id) == (booking.id, booking.customer_id)
