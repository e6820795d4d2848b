"""Abuse case A15: no room and no person is in two places, whoever plans and whenever."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from threading import Barrier
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice import create_app
from backoffice.database import db
from backoffice.domain.errors import Refused
from backoffice.models import Schedule, Tenant
from backoffice.services import schedules
from backoffice.services.schedules import PlanIn
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.servers import MakeDatabase, settings_for

ADMIN = factories.actor()
SOON = date.today() + timedelta(days=20)  # noqa: DTZ011 - a local day


def plan_of(venue: UUID, *people: UUID, start: int = 10, end: int = 12, on: date = SOON) -> PlanIn:
    course = factories.make_course()
    return PlanIn(course.id, venue, [(on, time(start), time(end))], instructor_ids=people)


def planned(wanted: PlanIn) -> Schedule:
    return commit_once(lambda: schedules.plan(wanted, ADMIN))


def refusal_of(wanted: PlanIn) -> Refused:
    with pytest.raises(Refused) as caught:
        planned(wanted)
    return caught.value


@pytest.fixture
def room(tenant: Tenant) -> UUID:
    return factories.make_venue().id


@pytest.fixture
def person(tenant: Tenant) -> UUID:
    return factories.make_instructor().id


def test_one_room_holds_one_date_at_a_time(room: UUID) -> None:
    planned(plan_of(room))
    error = refusal_of(plan_of(room, start=11, end=13))
    assert (error.code, error.field) == ("venue_busy", "venue_id")


def test_nobody_teaches_in_two_places(person: UUID) -> None:
    planned(plan_of(factories.make_venue().id, person))
    error = refusal_of(plan_of(factories.make_venue().id, person, start=11, end=13))
    assert error.code == "instructor_busy"


def test_touching_ends_are_fine(room: UUID, person: UUID) -> None:
    planned(plan_of(room, person, start=10, end=12))
    planned(plan_of(room, person, start=12, end=14))
    planned(plan_of(room, person, start=8, end=10))


def test_every_day_of_a_date_counts(room: UUID) -> None:
    three = [(SOON + timedelta(days=n), time(9), time(16)) for n in range(3)]
    planned(replace(plan_of(room), days=three))
    assert refusal_of(plan_of(room, on=SOON + timedelta(days=2))).code == "venue_busy"


@pytest.mark.parametrize("kind", ["client_site", "online"])
def test_sites_and_online_places_hold_any_number(tenant: Tenant, kind: str) -> None:
    venue = factories.make_venue(kind=kind).id
    planned(plan_of(venue))
    planned(plan_of(venue))


def test_a_site_does_not_let_a_person_be_twice(person: UUID) -> None:
    site = factories.make_venue(kind="client_site").id
    planned(plan_of(site, person))
    assert refusal_of(plan_of(site, person)).code == "instructor_busy"


def test_a_cancelled_date_gives_room_and_people_back(room: UUID, person: UUID) -> None:
    made = planned(plan_of(room, person))
    commit_once(lambda: schedules.cancel(made.id, "Nobody booked", ADMIN))
    planned(plan_of(room, person))


def test_a_site_that_becomes_a_room_must_be_free_of_overlaps(tenant: Tenant) -> None:
    from backoffice.services import venues

    site = factories.make_venue(kind="client_site", address_line1="1 Mill Lane").id
    planned(plan_of(site))
    planned(plan_of(site))
    with pytest.raises(Refused) as caught:
        commit_once(lambda: venues.update(site, {"kind": "room"}, ADMIN))
    assert caught.value.code == "venue_busy"


def test_the_clashes_are_named(room: UUID, person: UUID) -> None:
    made = planned(plan_of(room, person))
    days = [(SOON, time(11), time(13))]
    found = schedules.clashes(days, room, [person])
    assert [(clash.kind, clash.schedule_id) for clash in found] == [
        ("instructor", made.id),
        ("venue", made.id),
    ]
    assert str(made.course) in str(found[0])
    assert "10:00–12:00, a draft" in str(found[0])
    assert schedules.clashes(days, room, [person], except_id=made.id) == []
    assert schedules.clashes([(SOON, time(12), time(13))], room, [person]) == []


def test_what_is_free_is_offered(room: UUID, person: UUID) -> None:
    other_room, other_person = factories.make_venue(), factories.make_instructor()
    site = factories.make_venue(kind="client_site")
    made = planned(plan_of(room, person))
    days = [(SOON, time(11), time(13))]
    offered = schedules.free(days)
    assert {venue.id for venue in offered.venues} == {other_room.id, site.id}
    assert [each.id for each in offered.instructors] == [other_person.id]
    again = schedules.free(days, except_id=made.id)
    assert {venue.id for venue in again.venues} == {room, other_room.id, site.id}


# --- At once ---


def race(app: Flask, tenant_id: UUID, plans: list[PlanIn]) -> list[str]:
    """Make the plans at the same moment, each on a connection of its own: the codes of what came."""
    start = Barrier(len(plans))

    def one(wanted: PlanIn) -> str:
        with app.app_context(), tenant_scope(tenant_id):
            start.wait(timeout=20)
            try:
                planned(wanted)
            except Refused as error:
                return error.code
            finally:
                db.session.remove()
            return "planned"

    with ThreadPoolExecutor(len(plans)) as threads:
        return sorted(threads.map(one, plans))


def make_rivals(number: int) -> list[PlanIn]:
    room, person = factories.make_venue().id, factories.make_instructor().id
    plans = [plan_of(room, person) for _ in range(number)]
    db.session.remove()
    return plans


def test_of_two_overlapping_plans_at_once_one_is_refused(app: Flask, provider: factories.Provider) -> None:
    for _ in range(5):
        with app.app_context(), tenant_scope(provider.id):
            plans = make_rivals(2)
        assert race(app, provider.id, plans) == ["planned", "venue_busy"]


def test_of_eight_plans_for_one_person_at_once_one_is_made(app: Flask, provider: factories.Provider) -> None:
    with app.app_context(), tenant_scope(provider.id):
        person = factories.make_instructor().id
        plans = [plan_of(factories.make_venue().id, person) for _ in range(8)]
        db.session.remove()
    assert race(app, provider.id, plans) == ["instructor_busy"] * 7 + ["planned"]


CONSTRAINTS = [
    ("schedule_days", "ex_schedule_days_venue"),
    ("schedule_day_instructors", "ex_schedule_day_instructors_instructor"),
]


@pytest.mark.parametrize(("table", "constraint"), CONSTRAINTS, ids=["room", "instructor"])
def test_without_the_constraint_the_overlap_slips_in(
    make_database: MakeDatabase, server_folder: Path, table: str, constraint: str
) -> None:
    """The control: it is the constraint that refuses, not the order in which the program happens to ask."""
    urls = make_database()
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
    app = create_app(settings_for(urls, server_folder))
    with app.app_context():
        provider = factories.make_provider()
        with tenant_scope(provider.id):
            room, person = factories.make_venue().id, factories.make_instructor().id
            other_room = room if table == "schedule_days" else factories.make_venue().id
            people = () if table == "schedule_days" else (person,)
            plans = [plan_of(room, *people), plan_of(other_room, *people)]
            db.session.remove()
    assert race(app, provider.id, plans) == ["planned", "planned"]
    with app.app_context(), tenant_scope(provider.id):
        assert db.session.scalar(select(func.count()).select_from(Schedule)) == 2
        db.engine.dispose()
