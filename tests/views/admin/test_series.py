"""The screens of series: a grid first, then one act; and hours and leave on an instructor's page."""

import re
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.models import Schedule, ScheduleSeries
from backoffice.services import availability, schedules
from backoffice.services.schedules import PlanIn
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.views.admin.test_catalogue import counted, inside
from tests.web_client import Visitor, signed_in

NEW = "/admin/series/new/"
TODAY = date.today()  # noqa: DTZ011 - a local day
# A Tuesday in spring, far from any public holiday.
FIRST = next(day for n in range(7) if (day := date(TODAY.year + 2, 3, 1) + timedelta(days=n)).weekday() == 1)
ADMIN = factories.actor()


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


@pytest.fixture
def form(app: Flask, provider: Provider) -> dict[str, Any]:
    """Three Tuesdays in the Mill Room with Ann Lee."""
    with inside(app, provider):
        return {
            "course_id": str(factories.make_course(title="First Aid").id),
            "venue_id": str(factories.make_venue(name="Mill Room").id),
            "instructor_id": str(factories.make_instructor(name="Ann Lee").id),
            "days-0-on": FIRST.isoformat(),
            "days-0-start": "09:00",
            "days-0-end": "16:00",
            "repeats": "weekly",
            "every": "1",
            "times": "3",
            "skips_holidays": "y",
            "region": "ENG",
        }


def hidden(page: str) -> dict[str, str]:
    """What the page brings back unseen."""
    found = dict(re.findall(r'name="(series_id|previewed|grid)"[^>]*value="([^"]*)"', page))
    return found | {"save": "1"}


def ticked(page: str) -> list[str]:
    boxes = re.findall(r'<input type="checkbox" name="chosen"[^>]*>', page)
    return [re.search(r'value="([^"]+)"', box)[1] for box in boxes if "checked" in box]  # type: ignore[index]


def look(admin: Visitor, form: dict[str, Any], path: str = NEW) -> str:
    return admin.post(path, form).get_data(as_text=True)


def save(admin: Visitor, form: dict[str, Any], page: str, path: str = NEW, **more: Any) -> Any:
    return admin.post(path, form | hidden(page) | {"chosen": ticked(page)} | more)


def number(app: Flask, provider: Provider, model: type = Schedule) -> int:
    with inside(app, provider):
        return db.session.scalars(select(func.count()).select_from(model)).one()


def other_date(form: dict[str, Any], weeks: int) -> None:
    days = [(FIRST + timedelta(weeks=weeks), time(10), time(12))]
    plan = PlanIn(
        factories.make_course(title="Fire Safety").id, UUID(form["venue_id"]), days, instructor_ids=()
    )
    commit_once(lambda: schedules.plan(plan, ADMIN))


# --- Planning ---


def test_the_grid_is_shown_before_anything_is_saved(
    app: Flask, provider: Provider, admin: Visitor, form: dict[str, Any]
) -> None:
    with inside(app, provider):
        other_date(form, 1)
    page = look(admin, form)
    assert number(app, provider) == 1
    assert ticked(page) == [FIRST.isoformat(), (FIRST + timedelta(weeks=2)).isoformat()]
    assert "Mill Room is taken by Fire Safety" in page


def test_the_ticked_dates_are_made_and_the_series_is_shown(
    app: Flask, provider: Provider, admin: Visitor, form: dict[str, Any]
) -> None:
    answer = save(admin, form, look(admin, form))
    assert answer.status_code == 303
    page = admin.get(answer.location).get_data(as_text=True)
    assert "Planned: 3 dates." in page
    assert "Every Tuesday".lower() in page.lower()
    assert number(app, provider) == 3
    assert "First Aid" in admin.get("/admin/series/").get_data(as_text=True)


def test_a_plan_that_was_changed_since_the_look_is_shown_again(
    app: Flask, provider: Provider, admin: Visitor, form: dict[str, Any]
) -> None:
    page = look(admin, form)
    answer = save(admin, form | {"days-0-start": "10:00"}, page)
    assert answer.status_code == 422
    assert "look at the dates below once more" in answer.get_data(as_text=True)
    assert number(app, provider) == 0


def test_what_somebody_planned_meanwhile_is_shown_with_the_ticks_kept(
    app: Flask, provider: Provider, admin: Visitor, form: dict[str, Any]
) -> None:
    page = look(admin, form)
    with inside(app, provider):
        other_date(form, 1)
    answer = save(admin, form, page)
    again = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Mill Room is taken by Fire Safety" in again
    assert ticked(again) == [FIRST.isoformat(), (FIRST + timedelta(weeks=2)).isoformat()]
    assert number(app, provider) == 1
    assert save(admin, form, again).status_code == 303


def test_a_form_that_is_sent_twice_leads_to_the_one_series(
    app: Flask, provider: Provider, admin: Visitor, form: dict[str, Any]
) -> None:
    page = look(admin, form | hidden(admin.get(NEW).get_data(as_text=True)) | {"save": ""})
    page = look(admin, form | {"series_id": hidden(page)["series_id"]})
    first, second = save(admin, form, page), save(admin, form, page)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert number(app, provider, ScheduleSeries) == 1


def test_somebody_on_leave_takes_a_reason(
    app: Flask, provider: Provider, admin: Visitor, form: dict[str, Any]
) -> None:
    with inside(app, provider):
        commit_once(
            lambda: availability.add_leave(UUID(form["instructor_id"]), FIRST, FIRST, "A new hip", ADMIN)
        )
    page = look(admin, form)
    assert "Ann Lee is on leave on" in page
    assert "hip" not in page
    assert len(ticked(page)) == 2
    everything = [(FIRST + timedelta(weeks=n)).isoformat() for n in range(3)]
    refused = save(admin, form, page, chosen=everything)
    assert refused.status_code == 422
    assert "write why it is all right" in refused.get_data(as_text=True)
    assert save(admin, form, page, chosen=everything, override_reason="She offered").status_code == 303


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"times": "105"}, "Enter a whole number from 1 to 104."),
        ({"times": "0"}, "Enter a whole number from 1 to 104."),
        ({"times": "NaN"}, "Enter a whole number."),
        ({"times": ""}, "Fill this in."),
        ({"every": "53"}, "Enter a whole number from 1 to 52."),
        ({"every": "13", "repeats": "monthly_date"}, "Enter a whole number from 1 to 12 months."),
        ({"repeats": "hourly"}, "Choose one of the list."),
        ({"repeats": "monthly_last"}, "is not the last Tuesday of its month"),
        ({"weekdays": "9"}, "Choose"),
        ({"weekdays": "x"}, "Choose"),
        ({"region": "XX"}, "Choose one of the list."),
        ({"course_id": "1"}, "Choose one of the list."),
        ({"days-0-on": "31/31/2026"}, "Enter a date like 31/12/2026."),
        ({"days-0-on": "", "days-0-start": "", "days-0-end": ""}, "Enter at least one day."),
        ({"days-0-end": "08:00"}, "the end must be after the start"),
        ({"days-0-on": "2100-12-31"}, "What to know"),
        ({"series_id": "' OR 1=1"}, "What to know"),
        ({"capacity": "999"}, "takes 20 people"),
        ({"override_reason": "x" * 501}, "500"),
    ],
)
def test_bad_input_gets_a_sentence_and_never_an_error(
    app: Flask, provider: Provider, admin: Visitor, form: dict[str, Any], sent: dict[str, str], says: str
) -> None:
    answer = admin.post(NEW, form | sent)
    assert answer.status_code in (200, 422)
    assert says in answer.get_data(as_text=True)
    assert number(app, provider) == 0


@pytest.mark.parametrize("chosen", [[], ["rubbish"], ["2020-01-01"]])
def test_ticks_of_nothing_make_nothing(
    app: Flask, provider: Provider, admin: Visitor, form: dict[str, Any], chosen: list[str]
) -> None:
    page = look(admin, form)
    assert save(admin, form, page, chosen=chosen).status_code == 422
    assert number(app, provider) == 0


def test_a_day_is_added_without_a_script(admin: Visitor, form: dict[str, Any]) -> None:
    page = look(admin, form | {"add_day": "1"})
    assert 'name="days-1-on"' in page
    assert "What to know" not in page


def test_a_long_series_is_looked_at_with_few_statements(
    app: Flask, admin: Visitor, form: dict[str, Any]
) -> None:
    look(admin, form)
    with counted(app) as few:
        look(admin, form)
    with counted(app) as many:
        look(admin, form | {"times": "104"})
    assert len(many) <= len(few)


# --- Changing ---


@pytest.fixture
def made(app: Flask, provider: Provider, admin: Visitor, form: dict[str, Any]) -> str:
    """The address of the series of three."""
    address: str = save(admin, form, look(admin, form)).location
    return address


def first_date(app: Flask, provider: Provider) -> UUID:
    with inside(app, provider):
        return db.session.scalars(select(Schedule.id).order_by(Schedule.starts_at)).first()  # type: ignore[return-value]


def test_this_and_the_later_ones_are_changed_from_the_page_of_a_date(
    app: Flask, provider: Provider, admin: Visitor, made: str
) -> None:
    with inside(app, provider):
        second = db.session.scalars(select(Schedule.id).order_by(Schedule.starts_at).offset(1)).first()
    page = admin.get(f"/admin/schedules/details/?id={second}").get_data(as_text=True)
    assert "Every Tuesday" in page
    assert f"from={second}" in page
    change = f"{made}change/"
    sent = {"scope": "later", "from_id": str(second), "start": "10:30", "price_minor": "£90"}
    grid = look(admin, sent, change)
    assert len(ticked(grid)) == 2
    assert "Price: £75.00 → £90.00" in grid
    assert save(admin, sent, grid, change).status_code == 303
    with inside(app, provider):
        prices = db.session.scalars(select(Schedule.price_minor).order_by(Schedule.starts_at)).all()
    assert prices == [7500, 9000, 9000]


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "Fill in what is to change."),
        ({"scope": "some", "start": "10:00"}, "Choose one of the list."),
        ({"from_id": "1", "start": "10:00"}, "Choose"),
        ({"from_id": str(UUID(int=5)), "start": "10:00"}, "Choose a date of this series."),
        ({"weekday": "8"}, "Choose one of the list."),
        ({"start": "25:00"}, "Enter a time like 09:30."),
        ({"capacity": "0"}, "Enter a whole number from 1 to 1,000."),
        ({"price_minor": "lots"}, "is-bad"),
        ({"venue_id": str(UUID(int=5))}, "Choose one of the list."),
    ],
)
def test_a_bad_change_gets_a_sentence(
    app: Flask, provider: Provider, admin: Visitor, made: str, sent: dict[str, str], says: str
) -> None:
    answer = admin.post(f"{made}change/", {"scope": "all", "from_id": str(first_date(app, provider))} | sent)
    assert answer.status_code == 422
    assert says in answer.get_data(as_text=True)


def test_drafts_go_on_sale_together(app: Flask, provider: Provider, admin: Visitor, made: str) -> None:
    assert "Put 3 drafts on sale" in admin.get(made).get_data(as_text=True)
    assert admin.post(f"{made}publish/").status_code == 303
    with inside(app, provider):
        assert set(db.session.scalars(select(Schedule.status))) == {"published"}


def test_a_series_of_nobody_or_of_another_provider_is_not_found(
    app: Flask, admin: Visitor, made: str
) -> None:
    for path in (f"/admin/series/{UUID(int=3)}/", f"/admin/series/{UUID(int=3)}/change/"):
        assert admin.get(path).status_code == 404
    with app.app_context():
        other = factories.make_provider()
    assert signed_in(app, other, "admin").get(made).status_code == 404


def test_the_office_looks_and_does_not_plan(app: Flask, provider: Provider, made: str) -> None:
    office = signed_in(app, provider, "office")
    page = office.get(made).get_data(as_text=True)
    assert "Change several" not in page
    assert office.get(NEW).status_code == 403
    assert office.post(f"{made}publish/").status_code == 403


# --- Hours and leave ---


@pytest.fixture
def ann(app: Flask, provider: Provider) -> UUID:
    with inside(app, provider):
        found: UUID = factories.make_instructor(name="Ann Lee").id
        return found


def page_of(visitor: Visitor, person: UUID) -> str:
    return visitor.get(f"/admin/instructors/details/?id={person}").get_data(as_text=True)


def seen_in(page: str) -> str:
    return re.search(r'name="seen" value="([^"]*)"', page)[1]  # type: ignore[index]


def test_hours_are_entered_as_people_write_them(admin: Visitor, ann: UUID) -> None:
    path = "/admin/instructors/hours/"
    opened = admin.get(f"{path}?id={ann}").get_data(as_text=True)
    sent = {"id": str(ann), "seen": seen_in(opened), "monday": "9-12, 13-17", "friday": "9am to 1pm"}
    assert admin.post(path, sent).status_code == 303
    page = page_of(admin, ann)
    assert "09:00–12:00, 13:00–17:00" in page
    assert "Set the working hours: Monday 09:00–12:00, 13:00–17:00; Friday 09:00–13:00" in page
    again = admin.get(f"{path}?id={ann}").get_data(as_text=True)
    assert 'value="09:00–13:00"' in again
    stale = admin.post(path, sent | {"monday": ""})
    assert stale.status_code == 409
    assert "Somebody else changed this meanwhile" in stale.get_data(as_text=True)
    assert admin.post(path, sent | {"monday": "", "seen": seen_in(again)}).status_code == 303


@pytest.mark.parametrize("typed", ["nine", "17-9", "9-9", "9" * 500, "1-2," * 9])
def test_hours_that_make_no_sense_are_shown_again(admin: Visitor, ann: UUID, typed: str) -> None:
    answer = admin.post("/admin/instructors/hours/", {"id": str(ann), "seen": "", "monday": typed})
    assert answer.status_code == 422
    assert 'id="monday-error"' in answer.get_data(as_text=True)


def test_leave_is_written_down_seen_and_taken_back(
    app: Flask, provider: Provider, admin: Visitor, ann: UUID
) -> None:
    with inside(app, provider):
        days = [(FIRST, time(9), time(16))]
        plan = PlanIn(factories.make_course(title="First Aid").id, factories.make_venue().id, days, [ann])
        commit_once(lambda: schedules.plan(plan, ADMIN))
    sent = {"id": str(ann), "starts_on": f"{FIRST:%d/%m/%Y}", "reason": "A new hip"}
    answer = admin.post("/admin/instructors/leave/", sent)
    assert answer.status_code == 303
    page = page_of(admin, ann)
    assert "Still planned in these days: First Aid" in page
    assert "A new hip" in page
    assert "A new hip" not in page_of(signed_in(app, provider, "office"), ann)
    again = admin.post("/admin/instructors/leave/", sent)
    assert again.status_code == 409
    assert "There is leave in these days already" in again.get_data(as_text=True)
    leave_id = re.search(r'end-leave/">.*?name="id" value="([^"]+)"', page, re.DOTALL)[1]  # type: ignore[index]
    assert admin.post("/admin/instructors/end-leave/", {"id": leave_id}).status_code == 303
    assert "A new hip" not in page_of(admin, ann)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"starts_on": "x"},
        {"starts_on": "2027-03-02", "ends_on": "2027-03-01"},
        {"starts_on": "0001-01-01"},
    ],
)
def test_leave_that_makes_no_sense_is_shown_again(admin: Visitor, ann: UUID, sent: dict[str, str]) -> None:
    assert admin.post("/admin/instructors/leave/", {"id": str(ann)} | sent).status_code == 422


def test_the_planning_screen_says_who_is_away_and_offers_who_is_not(
    app: Flask, provider: Provider, admin: Visitor, ann: UUID, form: dict[str, Any]
) -> None:
    with inside(app, provider):
        bob = factories.make_instructor(name="Bob Ray").id
        commit_once(lambda: availability.add_leave(ann, FIRST, FIRST, None, ADMIN))
        commit_once(lambda: availability.set_hours(bob, {1: [(time(9), time(17))]}, ADMIN))
        commit_once(lambda: availability.add_leave(UUID(form["instructor_id"]), FIRST, FIRST, None, ADMIN))
        free = factories.make_instructor(name="Cy Fox").id
    asked = {name: value for name, value in form.items() if name.startswith("days") or name.endswith("_id")}
    found: Any = admin.get("/admin/schedules/check/", query_string=asked | {"instructor_id": str(ann)}).json
    assert found["clashes"] == []
    assert found["warnings"][0].startswith("Ann Lee is on leave on")
    assert found["advice"]
    assert found["instructors"] == [[str(free), "Cy Fox"]]
    refused = admin.post("/admin/schedules/new/", asked | {"instructor_id": str(ann)})
    assert refused.status_code == 422
    page = refused.get_data(as_text=True)
    assert "Ann Lee is on leave on" in page
    assert "It can be planned all the same" in page
    sent = asked | {"instructor_id": str(ann), "override_reason": "She offered"}
    assert admin.post("/admin/schedules/new/", sent).status_code == 302


@pytest.mark.parametrize(
    ("country", "zone"), [("KE", "Africa/Nairobi"), ("XX", "Africa/Nairobi"), ("DE", "Europe/Berlin")]
)
def test_every_country_plans_series(app: Flask, form: dict[str, Any], country: str, zone: str) -> None:
    """One without regions, one that nobody lists holidays of, one with regions that may be left open."""
    with app.app_context():
        other = factories.make_provider(country=country, time_zone=zone)
    with inside(app, other):
        ids = {"course_id": str(factories.make_course().id), "venue_id": str(factories.make_venue().id)}
    sent = {name: value for name, value in form.items() if name not in ("region", "instructor_id")} | ids
    page = look(signed_in(app, other, "admin"), sent)
    assert len(ticked(page)) == 3
    assert ('name="region"' in page) == (country == "DE")
