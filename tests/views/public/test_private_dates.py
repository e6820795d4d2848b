"""A private date is on no public page, in no feed and at no address of its own; the control is the same date in public."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from backoffice.database import db
from backoffice.models import Schedule
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.web_client import Visitor, signed_in

ONCE = re.compile(r'nonce="[^"]*"|value="[^"]{40,}"|[0-9a-f]{20,}|DTSTAMP:\S+|/static/\S+')
ROOM = "Bakery of the Client"
PAGES = (
    "/",
    "/dates",
    "/calendar",
    "/course/first-aid",
    "/feed/all.ics",
    "/feed/course/first-aid.ics",
    "/embed",
)


@pytest.fixture
def world(app: Flask, provider: Provider) -> SimpleNamespace:
    """One course with one private date that has free places."""
    with app.app_context(), tenant_scope(provider.id):
        course = factories.make_course(slug="first-aid", title="First Aid at Work")
        venue = factories.make_venue(name=ROOM, city="Holbeck")
        date = factories.make_schedule(course=course, venue=venue, is_private=True)
        found = SimpleNamespace(id=date.id, venue=venue.id, month=f"/calendar/{date.starts_at:%Y-%m}")
        db.session.remove()
    return found


def change(app: Flask, provider: Provider, world: SimpleNamespace, **values: Any) -> None:
    with app.app_context(), tenant_scope(provider.id):
        statement = update(Schedule).where(Schedule.id == world.id).values(values)
        commit_once(lambda: db.session.execute(statement))
        db.session.remove()


def pages(visitor: Visitor, world: SimpleNamespace) -> dict[str, tuple[int, str]]:
    """What every public page says, without what differs each time it is opened."""
    ids = (f"/feed/venue/{world.venue}.ics", f"/live/places?ids={world.id}", f"/book/{world.id}")
    found = {}
    for page in (*PAGES, world.month, *ids):
        answer = visitor.get(page)
        found[page] = (answer.status_code, ONCE.sub("", answer.text))
    return found


def test_no_public_page_shows_a_private_date(app: Flask, provider: Provider, world: SimpleNamespace) -> None:
    """To the public it is as if there were no such date: the pages are those of a provider without one."""
    visitor = Visitor(app, provider.host)
    private = pages(visitor, world)
    assert private[f"/book/{world.id}"][0] == 404
    change(app, provider, world, status="draft", is_private=False)
    assert pages(visitor, world) == private


def test_the_same_date_for_everybody_is_shown(app: Flask, provider: Provider, world: SimpleNamespace) -> None:
    """The control: open to everybody, each of the pages says it."""
    visitor = Visitor(app, provider.host)
    private = pages(visitor, world)
    change(app, provider, world, is_private=False)
    shown = pages(visitor, world)
    assert {page for page in shown if shown[page] == private[page]} <= {"/calendar"}  # it shows this month


def test_the_office_sees_which_dates_are_private(
    app: Flask, provider: Provider, world: SimpleNamespace
) -> None:
    office = signed_in(app, provider, "office")
    assert ROOM in office.get("/admin/schedules/?private=yes").text
    assert ">Private<" in office.get(f"/admin/schedules/details/?id={world.id}").text.replace("</span>", "<")
    assert ROOM not in office.get("/admin/schedules/?private=no").text
