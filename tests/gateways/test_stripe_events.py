"""Which messages of Stripe's are believed, and what they say."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe as library

from backoffice.domain.gateway_terms import Notice, NoticeRefused, Received
from backoffice.gateways import stripe
from tests.gateways.givens import NOW, PAYMENT_ID, REFUND_ID, STRIPE_SECRET, account_of

GATEWAY = stripe.open_account(account_of("stripe"))
CREATED = int(NOW.timestamp())


def event_of(kind: str, found: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "created": CREATED,
        "livemode": False,
        "api_version": stripe.API_VERSION,
        "data": {"object": found},
    } | values


RAW = json.dumps(event_of("charge.succeeded", {"id": "ch_1"})).encode()


def signed(raw: bytes, *, at: datetime = NOW, secret: str = STRIPE_SECRET, time: str | None = None) -> str:
    time = time or str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), f"{time}.".encode() + raw, hashlib.sha256).hexdigest()
    return f"t={time},v1={digest}"


def receive(raw: bytes, signature: str, name: str = "Stripe-Signature") -> Received:
    return GATEWAY.receive(raw, {name: signature}, NOW)


# --- Who sent it ---


def test_a_signed_event_is_taken_as_it_is() -> None:
    received = receive(RAW, signed(RAW))
    assert (received.event_id, received.kind, received.happened_at) == ("evt_1", "charge.succeeded", NOW)
    assert received.payload == json.loads(RAW)


def test_the_header_may_come_in_any_case() -> None:
    assert receive(RAW, signed(RAW), "stripe-signature").event_id == "evt_1"


def test_two_signatures_are_taken_while_the_secret_changes() -> None:
    other = signed(RAW, secret="whsec_new").partition("v1=")[2]
    assert receive(RAW, f"{signed(RAW)},v1={other},v0=abc").event_id == "evt_1"
    first = signed(RAW).replace(",v1=", f",v1={other},v1=")
    assert receive(RAW, first).event_id == "evt_1"


@pytest.mark.parametrize("seconds", [-300, -299, 0, 299, 300])
def test_five_minutes_either_way_are_allowed(seconds: int) -> None:
    assert receive(RAW, signed(RAW, at=NOW + timedelta(seconds=seconds))).event_id == "evt_1"


@pytest.mark.parametrize("seconds", [-86_400, -301, 301, 86_400, 10**10])
def test_an_old_message_and_one_from_the_future_are_refused(seconds: int) -> None:
    time = str(CREATED + seconds)
    with pytest.raises(NoticeRefused, match=r"old|no signature"):
        receive(RAW, signed(RAW, time=time))


def test_the_librarys_own_check_takes_a_message_from_the_future() -> None:
    """The control: why ours is written out."""
    later = datetime.now(UTC) + timedelta(days=365)
    assert library.Webhook.construct_event(RAW, signed(RAW, at=later), STRIPE_SECRET)["id"] == "evt_1"


BAD_SIGNATURES = {
    "missing": "",
    "another tenant's secret": signed(RAW, secret="whsec_of_another_account"),
    "no time": signed(RAW).partition(",")[2],
    "no digest": signed(RAW).partition(",")[0],
    "empty digest": f"t={CREATED},v1=",
    "another time": signed(RAW).replace(f"t={CREATED}", f"t={CREATED + 1}"),
    "two times": f"t={CREATED + 1},{signed(RAW)}",
    "an older scheme only": signed(RAW).replace("v1=", "v0="),
    "digest in capitals": signed(RAW).replace("v1=", "V1="),
    "not ASCII": f"t={CREATED},v1=é",
    "a time that is none": signed(RAW, time="1e9"),
    "a time in other digits": signed(RAW, time="١٢٣"),
    "a negative time": signed(RAW, time="-1"),
    "a huge time": signed(RAW, time="9" * 400),
    "cut": signed(RAW)[:-1],
    "made with an empty secret": signed(RAW, secret=""),
}


@pytest.mark.parametrize("signature", BAD_SIGNATURES.values(), ids=BAD_SIGNATURES.keys())
def test_a_wrong_signature_is_refused(signature: str) -> None:
    with pytest.raises(NoticeRefused):
        receive(RAW, signature)


@pytest.mark.parametrize(
    "raw", [RAW + b" ", RAW.replace(b"ch_1", b"ch_2"), b"", json.dumps(json.loads(RAW), indent=1).encode()]
)
def test_a_body_that_was_touched_is_refused(raw: bytes) -> None:
    with pytest.raises(NoticeRefused):
        receive(raw, signed(RAW))


def test_without_a_secret_nothing_is_believed() -> None:
    bare = stripe.open_account(account_of("stripe", webhook_secret=""))
    with pytest.raises(NoticeRefused):
        bare.receive(RAW, {"Stripe-Signature": signed(RAW, secret="")}, NOW)


@pytest.mark.parametrize(
    ("mode", "livemode", "is_taken"),
    [("test", False, True), ("test", True, False), ("live", True, True), ("live", False, False)],
)
def test_play_money_never_pays_a_real_booking(mode: str, livemode: bool, is_taken: bool) -> None:
    raw = json.dumps(event_of("charge.succeeded", {"id": "ch_1"}, livemode=livemode)).encode()
    gateway = stripe.open_account(account_of("stripe", mode=mode))
    if is_taken:
        assert gateway.receive(raw, {"Stripe-Signature": signed(raw)}, NOW).event_id == "evt_1"
        return
    with pytest.raises(NoticeRefused, match="mode"):
        gateway.receive(raw, {"Stripe-Signature": signed(raw)}, NOW)


@pytest.mark.parametrize(
    "raw",
    [b"[]", b"{}", b"x", b'{"id": "evt_1"}', b'{"id": 1, "type": "x", "data": {"object": {"id": "x"}}}'],
)
def test_what_is_signed_but_no_event_is_refused(raw: bytes) -> None:
    with pytest.raises(NoticeRefused):
        receive(raw, signed(raw))


# --- What it says ---

SESSION = {
    "id": "cs_1",
    "object": "checkout.session",
    "status": "complete",
    "payment_status": "paid",
    "amount_total": 7500,
    "currency": "gbp",
    "client_reference_id": "PAY-2026-0001",
    "metadata": {"payment_id": str(PAYMENT_ID)},
    "payment_intent": "pi_1",
    "customer": None,
}
INTENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "status": "succeeded",
    "amount": 7500,
    "amount_received": 7500,
    "currency": "gbp",
    "latest_charge": "ch_1",
    "metadata": {"payment_id": str(PAYMENT_ID)},
    "last_payment_error": None,
}
CHARGE = {
    "id": "ch_1",
    "object": "charge",
    "status": "succeeded",
    "captured": True,
    "amount": 7500,
    "amount_refunded": 0,
    "currency": "gbp",
    "payment_intent": "pi_1",
    "metadata": {"payment_id": str(PAYMENT_ID)},
    "created": CREATED,
}
REFUND = {
    "id": "re_1",
    "object": "refund",
    "status": "succeeded",
    "amount": 2500,
    "currency": "gbp",
    "payment_intent": "pi_1",
    "charge": "ch_1",
    "created": CREATED,
    "metadata": {"refund_id": str(REFUND_ID)},
}
DISPUTE = {
    "id": "dp_1",
    "object": "dispute",
    "status": "needs_response",
    "amount": 7500,
    "currency": "gbp",
    "payment_intent": "pi_1",
    "charge": "ch_1",
    "reason": "product_not_received",
}


def understood(kind: str, found: dict[str, Any], **values: Any) -> Notice:
    notice = GATEWAY.understand(event_of(kind, found, **values))
    assert notice.is_proof is (kind != "charge.refunded")
    return notice


STANDINGS = [
    ("checkout.session.completed", SESSION, "succeeded"),
    ("checkout.session.completed", SESSION | {"payment_status": "unpaid"}, "processing"),
    ("checkout.session.async_payment_succeeded", SESSION, "succeeded"),
    ("checkout.session.async_payment_failed", SESSION | {"payment_status": "unpaid"}, "failed"),
    ("checkout.session.expired", SESSION | {"status": "expired", "payment_status": "unpaid"}, "cancelled"),
    ("payment_intent.created", INTENT | {"status": "requires_payment_method"}, "pending"),
    ("payment_intent.processing", INTENT | {"status": "processing"}, "processing"),
    ("payment_intent.succeeded", INTENT, "succeeded"),
    ("payment_intent.canceled", INTENT | {"status": "canceled"}, "cancelled"),
    ("payment_intent.payment_failed", INTENT | {"status": "requires_payment_method"}, "pending"),
    ("charge.succeeded", CHARGE, "succeeded"),
    ("charge.succeeded", CHARGE | {"captured": False}, "pending"),
    ("charge.failed", CHARGE | {"status": "failed"}, "pending"),
    ("charge.refunded", CHARGE | {"amount_refunded": 7500, "refunded": True}, "succeeded"),
]


@pytest.mark.parametrize(("kind", "found", "status"), STANDINGS)
def test_an_event_says_how_the_payment_stands(kind: str, found: dict[str, Any], status: str) -> None:
    said = understood(kind, found).payment
    assert said is not None
    assert (said.status, said.amount_minor, said.currency) == (status, 7500, "GBP")
    assert (said.payment_id, said.gateway_payment_id) == (PAYMENT_ID, "pi_1")
    assert (said.paid_at == NOW) is (status == "succeeded")


def test_a_session_names_reference_attempt_and_customer() -> None:
    said = understood("checkout.session.completed", SESSION | {"customer": {"id": "cus_1"}}).payment
    assert said is not None
    assert (said.reference, said.gateway_reference, said.saved_customer) == ("PAY-2026-0001", "cs_1", "cus_1")


def test_a_refused_card_is_not_the_end_of_an_open_page() -> None:
    refused = INTENT | {
        "status": "requires_payment_method",
        "last_payment_error": {"message": "Your card was declined."},
    }
    said = understood("payment_intent.payment_failed", refused).payment
    assert said is not None
    assert (said.status, said.failure_reason) == ("pending", "Your card was declined.")


def test_less_than_asked_is_said_as_what_came() -> None:
    said = understood("payment_intent.succeeded", INTENT | {"amount_received": 1}).payment
    assert said is not None
    assert said.amount_minor == 1


def test_a_refunded_charge_says_the_total_and_each_refund_it_holds() -> None:
    total = understood("charge.refunded", CHARGE | {"amount_refunded": 2500}).payment
    assert total is not None
    assert (total.refunded_minor, total.refunds) == (2500, ())
    held = CHARGE | {"amount_refunded": 2500, "refunds": {"data": [REFUND]}}
    notice = GATEWAY.understand(event_of("charge.refunded", held))
    listed = notice.payment
    assert listed is not None
    assert notice.is_proof
    assert [each.refund_id for each in listed.refunds] == [REFUND_ID]


@pytest.mark.parametrize(
    ("kind", "theirs", "ours"),
    [
        ("refund.created", "pending", "processing"),
        ("refund.created", "requires_action", "processing"),
        ("refund.updated", "succeeded", "succeeded"),
        ("charge.refund.updated", "succeeded", "succeeded"),
        ("refund.failed", "failed", "failed"),
        ("refund.updated", "canceled", "failed"),
    ],
)
def test_an_event_says_how_a_refund_stands(kind: str, theirs: str, ours: str) -> None:
    said = understood(kind, REFUND | {"status": theirs, "failure_reason": "lost_or_stolen_card"}).refund
    assert said is not None
    assert (said.status, said.amount_minor, said.currency) == (ours, 2500, "GBP")
    assert (said.gateway_refund_id, said.gateway_payment_id, said.refund_id) == ("re_1", "pi_1", REFUND_ID)
    assert said.failure_reason == ("lost or stolen card" if ours == "failed" else None)


def test_a_refund_made_in_the_dashboard_is_none_of_ours() -> None:
    said = understood("refund.created", REFUND | {"metadata": {}}).refund
    assert said is not None
    assert said.refund_id is None


@pytest.mark.parametrize(
    ("kind", "status", "is_open"),
    [
        ("charge.dispute.created", "needs_response", True),
        ("charge.dispute.updated", "under_review", True),
        ("charge.dispute.created", "warning_needs_response", True),
        ("charge.dispute.closed", "won", False),
        ("charge.dispute.closed", "lost", False),
        ("charge.dispute.closed", "warning_closed", False),
    ],
)
def test_a_dispute_is_open_until_it_is_decided(kind: str, status: str, is_open: bool) -> None:
    said = understood(kind, DISPUTE | {"status": status}).dispute
    assert said is not None
    assert (said.gateway_payment_id, said.gateway_charge_id, said.amount_minor) == ("pi_1", "ch_1", 7500)
    assert said.is_open is is_open
    assert said.reason.startswith("product not received")


@pytest.mark.parametrize(
    "kind", ["customer.created", "invoice.paid", "charge.updated", "payout.paid", "new.kind"]
)
def test_an_event_we_have_no_use_for_says_nothing(kind: str) -> None:
    assert understood(kind, {"id": "x"}) == Notice(is_proof=True)


def test_another_version_is_understood_and_noted(caplog: pytest.LogCaptureFixture) -> None:
    old = INTENT | {"charges": {"data": [CHARGE]}}
    said = understood("payment_intent.succeeded", old, api_version="2020-08-27").payment
    assert said is not None
    assert said.status == "succeeded"
    assert "another version" in caplog.text


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("charge.refunded", {}),
        ("charge.refunded", {"object": "charge"}),
        ("charge.refunded", CHARGE | {"amount_refunded": "all"}),
        ("payment_intent.succeeded", INTENT | {"amount_received": -7500}),
        ("payment_intent.succeeded", INTENT | {"amount_received": True}),
        ("refund.created", REFUND | {"status": "new_state"}),
        ("refund.created", REFUND | {"amount": None}),
        ("charge.dispute.created", DISPUTE | {"payment_intent": None, "charge": None}),
    ],
)
def test_a_broken_event_is_a_value_error(kind: str, found: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="."):
        GATEWAY.understand(event_of(kind, found))


def test_an_id_of_ours_that_is_none_leads_nowhere() -> None:
    said = understood("charge.succeeded", CHARGE | {"metadata": {"payment_id": "1; DROP TABLE"}}).payment
    assert said is not None
    assert said.payment_id is None


def test_a_fee_in_other_money_is_not_taken_for_ours() -> None:
    for code, fee in (("gbp", 133), ("usd", None)):
        settled = {"id": "txn_1", "fee": 133, "currency": code}
        said = understood("charge.succeeded", CHARGE | {"balance_transaction": settled}).payment
        assert said is not None
        assert said.fee_minor == fee


def test_instants_of_an_event_are_utc() -> None:
    said = understood("payment_intent.succeeded", INTENT).payment
    assert said is not None
    assert said.paid_at == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
