"""What M-Pesa's unsigned messages must look like, and what they say before anybody believes them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from backoffice.domain.gateway_terms import NoticeRefused
from backoffice.gateways import mpesa
from tests.gateways.givens import NOW, PAYMENT_ID, REFUND_ID, account_of

GATEWAY = mpesa.open_account(account_of("mpesa"))
CHECKOUT = "ws_CO_01032026120000_1"


def callback(code: Any = 0, **values: Any) -> dict[str, Any]:
    items = [
        {"Name": "Amount", "Value": 1500.0},
        {"Name": "MpesaReceiptNumber", "Value": "NLJ7RT61SV"},
        {"Name": "Balance"},
        {"Name": "TransactionDate", "Value": 20260301120000},
        {"Name": "PhoneNumber", "Value": 254712345678},
    ]
    said = {
        "MerchantRequestID": "29115-34620561-1",
        "CheckoutRequestID": CHECKOUT,
        "ResultCode": code,
        "ResultDesc": "What M-Pesa says.",
    }
    if str(code) == "0":
        said["CallbackMetadata"] = {"Item": items}
    return {"Body": {"stkCallback": said | values}}


def result(code: Any = 0, **values: Any) -> dict[str, Any]:
    said = {
        "ResultType": 0,
        "ResultCode": code,
        "ResultDesc": "What M-Pesa says.",
        "OriginatorConversationID": "10571-7910404-1",
        "ConversationID": "AG_20260301_1",
        "TransactionID": "NLJ0000000",
        "ResultParameters": {
            "ResultParameter": [
                {"Key": "Amount", "Value": "1500.00"},
                {"Key": "OriginalTransactionID", "Value": "NLJ7RT61SV"},
            ]
        },
    }
    return {"Result": said | values}


def raw_of(body: Any) -> bytes:
    return json.dumps(body).encode()


def event_id(body: dict[str, Any]) -> str:
    return GATEWAY.receive(raw_of(body), {}, NOW).event_id


def test_a_callback_is_known_by_its_prompt_and_result() -> None:
    received = GATEWAY.receive(raw_of(callback()), {}, NOW)
    assert received.event_id.startswith(f"stk_callback:{CHECKOUT}:0:")
    assert received.kind == "stk_callback"
    assert received.payload == callback()
    assert event_id(callback()) == event_id(callback())
    assert event_id(callback()) != event_id(callback(1032))


def test_a_result_is_known_by_its_conversation() -> None:
    received = GATEWAY.receive(raw_of(result()), {}, NOW)
    assert received.event_id.startswith("result:AG_20260301_1:0:")
    assert received.kind == "result"


def test_a_forged_callback_does_not_keep_the_true_one_out() -> None:
    forged = callback(CallbackMetadata={"Item": [{"Name": "Amount", "Value": 1}]})
    assert event_id(forged) != event_id(callback())


SHAPES: tuple[Any, ...] = (
    {},
    [],
    "x",
    {"Body": None},
    {"Body": {"stkCallback": []}},
    callback(CheckoutRequestID=None),
    callback(CheckoutRequestID=7),
    callback(CheckoutRequestID=""),
    callback(CheckoutRequestID="x" * 101),
    callback(None),
    callback(True),
    callback({}),
    callback("1" * 21),
    {"Result": {"ResultCode": 0}},
    {"Result": {"ConversationID": "AG_1"}},
)


@pytest.mark.parametrize("body", SHAPES, ids=lambda body: repr(body)[:50])
def test_another_shape_is_refused(body: Any) -> None:
    with pytest.raises(NoticeRefused):
        GATEWAY.receive(raw_of(body), {}, NOW)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (0, "succeeded"),
        ("0", "succeeded"),
        (1032, "cancelled"),
        ("1037", "cancelled"),
        (1019, "cancelled"),
        (1, "failed"),
        (2001, "failed"),
        (17, "failed"),
        (4999, "pending"),
    ],
)
def test_a_callback_says_how_the_prompt_ended_without_proof(code: Any, status: str) -> None:
    notice = GATEWAY.understand(callback(code) | {"about": str(PAYMENT_ID)})
    assert not notice.is_proof
    assert notice.payment is not None
    assert notice.payment.status == status
    assert (notice.payment.payment_id, notice.payment.gateway_reference) == (PAYMENT_ID, CHECKOUT)
    assert (notice.payment.failure_reason is None) is (status == "succeeded")


def test_a_paid_prompt_says_amount_receipt_and_time() -> None:
    said = GATEWAY.understand(callback()).payment
    assert said is not None
    assert (said.amount_minor, said.currency, said.gateway_payment_id) == (150_000, "KES", "NLJ7RT61SV")
    assert said.paid_at == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("about", [None, "", "x", "1; DROP TABLE"])
def test_an_address_that_names_nothing_leaves_the_prompts_own_name(about: Any) -> None:
    said = GATEWAY.understand(callback() | {"about": about}).payment
    assert said is not None
    assert (said.payment_id, said.gateway_reference) == (None, CHECKOUT)


def test_details_that_are_none_are_not_made_up() -> None:
    said = GATEWAY.understand(callback(CallbackMetadata="none")).payment
    assert said is not None
    assert (said.amount_minor, said.gateway_payment_id, said.paid_at) == (None, None, None)
    with pytest.raises(ValueError, match="amount"):
        GATEWAY.understand(callback(CallbackMetadata={"Item": [{"Name": "Amount", "Value": "much"}]}))


@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        (0, "succeeded", "NLJ0000000"),
        ("0", "succeeded", "NLJ0000000"),
        ("R000001", "succeeded", "AG_20260301_1"),
        (2001, "failed", "AG_20260301_1"),
        ("R000002", "failed", "AG_20260301_1"),
    ],
)
def test_a_result_says_how_the_reversal_ended(code: Any, status: str, name: str) -> None:
    notice = GATEWAY.understand(result(code) | {"about": str(REFUND_ID)})
    assert not notice.is_proof
    assert notice.refund is not None
    assert (notice.refund.status, notice.refund.gateway_refund_id) == (status, name)
    assert (notice.refund.refund_id, notice.refund.amount_minor) == (REFUND_ID, 150_000)
    assert notice.refund.gateway_payment_id == "NLJ7RT61SV"


def test_a_single_parameter_may_come_without_its_list() -> None:
    alone = {"ResultParameter": {"Key": "Amount", "Value": 1500}}
    said = GATEWAY.understand(result(ResultParameters=alone)).refund
    assert said is not None
    assert said.amount_minor == 150_000


def test_another_kept_shape_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="neither"):
        GATEWAY.understand({"Body": {}})
