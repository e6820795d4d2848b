"""Abuse case C7: who may not give money back does not, by whatever way it is tried."""

from uuid import UUID

import pytest
from flask import Flask

from backoffice.database import db
from backoffice.models import Booking, Refund, Schedule
from tests.factories import Provider
from tests.views.admin.money_desk import Clerk, inside
from tests.views.admin.test_money_screens import approved, requested
from tests.web_client import Visitor, signed_in

ACTS = ("approve", "decline", "execute", "fail", "send", "acknowledge", "edit", "delete", "new")
FORM = {"reason": "x", "receipt": "x", "status": "succeeded", "way": "hand", "version": "1", "confirm": "1"}


def states(app: Flask, provider: Provider) -> dict[UUID, str]:
    with inside(app, provider):
        return {refund.id: refund.status for refund in db.session.query(Refund)}


def tried(visitor: Visitor, ids: list[UUID]) -> dict[str, int]:
    """What each way was answered: one row, several rows at once, a list's own action, and a look-up."""
    many = [("id", str(each)) for each in ids]
    found = {}
    for act in ACTS:
        path = f"/admin/refunds/{act}/"
        found[f"{act} one"] = visitor.post(path, FORM, query_string=many[:1]).status_code
        found[f"{act} many"] = visitor.post(path, {**FORM, "ids": str(ids[0])}, query_string=many).status_code
        found[f"{act} put"] = visitor.open(path, method="PUT", query_string=many).status_code
    ticked = {"action": "approve", "rowid": str(ids[0]), **FORM}
    found["a list's action"] = visitor.post("/admin/refunds/action/", ticked).status_code
    found["a look-up"] = visitor.get("/admin/refunds/ajax/lookup/?name=payment&query=a").status_code
    found["a field of the list"] = visitor.post("/admin/refunds/ajax/update/", ticked).status_code
    return found


@pytest.mark.parametrize("role", ["office", "instructor", "customer"])
def test_no_way_leads_to_money_going_back(app: Flask, provider: Provider, role: str) -> None:
    with inside(app, provider):
        ids = [requested(), approved()]
    before = states(app, provider)
    answers = tried(signed_in(app, provider, role), ids)
    assert {way: status for way, status in answers.items() if status not in (403, 404, 405)} == {}
    assert states(app, provider) == before


@pytest.mark.parametrize("role", ["office", "manager", "instructor"])
def test_a_date_is_not_called_off_by_who_may_not_refund(app: Flask, provider: Provider, role: str) -> None:
    with inside(app, provider):
        requested()
        schedule_id = db.session.query(Schedule.id).scalar()
    address = f"/admin/schedules/call-off/?id={schedule_id}"
    assert signed_in(app, provider, role).post(address, FORM).status_code == 403
    assert signed_in(app, provider, "admin").get(address).status_code == 200


def test_asking_with_a_receipt_pays_nothing_out(app: Flask, provider: Provider) -> None:
    """The office's own form holds the fields of who may pay out: typed there, they are only asked for."""
    with inside(app, provider):
        requested()
        booking_id = db.session.query(Booking.id).scalar()
    before = states(app, provider)
    wanted = {"what": "amount", "amount": "1.00", "way": "hand", "receipt": "BACS 1", "reason": "Ill"}
    office = Clerk(signed_in(app, provider, "office"), "bookings")
    office.do("request-refund", booking_id, {**wanted, "override_reason": "Asked"})
    after = states(app, provider)
    assert len(after) == len(before) + 1
    assert set(after.values()) == {"requested"}


def test_an_administrator_is_let_in(app: Flask, provider: Provider) -> None:
    """The control: the same ways lead on for who may."""
    with inside(app, provider):
        ids = [requested(), approved()]
    answers = tried(signed_in(app, provider, "admin"), ids)
    assert {answers[f"{act} one"] for act in ("approve", "decline")} & {200, 302, 303, 409, 422}
    assert 403 not in {answers[f"{act} one"] for act in ACTS[:6]}
