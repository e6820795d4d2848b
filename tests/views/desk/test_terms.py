"""Terms, things to bring and loyalty at the phone desk: what the clerk is told, and what is kept."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from backoffice.database import db
from backoffice.models import Booking, Consent, Course, User
from backoffice.services import terms
from backoffice.services.terms import Typed
from backoffice.work import commit_once
from tests import factories
from tests.services.booked import ADMIN, placed
from tests.views.desk.conftest import Clerk, order


@pytest.fixture
def published(clerk: Clerk) -> None:
    with clerk.at_the_provider():
        for kind in ("terms", "waiver"):
            commit_once(lambda kind=kind: terms.save(kind, Typed(kind, "Words."), ADMIN, version=0))  # type: ignore[misc]
            commit_once(lambda kind=kind: terms.publish(kind, ADMIN, version=1))  # type: ignore[misc]


def consents(clerk: Clerk) -> list[tuple[str, str, str, str | None]]:
    with clerk.at_the_provider():
        rows = db.session.query(Consent).order_by(Consent.id).all()
        return [(row.terms_text.kind, row.channel, row.accepted_by, row.address) for row in rows]


def test_that_the_terms_were_read_out_is_kept_when_the_clerk_ticks(
    clerk: Clerk, schedule_id: str, published: None
) -> None:
    answer = clerk.send("book", order(schedule_id, terms_read=True))
    assert answer.status_code == 200, answer.json
    assert consents(clerk) == [("terms", "phone", "Jane Smith", None)]


def test_without_the_tick_nothing_is_said_to_be_accepted(
    clerk: Clerk, schedule_id: str, published: None
) -> None:
    assert clerk.send("book", order(schedule_id)).status_code == 200
    assert consents(clerk) == []


def test_a_second_press_accepts_nothing_more(clerk: Clerk, schedule_id: str, published: None) -> None:
    body = order(schedule_id, terms_read=True, idempotency_key="form-1")
    assert [clerk.send("book", body).status_code for _ in range(2)] == [200, 200]
    assert len(consents(clerk)) == 1


def test_the_box_is_there_only_where_there_are_terms(clerk: Clerk) -> None:
    assert "terms_read" not in clerk.visitor.get("/admin/desk/").get_data(as_text=True)


def test_the_box_names_all_that_the_tick_stands_for(clerk: Clerk, schedule_id: str, published: None) -> None:
    page = clerk.visitor.get("/admin/desk/").get_data(as_text=True)
    assert 'name="terms_read"' in page
    assert 'href="/terms/terms"' in page and 'href="/terms/waiver"' in page
    with clerk.at_the_provider():
        db.session.execute(update(Course).values(needs_waiver=True))
        db.session.commit()
    clerk.send("book", order(schedule_id, terms_read=True))
    assert {kind for kind, *_ in consents(clerk)} == {"terms", "waiver"}


def test_the_clerk_is_told_what_people_must_bring(clerk: Clerk, schedule_id: str) -> None:
    with clerk.at_the_provider():
        db.session.execute(update(Course).values(prerequisites="- Safety shoes\n- A helmet"))
        db.session.commit()
    said: Any = clerk.send("quote", {"schedule_id": schedule_id, "places": 1}).json
    assert {"words": "Tell the caller what to bring or hold: - Safety shoes - A helmet"} in said["warnings"]


def test_the_quote_of_a_loyal_caller_is_what_the_booking_costs(clerk: Clerk, schedule_id: str) -> None:
    with clerk.at_the_provider():
        factories.make_rule(title="Fifth course", minimum_places=1, minimum_past_courses=1, basis_points=2000)
        past = placed()
        customer = db.session.get_one(User, past.customer_id)
        about = {"customer_id": str(customer.id)}
        for status in ("confirmed", "completed"):
            values = {"status": status, "hold_expires_at": None}
            db.session.execute(update(Booking).where(Booking.id == past.id).values(values))
            db.session.commit()
    known: Any = clerk.send("quote", {"schedule_id": schedule_id, "places": 1} | about).json
    assert (known["price"]["total"], known["price"]["discount_label"]) == ("£60.00", "Fifth course")
    unknown: Any = clerk.send("quote", {"schedule_id": schedule_id, "places": 1}).json
    assert unknown["price"]["total"] == "£75.00"
    made: Any = clerk.send("book", order(schedule_id, attendees=[], **about)).json
    with clerk.at_the_provider():
        booking = db.session.query(Booking).filter_by(reference=made["reference"]).one()
        assert (booking.total_minor, booking.discount_minor) == (6000, 1500)
