"""M-Pesa's simulator by plain requests, as Daraja's documentation writes them."""

import base64
import re
import time
from typing import Any

import pytest
import requests

from tests.simulated import Simulators
from tests.simulators.receiver import Receiver

KEY, SECRET = "simulator-nairobi", "consumer-secret"
SHORTCODE, PASSKEY = "174379", "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919"
PHONE = "254712345678"


class Caller:
    """A school with a shortcode."""

    def __init__(self, simulators: Simulators, notice_url: str) -> None:
        self.base, self.notice_url = simulators.mpesa_base, notice_url
        self.token = self.ask_token().json()["access_token"]

    def ask_token(self, key: str = KEY, secret: str = SECRET) -> requests.Response:
        url = f"{self.base}/oauth/v1/generate?grant_type=client_credentials"
        return requests.get(url, auth=(key, secret), timeout=10)

    def post(self, path: str, body: Any, token: str | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return requests.post(f"{self.base}/mpesa/{path}", json=body, headers=headers, timeout=10)

    def signed(self, passkey: str = PASSKEY) -> dict[str, str]:
        stamp = time.strftime("%Y%m%d%H%M%S")
        password = base64.b64encode(f"{SHORTCODE}{passkey}{stamp}".encode()).decode()
        return {"BusinessShortCode": SHORTCODE, "Password": password, "Timestamp": stamp}

    def push(self, **change: Any) -> requests.Response:
        body = {
            **self.signed(),
            "TransactionType": "CustomerPayBillOnline",
            "Amount": 1_500,
            "PartyA": PHONE,
            "PartyB": SHORTCODE,
            "PhoneNumber": PHONE,
            "CallBackURL": self.notice_url,
            "AccountReference": "NBO-2026-01",
            "TransactionDesc": "Booking",
        }
        return self.post("stkpush/v1/processrequest", body | change)

    def query(self, prompt: str) -> requests.Response:
        return self.post("stkpushquery/v1/query", {**self.signed(), "CheckoutRequestID": prompt})

    def reverse(self, receipt: str, amount: Any = 1_500, **change: Any) -> requests.Response:
        body = {
            "Initiator": "school",
            "SecurityCredential": "sealed",
            "CommandID": "TransactionReversal",
            "TransactionID": receipt,
            "Amount": amount,
            "ReceiverParty": SHORTCODE,
            "RecieverIdentifierType": "11",
            "ResultURL": self.notice_url,
            "QueueTimeOutURL": self.notice_url,
            "Remarks": "Course cancelled",
            "Occasion": "",
        }
        return self.post("reversal/v1/request", body | change)


@pytest.fixture
def caller(simulators: Simulators, receiver: Receiver) -> Caller:
    return Caller(simulators, receiver.url)


def asked(caller: Caller) -> str:
    return str(caller.push().json()["CheckoutRequestID"])


def test_a_token_is_given_to_the_right_secret_only(caller: Caller) -> None:
    assert caller.ask_token().json()["expires_in"] == "3599"
    for key, secret in ((KEY, "another"), ("wrong-key", "x"), (KEY, "")):
        reply = caller.ask_token(key, secret)
        assert (reply.status_code, reply.json()["errorCode"]) == (400, "400.008.01")
    reply = caller.post("stkpush/v1/processrequest", {}, token="made-up")
    assert (reply.status_code, reply.json()["errorCode"]) == (404, "404.001.03")


def test_a_prompt_is_accepted_and_open_until_somebody_answers(caller: Caller) -> None:
    reply = caller.push().json()
    assert reply["ResponseCode"] == "0"
    assert reply["CheckoutRequestID"].startswith("ws_CO_")
    open_ = caller.query(reply["CheckoutRequestID"])
    assert (open_.status_code, open_.json()["errorCode"]) == (500, "500.001.1001")
    assert open_.json()["errorMessage"] == "The transaction is being processed"


def test_a_paid_prompt_is_told_without_signature_and_known_to_the_query(
    simulators: Simulators, caller: Caller, receiver: Receiver
) -> None:
    prompt = asked(caller)
    receipt = simulators.pay_mpesa(prompt)["receipt"]
    receiver.wait_for(1)
    told = receiver.events()[0]["Body"]["stkCallback"]
    items = {item["Name"]: item["Value"] for item in told["CallbackMetadata"]["Item"]}
    assert (told["CheckoutRequestID"], told["ResultCode"]) == (prompt, 0)
    assert (items["Amount"], items["MpesaReceiptNumber"]) == (1_500.0, receipt)
    assert items["PhoneNumber"] == int(PHONE)
    assert re.fullmatch(r"S[A-Z0-9]{9}", receipt)
    assert not [name for name in receiver.heard[0][0] if "sign" in name.lower()]
    known = caller.query(prompt).json()
    assert (known["ResponseCode"], known["ResultCode"]) == ("0", "0")


@pytest.mark.parametrize(
    ("ending", "code"), [("cancel", 1032), ("wrong_pin", 2001), ("no_money", 1), ("timeout", 1037)]
)
def test_a_failed_prompt_has_its_code(
    simulators: Simulators, caller: Caller, receiver: Receiver, ending: str, code: int
) -> None:
    prompt = asked(caller)
    simulators.pay_mpesa(prompt, ending=ending)
    receiver.wait_for(1)
    told = receiver.events()[0]["Body"]["stkCallback"]
    assert (told["ResultCode"], "CallbackMetadata" in told) == (code, False)
    assert caller.query(prompt).json()["ResultCode"] == str(code)


def test_a_callback_is_sent_once_whatever_it_is_answered(
    simulators: Simulators, caller: Caller, receiver: Receiver
) -> None:
    receiver.refusals = 1
    simulators.pay_mpesa(asked(caller))
    receiver.wait_for(1)
    assert simulators.quiet()
    assert [(row["state"], row["attempts"]) for row in simulators.deliveries()] == [("given up", 1)]


def test_a_lost_callback_leaves_only_the_query(
    simulators: Simulators, caller: Caller, receiver: Receiver
) -> None:
    prompt = asked(caller)
    simulators.pay_mpesa(prompt, tell="never")
    assert simulators.quiet()
    assert receiver.heard == []
    assert caller.query(prompt).json()["ResultCode"] == "0"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"Amount": 10.5}, "Amount"),
        ({"Amount": "0"}, "Amount"),
        ({"Amount": 300_000}, "Amount"),
        ({"PhoneNumber": "0712345678"}, "PhoneNumber"),
        ({"PhoneNumber": "+254712345678"}, "PhoneNumber"),
        ({"PhoneNumber": "255712345678"}, "PhoneNumber"),
        ({"AccountReference": "longer than twelve"}, "AccountReference"),
        ({"TransactionDesc": "longer than thirteen"}, "TransactionDesc"),
        ({"CallBackURL": "nowhere"}, "CallBackURL"),
        ({"TransactionType": "Gift"}, "TransactionType"),
        ({"Password": "%%%"}, "Password"),
    ],
)
def test_a_wrong_field_is_named(caller: Caller, change: dict[str, Any], field: str) -> None:
    reply = caller.push(**change)
    assert (reply.status_code, reply.json()["errorCode"]) == (400, "400.002.02")
    assert reply.json()["errorMessage"] == f"Bad Request - Invalid {field}"


def test_another_passkey_is_refused(caller: Caller) -> None:
    asked(caller)
    reply = caller.push(**caller.signed("another"), PhoneNumber="254112345678", PartyA="254112345678")
    assert (reply.status_code, reply.json()["errorMessage"]) == (500, "Wrong credentials")


def test_a_telephone_has_one_prompt_at_a_time(simulators: Simulators, caller: Caller) -> None:
    prompt = asked(caller)
    assert "Unable to lock subscriber" in caller.push().json()["errorMessage"]
    simulators.pay_mpesa(prompt, ending="cancel")
    assert caller.push().ok


def test_a_reversal_gives_the_whole_back_once(
    simulators: Simulators, caller: Caller, receiver: Receiver
) -> None:
    receipt = simulators.pay_mpesa(asked(caller), tell="never")["receipt"]
    codes: list[Any] = []
    for amount in (500, 1_500, "1500.00"):
        accepted = caller.reverse(receipt, amount).json()
        assert accepted["ResponseCode"] == "0"
        receiver.wait_for(len(codes) + 1)
        result = receiver.events()[-1]["Result"]
        assert result["ConversationID"] == accepted["ConversationID"]
        codes.append(result["ResultCode"])
    assert codes == ["R000003", 0, "R000001"]
    (line,) = simulators.ledger("mpesa", KEY)
    assert (line["amount_minor"], line["refunded_minor"]) == (150_000, 150_000)


def test_a_reversal_of_nothing_is_told_in_the_result(caller: Caller, receiver: Receiver) -> None:
    assert caller.reverse("SUNKNOWN12").ok
    receiver.wait_for(1)
    assert receiver.events()[0]["Result"]["ResultCode"] == "R000002"
    assert caller.reverse("SUNKNOWN12", ResultURL="").status_code == 400


def test_the_status_of_a_transaction_is_told_later(
    simulators: Simulators, caller: Caller, receiver: Receiver
) -> None:
    receipt = simulators.pay_mpesa(asked(caller), tell="never")["receipt"]
    body = {
        "Initiator": "school",
        "SecurityCredential": "sealed",
        "CommandID": "TransactionStatusQuery",
        "TransactionID": receipt,
        "PartyA": SHORTCODE,
        "IdentifierType": "4",
        "ResultURL": receiver.url,
        "QueueTimeOutURL": receiver.url,
        "Remarks": "ask",
    }
    assert caller.post("transactionstatus/v1/query", body).ok
    receiver.wait_for(1)
    listed = receiver.events()[0]["Result"]["ResultParameters"]["ResultParameter"]
    assert {"Key": "Amount", "Value": "1500.00"} in listed


def test_the_telephone_shows_its_prompts_and_pays(
    simulators: Simulators, caller: Caller, receiver: Receiver
) -> None:
    prompt, page = asked(caller), f"{simulators.mpesa_base}/phone"
    shown = requests.get(page, timeout=10).text
    for text in ("SIMULATOR – no money moves", "KSh 1,500", "NBO-2026-01", prompt):
        assert text in shown
    requests.post(page, data={"prompt": prompt, "act": "ignore"}, timeout=10)
    assert caller.query(prompt).status_code == 500
    after = requests.post(page, data={"prompt": prompt, "act": "pay"}, timeout=10)
    assert "No prompt is waiting" in after.text
    receiver.wait_for(1)
