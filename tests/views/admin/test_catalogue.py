"""The screens of the catalogue: what is entered is saved as it was meant, and said back."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from backoffice.database import db
from backoffice.models import (
    AuditEvent,
    Company,
    Course,
    CourseInstructor,
    CourseType,
    Instructor,
    Venue,
    WhitelistEntry,
)
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.factories import Provider
from tests.web_client import Visitor, signed_in

STATEMENTS_MAXIMUM = 8


@contextmanager
def inside(app: Flask, provider: Provider) -> Iterator[None]:
    with app.app_context(), tenant_scope(provider.id):
        yield
        db.session.remove()


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that the block sends."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


def version_in(page: str) -> str:
    found = re.search(r'name="version"[^>]*value="(\d+)"', page)
    assert found
    return found[1]


def errors_in(page: str) -> list[str]:
    return re.findall(r'class="error"[^>]*>([^<]+)', page)


@pytest.fixture
def course_form(app: Flask, provider: Provider) -> dict[str, Any]:
    with inside(app, provider):
        kind = factories.make_course_type(title="Emergency")
        return {
            "title": "Emergency First Aid",
            "course_type_id": str(kind.id),
            "audience": "adults",
            "duration_minutes": "6 h",
            "day_count": "1",
            "pricing": "priced",
            "price_minor": "£1,275.50",
            "vat_rate_bp": "20 %",
            "refund_fee_bp": "12.5",
            "capacity": "12",
            "learners_per_instructor": "12",
            "outcomes": "Bandage\n\n  Call 999  ",
            "syllabus": "",
        }


def test_a_course_is_saved_as_people_write_it(
    app: Flask, provider: Provider, admin: Visitor, course_form: dict[str, Any]
) -> None:
    with inside(app, provider):
        usual, other = factories.make_instructor().id, factories.make_instructor().id
    course_form |= {
        "default_instructor_id": str(usual),
        "instructor_ids": [str(other)],
        "has_whitelist": "y",
        "whitelist_text": "Ann@Example.com\n@works.example\n",
    }
    answer = admin.post("/admin/courses/new/", course_form)
    assert answer.status_code == 302, errors_in(answer.text)
    with inside(app, provider):
        course = db.session.scalars(select(Course)).one()
        assert (course.price_minor, course.vat_rate_bp, course.refund_fee_bp) == (127550, 2000, 1250)
        assert (course.duration_minutes, course.slug) == (360, "emergency-first-aid")
        assert course.outcomes == ["Bandage", "Call 999"]
        listed = {row.instructor_id: row.is_default for row in db.session.scalars(select(CourseInstructor))}
        assert listed == {usual: True, other: False}
        patterns = set(db.session.scalars(select(WhitelistEntry.pattern)))
        assert patterns == {"ann@example.com", "@works.example"}


def test_every_wrong_field_of_a_course_is_named_and_nothing_is_saved(
    app: Flask, provider: Provider, admin: Visitor, course_form: dict[str, Any]
) -> None:
    wrong = course_form | {
        "title": " ",
        "duration_minutes": "long",
        "price_minor": "cheap",
        "capacity": "0",
        "whitelist_text": "not an address",
    }
    answer = admin.post("/admin/courses/new/", wrong)
    assert answer.status_code == 422
    said = " ".join(errors_in(answer.text))
    for part in ("Fill this in", "Enter a length like", "Write the amount like", "from 1 to 1,000"):
        assert part in said
    assert 'value="cheap"' in answer.text
    whitelist = admin.post("/admin/courses/new/", course_form | {"whitelist_text": "not an address"})
    assert whitelist.status_code == 422
    assert "neither an e-mail address nor a domain" in whitelist.text
    with inside(app, provider):
        assert db.session.scalar(select(func.count()).select_from(Course)) == 0


def test_a_priced_course_needs_its_price(admin: Visitor, course_form: dict[str, Any]) -> None:
    answer = admin.post("/admin/courses/new/", course_form | {"price_minor": ""})
    assert answer.status_code == 422
    assert errors_in(answer.text) == ["Enter a price, or choose free or on request."]


def test_a_course_is_changed_and_the_change_is_told(
    app: Flask, provider: Provider, admin: Visitor, course_form: dict[str, Any]
) -> None:
    admin.post("/admin/courses/new/", course_form)
    with inside(app, provider):
        course_id = db.session.scalars(select(Course.id)).one()
    address = f"/admin/courses/edit/?id={course_id}"
    page = admin.get(address)
    assert "£1,275.50" in page.text
    assert "6 h" in page.text
    changed = course_form | {"version": version_in(page.text), "price_minor": "80", "pricing": "priced"}
    assert admin.post(address, changed).status_code == 302
    shown = admin.get(f"/admin/courses/details/?id={course_id}").text
    assert "£80.00" in shown
    assert "<del>£1,275.50</del>" in shown


def test_two_courses_of_one_title_get_two_short_names(
    app: Flask, provider: Provider, admin: Visitor, course_form: dict[str, Any]
) -> None:
    for _ in range(2):
        assert admin.post("/admin/courses/new/", course_form).status_code == 302
    with inside(app, provider):
        slugs = set(db.session.scalars(select(Course.slug)))
    assert slugs == {"emergency-first-aid", "emergency-first-aid-2"}


def test_an_archived_course_leaves_the_list_and_comes_back(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with inside(app, provider):
        course = factories.make_course(title="Old course")
        course_id = course.id
    assert admin.post(f"/admin/courses/archive/?id={course_id}", {"id": str(course_id)}).status_code == 302
    assert "Old course" not in admin.get("/admin/courses/").text.replace("Old course is archived", "")
    assert "Old course" in admin.get("/admin/courses/?archived=only").text
    assert admin.post(f"/admin/courses/restore/?id={course_id}", {"id": str(course_id)}).status_code == 302
    admin.get("/admin/courses/")
    assert "Old course" in admin.get("/admin/courses/").text
    with inside(app, provider):
        actions = set(db.session.scalars(select(AuditEvent.action).where(AuditEvent.subject_id == course_id)))
    assert {"course:archive", "course:restore"} <= actions


def test_a_venue_is_saved_with_its_facilities(app: Flask, provider: Provider, admin: Visitor) -> None:
    sent = {
        "name": "Mill Hall",
        "kind": "room",
        "capacity": "14",
        "address_line1": "1 Mill Lane",
        "city": "Leeds",
        "facilities": "Projector\nLift",
    }
    assert admin.post("/admin/venues/new/", sent).status_code == 302
    with inside(app, provider):
        venue = db.session.scalars(select(Venue)).one()
        assert (venue.slug, venue.facilities) == ("mill-hall", ["Projector", "Lift"])


def test_a_room_needs_an_address(admin: Visitor) -> None:
    answer = admin.post("/admin/venues/new/", {"name": "Mill Hall", "kind": "room", "capacity": "14"})
    assert answer.status_code == 422
    assert errors_in(answer.text) == ["A room needs an address: people must find it."]


def test_a_room_is_not_made_smaller_than_its_coming_dates(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with inside(app, provider):
        venue_id = factories.make_schedule(capacity=12).venue_id
    address = f"/admin/venues/edit/?id={venue_id}"
    sent = {"name": "Hall", "kind": "room", "capacity": "11", "address_line1": "x"}
    answer = admin.post(address, sent | {"version": version_in(admin.get(address).text)})
    assert answer.status_code == 422
    assert "has 12 places: lower its capacity first" in answer.text


def test_a_venue_shows_its_diary(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        schedule = factories.make_schedule(course=factories.make_course(title="Fire warden"))
        venue_id = schedule.venue_id
    page = admin.get(f"/admin/venues/details/?id={venue_id}").text
    assert "Fire warden" in page
    assert "0 of 12" in page


def test_an_instructor_is_saved_and_shows_the_own_diary(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    sent = {
        "name": "Siân Pryce",
        "email": "Sian@Example.com",
        "phone": "07700 900123",
        "certifications": "FAW 2024",
        "years_of_experience": "7",
        "rating": "4.75",
    }
    answer = admin.post("/admin/instructors/new/", sent)
    assert answer.status_code == 302, errors_in(answer.text)
    with inside(app, provider):
        row = db.session.scalars(select(Instructor)).one()
        assert (row.email, row.phone, str(row.rating)) == ("sian@example.com", "+447700900123", "4.75")
        row_id = row.id
    assert "No dates to come." in admin.get(f"/admin/instructors/details/?id={row_id}").text


@pytest.mark.parametrize("rating", ["NaN", "Infinity", "5.01", "-1", "many"])
def test_a_rating_without_sense_is_refused(admin: Visitor, rating: str) -> None:
    assert admin.post("/admin/instructors/new/", {"name": "X", "rating": rating}).status_code == 422


def test_a_course_type_code_is_used_once(app: Flask, provider: Provider, admin: Visitor) -> None:
    assert admin.post("/admin/course_types/new/", {"code": "efaw", "title": "Emergency"}).status_code == 302
    again = admin.post("/admin/course_types/new/", {"code": "EFAW", "title": "Other"})
    assert again.status_code == 409
    assert errors_in(again.text) == ["There is already a course type with this code."]
    with inside(app, provider):
        assert db.session.scalars(select(CourseType.code)).all() == ["EFAW"]


def test_a_company_is_allowed_to_pay_on_account(app: Flask, provider: Provider, admin: Visitor) -> None:
    sent = {"name": "Acme", "billing_email": "AP@Acme.example", "has_terms": "y", "payment_days": "14"}
    assert admin.post("/admin/companies/new/", sent).status_code == 302
    with inside(app, provider):
        company = db.session.scalars(select(Company)).one()
        assert (company.has_terms, company.payment_days, company.billing_email) == (
            True,
            14,
            "ap@acme.example",
        )
        row_id = company.id
    assert "No bookings yet." in admin.get(f"/admin/companies/details/?id={row_id}").text


MAKERS: dict[str, Any] = {
    "courses": factories.make_course,
    "course_types": factories.make_course_type,
    "venues": factories.make_venue,
    "instructors": factories.make_instructor,
    "companies": factories.make_company,
    "schedules": factories.make_schedule,
}


@pytest.mark.parametrize("screen", MAKERS)
def test_a_list_costs_the_same_however_many_rows_it_has(
    app: Flask, provider: Provider, admin: Visitor, screen: str
) -> None:
    counts = []
    for rows in (2, 28):
        with inside(app, provider):
            for _ in range(rows):
                MAKERS[screen]()
        with counted(app) as sent:
            assert admin.get(f"/admin/{screen}/").status_code == 200
        counts.append(len(sent))
    # The second list has a second page, so its rows are counted.
    assert counts[1] <= counts[0] + 1, sent
    assert counts[1] <= STATEMENTS_MAXIMUM, sent


@pytest.mark.parametrize("screen", MAKERS)
def test_the_office_looks_and_does_not_change(app: Flask, provider: Provider, screen: str) -> None:
    office = signed_in(app, provider, "office")
    with inside(app, provider):
        row_id = MAKERS[screen]().id
    assert office.get(f"/admin/{screen}/details/?id={row_id}").status_code == 200
    may_edit = screen == "companies"
    assert office.get(f"/admin/{screen}/new/").status_code == (200 if may_edit else 403)
    assert office.post(f"/admin/{screen}/edit/?id={row_id}", {}).status_code == (422 if may_edit else 403)


@pytest.mark.parametrize("screen", MAKERS)
def test_another_providers_row_is_not_there(
    app: Flask, provider: Provider, admin: Visitor, screen: str
) -> None:
    with app.app_context():
        other = factories.make_provider()
    with inside(app, other):
        row_id = MAKERS[screen]().id
    for page in ("details", "edit"):
        assert admin.get(f"/admin/{screen}/{page}/?id={row_id}").status_code == 404
        assert admin.get(f"/admin/{screen}/{page}/?id=nonsense").status_code == 404


@pytest.mark.parametrize("screen", MAKERS)
def test_a_list_survives_any_address(admin: Visitor, screen: str) -> None:
    for query in (
        "search=%25_%00",
        "search=' or 1=1",
        "page=-1&sort=x",
        "archived=maybe",
        "town=%00",
        "from=never",
    ):
        assert admin.get(f"/admin/{screen}/?{query}").status_code < 500
