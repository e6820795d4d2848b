"""The screens of dates: the list, the page, the planning form with and without a script."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.times import say_date
from backoffice.models import Schedule, ScheduleDayInstructor
from backoffice.services import bookings, courses
from backoffice.services.bookings import AttendeeIn, Order
from backoffice.services.customers import CustomerIn
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.views.admin.test_catalogue import errors_in, inside, version_in
from tests.web_client import Visitor, signed_in

SOON = date.today() + timedelta(days=21)  # noqa: DTZ011 - a local day
NEW = "/admin/schedules/new/"


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


@pytest.fixture
def plan(app: Flask, provider: Provider) -> dict[str, Any]:
    """What a planner sends at least: course, venue and one day."""
    with inside(app, provider):
        course = factories.make_course(title="First Aid at Work", capacity=10)
        venue = factories.make_venue(name="Mill Hall", city="Leeds")
        return {"course_id": str(course.id), "venue_id": str(venue.id), **day(0)}


def day(row: int, on: date = SOON, start: str = "09:00", end: str = "16:00") -> dict[str, str]:
    return {f"days-{row}-on": on.isoformat(), f"days-{row}-start": start, f"days-{row}-end": end}


def only_date(app: Flask, provider: Provider) -> Schedule:
    with inside(app, provider):
        found = db.session.scalars(select(Schedule)).one()
        db.session.expunge(found)
        return found


def address_of(page: str, schedule: Schedule) -> str:
    return f"/admin/schedules/{page}/?id={schedule.id}"


# --- Planning ---


def test_without_a_script_the_server_fills_in_what_the_course_says(
    app: Flask, provider: Provider, admin: Visitor, plan: dict[str, Any]
) -> None:
    with inside(app, provider):
        usual = factories.make_instructor().id
        commit_once(lambda: courses.set_instructors(UUID(plan["course_id"]), [], usual, factories.actor()))
    assert admin.post(NEW, plan).status_code == 302
    made = only_date(app, provider)
    assert (made.capacity, made.price_minor, made.status) == (10, 7500, "draft")
    with inside(app, provider):
        assert db.session.scalars(select(ScheduleDayInstructor.instructor_id)).all() == [usual]


def test_money_and_british_dates_are_read_as_people_write_them(
    app: Flask, provider: Provider, admin: Visitor, plan: dict[str, Any]
) -> None:
    sent = plan | {
        "days-0-on": f"{SOON:%d/%m/%Y}",
        "days-0-start": "9.30",
        "price_minor": "£1,234.50",
        "is_published": "y",
    }
    answer = admin.post(NEW, sent)
    assert answer.status_code == 302, errors_in(answer.text)
    made = only_date(app, provider)
    assert (made.price_minor, made.status) == (123450, "published")


def test_three_days_and_an_empty_row_make_three_days(
    app: Flask, provider: Provider, admin: Visitor, plan: dict[str, Any]
) -> None:
    rows = plan | day(1, SOON + timedelta(days=1)) | day(2, SOON + timedelta(days=2))
    rows |= {"days-3-on": "", "days-3-start": "", "days-3-end": ""}
    assert admin.post(NEW, rows).status_code == 302
    made = only_date(app, provider)
    assert (made.ends_at - made.starts_at) == timedelta(days=2, hours=7)


def test_a_half_filled_row_is_asked_for_and_kept(admin: Visitor, plan: dict[str, Any]) -> None:
    answer = admin.post(NEW, plan | {"days-0-end": ""})
    assert answer.status_code == 422
    assert "Fill this in." in errors_in(answer.text)
    assert f'value="{SOON.isoformat()}"' in answer.text


def test_another_row_is_added_without_a_script(admin: Visitor, plan: dict[str, Any]) -> None:
    answer = admin.post(NEW, plan | {"add_day": "1"})
    assert answer.status_code == 200
    assert f'value="{(SOON + timedelta(days=1)).isoformat()}"' in answer.text
    assert not errors_in(answer.text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"course_id": ""}, "Fill this in."),
        ({"venue_id": "nonsense"}, "Choose one of the list."),
        ({"days-0-on": "yesterday"}, "Enter a date like 31/12/2026."),
        ({"days-0-on": "2026-01-05"}, "has passed"),
        ({"days-0-end": "08:00"}, "the end must be after the start"),
        ({"days-0-start": "25:00"}, "Enter a time like 09:30."),
        ({"capacity": "21"}, "Mill Hall takes 20 people"),
        ({"capacity": "13"}, "One instructor may teach 12 people"),
        ({"price_minor": "NaN"}, "Write the amount like"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    app: Flask, provider: Provider, admin: Visitor, plan: dict[str, Any], change: dict[str, str], said: str
) -> None:
    answer = admin.post(NEW, plan | change)
    assert answer.status_code == 422
    assert said in " ".join(errors_in(answer.text))
    with inside(app, provider):
        assert db.session.scalar(select(func.count()).select_from(Schedule)) == 0


def test_a_clash_is_named_with_what_is_free_and_one_key_saves_it(
    app: Flask, provider: Provider, admin: Visitor, plan: dict[str, Any]
) -> None:
    with inside(app, provider):
        free = factories.make_venue(name="Abbey Rooms")
        free_id, free_name = free.id, free.name
    assert admin.post(NEW, plan).status_code == 302
    refused = admin.post(NEW, plan)
    assert refused.status_code == 409
    assert "Mill Hall is taken by First Aid at Work" in refused.text
    button = re.search(r'name="use_venue" value="([^"]+)" data-key="1"', refused.text)
    assert button
    assert UUID(button[1]) == free_id
    assert free_name in refused.text
    assert admin.post(NEW, plan | {"use_venue": button[1]}).status_code == 302
    with inside(app, provider):
        assert set(db.session.scalars(select(Schedule.venue_id))) == {UUID(plan["venue_id"]), free_id}


def test_a_busy_instructor_is_replaced_by_one_key(
    app: Flask, provider: Provider, admin: Visitor, plan: dict[str, Any]
) -> None:
    with inside(app, provider):
        busy, free = factories.make_instructor().id, factories.make_instructor().id
        other_room = str(factories.make_venue().id)
    assert admin.post(NEW, plan | {"instructor_id": str(busy)}).status_code == 302
    again = plan | {"instructor_id": str(busy), "venue_id": other_room}
    refused = admin.post(NEW, again)
    assert refused.status_code == 409
    assert f'name="use_instructor" value="{free}"' in refused.text
    assert admin.post(NEW, again | {"use_instructor": str(free)}).status_code == 302


def test_the_script_asks_what_clashes_before_anything_is_saved(
    app: Flask, provider: Provider, admin: Visitor, plan: dict[str, Any]
) -> None:
    asked = admin.get("/admin/schedules/check/", query_string=plan)
    nothing: dict[str, Any] = {"clashes": [], "warnings": [], "venues": [], "instructors": []}
    assert asked.json == nothing | {"problem": "", "advice": ""}
    admin.post(NEW, plan)
    found = admin.get("/admin/schedules/check/", query_string=plan).json
    assert found
    assert len(found["clashes"]) == 1
    made = only_date(app, provider)
    own = admin.get("/admin/schedules/check/", query_string=plan | {"id": str(made.id)}).json
    assert own
    assert own["clashes"] == []


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"days-0-on": "x", "days-0-start": "y", "days-0-end": "z"},
        {"days-0-on": "2027-03-28", "days-0-start": "01:30", "days-0-end": "02:30"},
        {"venue_id": "x", "instructor_id": "x", "assistant_ids": "x", "id": "x", **day(0)},
        {"days-99999-on": "2027-03-28"},
    ],
)
def test_the_check_survives_any_question(admin: Visitor, asked: dict[str, str]) -> None:
    assert admin.get("/admin/schedules/check/", query_string=asked).status_code == 200


def test_the_script_reads_what_a_course_brings_along(
    admin: Visitor, app: Flask, provider: Provider, plan: dict[str, Any]
) -> None:
    found = admin.get("/admin/schedules/course-defaults/", query_string=plan).json
    assert found == {
        "capacity": 10,
        "price": "£75.00",
        "pricing": "£75.00",
        "days": 1,
        "minutes": 360,
        "instructor_id": None,
    }
    assert admin.get("/admin/schedules/course-defaults/?course_id=x").status_code == 404


def test_the_same_is_planned_again_whole_weeks_later(
    app: Flask, provider: Provider, admin: Visitor, plan: dict[str, Any]
) -> None:
    admin.post(NEW, plan)
    page = admin.get(f"{NEW}?like={only_date(app, provider).id}").text
    assert f'value="{(SOON + timedelta(weeks=1)).isoformat()}"' in page
    assert f'selected value="{plan["venue_id"]}"' in page


def test_an_old_date_is_planned_again_in_the_future(app: Flask, provider: Provider, admin: Visitor) -> None:
    long_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(days=50)
    with inside(app, provider):
        row_id = factories.make_schedule(starts_at=long_ago).id
    page = admin.get(f"{NEW}?like={row_id}").text
    proposed = re.search(r'name="days-0-on"[^>]*value="([^"]+)"', page)
    assert proposed
    today = datetime.now(UTC).date()
    assert today < date.fromisoformat(proposed[1]) <= today + timedelta(days=8)


# --- Changing ---


def test_a_date_is_changed_through_its_form(
    app: Flask, provider: Provider, admin: Visitor, plan: dict[str, Any]
) -> None:
    admin.post(NEW, plan)
    made = only_date(app, provider)
    page = admin.get(address_of("edit", made)).text
    assert "£75.00" in page
    sent = plan | day(0, SOON + timedelta(days=1)) | {
        "version": version_in(page), "capacity": "8", "pricing": "priced", "price_minor": "80",
    }  # fmt: skip
    answer = admin.post(address_of("edit", made), sent)
    assert answer.status_code == 302, errors_in(answer.text)
    changed = only_date(app, provider)
    assert (changed.capacity, changed.price_minor) == (8, 8000)
    assert changed.starts_at == made.starts_at + timedelta(days=1)
    shown = admin.get(address_of("details", made)).text
    assert "Changed the price" in shown
    assert "<del>£75.00</del>" in shown


def test_the_second_of_two_planners_sees_what_the_first_one_saved(
    app: Flask, provider: Provider, admin: Visitor, plan: dict[str, Any]
) -> None:
    admin.post(NEW, plan)
    made = only_date(app, provider)
    version = version_in(admin.get(address_of("edit", made)).text)
    sent = plan | {"version": version, "pricing": "priced", "price_minor": "75", "capacity": "8"}
    assert admin.post(address_of("edit", made), sent).status_code == 302
    late = admin.post(address_of("edit", made), sent | {"capacity": "9", "price_minor": "60"})
    assert late.status_code == 409
    assert "What differs from what is saved now" in late.text
    again = sent | {"version": version_in(late.text), "capacity": "9", "price_minor": "60"}
    assert admin.post(address_of("edit", made), again).status_code == 302
    assert only_date(app, provider).price_minor == 6000


# --- The list and the page ---


def titles(page: str) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*>\s*<a [^>]*>([^<]+)', page)


def test_the_list_begins_today_and_is_sorted_by_start(app: Flask, provider: Provider, admin: Visitor) -> None:
    now = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    with inside(app, provider):
        for ahead in (30, -30, 10):
            factories.make_schedule(starts_at=now + timedelta(days=ahead))
    assert len(titles(admin.get("/admin/schedules/").text)) == 2
    everything = titles(admin.get("/admin/schedules/?from=").text)
    in_order = [say_date((now + timedelta(days=ahead)).date()) for ahead in (-30, 10, 30)]
    assert [title.split(",")[0] for title in everything] == in_order


def test_the_list_is_narrowed_by_course_town_state_and_words(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    with inside(app, provider):
        course = factories.make_course(title="Fire warden")
        factories.make_schedule(course=course, venue=factories.make_venue(city="York"))
        factories.make_schedule(status="draft", code="S77")
        factories.make_schedule(starts_at=now - timedelta(hours=1))
        factories.make_schedule(starts_at=now - timedelta(days=2))
        course_id = course.id
    found = {
        query: len(titles(admin.get(f"/admin/schedules/?{query}").text))
        for query in (
            f"course={course_id}", "town=York", "state=draft", "state=published", "state=ongoing",
            "state=completed", "state=full", "state=cancelled", "search=warden", "search=s77",
        )
    }  # fmt: skip
    assert list(found.values()) == [1, 1, 1, 1, 1, 1, 0, 0, 1, 1], found


def test_the_list_is_exported(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        factories.make_schedule(course=factories.make_course(title="=Fire warden"))
    answer = admin.get("/admin/schedules/export/csv/")
    assert answer.status_code == 200
    heading, row = answer.text.strip().splitlines()
    assert heading.lstrip("\ufeff").startswith("Code,Course,Venue,Town,Starts")
    assert "'=Fire warden" in row
    assert "75.00" in row


def test_a_page_shows_bookings_with_their_money(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        made = factories.make_schedule()
        wanted = Order(
            schedule_id=made.id,
            places=2,
            customer=CustomerIn(first_name="Ann", last_name="<b>Cox</b>", email="ann@x.example"),
            attendees=(AttendeeIn("Ann", "Cox"),),
            payment_method="cash",
        )
        commit_once(lambda: bookings.place(wanted, factories.actor()))
        row_id = made.id
    page = admin.get(f"/admin/schedules/details/?id={row_id}").text
    assert "2 places, £150.00, of which £150.00 is paid" in page
    assert "Ann &lt;b&gt;Cox&lt;/b&gt;" in page
    assert "10 of 12 places left" in page


def test_a_page_names_who_teaches_on_each_day(
    app: Flask, provider: Provider, admin: Visitor, plan: dict[str, Any]
) -> None:
    with inside(app, provider):
        lead, second = factories.make_instructor(name="Ann"), factories.make_instructor(name="Bob <b>")
        people = {"instructor_id": str(lead.id), "assistant_ids": [str(second.id)]}
    assert admin.post(NEW, plan | people).status_code == 302
    page = admin.get(address_of("details", only_date(app, provider))).text
    assert re.search(
        r'<a href="/admin/instructors/details/[^"]+">Ann</a>, <a [^>]+>Bob &lt;b&gt;</a> \(assists\)', page
    )


def test_verbs_ask_first_and_act_on_the_second_press(
    app: Flask, provider: Provider, admin: Visitor, plan: dict[str, Any]
) -> None:
    admin.post(NEW, plan)
    made = only_date(app, provider)
    assert "It goes on sale" in admin.get(address_of("publish", made)).text
    assert only_date(app, provider).status == "draft"
    for verb, status in (("publish", "published"), ("unpublish", "draft")):
        assert admin.post(address_of(verb, made), {"id": str(made.id)}).status_code == 302
        assert only_date(app, provider).status == status
    assert admin.post(address_of("cancel", made), {"id": str(made.id)}).status_code == 422
    reason = {"id": str(made.id), "reason": "Instructor ill"}
    assert admin.post(address_of("cancel", made), reason).status_code == 302
    page = admin.get(address_of("details", made)).text
    assert "Cancelled: Instructor ill" in page
    assert "Cancelled the date: Instructor ill" in page
