"""Gateway messages and payments through gateways, as the screens of money show them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.domain.gateway_terms import Received
from backoffice.models import AuditEvent, GatewayAccount, GatewayEvent, Payment, Tenant
from backoffice.services import gateway_events, work_queues
from backoffice.services.work_queues import Day
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.paying import account_of, fresh_payment, settled, started
from tests.views.admin.money_desk import inside, said
from tests.web_client import Visitor, signed_in

EVENTS, PAYMENTS = "/admin/gateway_events/", "/admin/payments/"
PAYLOAD = {
    "object": "event",
    "data": {"client_secret": "pi_secret_x", "note": "<script>alert(1)</script>", "phone": "+447700900123"},
}


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


def kept(number: str, payment: Payment | None = None, **state: Any) -> str:
    """A message of Stripe in the inbox, in this state."""
    account, received = account_of(), Received(number, "charge.updated", PAYLOAD)
    event_id = commit_once(lambda: gateway_events.keep(account, received))
    values = {"payment_id": payment.id if payment else None, **state}
    commit_once(
        lambda: db.session.execute(update(GatewayEvent).values(values).where(GatewayEvent.id == event_id))
    )
    return str(event_id)


def test_the_list_is_narrowed_by_gateway_and_state(app: Flask, provider: Provider, admin: Visitor) -> None:
    now = datetime.now(UTC)
    with inside(app, provider):
        kept("evt_waiting")
        kept("evt_applied", processed_at=now, outcome="succeeded")
        kept("evt_dead", dead_at=now, last_error="Nobody knows this shape.")
    for state in ("waiting", "applied"):
        page = said(admin.get(f"{EVENTS}?state={state}"))
        assert f"evt_{state}" in page
        assert page.count("evt_") == 1
    assert "Nobody knows this shape." in said(admin.get(f"{EVENTS}?state=failed"))
    assert "evt_" not in said(admin.get(f"{EVENTS}?gateway=mpesa"))
    assert admin.get(f"{EVENTS}?state=nonsense").status_code == 200


def test_a_message_is_found_by_its_number_and_by_its_payment(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with inside(app, provider):
        payment = started()
        reference = payment.reference
        kept("evt_one", payment)
        kept("evt_two")
    assert said(admin.get(f"{EVENTS}?search=evt_two")).count("evt_two") >= 1
    assert "evt_one" not in said(admin.get(f"{EVENTS}?search=evt_two"))
    assert "evt_one" in said(admin.get(f"{EVENTS}?search={reference.lower()}"))


def test_a_message_is_shown_escaped_and_without_secrets(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with inside(app, provider):
        event_id = kept("evt_1", started())
    page = admin.get(f"{EVENTS}details/?id={event_id}")
    assert page.status_code == 200
    assert "pi_secret_x" not in page.text
    assert "(hidden)" in page.text
    assert "900123" not in page.text
    assert "<script>alert(1)" not in page.text


def test_a_message_is_applied_again_or_set_aside(app: Flask, provider: Provider, admin: Visitor) -> None:
    now = datetime.now(UTC)
    with inside(app, provider):
        first = kept("evt_1", dead_at=now, attempts=6)
        second = kept("evt_2", dead_at=now, attempts=6)
        live = kept("evt_3")
    assert admin.post(f"{EVENTS}replay/", {"id": first}).status_code == 302
    assert admin.post(f"{EVENTS}set-aside/", {"id": second, "reason": ""}).status_code == 422
    assert admin.post(f"{EVENTS}set-aside/", {"id": second, "reason": "Booked by hand"}).status_code == 302
    assert admin.post(f"{EVENTS}set-aside/", {"id": live, "reason": "No"}).status_code == 409
    with inside(app, provider):
        rows = {str(row.id): row for row in db.session.scalars(select(GatewayEvent))}
        assert (rows[first].dead_at, rows[first].attempts, rows[first].processed_at) == (None, 0, None)
        assert rows[second].dead_at is None
        assert rows[second].processed_at is not None
        assert str(rows[second].outcome).endswith("Booked by hand")
        actions = set(db.session.scalars(select(AuditEvent.action)))
        assert {"gateway_event:replay", "gateway_event:set_aside"} <= actions


def test_the_office_looks_and_does_not_touch(app: Flask, provider: Provider) -> None:
    with inside(app, provider):
        event_id = kept("evt_1", dead_at=datetime.now(UTC))
    office = signed_in(app, provider, "office")
    assert office.get(f"{EVENTS}details/?id={event_id}").status_code == 200
    assert office.post(f"{EVENTS}replay/", {"id": event_id}).status_code == 403
    assert office.post(f"{EVENTS}set-aside/", {"id": event_id, "reason": "x"}).status_code == 403
    assert signed_in(app, provider, "instructor").get(EVENTS).status_code == 403


def test_messages_given_up_are_work(app: Flask, provider: Provider) -> None:
    with inside(app, provider):
        event_id = kept("evt_1", dead_at=datetime.now(UTC), last_error="No such shape.")
        kept("evt_2")
    office = signed_in(app, provider, "office")
    assert "Gateway messages given up" in said(office.get("/admin/"))
    page = office.get("/admin/work/gateway_events")
    assert "No such shape." in said(page)
    assert f"/admin/gateway_events/details/?id={event_id}" in page.text


def test_the_account_says_when_it_last_heard_something(app: Flask, provider: Provider) -> None:
    with inside(app, provider):
        kept("evt_1")
        kept("evt_2")
        heard = db.session.scalars(select(GatewayAccount.last_event_at)).one()
        assert heard is not None
    assert "None yet" not in said(signed_in(app, provider, "admin").get("/admin/gateways/"))


# --- Payments ---


def test_a_pending_attempt_is_no_money_in(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        payment = started()
        payment_id = payment.id
        day = Day.of(datetime.now(UTC), db.session.get_one(Tenant, provider.id))
        assert work_queues.takings(day) == []
    page = said(admin.get(f"{PAYMENTS}details/?id={payment_id}"))
    assert "Asked for £75.00" in page
    assert "Received £0.00" in page
    assert "Nothing has been paid yet" in page
    assert "What it is for" in page
    assert "What it paid" not in page
    assert "Use for a booking" not in page
    assert "£75.00 £75.00" not in said(admin.get(PAYMENTS))


def test_a_paid_one_shows_its_numbers_and_its_fee(app: Flask, provider: Provider, admin: Visitor) -> None:
    with inside(app, provider):
        payment = started()
        settled(payment, fee_minor=132, gateway_charge_id="ch_77")
        payment_id, session = payment.id, payment.gateway_reference
        kept("evt_9", payment, processed_at=datetime.now(UTC), outcome="succeeded")
    answer = admin.get(f"{PAYMENTS}details/?id={payment_id}")
    page = said(answer)
    for word in (
        "Stripe, test: no money moves",
        str(session),
        "ch_77",
        "£1.32",
        "charge.updated",
        "Received",
    ):
        assert word in page, word
    assert 'data-copy="ch_77"' in answer.text
    assert "Ask the gateway now" not in page
    for term in ("ch_77", str(session), f"pi_{payment_id}"):
        assert "1 of 1" in said(admin.get(f"{PAYMENTS}?search={term}")) or "1–1" in said(
            admin.get(f"{PAYMENTS}?search={term}")
        ), term


def test_the_gateway_is_asked_now(app: Flask, provider: Provider) -> None:
    with inside(app, provider):
        payment = started()
        payment_id, version = payment.id, payment.version
        later = datetime(2099, 1, 1, tzinfo=UTC)
        commit_once(lambda: db.session.execute(update(Payment).values(next_check_at=later)))
    office = signed_in(app, provider, "office")
    assert "Ask the gateway now" in said(office.get(f"{PAYMENTS}details/?id={payment_id}"))
    assert office.post(f"{PAYMENTS}ask-gateway/", {"id": str(payment_id)}).status_code == 302
    with inside(app, provider):
        due = fresh_payment(payment_id)
        assert due.next_check_at is not None and due.next_check_at <= datetime.now(UTC)
        assert due.version == version
        settled(due)
    assert office.post(f"{PAYMENTS}ask-gateway/", {"id": str(payment_id)}).status_code == 409
    manager = signed_in(app, provider, "manager")
    assert manager.post(f"{PAYMENTS}ask-gateway/", {"id": str(payment_id)}).status_code == 403


def become_credit(payment_id: UUID) -> None:
    payment = db.session.get_one(Payment, payment_id)
    payment.method = "credit"
    for line in factories.credit_lines_of(payment):
        db.session.add(line)
        db.session.flush()


def test_credit_is_not_taken_twice(app: Flask, provider: Provider) -> None:
    with inside(app, provider):
        payment = started()
        settled(payment)
        day = Day.of(datetime.now(UTC), db.session.get_one(Tenant, provider.id))
        assert [row.method for row in work_queues.takings(day)] == ["stripe"]
        commit_once(lambda: become_credit(payment.id))
        assert work_queues.takings(day) == []


def test_a_receipt_of_mpesa_is_shown_and_found_as_it_is_read_out(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with inside(app, provider):
        payment = started()
        settled(payment, gateway_payment_id="SGTH1ARF9G")
        values = {"method": "mpesa"}
        commit_once(lambda: db.session.execute(update(Payment).values(values)))
        reference, payment_id = payment.reference, payment.id
    page = said(admin.get(f"{PAYMENTS}?search=sgth1arf9g"))
    assert reference in page
    assert "SGTH1ARF9G" in page
    timeline = said(admin.get(f"{PAYMENTS}details/?id={payment_id}"))
    assert "Reported the money as received" in timeline
    assert "Paid back" not in timeline
