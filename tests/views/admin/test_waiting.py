"""Waiting lists in the back office: the order, an offer by hand, a caller who joins, who may do what."""

from __future__ import annotations

import re
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import AuditEvent, Schedule, Tenant, WaitingEntry, WaitingEntryDate
from backoffice.services import waiting
from tests.factories import Provider
from tests.services.waiting import world
from tests.web_client import Visitor, signed_in, words

CALLER = {"places": "2", "first_name": "Cal", "last_name": "Ler", "email": "", "phone": "07700 900321"}


@pytest.fixture
def office(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "office")


@pytest.fixture
def date_id(inside: Any) -> UUID:
    """A full date with two parties on its list: one of 2, then one of 1."""

    def make() -> UUID:
        date = world.full_date(3)
        world.joined("ann", date, places=2)
        world.joined("bob", date)
        return date.id

    return inside(make)


def wish_of(inside: Any, name: str) -> UUID:
    return inside(
        lambda: db.session.scalars(
            select(WaitingEntryDate.id)
            .join(WaitingEntry, WaitingEntry.id == WaitingEntryDate.entry_id)
            .where(WaitingEntry.contact_email == f"{name}@x.example")
        ).one()
    )


def cancel(inside: Any, date_id: UUID, how_many: int = 1) -> None:
    inside(lambda: world.cancel_one(db.session.get_one(Schedule, date_id), how_many))


def test_the_lists_and_their_order(office: Visitor, date_id: UUID) -> None:
    said = words(office.get("/admin/waiting/"))
    assert re.search(r"3 of 3 2 3 0", said)
    page = words(office.get(f"/admin/waiting/{date_id}/"))
    assert "2 parties wait for 3 places; 0 of 3 places are free." in page
    assert page.index("Ann Ting") < page.index("Bob Ting")
    assert "Offer…" not in page


def test_without_a_list_the_pages_say_what_to_do(office: Visitor, inside: Any) -> None:
    assert "Nobody waits" in words(office.get("/admin/waiting/"))
    empty = inside(lambda: world.full_date(1).id)
    assert "Nobody waits for this date." in words(office.get(f"/admin/waiting/{empty}/"))


def test_an_offer_out_of_turn_needs_a_reason_and_is_written_down(
    office: Visitor, inside: Any, date_id: UUID
) -> None:
    cancel(inside, date_id, 2)
    address = f"/admin/waiting/offer/{wish_of(inside, 'bob')}/"
    assert "It is not this party’s turn" in words(office.get(address))
    refused = office.post(address, {"reason": ""})
    assert refused.status_code == 422
    assert inside(lambda: world.offered(db.session.get_one(Schedule, date_id))) == []
    assert office.post(address, {"reason": "Works shifts"}).status_code == 303
    assert inside(lambda: world.offered(db.session.get_one(Schedule, date_id))) == ["Bob"]
    (written,) = inside(
        lambda: db.session.scalars(
            select(AuditEvent.new_values).where(AuditEvent.action == "waiting:pick")
        ).all()
    )
    assert written == {"party": "Bob Ting", "places": 1, "passed_over": 1, "reason": "Works shifts"}
    page = words(office.get(f"/admin/waiting/{date_id}/"))
    assert "Chose Bob Ting (1 place) before 1 party whose turn it was: Works shifts" in page
    assert office.post(address, {"reason": "Again"}).status_code == 409  # the second click


def test_an_offer_in_turn_needs_no_reason(office: Visitor, inside: Any, date_id: UUID) -> None:
    cancel(inside, date_id, 2)
    assert office.post(f"/admin/waiting/offer/{wish_of(inside, 'ann')}/").status_code == 303
    assert inside(lambda: world.offered(db.session.get_one(Schedule, date_id))) == ["Ann"]


def test_no_offer_without_places(office: Visitor, inside: Any, date_id: UUID) -> None:
    answer = office.post(f"/admin/waiting/offer/{wish_of(inside, 'bob')}/", {"reason": "Please"})
    assert answer.status_code == 409
    assert "fully booked" in words(answer)


def test_a_caller_without_an_address_joins_and_is_to_be_called(
    office: Visitor, inside: Any, date_id: UUID
) -> None:
    """Abuse case R1, for a waiting list."""
    assert office.post(f"/admin/waiting/{date_id}/", CALLER).status_code == 303
    assert "No e-mail: call" in words(office.get(f"/admin/waiting/{date_id}/"))
    cancel(inside, date_id, 3)

    def offer() -> None:
        world.look_after(db.session.get_one(Schedule, date_id))
        wish = db.session.scalars(
            select(WaitingEntryDate)
            .join(WaitingEntry, WaitingEntry.id == WaitingEntryDate.entry_id)
            .where(WaitingEntry.contact_email.is_(None))
        ).one()
        for other in db.session.scalars(select(WaitingEntry).where(WaitingEntry.status == "offered")).all():
            if other.id != wish.entry_id:
                world.commit_once(partial(waiting.leave, other.id, world.VISITOR))
        world.look_after(db.session.get_one(Schedule, date_id))

    inside(offer)
    assert "an offer to call about" in words(office.get("/admin/work/waiting"))


def test_what_is_wrong_with_a_caller_is_said(office: Visitor, date_id: UUID) -> None:
    answer = office.post(f"/admin/waiting/{date_id}/", CALLER | {"phone": "", "last_name": ""})
    assert answer.status_code == 422
    answer = office.post(f"/admin/waiting/{date_id}/", CALLER | {"phone": ""})
    assert answer.status_code == 422
    assert "Enter an e-mail address or a telephone number." in words(answer)
    answer = office.post(f"/admin/waiting/{date_id}/", CALLER | {"email": "ann@x.example"})
    assert answer.status_code == 409
    assert "on the waiting list already" in words(answer)


def test_removing_takes_a_reason(office: Visitor, inside: Any, date_id: UUID) -> None:
    address = f"/admin/waiting/remove/{wish_of(inside, 'ann')}/"
    assert office.get(address).status_code == 200
    assert office.post(address, {"reason": ""}).status_code == 422
    assert office.post(address, {"reason": "x" * 501}).status_code == 422
    assert office.post(address, {"reason": "Asked to"}).status_code == 303
    assert "left the list: Asked to" in words(office.get(f"/admin/waiting/{date_id}/"))


def test_the_work_queue_counts_the_lists(office: Visitor, date_id: UUID) -> None:
    assert "2 parties wait for 3 places; 0 free" in words(office.get("/admin/work/waiting"))


def test_only_an_administrator_sets_the_hours(
    app: Flask, provider: Provider, office: Visitor, inside: Any
) -> None:
    assert office.post("/admin/waiting/hours/", {"offer_hours": "5"}).status_code == 403
    admin = signed_in(app, provider, "admin")
    assert admin.post("/admin/waiting/hours/", {"offer_hours": "5"}).status_code == 303
    assert inside(lambda: waiting.offer_hours(db.session.get_one(Tenant, provider.id))) == 5
    for wrong in ("0", "x", "-1", "999999", ""):
        assert admin.post("/admin/waiting/hours/", {"offer_hours": wrong}).status_code == 422


@pytest.mark.parametrize("role", ["instructor", "manager", "customer"])
def test_others_change_nothing(app: Flask, provider: Provider, inside: Any, date_id: UUID, role: str) -> None:
    """Abuse cases F4 and F7."""
    visitor = signed_in(app, provider, role)
    for address in (
        f"/admin/waiting/{date_id}/",
        f"/admin/waiting/offer/{wish_of(inside, 'bob')}/",
        f"/admin/waiting/remove/{wish_of(inside, 'bob')}/",
    ):
        assert visitor.post(address, CALLER | {"reason": "x"}).status_code == 403
