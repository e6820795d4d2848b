"""Tables that come in: what is taken, what is refused and why, and that nothing is ever half there."""

import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.domain.errors import DomainError, Invalid
from backoffice.models import Booking, Course, Schedule, Tenant, User, WorkItem
from backoffice.services import imports
from backoffice.services.imports import KINDS
from backoffice.work import commit_once
from tests.services.imported import (
    ACTOR,
    BOOKING,
    COURSE,
    DEMO,
    INSTRUCTOR,
    SCHEDULE,
    VENUE,
    bring,
    bring_base,
    bring_file,
    digest,
    look,
    reason_of,
    table,
    value,
)

pytestmark = pytest.mark.usefixtures("tenant")


def bring_demo() -> dict[str, dict[str, int]]:
    return {kind: bring_file(kind, (DEMO / f"{kind}.csv").read_bytes()).counts for kind in KINDS}


def test_the_five_files_come_in_whole_and_quickly_and_a_second_time_change_nothing(
    capsys: pytest.CaptureFixture[str],
):
    began = time.perf_counter()
    counts = bring_demo()
    seconds = time.perf_counter() - began
    with capsys.disabled():
        print(f"\nfive files into an empty tenant: {seconds:.2f} s")
    assert {kind: each["new"] for kind, each in counts.items()} == {
        "courses": 13,
        "venues": 8,
        "instructors": 5,
        "schedules": 184,
        "bookings": 846,
    }
    assert not any(each["refused"] for each in counts.values())
    assert seconds < 20

    before = digest()
    again = bring_demo()
    assert all(each["same"] == sum(each.values()) for each in again.values())
    assert digest() == before


def test_the_places_and_the_money_of_the_five_files_add_up():
    bring_demo()
    assert not value(
        "SELECT count(*) FROM schedules s WHERE seats_taken <> (SELECT COALESCE(sum(seats), 0) FROM bookings b"
        " WHERE b.schedule_id = s.id AND b.status IN ('pending', 'confirmed', 'completed', 'no_show'))"
    )
    assert not value(
        "SELECT count(*) FROM bookings b WHERE (seats, total_minor, discount_minor) IS DISTINCT FROM"
        " (SELECT (count(*)::int, sum(price_minor - discount_minor)::bigint, sum(discount_minor)::bigint)"
        " FROM attendees a WHERE a.booking_id = b.id)"
    )
    rows = [row for _, row in imports.read("bookings", (DEMO / "bookings.csv").read_bytes(), "b.csv").rows]
    paid = sum(_pence(row) for row in rows if row["payment_status"] in ("paid", "refunded"))
    back = sum(_pence(row) for row in rows if row["payment_status"] == "refunded")
    assert value("SELECT sum(amount_minor) FROM payments WHERE status = 'succeeded'") == paid
    assert value("SELECT sum(paid_minor) FROM bookings") == paid
    assert value("SELECT sum(amount_minor) FROM refunds WHERE status = 'succeeded'") == back
    assert value("SELECT count(*) FROM payment_events") == value(
        "SELECT (SELECT count(*) FROM payments) + (SELECT count(*) FROM refunds)"
    )


def _pence(row: dict[str, str]) -> int:
    pounds, _, pence = row["total"].partition(".")
    return int(pounds) * 100 + int(pence)


def test_the_one_repeated_attendee_of_the_files_is_kept_and_put_on_the_work_queue():
    bring_demo()
    item = db.session.scalars(select(WorkItem)).one()
    assert item.kind == "repeated_attendee"
    assert "Leanne James" in item.sentence and "RFT-2026-0700" in item.sentence


def test_a_large_import_has_the_tables_measured_that_it_fills():
    bring_demo()
    assert value("SELECT relpages FROM pg_class WHERE relname = 'bookings'") > 0


def test_an_import_sends_nothing_and_expires_nothing():
    bring_demo()
    assert value("SELECT count(*) FROM messages") == 0
    assert value("SELECT count(*) FROM outbox") == 0
    assert value("SELECT count(*) FROM bookings WHERE hold_expires_at IS NOT NULL") == 0
    assert value("SELECT count(*) FROM bookings WHERE status = 'pending'") == 32


def test_every_row_leaves_an_audit_entry():
    bring_base()
    bring("bookings", BOOKING)
    actions = value("SELECT string_agg(action, ' ' ORDER BY id) FROM audit_events")
    assert actions.split() == [
        *("course:import", "venue:import", "instructor:import", "schedule:import"),
        *("company:import", "user:import", "booking:import"),
    ]


def test_judging_changes_nothing():
    bring_base()
    before = digest()
    counts = look("bookings", table(BOOKING, BOOKING | {"reference": "TST-2026-0008", "seats": "x"})).counts
    assert counts == {"new": 1, "same": 0, "changed": 0, "refused": 1}
    db.session.commit()
    assert digest() == before


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("cp1252"),
        lambda text: text.replace(",", ";").encode("cp1252"),
        lambda text: text.encode("utf-16"),
    ],
    ids=["UTF-8", "with mark", "Windows-1252", "semicolons", "UTF-16"],
)
def test_names_survive_the_encodings_of_spreadsheets(written):
    text = "name,email,years_of_experience\r\nSiân O’Neill,sian@example.org,15\r\n"
    bring_file("instructors", written(text))
    assert value("SELECT name FROM instructors") == "Siân O’Neill"


def test_a_booking_comes_in_with_its_money_dated_as_its_row(tenant: Tenant):
    bring_base()
    bring("bookings", BOOKING)
    booking = db.session.scalars(select(Booking)).one()
    noon = datetime(2026, 11, 3, 12, tzinfo=UTC)
    assert (booking.reference, booking.source, booking.payment_status) == ("TST-2026-0007", "import", "paid")
    assert (booking.contact_email, booking.contact_phone) == ("grace@example.org", "+447700900311")
    assert (booking.total_minor, booking.seats, booking.booked_at) == (15_000, 2, noon)
    assert [(a.first_name, a.last_name) for a in booking.attendees] == [
        ("Grace", "O’Neill"),
        ("José", "de la Cruz"),
    ]
    assert str(booking.company) == "Lee, Stokes and Lawrence"
    payment = value("SELECT (reference, method, amount_minor, paid_at)::text FROM payments")
    assert payment.startswith('(TST-P-2026-0001,card_terminal,15000,"2026-11-03 12:00')
    assert value("SELECT next_reference_number('booking', 2026)") == 8


def test_a_refunded_booking_gives_its_money_back_and_a_cancelled_one_its_places():
    bring_base()
    bring("bookings", BOOKING | {"status": "cancelled", "payment_status": "refunded"})
    booking = db.session.scalars(select(Booking)).one()
    assert (booking.payment_status, booking.refunded_minor, booking.due_minor) == ("refunded", 15_000, 0)
    assert value("SELECT seats_taken FROM schedules") == 0
    assert value("SELECT count(*) FROM payment_events") == 2


def test_the_price_of_the_day_counts_and_not_the_price_of_today():
    bring_base()
    bring("bookings", BOOKING | {"seats": "3", "attendees": "", "discount": "10.00", "total": "90.01"})
    lines = value("SELECT array_agg((price_minor, discount_minor)::text ORDER BY position) FROM attendees")
    assert lines == ["(3334,334)", "(3334,333)", "(3333,333)"]
    booking = db.session.scalars(select(Booking)).one()
    assert (booking.total_minor, booking.discount_minor) == (9001, 1000)


def test_fewer_names_than_seats_leave_places_to_be_named():
    bring_base()
    bring("bookings", BOOKING | {"seats": "3"})
    names = value("SELECT array_agg(first_name || ' ' || last_name ORDER BY position) FROM attendees")
    assert names == ["Grace O’Neill", "José de la Cruz", " "]


def test_a_known_address_never_has_its_record_overwritten():
    bring_base()
    bring("bookings", BOOKING)
    bring(
        "bookings",
        BOOKING | {"reference": "TST-2026-0009", "first_name": "Gina", "email": "GRACE@example.org"},
    )
    assert [user.first_name for user in db.session.scalars(select(User))] == ["Grace"]
    assert value("SELECT contact_first_name FROM bookings WHERE reference = 'TST-2026-0009'") == "Gina"


def test_a_caller_without_an_address_is_known_by_number_and_name():
    bring_base()
    row = BOOKING | {"email": "", "seats": "1", "attendees": ""}
    bring("bookings", row)
    bring("bookings", row | {"reference": "TST-2026-0009"}, row | {"reference": "X1", "phone": ""})
    assert value("SELECT count(*) FROM users") == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schedule_code": "S9"}, "no date “S9”"),
        ({"booked_on": "31/02/2026"}, "not a date"),
        ({"email": "grace@"}, "email: Enter an e-mail address"),
        ({"phone": "call me"}, "phone: Enter a phone number"),
        ({"seats": "0"}, "seats: 0 is not between"),
        ({"seats": "1"}, "2 names for 1 seats"),
        ({"seats": "13"}, "S1 has 12 of 12 places left"),
        ({"seats": "NaN"}, "not a whole number"),
        ({"total": "-5"}, "total: Write the amount"),
        ({"total": "1e9"}, "total: Write the amount"),
        ({"total": ""}, "total: Enter an amount"),
        ({"status": "maybe"}, "“maybe” is not known"),
        ({"payment_status": "part_paid"}, "payment_status: “part_paid”"),
        ({"payment_method": "bitcoin"}, "payment_method: “bitcoin”"),
        ({"total": "0", "payment_status": "refunded"}, "Nothing was due"),
        ({"first_name": "", "last_name": ""}, "Enter the name of who booked"),
        ({"first_name": "G\u202erace"}, "first_name: First name contains a character"),
        ({"last_name": "x" * 101}, "at most 100"),
        ({"notes": "card 4111 1111 1111 1111"}, "looks like a card number"),
        ({"reference": ""}, "reference: Reference is needed"),
        ({"reference": "x" * 25}, "at most 24"),
        ({"attendees": "a" * 150}, "at most 100"),
    ],
)
def test_a_hostile_booking_is_refused_with_its_reason(change: dict[str, str], says: str):
    bring_base()
    assert says in reason_of("bookings", BOOKING | change)


def test_all_faults_of_a_row_are_named_at_once():
    reason = reason_of("venues", VENUE | {"slug": "Not a slug!", "capacity": "none"})
    assert "slug:" in reason and "capacity:" in reason


def test_a_row_with_too_few_cells_and_a_repeated_key_are_refused_and_the_others_come_in():
    data = b"slug,name,capacity\na,Hall A,10\nb,Hall B\na,Hall A again,12\nc,Hall C,9\n"
    judged = bring_file("venues", data)
    assert judged.counts == {"new": 2, "same": 0, "changed": 0, "refused": 2}
    assert [verdict.line for verdict in judged.refused] == [3, 4]
    assert "2 cells" in judged.refused[0].reason and "on line 2 already" in judged.refused[1].reason


def test_cells_too_many_stay_visible_in_the_last_column():
    judged = look("venues", b"slug,capacity,name\na,10,Hall A, Leeds\n")
    assert judged.refused[0].cells == {"slug": "a", "capacity": "10", "name": "Hall A, Leeds"}


def test_a_long_key_is_the_same_record_the_second_time():
    row = INSTRUCTOR | {"email": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.example"}
    bring("instructors", row)
    assert bring("instructors", row).counts["same"] == 1


def test_progress_grows_row_by_row_to_the_end():
    told: list[int] = []
    rows = [VENUE | {"slug": f"hall-{number}"} for number in range(1200)]
    judged = imports.judge("venues", imports.read("venues", table(*rows), "venues.csv"), told.append)
    assert told == [250, 500, 850, 1100, 1200]
    told.clear()
    commit_once(lambda: imports.write(judged, ACTOR, told.append))
    assert told == [500, 1000, 1200]


def test_a_booking_that_was_taken_here_reads_as_the_same_by_its_day():
    bring_base()
    bring("bookings", BOOKING)
    db.session.execute(update(Booking).values(booked_at=datetime(2026, 11, 3, 16, 45, tzinfo=UTC)))
    db.session.commit()
    assert bring("bookings", BOOKING).counts["same"] == 1


def test_refused_rows_come_back_as_a_file_that_can_be_corrected_and_sent_again():
    bad = VENUE | {"capacity": "many", "name": "=Hall"}
    judged = look("venues", table(bad))
    body = b"".join(imports.refused_rows(judged.header, [(v.cells, v.reason) for v in judged.refused]))
    assert b"'=Hall" in body and "not a whole number" in body.decode("utf-8-sig")
    corrected = look("venues", body.replace(b"many", b"12"))
    assert (corrected.counts["new"], corrected.warnings) == (1, [])
    assert corrected.verdicts[0].values["name"] == "=Hall"


def test_unknown_columns_are_named_and_missing_ones_refuse_the_file():
    assert "The column colour is not known" in look("venues", table(VENUE | {"colour": "red"})).warnings[0]
    with pytest.raises(Invalid, match="lacks the columns slug, capacity"):
        imports.read("venues", b"name,city\nHall,Leeds\n", "venues.csv")


def test_a_course_may_requalify_one_further_down_but_none_that_is_missing_or_refused():
    first = COURSE | {"slug": "again", "requalifies": "first-aid"}
    judged = bring("courses", first, COURSE)
    assert judged.counts["new"] == 2
    assert (
        str(db.session.scalars(select(Course).where(Course.slug == "again")).one().requalifies) == "First Aid"
    )
    chain = [COURSE | {"slug": "x", "requalifies": "y"}, COURSE | {"slug": "y", "requalifies": "z"}]
    assert look("courses", table(*chain)).counts["refused"] == 2


def test_a_free_course_and_one_on_request_are_understood():
    bring("courses", COURSE | {"slug": "a", "price": "0"}, COURSE | {"slug": "b", "price": ""})
    assert dict(db.session.execute(select(Course.slug, Course.pricing)).all()) == {
        "a": "free",
        "b": "on_request",
    }
    assert bring("courses", COURSE | {"slug": "a", "price": "free"}).counts["same"] == 1


def test_a_changed_course_is_changed_and_says_what():
    bring("courses", COURSE)
    judged = bring("courses", COURSE | {"title": "First Aid at Work", "price": "80"})
    assert judged.verdicts[0].reason == "Changes: title, price."
    course = db.session.scalars(select(Course)).one()
    assert (course.title, course.price_minor, course.version) == ("First Aid at Work", 8000, 2)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"venue": "leeds"}, "Wharf Rooms is taken Tue 2 Mar 2027, 09:00–16:00 by S1 (First Aid)"),
        ({"venue": "york"}, "sian@example.org teaches Tue 2 Mar 2027, 09:00–16:00: S1 (First Aid)"),
        ({"course": "none"}, "no course “none”"),
        ({"venue": "none"}, "no venue “none”"),
        ({"instructor_email": "nobody@example.org"}, "nobody has “nobody@example.org”"),
        ({"venue": "york", "capacity": "17"}, "Micklegate holds 16"),
        ({"venue": "york", "capacity": "13", "instructor_email": ""}, "one instructor teaches at most 12"),
        ({"end_time": "09:00"}, "The end must be after the start"),
        ({"days": "2027-03-02;02/03/2027"}, "Name each day once"),
        ({"days": ""}, "At least one date"),
        ({"days": "2027-03-28", "start_time": "01:30"}, "does not exist"),
        ({"status": "full"}, "“full” is not known"),
    ],
)
def test_a_date_that_cannot_be_is_refused_with_the_other_one_named(change: dict[str, str], says: str):
    bring_base()
    bring("venues", VENUE | {"slug": "york", "name": "Micklegate"})
    assert says in reason_of("schedules", SCHEDULE | {"code": "S2"} | change)


def test_two_dates_of_one_file_clash_as_well_unless_one_is_cancelled_or_they_only_touch():
    bring_base()
    first = SCHEDULE | {"code": "S2", "days": "2027-04-06"}
    second = first | {"code": "S3"}
    assert "is taken" in reason_of("schedules", first, second)
    assert not reason_of("schedules", first | {"status": "cancelled"}, second)
    assert not reason_of("schedules", first, second | {"start_time": "16:00", "end_time": "18:00"})


def test_a_date_may_lie_in_the_past_and_keeps_its_local_times():
    bring_base()
    bring("schedules", SCHEDULE | {"code": "S0", "days": "2020-07-06; 07/07/2020", "status": "completed"})
    old = db.session.scalars(select(Schedule).where(Schedule.code == "S0")).one()
    assert (old.starts_at.astimezone(UTC), len(old.days)) == (datetime(2020, 7, 6, 8, tzinfo=UTC), 2)


def test_a_file_corrects_capacity_and_moves_status_on_but_nothing_else_of_a_date():
    bring_base()
    bring("bookings", BOOKING)
    assert look("schedules", table(SCHEDULE | {"capacity": "10"})).counts["changed"] == 1
    assert "2 places are taken" in reason_of("schedules", SCHEDULE | {"capacity": "1"})
    assert "is published" in reason_of("schedules", SCHEDULE | {"status": "draft"})
    assert "days and times" in reason_of("schedules", SCHEDULE | {"start_time": "10:00"})
    bring("schedules", SCHEDULE | {"status": "completed", "capacity": "10"})
    assert value("SELECT (status, capacity)::text FROM schedules") == "(completed,10)"


def test_a_file_corrects_names_and_contact_of_a_booking_but_never_its_money_or_places():
    bring_base()
    bring("bookings", BOOKING)
    judged = bring("bookings", BOOKING | {"phone": "07700 900999", "attendees": "Ann Other", "notes": ""})
    assert judged.verdicts[0].reason == "Changes: phone, attendees, notes."
    assert value("SELECT (contact_phone, notes, version)::text FROM bookings") == "(+447700900999,,2)"
    names = value("SELECT array_agg(first_name ORDER BY position) FROM attendees")
    assert names == ["Ann", "José"]  # the place that the file left open keeps its name
    for change in ({"total": "140"}, {"seats": "3"}, {"status": "cancelled"}, {"payment_status": "refunded"}):
        assert "change it on its page" in reason_of("bookings", BOOKING | change)


def test_a_column_that_the_file_lacks_changes_nothing_that_is_there():
    bring_base()
    bring("bookings", BOOKING)
    bare = {name: cell for name, cell in BOOKING.items() if name not in imports.KINDS["bookings"].optional}
    assert bring("bookings", bare).counts["same"] == 1
    assert bring("bookings", bare | {"last_name": "Neill"}).counts["changed"] == 1
    assert (
        value("SELECT (contact_email, notes)::text FROM bookings") == '(grace@example.org,"Vegetarian lunch")'
    )
    date = {name: cell for name, cell in SCHEDULE.items() if name != "instructor_email"}
    assert bring("schedules", date).counts["same"] == 1


def test_a_run_that_fails_at_the_commit_leaves_nothing():
    bring_base()
    one_place = BOOKING | {"seats": "1", "attendees": ""}
    bring("bookings", one_place)
    judged = look("bookings", table(BOOKING | {"reference": "TST-2026-0008", "seats": "11"}))
    bring("bookings", one_place | {"reference": "TST-2026-0009"})
    before = digest()
    with pytest.raises(DomainError, match="fully booked"):
        commit_once(lambda: imports.write(judged, ACTOR))
    assert digest() == before


def test_nothing_of_another_tenant_is_seen_or_touched():
    assert value("SELECT count(*) FROM courses") == 0
    bring("instructors", INSTRUCTOR)
    assert value("SELECT count(*) FROM instructors") == 1
