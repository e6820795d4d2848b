"""Which messages are from Flutterwave, and what they say before it is asked."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from backoffice.domain.gateway_terms import NoticeRefused
from backoffice.gateways import flutterwave, flutterwave_words
from tests.gateways.givens import KEYS, NOW, REFUND_ID, account_of

GATEWAY = flutterwave.open_account(account_of("flutterwave"))
HASH = KEYS["flutterwave"]["secret_hash"]
TRANSACTION = {
    "id": 285959875,
    "tx_ref": "PAY-2026-0001",
    "flw_ref": "FLW/1",
    "amount": 1500.5,
    "charged_amount": 1542.51,
    "app_fee": 42.014,
    "currency": "KES",
    "status": "successful",
    "processor_response": "Approved",
    "created_at": "2026-03-01T09:00:00.000Z",
}


def message(**values: Any) -> dict[str, Any]:
    return {"event": "charge.completed", "data": TRANSACTION | values}


def raw_of(body: Any) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.parametrize("name", ["verif-hash", "Verif-Hash", "VERIF-HASH"])
def test_a_message_with_the_secret_is_taken(name: str) -> None:
    received = GATEWAY.receive(raw_of(message()), {name: HASH}, NOW)
    assert received.event_id == "charge.completed:285959875:successful"
    assert received.kind == "charge.completed"
    assert received.happened_at == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def test_the_same_transaction_with_another_status_is_another_event() -> None:
    failed = GATEWAY.receive(raw_of(message(status="failed")), {"verif-hash": HASH}, NOW)
    assert failed.event_id == "charge.completed:285959875:failed"


@pytest.mark.parametrize("given", ["", "x", HASH[:-1], f"{HASH} ", HASH.upper(), "hash-of-another", "é"])
def test_another_secret_is_refused(given: str) -> None:
    with pytest.raises(NoticeRefused):
        GATEWAY.receive(raw_of(message()), {"verif-hash": given}, NOW)


def test_without_a_header_or_a_secret_nothing_is_believed() -> None:
    with pytest.raises(NoticeRefused):
        GATEWAY.receive(raw_of(message()), {}, NOW)
    bare = flutterwave.open_account(account_of("flutterwave", secret_hash=""))
    for headers in ({}, {"verif-hash": ""}):
        with pytest.raises(NoticeRefused):
            bare.receive(raw_of(message()), headers, NOW)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"event": "charge.completed"},
        {"event": "charge.completed", "data": []},
        message(id=None),
        message(id=True),
        message(status=None),
        message(status="x" * 61),
        {"event": 7, "data": TRANSACTION},
    ],
    ids=lambda body: repr(body)[:40],
)
def test_another_shape_is_refused(body: Any) -> None:
    with pytest.raises(NoticeRefused):
        GATEWAY.receive(raw_of(body), {"verif-hash": HASH}, NOW)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("successful", "succeeded"),
        ("SUCCESSFUL", "succeeded"),
        ("failed", "failed"),
        ("pending", "pending"),
        ("new-state", "pending"),
    ],
)
def test_a_message_says_how_a_payment_stands_without_proof(theirs: str, ours: str) -> None:
    notice = GATEWAY.understand(message(status=theirs))
    assert not notice.is_proof
    assert notice.payment is not None
    assert (notice.payment.status, notice.payment.reference) == (ours, "PAY-2026-0001")
    assert (notice.payment.amount_minor, notice.payment.currency) == (150_050, "KES")
    assert (notice.payment.fee_minor, notice.payment.gateway_payment_id) == (4201, "285959875")


def test_less_charged_than_asked_is_what_came() -> None:
    said = GATEWAY.understand(message(charged_amount=1.0)).payment
    assert said is not None
    assert said.amount_minor == 100


def test_a_refund_in_a_message_leads_to_its_payment() -> None:
    for name in ("tx_id", "transaction_id", "TransactionId"):
        told = {"id": 7, name: 285959875, "amount_refunded": 500, "status": "completed"}
        notice = GATEWAY.understand({"event": "refund.completed", "data": told})
        assert (notice.is_proof, notice.refund) == (False, None)
        assert notice.payment is not None
        assert (notice.payment.gateway_payment_id, notice.payment.refunded_minor) == ("285959875", 50_000)


def test_a_message_we_have_no_use_for_says_nothing() -> None:
    notice = GATEWAY.understand({"event": "transfer.completed", "data": {"id": 1, "status": "SUCCESSFUL"}})
    assert (notice.payment, notice.refund, notice.dispute) == (None, None, None)


@pytest.mark.parametrize("values", [{"amount": "all"}, {"amount": -1}, {"app_fee": []}])
def test_an_amount_that_is_none_is_a_value_error(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="amount"):
        GATEWAY.understand(message(**values))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("completed", "succeeded"),
        ("completed-mpgs", "succeeded"),
        ("completed-momo", "succeeded"),
        ("failed", "failed"),
        ("pending", "processing"),
        ("new", "processing"),
    ],
)
def test_a_refund_stands_as_its_status_begins(theirs: str, ours: str) -> None:
    refund = {
        "id": 7,
        "tx_id": 285959875,
        "amount_refunded": 500.25,
        "status": theirs,
        "comments": f"REF-2026-0001 refund_id:{REFUND_ID}",
    }
    said = flutterwave_words.refund_standing(refund, "KES")
    assert (said.status, said.amount_minor, said.currency) == (ours, 50_025, "KES")
    assert (said.gateway_refund_id, said.gateway_payment_id) == ("7", "285959875")
    assert said.refund_id == REFUND_ID


@pytest.mark.parametrize("comments", [None, "", "by telephone", "refund_id:", "refund_id:x", 7])
def test_a_refund_without_our_mark_is_none_of_ours(comments: Any) -> None:
    refund = {"id": 7, "tx_id": 1, "amount_refunded": 500, "status": "completed", "comments": comments}
    assert flutterwave_words.refund_standing(refund, "KES").refund_id is None
