"""Courses, venues and instructors: what is entered is cleaned, all wrong fields are said at once, all is audited."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.errors import Changed, Forbidden, Invalid, NotFound, Refused
from backoffice.models import AuditEvent, Course, CourseInstructor, Tenant, WhitelistEntry
from backoffice.services import course_types, courses, instructors, venues
from backoffice.work import commit_once
from tests import factories

ADMIN, OFFICE = factories.actor(), factories.actor("office")
NOWHERE = UUID("00000000-0000-7000-8000-000000000000")
ROOM = {"name": "Mill Hall", "capacity": 14, "address_line1": "1 Mill Lane"}


def course_values(**more: Any) -> dict[str, Any]:
    kind = factories.make_course_type()
    defaults = {
        "title": "Fire warden",
        "course_type_id": kind.id,
        "duration_minutes": 180,
        "price_minor": 4000,
    }
    return defaults | more


def actions_about(row_id: UUID) -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).where(AuditEvent.subject_id == row_id)))


def test_a_course_needs_little_and_gets_the_providers_vat(tenant: Tenant) -> None:
    tenant.vat_rate_bp = 2000
    made = commit_once(lambda: courses.create(course_values(), ADMIN))
    assert (made.slug, made.vat_rate_bp, made.capacity, made.day_count) == ("fire-warden", 2000, 12, 1)
    assert actions_about(made.id) == ["course:create"]


def test_all_wrong_fields_are_said_at_once(tenant: Tenant) -> None:
    wrong = course_values(title=" ", capacity=0, minimum_age=121, slug="No Slug!", audience="cats")
    with pytest.raises(Invalid) as caught:
        courses.create(wrong, ADMIN)
    assert set(caught.value.fields) == {"title", "capacity", "minimum_age", "slug", "audience"}


@pytest.mark.parametrize("value", ["12", 1.5, True, float("nan")])
def test_a_number_is_a_whole_number(tenant: Tenant, value: Any) -> None:
    with pytest.raises(Invalid):
        courses.create(course_values(capacity=value), ADMIN)


def test_a_field_nobody_knows_is_a_mistake_of_ours(tenant: Tenant) -> None:
    with pytest.raises(KeyError):
        courses.create(course_values(seats_taken=3), ADMIN)


@pytest.mark.parametrize("pricing", ["free", "on_request"])
def test_only_a_priced_course_keeps_its_price(tenant: Tenant, pricing: str) -> None:
    made = commit_once(lambda: courses.create(course_values(pricing=pricing), ADMIN))
    assert made.price_minor is None


def test_a_priced_course_needs_a_price(tenant: Tenant) -> None:
    with pytest.raises(Invalid) as caught:
        courses.create(course_values(price_minor=None), ADMIN)
    assert caught.value.field == "price_minor"


def test_the_second_of_two_editors_is_told(tenant: Tenant) -> None:
    made = commit_once(lambda: courses.create(course_values(), ADMIN))
    version = made.version
    commit_once(lambda: courses.update(made.id, {"capacity": 8}, ADMIN, version=version))
    with pytest.raises(Changed):
        courses.update(made.id, {"capacity": 9}, ADMIN, version=version)


def test_nothing_changed_is_not_audited(tenant: Tenant) -> None:
    made = commit_once(lambda: courses.create(course_values(), ADMIN))
    commit_once(lambda: courses.update(made.id, {"title": "Fire warden"}, ADMIN))
    assert actions_about(made.id) == ["course:create"]


def test_a_course_does_not_renew_itself(tenant: Tenant) -> None:
    made = commit_once(lambda: courses.create(course_values(), ADMIN))
    with pytest.raises(Refused) as caught:
        commit_once(lambda: courses.update(made.id, {"requalifies_course_id": made.id}, ADMIN))
    assert caught.value.code == "own_requalification"


def test_a_course_has_one_usual_instructor_who_may_teach_it(tenant: Tenant) -> None:
    course = factories.make_course()
    first, second = factories.make_instructor().id, factories.make_instructor().id
    commit_once(lambda: courses.set_instructors(course.id, [], first, ADMIN))
    assert courses.default_instructor_id(course.id) == first
    commit_once(lambda: courses.set_instructors(course.id, [first], second, ADMIN))
    listed = {row.instructor_id: row.is_default for row in db.session.scalars(select(CourseInstructor))}
    assert listed == {first: False, second: True}
    assert commit_once(lambda: courses.set_instructors(course.id, [first], second, ADMIN)) is False
    commit_once(lambda: courses.set_instructors(course.id, [], None, ADMIN))
    assert courses.default_instructor_id(course.id) is None


def test_a_whitelist_is_read_line_by_line(tenant: Tenant) -> None:
    text = " Ann@Example.COM \n\n@Works.example\nann@example.com\n"
    assert courses.whitelist_patterns(text) == ["ann@example.com", "@works.example"]


@pytest.mark.parametrize("line", ["@", "works.example", "a@", "@a b", "x@y@z", "@exa\x00mple.com", "a" * 300])
def test_a_wrong_line_of_a_whitelist_is_named(tenant: Tenant, line: str) -> None:
    with pytest.raises(Invalid) as caught:
        courses.whitelist_patterns(f"ann@example.com\n{line}")
    assert caught.value.field == "whitelist"


def test_a_whitelist_is_replaced_as_a_whole(tenant: Tenant) -> None:
    course = factories.make_course()
    commit_once(lambda: courses.set_whitelist(course.id, "a@x.example\nb@x.example", ADMIN))
    commit_once(lambda: courses.set_whitelist(course.id, "b@x.example\n@y.example", ADMIN))
    assert set(db.session.scalars(select(WhitelistEntry.pattern))) == {"b@x.example", "@y.example"}
    assert commit_once(lambda: courses.set_whitelist(course.id, "@y.example\nb@x.example", ADMIN)) is False


def test_what_is_archived_is_kept_and_comes_back(tenant: Tenant) -> None:
    venue = commit_once(lambda: venues.create(ROOM, ADMIN))
    commit_once(lambda: venues.archive(venue.id, ADMIN))
    commit_once(lambda: venues.archive(venue.id, ADMIN))
    assert venue.archived_at is not None
    commit_once(lambda: venues.restore(venue.id, ADMIN))
    assert venue.archived_at is None
    assert actions_about(venue.id) == ["venue:create", "venue:archive", "venue:restore"]


def test_an_online_place_needs_no_address(tenant: Tenant) -> None:
    made = commit_once(
        lambda: venues.create(
            {"name": "Video", "kind": "online", "capacity": 30, "online_url": "https://meet.example/x"}, ADMIN
        )
    )
    assert made.kind == "online"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "meet.example", "ftp://x"])
def test_a_web_address_is_one(tenant: Tenant, address: str) -> None:
    with pytest.raises(Invalid) as caught:
        venues.create({"name": "Video", "kind": "online", "capacity": 30, "online_url": address}, ADMIN)
    assert set(caught.value.fields) == {"online_url"}


def test_names_in_any_script_get_a_short_name(tenant: Tenant) -> None:
    slugs = []
    for title in ("Erste Hilfe für Köche", "応急手当", "!!!"):
        values = course_values(title=title)
        slugs.append(courses.create(values, ADMIN).slug)
    assert slugs == ["erste-hilfe-fur-koche", "new", "new-2"]


def test_one_e_mail_is_one_instructor(tenant: Tenant) -> None:
    commit_once(lambda: instructors.create({"name": "Ann", "email": "ann@x.example"}, ADMIN))
    with pytest.raises(Refused) as caught:
        commit_once(lambda: instructors.create({"name": "Bob", "email": "ANN@x.example"}, ADMIN))
    assert caught.value.field == "email"


def test_nobody_without_the_right_changes_the_catalogue(tenant: Tenant) -> None:
    tries = [
        lambda: courses.create(course_values(), OFFICE),
        lambda: courses.update(NOWHERE, {}, OFFICE),
        lambda: courses.archive(NOWHERE, OFFICE),
        lambda: courses.set_instructors(NOWHERE, [], None, OFFICE),
        lambda: courses.set_whitelist(NOWHERE, "", OFFICE),
        lambda: venues.create(ROOM, OFFICE),
        lambda: venues.update(NOWHERE, {}, OFFICE),
        lambda: instructors.create({"name": "Ann"}, OFFICE),
        lambda: instructors.update(NOWHERE, {}, OFFICE),
        lambda: course_types.create({"code": "X", "title": "X"}, OFFICE),
        lambda: course_types.update(NOWHERE, {}, OFFICE),
    ]
    for attempt in tries:
        with pytest.raises(Forbidden):
            attempt()
    assert db.session.scalar(select(func.count()).select_from(Course)) == 0


@pytest.mark.parametrize("service", [courses, venues, instructors, course_types])
def test_what_is_not_there_is_not_found(tenant: Tenant, service: Any) -> None:
    for attempt in (service.archive, service.restore):
        with pytest.raises(NotFound):
            attempt(NOWHERE, ADMIN)
    with pytest.raises(NotFound):
        service.update(NOWHERE, {}, ADMIN)
