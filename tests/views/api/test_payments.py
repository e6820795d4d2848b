"""The API of payments: who may ask, for which money, and what a wrong body is told."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.models import Booking, Payment
from backoffice.services import passwords, payment_links
from backoffice.services.customers import CustomerIn
from backoffice.services.payment_links import Subject
from tests import factories
from tests.services.booked import placed
from tests.stand_in_gateway import StandIn
from tests.stand_in_gateway import gateway as gateway
from tests.views.public.test_pay import Payer, make_payer
from tests.web_client import PASSWORD, Visitor, signed_in

MPESA, FLUTTERWAVE = "/api/payments/mpesa/initiate", "/api/payments/flutterwave/initiate"


@pytest.fixture
def payer(app: Flask, provider: factories.Provider, gateway: StandIn) -> Payer:
    """A booking of 7,500 shillings."""
    gateway.name = "mpesa"
    values = {"currency": "KES", "country": "KE", "time_zone": "Africa/Nairobi", "smallest_unit_minor": 100}
    return make_payer(app, provider, gateways="mpesa flutterwave", **values)


def send(visitor: Visitor, path: str, body: Any, *, is_own: bool = True, **headers: str) -> TestResponse:
    if is_own:
        headers["X-CSRFToken"] = visitor.kept_token()
    return visitor.open(path, method="POST", json=body, headers=headers)


def body_of(payer: Payer, **more: Any) -> dict[str, Any]:
    return {"booking_id": str(payer.booking_id), "phone": "0712 345678", "amount": "7500.00"} | more


def error_of(answer: TestResponse) -> dict[str, Any]:
    return dict(answer.get_json()["error"])


def test_staff_send_a_prompt_and_read_how_it_stands(app: Flask, payer: Payer) -> None:
    clerk = signed_in(app, payer.provider)
    answer = send(clerk, MPESA, body_of(payer))
    assert answer.status_code == 202
    payment = answer.get_json()["payment"]
    assert (payment["status"], payment["amount"], payment["currency"]) == ("pending", "7500.00", "KES")
    known = clerk.get(f"/api/payments/status?ref={payment['reference']}").get_json()["payment"]
    assert known == payment
    payer.settle("succeeded")
    known = clerk.get(f"/api/payments/status?ref={payment['reference']}").get_json()["payment"]
    assert known["status"] == "succeeded"
    assert known["paid_at"]


def test_whoever_has_the_links_token_needs_no_session(payer: Payer) -> None:
    answer = send(payer.visitor, FLUTTERWAVE, flutter(payer, token=payer.token), is_own=False)
    assert answer.status_code == 202
    said = answer.get_json()
    assert said["checkout_url"].startswith("https://pay.example/")
    path = f"/api/payments/status?ref={said['payment']['reference']}"
    assert payer.visitor.get(f"{path}&token={payer.token}").status_code == 200
    assert payer.visitor.get(path).status_code == 401


def flutter(payer: Payer, **more: Any) -> dict[str, Any]:
    return {"booking_id": str(payer.booking_id), "email": "payer@mail.example"} | more


def test_the_customer_pays_an_own_booking_and_no_other(app: Flask, payer: Payer) -> None:
    payer.change(lambda: give_login(payer.booking_id))
    customer = Visitor(app, payer.provider.host)
    customer.sign_in("alice@x.example")
    assert send(customer, FLUTTERWAVE, flutter(payer)).status_code == 202
    stranger = signed_in(app, payer.provider, "customer")
    reference = payer.payments()[0].reference
    for answer in (
        send(stranger, FLUTTERWAVE, flutter(payer)),
        stranger.get(f"/api/payments/status?ref={reference}"),
    ):
        assert answer.status_code == 404
    assert customer.get(f"/api/payments/status?ref={reference}").status_code == 200


def give_login(booking_id: UUID) -> None:
    customer = db.session.get_one(Booking, booking_id).customer
    customer.password_hash = passwords.hash_password(PASSWORD)


@pytest.mark.parametrize("role", ["manager", "instructor", "customer"])
def test_who_may_not_take_money_finds_nothing(app: Flask, payer: Payer, role: str) -> None:
    visitor = signed_in(app, payer.provider, role)
    assert send(visitor, MPESA, body_of(payer)).status_code == 404
    assert payer.payments() == []


def test_a_session_without_its_form_token_is_refused(app: Flask, payer: Payer) -> None:
    clerk = signed_in(app, payer.provider)
    assert send(clerk, MPESA, body_of(payer), is_own=False).status_code == 400
    assert send(clerk, MPESA, body_of(payer), Origin="https://evil.example").status_code == 403
    assert send(clerk, MPESA, body_of(payer, token=""), is_own=False).status_code == 400
    assert payer.payments() == []


def test_a_forged_request_with_a_strangers_token_pays_the_strangers_booking_only(
    app: Flask, payer: Payer
) -> None:
    """The session that comes along counts for nothing beside a token."""
    clerk = signed_in(app, payer.provider)
    with payer.inside():
        other = make_other(payer)
    answer = send(clerk, MPESA, body_of(payer, booking_id=str(other), token=payer.token), is_own=False)
    assert answer.status_code == 404


def make_other(payer: Payer) -> UUID:
    schedule = db.session.get_one(Booking, payer.booking_id).schedule
    otto = CustomerIn(first_name="Otto", last_name="Other", email="otto@x.example")
    return placed(schedule, customer=otto).id


def test_nobody_at_all_is_asked_who_they_are(payer: Payer) -> None:
    assert send(payer.visitor, MPESA, body_of(payer)).status_code == 401
    assert send(payer.visitor, MPESA, body_of(payer, token="x" * 32), is_own=False).status_code == 404  # noqa: S106
    assert send(payer.visitor, MPESA, body_of(payer, token=["x"]), is_own=False).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", None),
        ("phone", "07700 900123"),
        ("phone", 712345678),
        ("amount", "7499.99"),
        ("amount", "75.00"),
        ("amount", 1),
        ("amount", "-7500"),
        ("amount", "7,5e3"),
        ("amount", True),
        ("amount", []),
        ("amount", "NaN"),
        ("booking_id", ""),
        ("booking_id", 7),
    ],
)
def test_a_wrong_field_is_named(app: Flask, payer: Payer, field: str, value: object) -> None:
    answer = send(payer.visitor, MPESA, body_of(payer, token=payer.token, **{field: value}), is_own=False)
    assert answer.status_code == 422
    assert field in error_of(answer)["fields"]
    assert payer.payments() == []


@pytest.mark.parametrize("email", [None, "", "x", "a@b", 7, "a@b.example\nBcc: c@d.example"])
def test_flutterwave_needs_an_address(payer: Payer, email: object) -> None:
    answer = send(payer.visitor, FLUTTERWAVE, flutter(payer, token=payer.token, email=email), is_own=False)
    assert answer.status_code == 422
    assert "email" in error_of(answer)["fields"]


@pytest.mark.parametrize("amount", [7500, 7500.0, "7500", "7,500.00", "KSh 7,500", None])
def test_the_amount_may_be_said_in_the_usual_ways(payer: Payer, amount: object) -> None:
    answer = send(payer.visitor, MPESA, body_of(payer, token=payer.token, amount=amount), is_own=False)
    assert answer.status_code == 202


@pytest.mark.parametrize("raw", [b"", b"[]", b"7", b"{", b'"x"', b"\xff", b"null"])
def test_what_is_no_object_is_refused(payer: Payer, raw: bytes) -> None:
    answer = payer.visitor.open(MPESA, method="POST", data=raw, content_type="application/json")
    assert answer.status_code == 422


def test_a_booking_of_nobody_is_not_found(app: Flask, payer: Payer) -> None:
    clerk = signed_in(app, payer.provider)
    for wrong in (str(uuid4()), "x", str(payer.provider.id)):
        assert send(clerk, MPESA, body_of(payer, booking_id=wrong)).status_code == 404
    for reference in ("x", "x" * 40, "TST-P-2026-9999"):
        assert clerk.get(f"/api/payments/status?ref={reference}").status_code == 404
    assert clerk.get("/api/payments/status").status_code == 422
    assert clerk.get(f"/api/payments/status?ref={'x' * 41}").status_code == 422


def test_nothing_due_is_a_conflict(payer: Payer) -> None:
    body = body_of(payer, token=payer.token)
    assert send(payer.visitor, MPESA, body, is_own=False).status_code == 202
    payer.settle("succeeded")
    answer = send(payer.visitor, MPESA, body, is_own=False)
    assert answer.status_code == 409
    assert error_of(answer)["code"] == "nothing_due"


def test_a_repeated_key_is_one_prompt_and_another_waits(payer: Payer) -> None:
    body = body_of(payer, token=payer.token, idempotency_key="order-1")
    answers = [send(payer.visitor, MPESA, body, is_own=False) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert len({answer.get_json()["payment"]["reference"] for answer in answers}) == 1
    again = send(payer.visitor, MPESA, body_of(payer, token=payer.token), is_own=False)
    assert (again.status_code, error_of(again)["code"]) == (409, "prompt_open")


@pytest.mark.parametrize("key", ["a\ud800b", "a\0b", "x" * 81, ["a"], {"a": 1}, 7, True])
@pytest.mark.parametrize("field", ["idempotency_key", "phone", "token", "amount"])
def test_a_text_that_is_none_or_cannot_be_stored_is_refused_and_no_accident(
    payer: Payer, field: str, key: object
) -> None:
    answer = send(payer.visitor, MPESA, body_of(payer, token=payer.token) | {field: key}, is_own=False)
    assert answer.status_code in (400, 401, 404, 422)


def test_a_telephone_is_not_rung_without_end(payer: Payer) -> None:
    codes = []
    for number in range(8):
        body = body_of(payer, token=payer.token, idempotency_key=f"key {number}")
        codes.append(send(payer.visitor, MPESA, body, is_own=False).status_code)
        if codes[-1] == 202:
            payer.settle("failed")
    assert codes[0] == 202
    assert codes[-1] == 429


def test_a_deposit_link_pays_its_deposit(payer: Payer) -> None:
    payer.change(lambda: payment_links.make(Subject(payer.booking_id), SYSTEM, 2_500_00))
    body = body_of(payer, token=payer.token)
    assert send(payer.visitor, MPESA, body, is_own=False).status_code == 422
    assert send(payer.visitor, MPESA, body | {"amount": "2500"}, is_own=False).status_code == 202
    with payer.inside():
        assert db.session.scalars(select(Payment.amount_minor)).all() == [2_500_00]
